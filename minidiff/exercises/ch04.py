"""Chapter 4, learning to denoise: the exercises' checks."""

import functools

import torch

from ..exact import GaussianMixture
from ..process import diffuse
from ..schedule import Cosine, Flow, Karras, LinearBeta
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
    for levels in ((0.8, 0.6), (0.28, 0.96), (0.0, 1.0), (1.0, 0.0)):
        alpha, sigma = torch.tensor(levels, dtype=torch.float64)
        x_t, v = alpha * x0 + sigma * eps, alpha * eps - sigma * x0
        got_x0, got_eps = (
            torch.as_tensor(x, dtype=torch.float64) for x in both(x_t, v, alpha, sigma)
        )
        if not (got_x0.isfinite().all() and got_eps.isfinite().all()):
            zero = "alpha" if alpha == 0 else "sigma"
            raise Wrong(f"Where {zero} is 0 you divide by it. v needs no division.")
        if near(got_x0, x0) and near(got_eps, eps):
            continue
        if near(got_x0, eps) and near(got_eps, x0):
            raise Wrong("Both are there, in the wrong order: x0 first.")
        if near(got_x0, alpha * x_t + sigma * v):
            raise Wrong("Check a sign in x0: which way must v be turned back?")
        if alpha > 0 and near(got_x0, (x_t - sigma * v) / alpha):
            raise Wrong("That takes v for eps. Use v = alpha eps - sigma x0 as well.")
        if not near(got_x0, x0):
            raise Wrong("x0 is not right yet: alpha times x_t, and what of v?")
        if near(got_eps, sigma * x_t - alpha * v):
            raise Wrong("x0 is right; check the sign of v in eps.")
        raise Wrong("x0 is right, eps not yet: sigma times x_t, and what of v?")
    return "A turn and a turn back; nothing was divided, so both ends are safe."


@exercise(
    "ex-04-3", "find the bug", minutes=10, trains="shapes that broadcast without a word"
)
def shapes(loss):
    for n in (50, 7, 1):
        eps = torch.randn(n, generator=torch.Generator().manual_seed(0))
        if abs(float(loss(eps[:, None], eps))) > 1e-6:
            raise Wrong("A perfect net should have loss 0: is the difference (n,) yet?")
        if not near(loss(torch.zeros(n, 1), eps), eps.square().mean()):
            raise Wrong("A net that answers 0 should have the mean of eps**2 as loss.")
        if n > 1 and near(loss(eps.roll(1)[:, None], eps), 0.0):
            raise Wrong("Each answer belongs to its own item: keep their order.")
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
    g = torch.Generator().manual_seed(0)
    x0, _ = mixture().sample(20, g)
    eps = torch.randn(x0.shape, generator=g, dtype=torch.float64)
    for schedule, t in (
        (Cosine(), 0.6),
        (Karras(), 0.6),
        (LinearBeta(), 0.05),
        (Cosine(), 1.0),
        (Karras(), 1.0),
        (Flow(), 1.0),
    ):
        name, denoiser = type(schedule).__name__, mixture().denoiser(schedule)
        alpha, sigma = schedule(t)
        x = diffuse(x0, t, eps, schedule)
        # a score is about 1 / sigma: times sigma it is of one size at all times
        truth = sigma * mixture().score(x, t, schedule)
        got = sigma * torch.as_tensor(answer(denoiser, x, t), dtype=torch.float64)
        if not got.isfinite().all():
            raise Wrong(f"At t = {t:g} of {name} it is not finite: alpha may be 0.")
        if near(got, truth):
            continue
        if near(got, truth * sigma):
            raise Wrong("That is -eps. The score divides by sigma once more.")
        if near(got, -truth):
            raise Wrong("It points downhill; the score points uphill.")
        if alpha < 1 and near(got, (denoiser(x, t) - x) / sigma):
            raise Wrong("Right for Karras only: elsewhere x_t holds alpha x0, not x0.")
        raise Wrong(f"It is not the slope of the log density, with {name}.")
    return "One line, and it holds for every schedule."


