"""Measured: numbers that took longer than a chapter may, with recipe and machine."""

from pathlib import Path

FOLDER = Path(__file__).parent


def measured(name: str):
    """The comparison of that name, a `Measured`. ValueError for an unknown one."""
    from .rows import read  # here: `import minidiff` must not wait for torch

    return read(name, FOLDER)
