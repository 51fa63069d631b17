"""Judging: recognised, as varied as the real thing, new, and clean?"""

from statistics import mean, stdev

import torch
from jaxtyping import Int
from torch import Tensor
from torch.utils.data import Dataset
from tqdm import tqdm

from .. import valid
from .cleanliness import cleanliness
from .distance import frechet, nearest, nearest_other
from .ear import Ear, stacked


def balanced(labels: Int[Tensor, " n"], each: int, seed: int) -> Int[Tensor, " m"]:
    """Where `each` items of every class stand (fewer where there are fewer), drawn."""
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    return torch.cat([order[labels[order] == c][:each] for c in labels.unique()])


def evaluate(
    model,
    ear: Ear,
    train: Dataset,
    test: Dataset,
    each: int = 30,
    draws: int = 3,
) -> dict:
    """All the numbers of a model's card.

    Generates `each` sounds of every class with the model's defaults, `draws` times, and
    compares every draw with the test set by the judge's ear. So few sounds tell a
    Fréchet distance only roughly: it is a mean over the draws, given with the standard
    deviation from draw to draw. The yardstick is the same of twenty draws of as many
    training sounds, balanced.
    ratio: Fréchet distance over that of the training sounds.
    Raises ValueError for draws < 2.
    """
    valid.whole(draws, "draws", 2)
    classes = len(model.labels)
    seeds = range(0, draws * classes * each, each)
    parts = [
        model.generate([i % classes] * each, n=each, seed=seed)
        for i, seed in enumerate(tqdm(seeds, "classes", disable=None))
    ]
    made, wanted = torch.cat(parts), torch.arange(classes).repeat_interleave(each)
    real, truth = stacked(test)
    known, names = stacked(train)
    e_made, e_real, e_known = (ear.embed(w) for w in (made, real, known))
    fd_made = [frechet(e, e_real) for e in e_made.chunk(draws)]
    fd_train = [
        frechet(e_known[balanced(names, each, seed)], e_real) for seed in range(20)
    ]
    # which training sounds are variations of one recording
    origin = getattr(train, "origin", torch.arange(len(known)))
    recognised = (ear.label(made) == wanted.repeat(draws)).double().mean().item()
    return {
        "recognised": round(recognised, 4),
        "judge_on_test": round((ear.label(real) == truth).double().mean().item(), 4),
        "frechet": round(mean(fd_made), 3),
        "frechet_std": round(stdev(fd_made), 3),
        "frechet_of_training_sounds": round(mean(fd_train), 3),
        "frechet_of_training_sounds_std": round(stdev(fd_train), 3),
        "ratio": round(mean(fd_made) / mean(fd_train), 2),
        "nearest_training_sound": round(nearest(e_made, e_known), 3),
        "nearest_training_sound_of_test": round(nearest(e_real, e_known), 3),
        "nearest_other_of_training": round(nearest_other(e_known, origin), 3),
        "generated": cleanliness(made, model.sample_rate),
        "recorded": cleanliness(real, model.sample_rate),
    }
