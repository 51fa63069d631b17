"""The reader's own recordings: a folder with one subfolder for each class."""

import hashlib
import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import Dataset
from tqdm import tqdm

from .. import valid
from .files import files_in, legible, parts, visible
from .told import doubts, listed, summary
from .usable import QUIETEST, SOUNDS, Clip, Unusable, clip


@dataclass(frozen=True, eq=False)
class Recording:
    """A file that gave a clip. name: CLASS/..., in one form on every machine."""

    file: Path
    name: str
    label: int
    clip: Clip

    @property
    def number(self) -> int:
        """By which it is held out or not: of its name alone."""
        return int(hashlib.sha256(self.name.encode()).hexdigest(), 16)

    @property
    def contents(self) -> bytes:
        return hashlib.sha256(self.clip.wave.numpy()).digest()


class Folder(Dataset):
    """Recordings in `path`/CLASS/...: pairs of (wave, label), label int64.

    wave: (samples,) float32 in [-1, 1] at `sample_rate`: the beginning of a recording
    in any format that soundfile reads (WAV, FLAC, Ogg, MP3 ...), channels averaged,
    its offset taken away, resampled, cut with a short fade or followed by silence, and
    levelled: its own part, without that silence, has an rms of `loudness` dBFS, or less
    where a peak would pass 0.99. A file gives one clip: cut long recordings first.

    split: about one file in ten, by a hash of its name, is for "test", all others are
    for "train": at least one of every class, and all that give equal clips, unless the
    names of all of these are for "test". `names` are the subfolders', sorted; `waves`
    (n, samples), `labels` (n,), `files` and their `keys`, CLASS/..., hold all of them.
    `summary` says in words what there is.

    Files that cannot be used are skipped, with one warning that names them; what looks
    like a mistake in the folders is warned of too. Raises ValueError or OSError, which
    say where, for a missing folder, one without subfolders, a class without a usable
    recording, an empty test part, and arguments out of range.
    """

    def __init__(
        self,
        path: str | Path,
        sample_rate: int = 16_000,
        samples: int = 16_384,
        split: str = "train",
        loudness: float = -23.0,
    ):
        valid.choice(split, ("train", "test"), "split")
        sample_rate = valid.whole(sample_rate, "sample_rate", 1000, 192_000)
        samples = valid.whole(samples, "samples", 1)
        valid.number(loudness, "loudness (dBFS)", QUIETEST, 0)
        path = valid.path(path, "path")
        classes = class_folders(path)
        self.names = list(classes)
        self.label_names = {"class": self.names}
        found, skipped = [], beside(path)
        for label, folders in enumerate(classes.values()):
            good, bad = usable(path, folders, label, sample_rate, samples, loudness)
            if not good:
                reason = f"skipped {listed(bad)}" if bad else "the folder is empty"
                raise ValueError(f"{folders[0]} has no usable recording: {reason}")
            found += good
            skipped |= bad
        doubtful = doubts(path, self.names, [recording.name for recording in found])
        if skipped:
            warnings.warn(f"{path}: skipped {listed(skipped)}", stacklevel=2)
        for doubt in doubtful:
            warnings.warn(doubt, stacklevel=2)
        held = held_out(found)
        test = [recording for recording in found if recording in held]
        train = [recording for recording in found if recording not in held]
        kept = test if split == "test" else train
        if not kept:
            raise ValueError(
                f"{path} has no recording for the test part: too few (one file in ten "
                "goes there, by a hash of its name); add some"
            )
        seconds = samples / sample_rate
        words = summary(self.names, train, len(test), seconds, skipped)
        self.summary = "; ".join([*words, *doubtful])
        self.sample_rate = sample_rate
        self.files: list[Path] = [recording.file for recording in kept]
        self.keys: list[str] = [recording.name for recording in kept]
        waves = torch.stack([recording.clip.wave for recording in kept])
        self.waves: Float[Tensor, "n samples"] = waves
        labels = torch.tensor([recording.label for recording in kept])
        self.labels: Int[Tensor, " n"] = labels

    def __len__(self) -> int:
        return len(self.waves)

    def __getitem__(self, i: int) -> tuple[Float[Tensor, " samples"], Int[Tensor, ""]]:
        return self.waves[i], self.labels[i]


def class_folders(path: Path) -> dict[str, list[Path]]:
    """The classes' folders by name, sorted; two that differ only in form are one."""
    if not path.is_dir():
        what = "a file, not a folder:" if path.exists() else "no folder"
        raise FileNotFoundError(f"there is {what} {path.absolute()}")
    classes: dict[str, list[Path]] = {}
    for folder in filter(Path.is_dir, filter(visible, path.iterdir())):
        classes.setdefault(legible(folder.name), []).append(folder)
    if not classes:
        raise ValueError(
            f"{path.absolute()} has no subfolders: put the recordings of each class "
            "into a subfolder of their own, which gives the class its name"
        )
    return {name: sorted(classes[name]) for name in sorted(classes)}


def beside(path: Path) -> dict[str, str]:
    """What lies beside the folders of the classes and should not, with the reason."""
    found = {}
    for f in sorted(filter(visible, path.iterdir())):
        if not f.exists():
            found[legible(f.name)] = "a link that leads nowhere"
        elif f.is_file() and f.suffix.lower() in SOUNDS:
            found[legible(f.name)] = "beside the classes' folders, not in one"
    return found


def usable(
    path: Path, folders: Iterable[Path], label: int, *options
) -> tuple[list[Recording], dict[str, str]]:
    """The recordings of a class, sorted, and what is of no use, with the reasons."""
    files, bad = [], {}
    for folder in folders:
        inside, unread = files_in(folder)
        files += inside
        bad |= {"/".join(parts(f, path)): reason for f, reason in unread.items()}
    good = []
    for file in tqdm(files, legible(folders[0].name), delay=3, leave=False):
        name = "/".join(parts(file, path))
        try:
            good.append(Recording(file, name, label, clip(file, *options)))
        except Unusable as error:
            bad[name.replace("/", os.sep)] = str(error)
    return good, bad


def held_out(found: list[Recording]) -> set[Recording]:
    """Those for the test part.

    By their names alone, so that adding files moves no others; but no clip is held out
    that is learned from under another name.
    """
    test = {recording for recording in found if recording.number % 10 == 0}
    for _, recordings in groupby(found, lambda recording: recording.label):
        if test.issuperset(every := list(recordings)):
            test.remove(min(every, key=lambda recording: recording.number))
    learned = {recording.contents for recording in found if recording not in test}
    return {recording for recording in test if recording.contents not in learned}
