"""Distances between crowds of embeddings, real ones and made ones."""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def frechet(a: Float[Tensor, "n d"], b: Float[Tensor, "m d"]) -> float:
    """Fréchet distance of Gaussians fitted to two sets (Heusel et al. 2017, eq. 6).

    |mu_a - mu_b|^2 + tr(A + B - 2 (A^1/2 B A^1/2)^1/2): symmetric roots of symmetric
    matrices, so nothing can turn complex. float64.
    """
    a, b = a.double(), b.double()
    cov_a, cov_b = a.T.cov(), b.T.cov()
    root = matrix_root(cov_a)
    cross = matrix_root(root @ cov_b @ root)
    gap = (a.mean(0) - b.mean(0)).square().sum()
    return (gap + (cov_a + cov_b - 2 * cross).trace()).item()


def matrix_root(m: Tensor) -> Tensor:
    """The symmetric square root of a positive semi-definite matrix."""
    values, axes = torch.linalg.eigh(m)
    return (axes * values.clamp(min=0).sqrt()) @ axes.T


def nearest(a: Tensor, b: Tensor) -> float:
    """Mean distance from each of a to the nearest of b."""
    return torch.cdist(a, b).min(1).values.mean().item()


def nearest_other(a: Float[Tensor, "n d"], origin: Tensor) -> float:
    """Mean distance from each of a to the nearest of another origin (n,)."""
    same = origin[:, None] == origin
    return torch.cdist(a, a).masked_fill(same, math.inf).min(1).values.mean().item()
