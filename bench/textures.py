"""Which sounds are textures: how much the level varies inside a recording.

    python -m bench.textures                       # with the recordings at hand

Of every recording of the training split (the first five seconds), and of twenty
sounds of each class of the sound garden: the standard deviation, in dB, of the level of
its eighths of a second. What varies by less than `lasting.STEADY` in half of its
recordings has a middle that can go on, and `seconds=` allows it. The table goes to
minidiff/measured/textures.json.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import Dataset

from minidiff import data
from minidiff.measured import FOLDER
from minidiff.models.lasting import STEADY, TEXTURES

PIECES = 8  # of a second


def varies(wave: Tensor, rate: int) -> float:
    """Standard deviation of the level of short pieces, in dB; silence is -100 dB."""
    piece = rate // PIECES
    level = wave.unfold(0, piece, piece).square().mean(1).clamp(min=1e-10)
    return (10 * level.log10()).std().item()


def of(sounds: Dataset) -> dict[str, list[float]]:
    """Of each class, how much each of its sounds varies."""
    found = defaultdict(list)
    for i in range(len(sounds)):
        wave, label = sounds[i]
        found[sounds.names[int(label)]].append(varies(wave, sounds.sample_rate))
    return found


def row(numbers: list[float]) -> dict:
    """The middle one, and the quarters beside it."""
    low, middle, high = torch.tensor(numbers).quantile(
        torch.tensor([0.25, 0.5, 0.75]), interpolation="nearest"
    )
    metrics = {"varies": middle, "a_quarter_below": low, "a_quarter_above": high}
    return {
        "n": len(numbers),
        "metrics": {key: round(float(value), 2) for key, value in metrics.items()},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    crowds = {
        "environment": data.environment("train", samples=5 * 16_000),
        "sounds": data.sounds(12 * 20),
    }
    rows = {
        f"{name}, {label}": row(numbers)
        for name, sounds in crowds.items()
        for label, numbers in sorted(of(sounds).items())
    }
    for name in crowds:
        mine = {k.split(", ")[1]: v["metrics"]["varies"]
                for k, v in rows.items() if k.startswith(name)}  # fmt: skip
        steady = {k for k, v in mine.items() if v < STEADY}
        print(name, mine, "as lasting.TEXTURES has them:", steady == TEXTURES[name])
    content = {"again": "python -m bench.textures", "limit": STEADY, "rows": rows}
    file = args.out / "textures.json"
    file.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
