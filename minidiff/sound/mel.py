"""The front end: from waveforms to log-mel spectrograms and back."""

import functools
from dataclasses import asdict, dataclass

import torch
import torchaudio.functional as AF
from jaxtyping import Float
from torch import Tensor

from .. import valid
from .waveform import checked


@dataclass(frozen=True)
class MelSpec:
    """One object for data, net and vocoder, so that their settings cannot differ.

    sample_rate: Hz. n_fft: samples a window (Hann). hop_length: samples a frame.
    n_mels: bands (Slaney's scale and norm, librosa's default). floor: what counts as
    silence, in dB of mel magnitude. mean, std: dB, so that encoded sounds have about
    zero mean and unit variance.

    Raises ValueError for sizes below 1, an odd n_fft, more mel bands than frequency
    bins, std <= 0 and NaN.
    """

    sample_rate: int = 16_000
    n_fft: int = 1024
    hop_length: int = 256
    n_mels: int = 64
    floor: float = -80.0
    mean: float = -60.0
    std: float = 20.0

    def __post_init__(self):
        for name in ("sample_rate", "n_fft", "hop_length", "n_mels"):
            number = valid.whole(getattr(self, name), name, 1)
            object.__setattr__(self, name, number)  # 1024, where 1024.0 was given
        if self.n_fft % 2:
            raise ValueError(f"n_fft must be even, got {self.n_fft}")
        valid.whole(self.hop_length, "hop_length", 1, self.n_fft // 2)
        valid.whole(self.n_mels, "n_mels", 1, self.n_fft // 2 + 1)
        for name in ("floor", "mean"):
            valid.number(getattr(self, name), name, -1e4, 1e4)
        valid.number(self.std, "std", 0, torch.inf, open_ends=True)

    def encode(
        self, wave: Float[Tensor, "batch samples"], sample_rate: int | None = None
    ) -> Float[Tensor, "batch 1 n_mels frames"]:
        """Log-mel spectrogram, (decibels - mean) / std; frames = ceil(samples / hop).

        `sample_rate`, if given, is checked. Raises ValueError or TypeError for a wave
        that is not (batch, samples), empty, NaN, no float, or of another rate.
        """
        checked(wave, sample_rate, self.sample_rate)
        wave = torch.nn.functional.pad(wave, (0, -wave.shape[1] % self.hop_length))
        mel = self.filters(wave) @ self.stft(wave).abs()[..., :-1]
        return ((decibels(mel, self.floor) - self.mean) / self.std)[:, None]

    def decode(
        self, mel: Float[Tensor, "batch 1 n_mels frames"], iterations: int = 64
    ) -> Float[Tensor, "batch samples"]:
        """A waveform, frames * hop samples, with this spectrogram; always the same.

        Griffin-Lim, which here keeps the mel bands rather than the magnitudes: what the
        bands leave open it settles together with the phases.
        """
        self.checked(mel)
        # encode dropped the frame that begins at the very end
        mel = torch.nn.functional.pad(self.magnitudes(mel), (0, 1))
        return griffin_lim(spread(mel, self.filters(mel)), self, iterations, mel)

    def magnitudes(
        self, mel: Float[Tensor, "batch 1 n_mels frames"]
    ) -> Float[Tensor, "batch n_mels frames"]:
        """The mel bands themselves; the floor itself counts as digital silence."""
        level = mel[:, 0].float() * self.std + self.mean
        return (10 ** (level / 20) - 10 ** (self.floor / 20)).clamp(min=0)

    def checked(self, mel: Tensor) -> None:
        """Raise ValueError unless `mel` is finite and of our bands."""
        valid.real(mel, "mel")
        if mel.dim() != 4 or mel.shape[1:3] != (1, self.n_mels):
            raise ValueError(
                f"mel must be (batch, 1, {self.n_mels}, frames), got {tuple(mel.shape)}"
            )

    def check(self, other: "MelSpec", theirs: str, ours: str) -> None:
        """Raise ValueError, naming both sides, unless `other` makes the same mels."""
        here, there = self.settings(), other.settings()
        wrong = [key for key in here if here[key] != there[key]]
        if wrong:
            raise ValueError(
                f"{theirs} makes mels with "
                + ", ".join(f"{key}={there[key]}" for key in wrong)
                + f", but {ours} was trained on "
                + ", ".join(f"{key}={here[key]}" for key in wrong)
            )

    def shape(self, samples: int) -> tuple[int, int, int]:
        """(1, n_mels, frames) of the mel of so many samples."""
        return 1, self.n_mels, -(-samples // self.hop_length)

    def stft(self, wave: Tensor) -> Tensor:
        """Complex spectrum (batch, n_fft // 2 + 1, samples // hop + 1)."""
        window = torch.hann_window(self.n_fft, dtype=wave.dtype, device=wave.device)
        return torch.stft(
            wave, self.n_fft, self.hop_length, window=window,
            pad_mode="constant", return_complex=True,
        )  # fmt: skip

    def istft(self, spectrum: Tensor, samples: int) -> Tensor:
        """The waveform (batch, samples) whose spectrum is nearest to `spectrum`."""
        window = torch.hann_window(self.n_fft, device=spectrum.device)
        return torch.istft(
            spectrum, self.n_fft, self.hop_length, window=window, length=samples
        )

    def filters(self, like: Tensor) -> Tensor:
        """The mel filter bank (n_mels, n_fft // 2 + 1), in the form of `like`."""
        return _filters(self.sample_rate, self.n_fft, self.n_mels).to(like)

    def settings(self) -> dict:
        """The arguments that make this object again."""
        return asdict(self)


@functools.cache
def _filters(sample_rate: int, n_fft: int, n_mels: int) -> Tensor:
    bank = AF.melscale_fbanks(
        n_fft // 2 + 1, 0.0, sample_rate / 2, n_mels, sample_rate,
        norm="slaney", mel_scale="slaney",
    )  # fmt: skip
    return bank.T.contiguous()


def decibels(magnitude: Tensor, floor: float = -80.0) -> Tensor:
    """20 log10(magnitude), nothing below `floor` dB."""
    return 20 * magnitude.clamp(min=10 ** (floor / 20)).log10()


def spread(bands: Tensor, filters: Tensor) -> Tensor:
    """For every frequency bin the mean of its mel bands, (batch, bins, frames)."""
    return filters.T @ bands / filters.sum(0)[:, None].clamp(min=1e-9)


def griffin_lim(
    magnitude: Float[Tensor, "batch bins frames"],
    spec: MelSpec,
    iterations: int = 64,
    mel: Float[Tensor, "batch n_mels frames"] | None = None,
    start: Float[Tensor, "batch samples"] | None = None,
    momentum: float = 0.99,
) -> Float[Tensor, "batch samples"]:
    """Phases for a magnitude spectrum: fast Griffin-Lim (Perraudin et al. 2013).

    To and fro between "has these magnitudes" and "is the spectrum of some sound", with
    momentum. Starts from phases that are fixed, so the answer is always the same; or
    from those of the waveform `start`.
    mel: mel bands, as magnitudes. Where given, they are kept instead, and `magnitude`
    is only where the search begins.
    """
    valid.real(magnitude, "magnitude")
    samples = (magnitude.shape[-1] - 1) * spec.hop_length
    if start is None:
        phase = _turns(magnitude.shape[1:]).to(magnitude.device)
    else:
        phase = _direction(spec.stft(start))
    filters = spec.filters(magnitude)
    before = torch.zeros_like(phase)
    for _ in range(iterations):
        now = spec.stft(spec.istft(magnitude * phase, samples))
        if mel is not None:  # every bin gets what its bands lack, at most ten times
            lack = (mel / (filters @ now.abs()).clamp(min=1e-9)).clamp(max=10)
            magnitude = now.abs() * spread(lack, filters)
        ahead = now + momentum * (now - before)
        phase, before = _direction(ahead), now
    return spec.istft(magnitude * phase, samples)


def _turns(shape: tuple) -> Tensor:
    """Phases at random, always the same, as complex numbers of size 1."""
    seed = torch.Generator().manual_seed(0)
    turn = 2 * torch.pi * torch.rand(shape, generator=seed)
    return torch.polar(torch.ones_like(turn), turn)


def _direction(spectrum: Tensor) -> Tensor:
    return spectrum / spectrum.abs().clamp(min=1e-12)
