"""The ideal denoiser of a net that sees only patches (Kamb & Ganguli 2024)."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from .. import valid
from ..process import per_item
from ..schedule import Schedule

PART = 2**23  # numbers held at once


class LocalIdealDenoiser:
    """Every place asks for E[its clean value | the noisy patch around it].

    data: (n, c, rows, columns). patch: side of the square around a place, an odd
    number; at the edges what lies outside is not seen. 1 is every place by itself; at
    least 2 max(rows, columns) - 1 sees everything from everywhere, and is
    `IdealDenoiser`. equivariant: patches are compared with those of *all* places that
    see as much of the edges, as a net of convolutions does; else only with those of
    the same place. Choosing patches place by place, it makes pictures that no example
    is. Raises ValueError for data of other dimensions, an even patch, and x of another
    size.
    """

    def __init__(
        self, data: Tensor, schedule: Schedule, patch: int, equivariant: bool = False
    ):
        self.data, self.schedule = valid.real(data, "data"), schedule
        if data.dim() != 4:
            raise ValueError(
                f"data must be (n, c, rows, columns), got {tuple(data.shape)}"
            )
        self.patch = valid.whole(patch, "patch", 1)
        if self.patch % 2 == 0:
            raise ValueError(f"patch must be odd, got {patch}")
        self.equivariant = equivariant

    def __call__(self, x: Tensor, t: float | Tensor, cond: Tensor | None = None):
        valid.sized(valid.floating(x, "x"), self.data.shape[1:], "x")
        if cond is not None:
            raise ValueError("cond was given, but this denoiser knows no labels")
        a, s = (
            per_item(torch.as_tensor(level, dtype=torch.float64), x.double()).expand(
                len(x), 1, 1, 1
            )
            for level in self.schedule(t)
        )
        guess = self._everywhere if self.equivariant else self._in_place
        n = len(self.data) * x[0].numel() * self.patch**2 * self.equivariant
        few = max(1, PART // max(n, len(self.data) * x[0].numel()))
        parts = zip(x.double().split(few), a.split(few), s.split(few), strict=True)
        x0 = torch.cat([guess(*part) for part in parts])
        # without noise x_t is the answer itself
        return torch.where(s > 0, x0, x.double() / a).to(x.dtype)

    def _in_place(self, x: Tensor, a: Tensor, s: Tensor) -> Tensor:
        """Each place against the same place of every example."""
        data = self.data.double()
        gaps = (x[:, None] - a[:, None] * data).square().sum(2)  # (b, n, rows, columns)
        far = F.avg_pool2d(
            gaps, self.patch, 1, self.patch // 2, divisor_override=1
        )  # sums over patches
        share = (-far / (2 * s**2)).softmax(1)
        return torch.einsum("bnij,ncij->bcij", share, data)

    def _everywhere(self, x: Tensor, a: Tensor, s: Tensor) -> Tensor:
        """Each place against all places of every example that see the same edges."""
        known = patches(self.data.double(), self.patch)  # (n, places, values)
        seen = patches(x, self.patch)
        clean = self.data.double().flatten(2).transpose(1, 2)  # (n, places, c)
        x0 = torch.empty(len(x), clean.shape[1], clean.shape[2], dtype=x.dtype)
        for alike in same_edges(*x.shape[2:], self.patch // 2):
            y = known[:, alike].flatten(0, 1)
            z, values = seen[:, alike], clean[:, alike].flatten(0, 1)
            for k in range(len(x)):
                far = torch.cdist(z[k], a[k].item() * y).square()
                share = (-far / (2 * s[k].item() ** 2)).softmax(1)
                x0[k, alike] = share @ values
        return x0.transpose(1, 2).reshape(x.shape)


def patches(x: Float[Tensor, "n c rows columns"], side: int) -> Float[Tensor, "n p d"]:
    """The square around every place, nothing outside: (n, places, c * side**2)."""
    return F.unfold(x, side, padding=side // 2).transpose(1, 2)


def same_edges(rows: int, columns: int, reach: int) -> list[Tensor]:
    """Places in groups: those from which the edges lie alike, as far as one sees."""

    def edges(n: int) -> Tensor:
        i = torch.arange(n)
        before, after = i.clamp(max=reach), (n - 1 - i).clamp(max=reach)
        return before * (reach + 1) + after

    up, along = edges(rows), edges(columns)
    kind = (up[:, None] * (reach + 1) ** 2 + along).flatten()
    return [(kind == k).nonzero()[:, 0] for k in kind.unique()]


def explained(made: Float[Tensor, "n *size"], by: Float[Tensor, "n *size"]) -> float:
    """How much of what varies in `made` a prediction explains: r², at most 1.

    1 - sum |made - by|² / sum |made - their mean|²: 0 says no more than the mean does,
    below 0 less. Raises ValueError for other shapes, fewer than two and no variation.
    """
    valid.same_shape(valid.real(made, "made"), valid.real(by, "by"), "made and by")
    made, by = made.double(), by.double()
    spread = (made - made.mean(0)).square().sum()
    if len(made) < 2 or spread == 0:
        raise ValueError("made must be two or more that differ")
    return (1 - (made - by).square().sum() / spread).item()
