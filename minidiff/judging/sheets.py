"""Sounds laid out for the book's listening test: files, and a sheet that names them."""

import csv
import wave as wav
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from .. import valid


def lay_out(
    folder: str | Path,
    sounds: Mapping[str, Mapping[str, Tensor]],
    sample_rate: int,
    seed: int = 0,
) -> Path:
    """Write a listening test's files, and return the path of its sheet.

    sounds: by label ("made", "recorded"), and in each by name ("rain 1"); waves
    (samples,) in [-1, 1]. For A/B/X there are two labels with the same names. The files
    are numbered in an order of chance, so that whoever sees their names learns nothing;
    `sheet.csv` says which is which. 16 bits. Raises ValueError for no sounds, and waves
    that are not (samples,), NaN or empty.
    """
    rate = valid.whole(sample_rate, "sample_rate", 1)
    rows = [
        (name, label, one)
        for label, each in sounds.items()
        for name, one in each.items()
    ]
    if not rows:
        raise ValueError("sounds: there are none")
    for name, label, one in rows:
        if valid.real(one, f"{name}, {label}").dim() != 1:
            raise ValueError(f"{name}, {label} must be (samples,), got {one.shape}")
    folder = valid.path(folder, "folder")
    folder.mkdir(parents=True, exist_ok=True)
    dice = torch.Generator().manual_seed(valid.seed(seed))
    order = torch.randperm(len(rows), generator=dice).tolist()
    files = [f"{place + 1:03}.wav" for place in order]
    for file, (_, _, one) in zip(files, rows, strict=True):
        write(folder / file, one, rate)
    sheet = folder / "sheet.csv"
    with sheet.open("w", newline="", encoding="utf-8") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(["sound", "label", "file"])
        table.writerows(
            (name, label, file)
            for file, (name, label, _) in zip(files, rows, strict=True)
        )
    return sheet


def write(path: Path, wave: Tensor, sample_rate: int) -> None:
    """A sound of one channel as a WAV file of 16 bits."""
    samples = (32767 * wave.clamp(-1, 1)).round().to(torch.int16).numpy()
    with wav.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(sample_rate)
        out.writeframes(samples.astype("<i2").tobytes())
