"""Single notes of fourteen instruments, their pitch measured (CC0, CC BY 3.0, MIT)."""

from collections import defaultdict

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import Dataset

from .. import valid
from .clips import fitted, levelled, read, resampled
from .prepared import prepared, rows

INSTRUMENTS = [
    "piano", "guitar", "electric-guitar", "bass", "cello", "contrabass", "violin",
    "flute", "bassoon", "tenor-sax", "trumpet", "organ", "xylophone", "vibraphone",
]  # fmt: skip
LOWEST, HIGHEST = 24, 108  # MIDI: C1 to C8
EVERY = 5  # the third of every five notes of an instrument is for the test
BENDS = (0, -3, -2, -1, 1, 2, 3)  # semitones, in training


class Notes(Dataset):
    """Notes: pairs of (wave, {"instrument": label, "pitch": label}).

    wave: (samples,) float32 at 16 kHz, in [-1, 1], levelled to an rms of -23 dBFS or
    less where a peak would pass 0.99; longer notes fade out at the end. pitch: an index
    into "24" to "108", MIDI numbers (69 = 440 Hz). split: every fifth note of an
    instrument is for the "test" (one of few: those of one recording are never on both
    sides). vary: seven for one, each played up to three semitones lower or higher, so
    that there are notes between the recorded ones; `origin` (n,) tells which are of one
    recording. `waves` (n, samples) and `labels` (n, 2) hold all of them; `credits` has
    author and licence of each recording, `credits[origin[i]]` those of wave i.

    Raises ValueError for an unknown split, samples < 1 and missing or altered
    recordings, ConnectionError where they are neither at hand nor to be had.
    """

    names = INSTRUMENTS
    label_names = {
        "instrument": INSTRUMENTS,
        "pitch": [str(midi) for midi in range(LOWEST, HIGHEST + 1)],
    }
    sample_rate = 16_000

    def __init__(self, split: str = "train", samples: int = 16_384, vary: bool = False):
        valid.choice(split, ("train", "test"), "split")
        samples = valid.whole(samples, "samples", 1)
        folder = prepared("instrument-notes")
        waves, labels, origin, self.credits = [], [], [], []
        for row in chosen(folder, split):
            note, midi = read(folder / row["file"], self.sample_rate), int(row["midi"])
            for bend in BENDS if vary else BENDS[:1]:
                if LOWEST <= midi + bend <= HIGHEST:
                    speed = 2 ** (bend / 12)
                    wave = resampled(note, round(speed * 16_000), self.sample_rate)
                    # level what is heard of it, as it is heard
                    level = levelled(fitted(wave, samples, self.sample_rate))
                    if level is None:
                        raise ValueError(
                            f"samples: of {row['file']} the first {samples} are silent"
                        )
                    waves.append(level)
                    instrument = INSTRUMENTS.index(row["instrument"])
                    labels.append((instrument, midi + bend - LOWEST))
                    origin.append(len(self.credits))
            self.credits.append(f"{row['author']}, {row['licence']}")
        self.waves: Float[Tensor, "n samples"] = torch.stack(waves)
        self.labels: Int[Tensor, "n 2"] = torch.tensor(labels)
        self.origin: Int[Tensor, " n"] = torch.tensor(origin)

    def __len__(self) -> int:
        return len(self.waves)

    def __getitem__(
        self, i: int
    ) -> tuple[Float[Tensor, " samples"], dict[str, Int[Tensor, ""]]]:
        instrument, pitch = self.labels[i]
        return self.waves[i], {"instrument": instrument, "pitch": pitch}


def chosen(folder, split: str) -> list[dict]:
    """The rows of the table that are in this split, instrument by instrument."""
    notes = defaultdict(list)
    for row in sorted(rows(folder), key=lambda row: int(row["midi"])):
        notes[row["instrument"]].append(row)
    return [
        row
        for instrument in INSTRUMENTS
        for i, row in enumerate(notes[instrument])
        if (i % EVERY == 2) == (split == "test")
    ]
