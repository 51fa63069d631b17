"""Measured: numbers that took longer than a chapter may, with recipe and machine."""

import json
from pathlib import Path

from .. import valid

FOLDER = Path(__file__).parent


class Measured(dict):
    """Rows of a comparison by name, each {"recipe": ..., "metrics": ...} and so on.

    machine, minutes: where and for how long each row was trained. again: the command
    that measures all of it once more.
    """

    def __init__(self, content: dict):
        super().__init__(content["rows"])
        self.machine, self.minutes = content["machine"], content["seconds"] / 60
        self.again = content["again"]

    def column(self, path: str) -> list:
        """One number of every row, such as "steps" or "metrics.frechet"; else None."""
        values = []
        for row in self.values():
            for key in path.split("."):
                row = row.get(key) if isinstance(row, dict) else None
            values.append(row)
        return values

    def table(self, columns: dict[str, str]) -> str:
        """A table in Markdown. columns: paths by the words above them."""
        lines = [f"| | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
        shown = zip(*map(self.column, columns.values()), strict=True)
        for name, values in zip(self, shown, strict=True):
            cells = ("" if v is None else f"{v:.3g}" if v < 1000 else f"{v:,.0f}"
                     for v in values)  # fmt: skip
            lines.append(f"| {name} | {' | '.join(cells)} |")
        return "\n".join(lines)


def measured(name: str) -> Measured:
    """The comparison of that name. Raises ValueError for an unknown one."""
    names = sorted(f.stem for f in FOLDER.glob("*.json"))
    name = valid.choice(name, names, "name of a comparison")
    return Measured(json.loads((FOLDER / f"{name}.json").read_text()))
