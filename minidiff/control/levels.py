"""Where in time a schedule has a given level of noise."""

import torch
from jaxtyping import Float
from torch import Tensor

from ..schedule import Schedule


def even_levels(low: float, high: float, n: int) -> Float[Tensor, " n"]:
    """The middles of n equal parts of the way from low to high, in the logarithm."""
    ends = torch.tensor([low, high], dtype=torch.float64).log()
    place = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    return (ends[0] + place * (ends[1] - ends[0])).exp()


def highest(schedule: Schedule, most: float) -> float:
    """The most of sigma / alpha that a schedule has, `most` where that is less."""
    alpha, sigma = schedule(1.0)
    return min(most, (sigma / alpha).item())


def time_at(schedule: Schedule, ratio: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """The times t at which sigma / alpha is `ratio`, by halving [0, 1] sixty times.

    Raises ValueError for a ratio that the schedule never has.
    """
    ratio = ratio.double()
    if not ((ratio >= 0) & (ratio <= highest(schedule, torch.inf))).all():
        most = highest(schedule, torch.inf)
        raise ValueError(f"sigma / alpha is from 0 to {most:g} here, got {ratio}")
    low, high = torch.zeros_like(ratio), torch.ones_like(ratio)
    for _ in range(60):
        middle = (low + high) / 2
        alpha, sigma = schedule(middle)
        below = sigma < ratio * alpha
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    return high
