"""The forward process: drown a clean sound in noise, in one step."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from . import valid
from .schedule import Schedule

Generators = torch.Generator | Sequence[torch.Generator] | None


def diffuse(
    x0: Float[Tensor, "batch *size"],
    t: float | Tensor,
    eps: Float[Tensor, "batch *size"],
    schedule: Schedule | Callable,
) -> Float[Tensor, "batch *size"]:
    """x_t = alpha(t) x0 + sigma(t) eps (DDPM eq. 4; alpha is its sqrt(alpha_bar)).

    t is one time for all or one per item, in [0, 1]. schedule: one, or any function of
    t that gives (alpha, sigma). Keeps x0's dtype.
    Raises ValueError for a wrong number of times, shapes that differ and NaN.
    """
    valid.real(x0, "x0")
    valid.real(eps, "eps")
    valid.same_shape(x0, eps, "x0 and eps")
    levels = schedule(t)
    alpha, sigma = (per_item(level, x0) for level in levels)
    return alpha * x0 + sigma * eps.to(x0)


def per_item(level: Tensor, x: Tensor) -> Tensor:
    """Shape a level, () or (batch,), so that it multiplies x item by item."""
    if level.dim() == 0:
        return level.to(x)
    if level.shape != x.shape[:1]:
        raise ValueError(
            f"t must be one number or one per item, shape ({len(x)},), "
            f"got shape {tuple(level.shape)}"
        )
    return level.to(x).view(-1, *[1] * (x.dim() - 1))


def starting_noise(
    shape: Sequence[int], t: float | Tensor, schedule: Schedule, generator: Generators
) -> Tensor:
    """Where a walk from t begins: noise, as wide as x_t of data of unit variance."""
    alpha, sigma = schedule(t)
    return randn(shape, generator) * torch.hypot(alpha, sigma).item()


def randn(shape: Sequence[int], generator: Generators = None) -> Tensor:
    """Standard normal noise, float32, on the generator's device (CPU if none).

    With a list of generators, one per item, item i depends on generator i only.
    """
    valid.generators(generator, shape[0])
    if isinstance(generator, Sequence):
        return torch.cat([randn((1, *shape[1:]), g) for g in generator])
    device = generator.device if generator is not None else "cpu"
    return torch.randn(shape, generator=generator, dtype=torch.float32, device=device)
