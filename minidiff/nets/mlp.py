"""A multilayer perceptron that denoises points."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .conditions import Conditions
from .embed import TimeEmbedding


class MLP(nn.Module):
    """Points (batch, dim) at time t (batch,) -> (batch, dim).

    width: units in each of `layers` hidden layers; every one sees x, t and cond anew.
    classes: number of classes of `cond`, or a dict of them by name, where vectors stand
    as ("vectors", d); None = none.
    Raises ValueError for x of another size.
    """

    def __init__(
        self,
        dim: int = 2,
        width: int = 128,
        layers: int = 3,
        classes: int | dict | None = None,
    ):
        super().__init__()
        self.time = TimeEmbedding(width)
        self.conditions = Conditions(named(classes), width)
        self.inp = nn.Linear(dim, width)
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in range(layers))
        self.out = nn.Linear(width, dim)

    def forward(
        self,
        x: Float[Tensor, "batch dim"],
        t: Float[Tensor, " batch"],
        cond: Tensor | dict | None = None,
    ) -> Float[Tensor, "batch dim"]:
        expect(x, self.inp.in_features, axes=0)
        emb = self.time(t) + self.conditions(cond, len(x))  # (batch, width)
        h = self.inp(x)
        for layer in self.hidden:
            h = h + torch.nn.functional.silu(layer(h + emb))
        return self.out(h)


def named(classes: int | dict | None) -> dict:
    """`classes=10` is short for `classes={"label": 10}`."""
    if not isinstance(classes, int | dict | None):
        raise TypeError(f"classes must be a number or a dict by name, got {classes!r}")
    return {"label": classes} if isinstance(classes, int) else classes or {}


def expect(x: Tensor, channels: int, axes: int) -> None:
    """Raise ValueError unless x is (batch, channels) and so many axes more."""
    if x.dim() != 2 + axes or x.shape[1] != channels:
        wanted = ", ".join(["batch", str(channels), *"hw"[2 - axes :]])
        raise ValueError(f"x must have shape ({wanted}), got {tuple(x.shape)}")
