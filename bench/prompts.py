"""How well sounds follow their prompts, and how well a CLAP matches: two tables.

    python -m bench.prompts --models prompts prompts-clap --claps clap clap-plain \\
        --listener scenes-listener --out FOLDER

Each of the names is a model that ships or the folder of one. `prompts.json`: the
captions of the test split, half of which put together what training never did; what a
listener hears of them in the recordings themselves, in these by way of the mels and
back, and in what each model makes. `claps.json`: recall both ways, zero-shot classes,
and how often the right caption is preferred to one with the order, the traits or the
relation exchanged; by chance half.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

import minidiff as md
from minidiff.control.clap import recall
from minidiff.data import captions
from minidiff.data.scenes import SAMPLES

KINDS = "order", "traits exchanged", "relation", "a trait"


def prompts(names: list[str], listening, n: int, scale: float | None, device: str):
    """Rows of the first table."""
    dataset = md.data.scenes(n, "test", seed=3)
    told = [dataset.caption(i) for i in range(n)]
    waves = torch.stack([dataset[i][0] for i in range(n)])
    rows = {"recorded": listening.judge(waves, told)}
    for name in names:
        model = md.load(name)
        mels = model.spec.decode(model.spec.encode(waves)).clamp(-1, 1)
        rows["front_end"] = listening.judge(mels[:, : waves.shape[1]], told)
        made = [
            model.generate(told[i : i + 60], seed=i, scale=scale, device=device)
            for i in range(0, n, 60)
        ]
        rows[Path(name).name] = listening.judge(torch.cat(made), told)
        print(name, rows[Path(name).name], flush=True)
    return rows


def claps(names: list[str], n: int) -> dict:
    """Rows of the second table."""
    dataset, rows = md.data.scenes(n, "test", seed=3), {}
    told = [dataset.caption(i) for i in range(n)]
    waves = torch.stack([dataset[i][0] for i in range(n)])
    sounds = md.data.sounds(360, "test")
    alone = torch.stack([wave for wave, _ in sounds])
    alone = torch.nn.functional.pad(alone, (0, SAMPLES - alone.shape[1]))
    labels = torch.tensor([int(label) for _, label in sounds])
    parts = [captions.Part(name, {}) for name in sounds.names]
    plain = [captions.say(captions.Asked("", (part,))) for part in parts]
    for name in names:
        clap = md.load(name)
        fit, row = clap.fit(waves, told), {"n": n}
        for way, table in (("text of sound", fit), ("sound of text", fit.T)):
            row |= {f"{way}, recall at {k}": round(recall(table, k), 4) for k in (1, 5)}
        right = clap.classify(alone, plain) == labels
        row["zero-shot"] = round(right.double().mean().item(), 4)
        row["temperature"] = round(clap.towers.temperature.item(), 4)
        rows[Path(name).name] = row | refusals(clap, dataset, waves, told)
        print(name, rows[Path(name).name], flush=True)
    return rows


def refusals(clap, dataset, waves, told) -> dict:
    """How often each kind of nearly right caption is refused."""
    rng, row = np.random.default_rng(0), {}
    others = [captions.nearly(dataset.asked(i), rng) for i in range(len(told))]
    for k, kind in enumerate(KINDS):
        chosen = [i for i, other in enumerate(others) if other[k]]
        wrong = [captions.say(others[i][k]) for i in chosen]
        right = [captions.say(dataset.asked(i)) for i in chosen]
        refused = clap.prefers(waves[chosen], right, wrong)
        row[kind] = round(refused.double().mean().item(), 4)
        row[f"{kind}, n"] = len(chosen)
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="*", default=[])
    parser.add_argument("--claps", nargs="*", default=[])
    parser.add_argument("--listener", help="needed for --models")
    parser.add_argument("--n", type=int, default=360)
    parser.add_argument("--scale", type=float, help="default: the models' own")
    parser.add_argument("--device", default=str(md.device()))
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    tables = {}
    if args.claps:
        tables["claps"] = claps(args.claps, args.n)
    if args.models:
        listening = md.load(args.listener)
        asked = args.n, args.scale, args.device
        tables["prompts"] = prompts(args.models, listening, *asked)
    for name, rows in tables.items():
        (args.out / f"{name}.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
