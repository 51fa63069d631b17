"""A rough picture to keep: the low part of a spectrogram, which a model refines."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from .. import valid
from ..denoiser import Cond


def blurred(
    x: Float[Tensor, "batch c h w"], size: tuple[int, int]
) -> Float[Tensor, "batch c h w"]:
    """Every block of `size` (bands, frames) replaced by its mean.

    Blurred again it stays as it is. Blocks at the end may be smaller. Raises ValueError
    for a size below 1.
    """
    h, w = (valid.whole(n, "size", 1) for n in size)
    high, wide = x.shape[2:]
    pad = 0, -wide % w, 0, -high % h
    count = F.avg_pool2d(F.pad(torch.ones_like(x[:1, :1]), pad), (h, w))
    mean = F.avg_pool2d(F.pad(x, pad), (h, w)) / count
    return F.interpolate(mean, scale_factor=(h, w))[..., :high, :wide]


class Rough:
    """A denoiser whose guesses keep the low part of a reference.

    x0_hat + blurred(reference) - blurred(x0_hat): the block means are those of the
    reference, all else is the denoiser's. It is the step of DDNM (Wang et al. 2023),
    which takes the range of a measurement from the reference and its null space from
    the guess, for means of blocks. ILVR (Choi et al. 2021) puts the low part of an
    equally noisy reference into x instead.

    reference: (1 or batch, c, h, w), encoded as x. size: of a block, (bands, frames).
    until: only where sigma / alpha is at least that much; in less noise the denoiser
    is alone, and smooths the edges of the blocks. Raises ValueError for NaN, another
    shape than x and a size below 1.
    """

    def __init__(
        self,
        denoiser,
        reference: Float[Tensor, "_ c h w"],
        size: tuple[int, int],
        until: float = 0.0,
    ):
        self.denoiser, self.schedule = denoiser, denoiser.schedule
        self.low = blurred(valid.real(reference, "reference"), size)
        self.size = size
        self.until = valid.number(until, "until", 0, math.inf)

    def __call__(self, x: Tensor, t: float | Tensor, cond: Cond = None) -> Tensor:
        if x.shape[1:] != self.low.shape[1:] or len(self.low) not in (1, len(x)):
            raise ValueError(
                f"reference: it has the shape {tuple(self.low.shape)}, and x "
                f"{tuple(x.shape)}"
            )
        x0 = self.denoiser(x, t, cond)
        alpha, sigma = self.schedule(t)
        held = (sigma >= self.until * alpha).to(x0)
        if held.dim():
            held = held.view(-1, *[1] * (x.dim() - 1))
        return x0 + held * (self.low.to(x0) - blurred(x0, self.size))
