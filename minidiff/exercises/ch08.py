"""Chapter 8, scores, SDEs and ODEs: the exercises' checks."""

import torch

from .answers import letter, near, number, tensor
from .check import Choice, Number, Wrong, exercise, form


@exercise("ex-08-1", "predict", minutes=5, trains="the score of a Gaussian")
@form(Number(-5, 5, 0.05))
def slope(answer):
    answer = quotient(answer)
    if near(answer, 0.75):
        raise Wrong("The size is right. Which way is uphill from x = 3?")
    if near(answer, -1.5):
        raise Wrong("Divide by the variance, not by the standard deviation.")
    if near(answer, -3.0):
        raise Wrong("That is the score for standard deviation 1.")
    if near(answer, -1.125):
        raise Wrong("That is log p itself, up to a constant; the score is its slope.")
    if near(answer, -0.375):
        raise Wrong("The slope of x**2 is 2 x: a factor is missing.")
    if not near(answer, -0.75):
        raise Wrong("Differentiate -x**2 / 8 and insert x = 3.")
    return "Downhill to the left is uphill to the mean: -x / variance."


def quotient(answer) -> float:
    """One number, also as a fraction in words, such as "-3/4"."""
    parts = answer.split("/") if isinstance(answer, str) else [answer]
    if len(parts) != 2:
        return number(answer)
    above, below = map(number, parts)
    if below == 0:
        raise Wrong("Nothing can be divided by 0.")
    return above / below


@exercise("ex-08-2", "fill in", minutes=10, trains="the score of a net that predicts v")
def score_of_v(answer):
    x, v = torch.randn(2, 500, dtype=torch.float64)
    for alpha, sigma in ((0.6, 0.8), (0.96, 0.28), (0.28, 0.96), (0.0, 1.0)):
        alpha, sigma = torch.tensor([alpha, sigma], dtype=torch.float64)
        eps, x0 = sigma * x + alpha * v, alpha * x - sigma * v
        got, want = answer(x, v, alpha, sigma), -eps / sigma
        for wrong, hint in (
            (eps / sigma, "Noise leads away from the data; the score points back."),
            (-eps, "How steep it is depends on sigma: divide by it."),
            (-eps * sigma, "Less noise makes steeper slopes: divide by sigma."),
            (-eps / sigma**2, "One sigma cancels: alpha x0_hat - x_t = -sigma eps."),
            (-v / sigma, "That takes v for the noise. Read eps off x_t and v first."),
            (x0, "That is x0_hat; go on with Tweedie's formula."),
            (
                (x0 - x) / sigma**2,
                "Tweedie's formula has alpha times x0_hat: x_t holds only that much.",
            ),
            (
                -(sigma * x - alpha * v) / sigma,
                "The sign of v: sigma x_t + alpha v is free of x0.",
            ),
        ):
            if near(got, wrong) and not near(wrong, want):
                raise Wrong(hint)
        if not near(got, want):
            raise Wrong("Mix x_t and v so that x0 cancels; that is eps.")
    return "From x_t and v follows the noise, and from the noise the score."


