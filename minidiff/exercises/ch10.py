"""Chapter 10, waveforms: the exercises' checks."""

from itertools import pairwise

import numpy as np
import torch

from ..exact import GaussianMixture
from ..schedule import Cosine, Flow, Karras, LinearBeta, ScaledLinear
from .answers import near, number, order
from .check import Number, Order, Wrong, exercise, form


@exercise("ex-10-1", "predict", minutes=4, trains="how far a dilated net sees")
@form(Number(0, 600, 1, also=(8191, 127**2)))
def receptive_field(answer):
    answer = number(answer)
    for wrong, hint in (
        (252, "Almost: the sample itself counts too."),
        (127, "That is one cycle of six; there are two of them."),
        (126, "A layer looks to both sides."),
        (8191, "After six layers the dilation begins again at 1."),
        (25, "That is what twelve layers without dilation see."),
        (127**2, "Cycles add to each other, they do not multiply."),
    ):
        if answer == wrong:
            raise Wrong(hint)
    if answer != 253:
        raise Wrong("Each layer adds twice its dilation: 1 + 2 (1 + 2 + 4 + ...).")
    return "Two cycles of 1 + 2 + ... + 32 = 63, on both sides, and itself."


@exercise("ex-10-2", "fill in", minutes=6, trains="the level that WaveGrad is told")
def noise_level(answer):
    times = [0.1, 0.4, 0.8, 0.0, 1.0]
    for schedule in (Cosine(), LinearBeta(), Karras(), Flow()):
        for t in torch.tensor(times, dtype=torch.float64):
            alpha, sigma = schedule(t)
            got, name = answer(schedule, t), type(schedule).__name__
            if near(got, alpha / torch.hypot(alpha, sigma)):
                continue
            for wrong, hint in (
                (alpha**2 / (alpha**2 + sigma**2), "its square; a root is missing."),
                (sigma / torch.hypot(alpha, sigma), "the share of the noise."),
                (alpha / (alpha + sigma), "amplitudes added; powers add."),
                (alpha / sigma, "the ratio of signal to noise, which has no end."),
            ):
                if near(got, wrong):
                    raise Wrong(f"For {name} that is {hint}")
            if near(got, alpha):
                raise Wrong(
                    f"For {name} the whole is not 1 (for Karras alpha is always 1): "
                    "divide by its size, sqrt(alpha**2 + sigma**2)."
                )
            where = {0.0: ", where there is no noise,", 1.0: ", at the end,"}
            raise Wrong(
                f"For {name} at t = {t:g}{where.get(float(t), '')} it should be alpha "
                "over the size of the whole."
            )
    return "The same level is the same noisiness, whatever the schedule."


@exercise(
    "ex-10-3", "find the bug", minutes=10, trains="looking a noise level up in a table"
)
def times_of_levels(answer):
    for levels in ([0.9, 0.5, 0.1], [0.3, 0.95], [0.999, 0.2, 0.6, 0.7]):
        for schedule in (LinearBeta(), Cosine()):
            look_up(answer(list(levels), schedule), levels, schedule)
    return "A falling axis is no axis for np.interp."


def look_up(answer, levels: list, schedule) -> None:
    """Whether these are the times of the levels, to a step of a table of a thousand."""
    got = torch.as_tensor(answer, dtype=torch.float64)
    if got.numel() == len(levels):
        got = got.reshape(len(levels))
    if got.shape != (len(levels),):
        raise Wrong(f"{len(levels)} levels, as many times; got {tuple(got.shape)}.")
    if got.unique().numel() == 1:
        raise Wrong(
            "Still one time for all levels: np.interp wants its second argument to "
            "rise, and says nothing if it does not."
        )
    if not ((got >= 0) & (got <= 1)).all():
        raise Wrong("Times lie between 0 and 1.")
    alpha, _ = schedule(got)
    if near(alpha, levels, 3e-3):
        return
    if near(schedule(1 - got)[0], levels, 3e-3):
        raise Wrong("You turned alpha round, but not the times that belong to it.")
    if near(alpha, sorted(levels), 3e-3) or near(alpha, levels[::-1], 3e-3):
        raise Wrong("The right times, in another order than the levels.")
    told = ", ".join(f"{a:.4f}" for a in alpha.tolist())
    raise Wrong(f"At your times alpha is {told}, and it should be {levels}.")


