"""Scenes near a reference, made from what a CLAP hears in it.

    python -m bench.nearby

References are scenes of the test split that `prompts-clap` and its CLAP never heard.
From each the model is told the embedding alone, or reads its caption. The ears of
`sounds`, which had no part in any training of these models, hear both halves of a
scene: *found* is how often, of all references, its own is the nearest, by chance one in
n, and *among_five* how often it is one of the five nearest; *alike* how far a made
scene is from its own reference, over the mean of all others. The last row is the
control: told what is heard in the *next* reference, nothing of its own should be found.
A caption is read as it is, over the gap between words and sounds, without a bridge; one
seed. The table goes to
minidiff/measured/nearby.json, where chapter 15 reads it.
"""

import argparse
import json
from pathlib import Path

import torch
from torch import Tensor

from bench.judged import of_ear
from bench.variations import mean, share
from minidiff import data
from minidiff.measured import FOLDER
from minidiff.models.ears import load_ears
from minidiff.models.model import load
from minidiff.models.run import machine

STEPS = 8


def heard(ear, waves: Tensor) -> Tensor:
    """Both halves of each scene, one after the other, (n, 256)."""
    halves = [ear.embed(half.contiguous()) for half in waves.split(ear.samples, 1)]
    return torch.cat(halves, 1)


def numbers(ears: dict, real: Tensor, made: Tensor) -> dict:
    metrics, spread, n = {}, {}, len(real)
    for letter, ear in ears.items():
        far = torch.cdist(heard(ear, made), heard(ear, real))
        others = (far.sum(1) - far.diagonal()) / (n - 1)
        own = torch.arange(n)
        found = {
            "found": share(far.argmin(1) == own),
            "among_five": share((far.argsort(1)[:, :5] == own[:, None]).any(1)),
            "alike": mean(far.diagonal() / others),
        }
        metrics |= of_ear(letter, {k: v for k, (v, _) in found.items()})
        spread |= of_ear(letter, {k: e for k, (_, e) in found.items()})
    return {"n": n, "metrics": metrics, "spread": spread}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=48, help="references")
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    model, ears = load("prompts-clap"), load_ears("sounds")
    scenes = data.scenes(720, "test")
    real = torch.stack([scenes[i][0] for i in range(args.n)])
    captions = [scenes.caption(i) for i in range(args.n)]
    heard_in = model.asks.clap.hear(real)
    front = model.spec.decode(model.spec.encode(real)).clamp(-1, 1)
    content = {
        "again": f"python -m bench.nearby --n {args.n}",
        "model": model.card["sha256"],
        "n": {"made": args.n},
        "yardsticks": {"through the front end and back": numbers(ears, real, front)},
    }
    rows, file = {}, args.out / "nearby.json"
    ways = {
        "told what is heard, scale 1": (1.0, lambda s: {"heard": heard_in[s]}),
        "told what is heard, scale 3": (3.0, lambda s: {"heard": heard_in[s]}),
        "told the caption, scale 3": (3.0, lambda s: captions[s]),
        "told what is heard in the next, scale 3": (
            3.0,
            lambda s: {"heard": heard_in.roll(-1, 0)[s]},
        ),
    }
    for way, (scale, asked) in ways.items():
        parts = [
            model.generate(
                asked(slice(i, i + 8)),
                len(real[i : i + 8]),
                STEPS,
                scale=scale,
                seed=i,
            )
            for i in range(0, args.n, 8)
        ]
        rows[way] = numbers(ears, real, torch.cat(parts)) | {"seeds": 1}
        rows[way]["machine"] = machine(model.denoiser)
        print(way, json.dumps(rows[way]["metrics"]), flush=True)
        file.write_text(json.dumps(content | {"rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
