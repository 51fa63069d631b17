"""What the checks of chapters 15 and 16 hold answers against."""

import functools
from itertools import pairwise

import numpy as np
import torch

from ..exact import GaussianMixture
from ..process import diffuse
from ..samplers import ddim
from ..schedule import Cosine, noise_times


class Watching:
    """A denoiser that pulls to 0 and remembers when, and of what, it was asked."""

    schedule = Cosine()

    def __init__(self):
        self.asked = []

    def __call__(self, x, t, cond=None):
        self.asked.append((torch.as_tensor(t).flatten()[0].item(), x.clone()))
        return 0.5 * x


def walked(x, times):
    """The walk of DDIM with `Watching`'s answers."""
    for t, s in pairwise(map(float, times)):
        (a_t, s_t), (a_s, s_s) = map(Watching.schedule, (t, s))
        guess = 0.5 * x
        x = a_s * guess + s_s * (x - a_t * guess) / s_t
    return x


def even(some, times) -> bool:
    """Whether these times are spaced evenly among the others, as `times_from` does."""
    places = np.interp(some, times.flip(0), np.arange(len(times))[::-1])
    return bool(np.ptp(np.diff(places)) < 1e-6)


def crossed(strength: float) -> float:
    """Share of 2000 variations of -1 that end on the other side."""
    schedule = Cosine()
    exact = GaussianMixture([[-1.0], [1.0]], 0.3).denoiser(schedule)
    eps = torch.randn(2000, 1, generator=torch.Generator().manual_seed(0)).double()
    times = noise_times(schedule, 40)
    rest = torch.cat([times.new_tensor([strength]), times[times < strength]])
    x = diffuse(torch.full_like(eps, -1.0), strength, eps, schedule)
    *_, x = ddim(exact, x, rest)
    return (x > 0).double().mean().item()


class Plain:
    """A denoiser with an answer of its own for every number, told or not."""

    schedule = Cosine()

    def __init__(self):
        self.told = []

    def __call__(self, x, t, cond=None):
        self.told.append(cond)
        return x + torch.arange(x.shape[1]).to(x) ** 2


@functools.cache
def repainted(jumps: int, steps: int = 20) -> float:
    """Where RePaint leaves the mean of the second of two numbers with correlation 0.9,
    the first being 1: all is linear, so means go their own way."""
    if jumps < 1:
        return 0.0
    schedule = Cosine()
    cov = [[[1.0, 0.9], [0.9, 1.0]]]
    exact = GaussianMixture([[0.0, 0.0]], covs=cov).denoiser(schedule)
    times = noise_times(schedule, steps)
    stops = [tuple(map(float, schedule(t))) for t in times]
    x = torch.tensor([[stops[0][0], 0.0]]).double()
    for t, (a_t, s_t), (a_s, s_s) in zip(times, stops, stops[1:], strict=False):
        for turn in range(jumps):
            if turn:
                x = a_t / a_s * x
            x0 = exact(x, t)
            kept = a_t * s_s**2 / (s_t**2 * a_s)  # of the noise, with eta = 1
            x = a_s * x0 + kept * (x - a_t * x0)
            x[:, 0] = a_s
    return x[0, 1].item()