@exercise("ex-10-4", "vary", minutes=10, trains="where a schedule has to end")
@form(Number(0.02, 0.4, 0.01, also=(0.5,)))
def last_beta(answer):
    beta = number(answer)
    if not 1e-4 < beta < 1:
        raise Wrong("A beta lies between 0 and 1.")
    alpha = LinearBeta(50, 1e-4, beta)(1.0)[0].item()
    said = f"With {beta:g} it loses {-ten_after(beta):.2f} dB (alpha {alpha:.2f})"
    if ten_after(beta) < -1:
        raise Wrong(f"{said}: too much, the end still holds too much of the signal.")
    if ten_after(beta - 0.01) >= -1:
        raise Wrong(f"{said}: fine, but a smaller one is enough.")
    return f"{said}: the stronger the component, the nearer to 0 alpha must end."


def ten_after(beta_end: float) -> float:
    """What a component of 20 dB loses in 50 ancestral steps, in dB, exactly."""
    schedule, c, variance = LinearBeta(50, 1e-4, beta_end), 10.0, 1.0
    levels = zip(*(level.tolist() for level in schedule(schedule.times(50))))  # noqa: B905
    for (a_t, s_t), (a_s, s_s) in pairwise(levels):
        gain = a_t * c**2 / (a_t**2 * c**2 + s_t**2)
        fresh = s_s * (1 - (a_t * s_s / (s_t * a_s)) ** 2) ** 0.5
        old = (s_s**2 - fresh**2) ** 0.5 / s_t
        variance = (a_s * gain + old * (1 - a_t * gain)) ** 2 * variance + fresh**2
    return 10 * np.log10(variance / c**2)


@exercise(
    "ex-10-5", "extend", minutes=25, trains="an old denoiser on a schedule new to it"
)
def elsewhere(answer):
    world = GaussianMixture([[-1.0, 0.5], [2.0, 0.0]], 0.4)
    x = torch.randn(6, 2, dtype=torch.float64)
    cond = torch.tensor([0, 1] * 3)
    for old, new in (
        (Cosine(), ScaledLinear()),
        (LinearBeta(), Cosine()),
        (Cosine(), Karras()),
    ):
        # from the first level of a fine grid of the old schedule to where that ends
        first, last = 0.35 if isinstance(new, Karras) else 0.1, 0.8
        last = 1.0 if isinstance(new, ScaledLinear) else last
        t = torch.linspace(first, last, 6, dtype=torch.float64)
        known = world.denoiser(old)
        moved = answer(known, new)
        if getattr(moved, "schedule", None) is not new:
            raise Wrong("A sampler asks for `.schedule`: it is the new one.")
        alpha, sigma = (level[:, None] for level in new(t))
        x_t = alpha + sigma * x
        got = moved(x_t, t, cond)
        if got is None:
            raise Wrong("`__call__` returns nothing: end it with `return`.")
        right = world.denoiser(new)(x_t, t, cond)
        if near(got, right, 2e-3):
            long = Row(known)
            if not near(answer(long, new)(x_t[:, None], t, cond)[:, 0], right, 2e-3):
                raise Wrong(
                    "Right for points, not for waveforms (batch, 1, samples): the "
                    "scale of item i belongs to all of x[i]."
                )
            continue
        if near(got, world.denoiser(new)(x_t, t), 2e-3):
            raise Wrong("The condition does not reach the old denoiser.")
        if near(got, known(x_t, t, cond), 1e-6):
            raise Wrong("You pass the new schedule's time on: look up the old one's.")
        if near(got, known(x_t, old_time(old, alpha / sigma), cond), 2e-3):
            raise Wrong("The time is right, but x is not scaled to the old levels.")
        raise Wrong(
            f"From {type(old).__name__} to {type(new).__name__} the guesses are off by "
            f"up to {(got - right).abs().max():.2f}."
        )
    return "A schedule is a timetable: what counts is the ratio at the stop."


class Row:
    """The same denoiser for x of shape (batch, 1, d)."""

    def __init__(self, denoiser):
        self.denoiser, self.schedule = denoiser, denoiser.schedule

    def __call__(self, x, t, cond=None):
        return self.denoiser(x[:, 0], t, cond)[:, None]


