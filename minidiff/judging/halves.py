"""How far to trust a number that was measured on a few sounds: ask half of them."""

from collections.abc import Callable
from statistics import fmean, stdev

import torch
from torch import Tensor

DRAWS = 20


def halves(
    measure: Callable[..., float], *crowds: Tensor, seed: int = 0
) -> tuple[float, float, float]:
    """A measure of all the sounds, its bias and its spread.

    The delete-half jackknife (Shao & Wu 1989): twenty draws of half of every crowd. A
    bias that falls as 1 / n is as large as what the halves have on top; and the
    standard deviation over halves is that of the whole from one set of sounds to
    another, for the made and for the real side together.
    """
    dice = torch.Generator().manual_seed(seed)
    whole = measure(*crowds)
    few = []
    for _ in range(DRAWS):
        picks = [torch.randperm(len(c), generator=dice)[: len(c) // 2] for c in crowds]
        few.append(measure(*(c[i] for c, i in zip(crowds, picks, strict=True))))
    return whole, fmean(few) - whole, stdev(few)
