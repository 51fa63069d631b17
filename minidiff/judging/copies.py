"""Copies: does a model give back what it has learned from?"""

import torch
from torch import Tensor

from .distance import nearest

TAIL = 0.05


def copies(made: Tensor, real: Tensor, planted: Tensor, known: Tensor) -> dict:
    """Shares of sounds that lie suspiciously near to one of the training.

    made, real (test), planted (n, d): points whose nearest of `known` (training) is
    sought. Near is what only 5 % of the test sounds are; `made` is near 0.05 for a
    model that copies as little as new recordings do. planted: training sounds a little
    changed; unless nearly all of them are found, the measure is blind, and `made` says
    nothing.
    """
    level = nearest(real, known).quantile(TAIL)

    def share(points: Tensor) -> float:
        return (nearest(points, known) < level).double().mean().item()

    return {"near": level.item(), "made": share(made), "planted": share(planted)}


def changed(waves: Tensor, seed: int = 0) -> Tensor:
    """Duplicates in disguise: 3 dB softer, with noise 40 dB below the sound."""
    dice = torch.Generator().manual_seed(seed)
    rms = waves.square().mean(1, keepdim=True).sqrt()
    return 0.7 * waves + 0.007 * rms * torch.randn(waves.shape, generator=dice)
