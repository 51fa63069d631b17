"""Real sounds of the world: ESC-10, ten classes, cut into two seconds (CC BY 3.0)."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import Dataset

from .. import valid
from .prepared import pieces, prepared, rows

NAMES = [
    "rain", "sea", "fire", "clock", "dog", "rooster", "baby", "sneeze", "helicopter",
    "chainsaw",
]  # fmt: skip
TEST_FOLD = 5
HOP = 0.25  # seconds between two cuts of one clip in training


class Environment(Dataset):
    """ESC-10 (Piczak 2015): pairs of (wave, label), label int64, an index into `names`.

    wave: (samples,) float32 at 16 kHz, in [-1, 1], levelled to an rms of -23 dBFS or
    less where a peak would pass 0.99. split: "test" is fold 5, "train" the others;
    clips cut from one recording share a fold. A clip of the test gives its first two
    seconds; one of the training a cut every quarter of a second, `origin` (n,) tells
    which are of one clip, and cuts that are almost silent are left out. Shorter clips
    are followed by silence. `waves` (n, samples) and `labels` (n,) hold all of them;
    `credits` has author and licence of each clip, `credits[origin[i]]` those of wave i.

    Raises ValueError for an unknown split, samples < 1 and missing or altered
    recordings, ConnectionError where they are neither at hand nor to be had.
    """

    names = NAMES
    label_names = {"sound": NAMES}
    sample_rate = 16_000

    def __init__(self, split: str = "train", samples: int = 32_768):
        valid.choice(split, ("train", "test"), "split")
        samples = valid.whole(samples, "samples", 1)
        folder, test = prepared("environment"), split == "test"
        chosen = [
            row for row in rows(folder) if (int(row["fold"]) == TEST_FOLD) == test
        ]
        hop = None if test else round(HOP * self.sample_rate)
        found = pieces(folder, chosen, self.sample_rate, samples, hop)
        waves, classes, origin, self.credits = found
        labels = [NAMES.index(name) for name in classes]
        self.waves: Float[Tensor, "n samples"] = torch.stack(waves)
        self.labels: Int[Tensor, " n"] = torch.tensor(labels)
        self.origin: Int[Tensor, " n"] = torch.tensor(origin)

    def __len__(self) -> int:
        return len(self.waves)

    def __getitem__(self, i: int) -> tuple[Float[Tensor, " samples"], Int[Tensor, ""]]:
        return self.waves[i], self.labels[i]
