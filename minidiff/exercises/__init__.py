"""The exercises' checks: one file a chapter, read only when a chapter asks."""

import pkgutil
import re
from importlib import import_module

from .. import valid


def load(name: str) -> None:
    """Import the chapter that exercise `name` ("ex-03-1") belongs to.

    Raises ValueError for a name of another form and for a chapter without checks.
    """
    match = re.fullmatch(r"ex-(\d\d)-\d+", str(name))
    if not match:
        raise ValueError(f'an exercise is named like "ex-03-1", got {name!r}')
    chapter = valid.choice(f"ch{match[1]}", chapters(), "chapter of exercises")
    import_module(f"{__name__}.{chapter}")


def load_all() -> None:
    """Import every chapter's checks."""
    for chapter in chapters():
        import_module(f"{__name__}.{chapter}")


def chapters() -> list[str]:
    """The names of the chapters' files: "ch01", "ch02" ..."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return [name for name in names if re.fullmatch(r"ch\d\d", name)]
