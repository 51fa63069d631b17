"""Pairs of times, t and the next one down, s: between them a jump must agree."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .. import valid
from ..schedule import Schedule, noise_times

FINE = 1000  # steps of the table of times


class Gaps(nn.Module):
    """Times t, and s a gap below t; the gap halves as training goes on.

    A place u in [0, 1] stands for a time at which sigma / alpha is spread as in Karras
    et al. 2022 (eq. 5): u = 1 where `noise_times` begins, 0 where it ends but for
    t = 0. s stands at u - gap; where that is below 0, s = 0. The gap is 1 / `first`
    parts at the beginning, half of it every `halve` steps of training, and never below
    1 / `last`: long gaps bring news from the end quickly, short ones bring it exactly
    (Song et al. 2023; Geng et al. 2024). `seen` counts the steps; it is stored with the
    weights, so that a training that goes on has the gap it would have had.
    Raises ValueError for first, last or halve below 1, and for last below first.
    """

    def __init__(self, schedule: Schedule, first: int, last: int, halve: int):
        super().__init__()
        self.first = valid.whole(first, "first", 1)
        self.last = valid.whole(last, "last", self.first)
        self.halve = valid.whole(halve, "halve", 1)
        times = noise_times(schedule, FINE + 1)[:-1].flip(0).float()
        self.register_buffer("times", times, persistent=False)
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))

    @property
    def gap(self) -> Float[Tensor, ""]:
        """The gap by now, as a share of all places."""
        parts = self.first * 2.0 ** (self.seen // self.halve).clamp(max=30)
        return 1 / parts.clamp(max=self.last)

    def forward(
        self, u: Float[Tensor, " batch"]
    ) -> tuple[Float[Tensor, " batch"], Float[Tensor, " batch"]]:
        """t and s for places u; one more step is counted while training."""
        s = u - self.gap
        if self.training:
            self.seen += 1
        return self.time(u), torch.where(s > 0, self.time(s), 0.0)

    def time(self, u: Float[Tensor, " batch"]) -> Float[Tensor, " batch"]:
        """The time at a place, linear between those of the table."""
        at = u.clamp(0, 1) * FINE
        i = at.floor().clamp(max=FINE - 1).long()
        return torch.lerp(self.times[i], self.times[i + 1], at - i)
