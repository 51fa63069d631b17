"""Chapter 6, DDPM: the exercises' checks."""

import functools
from itertools import pairwise

import torch

from ..schedule import LinearBeta
from .answers import near, number, order
from .check import Number, Order, Wrong, exercise, form

SCHEDULE = LinearBeta(1000)
STEPS = 2, 5, 10, 20, 50, 100, 200, 500, 1000


def levels(t: float, s: float) -> tuple[torch.Tensor, ...]:
    """a_t, s_t, a_s, s_s."""
    return tuple(level for time in (t, s) for level in SCHEDULE(time))


def parts(x, x0, a_t, s_t, a_s, s_s):
    """Mean and std of the posterior, and beta (Ho et al. 2020, eq. 6 and 7)."""
    beta = 1 - (a_t / a_s) ** 2
    mean = a_s * beta / s_t**2 * x0 + a_t / a_s * (s_s / s_t) ** 2 * x
    return mean, s_s / s_t * beta**0.5, beta


@exercise("ex-06-1", "predict", minutes=5, trains="where DDPM draws its noise")
@form(Number(0, 120, 1))
def predict(answer):
    """Nine of the ten steps draw 4 * 2 numbers."""
    answer = number(answer)
    if answer == 80:
        raise Wrong("The last step adds no noise, and draws none.")
    if answer in (9, 10):
        raise Wrong("Each step draws one number for each number in x.")
    if answer != 72:
        raise Wrong("Numbers in x, times steps that add noise.")
    return "Nine steps of eight numbers; the tenth goes straight to the guess."


@exercise(
    "ex-06-2", "fill in", minutes=15, trains="the step of DDPM, old noise and fresh"
)
def fill_in(step):
    """eps, fresh, and three terms."""
    pure = torch.tensor([0.0, 1.0, 0.6, 0.8], dtype=torch.float64)  # no signal at t
    for at in (levels(0.5, 0.4), levels(0.1, 0.02), levels(1.0, 0.7), tuple(pure)):
        a_t, s_t, a_s, s_s = at
        x, x0, z = torch.randn(3, 50, dtype=torch.float64).unbind()
        mean, std, _ = parts(x, x0, *at)
        found = step(x, x0, *at, z)
        if near(found, mean + std * z):
            continue
        ratio = (a_t * s_s / (s_t * a_s)) ** 2
        eps = (x - a_t * x0) / s_t
        if near(found, a_s * x0 + s_s * eps + std * z):
            raise Wrong("The powers add up to more than s_s**2: take less of eps.")
        if near(found, a_s * x0 + s_s * eps):
            raise Wrong("Nothing fresh here; z is not used.")
        if near(found, a_s * x0 + s_s * ratio * eps + s_s * (1 - ratio) * z):
            raise Wrong("A square root is missing: powers add, not amplitudes.")
        if near(found, a_s * x0 + s_s * z):
            raise Wrong("All of it fresh: a part of the noise should be the old eps.")
        raise Wrong("Compare with the equation above.")
    last = levels(0.02, 0.0)
    if not near(step(x, x0, *last, z), x0):
        raise Wrong("Where s = 0 the step should end exactly at the guess.")
    return "It is the posterior, and at s = 0 it ends at the guess."


@exercise("ex-06-3", "find the bug", minutes=12, trains="noise on the last step")
def find_the_bug(step):
    """No noise where s = 0; the mean stays."""
    spared = False
    for at in (levels(0.5, 0.4), levels(0.9, 0.3), levels(0.05, 0.01)):
        x, x0, z = torch.randn(3, 50, dtype=torch.float64).unbind()
        last = levels(0.02, 0.0)
        mean, std, beta = parts(x, x0, *at)
        if not near(step(x, x0, *at, 0 * z), mean):
            raise Wrong("The mean was right and should stay as it was.")
        if not near(step(x, x0, *last, z), x0):
            raise Wrong("On the last step (s_s = 0) there is still noise.")
        found = step(x, x0, *at, z)
        if near(found, mean + std * z):
            continue
        if near(found, mean + beta**0.5 * z):
            spared = True
            continue
        if near(found, mean):
            raise Wrong("Now there is no noise at all: only the last step needs none.")
        if near(found, mean + at[3] * beta**0.5 * z):
            raise Wrong("Quiet at the end, but the factor is s_s / s_t, not s_s alone.")
        if near(found, mean + std**2 * z):
            raise Wrong("That is the posterior's variance; z wants its root.")
        raise Wrong("The noise in the other steps should be the posterior's.")
    if spared:
        return "DDPM's other width, with the last step spared, as in algorithm 2."
    return "The posterior's own width ends at zero."


@exercise("ex-06-4", "vary", minutes=10, trains="how many steps a width needs")
@form(Number(0, 20, 1, also=(50, 100, 200, 500, 1000)))
def vary(answer):
    """The first number of steps whose exact width is within 5 percent."""
    answer = number(answer)
    if answer not in STEPS:
        raise Wrong("Name one of the numbers in counts.")
    right = first_close(0.6)
    if answer == right:
        return "The wider the data, the fewer the steps."
    if answer == first_close(0.3):
        raise Wrong("That is the answer for c = 0.3; pass c=0.6 on.")
    raise Wrong("Too few steps." if answer < right else "Fewer are enough.")


def first_close(c: float) -> int:
    """The first number of steps whose width is within 5 percent of c."""
    return next(n for n in STEPS if abs(final_width(n, c) / c - 1) < 0.05)


