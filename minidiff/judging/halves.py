"""How far to trust a number that was measured on a few sounds: ask half of them."""

from collections.abc import Callable, Sequence
from statistics import fmean, stdev

import torch
from torch import Tensor

DRAWS = 20


def halves(
    measure: Callable[..., float],
    *crowds: Tensor,
    labels: Sequence[Tensor] | None = None,
    seed: int = 0,
) -> tuple[float, float, float]:
    """A measure of all the sounds, its bias and its spread.

    The delete-half jackknife (Quenouille 1956 for the bias, Shao & Wu 1989 for the
    spread): twenty draws of half of every crowd. A bias that falls as 1 / n is as large
    as what the halves have on top; and the standard deviation over halves is that of
    the whole from one set of sounds to another, for the made and for the real side
    together (of a distance between two crowds of one kind up to twice that, so it errs
    on the safe side). labels: a class for each item, crowd by crowd; then half of every
    class is drawn, as a crowd of other sounds would have as many of each. Raises
    ValueError for labels of other lengths than the crowds'.
    """
    dice = torch.Generator().manual_seed(seed)
    labels = labels or [torch.zeros(len(crowd)) for crowd in crowds]
    if [len(of) for of in labels] != [len(crowd) for crowd in crowds]:
        raise ValueError("labels: expected one for each item of every crowd")
    whole = measure(*crowds)
    few = []
    for _ in range(DRAWS):
        picks = [half(of, dice) for of in labels]
        few.append(measure(*(c[i] for c, i in zip(crowds, picks, strict=True))))
    return whole, fmean(few) - whole, stdev(few)


def half(labels: Tensor, dice: torch.Generator) -> Tensor:
    """Where a random half of every class stands."""
    order = torch.randperm(len(labels), generator=dice)
    order = order[labels[order].argsort(stable=True)]
    first = torch.randint(2, (), generator=dice).item()
    return order[first::2]
