"""Recordings: at hand under MINIDIFF_DATA, or downloaded once, checked and cached."""

import operator
import os
import shutil
import tempfile
import time
import zipfile
import zlib
from pathlib import Path

from ..digest import digest as sha256
from . import pack
from .files import visible

ARCHIVE = "https://github.com/{repository}/archive/{commit}.zip"
NAME = operator.attrgetter("name")  # archives of one commit differ, these do not


def recordings(
    repository: str, commit: str, name: str, digest: str, suffix: str
) -> list[Path]:
    """The sound files of a set, sorted; a digest of all their bytes is checked.

    repository: owner/name on GitHub. name: the folder's name under MINIDIFF_DATA.
    suffix: of the sound files, ".wav" say.
    Raises ValueError if the contents are not those of the commit, ConnectionError if
    they are neither at hand nor to be had.
    """
    folder = place(name, commit)
    packed = folder.with_name(folder.name + pack.SUFFIX)
    if packed.is_file():
        return pack.listed(packed, digest)
    if not folder.is_dir():
        _download(repository, commit, name, digest, suffix, folder)
    files = _files(folder, suffix)
    found = sha256(files, NAME)
    if found != digest:
        raise ValueError(
            f"the recordings in {folder} are not those of {repository} at {commit[:7]} "
            f"({len(files)} files, digest {found[:12]}, expected {digest[:12]}): "
            "delete the folder to fetch them again"
        )
    return files


def at_hand() -> Path | None:
    """The folder that the variable MINIDIFF_DATA points to."""
    given = os.environ.get("MINIDIFF_DATA")
    return Path(given).expanduser() if given else None


def place(name: str, commit: str) -> Path:
    """Where a set is: under MINIDIFF_DATA if it is there, else in the user's cache."""
    if given := at_hand():
        folder = given / name
        if folder.is_dir() or folder.with_name(folder.name + pack.SUFFIX).is_file():
            return folder
    import pooch  # here: reading what is at hand must do without it

    return Path(pooch.os_cache("minidiff")) / name / commit


def _files(folder: Path, suffix: str) -> list[Path]:
    """Sorted; without what macOS puts beside files on foreign disks, `._x.wav`."""
    return sorted(f for f in folder.rglob(f"*{suffix}") if visible(f))


def _download(repository, commit, name, digest, suffix, folder) -> None:
    """Fetch, unpack and check beside `folder`, then move: it is whole or not there."""
    import pooch
    import requests

    url = ARCHIVE.format(repository=repository, commit=commit)
    folder.parent.mkdir(parents=True, exist_ok=True)
    for old in folder.parent.glob(".part-*"):  # of downloads that were killed
        if time.time() - old.stat().st_mtime > 3600:
            shutil.rmtree(old, ignore_errors=True)
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
    try:
        pooch.HTTPDownloader(progressbar=True)(url, str(part / "archive.zip"), None)
        with zipfile.ZipFile(part / "archive.zip") as archive:
            archive.extractall(part / "all")
        if sha256(_files(part / "all", suffix), NAME) != digest:
            raise ValueError(
                f"{url} does not hold the recordings that were expected: "
                "nothing was kept"
            )
        _move(part / "all", folder)
    except (requests.RequestException, zipfile.BadZipFile, zlib.error) as error:
        reason = f"{url} arrived damaged"
        if isinstance(error, requests.HTTPError):
            reason = str(error)
        elif isinstance(error, requests.RequestException):
            reason = f"no connection to {url}"
        where = f" (now {at_hand()})" if at_hand() else ""
        raise ConnectionError(
            f"the recordings of {repository} are not at hand and could not be "
            f"downloaded ({reason}): go online once, or put a copy where the variable "
            f"MINIDIFF_DATA points{where}, under {name}"
        ) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _move(whole: Path, folder: Path) -> None:
    try:
        os.replace(whole, folder)
    except OSError:
        if not folder.is_dir():  # if it is, another process was faster
            raise
