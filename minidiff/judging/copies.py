"""Copies: does a model give back what it has learned from?"""

from torch import Tensor

from .distance import nearest

TAIL = 0.05


def copies(made: Tensor, real: Tensor, planted: Tensor, known: Tensor) -> dict:
    """Shares of sounds that lie suspiciously near to one of the training.

    made, real (test), planted (n, d): points whose nearest of `known` (training) is
    sought. Near is what only 5 % of the test sounds are; `made` is near 0.05 for a
    model that copies as little as new recordings do. planted: training sounds, as a
    model would give them back; unless nearly all of them are found, the measure is
    blind, and `made` says nothing.
    """
    level = nearest(real, known).quantile(TAIL)

    def share(points: Tensor) -> float:
        return (nearest(points, known) < level).double().mean().item()

    return {"near": level.item(), "made": share(made), "planted": share(planted)}