@exercise(
    "ex-08-3",
    "find the bug",
    minutes=12,
    trains="tremble and drift: the ODE has half the pull of the SDE",
)
def ode_step(answer):
    x, slope = torch.randn(2, 500, dtype=torch.float64)
    for b in (0.0, 0.01, 0.3):
        given = x.clone()
        got = answer(given, slope, torch.tensor(b, dtype=torch.float64))
        if not near(given, x, 1e-12):
            raise Wrong("You changed the x that was given; return a new one.")
        want = x + b / 2 * (x + slope)
        for wrong, hint in (
            (
                x + b / 2 * x + b * slope,
                "Still the pull of the SDE. Half of it is there to make up for the "
                "tremble, and here is none.",
            ),
            (x + b / 2 * slope, "The growth, b / 2 times x, was right and is missing."),
            (x + b * x + b / 2 * slope, "The growth, b / 2 times x, was right."),
            (x - b / 2 * x + b / 2 * slope, "Noise shrinks x; the way back grows it."),
            (x + b / 2 * x - b / 2 * slope, "The score points uphill: walk that way."),
            (b / 2 * (x + slope), "That is the way of one step; add where it begins."),
        ):
            if near(got, wrong, 1e-6) and not near(wrong, want, 1e-6):
                raise Wrong(hint)
        if not near(got, want, 1e-6):
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

    got = tensor(answer(field, x, e))
    if got.shape != (len(x),):
        raise Wrong(f"One number for each item, (n,): got shape {tuple(got.shape)}.")
    J = A + torch.diag_embed(x.cos())
    if near(got, J.sum((1, 2))):
        raise Wrong(
            "That is the sum of all of J: e is missing, before and after the gradient."
        )
    want = torch.einsum("ni,nij,nj->n", e, J, e)
    if not near(got, want):
        trace = J.diagonal(dim1=1, dim2=2).sum(1)
        if near(got, trace):
            raise Wrong("That is the exact trace; here one derivative must do.")
        once = torch.einsum("ni,nij->n", e, J)
        if near(got, once):
            raise Wrong("e stands on both sides of J: multiply by it once more.")
        if near(got, want / x.shape[1]):
            raise Wrong("The trace is a sum over d, not a mean.")
        raise Wrong("Take the gradient of (v(x) * e).sum(), times e, summed over d.")
    return "Its mean over random e is the trace, at the price of one derivative."


@exercise("ex-08-6", "listen", minutes=5, trains="hearing chance in a path")
@form(Choice(("A", "B")))
def stumbles(answer):
    if letter(answer, "AB") == "B":
        raise Wrong("B glides. Chance makes a melody go back and forth.")
    return "Fresh noise at every step makes it stumble."


@exercise("ex-08-7", "derive", minutes=30, trains="from any SDE to all its ways down")
def step_down(answer):
    x, f, slope, z = torch.randn(4, 300, dtype=torch.float64)
    for g, kappa, dt in (
        (0.4, 2.0, 0.3),
        (1.3, 0.0, 0.01),
        (1.3, 1.0, 0.01),
        (2.0, 0.5, 0.1),
        (0.0, 1.0, 0.1),
        (1.3, 1.0, 0.0),
    ):
        g, kappa, dt = torch.tensor([g, kappa, dt], dtype=torch.float64)
        b = g**2 * dt
        tremble = kappa * b.sqrt() * z

        def moved(pull, noise=tremble, drift=-f * dt, b=b):
            return x + drift + pull * b * slope + noise

        pull = (1 + kappa**2) / 2
        got, want = answer(x, f, g, slope, kappa, dt, z), moved(pull)
        for wrong, hint in (
            (
                moved(pull, drift=f * dt),
                "Your drift f leads up. On the way down it is turned round.",
            ),
            (
                moved(-pull, drift=f * dt),
                "That is drift and score of a way up; on the way down both turn round.",
            ),
            (moved(-pull), "The score's sign: on the way down the crowd gathers."),
            (
                moved(0.5 + 0 * kappa),
                "The tremble is there, but nothing makes up for it (step 4).",
            ),
            (
                moved(1.0 + 0 * kappa),
                "That pull is right for kappa = 1; a larger kappa needs more.",
            ),
            (moved(kappa**2 / 2), "The way down of the ODE is missing (step 3)."),
            (
                moved((1 + kappa) / 2),
                "It is the variance of the tremble that counts: kappa squared.",
            ),
            (
                moved(1 + kappa**2),
                "Twice too much: remember the half before p''.",
            ),
            (
                moved(pull, noise=kappa * g * dt * z),
                "The tremble of a time dt has variance g**2 dt: its size goes with "
                "the square root of dt.",
            ),
            (moved(pull, noise=b.sqrt() * z), "The tremble itself lacks its kappa."),
            (moved(pull, noise=0 * z), "And the tremble itself? Add kappa g dw."),
            (want - x, "That is the way of one step; add where it begins."),
        ):
            if near(got, wrong, 1e-6) and not near(wrong, want, 1e-6):
                raise Wrong(hint)
        if not near(got, want, 1e-6):
            raise Wrong(
                "Three parts: the drift turned round, a pull along the score, and the "
                "tremble (steps 2 to 4)."
            )
    return "kappa = 0 is the probability-flow ODE, kappa = 1 the reverse SDE."
