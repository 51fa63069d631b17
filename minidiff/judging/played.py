"""Was a tune played as it is written? Heard from outside: pitches and beginnings."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

CLOSE, PROMPT = 50.0, 0.050  # cents, seconds
HOP = 160


def played(
    wave: Float[Tensor, "1 samples"], sample_rate: int, notes: Sequence[tuple]
) -> dict:
    """Share of notes in tune, in time, and both.

    notes: (start, seconds, pitch), the first two in seconds. In tune: the median of
    pYIN (Mauch & Dixon 2014) while the note sounds is within 50 cents. In time: within
    50 ms of where it should start something begins, an onset of the spectral flux
    (librosa) or a new pitch; a flute goes from note to note without any noise. n:
    notes. Raises ValueError for no notes.
    """
    if not notes:
        raise ValueError("notes: there are none")
    heard, times = pitches(wave, sample_rate, [pitch for _, _, pitch, *_ in notes])
    begun = np.concatenate([onsets(wave, sample_rate), changes(heard, times)])
    tuned, timely = [], []
    for start, seconds, pitch, *_ in notes:
        inside = (times > start + 0.03) & (times < start + seconds - 0.01)
        found = heard[inside & np.isfinite(heard)]
        middle = np.median(found) if len(found) else math.nan
        tuned.append(bool(abs(100 * (middle - pitch)) <= CLOSE))
        timely.append(bool(len(begun) and np.abs(begun - start).min() <= PROMPT))
    both = [a and b for a, b in zip(tuned, timely, strict=True)]
    return {
        "n": len(notes),
        "in_tune": share(tuned),
        "in_time": share(timely),
        "both": share(both),
    }


def pitches(wave: Tensor, rate: int, asked: Sequence[int]) -> tuple:
    """MIDI numbers over time, NaN where there is no pitch; and the times."""
    from librosa import pyin  # here: it takes its time

    low, high = (440 * 2 ** ((p - 69) / 12) for p in (min(asked) - 8, max(asked) + 8))
    fmin, fmax = max(25.0, low), min(0.44 * rate, high)
    found, voiced, _ = pyin(
        wave[0].double().numpy(), sr=rate, fmin=fmin, fmax=fmax,
        frame_length=2048 if fmin > 60 else 4096, hop_length=HOP,
    )  # fmt: skip
    midi = 69 + 12 * np.log2(np.where(voiced, found, np.nan) / 440)
    return midi, np.arange(len(midi)) * HOP / rate


def onsets(wave: Tensor, rate: int) -> np.ndarray:
    """Where something begins, in seconds."""
    from librosa.onset import onset_detect

    silence = torch.zeros(rate // 10)  # so that the first one has something before it
    sound = torch.cat([silence, wave[0], silence]).numpy()
    found = onset_detect(
        y=sound, sr=rate, hop_length=HOP, units="time", backtrack=False
    )
    return found - 0.1


def changes(midi: np.ndarray, times: np.ndarray) -> np.ndarray:
    """When a new pitch begins, at least half a semitone away, and lasts 50 ms."""
    lasts, found, before = round(0.05 / (times[1] - times[0])), [], math.nan
    for i in range(len(midi) - lasts):
        part = midi[i : i + lasts]
        if np.isnan(part).any() or np.ptp(part) > 0.5:
            continue
        if not abs(part[0] - before) <= 0.5:
            found.append(times[i])
        before = part[-1]
    return np.array(found)


def share(right: list[bool]) -> float:
    return round(sum(right) / len(right), 4)
