"""Coloured noise: larger parts of x drown first, or smaller ones."""

import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid


class Colour:
    """Noise of x's size whose power falls with frequency f as 1 / (f + low)^power.

    size: of x without batch and channels, (n,) or (h, w). power: 0 is white, 1 pink, 2
    brown. low: in cycles over the whole of x, where it stops rising. Every value has
    variance 1, and the ends meet.

    AnoDDPM (Wyatt et al. 2022) drowns pictures in simplex noise, which is smooth, for
    white noise leaves the low frequencies, of which a wide fault is made, standing
    until all else is gone. Nothing else in the package need change for it: to diffuse x
    in coloured noise is to diffuse `whitened(x)` in white noise. So train on what
    `whitened` gives, take the scores there, and come back with `coloured`.

    Raises ValueError for a size of other than one or two axes, and low <= 0.
    """

    def __init__(self, size: tuple[int, ...], power: float = 1.0, low: float = 1.0):
        if len(size) not in (1, 2):
            raise ValueError(f"size: expected one axis or two, got {size}")
        self.size = tuple(valid.whole(n, "size", 1) for n in size)
        valid.number(power, "power", -10, 10)
        valid.number(low, "low", 0, torch.inf, open_ends=True)
        axes = [torch.fft.fftfreq(n, 1 / n, dtype=torch.float64) for n in self.size]
        square = sum(f.square() for f in torch.meshgrid(*axes, indexing="ij"))
        gain = (square.sqrt() + low) ** (-power / 2)
        self.gain = gain / gain.square().mean().sqrt()

    def coloured(self, x: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """White noise turned into this colour. Raises ValueError for another size."""
        return self._times(x, self.gain)

    def whitened(self, x: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """The way back: what turns noise of this colour into white noise."""
        return self._times(x, 1 / self.gain)

    def _times(self, x: Tensor, gain: Tensor) -> Tensor:
        valid.floating(x, "x")
        axes = tuple(range(-len(self.size), 0))
        if tuple(x.shape[axes[0] :]) != self.size:
            raise ValueError(
                f"x must end in {self.size}, as the noise, got {tuple(x.shape)}"
            )
        spectrum = torch.fft.fftn(x.double(), dim=axes)
        return torch.fft.ifftn(spectrum * gain.to(x.device), dim=axes).real.to(x.dtype)
