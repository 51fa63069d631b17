"""Chapter 8, scores, SDEs and ODEs: the exercises' checks."""

import torch

from .answers import letter, near, number
from .check import Choice, Number, Wrong, exercise, form


@exercise("ex-08-1", "predict", minutes=5, trains="the score of a Gaussian")
@form(Number(-5, 5, 0.05))
def slope(answer):
    answer = number(answer)
    if near(answer, 0.75):
        raise Wrong("The size is right. Which way is uphill from x = 3?")
    if near(answer, -1.5):
        raise Wrong("Divide by the variance, not by the standard deviation.")
    if near(answer, -3.0):
        raise Wrong("That is the score for standard deviation 1.")
    if not near(answer, -0.75):
        raise Wrong("Differentiate -x**2 / 8 and insert x = 3.")
    return "Downhill to the left is uphill to the mean: -x / variance."


@exercise(
    "ex-08-2", "fill in", minutes=8, trains="the score of a net that predicts noise"
)
def score_of_eps(answer):
    eps = torch.randn(500, dtype=torch.float64)
    got = answer(eps, 0.4)
    for wrong, hint in (
        (eps / 0.4, "Noise leads away from the data; the score points back: the sign."),
        (-eps, "How steep it is depends on sigma."),
        (-eps * 0.4, "Less noise makes steeper slopes: divide by sigma."),
        (-eps / 0.4**2, "One sigma cancels: alpha x0_hat - x_t = -sigma eps_hat."),
    ):
        if near(got, wrong):
            raise Wrong(hint)
    if not near(got, -eps / 0.4):
        raise Wrong("Insert alpha x0_hat = x_t - sigma eps_hat into Tweedie's formula.")
    return "A net that predicts noise is a score, up to -1 / sigma."


@exercise(
    "ex-08-3",
    "find the bug",
    minutes=12,
    trains="tremble and drift: the ODE has half the pull of the SDE",
)
def ode_step(answer):
    x, slope = torch.randn(2, 500, dtype=torch.float64)
    for b in (0.01, 0.3):
        got = answer(x, slope, b)
        for wrong, hint in (
            (
                x + b / 2 * x + b * slope,
                "Still the pull of the SDE. Half of it is there to make up for the "
                "tremble, and here is none.",
            ),
            (x + b / 2 * slope, "The growth, b / 2 times x, was right and is missing."),
            (x + b * x + b / 2 * slope, "The growth, b / 2 times x, was right."),
            (x - b / 2 * x + b / 2 * slope, "Noise shrinks x; the way back grows it."),
        ):
            if near(got, wrong, 1e-6):
                raise Wrong(hint)
        if not near(got, x + b / 2 * (x + slope), 1e-6):
            raise Wrong("Put kappa = 0 into the formula of the way down.")
    return "Without tremble, half the pull: that is the probability-flow ODE."


@exercise("ex-08-4", "vary", minutes=10, trains="the error of finite steps")
@form(Number(0.2, 1.8, 0.2, also=(0.1, 0.5, 1.5)))
def too_wide(answer):
    h = number(answer)
    if not 0 < h < 2:
        raise Wrong("With h of 2 or more, or none at all, the crowd never settles.")
    x = torch.zeros(20_000, dtype=torch.float64)
    for _ in range(400):
        x = x - h * x + (2 * h) ** 0.5 * torch.randn_like(x)
    variance = x.var().item()
    if abs(variance - 2) > 0.15:
        raise Wrong(f"With h = {h:g} the variance settles at {variance:.2f}.")
    return "In general 1 / (1 - h / 2): the smaller the step, the truer."


@exercise(
    "ex-08-5", "extend", minutes=20, trains="a trace at the price of one derivative"
)
def divergence(answer):
    A = torch.tensor([[1.0, 5.0, 0.0], [-2.0, 0.5, 1.0], [0.0, 3.0, -3.0]]).double()
    x = torch.randn(4000, 3, dtype=torch.float64)
    e = torch.randint(0, 2, x.shape).double() * 2 - 1

    def field(x):
        return x @ A.T + torch.sin(x)

    got = answer(field, x, e)
    if got.shape != (len(x),):
        raise Wrong(f"One number for each item, (n,): got shape {tuple(got.shape)}.")
    J = A + torch.diag_embed(x.cos())
    if near(got, J.sum((1, 2))):
        raise Wrong(
            "That is the sum of all of J: e is missing, before and after the gradient."
        )
    want = torch.einsum("ni,nij,nj->n", e, J, e)
    if not near(got.detach(), want):
        trace = J.diagonal(dim1=1, dim2=2).sum(1)
        if near(got.detach(), trace):
            raise Wrong("That is the exact trace; here one derivative must do.")
        raise Wrong("Take the gradient of (v(x) * e).sum(), times e, summed over d.")
    return "Its mean over random e is the trace, at the price of one derivative."


@exercise("ex-08-6", "listen", minutes=5, trains="hearing chance in a path")
@form(Choice(("A", "B")))
def stumbles(answer):
    if letter(answer, "AB") == "B":
        raise Wrong("B glides. Chance makes a melody go back and forth.")
    return "Fresh noise at every step makes it stumble."
