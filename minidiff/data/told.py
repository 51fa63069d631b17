"""What a folder of recordings holds, in words, and what looks like a mistake."""

from collections import Counter
from pathlib import Path, PurePath

from .usable import SOUNDS

PARTS = {"train", "training", "test", "testing", "val", "valid", "validation", "dev"}
RAISED = 30.0  # dB; more than that, and a clip's beginning is mostly room noise


def summary(
    names: list[str], train: list, held: int, seconds: float, skipped: dict
) -> list[str]:
    """What will be learned from, phrase by phrase; held: how many are held out."""
    counts = Counter(recording.label for recording in train)
    each = [f"{name} {counts[label]}" for label, name in enumerate(names)]
    classes = f"{len(names)} class{'es' * (len(names) > 1)}"
    words = [f"{classes}: {some(each, 20)}", f"{held} held out"]
    long = [r for r in train if r.clip.seconds > seconds + 1e-3]
    if long:
        words.append(f"{len(long)} longer than {seconds:.2f} s, cut")
        longest = max(long, key=lambda r: r.clip.seconds)
        if longest.clip.seconds > 10 * seconds:
            words.append(
                f"{longest.name} lasts {lasting(longest.clip.seconds)}, and only its "
                "beginning is learned (`python -m minidiff cut` makes pieces)"
            )
    raised = [r.name for r in train if r.clip.gain > RAISED]
    if raised:
        words.append(
            f"{len(raised)} so soft at the beginning that {RAISED:.0f} dB and more are "
            f"added, and to the noise too: {some(raised, 3)}"
        )
    if skipped:
        files = f"{len(skipped)} file{'s' * (len(skipped) > 1)}"
        words.append(f"{files} not used: {listed(skipped)}")
    return words


def doubts(path: Path, names: list[str], found: list[str]) -> list[str]:
    """What looks like a mistake in how the folders stand, if anything does.

    found: the names of all recordings, CLASS/...
    """
    said = []
    parts = [name for name in names if name.lower() in PARTS]
    if len(parts) == len(names) or len(parts) > 1:
        said.append(
            f"{path}: {' and '.join(parts)} are taken for classes; if they are parts "
            f"of a set, put the classes' folders of all of them into one"
        )
    inner = sorted({name.split("/")[1] for name in found if name.count("/") > 1})
    deep = all(name.count("/") > 1 for name in found)
    if len(names) == 1 and deep:
        said.append(
            f"{path}: {some(inner, 5)} are taken for one class, {names[0]}; if they "
            f"are the classes, give {path / names[0]}"
        )
    return said


def listed(skipped: dict[str, str], most: int = 10) -> str:
    """Files and what is wrong with them, recordings first, as one line."""
    kinds = {file: PurePath(file).suffix.lower() for file in skipped}
    often = Counter(kinds.values())

    def order(file):  # whatever there are many of is likely no recording
        return kinds[file] not in SOUNDS, often[kinds[file]]

    return some([f"{f} ({skipped[f]})" for f in sorted(skipped, key=order)], most)


def some(words: list[str], most: int) -> str:
    """The first of some words, and how many more there are."""
    more = [f"and {len(words) - most} more"] if len(words) > most else []
    return ", ".join(words[:most] + more)


def lasting(seconds: float) -> str:
    """12.3 s, 4 min, 1 h 20 min."""
    minutes = round(seconds / 60)
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{minutes // 60} h {minutes % 60} min" if minutes > 59 else f"{minutes} min"
