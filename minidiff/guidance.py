"""Wrappers: a denoiser made from a denoiser."""

import math

import torch
from torch import Tensor

from . import valid
from .denoiser import Cond
from .process import per_item


class Guided:
    """Guidance: overdo the way from a weaker guess to the one that was asked for.

    x0_hat = x0_weak + scale * (x0_cond - x0_weak): scale 0 is the weaker guess, 1 is
    plainly conditional, above 1 exaggerates. The weaker guess is
    * the same denoiser's without the condition: classifier-free guidance (Ho & Salimans
      2022, whose w is scale - 1). `null` says what it is told: None is null everywhere;
      a dict replaces only the conditions it names, `{"digit": None}` the digit, say,
      and the others stay;
    * or that of `worse`, another denoiser of the same schedule, told the same as this
      one: autoguidance (Karras et al. 2024). It needs no condition.

    between: only where sigma / alpha is between these two, elsewhere scale is 1
    (Kynkäänniemi et al. 2024). rescale: 0 to 1, how far the spread of each answer is
    brought back to that of x0_cond (phi of Lin et al. 2023, who rescale what the net
    says). Raises ValueError for a name that `cond` does not have, a `between` that
    falls, `worse` beside `null`, and one of another schedule.
    """

    def __init__(
        self,
        denoiser,
        scale: float,
        null: Tensor | dict[str, Tensor | None] | None = None,
        between: tuple[float, float] = (0.0, math.inf),
        worse=None,
        rescale: float = 0.0,
    ):
        self.denoiser, self.schedule = denoiser, denoiser.schedule
        self.scale = valid.number(scale, "scale", -1e6, 1e6)
        self.null, self.between, self.worse = null, between, worse
        self.rescale = valid.number(rescale, "rescale", 0, 1)
        if not 0 <= between[0] < between[1]:
            raise ValueError(f"between must be two that rise from 0 on, got {between}")
        if worse is not None:
            if null is not None:
                raise ValueError("null: with worse there is none, both are told cond")
            valid.same_levels(self.schedule, worse.schedule, "worse")

    def __call__(self, x: Tensor, t: float | Tensor, cond: Cond = None) -> Tensor:
        scale = self.scale_at(t)
        free = self.worse is None and not isinstance(self.null, Tensor)
        if (scale == 1).all() or (cond is None and free):
            return self.denoiser(x, t, cond)
        weak = self._weak(x, t, cond)
        if (scale == 0).all() and not self.rescale:
            return weak
        x0_cond = self.denoiser(x, t, cond)
        x0 = weak + per_item(scale, x) * (x0_cond - weak)
        if self.rescale:
            ratio = per_item(spread(x0_cond) / spread(x0).clamp(min=1e-9), x)
            x0 = self.rescale * ratio * x0 + (1 - self.rescale) * x0
        return x0

    def _weak(self, x: Tensor, t: float | Tensor, cond: Cond) -> Tensor:
        """The weaker guess, from which guidance leads away."""
        if self.worse is not None:
            return self.worse(x, t, cond)
        null = self.null
        if isinstance(null, dict):
            if not isinstance(cond, dict):
                raise ValueError("null is a dict by name, so cond must be one too")
            for name in null:
                valid.choice(name, cond, "null")
            null = {k: c for k, c in (cond | null).items() if c is not None}
        return self.denoiser(x, t, null)

    def scale_at(self, t: float | Tensor) -> Tensor:
        """The scale at time t: one number, or one per item."""
        alpha, sigma = self.schedule(t)
        low, high = self.between
        inside = (low * alpha <= sigma) & (sigma / high <= alpha)
        return torch.where(inside, torch.full_like(alpha, self.scale), 1.0)


class Clip:
    """Keep x0_hat within [low, high], the range that clean data has.

    Samplers derive eps from the clipped x0_hat, so the two stay consistent.
    """

    def __init__(self, denoiser, low: float = -1.0, high: float = 1.0):
        if not low < high:
            raise ValueError(f"low must be below high, got low={low}, high={high}")
        self.denoiser, self.schedule = denoiser, denoiser.schedule
        self.low, self.high = low, high

    def __call__(self, x: Tensor, t: float | Tensor, cond: Cond = None) -> Tensor:
        return torch.clamp(self.denoiser(x, t, cond), self.low, self.high)


def spread(x: Tensor) -> Tensor:
    """The standard deviation of each item, (batch,)."""
    return x.flatten(1).std(1, correction=0)
