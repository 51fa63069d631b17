"""Distances between crowds of embeddings, real ones and made ones."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid


def frechet(a: Float[Tensor, "n d"], b: Float[Tensor, "m _"]) -> float:
    """Squared Fréchet distance of Gaussians fitted to two sets (Heusel et al. 2017).

    |mu_a - mu_b|^2 + tr(A + B - 2 (A^1/2 B A^1/2)^1/2): symmetric roots of symmetric
    matrices, so nothing can turn complex. float64. Above the truth by about c / n: see
    `halves`. Raises ValueError for fewer than two on a side.
    """
    a, b = crowds(a, b, 2)
    cov_a, cov_b = (torch.atleast_2d(x.T.cov()) for x in (a, b))
    root = matrix_root(cov_a)
    cross = matrix_root(root @ cov_b @ root)
    gap = (a.mean(0) - b.mean(0)).square().sum()
    return (gap + (cov_a + cov_b - 2 * cross).trace()).item()


def kernel_distance(a: Float[Tensor, "n d"], b: Float[Tensor, "m _"]) -> float:
    """Squared maximum mean discrepancy (Bińkowski et al. 2018), unbiased.

    Kernel (x y / d + 1)^3; no item meets itself, so that of two independent crowds of
    one kind the mean is 0 whatever their sizes, and one draw may be below; a little
    below, if both have the same number of every class. float64. Raises ValueError for
    fewer than two on a side.
    """
    a, b = crowds(a, b, 2)

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        return (x @ y.T / x.shape[1] + 1) ** 3

    def among(x: Tensor) -> Tensor:
        k = kernel(x, x)
        return (k.sum() - k.trace()) / (len(x) * (len(x) - 1))

    return (among(a) + among(b) - 2 * kernel(a, b).mean()).item()


def precision_recall(
    real: Float[Tensor, "n d"], made: Float[Tensor, "m _"], k: int = 3
) -> tuple[float, float]:
    """Precision and recall (Kynkäänniemi et al. 2019), shares from 0 to 1.

    precision: of the made, within the k-th nearest neighbour of a real one: are they
    like real ones? recall: of the real, within that of a made one: is every kind of
    them there? Both depend on n; compare crowds of one size. Raises ValueError for
    k < 1 and fewer than k + 1 on a side.
    """
    k = valid.whole(k, "k", 1)
    real, made = crowds(real, made, k + 1)

    def covered(points: Tensor, by: Tensor) -> float:
        # the nearest to each is itself
        reach = torch.cdist(by, by).kthvalue(k + 1, dim=1).values
        return (torch.cdist(points, by) <= reach).any(1).double().mean().item()

    return covered(made, real), covered(real, made)


def crowds(a: Tensor, b: Tensor, least: int) -> tuple[Tensor, Tensor]:
    """Both as float64.

    Raises ValueError for crowds that are too small, differ, or hold NaN.
    """
    for crowd in (a, b):
        if crowd.dim() != 2 or len(crowd) < least or not crowd.shape[1]:
            raise ValueError(
                f"embeddings must be (n, d) with n at least {least} on both sides, got "
                f"{tuple(a.shape)} and {tuple(b.shape)}"
            )
        if not crowd.isfinite().all():
            raise ValueError("embeddings hold NaN or infinite values")
    if a.shape[1] != b.shape[1]:
        raise ValueError(
            f"embeddings of {a.shape[1]} and of {b.shape[1]} numbers cannot be compared"
        )
    return a.double(), b.double()


def matrix_root(m: Tensor) -> Tensor:
    """The symmetric square root of a positive semi-definite matrix."""
    values, axes = torch.linalg.eigh(m)
    return (axes * values.clamp(min=0).sqrt()) @ axes.T


def directions(known: Float[Tensor, "n d"], most: int) -> Float[Tensor, "d most"]:
    """The `most` directions in which a crowd varies most, float64."""
    values, axes = torch.linalg.eigh(torch.atleast_2d(known.double().T.cov()))
    return axes[:, values.argsort(descending=True)[:most]]


def nearest(a: Tensor, b: Tensor) -> Tensor:
    """Distance from each of a to the nearest of b, (n,)."""
    return torch.cdist(a.double(), b.double()).min(1).values


def nearest_other(a: Float[Tensor, "n d"], origin: Tensor) -> Tensor:
    """Distance from each of a to the nearest of another origin (n,)."""
    same = origin[:, None] == origin
    return torch.cdist(a, a).masked_fill(same, math.inf).min(1).values
