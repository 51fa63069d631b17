"""Copies: does a model give back what it has learned from?"""

import torch
from torch import Tensor

from .. import valid
from .distance import crowds, nearest

TAIL = 0.05
RATIO = 1 / 3


def copies(made: Tensor, real: Tensor, planted: Tensor, known: Tensor) -> dict:
    """Shares of sounds that lie suspiciously near to one of the training.

    made, real (test), planted (n, d): points whose nearest of `known` (training) is
    sought. Near is what only 5 % of the test sounds are; `made` is near 0.05 for a
    model that copies as little as new recordings do. planted: training sounds, as a
    model would give them back; unless nearly all of them are found, the measure is
    blind, and `made` says nothing. Raises ValueError for other dimensions and NaN.
    """
    for points in (made, real, planted):
        crowds(points, known, 1)
    level = nearest(real, known).quantile(TAIL)

    def share(points: Tensor) -> float:
        return (nearest(points, known) < level).double().mean().item()

    return {"near": level.item(), "made": share(made), "planted": share(planted)}


def copied(made: Tensor, known: Tensor, ratio: float = RATIO) -> Tensor:
    """Which of the made (n, d) are copies of one of the known (m, d): (n,) bool.

    A copy is much nearer to one of them than to any other: its distance to the nearest
    is less than `ratio` of that to the second (Yoon et al. 2023). It
    needs no recordings beside the training, and misses what was learned twice. Raises
    ValueError for fewer than two known, other dimensions, NaN, ratio outside (0, 1).
    """
    valid.number(ratio, "ratio", 0, 1, open_ends=True)
    made, known = crowds(made, known, 1)
    if len(known) < 2:
        raise ValueError("known: a second nearest needs two or more, got 1")
    far = torch.cdist(made, known).topk(2, largest=False).values
    return far[:, 0] < ratio * far[:, 1]
