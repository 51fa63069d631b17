"""Clips: one sound file as a mono waveform of a fixed rate and length."""

import math
from pathlib import Path

import soundfile
import torch
from jaxtyping import Float
from torch import Tensor
from torchaudio.functional import resample

FADE = 0.02  # seconds


def read(
    file: str | Path, sample_rate: int, seconds: float | None = None
) -> Float[Tensor, " samples"]:
    """A sound file as float32 at `sample_rate`, its channels averaged.

    Any format that soundfile reads: WAV, FLAC, Ogg, MP3 ... With `seconds`, only the
    beginning of it.
    """
    with soundfile.SoundFile(file) as sound:
        frames = -1 if seconds is None else math.ceil(seconds * sound.samplerate)
        wave = torch.from_numpy(sound.read(frames, "float32", always_2d=True)).mean(1)
        return resampled(wave, sound.samplerate, sample_rate)


def resampled(wave: Tensor, rate: int, new_rate: int) -> Tensor:
    """`wave` (n,) at another rate, by a windowed sinc of 32 zero crossings a side.

    To 16 kHz it keeps 7.5 kHz whole and lets 8.5 kHz through at -49 dB.
    """
    if rate == new_rate:
        return wave
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
