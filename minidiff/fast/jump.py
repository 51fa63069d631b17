"""Exact flow maps: from any time t to any time s along the path, in one call.

For one Gaussian every path can be written down, for a mixture it can be integrated.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid
from ..exact import GaussianMixture
from ..process import per_item
from ..schedule import Schedule

LEAST = 1e-7  # below it what the noise says drowns in rounding, and is nearly nothing


class GaussianJump:
    """Where the path through x_t comes by, exactly, if the data are one Gaussian.

    The path of the probability flow keeps every point at as many standard deviations
    from the mean, in every axis: with variance v along an axis, x_t - alpha m shrinks
    as sqrt(alpha**2 v + sigma**2) does (Song et al. 2021, for a Gaussian). Called like
    a denoiser, `(x, t, cond=None) -> x0`, it has no labels; with s, one time or one per
    item, it gives x_s. Raises ValueError for a mixture of more than one.
    """

    def __init__(self, mixture: GaussianMixture, schedule: Schedule):
        if len(mixture.means) != 1:
            raise ValueError(
                f"mixture: one Gaussian, got {len(mixture.means)}: the paths of several"
                " have no closed form"
            )
        self.mixture, self.schedule = mixture, schedule

    def __call__(
        self,
        x: Float[Tensor, "n d"],
        t: float | Tensor,
        cond=None,
        s: float | Tensor = 0.0,
    ) -> Float[Tensor, "n d"]:
        z, m, Q = fitting(x, self.mixture), self.mixture.means, self.mixture.axes[0]
        (alpha, here), (end, there) = self.widths(z, t), self.widths(z, s)
        y = (z - alpha * m) @ Q  # along the axes
        return (end * m + y * (there / here) @ Q.T).to(x.dtype)

    def widths(self, z: Tensor, t: float | Tensor) -> tuple[Tensor, Tensor]:
        """alpha, and the standard deviations of x_t along the axes."""
        alpha, sigma = (per_item(level, z) for level in self.schedule(t))
        return alpha, (alpha**2 * self.mixture.variances + sigma**2).sqrt()


def fitting(x: Tensor, mixture: GaussianMixture) -> Float[Tensor, "n d"]:
    """Points of the mixture's space in float64; ValueError for others."""
    valid.sized(valid.floating(x, "x"), mixture.means.shape[1:], "x")
    return x.double()


class MixtureJump:
    """The same for any mixture, by many small steps with its exact denoiser.

    Called as `GaussianJump`. With x_t over sqrt(alpha**2 + sigma**2) and the angle
    whose tangent is sigma / alpha, the path of the probability flow moves with
    v = alpha eps - sigma x0 (Lu & Song 2024, "Simplifying, stabilizing and scaling
    continuous-time consistency models"), which is smooth from end to end, so the
    classical method of Runge and Kutta takes steps in it. steps: from t to s, all of
    equal angle. Raises ValueError for steps below 1 and a mixture in which a Gaussian
    has no width: there a path has a corner at its end.
    """

    def __init__(self, mixture: GaussianMixture, schedule: Schedule, steps: int = 100):
        if not (mixture.variances > 0).all():
            raise ValueError("mixture: every Gaussian needs a width in all directions")
        self.mixture, self.schedule = mixture, schedule
        self.steps, self.exact = valid.whole(steps, "steps", 1), mixture.denoiser(Arc())

    @torch.no_grad()
    def __call__(
        self,
        x: Float[Tensor, "n d"],
        t: float | Tensor,
        cond=None,
        s: float | Tensor = 0.0,
    ) -> Float[Tensor, "n d"]:
        z = fitting(x, self.mixture)
        (here, scale), (there, end) = self.angle(z, t), self.angle(z, s)
        z, h = z / scale, (there - here) / self.steps
        for i in range(self.steps):
            a = here + i * h
            k1 = self.v(z, a, cond)
            k2 = self.v(z + h / 2 * k1, a + h / 2, cond)
            k3 = self.v(z + h / 2 * k2, a + h / 2, cond)
            k4 = self.v(z + h * k3, a + h, cond)
            z = z + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return (end * z).to(x.dtype)

    def angle(self, z: Tensor, t: float | Tensor) -> tuple[Tensor, Tensor]:
        """arctan(sigma / alpha), and the root of alpha**2 + sigma**2, (n, 1) each."""
        alpha, sigma = (per_item(level, z) for level in self.schedule(t))
        both = torch.atan2(sigma, alpha), torch.hypot(alpha, sigma)
        return tuple(level.expand(len(z), 1) for level in both)

    def v(self, z: Tensor, angle: Tensor, cond) -> Tensor:
        """alpha eps - sigma x0 = (alpha z - x0) / sigma; 0 where there is no noise."""
        place = (angle[:, 0] / (math.pi / 2)).clamp(0, 1)
        x0, sigma = self.exact(z, place, cond), angle.sin()
        some = sigma > LEAST
        v = (angle.cos() * z - x0) / torch.where(some, sigma, 1.0)
        return torch.where(some, v, 0.0)


class Arc(Schedule):
    """alpha = cos, sigma = sin of a quarter turn: equal steps of t are of angle."""

    def levels(self, t: Tensor) -> tuple[Tensor, Tensor]:
        turn = math.pi / 2 * t.double()
        return turn.cos(), turn.sin()
