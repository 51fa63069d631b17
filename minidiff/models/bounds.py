"""What a net has overdone: numbers that no sound has."""

import torch
from jaxtyping import Float
from torch import Tensor

from ..sound.mel import MelSpec, decibels

FAR = 1e3  # beyond this is only overshooting, and its square may overflow
BEYOND, BELOW = 40.0, 60.0  # dB that a net may err, above full scale, below silence


class Overshot(ValueError):
    """Some of the sounds that were asked for are none. waves: all; those are NaN."""

    def __init__(self, message: str, waves: Tensor):
        super().__init__(message)
        self.waves = waves


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


def no_louder(
    wave: Float[Tensor, "n samples"], loudest: float
) -> Float[Tensor, "n samples"]:
    """Sounds hurried into being can come out far too loud: softer, if they are.

    loudest: the largest rms that a sound may have.
    """
    wave = wave / (wave.abs().amax(1, keepdim=True) / FAR).clamp(min=1)
    rms = wave.square().mean(1, keepdim=True).sqrt()
    return wave * (loudest / rms).clamp(max=1)
