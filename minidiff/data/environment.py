"""Real sounds of the world: ESC-10, ten classes, cut into two seconds (CC BY 3.0)."""

import csv
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import Dataset

from .. import valid
from .clips import fitted, read
from .fetch import at_hand

NAMES = [
    "rain", "sea", "fire", "clock", "dog", "rooster", "baby", "sneeze", "helicopter",
    "chainsaw",
]  # fmt: skip
TEST_FOLD = 5
HOP = 0.25  # seconds between two cuts of one clip in training
LOUDNESS, QUIET = -23.0, -50.0  # dBFS: of each cut; below this a cut is left out


class Environment(Dataset):
    """ESC-10 (Piczak 2015): pairs of (wave, label), label int64, an index into `names`.

    wave: (samples,) float32 at 16 kHz, in [-1, 1], levelled to an rms of -23 dBFS or
    less where a peak would pass 0.99. split: "test" is fold 5, "train" the others;
    clips cut from one recording share a fold. A clip of the test gives its first two
    seconds; one of the training a cut every quarter of a second, `origin` (n,) tells
    which are of one clip, and cuts that are almost silent are left out. Shorter clips
    are followed by silence. `waves` (n, samples), `labels` (n,) and `credits`, author
    and licence, hold all of them.

    Raises ValueError for an unknown split and samples < 1, FileNotFoundError where the
    recordings are not at hand.
    """

    names = NAMES
    label_names = {"sound": NAMES}
    sample_rate = 16_000

    def __init__(self, split: str = "train", samples: int = 32_768):
        valid.choice(split, ("train", "test"), "split")
        samples = valid.whole(samples, "samples", 1)
        folder = place("environment")
        with open(folder / "labels.csv", newline="", encoding="utf-8") as table:
            rows = list(csv.DictReader(table))
        test = split == "test"
        rows = [row for row in rows if (int(row["fold"]) == TEST_FOLD) == test]
        waves, labels, origin, self.credits = [], [], [], []
        for row in rows:
            wave = read(folder / row["file"], self.sample_rate)
            hop = len(wave) if test else round(HOP * self.sample_rate)
            last = max(1, len(wave) - samples + 1)
            for start in range(0, last, hop):
                cut = levelled(wave[start : start + samples])
                if cut is not None:
                    waves.append(fitted(cut, samples, self.sample_rate))
                    labels.append(NAMES.index(row["class"]))
                    origin.append(len(self.credits))
            self.credits.append(f"{row['author']}, {row['licence']}: {row['url']}")
        self.waves: Float[Tensor, "n samples"] = torch.stack(waves)
        self.labels: Int[Tensor, " n"] = torch.tensor(labels)
        self.origin: Int[Tensor, " n"] = torch.tensor(origin)

    def __len__(self) -> int:
        return len(self.waves)

    def __getitem__(self, i: int) -> tuple[Float[Tensor, " samples"], Int[Tensor, ""]]:
        return self.waves[i], self.labels[i]


def levelled(wave: Tensor) -> Tensor | None:
    """`wave` at the common level; None if there is next to nothing in it."""
    rms = wave.square().mean().sqrt().item()
    if rms < 10 ** (QUIET / 20):
        return None
    return wave * min(10 ** (LOUDNESS / 20) / rms, 0.99 / wave.abs().max().item())


def place(name: str) -> Path:
    """Where a set of recordings with its table, labels.csv, is."""
    folder = (at_hand() or Path()) / name
    if not (folder / "labels.csv").is_file():
        raise FileNotFoundError(
            f"the recordings of {name} are not at hand (no {folder}/labels.csv): let "
            f"the variable MINIDIFF_DATA point to the folder that holds {name}"
        )
    return folder
