"""Of what use is a recording: its beginning as a clip, or why it is of none."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from .clips import fitted, opened, resampled, taken

SHORTEST = 0.02  # seconds
QUIETEST = -70.0  # dBFS; below this there is only noise to make louder
LOUDEST = 100.0  # sounds stay within 1, and with 32-bit floats not far above
WHOLE = 8.0  # whole numbers beyond this are no samples that stay within 1
RATES = 1000, 768_000  # Hz
OTHERS = {  # of sounds that soundfile does not read
    ".3gp", ".aac", ".ac3", ".amr", ".ape", ".dsf", ".m4a", ".m4b", ".mka", ".mkv",
    ".mov", ".mp4", ".webm", ".wma", ".wv",
}  # fmt: skip
SOUNDS = OTHERS | {
    ".aif", ".aifc", ".aiff", ".au", ".caf", ".flac", ".mp3", ".oga", ".ogg", ".opus",
    ".rf64", ".snd", ".w64", ".wav", ".wave",
}  # fmt: skip


class Unusable(ValueError):
    """A recording is of no use; the message says why."""


@dataclass
class Clip:
    """The beginning of a recording. seconds: of all of it. gain: dB, to level it."""

    wave: Float[Tensor, " samples"]
    seconds: float
    gain: float


def clip(file: Path, sample_rate: int, samples: int, loudness: float) -> Clip:
    """The beginning of a recording, levelled; `Unusable` says why not."""
    sound, rate, seconds = checked(file, samples / sample_rate + 1)
    mono = torch.from_numpy(sound).mean(1)
    used = math.ceil(samples / sample_rate * rate)
    mono = mono - mono[:used].mean()  # an offset is no sound, but it has a level
    wave = resampled(mono, rate, sample_rate)
    length = min(len(wave), samples)
    if len(wave) < SHORTEST * sample_rate:
        raise Unusable(f"{len(wave) / sample_rate:.3f} s is too short")
    wave = fitted(wave, samples, sample_rate)
    rms = wave[:length].square().mean().sqrt().item()
    if rms < 10 ** (QUIETEST / 20):
        if sound[:used].std(0).max() > 10 ** (QUIETEST / 20):
            raise Unusable("its channels cancel each other: keep one of them")
        raise Unusable(f"the first {length / sample_rate:.2f} s are silent")
    gain = min(10 ** (loudness / 20) / rms, 0.99 / wave.abs().max().item())
    return Clip(gain * wave, seconds, 20 * math.log10(gain))


def checked(file: Path, seconds: float) -> tuple[np.ndarray, int, float]:
    """The first seconds of a file, its rate, and how many seconds it has.

    Raises `Unusable` for what is no sound, and for numbers that no sound has.
    """
    import soundfile

    try:
        with opened(file) as sound:
            rate, size = sound.samplerate, sound.frames
            if not RATES[0] <= rate <= RATES[1]:
                raise Unusable(f"its header says {rate} Hz")
            wave = taken(sound, seconds * rate)
    except (soundfile.SoundFileError, TypeError) as error:
        raise Unusable(reason(file)) from error
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror}") from error
    if not len(wave) and file.stat().st_size > 10_000:
        raise Unusable("its header says that it is empty, as of one never closed")
    if not np.isfinite(wave).all():
        raise Unusable("it holds NaN or infinite values")
    peak = np.abs(wave).max(initial=0)
    if WHOLE < peak <= 2**31 and (wave == wave.round()).all():
        raise Unusable(f"whole numbers up to {peak:.0f}: save it as 16-bit WAV")
    if peak > LOUDEST:
        raise Unusable(f"a sample of {peak:.2g}, where sounds stay within 1")
    known = size < 2**62  # a stream does not say how long it is
    return wave, rate, (size if known else len(wave)) / rate


def reason(file: Path) -> str:
    """Why soundfile cannot read it, and what helps."""
    with open(file, "rb") as content:
        head = content.read(12)
    if not head:
        return "not a sound: the file is empty"
    told, kind = "not a sound that soundfile reads", file.suffix.lower()
    if kind in OTHERS or b"ftyp" in head:
        return f"{told}: convert it to WAV"
    return f"{told}: damaged?" if kind in SOUNDS else told
