"""What ear B hears: complex spectra of sounds that are all equally loud."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid
from ..sound.spectrum import Spectrum

RMS = 0.1  # of every sound
POWER, SIZE, USUAL = 0.3, 0.6, 0.7  # of the spectra of such sounds


@dataclass(frozen=True)
class Levelled:
    """Complex spectra without the level: windows of 25 ms, three a window.

    sample_rate: Hz. Raises ValueError below 1000 Hz.
    """

    sample_rate: int

    def __post_init__(self):
        rate = valid.whole(self.sample_rate, "sample_rate", 1000)
        object.__setattr__(self, "sample_rate", rate)

    @property
    def spectrum(self) -> Spectrum:
        n_fft = self.sample_rate // 80 * 2
        return Spectrum(self.sample_rate, n_fft, n_fft // 3, POWER, SIZE)

    def encode(
        self, wave: Float[Tensor, "batch samples"]
    ) -> Float[Tensor, "batch 3 bins frames"]:
        """Real part, imaginary part and size, this about 0 in the mean."""
        rms = wave.square().mean(1, keepdim=True).sqrt()
        x = self.spectrum.encode(RMS * wave / rms.clamp(min=1e-5))
        return torch.cat([x, x.square().sum(1, keepdim=True).sqrt() - USUAL], 1)

    def settings(self) -> dict:
        return {"sample_rate": self.sample_rate}
