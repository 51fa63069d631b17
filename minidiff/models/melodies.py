"""The recipe of a model that writes melodies."""

from dataclasses import dataclass

from torch import nn
from torch.utils.data import Dataset

from ..control.writing import SEEN, Writer
from ..data.melodies import Melodies
from ..data.scores import BARS, PLACES, Scores, Written
from ..judging.runs import longest_runs
from ..nets import build
from .recipe import Recipe

COUNT = 40  # tunes that are written for the card


class Tunes(Written):
    """What the training sees."""

    def __init__(self, tunes: Melodies):
        super().__init__(tunes, Scores.of(tunes.tunes), SEEN)
        self.names: dict[str, list[str]] = {"rhythm": list(BARS)}


@dataclass(frozen=True)
class MelodyRecipe(Recipe):
    """Of a net that writes the next note; it has no front end.

    net: its `words` are the notes that occur in the data, and three signs.
    """

    kind = "melody"
    by_ears = False

    def examples(self, waves: Dataset) -> Tunes:
        tunes = Tunes(waves)
        if len(tunes.scores) != self.net["words"]:
            raise ValueError(
                f"net: words is {self.net['words']}, the tunes have {len(tunes.scores)}"
            )
        return tunes

    def size(self, names: dict[str, list[str]]) -> dict:
        return {"type": "Melody", "places": PLACES, "kinds": len(BARS), **self.net}

    def build(self, names: dict[str, list[str]]) -> nn.Module:
        return build(**self.size(names))

    def finish(self, trained: nn.Module, examples: Tunes) -> nn.Module:
        return trained

    def settings(self, examples: Tunes) -> dict:
        return {
            "kind": self.kind,
            "net": self.size(examples.names),
            "notes": examples.scores.notes,
        }

    def measure(self, model: Writer, ears: dict) -> dict:
        """Surprise at tunes it knows and does not, and how much it copies."""
        train, test = self.data("train"), self.data("test")
        rhythms = [rhythm for rhythm in test.rhythms[:COUNT]]
        made = [model.write(r, seed=i) for i, r in enumerate(rhythms)]
        runs = {"made": made, "recorded": test.tunes[:COUNT]}
        return {
            "training": model.surprise(train),
            "recorded": model.surprise(test),
            "longest_run": {
                name: spread(longest_runs(tunes, train.tunes))
                for name, tunes in runs.items()
            },
        }


def spread(runs: list[int]) -> dict[str, float]:
    """The middle one, and the longest."""
    return {"n": len(runs), "median": sorted(runs)[len(runs) // 2], "most": max(runs)}
