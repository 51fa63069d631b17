"""Melodies in time: which note begins when, and how long it lasts."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from .. import valid

LONGEST = 3600.0  # seconds
HIGHEST = 127  # MIDI


class Note(NamedTuple):
    """start, seconds: in seconds. pitch: a MIDI number. beat: where it starts."""

    start: float
    seconds: float
    pitch: int
    beat: float


def timed(melody: Sequence[tuple], tempo: float) -> tuple[list[Note], float]:
    """The notes of a melody, and how many seconds it lasts.

    melody: pairs (pitch, beats), one after the other, None for a rest; or triples
    (pitch, beats, start), the last in beats from the beginning, so that notes may
    overlap. A pair begins where what stands before it ends. tempo: beats a minute, 1
    to 1000. Raises ValueError or TypeError, with the number of the note, for a pitch
    that is no MIDI number, beats not above 0, a start below 0, NaN, and for more than
    an hour.
    """
    beat = 60 / valid.number(tempo, "tempo", 1, 1000)
    notes, now, end = [], 0.0, 0.0
    for i, item in enumerate(melody, 1):
        if not isinstance(item, tuple | list) or len(item) not in (2, 3):
            raise TypeError(
                f"melody: note {i} must be (pitch, beats) or (pitch, beats, start), "
                f"got {item!r}"
            )
        pitch, beats = item[:2]
        what = f"melody, note {i}"
        beats = valid.number(beats, f"{what}: beats", 0, LONGEST / beat, open_ends=True)
        if len(item) == 3:
            now = valid.number(item[2], f"{what}: start", 0, LONGEST / beat)
        if pitch is not None:
            pitch = valid.whole(pitch, f"{what}: pitch", 0, HIGHEST)
            notes.append(Note(now * beat, beats * beat, pitch, now))
        now += beats
        end = max(end, now)
    seconds = end * beat
    if seconds > LONGEST:
        raise ValueError(f"melody: {seconds:.0f} s are more than an hour")
    return notes, seconds


def ranged(
    notes: Sequence[Note], known: Sequence[int], learned: Sequence[int], who: str
) -> str:
    """What to say of notes that an instrument was not heard to play; "" of none.

    Raises ValueError for those beyond `known`, which no instrument plays.
    """
    pitches = [note.pitch for note in notes]
    if not pitches:
        return ""
    low, high = min(pitches), max(pitches)
    asked = f"the melody asks for {low} to {high}"
    if low < known[0] or high > known[1]:
        raise ValueError(
            f"melody: out of range: {asked}, and there are notes from {known[0]} to "
            f"{known[1]}; move it by octaves"
        )
    if low >= learned[0] and high <= learned[1]:
        return ""
    return (
        f"{asked}, and {who} was heard from {learned[0]} to {learned[1]}: the others "
        f"are a guess{octave(low, high, learned)}"
    )


def octave(low: int, high: int, learned: Sequence[int]) -> str:
    """Which octaves would bring a melody into a range, if any do."""
    up = 12 * math.ceil((learned[0] - low) / 12)  # to the lowest that fits
    down = 12 * math.floor((learned[1] - high) / 12)  # to the highest
    fits = [
        move
        for move in (up, down)
        if move and low + move >= learned[0] and high + move <= learned[1]
    ]
    if not fits:
        return ""
    move = min(fits, key=abs)
    return f"; {abs(move) // 12} octave(s) {'up' if move > 0 else 'down'} fits"
