"""Prepared sets: sounds of many origins, each as one zip of this project's release.

digests/ has, as the program sha256sum writes them, the digests of every file of each
set, and in zips.sha256 those of the zips; `tools/release_data.py` makes both.
"""

import csv
from pathlib import Path

from torch import Tensor

from ..digest import digest
from . import pack
from .clips import cuts, fitted, levelled, read
from .fetch import fetched, place

REPOSITORY = "https://github.com/diffusion-by-ear/diffusion-by-ear"
TAG = "data-1"
RELEASE = REPOSITORY + "/releases/download/{tag}/{name}.zip"
DIGESTS = Path(__file__).with_name("digests")
NAMED = 3  # files, in a message


def prepared(name: str) -> Path:
    """The folder of a prepared set, under MINIDIFF_DATA or downloaded, all of it right.

    Or its pack, which `tools/pack.py` wrote there, with the table beside it.

    Raises ValueError, which names the files, if some are missing or were altered,
    ConnectionError if the set is neither at hand nor to be had.
    """

    def wrong(folder: Path) -> str:
        return difference(folder, listed(name))

    packed = place(name, TAG).with_name(name + pack.SUFFIX)
    if packed.is_file():
        pack.listed(packed, source(name))
        if digest([packed.with_suffix(".csv")]) != listed(name)["labels.csv"]:
            raise ValueError(f"{packed.with_suffix('.csv')} was altered: pack it again")
        return packed
    url = RELEASE.format(tag=TAG, name=name)
    zipped = listed("zips")[f"{name}.zip"]
    return fetched(name, TAG, url, f"the set {name} of {TAG}", wrong, zipped)


def listed(table: str) -> dict[str, str]:
    """The SHA-256 of each file in one of the tables."""
    text = (DIGESTS / f"{table}.sha256").read_text("utf-8")
    pairs = (line.split("  ", 1) for line in text.splitlines())
    return {file: sha for sha, file in pairs}


def source(name: str) -> str:
    """One digest for a whole set, which its pack holds."""
    return digest([DIGESTS / f"{name}.sha256"])


def difference(folder: Path, files: dict[str, str]) -> str:
    """Which of the files a folder lacks or has otherwise; nothing if all are right."""
    missing, altered = [], []
    for file, expected in files.items():
        if not (folder / file).is_file():
            missing.append(file)
        elif (found := digest([folder / file])) != expected:
            altered.append(f"{file}: SHA-256 {found[:12]}, expected {expected[:12]}")
    told = []
    for what, which in (("missing", missing), ("altered", altered)):
        if which:
            more = ", ..." if len(which) > NAMED else ""
            told.append(
                f"{len(which)} of {len(files)} files {what}: "
                f"{', '.join(which[:NAMED])}{more}"
            )
    return "; ".join(told)


def rows(folder: Path) -> list[dict[str, str]]:
    """The table of a set: what each recording is, by whom, under which licence."""
    packed = folder.suffix == pack.SUFFIX
    file = folder.with_suffix(".csv") if packed else folder / "labels.csv"
    with open(file, newline="", encoding="utf-8") as table:
        return list(csv.DictReader(table))


def pieces(
    folder: Path, table: list[dict], sample_rate: int, samples: int, hop: int | None
) -> tuple[list[Tensor], list[str], list[int], list[str]]:
    """Levelled cuts of the recordings in a table: waves, classes, origins and credits.

    hop: samples between two cuts of a recording; None: only its beginning. Cuts that
    are almost silent are left out. origins: which recording, and so which credit.
    """
    waves, classes, origin, credits = [], [], [], []
    for row in table:
        wave = read(folder / row["file"], sample_rate)
        for cut in map(levelled, cuts(wave, samples, hop or len(wave))):
            if cut is not None:
                waves.append(fitted(cut, samples, sample_rate))
                classes.append(row["class"])
                origin.append(len(credits))
        credits.append(f"{row['author']}, {row['licence']}: {row['url']}")
    return waves, classes, origin, credits
