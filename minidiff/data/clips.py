"""Clips: one sound file as a mono waveform of a fixed rate and length."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from . import pack

FADE = 0.02  # seconds
BLOCK = 2**18  # samples a channel, read at a time
LOUDNESS, QUIET = -23.0, -50.0  # dBFS: the common level; below this there is nothing


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
    with opened(file) as sound:
        rate = sound.samplerate
        return taken(sound, math.inf if seconds is None else seconds * rate), rate


@contextmanager
def opened(file: Path):
    """A sound file as soundfile has it, which is only ever read straight on.

    A FLAC from a stream does not say how long it is: nobody can seek in it.
    """
    import soundfile  # here: what is made or packed must do without it

    with open(file, "rb") as content, soundfile.SoundFile(content) as sound:
        sound.seekable = lambda: False
        yield sound


def taken(sound, frames: float = math.inf) -> np.ndarray:
    """The next frames of an opened sound, or all there are, (n, channels) float32."""
    parts, frames = [np.zeros((0, sound.channels), np.float32)], np.ceil(frames)
    while frames > 0:
        part = sound.read(int(min(BLOCK, frames)), "float32", always_2d=True)
        if not len(part):
            break
        parts.append(part)
        frames -= len(part)
    return np.concatenate(parts)


def write(file: Path, wave: np.ndarray, sample_rate: int) -> None:
    """A WAV of these numbers, in one move, which never replaces another sound.

    Raises ValueError where it cannot be written, and where there is another one.
    """
    from scipy.io import wavfile

    part = file.with_name(f".{os.getpid()}.part")  # of this process alone
    try:
        wavfile.write(part, sample_rate, wave)
        try:  # a second name for the same file: refused where that name is taken
            os.link(part, file)
        except OSError as error:  # or by a disk that knows one name a file
            if not (isinstance(error, FileExistsError) or file.exists()):
                part.replace(file)
            elif file.read_bytes() != part.read_bytes():
                raise ValueError(
                    f"out: {file} is another sound: choose another folder"
                ) from None
    except OSError as error:
        raise ValueError(f"out: could not write {file} ({error})") from error
    finally:
        part.unlink(missing_ok=True)


def resampled(wave: Tensor, rate: int, new_rate: int) -> Tensor:
    """`wave` (n,) at another rate, by a windowed sinc of 32 zero crossings a side.

    To 16 kHz it keeps 7.5 kHz whole and lets 8.5 kHz through at -49 dB.
    """
    if rate == new_rate or not len(wave):
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


def cuts(
    wave: Float[Tensor, " n"], samples: int, hop: int
) -> Iterator[Float[Tensor, " m"]]:
    """Cuts of `samples`, one every `hop`; a wave no longer than that is one cut."""
    for start in range(0, max(1, len(wave) - samples + 1), hop):
        yield wave[start : start + samples]


def levelled(wave: Tensor) -> Tensor | None:
    """`wave` at the common level; None if there is next to nothing in it."""
    rms = wave.square().mean().sqrt().item()
    if rms < 10 ** (QUIET / 20):
        return None
    return wave * min(10 ** (LOUDNESS / 20) / rms, 0.99 / wave.abs().max().item())
