"""The complex spectrum as a front end: nothing is lost, and soft is not small."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Complex, Float
from torch import Tensor

from .. import valid
from .mel import MelSpec
from .waveform import checked


@dataclass(frozen=True)
class Spectrum:
    """Companded complex spectra: c |X|^power e^(i phase), as two channels.

    A power of a half (Richter et al. 2023) turns 60 dB between loud and soft
    into 30, so that a net which errs by a hundredth of the loud still leaves the soft
    soft. sample_rate: Hz. n_fft: samples a window (Hann). hop_length: samples a frame.
    size: the usual |X|^power, by which values are divided, at frequencies evenly spaced
    from 0 to the highest, straight lines between; one number for all of them.

    Raises ValueError for lengths below 1, an odd n_fft, hops of more than a third of
    a window, a power outside (0, 1] and sizes that are not above 0.
    """

    sample_rate: int = 16_000
    n_fft: int = 256
    hop_length: int = 64
    power: float = 0.5
    size: Sequence[float] | float = 1.0

    stft, istft = MelSpec.stft, MelSpec.istft  # the same windows, one piece for both

    def __post_init__(self):
        for name in ("sample_rate", "n_fft", "hop_length"):
            number = valid.whole(getattr(self, name), name, 1)
            object.__setattr__(self, name, number)
        if self.n_fft % 2:
            raise ValueError(f"n_fft must be even, got {self.n_fft}")
        # with longer hops the last samples would stand where the window ends
        valid.whole(self.hop_length, "hop_length", 1, self.n_fft // 3)
        valid.number(self.power, "power", 1e-3, 1)
        sizes = self.size if isinstance(self.size, Sequence) else (self.size,)
        if not sizes:
            raise ValueError("size: one number at least")
        for value in sizes:
            valid.number(value, "size", 0, torch.inf, open_ends=True)
        object.__setattr__(self, "size", tuple(map(float, sizes)))

    def encode(
        self, wave: Float[Tensor, "batch samples"], sample_rate: int | None = None
    ) -> Float[Tensor, "batch 2 bins frames"]:
        """Real and imaginary part; frames = ceil(samples / hop), bins = n_fft / 2 + 1.

        Raises what `MelSpec.encode` raises.
        """
        checked(wave, sample_rate, self.sample_rate)
        wave = F.pad(wave, (0, -wave.shape[1] % self.hop_length))
        # the frame that begins at the very end adds nothing to what the others tell
        x = companded(self.stft(wave)[..., :-1], self.power)
        return torch.stack([x.real, x.imag], 1) / self.sizes(wave)

    def decode(
        self, x: Float[Tensor, "batch 2 bins frames"]
    ) -> Float[Tensor, "batch samples"]:
        """The way back, exactly; of what is no spectrum, the nearest waveform's."""
        real, imag = (x.float() * self.sizes(x)).unbind(1)
        spectrum = companded(torch.complex(real, imag), 1 / self.power)
        return self.istft(spectrum, x.shape[-1] * self.hop_length)

    def sizes(self, like: Tensor) -> Float[Tensor, "bins 1"]:
        """What every bin is divided by, in the form of `like`."""
        knots, bins = torch.tensor(self.size), self.n_fft // 2 + 1
        line = F.interpolate(knots[None, None], bins, mode="linear", align_corners=True)
        return line[0, 0, :, None].to(like)

    def shape(self, samples: int) -> tuple[int, int, int]:
        """(2, bins, frames) of the spectrum of so many samples."""
        return 2, self.n_fft // 2 + 1, -(-samples // self.hop_length)

    def settings(self) -> dict:
        """The arguments that make this object again."""
        return asdict(self)


def companded(x: Complex[Tensor, "*size"], power: float) -> Complex[Tensor, "*size"]:
    """|x|^power with the phase of x; 1 / power leads back."""
    size = x.abs()
    # the gradient of |x|^(power - 1) at nothing would be infinite
    return x * size.clamp(min=1e-12) ** (power - 1)
