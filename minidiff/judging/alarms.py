"""How well a score tells the strange from the usual, whatever the threshold."""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid

DRAWS = 200


class Told(NamedTuple):
    """Areas under a receiver operating curve, each with its standard error."""

    auc: float
    auc_error: float
    partial: float
    partial_error: float
    usual: int  # how many sounds there were of each kind
    strange: int


def told_apart(
    usual: Float[Tensor, " n"],
    strange: Float[Tensor, " m"],
    most: float = 0.1,
    seed: int = 0,
) -> Told:
    """`auc` and `partial_auc` of two crowds of scores, with their errors.

    The error of the AUC is DeLong's; that of the partial one the standard deviation
    over 200 crowds drawn from these with replacement, each kind by itself (Efron 1979).
    Raises ValueError for fewer than two of a kind, NaN, and `most` outside (0, 1].
    """
    usual, strange = checked(usual, 2, "usual"), checked(strange, 2, "strange")
    dice = torch.Generator().manual_seed(valid.seed(seed))
    drawn = []
    for _ in range(DRAWS):
        a, b = (
            x[torch.randint(len(x), (len(x),), generator=dice)]
            for x in (usual, strange)
        )
        drawn.append(partial_auc(a, b, most))
    return Told(
        auc(usual, strange),
        auc_error(usual, strange),
        partial_auc(usual, strange, most),
        torch.tensor(drawn).double().std().item(),
        len(usual),
        len(strange),
    )


def auc(usual: Float[Tensor, " n"], strange: Float[Tensor, " m"]) -> float:
    """How often a strange sound scores higher than a usual one; a tie counts half.

    The area under the curve of hits over false alarms (Hanley & McNeil 1982): 1 tells
    them apart, 0.5 is chance, 0 has them the wrong way round. Raises ValueError for an
    empty crowd and NaN.
    """
    return wins(usual, strange).mean().item()


def auc_error(usual: Float[Tensor, " n"], strange: Float[Tensor, " m"]) -> float:
    """The standard error of `auc` over other such crowds (DeLong et al. 1988).

    0 where all are told apart: then it says nothing. Raises ValueError for fewer than
    two of a kind.
    """
    checked(usual, 2, "usual")
    checked(strange, 2, "strange")
    over = wins(usual, strange)
    by_usual, by_strange = over.mean(1), over.mean(0)
    return math.sqrt(
        by_usual.var().item() / len(by_usual)
        + by_strange.var().item() / len(by_strange)
    )


def auc_gap(one: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor]) -> tuple:
    """How much larger one score's AUC is than another's, and its standard error.

    Each: the scores of the usual and of the strange, of the same sounds in the same
    order, so that what both find hard is no difference (DeLong et al. 1988). Raises
    ValueError for fewer than two of a kind and crowds of another size.
    """
    for mine, theirs, what in zip(one, other, ("usual", "strange"), strict=True):
        if checked(mine, 2, what).shape != checked(theirs, 2, what).shape:
            raise ValueError(
                f"{what}: expected scores of the same sounds, got {len(mine)} and "
                f"{len(theirs)}"
            )
    gap = wins(*one) - wins(*other)
    parts = (gap.mean(1), gap.mean(0))
    return gap.mean().item(), math.sqrt(sum(x.var().item() / len(x) for x in parts))


def partial_auc(
    usual: Float[Tensor, " n"], strange: Float[Tensor, " m"], most: float = 0.1
) -> float:
    """The area where at most this share of the usual sounds gives a false alarm.

    Of A, the area under that part of the curve, McClish 1989 makes (1 + (A - least) /
    (best - least)) / 2, where chance has A = least = most^2 / 2 and no one more than
    best = most: again 0.5 is chance, 1 perfect. It is scikit-learn's `roc_auc_score`
    with max_fpr=most. Raises ValueError for an empty crowd, NaN, and `most` outside
    (0, 1].
    """
    if valid.number(most, "most", 0, 1) == 0:
        raise ValueError("most: without any false alarm there is no area")
    alarms, hits = curve(usual, strange)
    last = int((alarms < most).sum())  # the first corner at `most` or beyond it
    share = (most - alarms[last - 1]) / (alarms[last] - alarms[last - 1])
    end = hits[last - 1] + share * (hits[last] - hits[last - 1])
    x = torch.cat([alarms[:last], torch.tensor([most], dtype=torch.float64)])
    y = torch.cat([hits[:last], end[None]])
    area = torch.trapezoid(y, x).item()
    least = most**2 / 2
    return (1 + (area - least) / (most - least)) / 2


def curve(
    usual: Float[Tensor, " n"], strange: Float[Tensor, " m"]
) -> tuple[Float[Tensor, " k"], Float[Tensor, " k"]]:
    """The receiver operating curve: shares of false alarms and of hits, from 0 to 1.

    A corner for every threshold that is a score, from the highest down. Raises
    ValueError for an empty crowd and NaN.
    """
    usual, strange = checked(usual, 1, "usual"), checked(strange, 1, "strange")
    thresholds = torch.cat([usual, strange]).unique()  # ascending
    shares = []
    for x in (usual, strange):
        below = torch.searchsorted(x.sort()[0], thresholds)
        above = (len(x) - below.flip(0)).double() / len(x)
        shares.append(torch.cat([above.new_zeros(1), above]))
    return shares[0], shares[1]


def wins(usual: Tensor, strange: Tensor) -> Float[Tensor, "n m"]:
    """For every pair whether the strange one scores higher: 1, 0, a tie 0.5."""
    usual, strange = checked(usual, 1, "usual"), checked(strange, 1, "strange")
    gap = strange[None] - usual[:, None]
    return (gap.sign() + 1) / 2


def checked(scores: Tensor, fewest: int, what: str) -> Tensor:
    """Scores in float64. Raises ValueError unless there are enough, and no NaN."""
    valid.real(scores, what)
    if scores.dim() != 1 or len(scores) < fewest:
        raise ValueError(
            f"{what}: expected scores of at least {fewest} sounds, shape (n,), got "
            f"{tuple(scores.shape)}"
        )
    return scores.double()
