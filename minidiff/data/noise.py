"""Background noises: fourteen recordings, to be taken out of speech again."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import Dataset

from .. import valid
from .prepared import pieces, prepared, rows

NAMES = [
    "birds", "boat", "city", "coffee-shop", "doing-the-dishes", "exercise-bike",
    "fireplace", "rain", "running-tap", "storm", "summer-night", "train", "waves",
    "wind",
]  # fmt: skip


class Noise(Dataset):
    """Background noises: pairs of (wave, label), label int64, an index into `names`.

    wave: (samples,) float32 in [-1, 1], levelled to an rms of -23 dBFS or less where a
    peak would pass 0.99: mix it with speech at the ratio that you want. split: "test"
    is the coffee shop, the train and the running tap, never heard in "train", the other
    eleven. The cuts of a recording follow each other in the test and overlap by half in
    training; those that are almost silent are left out. sample_rate: in Hz, recorded
    are 16 kHz; spoken digits have 8000. `waves` (n, samples) and `labels` (n,) hold all
    of them; `credits` has author and licence of each recording, `credits[origin[i]]`
    those of wave i.

    Raises ValueError for an unknown split, samples or sample_rate out of range, and
    missing or altered recordings, ConnectionError where they are neither at hand nor to
    be had.
    """

    names = NAMES
    label_names = {"noise": NAMES}

    def __init__(
        self,
        split: str = "train",
        samples: int = 16_384,
        sample_rate: int = 16_000,
    ):
        valid.choice(split, ("train", "test"), "split")
        samples = valid.whole(samples, "samples", 1)
        sample_rate = valid.whole(sample_rate, "sample_rate", 1000, 192_000)
        folder = prepared("noise")
        chosen = [row for row in rows(folder) if row["split"] == split]
        hop = samples if split == "test" else max(1, samples // 2)
        found = pieces(folder, chosen, sample_rate, samples, hop)
        waves, classes, origin, self.credits = found
        labels = [NAMES.index(name) for name in classes]
        self.waves: Float[Tensor, "n samples"] = torch.stack(waves)
        self.labels: Int[Tensor, " n"] = torch.tensor(labels)
        self.origin: Int[Tensor, " n"] = torch.tensor(origin)
        self.sample_rate = sample_rate

    def __len__(self) -> int:
        return len(self.waves)

    def __getitem__(self, i: int) -> tuple[Float[Tensor, " samples"], Int[Tensor, ""]]:
        return self.waves[i], self.labels[i]
