"""Where a command writes: a folder that takes files, is vacant, and is claimed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..digest import digest
from .card import card_in

IDENTITY = "recipe", "steps", "seed", "data_sha256"  # what makes a run that run


def apart(out: Path, recordings: Path) -> None:
    """Raise ValueError if a model would be written among the recordings."""
    if out.resolve().is_relative_to(recordings.resolve()):
        raise ValueError(
            f"out: {out} lies in {recordings}, where another run would take it for a "
            "class: choose another folder"
        )


def writable(out: Path) -> Path:
    """`out` as a folder that exists and takes files."""
    probe = out / f".probe-{os.getpid()}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        try:
            probe.write_bytes(b"?")
        finally:  # a full disk has room for its name
            probe.unlink(missing_ok=True)
    except OSError as error:
        raise ValueError(f"out: cannot write to {out} ({error.strerror})") from error
    return out


def finished(out: Path, card: dict) -> bool:
    """Whether the model of this very run is there, and whole.

    Raises ValueError, naming it, for the model of another run: it is not replaced.
    """
    model = out / "model.safetensors"
    if not model.is_file():
        return False
    try:
        found = card_in(out)
    except ValueError as error:
        raise ValueError(f"out: {error}: choose another folder") from error
    wrong = [key for key in IDENTITY if found.get(key) != card.get(key)]
    if wrong:
        differ = ", ".join(f"{k}: {found.get(k)}, not {card.get(k)}" for k in wrong)
        raise ValueError(
            f"out: {out} holds another model, {found.get('title', 'untitled')!r} "
            f"({differ}): choose another folder"
        )
    return digest([model]) == found.get("sha256")


@contextmanager
def claimed(out: Path) -> Iterator[None]:
    """Nobody else writes into a folder, or a file, meanwhile; it ends with the process.

    A file that is not there is made. Raises ValueError if somebody has claimed it.
    Windows, and disks without locks, do without.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    claim = os.open(out, os.O_RDONLY | (0 if out.is_dir() else os.O_CREAT), 0o666)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(claim)
        raise ValueError(
            f"out: another command writes to {out} now; choose another folder"
        ) from None
    except OSError:  # a disk without locks
        pass
    try:
        yield
    finally:
        os.close(claim)
