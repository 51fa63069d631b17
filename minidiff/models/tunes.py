"""Tunes from a shell: what a model of melodies writes, as ABC files."""

from collections.abc import Iterator
from pathlib import Path

from .. import valid
from ..control.writing import Writer
from ..data.abc_written import abc
from . import place


def tunes(
    writer: Writer, label: list[str] | None, out: Path, seeds: range, **others
) -> Iterator[Path]:
    """Write a tune for each seed, RHYTHM-SEED.abc, one after another.

    label: one rhythm, None for reels. others: what else a shell was asked for. Raises
    ValueError for any of these, for other labels, and for a file that is another tune.
    """
    if more := [name for name, one in others.items() if one is not None]:
        raise ValueError(f"{', '.join(more)}: this model writes tunes, no sounds")
    if label and len(label) > 1:
        raise ValueError(f"label: expected one rhythm, got {len(label)}")
    rhythm = valid.choice(label[0] if label else "reel", writer.labels, "label")
    place.writable(out)
    for seed in seeds:
        file = out / f"{rhythm}-{seed}.abc"
        tune = writer.write(rhythm, seed=seed)
        kept(file, abc(tune, rhythm, f"{rhythm.capitalize()} {seed}"))
        yield file


def kept(file: Path, text: str) -> None:
    """A file of this text. Raises ValueError where it cannot be, or another one is."""
    try:
        with file.open("x", encoding="utf-8", newline="\n") as new:
            new.write(text)
    except FileExistsError:
        if file.read_bytes() != text.encode():
            raise ValueError(
                f"out: {file} is another tune: choose another folder"
            ) from None
    except OSError as error:
        raise ValueError(f"out: could not write {file} ({error})") from error
