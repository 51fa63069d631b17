"""Samplers walk from noise to sound by asking a denoiser, from time t to the next, s.

Each is a generator that yields x after every step, so the path comes for free:
`*path, x = ddim(...)`. All follow one contract:

x: the start, (batch, *size), floating point; its dtype and device are kept.
times: strictly decreasing values in [0, 1], such as `schedule.times(20)`.
cond: passed on to the denoiser; None = null.
generator: source of fresh noise: one draw of x's shape, in float32, for each step that
adds noise (or a list of generators, one per item); the others draw none.
Gradients flow through the whole walk; who needs none samples under `torch.no_grad()`.
Input that breaks this raises TypeError or ValueError at once, before the first step; a
cond that the denoiser does not know, and an answer of another shape, at that step.
"""

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import inf, log, sqrt

import torch
from torch import Tensor

from . import valid
from .denoiser import Cond
from .process import Generators, diffuse, randn, starting_noise
from .schedule import noise_times


def checked(walk: Callable) -> Callable:
    """Check the arguments when the sampler is called, not at its first step."""

    @functools.wraps(walk)
    def sampler(*args, **options):
        given = inspect.signature(walk).bind(*args, **options).arguments
        valid.real(given["x"], "x")
        times = valid.unit_time(given["times"], "times").cpu().double()
        given["times"] = times
        if times.dim() != 1 or len(times) < 2:
            raise ValueError(f"times must be at least 2 numbers, got {times}")
        if walk.__name__.startswith("invert"):
            if not (times.diff() > 0).all() or times[0] == 0:
                raise ValueError(f"times must increase from above 0, got {times}")
        elif not (times.diff() < 0).all():
            raise ValueError(f"times must decrease strictly, got {times}")
        valid.number(given.get("eta", 0), "eta", 0, 1)
        valid.generators(given.get("generator"), len(given["x"]))
        given["denoiser"] = _Asked(given["denoiser"])
        return walk(**given)

    return sampler


class _Asked:
    """The denoiser, its answers in x's dtype. Raises ValueError for another shape."""

    def __init__(self, denoiser):
        self.denoiser, self.schedule = denoiser, denoiser.schedule

    def __call__(self, x: Tensor, t: Tensor, cond: Cond) -> Tensor:
        x0 = self.denoiser(x, t, cond)
        valid.same_shape(x, x0, "x and the denoiser's answer")
        return x0.to(x.dtype)


def steps_of(denoiser, x: Tensor, times: Tensor) -> Iterator[tuple]:
    """For each step t -> s: the times, each (batch,), and their levels, floats."""
    alpha, sigma = denoiser.schedule(times)
    wide = torch.float32 if x.device.type == "mps" else torch.float64
    stops = [
        (torch.full((len(x),), t, dtype=wide, device=x.device), a, s)
        for t, a, s in zip(times.tolist(), alpha.tolist(), sigma.tolist(), strict=True)
    ]
    for (t, a_t, s_t), (s, a_s, s_s) in pairwise(stops):
        yield t, s, a_t, s_t, a_s, s_s


@checked
def ddim(
    denoiser,
    x: Tensor,
    times: Tensor,
    eta: float = 0.0,
    cond: Cond = None,
    generator: Generators = None,
) -> Iterator[Tensor]:
    """DDIM (Song, Meng & Ermon 2021, eq. 12 and 16): eta = 0 deterministic, 1 DDPM.

    Written with x0_hat it holds for every schedule; where alpha = 1 and eta = 0 it is
    Euler's method on the probability-flow ODE.
    """
    for t, _, a_t, s_t, a_s, s_s in steps_of(denoiser, x, times):
        x0 = denoiser(x, t, cond)
        eps = (x - a_t * x0) / s_t
        fresh = eta * s_s * sqrt(1 - (a_t * s_s / (s_t * a_s)) ** 2)
        x = a_s * x0 + sqrt(s_s**2 - fresh**2) * eps
        if fresh > 0:  # never on the last step, where s_s = 0
            x = x + fresh * randn(x.shape, generator).to(x)
        yield x


def ddpm(
    denoiser,
    x: Tensor,
    times: Tensor,
    cond: Cond = None,
    generator: Generators = None,
) -> Iterator[Tensor]:
    """Ancestral sampling (Ho et al. 2020, algorithm 2): `ddim` with eta = 1."""
    return ddim(denoiser, x, times, eta=1.0, cond=cond, generator=generator)


