"""Density and coverage: precision and recall that one stray sound cannot fool."""

import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid
from .distance import crowds


def density_coverage(
    real: Float[Tensor, "n d"], made: Float[Tensor, "m _"], k: int = 5
) -> tuple[float, float]:
    """Density and coverage of the made (Naeem et al. 2020).

    Around every real sound a ball that reaches to its k-th nearest real one. density:
    how many balls a made sound lies in, over k; about 1 for one of the kind, and more
    where all sit in the middle. coverage: the share of balls that hold a made sound.
    Balls stand around real sounds alone, so that a stray made one widens none. What
    real sounds get is `expected_coverage`. Raises ValueError for k < 1 and fewer than
    k + 1 real ones.
    """
    k = valid.whole(k, "k", 1)
    real, made = crowds(real, made, 1)
    if len(real) <= k:
        raise ValueError(f"real: k = {k} needs {k + 1} or more, got {len(real)}")
    # the nearest to each is itself
    reach = torch.cdist(real, real).kthvalue(k + 1, dim=1).values
    inside = torch.cdist(real, made) <= reach[:, None]
    density = inside.sum(0).double().mean().item() / k
    return density, inside.any(1).double().mean().item()


def expected_coverage(n: int, m: int, k: int = 5) -> float:
    """The mean coverage of n real by m made ones, if both are of one kind.

    1 - (n - 1) ... (n - k) / ((n + m - 1) ... (n + m - k)), whatever the kind: all that
    counts is who is nearest to whom (Naeem et al. 2020, lemma 2). Raises ValueError for
    k < 1, n <= k and m < 1.
    """
    k = valid.whole(k, "k", 1)
    n, m = valid.whole(n, "n", k + 1), valid.whole(m, "m", 1)
    missed = 1.0
    for i in range(1, k + 1):
        missed *= (n - i) / (n + m - i)
    return 1 - missed
