"""Shortcut models: one long step goes where two of half the length go."""

import torch
from jaxtyping import Float
from torch import Tensor

from ..denoiser import Cond
from ..process import per_item
from .average import Average, conditions_of, one_in


class Shortcut(Average):
    """Average velocities, learned from their own halves (Frans et al. 2024).

    Three items of four learn the velocity itself, gap 0; the fourth that the mean over
    a gap is the mean of what the net says of its two halves. Gaps are 1, 1/2, 1/4 ...
    1 / `parts`, and t a multiple of the gap: the steps of `walk(n)` for n a power of 2.
    """

    parts = 64

    def loss(
        self,
        x0: Float[Tensor, "batch *size"],
        cond: Cond = None,
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, ""]:
        """Mean squared error of the velocities; no gradient through the halves.

        Randomness comes from `generator` alone. Raises ValueError for NaN in x0.
        """
        (u, which, lot), eps, cond = self.drawn(x0, cond, generator, 3)
        levels = torch.tensor(self.parts).log2().int().item() + 1
        gap = 0.5 ** (which * levels).floor().clamp(max=levels - 1)
        # t in (gap, 2 gap, ... 1)
        stop = (((u / gap).floor() + 1) * gap).clamp(max=1)
        far = one_in(4, lot)
        t, gap = torch.where(far, stop, u), torch.where(far, gap, 0.0)
        x, target = self.noised(x0, eps, t), eps - x0
        if far.any():
            target[far] = self.halves(
                x[far], t[far], gap[far], conditions_of(far, cond)
            )
        return (self.velocity(x, t, gap, cond) - target).square().mean()

    @torch.no_grad()
    def halves(self, x: Tensor, t: Tensor, gap: Tensor, cond: Cond = None) -> Tensor:
        """The mean of what the net says of the two halves of the gap."""
        half = gap / 2
        # those of the shortest gap are trusted to the velocity itself
        told = torch.where(gap > 1 / self.parts, half, 0.0)
        first = self.velocity(x, t, told, cond)
        middle = x - per_item(half, x) * first
        return (first + self.velocity(middle, t - half, told, cond)) / 2