def old_time(schedule, ratio):
    """When the schedule has this ratio of signal to noise."""
    grid = torch.linspace(1e-4, 1 - 1e-4, 9999, dtype=torch.float64)
    alpha, sigma = schedule(grid)
    return torch.from_numpy(np.interp(-ratio[:, 0].log(), (sigma / alpha).log(), grid))


@exercise("ex-10-6", "listen", minutes=5, trains="hearing a schedule's ceiling")
@form(Order("ABC"))
def ceiling(answer):
    word = order(answer, "ABC")
    if word == "BAC":
        return "The earlier a schedule ends, the deeper the strong tones sink."
    if word == "CAB":
        raise Wrong("The wrong way round: begin where the tones stand out.")
    if word[0] != "B":
        raise Wrong("In one of them the tones stand out of everything: it comes first.")
    raise Wrong("The first is right. In which of the others is a tone hard to find?")


@exercise(
    "ex-10-7", "find the bug", minutes=6, trains="nearest neighbours of a set in itself"
)
def others_only(answer):
    crowd = torch.tensor([[0.0, 2**k - 1.0] for k in range(5)])
    apart = torch.cdist(crowd, crowd)
    right = (1 + 1 + 2 + 4 + 8) / 5
    got = number(answer(crowd.clone()))
    for wrong, hint in (
        (0, "Still 0: every sound finds itself."),
        (apart.max(1).values.mean(), "That is the farthest, not the nearest."),
        (1, "That is the nearest pair of all; every sound has a nearest one."),
        (apart.mean(), "A mean over all pairs; we want each one's nearest."),
        (apart.sum() / 20, "A mean over all pairs; we want each one's nearest."),
        (16, "The sum of the distances: divide by how many."),
        (17.2, "The mean of squared distances: a root is missing."),
        (2, "The middle one of the distances; we want their mean."),
    ):
        if near(got, wrong):
            raise Wrong(hint)
    if not near(got, right):
        raise Wrong(f"For five points it should be {right:.3f}, got {got:.3f}.")
    twins = torch.tensor([[1.0], [1.0], [5.0], [5.0]])
    if number(answer(twins)) != 0:
        raise Wrong(
            "Of two equal sounds each has the other at distance 0: leave out the "
            "sound itself, by its place, and not whatever is at distance 0."
        )
    return "Only itself is left out; a true twin still counts."


@exercise("ex-10-8", "derive", minutes=15, trains="how far any stack of layers sees")
def reach(answer):
    for layers in (
        [(3, 2**k, 1) for k in range(6)] * 2,
        [(3, 1, 1), (2, 1, 2), (3, 1, 1), (5, 2, 1)],
        [(3, 1, 2), (3, 4, 3), (7, 1, 1)],
        [(4, 1, 5), (1, 1, 1)],
        [(1, 8, 1)],
    ):
        got, right = number(answer(list(layers))), seen(layers)
        if got == right:
            continue
        for wrong, hint in (
            (right - 1, "Those are the gaps; the samples are one more."),
            (
                seen(layers[::-1]),
                "The wrong way round: strides count for later layers.",
            ),
            (seen([(k, d, 1) for k, d, _ in layers]), "The strides are missing."),
            (
                seen([(k + 1, d, s) for k, d, s in layers]),
                "A kernel of 3 adds two samples, not three: k - 1 gaps.",
            ),
            (
                seen([(k, 1, s) for k, _, s in layers]),
                "The gaps of a dilated layer are d wide.",
            ),
            (
                1 + sum((k - 1) * d * s for k, d, s in layers),
                "The strides of all layers before count, and the layer's own does not.",
            ),
        ):
            if got == wrong:
                raise Wrong(hint)
        raise Wrong(f"For {layers} it should be {right}, got {got:g}.")
    return "Dilation and halving are two ways to the same sum."


def seen(layers: list) -> int:
    """How many samples an answer depends on, from the first to the last."""
    gaps = 0
    for kernel, dilation, stride in reversed(layers):
        gaps = stride * gaps + (kernel - 1) * dilation
    return gaps + 1
