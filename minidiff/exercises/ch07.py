"""Chapter 7, fewer steps: the exercises' checks."""

from itertools import pairwise

import torch
from torch import Tensor

from ..exact import GaussianMixture
from ..samplers import ddim, dpmpp_2m, heun
from ..schedule import Cosine, Flow
from .answers import near, number, order
from .check import Number, Order, Wrong, exercise, form


def levels(*pairs):
    """alpha and sigma at t, alpha and sigma at s, as `schedule(t)` gives them."""
    return [torch.tensor(level, dtype=torch.float64) for level in pairs]


STEPS = [  # of schedules with alpha**2 + sigma**2 = 1, of Flow and of Karras
    levels(0.6, 0.8, 0.8, 0.6),
    levels(0.28, 0.96, 0.96, 0.28),
    levels(0.3, 0.7, 0.45, 0.55),
    levels(1.0, 5.0, 1.0, 2.0),
]
TOP, BOTTOM = levels(0.0, 1.0, 0.6, 0.8), levels(0.6, 0.8, 1.0, 0.0)


@exercise("ex-07-1", "predict", minutes=5, trains="what a step of Heun costs")
@form(Number(0, 60, 1))
def questions(answer):
    answer = number(answer)
    if answer == 20:
        raise Wrong("The last step ends at 0: is there noise left to take the mean of?")
    if answer == 10:
        raise Wrong("Heun asks at both ends of a step.")
    if answer == 18:
        raise Wrong("The last step asks less than the others, but not nothing.")
    if answer != 19:
        raise Wrong("Count two for each step, and look closely at the last one.")
    return "Two for each of nine steps, one for the last, which is a plain DDIM step."


@exercise("ex-07-2", "fill in", minutes=10, trains="the step of DDIM")
def ddim_step(answer):
    x, x0 = torch.randn(2, 500, dtype=torch.float64)
    for a_t, s_t, a_s, s_s in [*STEPS, TOP, BOTTOM]:
        got = answer(x, x0, a_t, s_t, a_s, s_s)
        eps = (x - a_t * x0) / s_t
        want = a_s * x0 + s_s * eps
        for wrong, hint in (
            (
                a_s * x0 + s_s * (x - a_t * x0),
                "Divide by s_t to get noise of variance one.",
            ),
            (a_t * x0 + s_t * eps, "That is x_t again: mix with the levels of s."),
            (
                a_s * x0 + s_s * x,
                "x_t is not pure noise: take the signal out of it first.",
            ),
            (
                a_s * x0 + (1 - a_s**2).clamp(min=0).sqrt() * eps,
                "Take s_s as it is given: not in every schedule do the squares of "
                "alpha and sigma add up to one.",
            ),
        ):
            if near(got, wrong) and not near(wrong, want):
                raise Wrong(hint)
        if not near(got, want):
            raise Wrong("eps = (x - a_t * x0_hat) / s_t, then mix x0_hat and eps anew.")
    return "Guess, read off, rebuild."


@exercise(
    "ex-07-3",
    "find the bug",
    minutes=12,
    trains="one variance, shared by old noise and fresh",
)
def variance_kept(answer):
    x0, eps, z = torch.randn(3, 500, dtype=torch.float64)
    for a_t, s_t, a_s, s_s in [*STEPS, TOP, BOTTOM]:
        for eta in (0.0, 0.5, 1.0):
            got = answer(a_t * x0 + s_t * eps, x0, a_t, s_t, a_s, s_s, eta, z)
            fresh = eta * s_s * (1 - (a_t * s_s / (s_t * a_s)) ** 2) ** 0.5
            share = (s_s**2 - fresh**2).clamp(min=0)
            rest = (1 - a_s**2 - fresh**2).clamp(min=0).sqrt()
            want = a_s * x0 + share.sqrt() * eps + fresh * z
            if near(got, want):
                continue
            if got.shape != x0.shape:
                raise Wrong(f"x_s has the shape of x, got {tuple(got.shape)}.")
            fit = torch.linalg.lstsq(torch.stack([x0, eps, z], 1), got[:, None])
            clean, old, new = fit.solution[:, 0]
            if not near(new, fresh):
                raise Wrong("`fresh` itself was right: leave the new noise as it was.")
            if near(old, share):
                raise Wrong(
                    "Old and fresh variance must add up to s_s**2; take the square root"
                    " of what is left."
                )
            if near(old, rest) and not near(rest, share.sqrt()):
                raise Wrong(
                    "Share s_s**2 as it is given: not in every schedule do the squares "
                    "of alpha and sigma add up to one."
                )
            if old > share.sqrt() + 1e-4:
                raise Wrong(
                    "With eta above 0 the variance is more than s_s**2: what must "
                    "shrink?"
                )
            if old < share.sqrt() - 1e-4:
                raise Wrong(
                    "Now the variance is less than s_s**2: the old noise shrinks too "
                    "much."
                )
            if not near(clean, a_s):
                raise Wrong("The clean part must still come back as a_s * x0_hat.")
            raise Wrong("The result should be a sum of x0_hat, old noise and fresh.")
    return "Old and fresh noise share one variance."


