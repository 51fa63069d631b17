"""Chapter 7, fewer steps: the exercises' checks."""

from itertools import pairwise

import torch

from ..exact import GaussianMixture
from ..samplers import heun
from ..schedule import Cosine, Flow
from .answers import near, number, order
from .check import Number, Order, Wrong, exercise, form

LEVELS = 0.6, 0.8, 0.8, 0.6  # alpha and sigma at t, alpha and sigma at s


@exercise("ex-07-1", "predict", minutes=5, trains="what a step of Heun costs")
@form(Number(0, 60, 1))
def questions(answer):
    answer = number(answer)
    if answer == 20:
        raise Wrong("The last step ends at 0: is there noise left to take the mean of?")
    if answer == 10:
        raise Wrong("Heun asks at both ends of a step.")
    if answer != 19:
        raise Wrong("Count two for each step, and look closely at the last one.")
    return "Two for each of nine steps, one for the last, which is a plain DDIM step."


@exercise("ex-07-2", "fill in", minutes=10, trains="the step of DDIM")
def ddim_step(answer):
    x, x0 = torch.randn(2, 500, dtype=torch.float64)
    a_t, s_t, a_s, s_s = LEVELS
    got = answer(x, x0, *LEVELS)
    eps = (x - a_t * x0) / s_t
    for wrong, hint in (
        (
            a_s * x0 + s_s * (x - a_t * x0),
            "Divide by s_t to get noise of variance one.",
        ),
        (a_t * x0 + s_t * eps, "That is x_t again: mix with the levels of s."),
        (a_s * x0 + s_s * x, "x_t is not pure noise: take the signal out of it first."),
    ):
        if near(got, wrong):
            raise Wrong(hint)
    if not near(got, a_s * x0 + s_s * eps):
        raise Wrong("eps = (x - a_t * x0_hat) / s_t, then mix x0_hat and eps anew.")
    return "Guess, read off, rebuild."


@exercise(
    "ex-07-3",
    "find the bug",
    minutes=12,
    trains="one variance, shared by old noise and fresh",
)
def variance_kept(answer):
    x0 = torch.zeros(200_000, dtype=torch.float64)
    eps, z = torch.randn(2, 200_000, dtype=torch.float64)
    a_t, s_t, a_s, s_s = LEVELS
    variances = []
    for eta in (0.0, 0.5, 1.0):
        got = answer(s_t * eps, x0, a_t, s_t, a_s, s_s, eta, z)
        variances.append(got.var().item())
        fresh = (got * z).mean().item()  # how much of z is in it
        want = eta * s_s * (1 - (a_t * s_s / (s_t * a_s)) ** 2) ** 0.5
        if abs(fresh - want) > 0.02:
            raise Wrong("`fresh` itself was right: leave the new noise as it was.")
    excess = variances[2] - s_s**2
    if excess > 0.02:
        raise Wrong(
            "With eta above 0 the variance is more than s_s**2: what must shrink?"
        )
    if max(abs(v - s_s**2) for v in variances) > 0.02:
        raise Wrong(
            "Old and fresh variance must add up to s_s**2; take the square root."
        )
    if not near(answer(a_t + x0, x0 + 1, *LEVELS, 0.0, z), x0 + a_s):
        raise Wrong("The clean part must still come back as a_s * x0_hat.")
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


@exercise("ex-07-5", "extend", minutes=25, trains="writing a sampler of second order")
def second_order(answer):
    mean, std, schedule = 0.4, 0.5, Flow()
    denoiser = GaussianMixture([[mean]], std).denoiser(schedule)
    x = torch.linspace(-2, 2, 21, dtype=torch.float64)[:, None]

    def spread(t):
        alpha, sigma = schedule(t)
        return alpha, (alpha**2 * std**2 + sigma**2).sqrt()

    errors = []
    for n in (20, 40):
        times = torch.linspace(0.9, 0.1, n + 1, dtype=torch.float64)
        got = answer(denoiser, x, times)
        (a, wide), (b, narrow) = spread(times[0]), spread(times[-1])
        goal = b * mean + narrow * (x - a * mean) / wide
        errors.append((got - goal).abs().max().item())
    if errors[1] > 0.2:
        raise Wrong(
            "It does not arrive: check the update from u_t to u_s, x = alpha * u."
        )
    if errors[1] > 1e-12 and errors[0] / errors[1] < 3:
        raise Wrong(
            "It arrives, but twice the steps only halve the error: the slope must be "
            "the one at the middle."
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
    for T, n in ((1000, 10), (1000, 30), (100, 7), (50, 50)):
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
        gaps = [a - b for a, b in pairwise(got)]
        if max(gaps) - min(gaps) > 1 or any(i % 1 for i in got):
            raise Wrong(
                f"{said} steps are {min(gaps):g} to {max(gaps):g} long. They should "
                "be whole and alike within one: T // n throws a remainder away."
            )
    return "It starts in pure noise, ends clean, and no step is the odd one out."
