"""What a net has overdone: numbers that no sound has."""

import torch
from jaxtyping import Float
from torch import Tensor

from ..sound.mel import MelSpec, decibels

BEYOND, BELOW = 40.0, 60.0  # dB that a net may err, above full scale, below silence


def emptied(x: Tensor) -> Tensor:
    """Which items of x are not finite; they become 0, in place."""
    lost = ~x.flatten(1).isfinite().all(1)
    x[lost] = 0
    return lost


def differ(a: Tensor, b: Tensor) -> Tensor:
    """Which items of a are not those of b."""
    return (a != b).flatten(1).any(1)


def bounded(
    mel: Float[Tensor, "batch 1 n_mels frames"], spec: MelSpec
) -> Float[Tensor, "batch 1 n_mels frames"]:
    """`mel`, not far beyond what a sound in [-1, 1] can have, nor far below silence.

    No frequency of such a sound is stronger than the sum of the window.
    """
    filters = spec.filters(mel)
    loudest = decibels(filters.sum(1, keepdim=True) * spec.n_fft / 2, spec.floor)
    high = (loudest + BEYOND - spec.mean) / spec.std
    low = (spec.floor - BELOW - spec.mean) / spec.std
    return torch.minimum(mel, high).clamp(min=low)
