"""A kernel distance whose kernel is a Gaussian: how near is near?"""

import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid
from .distance import crowds


def median_width(reference: Float[Tensor, "n d"]) -> float:
    """The median distance between two different items of a crowd.

    Raises ValueError for fewer than two, and where most items are equal: it is 0.
    """
    reference, _ = crowds(reference, reference, 2)
    width = torch.nn.functional.pdist(reference).median().item()
    if width == 0:
        raise ValueError("reference: most of its items are equal, so its width is 0")
    return width


def gaussian_distance(
    real: Float[Tensor, "n d"],
    made: Float[Tensor, "m _"],
    width: float | None = None,
) -> float:
    """Squared maximum mean discrepancy with a Gaussian kernel, unbiased.

    exp(-|x - y|² / 2 width²), so it stays below 2 however far off the made ones are,
    and no item meets itself (Gretton et al. 2012, eq. 3). width: if None the median
    distance of the *real* ones (Chung et al. 2025): one ruler for all models that are
    held against them. float64. Raises ValueError for fewer than two on a side and
    width <= 0.
    """
    real, made = crowds(real, made, 2)
    width = median_width(real) if width is None else width
    valid.number(width, "width", 0, torch.inf, open_ends=True)

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        return (-torch.cdist(x, y).square() / (2 * width**2)).exp()

    def among(x: Tensor) -> Tensor:
        n = len(x)
        return (kernel(x, x).sum() - n) / (n * (n - 1))

    return (among(real) + among(made) - 2 * kernel(real, made).mean()).item()
