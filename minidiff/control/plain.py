"""Plain repairs, that learned ones are held against: they know nothing of sounds."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ..sound.mel import MelSpec
from ..sound.spectrum import Spectrum


def interpolated(
    mel: Float[Tensor, "batch 1 n_mels frames"], kept: Bool[Tensor, "1 1 frames"]
) -> Float[Tensor, "batch 1 n_mels frames"]:
    """A mel with straight lines over the frames that are not kept, in every band.

    Beyond the first or last kept frame, that one goes on. Raises ValueError if none is.
    """
    there = kept[0, 0].nonzero()[:, 0]
    if not len(there):
        raise ValueError("kept: not a single frame is")
    at = torch.arange(mel.shape[-1], device=mel.device)
    after = torch.searchsorted(there, at).clamp(max=len(there) - 1)
    before = (torch.searchsorted(there, at, right=True) - 1).clamp(min=0)
    low, high = there[before], there[after]
    share = ((at - low) / (high - low).clamp(min=1)).clamp(0, 1).to(mel)
    return torch.lerp(mel[..., low], mel[..., high], share)


def replicated(
    wave: Float[Tensor, "batch samples"],
    hz: float,
    spec: Spectrum | MelSpec,
    gain: float = 0.3,
) -> Float[Tensor, "batch samples"]:
    """A low-passed sound, its highest octave copied upwards, and softer.

    Spectral replication, in the windows of `spec`: what stands at f - hz / 2 is put at
    f above hz, again and again, softer by `gain` each time.
    """
    spectrum = spec.stft(wave)
    bins = spectrum.shape[1]
    cut = int(hz / (spec.sample_rate / 2) * (bins - 1)) + 1
    made, step = spectrum.clone(), max(1, cut // 2)
    for first in range(cut, bins, step):
        last = min(first + step, bins)
        made[:, first:last] = gain * made[:, first - step : last - step]
    return spec.istft(made, wave.shape[1])
