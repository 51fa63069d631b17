"""Checks of the exercises of chapter 08: scores, SDEs and ODEs."""

import torch

from ..check import Wrong, exercise


@exercise("ex-08-1")
def slope(answer):
    if near(answer, 0.75):
        raise Wrong("The size is right. Which way is uphill from x = 3?")
    if near(answer, -1.5):
        raise Wrong("Divide by the variance, not by the standard deviation.")
    if near(answer, -3.0):
        raise Wrong("That is the score for standard deviation 1.")
    if not near(answer, -0.75):
        raise Wrong("Differentiate -x**2 / 8 and insert x = 3.")
    return "Downhill to the left is uphill to the mean: -x / variance."


@exercise("ex-08-2")
def score_of_eps(answer):
    eps = torch.randn(500, dtype=torch.float64)
    got = answer(eps, 0.4)
    if got is None:
        raise Wrong("Your function returns nothing: end it with `return`.")
    for wrong, hint in (
        (eps / 0.4, "Noise leads away from the data; the score points back: the sign."),
        (-eps, "How steep it is depends on sigma."),
        (-eps * 0.4, "Less noise makes steeper slopes: divide by sigma."),
        (-eps / 0.4**2, "One sigma cancels: alpha x0_hat - x_t = -sigma eps_hat."),
    ):
        if torch.allclose(got, wrong):
            raise Wrong(hint)
    if not torch.allclose(got, -eps / 0.4):
        raise Wrong("Insert alpha x0_hat = x_t - sigma eps_hat into Tweedie's formula.")
    return "A net that predicts noise is a score, up to -1 / sigma."


@exercise("ex-08-3")
def tremble(answer):
    x, z = torch.randn(2, 100_000, dtype=torch.float64)
    for h in (0.01, 0.04):
        got = answer(x, lambda x: -x, h, z)
        noise = (got * z).mean().item()
        drift = (got * x).mean().item()
        if abs(drift - (1 - h)) > 0.02:
            raise Wrong("The drift was right: x + h * score(x).")
        if abs(noise - 2 * h) < 0.3 * h:
            raise Wrong(
                "The noise still grows like h. Which power of h keeps variance?"
            )
        if abs(noise - h**0.5) < 0.05 * h**0.5:
            raise Wrong("Nearly: the variance of the noise must be 2 h, not h.")
        if abs(noise - (2 * h) ** 0.5) > 0.02:
            raise Wrong("The noise must have variance 2 h.")
    return "Drift grows like h, tremble like its root."


@exercise("ex-08-4")
def too_wide(answer):
    h = float(answer)
    if not 0 < h < 2:
        raise Wrong("With h of 2 or more, or none at all, the crowd never settles.")
    x = torch.zeros(20_000, dtype=torch.float64)
    for _ in range(400):
        x = x - h * x + (2 * h) ** 0.5 * torch.randn_like(x)
    variance = x.var().item()
    if abs(variance - 2) > 0.15:
        raise Wrong(f"With h = {h:g} the variance settles at {variance:.2f}.")
    return "In general 1 / (1 - h / 2): the smaller the step, the truer."


@exercise("ex-08-5")
def divergence(answer):
    A = torch.tensor([[1.0, 5.0, 0.0], [-2.0, 0.5, 1.0], [0.0, 3.0, -3.0]]).double()
    x = torch.randn(4000, 3, dtype=torch.float64)
    e = torch.randint(0, 2, x.shape).double() * 2 - 1

    def field(x):
        return x @ A.T + torch.sin(x)

    got = answer(field, x, e)
    if got is None:
        raise Wrong("Your function returns nothing: end it with `return`.")
    if got.shape != (len(x),):
        raise Wrong(f"One number for each item, (n,): got shape {tuple(got.shape)}.")
    J = A + torch.diag_embed(x.cos())
    if torch.allclose(got, J.sum((1, 2))):
        raise Wrong("That is the sum of all of J: multiply by e again before you sum.")
    want = torch.einsum("ni,nij,nj->n", e, J, e)
    if not torch.allclose(got.detach(), want):
        trace = J.diagonal(dim1=1, dim2=2).sum(1)
        if torch.allclose(got.detach(), trace):
            raise Wrong("That is the exact trace; here one derivative must do.")
        raise Wrong("Take the gradient of (v(x) * e).sum(), times e, summed over d.")
    return "Its mean over random e is the trace, at the price of one derivative."


@exercise("ex-08-6")
def stumbles(answer):
    if answer in ("B", "b"):
        raise Wrong("B glides. Chance makes a melody go back and forth.")
    if answer not in ("A", "a"):
        raise Wrong('Answer "A" or "B".')
    return "Fresh noise at every step makes it stumble."


def near(answer, value):
    return abs(float(answer) - value) < 1e-3
