"""The sound garden as a data set: endless, labelled, and nothing to download."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import Dataset

from .. import valid
from . import garden

SPLITS = ("train", "test")
WORDS = {  # the lowest and the highest third of a range; the middle goes unsaid
    "loudness": ("quiet", "loud"),
    "pitch": ("low", "high"),
    "brightness": ("dull", "bright"),
    "rate": ("slow", "quick"),
    "decay": (", dying away soon", ", ringing long"),
}
BETTER_WORDS = {
    ("rain", "rate"): ("sparse", "dense"),
    ("rain", "decay"): (" of dry drops", " of ringing drops"),
    ("crowd", "rate"): ("unhurried", "chattering"),
    ("crowd", "decay"): (" in a small room", " in a large hall"),
    ("engine", "rate"): ("steady", "surging"),
    ("wind", "rate"): ("slow", "gusty"),
    ("flute", "rate"): ("swaying", "trembling"),
    ("organ", "rate"): ("swaying", "trembling"),
    ("hi-hat", "decay"): (", closed", ", left open"),
}


class Sounds(Dataset):
    """Sounds of the garden, the classes taking turns: pairs of (wave, label).

    `wave` is float32 of shape (16384,) at 16 kHz, in [-0.99, 0.99]; `label` is an
    int64 index into `names`. Item i depends on nothing but (seed, split, i), so
    a longer set begins with the shorter one, and nothing is stored.
    """

    names = list(garden.GARDEN)
    label_names = {"sound": names}
    sample_rate = garden.SAMPLE_RATE

    def __init__(self, n: int = 6000, split: str = "train", seed: int = 0):
        self.n = valid.whole(n, "n", 1)
        self.split = valid.choice(split, SPLITS, "split")
        self.seed = valid.whole(seed, "seed", 0)

    def __len__(self) -> int:
        return self.n

    def _start(self, i):
        """The name of item i, its own source of chance, and its parameters."""
        if not 0 <= i < self.n:
            raise IndexError(f"item is {i}, expected 0 to {self.n - 1}")
        key = self.seed, SPLITS.index(self.split), int(i)
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))
        name = self.names[i % len(self.names)]
        return name, rng, garden.draw(name, rng)

    def __getitem__(self, i: int) -> tuple[Float[Tensor, " samples"], Int[Tensor, ""]]:
        return garden.render(*self._start(i)), torch.tensor(i % len(self.names))

    def params(self, i: int) -> dict[str, float]:
        """The parameters item i was made from; their units are in `GARDEN`."""
        return self._start(i)[2]

    def caption(self, i: int) -> str:
        """Item i in plain English, made from its parameters."""
        name, _, params = self._start(i)
        return caption(name, params)


def caption(name: str, params: dict[str, float]) -> str:
    """A sound in plain English: "a low, bright bell, ringing long"."""
    words = {}
    for key, range_ in garden.ranges(name).items():
        low, high = BETTER_WORDS.get((name, key), WORDS[key])
        place = range_.place(params[key])
        words[key] = low if place < 1 / 3 else high if place > 2 / 3 else ""
    tail = words.pop("decay", "")
    adjectives = ", ".join(words[key] for key in WORDS if words.get(key))
    phrase = f"{adjectives} {name}".strip()
    article = "" if name == "rain" else "an " if phrase[0] in "aeiou" else "a "
    return article + phrase + tail


def sounds(n: int = 6000, split: str = "train", seed: int = 0) -> Sounds:
    """The sound garden: `n` sounds of twelve classes (see `Sounds`)."""
    return Sounds(n, split, seed)
