"""Crowds to compare: sounds that a model makes on request, and recordings like them."""

import torch
from jaxtyping import Int
from torch import Tensor
from torch.utils.data import Dataset
from tqdm import tqdm

PART = 30  # sounds made at once


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
