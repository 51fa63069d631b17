"""Examples: real recordings that ship, to set beside what is made.

All are of test splits: digits of index 0, hits of the two test machines of `drums`,
environment's fold 5, two test notes of each instrument, two test noises. They must
stay out of training: `source` names the file of the prepared data that each is made
from. examples/table.csv, which tools/make_examples.py writes, lists them all.
"""

import csv
import functools
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid
from ..digest import digest
from .clips import decoded, fitted

FOLDER = Path(__file__).with_name("examples")


@dataclass(frozen=True)
class Example:
    """A real recording: `wave` (1, samples), float32 in [-1, 1], level as recorded.

    label: what is heard, "seven" say, as the model of `set` calls it; `k` counts those
    of one label. detail: the speaker, the machine, the note, or the recording's title;
    pitch: of a note, as a MIDI number. licence, credit, origin (a web address) and
    changes: what to say wherever the sound is passed on. source: see the module.
    """

    label: str
    k: int
    file: str
    set: str
    detail: str
    pitch: int | None
    sample_rate: int
    seconds: float
    licence: str
    credit: str
    origin: str
    changes: str
    source: str
    sha256: str

    @property
    def speaker(self) -> str | None:
        return self.detail if self.set == "digits" else None

    @property
    def wave(self) -> Float[Tensor, "1 samples"]:
        """Raises ValueError unless the file is the one that was listed."""
        file = FOLDER / self.file
        if (found := digest([file])) != self.sha256:
            raise ValueError(
                f"{self.file} is not the recording that was listed (SHA-256 "
                f"{found[:12]}, expected {self.sha256[:12]}): install minidiff again"
            )
        try:
            samples, _ = decoded(file)
        except (ImportError, OSError) as error:  # soundfile, or the library beneath it
            raise ImportError(
                f"examples need the package soundfile ({error}): pip install soundfile"
            ) from None
        return torch.from_numpy(samples).T.contiguous()

    def fitted(self, samples: int) -> Float[Tensor, "1 samples"]:
        """`wave`, followed by silence or cut and faded out, as the data sets do it."""
        valid.whole(samples, "samples", 1)
        return fitted(self.wave[0], samples, self.sample_rate)[None]

    def __repr__(self):
        return (
            f"<example: {self.label} ({self.detail}), {self.seconds:.2f} s at "
            f"{self.sample_rate} Hz, {self.licence}>"
        )


class Examples(tuple):
    """All that ship, as a table of labels where they are shown."""

    def by_label(self) -> dict[str, list[Example]]:
        found = {}
        for each in self:
            found.setdefault(each.label, []).append(each)
        return found

    def __repr__(self):
        return "\n".join(
            f"{label:16} {len(takes)}  {takes[0].set:12} "
            f"{both(e.licence for e in takes):22} {both(e.detail for e in takes)}"
            for label, takes in self.by_label().items()
        )

    def _repr_markdown_(self):
        lines = ["| name | k | set | which | licence | credit |", "|---" * 6 + "|"]
        for label, takes in self.by_label().items():
            cells = (
                label,
                "0" if len(takes) == 1 else f"0 to {len(takes) - 1}",
                takes[0].set,
                both(e.detail for e in takes),
                both(e.licence for e in takes),
                both(e.credit for e in takes),
            )
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join(lines)


def example(name: str, k: int = 0) -> Example:
    """The recording number k of that name: a digit, drum, instrument, animal ...

    A digit's k is its speaker, as the model `digits` counts them. Raises ValueError for
    an unknown name, a k that there is not, and a file that was changed.
    """
    known = examples().by_label()
    takes = known[valid.choice(name, known, "name")]
    k = valid.whole(k, "k", 0)
    if k >= len(takes):
        there = f"are {len(takes)} recordings" if len(takes) > 1 else "is 1 recording"
        raise ValueError(f"k: there {there} of {name!r}, counted from 0; got k={k}")
    takes[k].wave  # noqa: B018 (what is wrong with the file is said here)
    return takes[k]


@functools.cache
def examples() -> Examples:
    """All real recordings that ship: loop over them, or show them as a table."""
    with open(FOLDER / "table.csv", encoding="utf-8", newline="") as table:
        return Examples(map(row, csv.DictReader(table)))


def row(cells: dict[str, str]) -> Example:
    numbers = {name: int(cells[name]) for name in ("k", "sample_rate")}
    pitch = int(cells["pitch"]) if cells["pitch"] else None
    seconds = float(cells["seconds"])
    return Example(**cells | numbers | {"pitch": pitch, "seconds": seconds})


def both(words) -> str:
    """Different words once each, in order."""
    return ", ".join(dict.fromkeys(words))
