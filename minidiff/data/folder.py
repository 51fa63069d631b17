"""The reader's own recordings: a folder with one subfolder for each class."""

import hashlib
import warnings
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import Dataset
from tqdm import tqdm

from .. import valid
from .clips import fitted, read

SHORTEST = 0.02  # seconds
QUIETEST = -70.0  # dBFS; below this there is only noise to make louder


class Folder(Dataset):
    """Recordings in `path`/CLASS/...: pairs of (wave, label), label int64.

    wave: (samples,) float32 in [-1, 1] at `sample_rate`: the beginning of a recording
    in any format that soundfile reads (WAV, FLAC, Ogg, MP3 ...), channels averaged,
    resampled, cut with a short fade or followed by silence, and levelled: its own
    part, without that silence, has an rms of `loudness` dBFS, or less where a peak
    would pass 0.99. A file gives one clip: cut long recordings first.

    split: about one file in ten, by a hash of its name, is for "test", all others are
    for "train", and at least one of every class. `names` are the subfolders', sorted;
    `waves` (n, samples), `labels` (n,) and `files` hold all of them.

    Files that cannot be used are skipped, with one warning that names them. Raises
    ValueError or FileNotFoundError, which say where, for a missing folder, one without
    subfolders, a class without a usable recording, an empty test part, and arguments
    out of range.
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
        path = Path(path).expanduser()
        classes = subfolders(path)
        self.names = [folder.name for folder in classes]
        self.label_names = {"class": self.names}
        found, skipped = [], {}
        for label, folder in enumerate(classes):
            good, bad = usable(folder, sample_rate, samples, loudness)
            if not good:
                reason = f"skipped {listed(bad)}" if bad else "the folder is empty"
                raise ValueError(f"{folder} has no usable recording: {reason}")
            skipped |= bad
            kept = chosen(folder, list(good), split)
            found += [(file, good[file], label) for file in kept]
        if skipped:
            warnings.warn(f"{path}: skipped {listed(skipped)}", stacklevel=2)
        if not found:
            raise ValueError(
                f"{path} has no recording for the test part: too few (one file in ten "
                "goes there, by a hash of its name); add some"
            )
        files, waves, labels = zip(*found, strict=True)
        self.sample_rate = sample_rate
        self.files: list[Path] = list(files)
        self.waves: Float[Tensor, "n samples"] = torch.stack(waves)
        self.labels: Int[Tensor, " n"] = torch.tensor(labels)

    def __len__(self) -> int:
        return len(self.waves)

    def __getitem__(self, i: int) -> tuple[Float[Tensor, " samples"], Int[Tensor, ""]]:
        return self.waves[i], self.labels[i]


def clip(
    file: Path, sample_rate: int, samples: int, loudness: float
) -> Float[Tensor, " samples"]:
    """The beginning of a recording, levelled; a ValueError says why it is of no use."""
    import soundfile

    try:
        wave = read(file, sample_rate, samples / sample_rate + 1)
    except (soundfile.SoundFileError, TypeError, OSError) as error:
        raise ValueError("not a sound that soundfile reads") from error
    if len(wave) < SHORTEST * sample_rate:
        raise ValueError(f"{len(wave) / sample_rate:.3f} s is too short")
    if not wave.isfinite().all():
        raise ValueError("it holds NaN or infinite values")
    length = min(len(wave), samples)
    wave = fitted(wave, samples, sample_rate)
    rms = wave[:length].square().mean().sqrt().item()
    if rms < 10 ** (QUIETEST / 20):
        raise ValueError(f"the first {length / sample_rate:.2f} s are silent")
    gain = min(10 ** (loudness / 20) / rms, 0.99 / wave.abs().max().item())
    return gain * wave


def subfolders(path: Path) -> list[Path]:
    """The classes' folders, sorted by name."""
    if not path.is_dir():
        raise FileNotFoundError(f"there is no folder {path.absolute()}")
    folders = sorted(f for f in path.iterdir() if f.is_dir() and visible(f))
    if not folders:
        raise ValueError(
            f"{path.absolute()} has no subfolders: put the recordings of each class "
            "into a subfolder of their own, which gives the class its name"
        )
    return folders


def usable(folder: Path, sample_rate: int, samples: int, loudness: float):
    """The clips of a class by file, and the files of no use, each with the reason."""
    good, bad = {}, {}
    files = sorted(f for f in folder.rglob("*") if f.is_file() and visible(f))
    for file in tqdm(files, folder.name, delay=3, leave=False):
        try:
            good[file] = clip(file, sample_rate, samples, loudness)
        except ValueError as error:
            bad[file.relative_to(folder.parent)] = error
    return good, bad


def visible(path: Path) -> bool:
    return not path.name.startswith((".", "__"))


def chosen(folder: Path, files: list[Path], split: str) -> list[Path]:
    """The recordings of a class that are in `split`.

    A file's part depends on its name alone, so that adding files moves no others.
    """

    def number(file):
        name = file.relative_to(folder.parent).as_posix()
        return int(hashlib.sha256(name.encode()).hexdigest(), 16)

    test = {file for file in files if number(file) % 10 == 0}
    if len(test) == len(files):
        test.remove(min(test, key=number))
    return [file for file in files if (file in test) == (split == "test")]


def listed(skipped: dict, most: int = 10) -> str:
    """Files and what is wrong with them, as one line."""
    lines = [f"{file} ({error})" for file, error in list(skipped.items())[:most]]
    more = [f"and {len(skipped) - most} more"] if len(skipped) > most else []
    return ", ".join(lines + more)
