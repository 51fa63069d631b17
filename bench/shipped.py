"""The shipped models of sounds: how fast they are, and whether they copy.

    python -m bench.shipped      # ten minutes

Most cards say by two ears whether a model copies; where a card does not, for what its
model makes no ear is trained, it is asked here by mels. The results go to
minidiff/measured/shipped.json, where the page of claims reads them.
"""

import json
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Subset

from bench.judged import cost
from minidiff.judging.copies import copies
from minidiff.judging.crowds import answers, labels_of
from minidiff.judging.evaluate import rounded
from minidiff.measured import FOLDER
from minidiff.models.model import load
from minidiff.models.recipe import SoundRecipe
from minidiff.models.recipes import RECIPES
from minidiff.models.run import machine
from minidiff.models.shelf import shipped

MADE = 100
PART = 60


def row(name: str, recipe: SoundRecipe) -> dict:
    """One model's line."""
    model = load(name)
    told = {
        "seconds_per_second": round(cost(model), 3),
        "machine": machine(model.denoiser),
    }
    if "ear_b" in model.card["metrics"]:
        return told
    return told | {"copies": by_mel(model, recipe.data("train"), recipe.data("test"))}


def by_mel(model, train: Dataset, test: Dataset) -> dict:
    """`copies` in mels, of sounds for wishes of the test; and how many there were."""
    order = torch.randperm(len(test), generator=torch.Generator().manual_seed(0))
    made = [asked(model, test, part) for part in order[:MADE].split(10)]
    real, known = (pieces(data) for data in (test, train))
    again = (model.spec.decode(model.spec.encode(w)) for w in pieces(train, MADE))
    crowds = (
        torch.cat([model.spec.encode(w).flatten(1) for w in waves])
        for waves in (made, real, again, known)
    )
    n = {"made": min(MADE, len(test)), "recorded": len(test)}
    return rounded(copies(*crowds)) | {"n": n}


def asked(model, test: Dataset, some: Tensor) -> Tensor:
    """What the model makes of the captions or labels of some test sounds."""
    if "caption" in model.conditions:
        told = [test.caption(i) for i in some.tolist()]
        return model.generate(told, len(told), seed=some[0].item())
    return answers(model, [labels_of(test, i) for i in some.tolist()])


def pieces(data: Dataset, n: int | None = None) -> Iterator[Tensor]:
    """Waveforms, a few at a time: those of a whole training set are a gigabyte."""
    some = Subset(data, range(n or len(data)))
    return (waves for waves, *_ in DataLoader(some, PART))


def main():
    torch.set_num_threads(1)
    rows = {}
    for name, recipe in RECIPES.items():
        if isinstance(recipe, SoundRecipe) and name in shipped():
            rows[name] = row(name, recipe)
            print(name, json.dumps(rows[name]), flush=True)
    content = {"again": "python -m bench.shipped", "rows": rows}
    (FOLDER / "shipped.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
