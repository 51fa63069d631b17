"""A distance of endless crowds, read off from those of few sounds."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid
from .distance import crowds, frechet
from .halves import halves


class Line(NamedTuple):
    """value: where the line meets 1 / n = 0. slope: bias times n. The points it fits:
    sizes, and the mean of each over its draws. error: of the value, from one set of
    sounds to another; None where it was not asked."""

    value: float
    slope: float
    sizes: list[int]
    means: list[float]
    error: float | None = None


def line(
    measure: Callable[[Tensor, Tensor], float],
    a: Tensor,
    b: Tensor,
    sizes: int = 5,
    draws: int = 4,
    seed: int = 0,
) -> Line:
    """A measure over 1 / n, and the straight line through it (least squares).

    Sizes from all of the smaller crowd to a third of it, evenly in 1 / n; at each, the
    mean of `draws` random parts of both crowds. Both sides are as large, since few on
    either side are a bias. Raises ValueError for sizes < 2, draws < 1 and crowds of
    fewer than six.
    """
    sizes = valid.whole(sizes, "sizes", 2)
    draws = valid.whole(draws, "draws", 1)
    a, b = crowds(a, b, 6)
    dice = torch.Generator().manual_seed(valid.seed(seed))
    most = min(len(a), len(b))
    inverse = torch.linspace(1 / most, 3 / most, sizes, dtype=torch.float64)
    ns = (1 / inverse).round().int().tolist()

    def part(crowd: Tensor, n: int) -> Tensor:
        return crowd[torch.randperm(len(crowd), generator=dice)[:n]]

    means = [
        sum(measure(part(a, n), part(b, n)) for _ in range(draws)) / draws for n in ns
    ]
    x, y = 1 / torch.tensor(ns).double(), torch.tensor(means).double()
    x0, y0 = x.mean(), y.mean()
    slope = ((x - x0) * (y - y0)).sum() / (x - x0).square().sum()
    return Line((y0 - slope * x0).item(), slope.item(), ns, means)


def frechet_infinity(
    a: Float[Tensor, "n d"],
    b: Float[Tensor, "m _"],
    sizes: int = 5,
    draws: int = 4,
    seed: int = 0,
) -> Line:
    """The squared Fréchet distance of endless crowds, with its error.

    Its bias falls as 1 / n, so the line is followed to 1 / n = 0 (Chong & Forsyth 2020;
    for sounds Gui et al. 2024, who draw parts of the made alone). The error: the same
    again on twenty random halves, as in `halves`. Where there are fewer sounds than
    about twice the dimensions the bias is no line, and neither number means anything:
    see `directions`. Raises what `line` raises, and ValueError for crowds under twelve.
    """
    a, b = crowds(a, b, 12)

    def limit(a: Tensor, b: Tensor) -> float:
        return line(frechet, a, b, sizes, draws, seed).value

    _, _, spread = halves(limit, a, b, seed=seed)
    return line(frechet, a, b, sizes, draws, seed)._replace(error=spread)
