"""A pack: many recordings as arrays in one file, for machines that decode no sound.

`tools/pack.py` writes one beside a folder of recordings: `recordings.safetensors` for
`recordings/`. A path that leads through it, `recordings.safetensors/0_george_0.wav`,
is read as the recording itself would be.
"""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from ..digest import digest

SUFFIX = ".safetensors"


def write(pack: Path, files: dict[str, Path], decode: Callable, source: str) -> None:
    """Write recordings, by their names in the pack, as 16-bit numbers.

    decode: from a file to its samples, (n, channels) float32, and its rate. source: the
    digest of the recordings themselves.
    """
    arrays, told = {}, {}
    for name, file in files.items():
        wave, rate = decode(file)
        low, high = float(wave.min(initial=0)), float(wave.max(initial=0))
        scale = max(1 / 32768, -low / 32768, high / 32767)  # decoded peaks can pass 1
        arrays[name] = np.rint(wave / scale).astype(np.int16)
        told[name] = [rate, scale]
    save_file(arrays, pack, {"told": json.dumps(told), "source": source})
    pack.with_suffix(".sha256").write_text(digest([pack]) + "\n")


def listed(pack: Path, source: str) -> list[Path]:
    """The recordings in a pack, sorted.

    Raises ValueError for one of other recordings, and for a pack that was altered.
    """
    told = pack.with_suffix(".sha256")
    if not told.is_file() or told.read_text().strip() != digest([pack]):
        raise ValueError(f"{pack} was altered or cut short: make it again")
    with safe_open(pack, "np") as content:
        if content.metadata()["source"] != source:
            raise ValueError(f"{pack} holds other recordings than were expected")
        return sorted(pack / name for name in content.keys())  # noqa: SIM118


def within(file: Path) -> Path | None:
    """The pack that a path leads through, if it does."""
    return next((p for p in file.parents if p.suffix == SUFFIX), None)


def read(file: Path, seconds: float | None = None) -> tuple[np.ndarray, int]:
    """A recording of a pack: (n, channels) float32, and its rate."""
    pack = within(file)
    name = file.relative_to(pack).as_posix()
    rate, scale = _told(pack)[name]
    frames = None if seconds is None else int(np.ceil(seconds * rate))
    wave = _opened(pack).get_slice(name)[:frames]
    return (wave * scale).astype(np.float32), rate


@cache
def _opened(pack: Path):
    """Kept open: to read the list of thousands of recordings takes as long as one."""
    return safe_open(pack, "np")


@cache
def _told(pack: Path) -> dict:
    return json.loads(_opened(pack).metadata()["told"])
