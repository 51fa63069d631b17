"""Rows of a comparison, read from a JSON file and the sounds beside it."""

import json
from pathlib import Path

from jaxtyping import Float
from safetensors.torch import load_file
from torch import Tensor

from .. import valid


class Measured(dict):
    """Rows of a comparison by name, each {"recipe": ..., "metrics": ...} and so on.

    machine, minutes: where and for how long each row was trained. again: the command
    that measures all of it once more. titles, sample_rate: of the `sounds`.
    """

    def __init__(self, content: dict, sounds: dict[str, Tensor] | None = None):
        super().__init__(content["rows"])
        self._sounds = sounds or {}
        self.titles = content.get("titles", [])
        self.sample_rate = content.get("sample_rate")
        self.machine, self.minutes = content["machine"], content["seconds"] / 60
        self.again = content["again"]

    def sounds(self, row: str) -> Float[Tensor, "n samples"]:
        """What a row's model made, one sound for each of `titles`, in [-1, 1].

        Raises ValueError for an unknown row and where no sounds were kept.
        """
        return self._sounds[valid.choice(row, self._sounds, "row")].float() / 32767

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


def read(name: str, folder: Path) -> Measured:
    """The comparison of that name in a folder. Raises ValueError for an unknown one."""
    names = sorted(f.stem for f in folder.glob("*.json"))
    name = valid.choice(name, names, "name of a comparison")
    sounds = folder / f"{name}.safetensors"
    return Measured(
        json.loads((folder / f"{name}.json").read_text()),
        load_file(sounds) if sounds.is_file() else None,
    )
