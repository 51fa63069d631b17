"""Average velocities: a net that is told how far it shall go, and goes there at once.

On the straight schedule, `Flow`, a path moves with velocity dx/dt. From t down to
s = t - gap it comes to
    x_s = x_t - gap * u(x_t, t, gap),   u: the mean of the velocity over that stretch.
With gap = 0, u is the velocity itself, which flow matching learns. How a net learns
the means is told by `shortcut` and `meanflow`.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from .. import valid
from ..denoiser import Cond, check_cond
from ..process import per_item
from ..schedule import Flow
from .learner import Learner

WAY = "way"


class Average(Learner):
    """A net that answers with the mean velocity from t down to t - gap.

    net: has, beside its other conditions, one named "way", ("vectors", 2): t and gap.
    The t that nets are called with stays 0, for they hear it in sines that turn up to a
    thousand times as fast, and no slope can be read off those. Called like a denoiser,
    `(x_t, t, cond) -> x0`, it jumps all the way, so `renoise` works with it; `walk`
    goes in equal steps. drop: as in `Denoiser`, of the other conditions.
    Raises ValueError for a net that cannot be told the way.
    """

    def __init__(self, net: nn.Module, drop: float = 0.1):
        super().__init__(net, Flow(), "velocity", drop)
        embedders = getattr(getattr(net, "conditions", None), "embedders", {})
        embed = dict(embedders).get(WAY)
        if getattr(embed, "shape", None) != ("batch", "d") or embed.size != 2:
            raise ValueError("net: it needs a condition 'way' of ('vectors', 2)")

    def forward(
        self, x: Float[Tensor, "batch *size"], t: float | Tensor, cond: Cond = None
    ) -> Float[Tensor, "batch *size"]:
        """Where the path through x_t ends. Raises what `Denoiser` raises."""
        valid.floating(x, "x")
        self.check(cond, len(x))
        t = per_item(valid.unit_time(t), x).flatten().to(x.device, torch.float32)
        t = t.expand(len(x))
        return self.down(x, t, t, cond)

    def down(self, x: Tensor, t: Tensor, gap: Tensor, cond: Cond = None) -> Tensor:
        """x_s at s = t - gap, both of shape (batch,)."""
        return x - per_item(gap, x) * self.velocity(x, t, gap, cond)

    def velocity(
        self,
        x: Float[Tensor, "batch *size"],
        t: Float[Tensor, " batch"],
        gap: Float[Tensor, " batch"],
        cond: Cond = None,
    ) -> Float[Tensor, "batch *size"]:
        """u(x_t, t, gap), the net's answer."""
        told = self.others(cond) | {WAY: torch.stack([t, gap], 1).float()}
        return self._answer(x, torch.zeros_like(t).float(), told)

    def check(self, cond: Cond, batch: int) -> None:
        """Raise for conditions that the net does not have, as `Denoiser` does."""
        check_cond(self.net, self.others(cond) or None, batch)

    def others(self, cond: Cond) -> dict[str, Tensor]:
        """All conditions but the way, by name."""
        if isinstance(cond, Tensor):
            names = [name for name in self.net.conditions.embedders if name != WAY]
            cond = {valid.choice(names[0] if names else "cond", names, "cond"): cond}
        return cond or {}

    @torch.no_grad()
    def walk(self, x: Float[Tensor, "batch *size"], n: int, cond: Cond = None):
        """From noise x to x0 in n equal steps. Raises ValueError for n < 1, too."""
        valid.real(valid.floating(x, "x"), "x")
        self.check(cond, len(x))
        gap = x.new_full((len(x),), 1 / valid.whole(n, "n", 1))
        for i in range(n, 0, -1):
            x = self.down(x, i * gap, gap, cond)
        return x

    def drawn(self, x0, cond, generator, rows=1):
        return super().drawn(x0, self.others(cond), generator, rows)


def one_in(k: int, lot: Float[Tensor, " batch"]) -> Bool[Tensor, " batch"]:
    """Each k-th item, from where the first lot falls: of 16 items 16 / k, always."""
    at = torch.arange(len(lot), device=lot.device)
    return (at + (k * lot[0]).long()) % k == 0


def conditions_of(
    items: Bool[Tensor, " batch"], cond: dict[str, Tensor]
) -> dict[str, Tensor]:
    """The conditions of some items alone."""
    return {name: value[items] for name, value in cond.items()}
