"""Checkpoints: a training that was stopped, in one file that is never half written."""

import io
import os
import zipfile
from pathlib import Path

import torch

NAME = "checkpoint.pt"


def keep(checkpoint: Path, content: dict) -> None:
    """Write a checkpoint beside the old one, then move: never half a file."""
    part = beside(checkpoint)
    try:
        with open(part, "wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())  # the power may fail
        os.replace(part, checkpoint)
    except (OSError, RuntimeError) as error:  # torch reports a full disk as the latter
        part.unlink(missing_ok=True)
        why = "is the disk full?" if isinstance(error, RuntimeError) else error
        kept = "; the last checkpoint is kept" if checkpoint.is_file() else ""
        raise ValueError(f"out: could not write {checkpoint} ({why}){kept}") from error


def drop(checkpoint: Path) -> None:
    """Remove a checkpoint, and one that a kill left half written beside it."""
    for file in (checkpoint, beside(checkpoint)):
        file.unlink(missing_ok=True)


def beside(checkpoint: Path) -> Path:
    """The file that becomes the checkpoint once it is whole."""
    return checkpoint.with_name(checkpoint.name + ".new")


def resume(checkpoint: Path, run: dict) -> tuple[dict | None, float]:
    """State and seconds spent of the run that a checkpoint holds, if there is one."""
    if not checkpoint.is_file():
        return None, 0.0
    found, state, spent = read(checkpoint)
    if found != run:
        raise ValueError(
            f"out: {checkpoint} belongs to another run ({', '.join(other(found, run))}"
            "); choose another folder"
        )
    return state, spent


def read(checkpoint: Path) -> tuple[dict, dict, float]:
    """Run, state and seconds. Raises ValueError for half a file and for other files."""
    content = io.BytesIO(checkpoint.read_bytes())
    try:
        if zipfile.ZipFile(content).testzip():
            raise ValueError("a part does not have its checksum")
        content.seek(0)
        content = torch.load(content, map_location="cpu", weights_only=True)
        run, state, spent = (content[key] for key in ("run", "state", "seconds"))
        int(run["steps"]), int(state["index"])  # any file of torch could be so named
        return run, state, float(spent)
    except MemoryError:  # of the machine, not of the file
        raise
    except Exception as error:  # half a file can fail at anything
        raise ValueError(
            f"out: {checkpoint} was altered or cut short: delete it or choose another "
            "folder"
        ) from error


def other(found: dict, run: dict) -> list[str]:
    """In what two runs differ."""
    keys = [key for key in found | run if found.get(key) != run.get(key)]
    return [
        changed(found[key], run[key])
        if isinstance(found.get(key), dict) and isinstance(run.get(key), dict)
        else f"{key}: {told(found.get(key))}, not {told(run.get(key))}"
        for key in keys
    ]


def changed(before: dict, now: dict) -> str:
    """Which recordings are new, gone or different; name -> digest."""
    kinds = {
        "new": now.keys() - before.keys(),
        "gone": before.keys() - now.keys(),
        "different": {k for k in before.keys() & now.keys() if before[k] != now[k]},
    }
    lists = (f"{kind}: {some(names)}" for kind, names in kinds.items() if names)
    return f"recordings {'; '.join(lists)}"


def some(names: set[str], most: int = 5) -> str:
    more = [f"and {len(names) - most} more"] if len(names) > most else []
    return ", ".join(sorted(names)[:most] + more)


def told(value) -> str:
    return f"{len(value)} recordings" if isinstance(value, dict) else str(value)


def unfinished(folder: Path) -> str:
    """What to say of a folder without a model."""
    if not (folder / NAME).is_file():
        return f"name of a model: there is none in the folder {folder}"
    run, state, _ = read(folder / NAME)
    return f"the training in {folder} {stopped(state['index'], run['steps'])}"


def stopped(step: int, steps: int) -> str:
    """What to say of a training that did not come to its end."""
    where = f"stopped at step {step:,} of {steps:,}".replace(",", " ")
    return f"{where}: run the same command to go on"
