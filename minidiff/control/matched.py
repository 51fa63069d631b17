"""How well a CLAP matches captions and sounds, and what it does not hear."""

import numpy as np
import torch
import torch.nn.functional as F

from ..data import captions, garden, twins
from ..data.captions import Asked
from ..data.scenes import SAMPLES, Scene, true, wrong_of
from ..data.sounds import sounds
from .clap import Clap, recall

KINDS = {  # what is wrong -> its place in `twins.nearly`, and in which relations
    "order in time": (0, ("then",)),
    "order in loudness": (0, ("over",)),
    "traits exchanged": (1, ("then", "over")),
    "relation": (2, ("then", "over")),
    "one trait": (3, ("", "then", "over")),
}


def needed(asked: Asked, scene: Scene) -> set[str]:
    """What one must hear to know that this is not true of the scene, if one thing.

    "order", "traits exchanged", "relation" or "one trait": what, made undone, leaves a
    caption that is true.
    """
    names = [part.name for part in asked.parts], [name for name, _ in scene.parts]
    if sorted(names[0]) != sorted(names[1]) or true(asked, scene):
        return set()
    undone = {
        "order": [twins.swapped(asked)],
        "traits exchanged": [twins.rebound(asked)],
        "relation": [twins.related(asked)],
        "one trait": twins.flips(asked),
    }
    return {kind for kind, ones in undone.items()
            if any(one and true(one, scene) for one in ones)}  # fmt: skip


def by_chance(dataset, batch: int = 64, batches: int = 100) -> dict[str, float]:
    """How often a batch asks what each kind of twin asks, without being made to.

    Of all scenes that have such a twin: how often another caption in the batch is wrong
    by that alone (`needed`). The batches are parts of the data set, one after another.
    """
    found = {kind: [] for kind in KINDS}
    for start in range(0, batch * batches, batch):
        items = range(start, start + batch)
        asked = [dataset.asked(i) for i in items]
        for i, one in zip(items, asked, strict=True):
            scene = dataset.scene(i)
            may = wrong_of(scene, dataset.split)
            twin = twins.nearly(one, np.random.default_rng(i), may)
            heard = set().union(*(needed(other, scene) for other in asked))
            for kind, (k, relations) in KINDS.items():
                if one.relation in relations and twin[k]:
                    found[kind].append(kind.partition(" in ")[0] in heard)
    return {kind: sum(each) / len(each) for kind, each in found.items() if each}


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
    scenes = [dataset.scene(i) for i in range(n)]
    return found | {"refused": refusals(clap, waves, asked, scenes)}


def zero_shot(clap: Clap, n: int = 360) -> float:
    """How often the plain name of a single sound fits it best, of the twelve names."""
    alone = sounds(n, "test")
    waves = torch.stack([wave for wave, _ in alone])
    waves = F.pad(waves, (0, SAMPLES - garden.SAMPLES))
    labels = torch.tensor([int(label) for _, label in alone])
    parts = [captions.Part(name, {}) for name in alone.names]
    names = [captions.say(captions.Asked("", (part,))) for part in parts]
    return (clap.classify(waves, names) == labels).double().mean().item()


def refusals(clap: Clap, waves: torch.Tensor, asked: list, scenes: list) -> dict:
    """How often a caption that is nearly right is refused for the right one, by kind.

    Where there is no such caption, as of one sound in another order, none is counted;
    nor where it would be true as well, or of no scene at all, which words alone tell.
    elsewhere: how often it is so of other scenes in the same relation, of which neither
    is true: far from a half, words alone give the answer away (Hsieh et al. 2023). Not
    of another relation, for the right one fits these scenes better.
    """
    rng, found, heard = np.random.default_rng(0), {}, clap.hear(waves)
    others = [
        twins.nearly(one, rng, wrong_of(scene))
        for one, scene in zip(asked, scenes, strict=True)
    ]
    for kind, (k, relations) in KINDS.items():
        near = [one.relation in relations and other[k]
                for one, other in zip(asked, others, strict=True)]  # fmt: skip
        chosen = [i for i, there in enumerate(near) if there]
        right, wrong = (
            clap.read([captions.say(one) for one in said])
            for said in ([asked[i] for i in chosen], [others[i][k] for i in chosen])
        )
        refused = heard @ right.T > heard @ wrong.T  # (scenes, chosen)
        alike = torch.tensor(
            [[one.relation == asked[i].relation for i in chosen] for one in asked]
        )
        own = torch.tensor(chosen), torch.arange(len(chosen))
        alike[own] = False
        found[kind] = {
            "n": len(chosen),
            "refused": round(refused[own].double().mean().item(), 4),
        }
        if kind != "relation":
            share = refused[alike].double().mean().item()
            found[kind]["elsewhere"] = round(share, 4)
    return found
