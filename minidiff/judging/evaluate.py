"""Judging: recognised, as varied as the real thing, new, and clean? By both ears."""

import math

import torch
from torch import Tensor
from torch.utils.data import Dataset

from .cleanliness import cleanliness
from .copies import copies
from .crowds import answers, labels_of, like
from .distance import directions, frechet, kernel_distance, precision_recall
from .ear import Ear, stacked
from .halves import halves
from .tuning import tuned

LEAST, MOST = 100, 360  # made sounds
FEW = 16  # directions, where there are fewer than two sounds for each of all


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
        # a copy would come out of the front end, too
        at = told["made"], told["recorded"], told["front_end"], learned
        found[f"ear_{letter.lower()}"] = rows | {"copies": rounded(copies(*at))}
    if "pitch" in model.conditions:
        found["pitch"] = tuned(model, train, test, made, order)
    spec = ears["A"].front
    mels = (
        spec.encode(w).flatten(1) for w in (made, real, crowds["front_end"][0], known)
    )
    return found | {
        "copies_by_mel": rounded(copies(*mels)),
        "cleanliness": {
            name: cleanliness(crowds[name][0], model.sample_rate)
            for name in ("recorded", "front_end", "made")
        },
    }


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
    """
    axes = enough(known, min(len(crowd), len(real)))
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


def enough(known: Tensor, fewest: int) -> Tensor:
    """The directions (d, directions) in which a Fréchet distance is measured.

    All of them; but only the 16 in which the training sounds vary most where the
    smaller crowd has fewer than two sounds for each.
    """
    d = known.shape[1]
    return directions(known, d if fewest >= 2 * d else min(FEW, d))


def rounded(numbers: dict) -> dict:
    """Four digits are more than any of them can be trusted for."""
    return {key: float(f"{value:.4g}") for key, value in numbers.items()}
