"""An ear that was never trained: means and spreads of cepstra."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid
from ..sound.mel import MelSpec


class PlainEar:
    """Mel-frequency cepstral coefficients, their mean and spread over time.

    spec: the mels. coefficients: how many, from the first to the finest. What it is
    deaf to can be read off: no order in time survives a mean; the ripples that a pitch
    leaves in a mel are finer than what is kept. (Davis & Mermelstein 1980.) Raises
    ValueError for more coefficients than bands.
    """

    def __init__(self, spec: MelSpec, coefficients: int = 13):
        self.spec = spec
        n = valid.whole(coefficients, "coefficients", 1, spec.n_mels)
        self.basis = cosines(spec.n_mels)[:n].float()

    def embed(self, waves: Float[Tensor, "n samples"]) -> Float[Tensor, "n d"]:
        """d is twice the number of coefficients. Raises what `encode` raises."""
        parts = waves.float().split(50)
        mels = torch.cat([self.spec.encode(part)[:, 0] for part in parts])
        cepstra = self.basis @ mels  # (n, coefficients, frames)
        return torch.cat([cepstra.mean(2), cepstra.std(2, correction=0)], 1)


def cosines(n: int) -> Float[Tensor, "n n"]:
    """The orthonormal cosine transform (DCT-II), a row for each ripple. float64."""
    k, i = torch.arange(n).double()[:, None], torch.arange(n).double()
    rows = math.sqrt(2 / n) * (math.pi * k * (i + 0.5) / n).cos()
    rows[0] /= math.sqrt(2)
    return rows
