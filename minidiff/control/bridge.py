"""A Schrödinger bridge: a walk that begins at the noisy sound, not at noise."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from math import sqrt

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .. import valid
from ..denoiser import check_cond
from ..process import Generators, per_item, randn

NOISY = "noisy"  # the name of the condition that is the bridge's other end


class Bridge(nn.Module):
    """`bridge(x_t, t, cond) -> x0_hat`; cond["noisy"] is y, at which the walk begins.

    Between the clean x0 (t = 0) and y (t = 1) the bridge is a Gaussian,

        x_t = (1 - r) x0 + r y + sigma sqrt(r (1 - r)) z,  r = (k^2t - 1) / (k^2 - 1),

    which is the Schrödinger bridge between two points for noise whose variance grows
    like r (Chen et al. 2023; Jukić et al. 2024, whose VE schedule has the same k, and
    c = 2 log(k) sigma^2 / (k^2 - 1)). With k = 1 it is a plain Brownian bridge, r = t.

    net: called `net(x, t, cond)`, predicts x0, or rather what x_t does not say of it,
    in unit variance (Karras et al. 2022, table 1, for x0 and y - x0 of unit variance).
    sigma: in the units of x, the noise is at most half of it. Raises ValueError for
    sigma <= 0 and k < 1.
    """

    def __init__(self, net: nn.Module, sigma: float = 1.0, k: float = 2.6):
        super().__init__()
        self.net = net
        self.sigma = valid.number(sigma, "sigma", 0, torch.inf, open_ends=True)
        self.k = valid.number(k, "k", 1, torch.inf)

    def levels(self, t: float | Tensor) -> tuple[Tensor, Tensor]:
        """The share r of y in x_t, and the std of the noise: float64, in t's shape."""
        t = torch.as_tensor(t)
        t = t.to(torch.float32 if t.device.type == "mps" else torch.float64)
        r = t if self.k == 1 else (self.k ** (2 * t) - 1) / (self.k**2 - 1)
        return r, self.sigma * (r * (1 - r)).clamp(min=0).sqrt()

    def forward(
        self,
        x: Float[Tensor, "batch *size"],
        t: float | Tensor,
        cond: dict[str, Tensor] | None = None,
    ) -> Float[Tensor, "batch *size"]:
        """x0_hat, the estimate of the clean x. t: one for all or one per item.

        Raises ValueError for t outside [0, 1], looked at only on the CPU, and for a
        cond without a "noisy" of x's shape.
        """
        valid.floating(x, "x")
        if not isinstance(t, Tensor) or t.device.type == "cpu":
            t = valid.unit_time(t)
        self._check(cond, x)
        return self._answer(x, t.to(x.device).expand(len(x)), cond)

    def loss(
        self,
        x0: Float[Tensor, "batch *size"],
        cond: dict[str, Tensor],
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, ""]:
        """Mean squared error of what the net predicts, at uniform t.

        Raises ValueError for NaN.
        """
        valid.real(x0, "x0")
        self._check(cond, x0)
        device = generator.device if generator is not None else x0.device
        t = self._drawn(torch.rand(len(x0), generator=generator, device=device))
        z = torch.randn(x0.shape, generator=generator, device=device).to(x0)
        t, y = t.to(x0.device), cond[NOISY]
        r, std = (per_item(level, x0) for level in self.levels(t))
        x0_hat = self._answer((1 - r) * x0 + r * y + std * z, t, cond)
        _, scale = self._scales(t, x0)
        return ((x0_hat - x0) / scale).square().mean()

    def _drawn(self, t: Tensor) -> Tensor:
        """The times at which the net is taught, from uniform ones."""
        return t

    def _scales(self, t: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """How much of x_t stands in x0_hat, and how much of the net's answer."""
        r, std = self.levels(t)
        beside = (r**2 + std**2).clamp(min=1e-6)  # in x_t, of x0 and y - x0 alike
        scales = 1 / (1 + beside), (beside / (1 + beside)).sqrt()
        return tuple(per_item(scale, x) for scale in scales)

    def _answer(self, x: Tensor, t: Tensor, cond: dict) -> Tensor:
        """x0_hat in x's dtype; the net computes in that of its weights."""
        weights = next(self.net.parameters(), x)
        out = self.net(x.to(weights.dtype), t.to(torch.float32), cond)
        valid.same_shape(x, out, "x and the net's answer")
        skip, scale = self._scales(t, x)
        return skip * x + scale * out.to(x.dtype)

    def _check(self, cond: dict | None, x: Tensor) -> None:
        if not isinstance(cond, dict) or NOISY not in cond:
            raise ValueError(f"cond must be a dict with {NOISY!r}, the bridge's end")
        valid.same_shape(x, cond[NOISY], f"x and cond {NOISY!r}")
        check_cond(self.net, cond, len(x))


class Regression(Bridge):
    """A bridge that is only ever asked at its far end: from y to x0 in one leap.

    It learns E[x0 | y], the mean of all clean sounds that may have been there.
    """

    def _drawn(self, t: Tensor) -> Tensor:
        return torch.ones_like(t)


def cross(
    bridge: Callable,
    y: Float[Tensor, "batch *size"],
    times: Float[Tensor, " n"],
    eta: float = 1.0,
    generator: Generators = None,
) -> Iterator[Float[Tensor, "batch *size"]]:
    """Walk from y to the clean sound; a generator that yields x after every step.

    bridge: a `Bridge`, or any function of (x, t, cond) with its `levels`. times:
    strictly decreasing, from 1 on. eta = 1 draws from the bridge between x_t and x0_hat
    (the SDE sampler of Jukić et al. 2024); eta = 0 keeps the noise that is in x_t (the
    ODE sampler), and as there is none in y, it adds none. What is between is mixed, as
    in `ddim`. Each step that adds noise makes one draw, as samplers do.

    Raises ValueError for times that do not decrease from 1, eta outside [0, 1], NaN.
    """
    valid.real(y, "y")
    times = valid.unit_time(times, "times").cpu().double()
    if times.dim() != 1 or len(times) < 2 or times[0] != 1 or (times.diff() >= 0).any():
        raise ValueError(f"times must decrease strictly from 1, got {times}")
    valid.number(eta, "eta", 0, 1)
    valid.generators(generator, len(y))
    return _cross(bridge, y, times, eta, generator)


def _cross(bridge, y, times, eta, generator):
    shares, stds = bridge.levels(times)
    stops = list(zip(times, shares.tolist(), stds.tolist(), strict=True))
    x, cond = y, {NOISY: y}
    for (t, r_t, std_t), (_, r_s, std_s) in pairwise(stops):
        now = torch.full((len(x),), t.item(), device=x.device)
        x0 = bridge(x, now, cond).to(x.dtype)
        # how alike the noises at t and s are, of a bridge that is Markov
        kept = sqrt(r_s * (1 - r_t) / (r_t * (1 - r_s)))
        fresh = eta * std_s * sqrt(1 - kept**2)
        x_mean = (1 - r_s) * x0 + r_s * y
        if std_t > 0:  # in y there is no noise to keep
            z = (x - (1 - r_t) * x0 - r_t * y) / std_t
            x_mean = x_mean + sqrt(std_s**2 - fresh**2) * z
        x = x_mean
        if fresh > 0:  # never on the last step, where std_s = 0
            x = x + fresh * randn(x.shape, generator).to(x)
        yield x