@checked
def heun(
    denoiser, x: Tensor, times: Tensor, cond: Cond = None, generator: Generators = None
) -> Iterator[Tensor]:
    """Heun's second-order method (Karras et al. 2022, algorithm 1): two calls a step.

    Averages eps at both ends of the step; a plain DDIM step where s_s or a_t is 0.
    """
    for t, s, a_t, s_t, a_s, s_s in steps_of(denoiser, x, times):
        x0 = denoiser(x, t, cond)
        eps = (x - a_t * x0) / s_t
        euler = a_s * x0 + s_s * eps
        if s_s > 0 and a_t > 0:
            eps_s = (euler - a_s * denoiser(euler, s, cond)) / s_s
            x = (a_s / a_t) * x + (s_s - s_t * a_s / a_t) * (eps + eps_s) / 2
        else:
            x = euler
        yield x


@checked
def dpmpp_2m(
    denoiser, x: Tensor, times: Tensor, cond: Cond = None, generator: Generators = None
) -> Iterator[Tensor]:
    """DPM-Solver++(2M) (Lu et al. 2022b, algorithm 2): second order, one call a step.

    h is the step in lambda = log(alpha / sigma). The line through this x0_hat and the
    last one says where x0_hat will be halfway through the step.
    """
    x0_prev, h_prev = None, inf
    for t, _, a_t, s_t, a_s, s_s in steps_of(denoiser, x, times):
        x0 = D = denoiser(x, t, cond)
        h = log(a_s * s_t / (s_s * a_t)) if s_s > 0 and a_t > 0 else inf
        if x0_prev is not None and s_s > 0:
            D = x0 + h / (2 * h_prev) * (x0 - x0_prev)
        x = (s_s / s_t) * x + a_s * (1 - s_s * a_t / (a_s * s_t)) * D
        x0_prev, h_prev = x0, h
        yield x


@checked
def renoise(
    denoiser,
    x: Tensor,
    times: Tensor,
    cond: Cond = None,
    generator: Generators = None,
) -> Iterator[Tensor]:
    """Guess the clean sound, noise it again, less (Song et al. 2023, algorithm 1)."""
    for t, _, _, _, a_s, s_s in steps_of(denoiser, x, times):
        x = a_s * denoiser(x, t, cond)
        if s_s > 0:
            x = x + s_s * randn(x.shape, generator).to(x)
        yield x


@checked
def invert(
    denoiser, x: Tensor, times: Tensor, cond: Cond = None, generator: Generators = None
) -> Iterator[Tensor]:
    """DDIM backwards: from a sound up to the noise that makes it.

    times increase, the first above 0 (at t = 0 there is no noise to read off).
    """
    for t, _, a_t, s_t, a_s, s_s in steps_of(denoiser, x, times):
        x0 = denoiser(x, t, cond)
        x = a_s * x0 + s_s * (x - a_t * x0) / s_t
        yield x


SAMPLERS = {walk.__name__: walk for walk in (ddim, ddpm, heun, dpmpp_2m, renoise)}


def from_noise(
    denoiser,
    shape: Sequence[int],
    sampler: str,
    steps: int,
    cond: Cond = None,
    generator: Generators = None,
    device: torch.device | str = "cpu",
    times: Tensor | None = None,
    x0: Tensor | None = None,
) -> Tensor:
    """The whole way from noise to x0 of this shape, on `device`.

    sampler: its name. times: default: `noise_times` of so many steps. x0: where to
    begin instead, noised as far as the first time (Meng et al. 2022, SDEdit). Raises
    ValueError for an unknown sampler, and for steps below 1 or beyond the schedule's.
    """
    walk = SAMPLERS[valid.choice(sampler, SAMPLERS, "sampler")]
    most = getattr(denoiser.schedule, "steps", inf)
    steps = valid.whole(steps, "steps", 1, most)
    times = noise_times(denoiser.schedule, steps) if times is None else times
    if x0 is None:
        x = starting_noise(shape, times[0], denoiser.schedule, generator)
    else:
        x = diffuse(x0.cpu(), times[0], randn(shape, generator), denoiser.schedule)
    x = x.to(device)
    *_, x = walk(denoiser, x, times, cond=cond, generator=generator)
    return x
