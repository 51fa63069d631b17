"""Clips: one sound file as a mono waveform of a fixed rate and length."""

import math
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from . import pack

FADE = 0.02  # seconds


def read(
    file: str | Path, sample_rate: int, seconds: float | None = None
) -> Float[Tensor, " samples"]:
    """A sound file as float32 at `sample_rate`, its channels averaged.

    Any format that soundfile reads: WAV, FLAC, Ogg, MP3 ... With `seconds`, only the
    beginning of it.
    """
    file = Path(file)
    wave, rate = (pack.read if pack.within(file) else decoded)(file, seconds)
    return resampled(torch.from_numpy(wave).mean(1), rate, sample_rate)


def decoded(file: Path, seconds: float | None = None) -> tuple[np.ndarray, int]:
    """The samples of a sound file, (n, channels) float32, and its rate."""
    import soundfile  # here: what is made or packed must do without it

    with soundfile.SoundFile(file) as sound:
        frames = -1 if seconds is None else math.ceil(seconds * sound.samplerate)
        return sound.read(frames, "float32", always_2d=True), sound.samplerate


def resampled(wave: Tensor, rate: int, new_rate: int) -> Tensor:
    """`wave` (n,) at another rate, by a windowed sinc of 32 zero crossings a side.

    To 16 kHz it keeps 7.5 kHz whole and lets 8.5 kHz through at -49 dB.
    """
    if rate == new_rate:
        return wave
    from torchaudio.functional import resample  # here: it takes its time

    # The filter has rate / gcd(rate, new_rate) taps for each of as many phases: a rate
    # such as 11127 Hz is taken to be 11125 Hz, which nobody hears.
    return resample(wave, round(rate / 25) * 25, new_rate, lowpass_filter_width=32)


def fitted(
    wave: Float[Tensor, " n"], samples: int, sample_rate: int
) -> Float[Tensor, " samples"]:
    """`wave` padded with silence or cut; a cut end fades out, so it never clicks."""
    if len(wave) <= samples:
        return torch.nn.functional.pad(wave, (0, samples - len(wave)))
    fade = min(round(FADE * sample_rate), samples)
    wave = wave[:samples].clone()
    wave[samples - fade :] *= torch.linspace(1, 0, fade)
    return wave
