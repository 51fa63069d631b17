"""DiT: a Transformer that denoises latents.

After Peebles & Xie 2023, "Scalable diffusion models with Transformers"; one class for
each box of its figure 3, with the names and symbols that stand there.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from .conditions import Conditions
from .embed import TimeEmbedding
from .mlp import expect, named
from .places import positions
from .unet import padded, zeroed


def patchify(x: Float[Tensor, "b c h w"], p: int) -> Float[Tensor, "b tokens values"]:
    """Cut into squares of p by p, row by row; h and w are multiples of p."""
    b, c, h, w = x.shape
    x = x.reshape(b, c, h // p, p, w // p, p)
    return x.permute(0, 2, 4, 1, 3, 5).reshape(b, (h // p) * (w // p), c * p * p)


def unpatchify(
    tokens: Float[Tensor, "b tokens values"], p: int, rows: int, columns: int
) -> Float[Tensor, "b c h w"]:
    """The way back from `patchify`: rows by columns squares."""
    x = tokens.unflatten(1, (rows, columns)).unflatten(3, (-1, p, p))
    b, _, _, c = x.shape[:4]
    return x.permute(0, 3, 1, 4, 2, 5).reshape(b, c, rows * p, columns * p)


def scaled(x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    """The boxes "Scale, Shift": gamma is counted from 1."""
    return torch.addcmul(beta, x, 1 + gamma)


class MultiHeadSelfAttention(nn.Module):
    """Every patch asks every other patch (Vaswani et al. 2017)."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Float[Tensor, "b n width"]) -> Float[Tensor, "b n width"]:
        qkv = self.qkv(x).unflatten(2, (3, self.heads, -1))
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # (b, heads, n, width / heads) each
        h = F.scaled_dot_product_attention(q, k, v)
        return self.out(h.transpose(1, 2).flatten(2))


class PointwiseFeedforward(nn.Sequential):
    """Every patch by itself: four times wider, and back."""

    def __init__(self, width: int):
        wide = nn.Linear(width, 4 * width)
        super().__init__(wide, nn.GELU(approximate="tanh"), nn.Linear(4 * width, width))


class DiTBlock(nn.Module):
    """Attention and feedforward, each scaled, shifted and weighed by the condition.

    adaLN-zero: the condition sets (gamma, beta) after each norm and the weight alpha of
    what is added. All begin at zero, so that a new block is the identity.
    """

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.norm = nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)
        self.attention = MultiHeadSelfAttention(width, heads)
        self.feedforward = PointwiseFeedforward(width)
        self.adaln = zeroed(nn.Linear(width, 6 * width))

    def forward(
        self, x: Float[Tensor, "b n width"], emb: Float[Tensor, "b width"]
    ) -> Float[Tensor, "b n width"]:
        set_by_cond = self.adaln(emb)[:, None].chunk(6, dim=2)  # (b, 1, width) each
        gamma1, beta1, alpha1, gamma2, beta2, alpha2 = set_by_cond
        x = x + alpha1 * self.attention(scaled(self.norm(x), gamma1, beta1))
        return x + alpha2 * self.feedforward(scaled(self.norm(x), gamma2, beta2))


class FinalLayer(nn.Module):
    """The boxes "Layer Norm" and "Linear": from a token to the values of its patch."""

    def __init__(self, width: int, values: int):
        super().__init__()
        self.norm = nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)
        self.adaln = zeroed(nn.Linear(width, 2 * width))
        self.linear = zeroed(nn.Linear(width, values))

    def forward(
        self, x: Float[Tensor, "b n width"], emb: Float[Tensor, "b width"]
    ) -> Float[Tensor, "b n values"]:
        gamma, beta = self.adaln(emb)[:, None].chunk(2, dim=2)
        return self.linear(scaled(self.norm(x), gamma, beta))


class DiT(nn.Module):
    """A latent (batch, in_channels, h, w) at time t (batch,) -> the same shape.

    Any h and w. width: of a token, a multiple of 4 and of `heads`. depth: blocks.
    patch: side of the square that becomes one token. classes: as in `UNet`. (The
    paper's smallest, DiT-S/2: width 384, depth 12, 6 heads, patch 2.)
    Raises ValueError for a width that does not divide, and for x of other channels.
    """

    def __init__(
        self,
        in_channels: int = 4,
        width: int = 128,
        depth: int = 6,
        heads: int = 4,
        patch: int = 2,
        classes: int | dict | None = None,
    ):
        super().__init__()
        if width % 4 or width % heads:
            raise ValueError(
                f"width must be a multiple of 4 and of heads={heads}, got {width}"
            )
        self.in_channels, self.width, self.patch = in_channels, width, patch
        values = in_channels * patch * patch
        self.time = TimeEmbedding(width)
        self.conditions = Conditions(named(classes), width)
        self.embed = nn.Linear(values, width)
        self.blocks = nn.ModuleList(DiTBlock(width, heads) for _ in range(depth))
        self.final = FinalLayer(width, values)

    def forward(
        self,
        x: Float[Tensor, "batch c h w"],
        t: Float[Tensor, " batch"],
        cond: Tensor | dict | None = None,
    ) -> Float[Tensor, "batch c h w"]:
        expect(x, self.in_channels, axes=2)
        h, w = x.shape[2:]
        x = padded(x, self.patch)
        rows, columns = (n // self.patch for n in x.shape[2:])
        emb = F.silu(self.time(t) + self.conditions(cond, len(x)))

        tokens = self.embed(patchify(x, self.patch))
        where = positions(rows, columns, self.width, tokens.device)
        tokens = tokens + where.to(tokens)
        for block in self.blocks:
            tokens = block(tokens, emb)
        tokens = self.final(tokens, emb)
        return unpatchify(tokens, self.patch, rows, columns)[:, :, :h, :w]
