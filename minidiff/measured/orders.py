"""Do two rulers put the rows of a comparison into one order?"""

import math
from itertools import combinations
from typing import NamedTuple

from .rows import Measured, found, spread_of

ERRORS = 2.0  # a gap that counts as told apart


class Orders(NamedTuple):
    """Pairs of rows: ordered alike by both rulers, or the other way round; and of each
    those that both rulers tell apart by more than two errors of the gap."""

    alike: int
    unlike: int
    sure_alike: int
    sure_unlike: int

    def __add__(self, other):
        return Orders(*(a + b for a, b in zip(self, other, strict=True)))


def orders(rows: Measured, one: str, other: str, same: bool = True) -> Orders:
    """How often two columns of a table order pairs of its rows alike.

    one, other: paths such as "metrics.frechet" that have spreads; of two rows the gap
    errs by the root of the sum of both squares. same: low is good in both; False where
    high is good in one of them. Pairs that are level by a ruler are not counted.
    """
    counts = [0, 0, 0, 0]
    for a, b in combinations(rows.values(), 2):
        gaps, sure = [], True
        for path in (one, other):
            gap = found(a, path) - found(b, path)
            error = math.hypot(*(found(row, spread_of(path)) for row in (a, b)))
            gaps.append(gap)
            sure &= abs(gap) > ERRORS * error
        if 0 in gaps:
            continue
        unlike = (gaps[0] * gaps[1] > 0) != same
        counts[unlike] += 1
        counts[2 + unlike] += sure
    return Orders(*counts)
