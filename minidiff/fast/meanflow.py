"""MeanFlow: what holds for a mean velocity, written as a derivative."""

import warnings

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..denoiser import Cond
from ..process import per_item
from .average import Average, conditions_of, one_in


class MeanFlow(Average):
    """Average velocities, learned from their own slope (Geng et al. 2025).

    gap * u is the way from s to t. Its derivative along the path, with s held fixed, is
    the velocity v = eps - x0 at t, and so
        u = v - gap * (du/dx v + du/dt + du/dgap)
    where t and gap = t - s grow together. Three items of four have gap 0, where that is
    flow matching (of the shares they tried, that was the best). The derivative is one
    product of a Jacobian and a vector: a second pass through the net, forwards.
    """

    def __init__(self, net: nn.Module, drop: float = 0.1):
        super().__init__(net, drop)
        # torch goes forwards through a norm of groups in the plain layout only
        net.to(memory_format=torch.contiguous_format)

    def loss(
        self,
        x0: Float[Tensor, "batch *size"],
        cond: Cond = None,
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, ""]:
        """Mean squared error of u; the right side is taken as given: no gradient.

        Randomness comes from `generator` alone. Raises ValueError for NaN in x0.
        """
        (a, b, lot), eps, cond = self.drawn(x0, cond, generator, 3)
        far, t = one_in(4, lot), torch.maximum(a, b)
        gap = torch.where(far, (a - b).abs(), 0.0)
        x, target = self.noised(x0, eps, t), eps - x0
        if far.any():
            asked = x[far], t[far], gap[far], target[far], conditions_of(far, cond)
            target[far] = self.slope(*asked)
        return (self.velocity(x, t, gap, cond) - target).square().mean()

    @torch.no_grad()
    def slope(self, x: Tensor, t: Tensor, gap: Tensor, v: Tensor, cond: Cond) -> Tensor:
        """v - gap * du/dt along the path, where x moves with v and s stays."""

        def u(x, t, gap):
            return self.velocity(x, t, gap, cond)

        one = torch.ones_like(t)
        with (
            # torch's own, when it first goes forwards
            warnings.catch_warnings(action="ignore", category=DeprecationWarning),
            # and it does not know both ways of a product in bfloat16
            torch.autocast(x.device.type, enabled=False),
        ):
            _, along = torch.func.jvp(u, (x, t, gap), (v, one, one))
        return v - per_item(gap, x) * along
