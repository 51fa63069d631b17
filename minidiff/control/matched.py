"""How well a CLAP matches captions and sounds, and what it does not hear."""

import numpy as np
import torch
import torch.nn.functional as F

from ..data import captions, garden
from ..data.scenes import SAMPLES
from ..data.sounds import sounds
from .clap import Clap, recall

KINDS = "order", "traits exchanged", "relation", "one trait"


def matched(clap: Clap, dataset, n: int = 360) -> dict:
    """On the first n scenes: recall both ways, zero-shot classes, and `refusals`.

    Of n captions, some of which may say the same: then each of their sounds is right.
    """
    n = min(n, len(dataset))
    told = [dataset.caption(i) for i in range(n)]
    waves = torch.stack([dataset[i][0] for i in range(n)])
    asked = [dataset.asked(i) for i in range(n)]
    same = torch.tensor([[a == b for b in asked] for a in asked])
    fit, found = clap.fit(waves, told), {"n": n}
    for k in (1, 5):
        found[f"captions_at_{k}"] = round(recall(fit, k, same), 4)
        found[f"sounds_at_{k}"] = round(recall(fit.T, k, same.T), 4)
    found["zero_shot"] = round(zero_shot(clap), 4)
    found["temperature"] = round(clap.towers.temperature.item(), 4)
    return found | {"refused": refusals(clap, waves, asked)}


def zero_shot(clap: Clap, n: int = 360) -> float:
    """How often the plain name of a single sound fits it best, of the twelve names."""
    alone = sounds(n, "test")
    waves = torch.stack([wave for wave, _ in alone])
    waves = F.pad(waves, (0, SAMPLES - garden.SAMPLES))
    labels = torch.tensor([int(label) for _, label in alone])
    parts = [captions.Part(name, {}) for name in alone.names]
    names = [captions.say(captions.Asked("", (part,))) for part in parts]
    return (clap.classify(waves, names) == labels).double().mean().item()


def refusals(clap: Clap, waves: torch.Tensor, asked: list) -> dict:
    """How often a caption that is nearly right is refused for the right one, by kind.

    Where there is no such caption, as of one sound in another order, none is counted.
    """
    rng = np.random.default_rng(0)
    others, found = [captions.nearly(one, rng) for one in asked], {}
    for k, kind in enumerate(KINDS):
        chosen = [i for i, other in enumerate(others) if other[k]]
        right = [captions.say(asked[i]) for i in chosen]
        wrong = [captions.say(others[i][k]) for i in chosen]
        refused = clap.prefers(waves[chosen], right, wrong)
        share = round(refused.double().mean().item(), 4)
        found[kind] = {"n": len(chosen), "refused": share}
    return found
