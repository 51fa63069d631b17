"""What three ears do not hear: the garden's sounds, spoilt in one way at a time.

    python -m bench.deafness         # three minutes of one core

Fréchet distances of two crowds of the garden, as it is and spoilt: by the ears A and B
of `sounds` and by one that was never trained, the means and spreads of cepstra ("C").
The first yardstick is what no ear should mind, other sounds of the garden; the second
what all should, and no distance does, the very sounds of the reference. Spreads: from
one set of sounds to another (`halves`). The table goes to minidiff/measured/
deafness.json, where chapter 19 reads it. It needs no recordings.
"""

import argparse
import json
from pathlib import Path

import torch
from torch import Tensor, nn

import minidiff as md
from minidiff.data import garden
from minidiff.data.sounds import Sounds
from minidiff.judging.distance import frechet
from minidiff.judging.ear import stacked
from minidiff.judging.halves import halves
from minidiff.judging.plain import PlainEar
from minidiff.measured import FOLDER
from minidiff.models.ears import load_ears
from minidiff.models.run import machine

N = 720  # sounds on either side
LOWER = 2 ** (-4 / 12)  # four semitones
MISSING = "bell"
ONE_FOR = 10  # how many times every sound is there, where there is little variety


def noisy(waves: Tensor) -> Tensor:
    """White noise 20 dB below every sound."""
    dice = torch.Generator().manual_seed(0)
    size = waves.square().mean(1, keepdim=True).sqrt()
    return waves + 0.1 * size * torch.randn(waves.shape, generator=dice)


def swapped(waves: Tensor) -> Tensor:
    """The second half first."""
    return waves.roll(waves.shape[1] // 2, 1)


def lower(data: Sounds) -> Tensor:
    """The same sounds, made with all pitches lower."""
    made = []
    for i in range(len(data)):
        name, rng, params = data._start(i)
        params |= {"pitch": LOWER * params["pitch"]}
        made.append(garden.render(name, rng, params))
    return torch.stack(made)


def without(data: Sounds) -> tuple[Tensor, Tensor]:
    """As many sounds, but none of one class."""
    most = md.data.sounds(2 * len(data), data.split, data.seed)
    gone = most.names.index(MISSING)
    kept = [i for i in range(len(most)) if i % len(most.names) != gone][: len(data)]
    pairs = [most[i] for i in kept]
    return torch.stack([x for x, _ in pairs]), torch.stack([y for _, y in pairs])


def crowds() -> dict[str, tuple[Tensor, Tensor]]:
    """The reference first, then everything that is held against it."""
    real, truth = stacked(md.data.sounds(N, "test", seed=1))
    data = md.data.sounds(N, "test", seed=2)
    waves, labels = stacked(data)
    few = torch.arange(N) % (N // ONE_FOR)
    return {
        "reference": (real, truth),
        "other sounds": (waves, labels),
        "the same sounds": (real, truth),
        "noise, 20 dB below": (noisy(waves), labels),
        "backwards": (waves.flip(1), labels),
        "second half first": (swapped(waves), labels),
        "four semitones lower": (lower(data), labels),
        f"no {MISSING}s": without(data),
        "12 dB softer": (waves * 10 ** (-12 / 20), labels),
        "one sound for ten": (waves[few], labels[few]),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    torch.set_num_threads(1)
    ears = load_ears("sounds")
    ears["C"] = PlainEar(ears["A"].front)
    lines: dict[str, dict] = {}
    spoilt = crowds()
    for letter, ear in ears.items():
        told = {name: (ear.embed(x), y) for name, (x, y) in spoilt.items()}
        real, truth = told.pop("reference")
        end = "" if letter == "A" else f"_{letter.lower()}"
        for name, (x, y) in told.items():
            far, bias, spread = halves(frechet, x, real, labels=(y, truth))
            line = lines.setdefault(name, {"n": N, "metrics": {}, "spread": {}})
            line["metrics"] |= {f"frechet{end}": far, f"bias{end}": bias}
            line["spread"][f"frechet{end}"] = spread
            print(letter, name, f"{far:.3f} {bias:.3f} {spread:.3f}", flush=True)
    for line in lines.values():
        for kind in ("metrics", "spread"):
            line[kind] = {k: float(f"{v:.4g}") for k, v in line[kind].items()}
        line["machine"] = machine(nn.Linear(1, 1))
    known = ("other sounds", "the same sounds")
    content = {
        "again": "python -m bench.deafness",
        "n": {"made": N, "test": N},
        "rows": {k: v for k, v in lines.items() if k not in known},
        "yardsticks": {k: lines[k] for k in known},
    }
    text = json.dumps(content, indent=1) + "\n"
    (args.out / "deafness.json").write_text(text)


if __name__ == "__main__":
    main()
