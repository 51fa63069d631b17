"""The nets of the rivals: from noise to points or mels, and from these to numbers."""

from collections.abc import Sequence
from itertools import pairwise

from torch import nn

from .autoencoder import Residual, ending


def stack(
    inp: int, out: int, width: int = 64, layers: int = 3, bend=nn.ReLU
) -> nn.Sequential:
    """Vectors of `inp` numbers to vectors of `out`; `layers` from width to width."""
    body = [nn.Linear(inp, width), bend()]
    for _ in range(layers):
        body += [nn.Linear(width, width), bend()]
    return nn.Sequential(*body, nn.Linear(width, out))


class Raise(nn.Sequential):
    """z (n, latent) -> mels (n, 1, rows, columns), larger with every level.

    channels: from the smallest level to the largest, multiples of 8. rows and columns
    are multiples of 2 ** (levels - 1).
    """

    def __init__(self, latent: int, channels: Sequence[int], rows: int, columns: int):
        small = 2 ** (len(channels) - 1)
        size = channels[0], rows // small, columns // small
        body = [nn.Linear(latent, size[0] * size[1] * size[2]), nn.Unflatten(1, size)]
        body += [Residual(channels[0])]
        for a, b in pairwise(channels):
            body += [nn.Conv2d(a, b, 1), nn.Upsample(scale_factor=2), Residual(b)]
        super().__init__(*body, *ending(channels[-1], 1))


class Lower(nn.Sequential):
    """Mels (n, 1, rows, columns) -> so many numbers each, the mirror image of `Raise`.

    channels: from the largest level to the smallest.
    """

    def __init__(self, numbers: int, channels: Sequence[int], rows: int, columns: int):
        small = 2 ** (len(channels) - 1)
        body = [nn.Conv2d(1, channels[0], 3, padding=1), Residual(channels[0])]
        for a, b in pairwise(channels):
            body += [nn.Conv2d(a, b, 2, stride=2), Residual(b)]
        last = channels[-1] * (rows // small) * (columns // small)
        body += [nn.GroupNorm(8, channels[-1]), nn.SiLU(), nn.Flatten()]
        super().__init__(*body, nn.Linear(last, numbers))
