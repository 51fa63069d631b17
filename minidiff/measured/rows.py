"""Rows of a comparison, read from a JSON file and the sounds beside it."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev

from jaxtyping import Float
from safetensors.torch import load_file
from torch import Tensor

from .. import valid


class Measured(dict):
    """Rows of a comparison by name, each {"recipe": ..., "metrics": ...} and so on.

    A row's metrics are means over its trainings, which differ by the seed; "spread"
    beside them holds their standard deviations. yardsticks: rows that were not trained,
    with what the same rulers say of known things. n: how many sounds each training was
    judged by ("made") and how many recordings they were compared with ("test").
    again: the command that measures all of it once more. titles, sample_rate: of the
    `sounds`.
    """

    def __init__(self, content: dict, sounds: dict[str, Tensor] | None = None):
        super().__init__(content["rows"])
        self._sounds = sounds or {}
        self.yardsticks: dict[str, dict] = content.get("yardsticks", {})
        self.n: dict[str, int] = content.get("n", {})
        self.titles = content.get("titles", [])
        self.sample_rate = content.get("sample_rate")
        self.again, self._seconds = content["again"], content.get("seconds")

    @property
    def seeds(self) -> int:
        """From how many seeds each row was trained, the fewest of them."""
        return min(row.get("seeds", 1) for row in self.values())

    @property
    def machine(self) -> str:
        """Where the rows were trained."""
        return ", ".join(dict.fromkeys(row["machine"] for row in self.values()))

    @property
    def budget(self) -> str:
        """What each training was given, in words."""
        steps = sorted(set(self.column("steps")))
        seeds = "one seed" if self.seeds == 1 else f"{self.seeds} seeds"
        if len(steps) == 1:
            return f"{steps[0]:,} steps each, {seeds}, on {self.machine}"
        return (
            f"{self._seconds:.0f} seconds each, which were {steps[0]:,} to "
            f"{steps[-1]:,} steps, {seeds}, on {self.machine}"
        )

    def sounds(self, row: str) -> Float[Tensor, "n samples"]:
        """What a row's model made, one sound for each of `titles`, in [-1, 1].

        Raises ValueError for an unknown row and where no sounds were kept.
        """
        return self._sounds[valid.choice(row, self._sounds, "row")].float() / 32767

    def column(self, path: str) -> list:
        """One number of every row, such as "steps" or "metrics.frechet"; else None."""
        return [found(row, path) for row in self.values()]

    def gap(self, path: str, row: str, other: str) -> tuple[float, float | None]:
        """How far one row or yardstick is above another, and the error of that.

        A mean of n trainings errs by their standard deviation over the root of n, and
        the difference of two by the root of the sum of both squares. None where neither
        has a spread: then the difference may be chance.
        """
        lines = self | self.yardsticks
        pair = [lines[valid.choice(name, lines, "row")] for name in (row, other)]
        a, b = (found(line, path) for line in pair)
        errors = [
            spread / math.sqrt(line.get("seeds", 1))
            for line in pair
            if (spread := found(line, spread_of(path))) is not None
        ]
        return a - b, math.hypot(*errors) if errors else None

    def paired(self, key: str, row: str, other: str) -> tuple[float, float]:
        """How far one row is above another on the same recordings, and the error.

        The mean of the differences, and their standard deviation over the root of
        their number. Raises ValueError for a row that does not hold `key` of each.
        """
        lines = self | self.yardsticks
        pair = [lines[valid.choice(name, lines, "row")] for name in (row, other)]
        for name, line in zip((row, other), pair, strict=True):
            valid.choice(key, line.get("each", {}), f"each of {name}")
        a, b = (line["each"][key] for line in pair)
        gaps = [x - y for x, y in zip(a, b, strict=True)]
        return mean(gaps), stdev(gaps) / math.sqrt(len(gaps))

    def best(self, path: str, least: bool = True) -> str:
        """The row that leads, with those behind it by no more than two errors of that.

        Without a spread all rows: one training each decides nothing.
        """
        values = dict(zip(self, self.column(path), strict=True))
        first = (min if least else max)(values, key=values.get)
        gaps = {name: self.gap(path, name, first) for name in self}
        return " or ".join(n for n, (far, error) in gaps.items()
                           if error is None or abs(far) <= 2 * error)  # fmt: skip

    def table(self, columns: dict[str, str], rows: Sequence[str] = ()) -> str:
        """A table in Markdown, the yardsticks below the rows, in italics.

        columns: paths by the words above them. rows: only these, rows or yardsticks, in
        this order; ValueError for an unknown one. A number that has a spread stands
        with it.
        """
        lines = [f"| | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
        known = self | self.yardsticks
        for name in [valid.choice(row, known, "row") for row in rows] or known:
            cells = (written(known[name], path) for path in columns.values())
            title = name if name in self else f"*{name}*"
            lines.append(f"| {title} | {' | '.join(cells)} |")
        return "\n".join(lines)


def found(row: dict, path: str):
    """What stands at the end of a path such as "metrics.frechet", or None."""
    for key in path.split("."):
        row = row.get(key) if isinstance(row, dict) else None
    return row


def written(row: dict, path: str) -> str:
    """A number with its spread, or "" where there is none."""
    value, spread = found(row, path), found(row, spread_of(path))
    if value is None:
        return ""
    return short(value) if spread is None else f"{short(value)} ± {short(spread, 2)}"


def spread_of(path: str) -> str:
    """Where the spread of a metric stands; of other numbers: nowhere."""
    first, _, rest = path.partition(".")
    return f"spread.{rest}" if first == "metrics" else ""


def short(value: float, digits: int = 3) -> str:
    """So many digits, but never a power of ten: 0.126, 12.6, 1,259, 1.26 M, 1.26 G."""
    for size, letter in ((1e9, " G"), (1e6, " M")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    whole = abs(value) >= 10**digits - 0.5
    return f"{value:,.0f}" if whole else f"{value:.{digits}g}"


def read(name: str, folder: Path) -> Measured:
    """The comparison of that name in a folder. Raises ValueError for an unknown one."""
    names = sorted(f.stem for f in folder.glob("*.json"))
    name = valid.choice(name, names, "name of a comparison")
    sounds = folder / f"{name}.safetensors"
    return Measured(
        json.loads((folder / f"{name}.json").read_text()),
        load_file(sounds) if sounds.is_file() else None,
    )
