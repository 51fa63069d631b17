"""The shipped models of sounds: how fast they are, and whether they give back copies.

    python -m bench.shipped      # ten minutes or so, with the recordings at hand

The results go to minidiff/measured/shipped.json, where the page of claims reads them.
"""

import json

import torch

from bench.judged import cost, held
from minidiff.judging.ear import stacked
from minidiff.measured import FOLDER
from minidiff.models.ears import load_ear
from minidiff.models.model import load
from minidiff.models.recipe import SoundRecipe
from minidiff.models.recipes import RECIPES
from minidiff.models.run import machine
from minidiff.models.shelf import shipped

EACH = 10  # sounds of a class


def nearer(made, test, train) -> dict:
    """Share of made sounds that lie nearer to a training sound than the nearest
    hundredth of the test sounds do, all (n, d) in an ear; 0.01 if they were like these.
    """
    near_made, near_test = (torch.cdist(e, train).min(1).values for e in (made, test))
    level = near_test.quantile(0.01)
    return {
        "level": round(level.item(), 3),
        "share": round((near_made < level).double().mean().item(), 4),
    }


def row(name: str, recipe) -> dict:
    """One model's line."""
    model = load(name)
    ear = load_ear(recipe.judge or name, recipe.hears)
    classes = len(model.labels)
    parts = [
        model.generate([k] * EACH, n=EACH, seed=1000 + k * EACH) for k in range(classes)
    ]
    test, train = (stacked(held(recipe.data, s))[0] for s in ("test", "train"))
    made, test, train = (ear.embed(w) for w in (torch.cat(parts), test, train))
    return {
        "n": {"made": len(made), "test": len(test), "train": len(train)},
        "nearer": nearer(made, test, train),
        "seconds_per_second": round(cost(model), 3),
        "machine": machine(model.denoiser),
    }


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
