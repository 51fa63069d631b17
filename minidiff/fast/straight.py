"""A denoiser that was trained already, as the net of an `Average`."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..denoiser import Denoiser
from ..process import per_item
from ..schedule import Flow
from .average import WAY

STEEP = 15.0  # of the hidden units that stand in for time, each for a part of it
PLACES = 2000  # times at which they are fitted


class Straight(nn.Module):
    """Answers with the velocity of the straight schedule as a denoiser tells it.

    net: built as the denoiser's, but with a condition more, "way", ("vectors", 2); its
    other weights become the denoiser's. The way brings in what the time brought: as
    t and gap are told without fast sines, by least squares and no better than these
    allow. The gap is not heard yet, so `Average(Straight(net, denoiser))` begins as
    the denoiser, walked with on `Flow`, and learns the gap from there.
    Raises ValueError for a denoiser that does not predict v, and for another net.
    """

    def __init__(self, net: nn.Module, denoiser: Denoiser):
        super().__init__()
        if denoiser.predicts != "v":
            raise ValueError(f"denoiser: it must predict v, not {denoiser.predicts}")
        known = denoiser.net.state_dict()
        told = f"conditions.embedders.{WAY}."
        names = {name for name in net.state_dict() if not name.startswith(told)}
        if names != set(known) or len(names) == len(net.state_dict()):
            raise ValueError("net: the denoiser's with a condition 'way' more, and no")
        net.load_state_dict(known, strict=False)
        self.net = net
        self.tell(denoiser.schedule)

    @property
    def conditions(self) -> nn.Module:
        return self.net.conditions

    @torch.no_grad()
    def tell(self, schedule) -> None:
        """Fit the way's embedding at gap 0 to that of the denoiser's time."""
        first, _, last = self.conditions.embedders[WAY].layers
        n = first.out_features
        side = torch.ones(n)
        side[::2] = -1
        first.weight.zero_()
        first.weight[:, 0] = STEEP * side
        first.bias.copy_(-STEEP * side * torch.linspace(-0.1, 1.1, n))
        t = torch.linspace(0, 1, PLACES)
        wanted = self.net.time(as_noisy(schedule, t)) - self.net.time(torch.zeros(1))
        hidden = nn.functional.silu(first(torch.stack([t, 0 * t], 1)))
        hidden = torch.cat([hidden, torch.ones(PLACES, 1)], 1).double()
        # a little ridge, for neighbouring units are much alike
        square = hidden.T @ hidden + 1e-4 * torch.eye(n + 1).double()
        found = torch.linalg.solve(square, hidden.T @ wanted.double())
        last.weight.copy_(found[:-1].T)
        last.bias.copy_(found[-1])

    def forward(
        self, x: Float[Tensor, "batch *size"], t: Float[Tensor, " batch"], cond: dict
    ) -> Float[Tensor, "batch *size"]:
        """eps - x0 = (sigma - alpha) x + (sigma + alpha) v, both levels and x over
        sqrt(alpha**2 + sigma**2), as the denoiser's net knows them."""
        t = per_item(cond[WAY][:, 0], x)
        scale = torch.hypot(1 - t, t)
        a, s, x = (1 - t) / scale, t / scale, x / scale
        zero = torch.zeros_like(cond[WAY][:, 0])
        return (s - a) * x + (s + a) * self.net(x, zero, cond)


def as_noisy(schedule, t: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """The schedule's times with as much noise per signal as `Flow` has at t."""
    at = torch.linspace(0, 1, 20_001, dtype=torch.float64)
    ours, theirs = (torch.atan2(*s(x.double())[::-1]) for s, x in
                    ((schedule, at), (Flow(), t)))  # fmt: skip
    return torch.from_numpy(np.interp(theirs, ours, at)).float()
