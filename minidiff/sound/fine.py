"""From a mel to all magnitudes: the fine structure that its bands leave open."""

from dataclasses import dataclass

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from .mel import MelSpec, decibels, griffin_lim, spread

FLOOR = -60.0  # dB, of magnitudes; what is softer counts as silence
LOUDEST = 60.0  # no sound in [-1, 1] has more, with windows of up to 2000 samples
MEAN, STD = -1.0, 6.0  # dB, of what is wanted


@dataclass(frozen=True)
class FineMagnitudes:
    """What a vocoder of magnitudes is given, and what it makes of it.

    The mean of its bands tells roughly how strong each frequency bin is; wanted is how
    much stronger or weaker it is than that, in dB (Tacotron's way from mel to linear
    spectrum, Wang et al. 2017, as a picture to be denoised). Griffin-Lim then begins at
    these magnitudes and keeps the mel.
    """

    spec: MelSpec

    def given(
        self, mel: Float[Tensor, "batch 1 n_mels frames"]
    ) -> tuple[dict, Float[Tensor, "batch 1 bins frames"], float]:
        """Conditions of the net, and base and unit, dB: level = base + unit * x0."""
        filters = self.spec.filters(mel)
        bands = self.spec.magnitudes(mel) / filters.sum(1)[:, None]
        level = decibels(spread(bands, filters), FLOOR)[:, None]
        return {"mel": (level - FLOOR) / 20 - 1}, level + MEAN, STD

    def wanted(
        self, wave: Float[Tensor, "batch samples"], base: Tensor, unit: float
    ) -> Float[Tensor, "batch 1 bins frames"]:
        """The x0 that the denoiser learns to make, for recordings."""
        magnitude = self.spec.stft(wave).abs()[:, None, :, : base.shape[-1]]
        return (decibels(magnitude, FLOOR) - base) / unit

    def heard(
        self,
        x: Float[Tensor, "batch 1 bins frames"],
        base: Tensor,
        unit: float,
        mel: Float[Tensor, "batch 1 n_mels frames"],
        iterations: int = 64,
    ) -> Float[Tensor, "batch samples"]:
        """The waveform with these magnitudes, as far as the mel allows."""
        level = (base + unit * x)[:, 0].clamp(max=LOUDEST)
        magnitude = 10 ** (level / 20)
        # encode dropped the frame that begins at the very end
        both = F.pad(magnitude, (0, 1)), F.pad(self.spec.magnitudes(mel), (0, 1))
        return griffin_lim(both[0], self.spec, iterations, both[1])
