"""What listeners answered: the table that the book's listening test saves, read."""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import NamedTuple

from scipy.stats import t as student

from .. import valid
from .guessing import chance_of, interval

TESTS = "abx", "rating"
NEEDED = "test", "listener", "sound", "label", "answer"


class Answer(NamedTuple):
    """One answer. label: what was played, of A/B/X as X; answer: what the listener
    said it was, or a grade from 1 to 5."""

    test: str
    listener: str
    sound: str
    label: str
    answer: str | float


class Told(NamedTuple):
    """Right answers of an A/B/X test. chance: how likely so many are by guessing; low,
    high: shares that they do not rule out, at 95 %. Both take every answer for one of
    its own, which those of one listener are not: see each of `listeners`, (right,
    tries)."""

    right: int
    tries: int
    chance: float
    low: float
    high: float
    listeners: dict[str, tuple[int, int]]

    @property
    def share(self) -> float:
        return self.right / self.tries


class Rated(NamedTuple):
    """The grades of one label: their mean, and at 95 % how far the mean of *other
    listeners* may be off, and that of *other sounds*; NaN where there is one alone."""

    mean: float
    n: int
    listeners: int
    by_listener: float
    sounds: int
    by_sound: float


def heard(tables: str | Path | Iterable[str | Path]) -> Told | dict[str, Rated]:
    """What one or more saved tables of a listening test say.

    tables: paths of CSV files, or one of them, all of one kind of test. Of A/B/X a
    `Told`, of ratings a `Rated` for each label. Raises ValueError for tables of both
    kinds, without answers, without a column that is needed, or with a grade outside
    [1, 5].
    """
    one = isinstance(tables, str | Path)
    answers = [
        answer for path in ([tables] if one else tables) for answer in read(path)
    ]
    return analysed(answers)


def read(table: str | Path) -> list[Answer]:
    """The answers in one table: a path, or its text, which has a line break."""
    text = table if isinstance(table, str) and "\n" in table else None
    if text is None:
        text = valid.path(table, "table").read_text(encoding="utf-8-sig")
    rows = csv.DictReader(io.StringIO(text))
    for name in NEEDED:
        if name not in (rows.fieldnames or ()):
            raise ValueError(f"table: there is no column {name!r} in {rows.fieldnames}")
    return [answer(row, line) for line, row in enumerate(rows, 2)]


def answer(row: dict, line: int) -> Answer:
    """A row as an answer. Raises ValueError, with its line, if it is none."""
    told = {name: (row[name] or "").strip() for name in NEEDED}
    empty = [name for name, text in told.items() if not text]
    if empty:
        raise ValueError(f"table, line {line}: {empty[0]} is empty")
    valid.choice(told["test"], TESTS, f"test in line {line}")
    if told["test"] == "rating":
        try:
            told["answer"] = float(told["answer"])
        except ValueError:
            raise ValueError(
                f"table, line {line}: the grade is {told['answer']!r}, no number"
            ) from None
        valid.number(told["answer"], f"grade in line {line}", 1, 5)
    return Answer(**told)


def analysed(answers: Sequence[Answer]) -> Told | dict[str, Rated]:
    """Answers of one kind of test, in numbers. Raises ValueError as `heard` does."""
    kinds = {one.test for one in answers}
    if len(kinds) != 1:
        found = ", ".join(sorted(kinds)) or "no answer"
        raise ValueError(f"answers must be of one kind of test, got {found}")
    if kinds == {"rating"}:
        labels = dict.fromkeys(one.label for one in answers)
        return {name: rated([a for a in answers if a.label == name]) for name in labels}
    hits: dict[str, list[bool]] = {}
    for one in answers:
        hits.setdefault(one.listener, []).append(one.answer == one.label)
    each = {name: (sum(right), len(right)) for name, right in hits.items()}
    right, tries = (sum(numbers) for numbers in zip(*each.values(), strict=True))
    return Told(
        right, tries, chance_of(right, tries), *interval(right, tries), listeners=each
    )


def rated(answers: Sequence[Answer]) -> Rated:
    """The grades of one label. Its mean gives every grade one voice."""
    grades = [one.answer for one in answers]
    far = {}
    for who in ("listener", "sound"):
        own: dict[str, list[float]] = {}
        for one in answers:
            own.setdefault(getattr(one, who), []).append(one.answer)
        far[who] = len(own), half_width([fmean(some) for some in own.values()])
    return Rated(fmean(grades), len(grades), *far["listener"], *far["sound"])


def half_width(means: Sequence[float], level: float = 0.95) -> float:
    """How far a mean of a few may be off (Student 1908); NaN for one alone."""
    n = len(means)
    if n < 2:
        return math.nan
    return float(student.ppf((1 + level) / 2, n - 1)) * stdev(means) / math.sqrt(n)
