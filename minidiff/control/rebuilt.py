"""A sound as a model would have it: drowned in some noise, and brought back."""

import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid
from ..denoiser import Cond
from ..samplers import from_noise
from ..schedule import noise_times
from .reference import times_from

STRENGTH = 0.25  # a part of the way to noise, never all of it


@torch.no_grad()
def rebuilt(
    denoiser,
    x0: Float[Tensor, "n *size"],
    cond: Cond = None,
    strength: float = STRENGTH,
    steps: int = 20,
    sampler: str = "ddpm",
    draws: int = 1,
    seed: int = 0,
) -> Float[Tensor, "n *size"]:
    """x0 noised to t = strength and sampled back, the mean of so many draws.

    AnoDDPM (Wyatt et al. 2022): what is usual comes back, what is strange is drowned
    and comes back as something usual. Too little noise leaves the fault standing, too
    much takes the usual with it. steps: of a whole walk from t = 1 on; only those
    below `strength` are gone. Every item has the same noise, so that it depends on no
    other item. Raises ValueError for NaN, a strength outside (0, 1], an unknown
    sampler, and draws or steps below 1.
    """
    valid.real(x0, "x0")
    draws, seed = valid.whole(draws, "draws", 1), valid.seed(seed)
    times = times_from(noise_times(denoiser.schedule, steps), strength)
    found = torch.zeros_like(x0)
    for k in range(draws):
        dice = [torch.Generator().manual_seed(seed + k) for _ in x0]
        walk = x0.shape, sampler, steps, cond, dice, x0.device
        found += from_noise(denoiser, *walk, times, x0)
    return found / draws


def changes(
    denoiser,
    x0: Float[Tensor, "n *size"],
    cond: Cond = None,
    draws: int = 1,
    seed: int = 0,
    **options,
) -> Float[Tensor, "n *size"]:
    """The square of what `rebuilt` changes, value by value; larger is stranger.

    The mean of so many draws' squares: what comes back once at one side and once at the
    other has changed, though the mean of the two has not.
    """
    draws, seed = valid.whole(draws, "draws", 1), valid.seed(seed)
    found = torch.zeros_like(x0)
    for k in range(draws):
        back = rebuilt(denoiser, x0, cond, seed=seed + k, **options)
        found += (back - x0).square()
    return found / draws
