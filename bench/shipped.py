"""The shipped models of sounds: how fast they are.

    python -m bench.shipped      # some minutes

The results go to minidiff/measured/shipped.json, where the page of claims reads them.
"""

import json

import torch

from bench.judged import cost
from minidiff.measured import FOLDER
from minidiff.models.model import load
from minidiff.models.recipe import SoundRecipe
from minidiff.models.recipes import RECIPES
from minidiff.models.run import machine
from minidiff.models.shelf import shipped


def row(name: str) -> dict:
    """One model's line."""
    model = load(name)
    return {
        "seconds_per_second": round(cost(model), 3),
        "machine": machine(model.denoiser),
    }


def main():
    torch.set_num_threads(1)
    rows = {}
    for name, recipe in RECIPES.items():
        if isinstance(recipe, SoundRecipe) and name in shipped():
            rows[name] = row(name)
            print(name, json.dumps(rows[name]), flush=True)
    content = {"again": "python -m bench.shipped", "rows": rows}
    (FOLDER / "shipped.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
