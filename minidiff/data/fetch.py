"""Recordings: at hand under MINIDIFF_DATA, or downloaded once, checked and cached."""

import hashlib
import os
import shutil
import zipfile
from pathlib import Path

import pooch


def recordings(repository: str, commit: str, at_hand: str, digest: str) -> list[Path]:
    """The sound files of a set, sorted; a digest of all their bytes is checked.

    repository: owner/name on GitHub. at_hand: the folder's name under MINIDIFF_DATA.
    Raises ValueError if the contents are not those of the commit, ConnectionError if
    they are neither at hand nor to be had.
    """
    if "MINIDIFF_DATA" in os.environ:
        folder = Path(os.environ["MINIDIFF_DATA"]) / at_hand
    else:
        folder = Path(pooch.os_cache("minidiff")) / at_hand / commit
    if not folder.is_dir():
        _download(repository, commit, folder)
    files = sorted(f for f in folder.rglob("*") if f.suffix in (".wav", ".ogg"))
    found = _digest(files)
    if found != digest:
        raise ValueError(
            f"the recordings in {folder} are not those of {repository} at {commit[:7]} "
            f"({len(files)} files, digest {found[:12]}, expected {digest[:12]}): "
            "delete the folder to fetch them again"
        )
    return files


def at_hand(folder: str, commit: str) -> bool:
    """Whether a set can be read without a download."""
    if "MINIDIFF_DATA" in os.environ:
        return (Path(os.environ["MINIDIFF_DATA"]) / folder).is_dir()
    return (Path(pooch.os_cache("minidiff")) / folder / commit).is_dir()


def _digest(files: list[Path]) -> str:
    """SHA-256 of all names and bytes: GitHub's archives differ, their contents don't."""
    sha = hashlib.sha256()
    for file in files:
        sha.update(file.name.encode())
        sha.update(file.read_bytes())
    return sha.hexdigest()


def _download(repository: str, commit: str, folder: Path) -> None:
    """Fetch and unpack beside `folder`, then move: a killed download leaves nothing."""
    url = f"https://github.com/{repository}/archive/{commit}.zip"
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        archive = pooch.retrieve(url, known_hash=None, path=part, progressbar=True)
        with zipfile.ZipFile(archive) as z:
            z.extractall(part / "all")
        os.replace(part / "all", folder)
    except (OSError, zipfile.BadZipFile) as error:
        raise ConnectionError(
            f"could not fetch {url} ({error}). Without a network, put the recordings "
            f"where MINIDIFF_DATA points: a copy of {repository}"
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
