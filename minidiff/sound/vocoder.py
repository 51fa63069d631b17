"""From a mel to its waveform, by a denoiser that is told the mel."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from .. import valid
from ..samplers import from_noise
from .fine import FineMagnitudes
from .mel import MelSpec, griffin_lim, spread

MISSING = 0.3  # usual rms of what Griffin-Lim lacks, over that of the sound


@dataclass(frozen=True)
class Vocoding:
    """What a vocoder is given and what it makes of it; shared by data and net.

    prior: the waveform is divided by the loudness that the mel tells, so that the noise
    of the last step is nowhere louder than the sound (Lee et al. 2022, whose noise has
    that loudness instead). start: the net hears what Griffin-Lim makes of the mel, and
    makes what is missing.
    """

    spec: MelSpec
    prior: bool = True
    start: bool = True

    def given(
        self, mel: Float[Tensor, "batch 1 n_mels frames"]
    ) -> tuple[
        dict, Float[Tensor, "batch 1 samples"], Float[Tensor, "batch 1 samples"]
    ]:
        """Conditions of the net, and base and unit: waveform = base + unit * x0.

        Both are (batch, 1, samples).
        """
        unit = loudness(mel, self.spec)
        if not self.prior:
            unit = torch.full_like(unit, 0.1)
        cond, base = {"mel": mel[:, 0]}, torch.zeros_like(unit)
        if self.start:
            base = self.spec.decode(mel)[:, None]
            cond["start"] = base / unit
            unit = unit * MISSING
        return cond, base, unit

    def wanted(
        self, wave: Float[Tensor, "batch samples"], base: Tensor, unit: Tensor
    ) -> Float[Tensor, "batch 1 samples"]:
        """The x0 that the denoiser learns to make, for recordings.

        With `start`, of the waveform that eight rounds of Griffin-Lim reach from `base`
        towards the recording's magnitudes: no mel could tell the recording's phases.
        More rounds lead to better magnitudes, and farther away.
        """
        if self.start:
            magnitude = self.spec.stft(wave).abs()
            wave = griffin_lim(magnitude, self.spec, 8, start=base[:, 0], momentum=0)
        return (wave[:, None] - base) / unit

    def heard(
        self, x: Float[Tensor, "batch 1 samples"], base: Tensor, unit: Tensor, mel
    ) -> Float[Tensor, "batch samples"]:
        """The waveform that x0 stands for."""
        return (base + unit * x)[:, 0]


class Vocoder:
    """A trained denoiser that makes waveforms out of mels.

    spec: of the mels. card: what is known of it.
    """

    def __init__(
        self,
        denoiser: nn.Module,
        vocoding: Vocoding | FineMagnitudes,
        settings: dict,
        card: dict,
    ):
        self.denoiser, self.vocoding = denoiser.eval(), vocoding
        self.settings, self.card = settings, card
        self.spec, self.sample_rate = vocoding.spec, vocoding.spec.sample_rate

    @torch.no_grad()
    def decode(
        self,
        mel: Float[Tensor, "batch 1 n_mels frames"],
        steps: int | None = None,
        seed: int = 0,
    ) -> Float[Tensor, "batch samples"]:
        """Waveforms, frames * hop samples, float32, on the device of `mel`.

        Item i is that of seed + i alone. steps: of the sampler; default: the model's
        own. Raises ValueError for a mel of another shape, steps below 1 or beyond the
        schedule's (1000), and seed < 0.
        """
        self.spec.checked(mel)
        seed = valid.whole(seed, "seed", 0)
        steps = self.settings["steps"] if steps is None else steps
        home = mel.device
        mel = mel.float().to(next(self.denoiser.parameters(), mel).device)
        cond, base, unit = self.vocoding.given(mel)
        dice = [torch.Generator().manual_seed(seed + i) for i in range(len(mel))]
        walk = base.shape, self.settings["sampler"], steps, cond, dice, mel.device
        x = from_noise(self.denoiser, *walk)
        return self.vocoding.heard(x, base, unit, mel).to(home)

    def check(self, spec: MelSpec, name: str) -> None:
        """Raise ValueError unless `spec` makes the mels that this vocoder knows."""
        self.spec.check(spec, f"vocoder: {name}", "this vocoder")

    def to(self, device) -> "Vocoder":
        """The same, its weights on another device."""
        self.denoiser.to(device)
        return self


def loudness(
    mel: Float[Tensor, "batch 1 n_mels frames"], spec: MelSpec, least: float = 1e-5
) -> Float[Tensor, "batch 1 samples"]:
    """The rms around each sample of a sound with this mel, at least `least`.

    Each frame's by Parseval's theorem; linear between the middles of the frames.
    """
    filters = spec.filters(mel)
    bands = spec.magnitudes(mel) / filters.sum(1)[:, None]
    power = spread(bands, filters).square().sum(1, keepdim=True)
    window = torch.hann_window(spec.n_fft, device=mel.device).square().sum()
    rms = (2 * power / (spec.n_fft * window)).sqrt()
    # the middle of frame k is at sample k * hop
    ends = torch.cat([rms, rms[..., -1:]], dim=2)
    size = rms.shape[2] * spec.hop_length
    loud = F.interpolate(ends, size + 1, mode="linear", align_corners=True)
    return loud[..., :-1].clamp(min=least)
