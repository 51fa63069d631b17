"""Modes: how many of a mixture's clouds a crowd of points has found."""

import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid
from ..exact import GaussianMixture

NEAR, SHARE = 3.0, 0.25  # standard deviations, of the fair share


def modes(points: Float[Tensor, "n d"], mixture: GaussianMixture) -> dict:
    """What a crowd has of each cloud of a mixture, all of one width.

    quality: share of points within 3 standard deviations of a mean (2 numbers of a
    normal cloud lie there with 0.989). found: clouds that got at least a quarter of
    their share of all points, by such points. counts: these points, cloud by cloud.
    Raises ValueError for NaN and points of another dimension.
    """
    valid.sized(valid.real(points, "points"), mixture.means.shape[1:], "points")
    far = torch.cdist(points.double(), mixture.means)
    reach = NEAR * mixture.variances[:, 0].sqrt()
    near, which = (far / reach).min(1)
    counts = torch.bincount(which[near <= 1], minlength=len(reach))
    fair = mixture.weights * len(points)
    return {
        "quality": (near <= 1).double().mean().item(),
        "found": int((counts >= SHARE * fair).sum()),
        "counts": counts.tolist(),
    }