@functools.cache
def final_width(n: int, c: float) -> float:
    """Exact std of n ancestral steps for data of std c."""
    variance = 1.0
    for t, s in pairwise(SCHEDULE.times(n).tolist()):
        at = levels(t, s)
        guess = at[0] * c**2 / (at[0] ** 2 * c**2 + at[1] ** 2)
        k, std, _ = parts(1.0, guess, *at)
        variance = k**2 * variance + std**2
    return float(variance**0.5)


@exercise(
    "ex-06-5", "extend", minutes=12, trains="clipping a guess, and its noise with it"
)
def extend(step):
    """Clip the guess and derive eps from the clipped one."""
    x, z = torch.randn(2, 50, dtype=torch.float64).unbind()
    x0 = torch.linspace(-3, 5, 50, dtype=torch.float64)
    for at, low, high in (
        (levels(0.5, 0.4), -1.0, 1.0),
        (levels(0.5, 0.4), -1.0, 3.5),
        (levels(0.9, 0.2), 0.0, 0.5),
        (levels(0.02, 0.0), -1.0, 3.5),
    ):
        a_t, s_t, a_s, s_s = at
        kept = x0.clamp(low, high)
        mean, std, _ = parts(x, kept, *at)
        old = (s_s**2 - std**2).clamp(min=0) ** 0.5
        found = step(x, x0, *at, z, low, high)
        if near(found, mean + std * z):
            continue
        if near(found, a_s * kept + old * (x - a_t * x0) / s_t + std * z):
            raise Wrong("eps still belongs to the guess before the clip: derive anew.")
        free = parts(x, x0, *at)[0] + std * z
        if near(found, free):
            raise Wrong("The guess is not clipped yet.")
        if near(found, free.clamp(low, high)):
            raise Wrong("Clip the guess x0, not the noisy result.")
        if near(found, parts(x, x0.clamp(-1, 1), *at)[0] + std * z):
            raise Wrong("Right for -1 and 1 only: the bounds come as low and high.")
        if near(found, parts(x, x0.clamp(min=low), *at)[0] + std * z) or near(
            found, parts(x, x0.clamp(max=high), *at)[0] + std * z
        ):
            raise Wrong("Only one of the two bounds is kept.")
        raise Wrong("Clip x0 first, then go on as in exercise 6.2.")
    return "Guess and noise belong together again; md.Clip does the same."


@exercise("ex-06-6", "listen", minutes=5, trains="hearing a noisy last step")
@form(Order("ABC"))
def listen(answer):
    """B is clean, C hisses a little, A clearly."""
    word = order(answer, "ABC")
    if word == "BAC":
        raise Wrong("B is clean. But a walk of fewer steps has a larger last step.")
    if word in ("ACB", "CAB"):
        raise Wrong("Turned round: the clean one comes first.")
    if word != "BCA":
        raise Wrong("Turn it up at the end of the bell: which one falls silent?")
    return "The fewer the steps, the louder the hiss of a noisy last one."


@exercise(
    "ex-06-7", "find the bug", minutes=12, trains="which beta belongs to a longer step"
)
def skipping(variance):
    """The posterior's variance from the table, for steps of any length."""
    table = SCHEDULE(torch.arange(1001) / 1000)[0] ** 2
    for t, s in ((500, 499), (500, 400), (30, 7), (20, 0)):
        a_t, a_s = table[t].item(), table[s].item()
        beta, single = 1 - a_t / a_s, 1 - a_t / table[t - 1].item()
        right = beta * (1 - a_s) / (1 - a_t)
        found = number(variance(table, t, s))
        if near(found, right, 1e-7):
            continue
        for wrong, hint in (
            (single * (1 - a_s) / (1 - a_t), "it is still the beta of a single step."),
            (beta, "the step's beta is right, but that is DDPM's larger variance."),
            (right**0.5, "that is its root, the std."),
            (beta * (1 - a_t) / (1 - a_s), "the fraction stands on its head."),
            (beta * a_s / a_t, "the noise's share is 1 - alpha_bar, not alpha_bar."),
        ):
            if near(found, wrong, 1e-7):
                raise Wrong(f"From {t} to {s} {hint}")
        raise Wrong(f"From {t} to {s} it should be {right:.5f}, got {found:.5f}.")
    return "A step's beta belongs to both of its ends."


def price_of(width, best):
    """Nats per number that a width costs beyond the best one."""
    return torch.log(width / best) + best**2 / (2 * width**2) - 0.5


@exercise(
    "ex-06-8", "derive", minutes=25, trains="what the bound says of a step's width"
)
def price(answer):
    """log(w / b) + b**2 / (2 w**2) - 1/2."""
    pairs = ((0.5, 1.0), (2.0, 1.0), (0.3, 0.1), (0.05, 0.2), (0.7, 0.7), (1.0, 1e-3))
    for pair in pairs:
        width, best = torch.tensor(pair, dtype=torch.float64)
        found, right = number(answer(width, best)), price_of(width, best).item()
        if near(found, right, 1e-6):
            continue
        at = f"For a width of {pair[0]:g}, where {pair[1]:g} is best,"
        for wrong, hint in (
            (price_of(best, width), "you took the divergence the other way round."),
            (right + 0.5, "the KL of the best width, 1/2 less, was not subtracted."),
            (2 * right, "it is twice too much: where does a 1/2 stand in the KL?"),
            (right / 0.6931471805599453, "that is in bits; nats are asked."),
            (
                price_of(width.sqrt(), best.sqrt()),
                "you took the widths for variances: they are standard deviations.",
            ),
        ):
            if near(found, float(wrong), 1e-6):
                raise Wrong(f"{at} {hint}")
        raise Wrong(f"{at} it should be {right:.4f}, got {found:.4f}.")
    return "Half the best width costs 0.81 nats, twice the best 0.32: rather too wide."
