"""Wrappers: a denoiser made from a denoiser."""

import math

import torch
from torch import Tensor

from . import valid
from .denoiser import Cond
from .process import per_item


class Guided:
    """Classifier-free guidance (Ho & Salimans 2022): overdo what the condition changes.

    x0_hat = x0_null + scale * (x0_cond - x0_null): scale 0 is unconditional, 1 plainly
    conditional, above 1 exaggerates. (The paper's w is scale - 1.) `null` says what
    x0_null is told: None is null everywhere; a dict replaces only the conditions it
    names, `{"digit": None}` the digit, say, and the others stay. between: only where
    sigma / alpha is between these two, elsewhere scale is 1 (Kynkäänniemi et al. 2024).
    Raises ValueError for a name that `cond` does not have and a `between` that falls.
    """

    def __init__(
        self,
        denoiser,
        scale: float,
        null: Tensor | dict[str, Tensor | None] | None = None,
        between: tuple[float, float] = (0.0, math.inf),
    ):
        self.denoiser, self.schedule = denoiser, denoiser.schedule
        self.scale = valid.number(scale, "scale", -1e6, 1e6)
        self.null, self.between = null, between
        if not 0 <= between[0] < between[1]:
            raise ValueError(f"between must be two that rise from 0 on, got {between}")

    def __call__(self, x: Tensor, t: float | Tensor, cond: Cond = None) -> Tensor:
        null, scale = self.null, self.scale_at(t)
        if (scale == 1).all() or (cond is None and not isinstance(null, Tensor)):
            return self.denoiser(x, t, cond)
        if isinstance(null, dict):
            if not isinstance(cond, dict):
                raise ValueError("null is a dict by name, so cond must be one too")
            for name in null:
                valid.choice(name, cond, "null")
            null = {k: c for k, c in (cond | null).items() if c is not None}
        x0_null = self.denoiser(x, t, null)
        if (scale == 0).all():
            return x0_null
        return x0_null + per_item(scale, x) * (self.denoiser(x, t, cond) - x0_null)

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
