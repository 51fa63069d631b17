"""One digest for all: weights, recordings, checkpoints."""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

BLOCK = 2**20  # bytes; a long take must not fill the memory


def digest(files: Iterable[Path], name: Callable[[Path], str] | None = None) -> str:
    """SHA-256 of the bytes of some files, one after the other, in hexadecimal.

    name: what of a file's name counts too, before its bytes; default: nothing.
    """
    sha = hashlib.sha256()
    for file in files:
        if name is not None:
            sha.update(name(file).encode("utf-8", "surrogateescape"))
        with open(file, "rb") as content:
            while block := content.read(BLOCK):
                sha.update(block)
    return sha.hexdigest()
