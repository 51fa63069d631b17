"""An operator on sounds, as a model sees it that works on something else."""

import torch
from torch import Tensor

from .. import valid
from ..sound.mel import MelSpec
from ..sound.spectrum import Spectrum
from ..sound.waveform import Waveform
from .operators import Clipped, Gap, Lowpass, Mask, Noisy, Operator

LITTLE = 0.01  # of a window's energy: a frame that has lost less is known


class Decoded(Operator):
    """What is done to the waveform of x: A(decode(x)). Not linear, if decoding is not.

    For gradients alone: there is no adjoint.
    """

    def __init__(self, operator: Operator, front: Spectrum):
        self.operator, self.front = operator, front

    def apply(self, x: Tensor) -> Tensor:
        return self.operator.apply(self.front.decode(x))

    def residual(self, x0: Tensor, y: Tensor) -> Tensor:
        return self.operator.residual(self.front.decode(x0), y)


def within(
    operator: Operator, y: Tensor, front, samples: int
) -> tuple[Operator, Tensor]:
    """The operator on x0, and what it gave, of a model with this front end.

    operator: on waveforms, at the front end's rate. y: (1, samples), what it gave.
    * `Waveform`: the operator itself; level and noise in units of x.
    * `Spectrum`: the operator on the waveform that x stands for.
    * `MelSpec`: a mel has neither phases nor moments. Of a gap, frames are lost that
      have more than a hundredth of their window's energy in it; above a cut-off, bands
      that reach beyond it. No mel tells what else was done to a waveform.
    Raises ValueError for other operators on mels, for latents, in which nothing stands
    at its place, and for gaps and cut-offs of which all frames or bands hear.
    """
    if isinstance(front, Waveform):
        if isinstance(operator, Clipped):
            operator = Clipped(operator.level / front.std)
        elif isinstance(operator, Noisy):
            operator = Noisy(operator.std / front.std)
        return operator, front.encode(y)
    if isinstance(front, Spectrum):
        return Decoded(operator, front), y
    if not isinstance(front, MelSpec):
        raise ValueError(
            "operator: the model makes latents, in which nothing of a sound stands at "
            "its own place; take one that makes mels, spectra or waveforms"
        )
    if isinstance(operator, Gap):
        kept, what = frames_kept(operator, front, samples), "frame"
    elif isinstance(operator, Lowpass):
        operator.check()
        kept, what = bands_kept(operator, front), "band"
    else:
        raise ValueError(
            f"operator: {type(operator).__name__} acts on waveforms, of which the "
            "model's mels do not tell; they can mend a Gap or a Lowpass. For others "
            "take a model that makes spectra or waveforms, such as drums"
        )
    if not kept.any():
        raise ValueError(f"operator: it leaves no {what} of the model's mels untouched")
    mask = Mask(kept.float())
    return mask, mask.apply(front.encode(y))


def frames_kept(gap: Gap, front: MelSpec, samples: int) -> Tensor:
    """Which frames, (1, 1, frames) bool, have lost next to nothing to a gap."""
    lost = 1 - gap.mask(torch.zeros(1, samples))
    window = torch.hann_window(front.n_fft).square()
    padded = torch.nn.functional.pad(lost, (front.n_fft // 2, front.n_fft))
    frames = padded.unfold(0, front.n_fft, front.hop_length)
    share = frames @ window / window.sum()
    return (share <= LITTLE)[: front.shape(samples)[2]][None, None]


def bands_kept(lowpass: Lowpass, front: MelSpec) -> Tensor:
    """Which bands, (1, n_mels, 1) bool, lie wholly below a cut-off."""
    filters = front.filters(torch.zeros(1))
    hertz = torch.linspace(0, front.sample_rate / 2, filters.shape[1])
    return ~(filters * (hertz > lowpass.hz)).any(1)[None, :, None]


def spoken(
    mel: Tensor, operator: Operator, y: Tensor, front: MelSpec, iterations: int = 64
) -> Tensor:
    """Waveforms (n, samples) with these mels that fit what is known of the waveform.

    Griffin-Lim, in which at every turn what y tells for certain is put right: so the
    phases of what is made join those of what is known. Always the same.
    """
    filters = front.filters(mel)
    samples = y.shape[-1]
    # the last frame begins at the very end, and has no mel
    bands = torch.nn.functional.pad(front.magnitudes(mel), (0, 1))
    wave = operator.hold(front.decode(mel, 16)[:, :samples], y)
    for _ in range(iterations):
        now = front.stft(wave)
        lack = (bands / (filters @ now.abs()).clamp(min=1e-9)).clamp(max=10)
        shared = filters.T @ lack / filters.sum(0)[:, None].clamp(min=1e-9)
        wave = operator.hold(front.istft(now * shared, samples), y)
    return valid.real(wave, "wave")
