"""Chapter 4, learning to denoise: the exercises' checks."""

import functools

import torch

from ..exact import GaussianMixture
from ..process import diffuse
from ..schedule import Cosine, Karras
from .answers import names, near, number
from .check import Each, Number, Wrong, exercise, form


@exercise("ex-04-1", "predict", minutes=5, trains="the best guess as a mean")
@form(Number(-2, 2, 0.1))
def prior(answer):
    answer = number(answer)
    if near(answer, 1):
        raise Wrong("1 is the likeliest value; the best guess in squared error hedges.")
    if near(answer, 0.8):
        raise Wrong("0.8 is the probability of 1. What is the mean?")
    if near(answer, 0):
        raise Wrong("0 would be right if both values were equally likely.")
    if not near(answer, 0.6):
        raise Wrong("Weigh both values with their probabilities and add.")
    return "Where the noisy number says nothing, the guess is the mean of the data."


@exercise(
    "ex-04-2",
    "fill in",
    minutes=10,
    trains="going from v to the clean sound and the noise",
)
def from_v(both):
    g = torch.Generator().manual_seed(0)
    x0, eps = torch.randn(2, 5, 3, generator=g, dtype=torch.float64)
    alpha, sigma = torch.tensor([0.8, 0.6], dtype=torch.float64)
    x_t, v = alpha * x0 + sigma * eps, alpha * eps - sigma * x0
    got_x0, got_eps = both(x_t, v, alpha, sigma)
    if near(got_x0, eps) and near(got_eps, x0):
        raise Wrong("Both are there, in the wrong order: x0 first.")
    if near(got_x0, alpha * x_t + sigma * v):
        raise Wrong("Check a sign in x0: which way must v be turned back?")
    if near(got_x0, (x_t - sigma * v) / alpha):
        raise Wrong("That is x0 from eps. v needs no division.")
    if not near(got_x0, x0):
        raise Wrong("x0 is not right yet: alpha times x_t, and what of v?")
    if not near(got_eps, eps):
        raise Wrong("x0 is right, eps not yet: sigma times x_t, and what of v?")
    return "A turn and a turn back; nothing was divided."


@exercise(
    "ex-04-3", "find the bug", minutes=10, trains="shapes that broadcast without a word"
)
def shapes(loss):
    eps = torch.randn(50, generator=torch.Generator().manual_seed(0))
    if abs(float(loss(eps[:, None], eps))) > 1e-6:
        raise Wrong("A perfect net should have loss 0: is the difference (n,) yet?")
    if not near(loss(torch.zeros(50, 1), eps), eps.square().mean()):
        raise Wrong("A net that answers 0 should have the mean of eps**2 as its loss.")
    if not near(loss(eps[:, None] + 2, eps), 4.0):
        raise Wrong("An output that is 2 too high everywhere should have loss 4.")
    return (
        "Shapes that broadcast do not complain. minidiff's `diffuse` does, on purpose."
    )


def mixture() -> GaussianMixture:
    """The three Gaussians of the chapter."""
    means = [[-1.2, -0.6], [1.2, -0.6], [0.0, 1.2]]
    return GaussianMixture(means, [0.2, 0.4, 0.3], [0.3, 0.3, 0.4])


@functools.cache
def error(t: float) -> float:
    """Root-mean-square error of the exact guess at time t."""
    g = torch.Generator().manual_seed(0)
    x0, _ = mixture().sample(20_000, g)
    eps = torch.randn(x0.shape, generator=g, dtype=torch.float64)
    x0_hat = mixture().denoiser(Cosine())(diffuse(x0, t, eps, Cosine()), t)
    return (x0_hat - x0).square().mean().sqrt().item()


@exercise(
    "ex-04-4",
    "vary",
    minutes=12,
    trains="how the error of the best guess grows with noise",
)
@form(Number(0.1, 1, 0.02))
def halfway(answer):
    t = number(answer)
    if not 0 < t <= 1:
        raise Wrong("A time between 0 and 1, please.")
    share = error(t) / error(1.0)
    low, high = (
        error(round(min(1.0, s), 6)) / error(1.0) for s in (t - 0.02, t + 0.02)
    )
    if low < 0.5**0.5 < high:
        raise Wrong("There the *squared* error is half as large; take its root first.")
    if not low < 0.5 < high:
        raise Wrong(f"There it is {share:.0%} of the error at t = 1, expected 50%.")
    return "There three quarters of the data's variance are still known."


@exercise("ex-04-5", "extend", minutes=15, trains="a score from any denoiser")
def score(answer):
    x, _ = mixture().sample(20, torch.Generator().manual_seed(0))
    for schedule in (Cosine(), Karras()):
        name = type(schedule).__name__
        denoiser = mixture().denoiser(schedule)
        alpha, sigma = schedule(0.6)
        truth = mixture().score(x, 0.6, schedule)
        got = answer(denoiser, x, 0.6)
        if near(got, truth * sigma):
            raise Wrong("That is -eps. The score divides by sigma once more.")
        if near(got, -truth):
            raise Wrong("It points downhill; the score points uphill.")
        if alpha < 1 and near(got, (denoiser(x, 0.6) - x) / sigma**2):
            raise Wrong("Right for Karras only: elsewhere x_t holds alpha x0, not x0.")
        if not near(got, truth):
            raise Wrong(f"It is not the slope of the log density, with {name}.")
    return "One line, and it holds for every schedule."


@exercise(
    "ex-04-6", "listen", minutes=5, trains="telling a noisy sound from its two parts"
)
@form(Each("ABC", ("x_t", "x0", "eps")))
def which(answer):
    truth = ["eps", "x_t", "x0"]
    given = names(answer)
    if sorted(given) != sorted(truth):
        raise Wrong('Three names, each once: "x_t", "x0", "eps".')
    if given[2] != "x0":
        raise Wrong("One of the three is free of noise: that is x0.")
    if given != truth:
        raise Wrong("x0 is found. In which of the other two can you still hear it?")
    return "Noise plus sound is what the net sees; it tells you both parts."
