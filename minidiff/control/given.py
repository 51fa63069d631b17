"""The exact posterior of a mixture: what every approximate one is measured with."""

import torch
from torch import Tensor

from .. import valid
from ..exact import GaussianMixture


def given(
    mixture: GaussianMixture, matrix: Tensor, y: Tensor, noise: float
) -> GaussianMixture:
    """The posterior of x once y = x @ matrix.T + noise z is known: a mixture too.

    matrix: (m, d). y: (m,). noise: the std.
    Of each component as Gaussians have it, its weight times how likely y was to it.
    Its denoiser is E[x0 | x_t, y]. Raises ValueError for other shapes, and noise
    that is not above 0.
    """
    noise = valid.number(noise, "noise", 0, torch.inf, open_ends=True)
    A = valid.real(torch.as_tensor(matrix, dtype=torch.float64), "matrix")
    y = valid.real(torch.as_tensor(y, dtype=torch.float64), "y")
    d, m = mixture.means.shape[1], len(A)
    if A.shape != (m, d) or y.shape != (m,):
        raise ValueError(
            f"matrix and y must be (m, {d}) and (m,), got {tuple(A.shape)} "
            f"and {tuple(y.shape)}"
        )
    covs = (mixture.axes * mixture.variances[:, None]) @ mixture.axes.mT
    total = A @ covs @ A.T + noise**2 * torch.eye(m, dtype=torch.float64)
    gain = torch.linalg.solve(total, A @ covs).mT
    lack = y - mixture.means @ A.T
    means = mixture.means + torch.einsum("kdm,km->kd", gain, lack)
    covs = covs - gain @ A @ covs
    away = (lack * torch.linalg.solve(total, lack)).sum(1) + torch.logdet(total)
    weights = (mixture.weights.log() - away / 2).softmax(0).clamp(min=1e-300)
    return GaussianMixture(means, weights=weights, covs=(covs + covs.mT) / 2)
