"""Recordings: at hand under MINIDIFF_DATA, or downloaded once, checked and cached."""

import operator
import os
import shutil
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
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

    def wrong(folder: Path) -> str:
        files = _files(folder, suffix)
        found = sha256(files, NAME)
        told = f"{len(files)} files, digest {found[:12]}, expected {digest[:12]}"
        return "" if found == digest else told

    what = f"the recordings of {repository} at {commit[:7]}"
    url = ARCHIVE.format(repository=repository, commit=commit)
    return _files(fetched(name, commit, url, what, wrong), suffix)


def fetched(
    name: str,
    version: str,
    url: str,
    what: str,
    wrong: Callable[[Path], str],
    archive: str | None = None,
) -> Path:
    """The folder of a set, at hand or downloaded, in which nothing is wrong.

    url: a zip with one folder on top. what: what the set is called in messages.
    wrong(folder): what is wrong there, in words; nothing if all is well. archive:
    the SHA-256 of the zip, where it is always the same.
    Raises ValueError where something is wrong, ConnectionError where the set is neither
    at hand nor to be had.
    """
    folder = place(name, version)
    if not folder.is_dir():
        _download(url, folder, name, what, wrong, archive)
    elif found := wrong(folder):
        raise ValueError(
            f"{folder} does not hold {what} ({found}): delete the folder to fetch it "
            "again, or put a whole copy in its place"
        )
    return folder


def at_hand() -> Path | None:
    """The folder that the variable MINIDIFF_DATA points to."""
    given = os.environ.get("MINIDIFF_DATA")
    return Path(given).expanduser() if given else None


def place(name: str, version: str) -> Path:
    """Where a set is: under MINIDIFF_DATA if it is there, else in the user's cache."""
    if given := at_hand():
        folder = given / name
        if folder.is_dir() or folder.with_name(folder.name + pack.SUFFIX).is_file():
            return folder
    import pooch  # here: reading what is at hand must do without it

    return Path(pooch.os_cache("minidiff")) / name / version


def _files(folder: Path, suffix: str) -> list[Path]:
    """Sorted; without what macOS puts beside files on foreign disks, `._x.wav`."""
    return sorted(f for f in folder.rglob(f"*{suffix}") if visible(f))


def _download(url, folder, name, what, wrong, archive) -> None:
    """Fetch, check and unpack beside `folder`, then move: it is whole or not there."""
    import pooch
    import requests

    folder.parent.mkdir(parents=True, exist_ok=True)
    for old in folder.parent.glob(".part-*"):  # of downloads that were killed
        if time.time() - old.stat().st_mtime > 3600:
            shutil.rmtree(old, ignore_errors=True)
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
    try:
        pooch.HTTPDownloader(progressbar=True)(url, str(part / "archive.zip"), None)
        if archive and (found := sha256([part / "archive.zip"])) != archive:
            told = f"SHA-256 {found[:12]}, expected {archive[:12]}"
            raise ValueError(f"{url} is not {what} ({told}): nothing was kept")
        (part / "all").mkdir()
        with zipfile.ZipFile(part / "archive.zip") as content:
            content.extractall(part / "all")
        tops = list((part / "all").iterdir())
        whole = tops[0] if len(tops) == 1 else part / "all"
        if told := wrong(whole):
            raise ValueError(f"{url} does not hold {what} ({told}): nothing was kept")
        _move(whole, folder)
    except (requests.RequestException, zipfile.BadZipFile, zlib.error) as error:
        where = f" (now {at_hand()})" if at_hand() else ""
        raise ConnectionError(
            f"not at hand, and not to be downloaded: {what} ({_reason(url, error)}). "
            f"Go online once, or let the variable MINIDIFF_DATA{where} point to a "
            f"folder that holds a copy, called {name}"
        ) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _reason(url: str, error: Exception) -> str:
    """Why a download failed, in a few words."""
    import requests

    if isinstance(error, requests.HTTPError):
        return str(error)
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return f"the connection to {url} broke off"
    if isinstance(error, requests.RequestException):
        return f"no connection to {url}"
    return f"{url} arrived damaged"


def _move(whole: Path, folder: Path) -> None:
    try:
        os.replace(whole, folder)
    except OSError:
        if not folder.is_dir():  # if it is, another process was faster
            raise