@exercise("ex-07-4", "vary", minutes=12, trains="where a walk may begin")
@form(Number(0.5, 1, 0.02))
def below_the_cliff(answer):
    first = number(answer)
    if not 0 < first <= 1:
        raise Wrong("`first` is a time: above 0, at most 1.")
    world = GaussianMixture([[-1.0], [0.6]], [0.25, 0.4], [0.3, 0.7])
    draw = torch.Generator().manual_seed(0)
    start = torch.randn(10_000, 1, generator=draw).double()
    truth, _ = world.sample(10_000, draw.manual_seed(1))
    times = torch.linspace(first, 0, 9)
    *_, x = heun(world.denoiser(Cosine()), start, times)
    distance = (x.sort(0).values - truth.sort(0).values).abs().mean().item()
    if distance >= 0.033 and first > 0.9:
        raise Wrong(f"The distance is {distance:.3f}: too steep for 8 steps, go lower.")
    if distance >= 0.033:
        raise Wrong(
            f"The distance is {distance:.3f}: so far down, pure noise is a wrong start."
        )
    return "Below the cliff, and nearly all noise still."


class Asked:
    """An exact denoiser that keeps the times it was asked at."""

    def __init__(self, schedule):
        self.schedule, self.times = schedule, []
        self.exact = GaussianMixture([[0.4], [-0.9]], [0.5, 0.2]).denoiser(schedule)

    def __call__(self, x, t, cond=None):
        self.times.append(float(torch.as_tensor(t).flatten()[0]))
        return self.exact(x, t, cond)


def midpoint(denoiser, x, times, begin_at="t"):
    for t, s in pairwise(times):
        m = (t + s) / 2
        (a_t, s_t), (a_m, s_m), (a_s, s_s) = map(denoiser.schedule, (t, m, s))
        (x_m,) = ddim(denoiser, x, torch.stack([t, m]))
        eps = (x_m - a_m * denoiser(x_m, m)) / s_m
        if begin_at == "m":
            x, a_t, s_t = x_m, a_m, s_m
        x = a_s * (x / a_t + (s_s / a_s - s_t / a_t) * eps)
    return x


@exercise("ex-07-5", "extend", minutes=25, trains="writing a sampler of second order")
def second_order(answer):
    x = torch.linspace(-2, 2, 21, dtype=torch.float64)[:, None]
    for schedule, n in ((Flow(), 8), (Cosine(), 5), (Flow(), 1)):
        times = torch.linspace(0.9, 0.1, n + 1, dtype=torch.float64)
        denoiser, plain = Asked(schedule), Asked(schedule)
        got = answer(denoiser, x.clone(), times)
        if not isinstance(got, Tensor):
            raise Wrong("Return the last x itself: one tensor of x's shape.")
        if near(got, midpoint(plain, x, times), 1e-6):
            continue
        if near(got, midpoint(plain, x, times, begin_at="m"), 1e-6):
            raise Wrong("The slope is right; use it for the whole step, from t to s.")
        for walk, hint in (
            (
                ddim,
                "That is DDIM, so twice the steps only halve the error: the slope "
                "must be the one at the middle.",
            ),
            (heun, "That is Heun's method, which asks at the far end; ask half way."),
            (
                dpmpp_2m,
                "That is DPM-Solver++(2M), which asks once a step; ask half way.",
            ),
        ):
            *_, other = walk(plain, x, times)
            if near(got, other, 1e-6):
                raise Wrong(hint)
        middle = [(t + s) / 2 for t, s in pairwise(times.tolist())]
        missed = [m for m in middle if all(abs(m - t) > 1e-6 for t in denoiser.times)]
        if missed:
            raise Wrong(
                f"It never asks at t = {missed[0]:.3g}, the middle time of a step: "
                "take the mean of t and s."
            )
        raise Wrong(
            "It asks half way, but does not arrive: check the update from u_t to u_s, "
            "x = alpha * u."
        )
    return "Twice the steps, a quarter of the error: second order."


