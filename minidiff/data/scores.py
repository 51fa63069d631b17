"""Melodies as numbers: every note that occurs has one, and every moment its place."""

from collections.abc import Iterable, Sequence

import torch
from jaxtyping import Int
from torch import Tensor
from torch.utils.data import Dataset

from .. import valid
from .melodies import TICKS, Melodies

BARS = {  # ticks
    "reel": 96, "jig": 72, "hornpipe": 96, "polka": 48, "slide": 144, "slip jig": 108,
}  # fmt: skip
PADDING, START, END = 0, 1, 2
FINEST = 3  # ticks that are told apart inside a bar
PLACES = 8, 8, 144 // FINEST  # parts of a tune, bars of a part, moments of a bar
Note = tuple[int | None, float]


class Scores:
    """Notes (pitch, beats) to numbers and back; 1 begins a tune and 2 ends it.

    notes: pairs [pitch or 0, ticks], in the order of their numbers, from 3.
    """

    def __init__(self, notes: Sequence[Sequence[int]]):
        self.notes = [tuple(note) for note in notes]
        self.numbers = {note: k for k, note in enumerate(self.notes, END + 1)}
        self.ticks = torch.tensor([0, 0, 0, *(ticks for _, ticks in self.notes)])

    @classmethod
    def of(cls, tunes: Iterable[Sequence[Note]]) -> "Scores":
        """All notes that occur, low and short ones first."""
        return cls(sorted({ticked(note) for tune in tunes for note in tune}))

    def __len__(self) -> int:
        return END + 1 + len(self.notes)

    def encode(self, tune: Sequence[Note]) -> Int[Tensor, " n"]:
        """Start, notes and end. A note that has no number becomes the nearest one."""
        return torch.tensor([START, *(self.number(note) for note in tune), END])

    def number(self, note: Note) -> int:
        pitch, ticks = ticked(note)
        if (pitch, ticks) in self.numbers:
            return self.numbers[pitch, ticks]

        def far(known):  # of a rest only a rest is near
            p, t = known
            return (not p) != (not pitch), abs(p - pitch), abs(t - ticks)

        return self.numbers[min(self.notes, key=far)]

    def decode(self, numbers: Int[Tensor, " n"]) -> list[Note]:
        """The notes again, without start and end."""
        pairs = [self.notes[k - END - 1] for k in numbers.tolist() if k > END]
        return [(pitch or None, ticks / TICKS) for pitch, ticks in pairs]

    def places(
        self, numbers: Int[Tensor, " n"], rhythm: str, since: int = 0
    ) -> Int[Tensor, "n 3"]:
        """Part, bar and moment at which the note after each begins.

        A part has eight bars. since: ticks before the first of `numbers`.
        """
        bar = BARS[valid.choice(rhythm, BARS, "rhythm")]
        at = since + self.ticks[numbers].cumsum(0)
        part = (at // (8 * bar)).clamp(max=PLACES[0] - 1)
        return torch.stack([part, at // bar % 8, at % bar // FINEST], dim=1)


class Written(Dataset):
    """Cuts of melodies, as a net learns from them: pairs of (numbers, cond).

    numbers: (length + 1,), 0 where the tune is over. cond: "kind", the number of its
    rhythm in `BARS`, and "place" (length, 3). Long tunes are cut every half length.
    """

    def __init__(self, tunes: Melodies, scores: Scores, length: int = 160):
        self.scores, self.length = scores, length
        self.cuts = [
            (whole, rhythm, k)
            for tune, rhythm in zip(tunes.tunes, tunes.rhythms, strict=True)
            for whole in [scores.encode(tune)]
            for k in range(0, max(1, len(whole) - length // 2), length // 2)
        ]

    def __len__(self) -> int:
        return len(self.cuts)

    def __getitem__(self, i: int) -> tuple[Tensor, dict[str, Tensor]]:
        whole, rhythm, k = self.cuts[i]
        numbers = torch.zeros(self.length + 1, dtype=torch.int64)
        part = whole[k : k + self.length + 1]
        numbers[: len(part)] = part
        since = int(self.scores.ticks[whole[:k]].sum())
        place = self.scores.places(numbers[:-1], rhythm, since)
        kind = torch.tensor(list(BARS).index(rhythm))
        return numbers, {"place": place, "kind": kind}


def ticked(note: Note) -> tuple[int, int]:
    """(pitch or 0, ticks): a number for every pair."""
    return note[0] or 0, round(note[1] * TICKS)
