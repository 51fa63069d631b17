"""A Transformer that reads from left to right, and need not read anything twice."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .melody import causal
from .text import TextBlock

Past = list[tuple[Tensor, Tensor]]  # keys and answers of each block, (b, heads, m, _)


class CausalBlock(TextBlock):
    """A `TextBlock` whose places ask those before them and themselves."""

    def forward(
        self, h: Float[Tensor, "b n width"], past: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Float[Tensor, "b n width"], tuple[Tensor, Tensor]]:
        """past: keys and answers of the m places before these. Returns them with those
        of these n appended, for the places after."""
        asked = self.norm1(h)
        k, v = self.attend.keys(asked)
        if past is not None:
            k, v = (torch.cat(pair, dim=2) for pair in zip(past, (k, v), strict=True))
        n, m = h.shape[1], k.shape[2]
        before = causal(m, h.device)[:, m - n :].expand(len(h), -1, -1)
        h = h + self.attend.ask(asked, k, v, before)
        return h + self.think(self.norm2(h)), (k, v)


class Causal(nn.Module):
    """Places (batch, n, width) -> the same, each told of those before it alone.

    What a place was asked and answered never changes, for it hears nothing that comes
    after it. So it is kept, the key-value cache: `h, past = net(h, past)` reads only
    new places, and gives what reading all of them anew would (but for rounding).
    """

    def __init__(self, width: int = 64, depth: int = 2, heads: int = 4):
        super().__init__()
        self.blocks = nn.ModuleList(CausalBlock(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def forward(
        self, h: Float[Tensor, "b n width"], past: Past | None = None
    ) -> tuple[Float[Tensor, "b n width"], Past]:
        kept = []
        for block, before in zip(
            self.blocks, past or [None] * len(self.blocks), strict=True
        ):
            h, pair = block(h, before)
            kept.append(pair)
        return self.norm(h), kept
