"""Phrases: four bars of a tune as a sequence of tokens, and whether it is in time."""

from collections.abc import Sequence

import torch
from jaxtyping import Int
from torch import Tensor

from .. import valid
from ..data.scores import BARS, END, Note, Scores, ticked

LENGTH = 40  # tokens: the longest phrase of reels has 38 notes, and an end


def phrases(
    tunes: Sequence[Sequence[Note]],
    rhythms: Sequence[str],
    rhythm: str = "reel",
    bars: int = 4,
) -> list[list[Note]]:
    """Every so many bars of the tunes of one rhythm: each phrase once, if in time.

    tunes, rhythms: as `md.data.melodies` has them.

    Raises ValueError for an unknown rhythm and bars < 1.
    """
    bar = BARS[valid.choice(rhythm, BARS, "rhythm")]
    ticks, found = bar * valid.whole(bars, "bars", 1), {}
    for tune, kind in zip(tunes, rhythms, strict=True):
        now = 0
        if kind != rhythm:
            continue
        cut: dict[int, list[Note]] = {}
        for note in tune:
            cut.setdefault(now // ticks, []).append(note)
            now += ticked(note)[1]
        for phrase in cut.values():
            if in_time(phrase, rhythm, bars):
                found[tuple(map(ticked, phrase))] = phrase
    return list(found.values())


def in_time(phrase: Sequence[Note], rhythm: str = "reel", bars: int = 4) -> bool:
    """Whether a note begins at every bar, and the last one ends with the last bar."""
    bar, now, begun = BARS[valid.choice(rhythm, BARS, "rhythm")], 0, set()
    for note in phrase:
        begun.add(now)
        now += ticked(note)[1]
    return now == bars * bar and {k * bar for k in range(bars)} <= begun


def numbers(
    found: Sequence[Sequence[Note]], scores: Scores, length: int = LENGTH
) -> Int[Tensor, "n length"]:
    """Notes, an end, and 0 to fill up. Raises ValueError for a phrase too long."""
    made = torch.zeros(len(found), length, dtype=torch.int64)
    for i, phrase in enumerate(found):
        row = scores.encode(phrase)[1:]  # there is no need to say that it begins
        if len(row) > length:
            n = len(row) - 1
            raise ValueError(f"phrase {i} has {n} notes, at most {length - 1} fit")
        made[i, : len(row)] = row
    return made


def written(row: Int[Tensor, " length"], scores: Scores) -> list[Note] | None:
    """The notes of a row, or None if it is no text: an end, and only 0 after it."""
    ends = (row == END).nonzero()[:, 0]
    if len(ends) != 1 or (row[: ends[0]] <= END).any() or row[ends[0] + 1 :].any():
        return None
    return scores.decode(row[: ends[0]])