@exercise(
    "ex-04-6", "listen", minutes=5, trains="telling a noisy sound from its two parts"
)
@form(Each("ABC", ("x_t", "x0", "eps")))
def which(answer):
    truth = ["eps", "x_t", "x0"]
    given = [name.removesuffix("_hat") for name in names(answer)]
    if sorted(given) != sorted(truth):
        raise Wrong('Three names, each once: "x_t", "x0", "eps".')
    if given[2] != "x0":
        raise Wrong("One of the three is free of noise: that is x0.")
    if given != truth:
        raise Wrong("x0 is found. In which of the other two can you still hear it?")
    return "Noise plus sound is what the net sees; it tells you both parts."


def two_hills() -> GaussianMixture:
    """A world of single numbers."""
    return GaussianMixture([[-1.0], [1.5]], [0.3, 0.5], [0.3, 0.7])


def variance(x, t: float, schedule):
    """Var[x0 | x_t] of `two_hills`: within the hills, and between them."""
    world = two_hills()
    (alpha, sigma), s2 = schedule(t), torch.tensor([0.09, 0.25], dtype=torch.float64)
    tau2 = alpha**2 * s2 + sigma**2
    away = x - alpha * world.means[:, 0]  # (n, 2)
    w = (-(away**2) / (2 * tau2) - tau2.log() / 2 + world.weights.log()).softmax(1)
    own = world.means[:, 0] + alpha * s2 / tau2 * away
    between = (w * (own - (w * own).sum(1, True)) ** 2).sum(1, True)
    return (w * s2 * sigma**2 / tau2).sum(1, True) + between


@exercise("ex-04-7", "derive", minutes=25, trains="what the slope of a guess tells")
def spread(answer):
    x0, _ = two_hills().sample(30, torch.Generator().manual_seed(0))
    for schedule, t in (
        (Cosine(), 0.7),
        (Karras(), 0.5),
        (Cosine(), 0.1),
        (LinearBeta(), 1.0),
        (Flow(), 0.9),
        (Karras(), 1.0),
        (Cosine(), 0.0),
    ):
        x = diffuse(x0, t, torch.ones_like(x0), schedule)
        denoiser, (alpha, sigma) = two_hills().denoiser(schedule), schedule(t)
        truth = variance(x, t, schedule)
        got = torch.as_tensor(answer(denoiser, x.clone(), t), dtype=torch.float64)
        if got.shape != x.shape:
            raise Wrong(f"The shape should be {tuple(x.shape)}, got {tuple(got.shape)}")
        if not got.isfinite().all():
            raise Wrong(f"At t = {t:g}, where sigma = {sigma:g}, it is not finite.")
        if torch.allclose(got, truth, 1e-2, 1e-9):  # a difference of neighbours will do
            continue
        for wrong, hint in (
            (truth * alpha, "The factor lacks alpha: where did step 2 bring it in?"),
            (truth * alpha / sigma, "sigma comes squared, and alpha is missing too."),
            (truth / sigma, "sigma comes squared: step 2 divides by sigma**2."),
            (
                truth * alpha / sigma**2,
                "That is the slope itself; its factor is lacking.",
            ),
            (truth * (alpha / sigma**2) ** 2, "The factor stands on its head."),
            (truth.sqrt(), "That is the standard deviation; the variance is asked."),
            (truth / alpha, "alpha comes once: step 2 brings in one alpha, not two."),
        ):
            if torch.allclose(got, wrong, 1e-3, 1e-9):
                raise Wrong(hint)
        worst = ((got - truth).abs() / truth).argmax()
        raise Wrong(
            f"With {type(schedule).__name__} at t = {t:g} the variance at "
            f"x = {x.flatten()[worst]:.3g} should be {truth.flatten()[worst]:.3g}, got "
            f"{got.flatten()[worst]:.3g}."
        )
    return "Where the guess is steep it is unsure. No second net is needed to know it."
