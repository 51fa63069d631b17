"""What a net has overdone: numbers that no sound has."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from ..sound.latents import Latents
from ..sound.mel import MelSpec, decibels
from ..sound.spectrum import Spectrum

# no number has that size: latents have unit variance, spectra the sum of a window
WILD = {Latents: 10.0, Spectrum: 1e3}
INAUDIBLE = 1e-3  # rms, if it comes of overshooting
FAR = 1e3  # beyond this is only overshooting, and its square may overflow
BEYOND, BELOW = 40.0, 60.0  # dB that a net may err, above full scale, below silence


class Overshot(ValueError):
    """Some of the sounds that were asked for are none. waves: all; those are NaN."""

    def __init__(self, message: str, waves: Tensor):
        super().__init__(message)
        self.waves = waves


def heard(
    x: Tensor, spec, loudest: float, speak: Callable[[Tensor], Tensor]
) -> tuple[Tensor, Tensor]:
    """`Model.heard`: spec: the front end; speak: from mels, or x, to waveforms."""
    lost = emptied(x)
    far = torch.zeros_like(lost)
    if limit := WILD.get(type(spec)):
        kept = x.clamp(-limit, limit)
        far |= differ(x, kept)
        x = kept
    if isinstance(spec, Latents):
        x, spec = spec.mel(x), spec.spec
    if isinstance(spec, MelSpec):
        mel = bounded(x, spec)
        far |= differ(x, mel)
        x = mel
    waves = no_louder(speak(x), loudest).clamp(-1, 1)
    return waves, lost | far & (waves.square().mean(1) < INAUDIBLE**2)


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
