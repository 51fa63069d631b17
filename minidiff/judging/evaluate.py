"""Judging: recognised, as varied as the real thing, new, and clean? By both ears."""

import math
import warnings

import torch
from jaxtyping import Int
from torch import Tensor
from torch.utils.data import Dataset
from tqdm import tqdm

from .cleanliness import cleanliness
from .copies import copies
from .distance import directions, frechet, kernel_distance, precision_recall
from .ear import Ear, stacked
from .halves import halves
from .pitch import in_tune

LEAST, MOST = 100, 360  # made sounds
FEW = 16  # directions, where there are fewer than two sounds for each of all
PART = 30  # sounds made at once


def evaluate(model, ears: dict[str, Ear], train: Dataset, test: Dataset) -> dict:
    """All the numbers of a model's card, from every ear by its letter.

    Makes a sound for each of the test set, with its labels and the model's defaults (at
    most 360 of them, drawn; of a small set several for each, 100 at least). What the
    numbers mean is told by rows beside them: `recorded`, the test set itself;
    `training`, as many training sounds of the same classes; `front_end`, these by way
    of what the model learns, and back. Distances are to the test set, with their bias
    and spread (`halves`).
    """
    real, truth = stacked(test)
    known, names = stacked(train)
    # which training sounds are variations of one recording
    origin = getattr(train, "origin", torch.arange(len(known)))
    order = torch.randperm(len(real), generator=torch.Generator().manual_seed(0))
    order = order.repeat(-(-LEAST // len(real)))[:MOST]
    made = answers(model, [labels_of(test, i) for i in order.tolist()])
    wanted, alike = truth[order], like(truth[order], names, origin)
    there_and_back = model.spec.decode(model.spec.encode(known[alike])).clamp(-1, 1)
    crowds = {
        "recorded": (real, truth),
        "training": (known[alike], names[alike]),
        "front_end": (there_and_back[:, : known.shape[1]], names[alike]),
        "made": (made, wanted),
    }
    planted = crowds["front_end"][0]  # a copy would come out of the front end, too
    found = {"n": {name: len(waves) for name, (waves, _) in crowds.items()}}
    found["n"]["known"] = len(known)
    for letter, ear in ears.items():
        told = {name: ear.embed(waves) for name, (waves, _) in crowds.items()}
        learned = ear.embed(known)
        rows = {}
        for name, (_, labels) in crowds.items():
            rows[name] = recognised(ear.named(told[name]), labels)
            if name != "recorded":
                both = (labels, truth)
                rows[name] |= far(told[name], told["recorded"], learned, both)
        at = told["made"], told["recorded"], ear.embed(planted), learned
        found[f"ear_{letter.lower()}"] = rows | {"copies": rounded(copies(*at))}
    if "pitch" in model.conditions:
        found["pitch"] = tuned(model, train, test, made, order)
    spec = ears["A"].front
    mels = (spec.encode(w).flatten(1) for w in (made, real, planted, known))
    return found | {
        "copies_by_mel": rounded(copies(*mels)),
        "cleanliness": {
            name: cleanliness(crowds[name][0], model.sample_rate)
            for name in ("recorded", "front_end", "made")
        },
    }


def tuned(model, train: Dataset, test: Dataset, made: Tensor, order: Tensor) -> dict:
    """The share of notes in tune: recorded, made of the same, between and beyond.

    between: as many notes of pitches that lie between two recorded ones of the
    instrument, and were neither recorded nor played faster or slower in training;
    beyond: up to an octave above and below its range.
    """
    pitch, names = test.labels[:, 1], model.conditions["pitch"]
    midi = torch.tensor([int(name) for name in names])
    rate, rows = model.sample_rate, {}
    rows["recorded"] = in_tune(test.waves, midi[pitch], rate)
    rows["made"] = in_tune(made, midi[pitch[order]], rate)
    for name, pairs in strangers(train.labels, test.labels, len(names)).items():
        wishes = [dict(zip(model.conditions, p, strict=True)) for p in pairs]
        if wishes:
            asked = torch.tensor([wish["pitch"] for wish in wishes])
            with warnings.catch_warnings(action="ignore"):  # that they are beyond
                waves = answers(model, wishes)
            rows[name] = in_tune(waves, midi[asked], rate)
    return rows


def strangers(known: Tensor, test: Tensor, pitches: int, most: int = 60) -> dict:
    """Pairs (instrument, pitch) that no training note has, drawn."""
    heard = {tuple(pair) for pair in torch.cat([known, test]).tolist()}
    between, beyond = [], []
    for instrument in known[:, 0].unique().tolist():
        range_ = known[known[:, 0] == instrument, 1]
        low, high = range_.min().item(), range_.max().item()
        for pitch in range(max(0, low - 12), min(pitches, high + 13)):
            if (instrument, pitch) not in heard:
                (between if low < pitch < high else beyond).append((instrument, pitch))
    dice = torch.Generator().manual_seed(0)
    return {
        name: [pairs[i] for i in torch.randperm(len(pairs), generator=dice)[:most]]
        for name, pairs in (("between", between), ("beyond", beyond))
    }


def answers(model, wishes: list[dict]) -> Tensor:
    """A sound for each wish, waveforms (n, samples); seeds 0, 1, 2 ..."""
    waves = []
    for first in tqdm(range(0, len(wishes), PART), "making", disable=None):
        part = wishes[first : first + PART]
        # a tensor holds numbers of classes, never their names
        cond = {name: torch.tensor([w[name] for w in part]) for name in part[0]}
        waves.append(model.generate(cond, n=len(part), seed=first))
    return torch.cat(waves)


def labels_of(data: Dataset, i: int) -> dict[str, int]:
    """The labels of an item, by name."""
    labels = data[i][1]
    if not isinstance(labels, dict):
        labels = {next(iter(data.label_names)): labels}
    return {name: label.item() for name, label in labels.items()}


def like(
    wanted: Int[Tensor, " n"],
    labels: Int[Tensor, " m"],
    origin: Int[Tensor, " m"],
    seed: int = 0,
) -> Int[Tensor, " n"]:
    """Which of the labelled sounds make a crowd of the wanted classes, drawn.

    No recording twice while there are others; a class of too few is used again.
    """
    dice = torch.Generator().manual_seed(seed)
    chosen = torch.empty_like(wanted)
    for c in wanted.unique():
        order = torch.randperm(len(labels), generator=dice)
        order = order[labels[order] == c]
        same = origin[order][:, None] == origin[order]
        again = same.tril(-1).sum(1)  # how many of that recording come before
        order = order[again.argsort(stable=True)]
        places = (wanted == c).nonzero()[:, 0]
        chosen[places] = order[torch.arange(len(places)) % len(order)]
    return chosen


def recognised(heard: Tensor, labels: Tensor) -> dict:
    """The share of sounds whose class was heard, with its standard error.

    One hit and one miss more are counted for the error: all of n is not certainty.
    """
    n, hits = len(labels), (heard == labels).sum().item()
    p, likely = hits / n, (hits + 1) / (n + 2)
    error = math.sqrt(likely * (1 - likely) / n)
    return {"recognised": round(p, 4), "recognised_error": round(error, 4)}


def far(crowd: Tensor, real: Tensor, known: Tensor, labels: tuple) -> dict:
    """How far a crowd of embeddings is from the recorded, all (n, d), in four ways.

    labels: the classes of crowd and real, for the halves.
    Where there are fewer than two sounds for each direction, the Fréchet distance is
    measured in the 16 directions in which the training sounds vary most.
    """
    fewest, d = min(len(crowd), len(real)), known.shape[1]
    axes = directions(known, d if fewest >= 2 * d else min(FEW, d))
    flat = [x.double() @ axes for x in (crowd, real)]
    distance, bias, spread = halves(frechet, *flat, labels=labels)
    size = known.double().square().mean().sqrt()  # so that the kernel is about 1
    unit = crowd / size, real / size
    kernel, _, kernel_spread = halves(kernel_distance, *unit, labels=labels)
    precision, recall = precision_recall(real, crowd)
    return rounded(
        {
            "directions": axes.shape[1],
            "frechet": distance,
            "frechet_bias": bias,
            "frechet_spread": spread,
            "kernel": kernel,
            "kernel_spread": kernel_spread,
            "precision": precision,
            "recall": recall,
        }
    )


def rounded(numbers: dict) -> dict:
    """Four digits are more than any of them can be trusted for."""
    return {key: float(f"{value:.4g}") for key, value in numbers.items()}
