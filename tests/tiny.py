"""A model small enough to train in a test: three tones in two loudnesses.

As a script it is the command line with that recipe: `python tests/tiny.py train tiny
...`; under `accelerate launch` a second process takes part.
"""

import sys
from pathlib import Path

import torch
from torch.utils.data import Dataset

sys.path.insert(0, str(Path(__file__).parents[1]))

from minidiff import MelSpec
from minidiff.models import recipes
from minidiff.models.recipe import SoundRecipe

NAMES = {"tone": ["low", "middle", "high"], "level": ["soft", "loud"]}


class Tones(Dataset):
    """Sines of 250, 500 and 1000 Hz; soft ones are three times as many as loud ones."""

    label_names, names = NAMES, NAMES["tone"]

    def __init__(self, split="train", n=48):
        dice = torch.Generator().manual_seed({"train": 0, "test": 1}[split])
        self.phase = 6.28 * torch.rand(n, 1, generator=dice)
        self.tone = torch.arange(n) % 3
        self.level = (torch.arange(n) // 3 % 4 == 3).long()
        turn = 2 * torch.pi * 250 * torch.arange(1600) / 4000
        hertz = 2.0 ** self.tone[:, None]
        self.waves = (0.1 + 0.4 * self.level[:, None]) * (
            turn * hertz + self.phase
        ).sin()

    def __len__(self):
        return len(self.waves)

    def __getitem__(self, i):
        return self.waves[i], {"tone": self.tone[i], "level": self.level[i]}


RECIPE = SoundRecipe(
    data=Tones,
    samples=1600,
    spec=MelSpec(4000, n_fft=256, hop_length=100, n_mels=16, mean=-40.0),
    net={"type": "UNet", "channels": (8, 16)},
    steps=200,
    about={"title": "Three tones", "licence": "none"},
    batch=8,
    lr=4e-3,
    sampler_steps=4,
)

if __name__ == "__main__":
    recipes.RECIPES["tiny"] = RECIPE
    from minidiff.cli import main

    main()
