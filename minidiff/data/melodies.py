"""Melodies: a thousand Irish dance tunes, for models of notes to play (CC BY 4.0)."""

import json
from pathlib import Path

from torch.utils.data import Dataset

from .. import valid
from .prepared import prepared

TEST = Path(__file__).with_name("melodies-test.txt")  # by tools/melody_split.py
TICKS = 24  # of the file, a quarter note
CREDIT = (
    "Ceol Rince na hEireann MIDI corpus, D. Diamond, A. Shahid, J. McDermott "
    "(Polifonia, University of Galway), after Bill Black's transcriptions, CC BY 4.0: "
    "https://github.com/polifonia-project/folk_ngram_analysis"
)


class Melodies(Dataset):
    """Traditional tunes: lists of (pitch, beats), as `md.render` plays them.

    pitch: a MIDI number, 54 to 86 (69 = 440 Hz), None for a rest. beats: in quarter
    notes. One voice, repeats played out, 15 s to three minutes. Beside the tunes stand,
    in the same order, `titles`, `rhythms` ("reel", "jig" ...), `meters` ("6/8"), `keys`
    ("Em"), `tempos` (quarter notes a minute) and `credits`.

    split: tunes live in variants, so "test" has 116 that resemble no other, and "train"
    the other 917: tools/melody_split.py says what that means.

    Raises ValueError for an unknown split and an altered table, ConnectionError where
    it is neither at hand nor to be had.
    """

    def __init__(self, split: str = "train"):
        valid.choice(split, ("train", "test"), "split")
        test = set(TEST.read_text("utf-8").splitlines())
        tunes = [t for t in read() if (t["title"] in test) == (split == "test")]
        self.tunes = [melody(tune["notes"]) for tune in tunes]
        self.titles = [tune["title"] for tune in tunes]
        self.rhythms = [tune["rhythm"] for tune in tunes]
        self.meters = [tune["meter"] for tune in tunes]
        self.keys = [tune["key"] for tune in tunes]
        self.tempos = [tune["bpm"] for tune in tunes]
        self.credits = [f"{title}: {CREDIT}" for title in self.titles]

    def __len__(self) -> int:
        return len(self.tunes)

    def __getitem__(self, i: int) -> list[tuple[int | None, float]]:
        return self.tunes[i]


def read() -> list[dict]:
    """All tunes, as the file has them."""
    text = (prepared("melodies") / "melodies.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def melody(notes: list[list[int]]) -> list[tuple[int | None, float]]:
    """Notes as (pitch, beats): the file has 0 for a rest, and lengths in ticks."""
    return [(pitch or None, ticks / TICKS) for pitch, ticks in notes]