@exercise("ex-07-6", "listen", minutes=5, trains="hearing too few steps")
@form(Order("ABC"))
def by_ear(answer):
    word = order(answer, "ABC")
    if word == "BAC":
        raise Wrong("That is the order from crisp to dull: fewest steps come first.")
    if word != "CAB":
        raise Wrong("Listen to the consonants: the dullest has the fewest steps.")
    return "4, 8 and 40 steps."


@exercise(
    "ex-07-7",
    "find the bug",
    minutes=12,
    trains="times that begin and end where they should",
)
def stops(answer):
    for T, n in ((1000, 10), (1000, 30), (100, 7), (50, 50), (7, 1)):
        got, said = [number(i) for i in answer(T, n)], f"For T = {T} and n = {n}"
        if got and got[0] < got[-1]:
            raise Wrong("The walk goes down: the largest comes first.")
        if not got or got[0] != T:
            first = f"{got[0]:g}" if got else "nothing"
            raise Wrong(f"{said} it begins with {first}, but pure noise belongs to T.")
        if got[-1] != 0:
            raise Wrong(f"{said} it ends at {got[-1]:g}: the last is 0, clean.")
        if len(got) != n + 1:
            raise Wrong(f"{said} there are {len(got)} stops; n steps join n + 1.")
        if any(i % 1 for i in got):
            raise Wrong(f"{said} not all are whole numbers: a table has no such entry.")
        gaps = [a - b for a, b in pairwise(got)]
        if max(gaps) - min(gaps) > 1:
            raise Wrong(
                f"{said} steps are {min(gaps):g} to {max(gaps):g} long. They should "
                "be alike within one: T // n throws a remainder away."
            )
    return "It starts in pure noise, ends clean, and no step is the odd one out."


@exercise("ex-07-8", "derive", minutes=30, trains="what a sampler takes for constant")
def along_a_line(answer):
    x, x0, g = torch.randn(3, 200, dtype=torch.float64)
    tiny, huge = levels(0.6, 0.8, 0.61, 0.79), levels(1.0, 80.0, 1.0, 0.02)
    for a_t, s_t, a_s, s_s in [*STEPS, tiny, huge]:
        got = answer(x, x0, g, a_t, s_t, a_s, s_s)
        shrink = a_t * s_s / (s_t * a_s)
        h = -shrink.log()
        flat = s_s / s_t * x + a_s * (1 - shrink) * x0
        area = h - 1 + shrink
        if near(got, flat + a_s * area * g, 1e-6):
            continue
        for wrong, hint in (
            (flat, "That is DDIM: the slope g of the guess is missing."),
            (
                flat + a_s * (1 - shrink) * h / 2 * g,
                "That is the short cut of DPM-Solver++, which reads the line off in "
                "the middle: right for short steps. Here follow the line exactly.",
            ),
            (
                flat + a_s * h**2 / 2 * g,
                "Right for short steps only: the weight exp(lambda) changes, too, so "
                "integrate it with the line.",
            ),
            (
                (flat + a_s * area * g) / s_s,
                "That is u_s: multiply by s_s to come back to x_s.",
            ),
            (flat + area * g, "The part with g has lost its a_s (step 4)."),
            (
                flat - a_s * area * g,
                "The sign of the part with g: it is an integral of something positive.",
            ),
            (
                flat + a_s * (1 - shrink) * h * g,
                "The line begins at x0_hat where the step begins, and reaches "
                "x0_hat + h * g only at its end.",
            ),
        ):
            if near(got, wrong, 1e-6):
                raise Wrong(hint)
        if near(answer(x, x0, 0 * g, a_t, s_t, a_s, s_s), flat, 1e-6):
            raise Wrong("With g = 0 it is DDIM, as it must be; do the other part anew.")
        raise Wrong("With g = 0 your step should be DDIM's (steps 1 to 3).")
    return "DDIM takes the guess for constant, DPM-Solver++ for a line: its whole gain."
