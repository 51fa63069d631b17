"""Spoken digits: the Free Spoken Digit Dataset (CC BY-SA 4.0), 8 kHz, six speakers."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import Dataset

from .. import valid
from .clips import fitted, read
from .fetch import recordings

REPOSITORY = "Jakobovski/free-spoken-digit-dataset"
COMMIT = "26eb9aaf76e81b692f806f9140c2d2777410d7a1"
DIGEST = "45a9b976ba3397a2fd5c70a9f2e43c34f442a3a6be47392ecfc41174b678f37e"
DIGITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
]
CREDIT = "Free Spoken Digit Dataset, {}, CC BY-SA 4.0: https://github.com/" + REPOSITORY
SPEAKERS = ["george", "jackson", "lucas", "nicolas", "theo", "yweweler"]


class Digits(Dataset):
    """Spoken digits: pairs of (wave, {"digit": label, "speaker": label}).

    wave: (samples,) float32 at 8 kHz, in [-1, 1], level as recorded; labels: int64,
    see `label_names`. split: "train" (2700) or "test" (300, the recordings with index
    0 to 4). Shorter recordings are followed by silence, longer ones (one in forty at
    the default 0.768 s) fade out at the end. `waves` (n, samples) and `labels` (n, 2)
    hold all of them; `credits` has speaker and licence of each recording,
    `credits[origin[i]]` those of wave i.

    Raises ValueError for an unknown split, samples < 1 and altered recordings,
    ConnectionError where they are neither at hand nor to be had.
    """

    sample_rate = 8000
    names = DIGITS
    label_names = {"digit": DIGITS, "speaker": SPEAKERS}

    def __init__(self, split: str = "train", samples: int = 6144):
        valid.choice(split, ("train", "test"), "split")
        samples = valid.whole(samples, "samples", 1)
        waves, labels = [], []
        for file in recordings(REPOSITORY, COMMIT, "fsdd/recordings", DIGEST, ".wav"):
            digit, speaker, index = file.stem.split("_")
            if (int(index) < 5) == (split == "test"):
                wave = read(file, self.sample_rate)
                waves.append(fitted(wave, samples, self.sample_rate))
                labels.append((int(digit), SPEAKERS.index(speaker)))
        self.waves: Float[Tensor, "n samples"] = torch.stack(waves)
        self.labels: Int[Tensor, "n 2"] = torch.tensor(labels)
        self.credits = [CREDIT.format(SPEAKERS[speaker]) for _, speaker in labels]
        self.origin: Int[Tensor, " n"] = torch.arange(len(labels))

    def __len__(self) -> int:
        return len(self.waves)

    def __getitem__(
        self, i: int
    ) -> tuple[Float[Tensor, " samples"], dict[str, Int[Tensor, ""]]]:
        digit, speaker = self.labels[i]
        return self.waves[i], {"digit": digit, "speaker": speaker}
