"""Drums: single hits of ten drum machines, in the public domain."""

from collections import defaultdict
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import Dataset

from .. import valid
from .clips import fitted, read, resampled
from .fetch import recordings

REPOSITORY = "smpldsnds/drum-machines"
COMMIT = "a894cb8c72abe15b05e7b4fd4b8ee561c0f9e960"
DIGEST = "fd5b0e3eabf1834761779f1dfc29d1b1cfa693d3afd446bb9f34be55d253d357"
MACHINES = [
    "808-mini", "Casio-RZ1", "Casio-SK1", "LM-2", "MFB-512", "Micro-Rhythmer-12",
    "Roland-CR-8000", "Sequential-Circuits-Drumtraks", "TR-808", "Yamaha-MR10",
]  # fmt: skip
TEST = ("Casio-RZ1", "Roland-CR-8000")  # whole
WORDS = {  # what the makers of the files called them; the first that fits counts
    "kick": ["kick"],
    "snare": ["snare", "shortsn", "univox-sd"],
    "closed hi-hat": [
        "hihat-close", "hhclosed", "closedhat", "chihat", "univox-ch",
        "hithat", "shorthi",
    ],
    "open hi-hat": ["hihat-open", "hhopen", "openhat", "ohihat", "univox-oh"],
    "tom": ["tom"],
    "conga": ["conga"],
    "clap": ["clap"],
    "cymbal": ["cymbal", "crash", "ride"],
    "percussion": [""],  # cowbell, clave, rimshot, cabasa, maraca, tambourine ...
}  # fmt: skip
CREDIT = f"public domain, collected at https://github.com/{REPOSITORY}"
GAIN = 0.9  # decoded peaks reach 1.08
SEMITONES = (0, -2, -1, 1, 2)


class Drums(Dataset):
    """Drum machines: pairs of (wave, label), label int64, an index into `names`.

    wave: (samples,) float32 in [-1, 1]; the level is as recorded, times the same 0.9
    for all. split: "test" is every second hit of a kind on a machine, and all 25 of two
    machines that are never heard in "train", the Casio RZ-1 and the Roland CR-8000: 108
    hits, and 120 to learn from. Half of them are of one machine, the TR-808, which was
    recorded with its knobs a little further each time: of those the test is near the
    training, and `machines` tells which they are. Short hits are followed by silence,
    longer ones fade out at the end. `waves` (n, samples) and `labels` (n,) hold all.
    vary: ten for one, since 120 are few to learn from: each as it is, and played up to
    two semitones slower or faster, and all these upside down; `origin` (n,) tells which
    of them are of one recording, `credits[origin[i]]` whose.

    Raises ValueError for an unknown split, samples or sample_rate out of range, and
    altered recordings, ConnectionError where they are neither at hand nor to be had.
    """

    names = list(WORDS)
    label_names = {"drum": names}

    def __init__(
        self,
        split: str = "train",
        samples: int = 16_384,
        sample_rate: int = 16_000,
        vary: bool = False,
    ):
        valid.choice(split, ("train", "test"), "split")
        samples = valid.whole(samples, "samples", 1)
        sample_rate = valid.whole(sample_rate, "sample_rate", 1000, 192_000)
        files = recordings(REPOSITORY, COMMIT, "drum-machines", DIGEST, ".ogg")
        held = held_out(files)
        files = [f for f in files if (f in held) == (split == "test")]
        speeds = [2 ** (k / 12) for k in (SEMITONES if vary else SEMITONES[:1])]
        ways = torch.tensor([1.0, -1.0] if vary else [1.0])[:, None]
        waves = [
            ways * GAIN * fitted(faster(hit, speed, sample_rate), samples, sample_rate)
            for hit in (read(f, sample_rate) for f in files)
            for speed in speeds
        ]
        each = len(speeds) * len(ways)
        self.waves: Float[Tensor, "n samples"] = torch.cat(waves)
        drums = torch.tensor([drum(f) for f in files])
        self.labels: Int[Tensor, " n"] = drums.repeat_interleave(each)
        self.origin = torch.arange(len(files)).repeat_interleave(each)
        self.sample_rate = sample_rate
        self.machines = [machine(f) for f in files for _ in range(each)]
        self.credits = [f"{machine(f)}, {f.stem}: {CREDIT}" for f in files]

    def __len__(self) -> int:
        return len(self.waves)

    def __getitem__(self, i: int) -> tuple[Float[Tensor, " samples"], Int[Tensor, ""]]:
        return self.waves[i], self.labels[i]


def faster(wave: Tensor, speed: float, sample_rate: int) -> Tensor:
    """`wave` played at another speed, and so at another pitch."""
    return resampled(wave, round(speed * sample_rate), sample_rate)


def held_out(files: list[Path]) -> set[Path]:
    """Those for the test: of every kind on a machine the second, the fourth ..."""
    kinds = defaultdict(list)
    for file in files:
        kinds[machine(file), drum(file)].append(file)
    return {
        file
        for (name, _), hits in kinds.items()
        for i, file in enumerate(hits)
        if name in TEST or i % 2
    }


def machine(file: Path) -> str:
    """The machine a file belongs to: one of the folders it is in."""
    return next(name for name in MACHINES if name in file.parts)


def drum(file: Path) -> int:
    """The class of a file, by its name (TR-808: by its folder's)."""
    name = f"{file.parent.name}/{file.stem}".lower()
    fits = (any(word in name for word in words) for words in WORDS.values())
    return list(fits).index(True)
