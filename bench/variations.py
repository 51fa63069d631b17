"""Variations of recordings, strength against likeness and quality, by both ears.

    python -m bench.variations environment

References are recordings of the test split, asked for by their own class: of every
class the first few that are of different recordings (clips that were cut from one are
alike; a class may have fewer). Each is varied once at every strength. *alike*: how far
a variation is from its reference in the ear's embedding, over how far two different
recordings of that class are apart: 0 is the same sound, 1 as far as another recording,
more than 1 farther. *found*: how often, of all references, its own is the nearest; "its
class alone" is how often it would be if the class were hit and nothing else.
*precision*: whether it lies among as many training recordings. *each* holds what is
compared on the same recordings. The table goes to minidiff/measured/
variations-NAME.json, where chapter 15 reads it.
"""

import argparse
import json
import math
import re
from pathlib import Path

import torch
from torch import Tensor

from bench.judged import held, of_ear
from minidiff.judging.distance import precision_recall
from minidiff.judging.ear import stacked
from minidiff.measured import FOLDER
from minidiff.models.ears import load_ears
from minidiff.models.model import load
from minidiff.models.recipes import RECIPES
from minidiff.models.run import machine

STRENGTHS = (0.2, 0.4, 0.6, 0.8, 0.9, 0.96, 1.0)
STEPS = 12


def share(hits: Tensor) -> tuple[float, float]:
    """A share and its standard error."""
    p = hits.double().mean().item()
    return round(p, 3), share_error(p, len(hits))


def mean(values: Tensor) -> tuple[float, float]:
    """A mean and its standard error."""
    values = values.double()
    error = values.std().item() / math.sqrt(len(values))
    return round(values.mean().item(), 3), round(error, 3)


class Bench:
    """References with their embeddings, and what to hold variations against."""

    def __init__(self, name: str, each: int):
        self.ears = load_ears(RECIPES[name].judge or name)
        waves, labels = stacked(held(RECIPES[name].data, "test"))
        sources = origins(held(RECIPES[name].data, "test"))
        taken = [apart((labels == k).nonzero()[:, 0], sources)[:each]
                 for k in labels.unique()]  # fmt: skip
        place = torch.cat(taken)
        self.waves, self.labels = waves[place], labels[place]
        self.heard = {k: ear.embed(self.waves) for k, ear in self.ears.items()}
        more, theirs = stacked(held(RECIPES[name].data, "train"))
        dice = torch.Generator().manual_seed(0)
        mixed = torch.randperm(len(more), generator=dice)
        train = [mixed[theirs[mixed] == k][: len(t)] for k, t in enumerate(taken)]
        train = torch.cat(train)
        self.train = {k: ear.embed(more[train]) for k, ear in self.ears.items()}

    def numbers(self, waves: Tensor) -> dict:
        metrics, spread, each = {}, {}, {}
        for letter, ear in self.ears.items():
            made, real = ear.embed(waves), self.heard[letter]
            far = torch.cdist(made, real)
            among = torch.cdist(real, real)
            same = self.labels[:, None] == self.labels
            same.fill_diagonal_(False)
            usual = torch.stack([among[i][same[i]].mean() for i in range(len(same))])
            hits = far.argmin(1) == torch.arange(len(made))
            known = ear.named(made) == self.labels
            precise, _ = precision_recall(self.train[letter], made)
            found = {
                "alike": mean(far.diagonal() / usual),
                "found": share(hits),
                "recognised": share(known),
                "precision": (round(precise, 3), share_error(precise, len(made))),
            }
            metrics |= of_ear(letter, {k: v for k, (v, _) in found.items()})
            spread |= of_ear(letter, {k: v for k, (_, v) in found.items()})
            each |= of_ear(letter, {"recognised": known.int().tolist()})
        return {"n": len(waves), "metrics": metrics, "spread": spread, "each": each}

    def by_class(self) -> dict:
        """How often the own reference is the nearest, if the class alone is right."""
        share = len(self.labels.unique()) / len(self.labels)
        return {"metrics": {"found": share, "found_b": share}}


def origins(data) -> list:
    """What each item was cut from, by its credit; where there is none, itself."""
    if not hasattr(data, "credits"):
        return list(range(len(data)))
    return [data.credits[k] for k in data.origin]


def apart(items: Tensor, sources: list) -> Tensor:
    """Of these items the first of every source."""
    first = {}
    for i in items.tolist():
        first.setdefault(sources[i], i)
    return torch.tensor(list(first.values()))


def share_error(p: float, n: int) -> float:
    """The standard error of a share of n, one hit and one miss more counted."""
    likely = (p * n + 1) / (n + 2)
    return round(math.sqrt(likely * (1 - likely) / n), 3)


def on_one_line(text: str) -> str:
    """JSON with its lists of numbers, one a recording, each on a line."""
    return re.sub(r"\[[^][{}]*\]", lambda m: " ".join(m[0].split()), text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=["environment", "sounds", "drums", "digits"])
    parser.add_argument("--each", type=int, default=4, help="most references a class")
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    model, bench = load(args.name), Bench(args.name, args.each)
    front = model.spec.decode(model.spec.encode(bench.waves)).clamp(-1, 1)
    content = {
        "again": f"python -m bench.variations {args.name} --each {args.each}",
        "model": model.card["sha256"],
        "n": {"made": len(bench.waves)},
        "yardsticks": {
            "strength 0, the reference": bench.numbers(bench.waves),
            "through the front end and back": bench.numbers(front),
            "its class alone": bench.by_class(),
        },
    }
    rows, file = {}, args.out / f"variations-{args.name}.json"
    label, refs = bench.labels.tolist(), list(bench.waves)
    for strength in STRENGTHS:
        parts = [
            model.generate(
                [model.labels[k] for k in label[i : i + 10]],
                len(label[i : i + 10]),
                STEPS,
                seed=i,
                reference=refs[i : i + 10],
                strength=strength,
            )
            for i in range(0, len(refs), 10)
        ]
        row = bench.numbers(torch.cat(parts)) | {"seeds": 1}
        row["machine"] = machine(model.denoiser)
        rows[f"strength {strength:g}"] = row
        print(strength, json.dumps(row["metrics"]), flush=True)
        text = json.dumps(content | {"rows": rows}, indent=1)
        file.write_text(on_one_line(text) + "\n")


if __name__ == "__main__":
    main()
