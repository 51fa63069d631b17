"""How likely a sound is to a model, exactly: by the probability-flow ODE."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid
from ..denoiser import Cond
from .errors import bounds
from .levels import time_at

BETWEEN = (1e-3, 1e4)  # sigma / alpha, from a hair of noise to nothing but noise
SMALL = 64  # values of x, up to which the divergence is computed exactly
PROBES = 8


def log_likelihood(
    denoiser,
    x: Float[Tensor, "n *size"],
    cond: Cond = None,
    steps: int = 100,
    between: tuple[float, float] = BETWEEN,
    probes: int | None = None,
    seed: int = 0,
) -> Float[Tensor, " n"]:
    """log p(x) in nats, float64 (Song et al. 2021, section 4.3 and appendix D.2).

    The flow is followed from x up into the noise, whose density is known, and the
    change of volume on the way is added up. With u = log(sigma / alpha) and z = x_t
    over sqrt(alpha^2 + sigma^2), of which a and s are the levels of that, the flow is

        dz/du = a^2 z - a x0_hat,    d log p(z)/du = -tr(d(dz/du)/dz),

    in `steps` steps of Runge and Kutta's fourth order. between: from where to where in
    sigma / alpha, cut at what the schedule has; the density is that of sounds with the
    first of these noises, and at the last x_t is taken to be nothing but noise.
    probes: None: the trace is exact for x of up to 64 values, estimated with 8 probes
    for more; a number: so many probes, random signs v whose v^T J v is the trace on
    the average (Hutchinson 1990), the same all the way and for every item.

    Raises ValueError for NaN, steps or probes below 1, and bounds that are none.
    """
    valid.real(x, "x")
    steps = valid.whole(steps, "steps", 1)
    low, high = (math.log(r) for r in bounds(between, denoiser.schedule))
    v = probing(x, probes, seed)
    h = (high - low) / steps
    u = torch.linspace(low, high, 2 * steps + 1, dtype=torch.float64)
    u = u.clamp(max=high)
    flow = Rate(denoiser, cond, u, v)
    a = 1 / math.sqrt(1 + math.exp(2 * low))
    z = x.detach().double() * a
    grown = torch.full((len(x),), z[0].numel() * math.log(a), dtype=torch.float64)
    grown = grown.to(x.device)
    for i in range(0, 2 * steps, 2):
        k1, g1 = flow(z, i)
        k2, g2 = flow(z + h / 2 * k1, i + 1)
        k3, g3 = flow(z + h / 2 * k2, i + 1)
        k4, g4 = flow(z + h * k3, i + 2)
        z = z + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        grown = grown + h / 6 * (g1 + 2 * g2 + 2 * g3 + g4)
    noise = -0.5 * (z.flatten(1).square() + math.log(2 * math.pi)).sum(1)
    return noise + grown


class Rate:
    """dz/du and its divergence, at the levels u[i] and for the probes v."""

    def __init__(self, denoiser, cond: Cond, u: Tensor, v: Tensor | None):
        self.denoiser, self.cond, self.v = denoiser, cond, v
        ratio = u.exp()
        self.t = time_at(denoiser.schedule, ratio)
        self.a = 1 / (1 + ratio.square()).sqrt()
        self.scale = torch.hypot(*denoiser.schedule(self.t))

    def __call__(self, z: Tensor, i: int) -> tuple[Tensor, Tensor]:
        a, scale = self.a[i].item(), self.scale[i].item()
        with torch.enable_grad():
            z = z.detach().requires_grad_()
            t = self.t[i].expand(len(z))
            x0_hat = self.denoiser(z * scale, t, self.cond).double()
            trace = traced(x0_hat, z, self.v)
        rate = a**2 * z - a * x0_hat
        return rate.detach(), a**2 * z[0].numel() - a * trace


def probing(x: Tensor, probes: int | None, seed: int) -> Tensor | None:
    """Random signs (probes, *size), None where the trace is to be exact."""
    size = x.shape[1:]
    if probes is None:
        if size.numel() <= SMALL:
            return None
        probes = PROBES
    probes = valid.whole(probes, "probes", 1)
    dice = torch.Generator().manual_seed(valid.seed(seed))
    signs = torch.randint(2, (probes, *size), generator=dice)
    return (2 * signs - 1).to(x.device, torch.float64)


def traced(y: Tensor, z: Tensor, v: Tensor | None) -> Float[Tensor, " n"]:
    """The trace of dy/dz, item by item: exact, or by the mean of v^T (dy/dz) v."""
    exact = v is None
    if exact:
        v = torch.eye(z[0].numel(), dtype=z.dtype, device=z.device).view(
            -1, *z.shape[1:]
        )
    total = torch.zeros(len(z), dtype=z.dtype, device=z.device)
    for k, one in enumerate(v):
        (g,) = torch.autograd.grad(y, z, one.expand_as(y), retain_graph=k + 1 < len(v))
        total = total + (g * one).flatten(1).sum(1)
    return total if exact else total / len(v)
