"""Which files a folder holds: links are followed, what systems hide stays hidden."""

import os
import unicodedata
from pathlib import Path

HIDDEN = {  # what systems leave in folders, beside all that begins with a dot
    "__macosx", "__pycache__", "$recycle.bin", "system volume information",
    "lost+found", "@eadir", "#recycle", "thumbs.db", "ehthumbs.db", "desktop.ini",
}  # fmt: skip


def visible(path: Path) -> bool:
    return not path.name.startswith(".") and path.name.lower() not in HIDDEN


def files_in(folder: Path) -> tuple[list[Path], dict[Path, str]]:
    """All files in a folder, at any depth, and what could not be read, with reasons."""
    files, bad, folders = [], {}, [folder]
    seen = set(folder.resolve().parents)
    for here in folders:  # grows while it is walked
        try:
            if (real := here.resolve()) in seen:
                bad[here] = "a link to a folder that is read anyway"
                continue
            seen.add(real)
            for path in sorted(filter(visible, here.iterdir()), key=links_last):
                if path.is_dir():
                    folders.append(path)
                elif path.is_file():
                    files.append(path)
                else:
                    bad[path] = "no file" if path.exists() else "leads nowhere"
        except OSError as error:
            bad[here] = f"cannot be read: {error.strerror}"
    return sorted(files, key=lambda file: parts(file, folder)), bad


def links_last(path: Path) -> tuple[bool, str]:
    return path.is_symlink(), path.name


def legible(name: str) -> str:
    """A name in one Unicode form: macOS spells "ü" with two characters.

    Bytes that are no UTF-8, as old disks and archives have them, are read as Latin-1.
    """
    try:
        text = os.fsencode(name).decode()
    except UnicodeDecodeError:
        text = os.fsencode(name).decode("latin-1")
    return unicodedata.normalize("NFC", text)


def parts(file: Path, folder: Path) -> tuple[str, ...]:
    """The names that lead from a folder to a file, legible."""
    return tuple(map(legible, file.relative_to(folder).parts))
