"""Long recordings, cut into pieces: of one length, or where a sound ends a pause."""

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from .. import valid
from .clips import opened, taken, write
from .files import files_in, legible
from .usable import QUIETEST, SHORTEST, SOUNDS, Unusable, checked

FRAME = 0.01  # seconds; the level is looked at in steps of that size
PAUSE = 0.2  # seconds; what is soft for a shorter time is part of the sound
LEAD = 0.02  # seconds that a piece begins before its sound
RANGE = 15.0  # dB; a recording whose level varies less has no pauses


def cut(
    sources: Iterable[str | Path],
    out: str | Path,
    seconds: float = 1.024,
    pauses: bool = False,
) -> Iterator[str]:
    """Cut recordings, files or folders of them, into WAV files; says what came of each.

    Pieces are named after their source, NAME-0000.wav ..., and keep rate, channels and
    level, as 32-bit floats. They have `seconds`, the last one less; with `pauses` each
    begins with a sound after a pause and lasts until the next one does. What is too
    short to be cut is one piece. Raises ValueError for a piece that would replace
    another sound, an `out` inside a folder that is cut, and nothing to cut.
    """
    valid.number(seconds, "seconds", SHORTEST, 86_400)
    out = valid.path(out, "out")
    sources = [valid.path(source, "recordings") for source in sources]
    files = named(list(itertools.chain.from_iterable(found(s, out) for s in sources)))
    made = 0
    for file, name in files.items():
        pieces = []
        try:
            for part, rate in parts(file, seconds, pauses):
                pieces.append(out / f"{name}-{len(pieces):04}.wav")
                out.mkdir(parents=True, exist_ok=True)
                write(pieces[-1], part[:, 0] if part.shape[1] == 1 else part, rate)
        except Unusable as error:
            yield f"{file}: not used{' to its end' * bool(pieces)}: {error}"
        made += len(pieces)
        if len(pieces) > 1:
            ends = f"{pieces[0].name} to {pieces[-1].name}"
            yield f"{file}: {len(pieces)} pieces, {ends}"
        elif pieces:
            yield f"{file}: in one piece, {pieces[0].name}"
    if not made:
        raise ValueError("recordings: nothing that can be cut")


def found(source: Path, out: Path) -> list[Path]:
    """The recordings that a name on the command line stands for."""
    if not source.is_dir():
        if source.exists() and not source.is_file():  # a pipe would never end
            raise ValueError(f"recordings: {source} is neither a file nor a folder")
        return [source]
    if out.resolve().is_relative_to(source.resolve()):
        raise ValueError(f"out: {out} lies in {source}: choose another folder")
    return [file for file in files_in(source)[0] if file.suffix.lower() in SOUNDS]


def named(files: list[Path]) -> dict[Path, str]:
    """A name for the pieces of each file: its own, with its folder's if need be.

    Raises ValueError for two that come out the same all the same.
    """
    files = list({file.resolve(): file for file in files}.values())
    names = {file: legible(file.stem) for file in files}
    for file in alike(names):
        folder = legible(file.resolve().parent.name)
        names[file] = f"{folder}-{legible(file.name).replace('.', '-')}"
    if same := alike(names):
        raise ValueError(f"recordings: {same[0]} and {same[1]} need different names")
    return names


def alike(names: dict[Path, str]) -> list[Path]:
    """The files whose names would be one on a disk that knows no capitals."""
    often = Counter(name.lower() for name in names.values())
    return [file for file, name in names.items() if often[name.lower()] > 1]


def parts(file: Path, seconds: float, pauses: bool) -> Iterator[tuple]:
    """The pieces of a recording, (n, channels), each with the rate.

    Raises `Unusable` where it is damaged.
    """
    import soundfile

    sound, rate, _ = checked(file, 1.0)
    if len(sound) < SHORTEST * rate:
        raise Unusable(f"{len(sound) / rate:.3f} s is too short")
    try:
        starts = beginnings(file) if pauses else [0]
        with opened(file) as sound:
            taken(sound, starts[0])
            whole = at(sound, starts) if pauses else equal(sound, round(seconds * rate))
            for part in whole:
                yield part, rate
    except soundfile.SoundFileError as error:
        raise Unusable("it is damaged") from error


def equal(sound, size: int) -> Iterator[np.ndarray]:
    """Pieces of `size` samples; a rest too short to be one belongs to the last."""
    import soundfile

    piece = taken(sound, size)
    while True:
        try:
            after = taken(sound, size)
        except soundfile.SoundFileError:
            yield piece
            raise
        if len(after) < SHORTEST * sound.samplerate:
            yield np.concatenate([piece, after])
            return
        yield piece
        piece = after


def at(sound, starts: list[int]) -> Iterator[np.ndarray]:
    """Pieces that begin at these samples, and end where the next one begins."""
    for start, stop in itertools.pairwise([*starts, np.inf]):
        yield taken(sound, stop - start)


def beginnings(file: Path) -> list[int]:
    """The samples at which sounds begin, a little before, after pauses."""
    levels = []
    with opened(file) as sound:
        size, rate = round(FRAME * sound.samplerate), sound.samplerate
        while len(part := taken(sound, 1000 * size)):
            levels += [level(part[i : i + size]) for i in range(0, len(part), size)]
    levels = np.array(levels)
    soft, loud = np.percentile(levels, 10), levels.max()
    if loud - soft < RANGE:
        return [0]
    heard = np.flatnonzero(levels > soft + (loud - soft) / 3)
    after = np.diff(heard, prepend=-np.inf) > PAUSE / FRAME
    return [max(0, int(i * size - LEAD * rate)) for i in heard[after]]


def level(part: np.ndarray) -> float:
    """dB of the loudest channel, without its offset."""
    return 20 * math.log10(max(part.std(0).max(), 10 ** (QUIETEST / 20)))
