"""How much a denoiser errs on a sound: little on what it knows."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid
from ..denoiser import Cond
from ..process import diffuse
from .levels import even_levels, highest, time_at

BETWEEN = (0.05, 5.0)  # sigma / alpha: below it all sounds are clear, above it none


@torch.no_grad()
def errors(
    denoiser,
    x0: Float[Tensor, "n *size"],
    cond: Cond = None,
    between: tuple[float, float] = BETWEEN,
    levels: int = 8,
    draws: int = 2,
    seed: int = 0,
) -> Float[Tensor, "n *size"]:
    """The error of denoising x0, value by value, in nats; larger is stranger.

    The integral over log(sigma / alpha) of E|eps - eps_hat|^2, where eps - eps_hat =
    (x0_hat - x0) alpha / sigma. Over all levels its sum is -log p(x0) and a constant:
    the bound of Kingma et al. 2021, with steps even in the log of the ratio, which is
    tight for an exact denoiser (Kong et al. 2023). `between`: the part of it
    that is looked at, in sigma / alpha, cut at what the schedule has, in so many
    levels. Every level has `draws` noises of its own, by turns eps and -eps; they are
    the same for every item, so that an item's error depends on no other item.

    Raises ValueError for NaN, levels or draws below 1, and bounds that are none.
    """
    valid.real(x0, "x0")
    levels, draws = valid.whole(levels, "levels", 1), valid.whole(draws, "draws", 1)
    low, high = bounds(between, denoiser.schedule)
    ratio = even_levels(low, high, levels)
    dice = torch.Generator().manual_seed(valid.seed(seed))
    found = torch.zeros_like(x0)
    for t, r in zip(time_at(denoiser.schedule, ratio), ratio, strict=True):
        for k in range(draws):
            if k % 2 == 0:
                eps = torch.randn((1, *x0.shape[1:]), generator=dice).to(x0)
            noise = (eps if k % 2 == 0 else -eps).expand_as(x0)
            x_t = diffuse(x0, t, noise, denoiser.schedule)
            x0_hat = denoiser(x_t, t.expand(len(x0)), cond)
            found += (x0_hat - x0).square() / r.item() ** 2
    return found * math.log(high / low) / (levels * draws)


def bounds(between: tuple[float, float], schedule) -> tuple[float, float]:
    """Two levels of sigma / alpha in order, cut at what the schedule has."""
    low, high = between
    high = highest(schedule, valid.number(high, "between", 0, math.inf, True))
    return valid.number(low, "between", 0, high, True), high
