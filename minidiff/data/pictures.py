"""Pictures: 8x8 handwritten digits that come with scikit-learn, nothing to download."""

import functools

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import Dataset

from .. import valid

NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
TRAIN = 1500  # the other 297 are for testing


class Pictures(Dataset):
    """Handwritten digits: pairs of (picture, label).

    picture: (1, 8, 8) float32, -1 paper to 1 ink. label: int64, 0 to 9. split: "train",
    the first 1500 of the set, or "test", the last 297. `x` (n, 1, 8, 8) and `labels`
    (n,) hold all of them. They are the test half of the UCI set "Optical Recognition of
    Handwritten Digits" (Alpaydin & Kaynak 1998, CC BY 4.0).

    Raises ValueError for an unknown split.
    """

    names = NAMES
    sample_rate = None  # no sound

    def __init__(self, split: str = "train"):
        valid.choice(split, ("train", "test"), "split")
        part = slice(TRAIN) if split == "train" else slice(TRAIN, None)
        self.x, self.labels = (values[part] for values in _all())

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, i: int) -> tuple[Float[Tensor, "1 8 8"], Int[Tensor, ""]]:
        return self.x[i], self.labels[i]


@functools.cache
def _all() -> tuple[Float[Tensor, "n 1 8 8"], Int[Tensor, " n"]]:
    from sklearn.datasets import load_digits  # here: it takes a second to import

    digits = load_digits()
    ink = torch.tensor(digits.images, dtype=torch.float32)  # counts, 0 to 16
    return ink[:, None] / 8 - 1, torch.tensor(digits.target, dtype=torch.int64)
