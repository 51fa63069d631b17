"""A U-Net for waveforms (dims=1) and pictures or spectrograms (dims=2).

Down, turn, up (Ronneberger et al. 2015): each level halves the size, and what it saw on
the way down is handed across to the way up. Blocks are modulated by time and condition.
"""

import functools
from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from .conditions import Conditions
from .embed import TimeEmbedding
from .mlp import expect, named
from .places import positions
from .text import Attend, Words

CONV = {1: nn.Conv1d, 2: nn.Conv2d}


class Listen(nn.Module):
    """Every place asks the words (Rombach et al. 2022), with a way around.

    It asks as the place that it is: which half of a spectrogram is before "then", no
    noise would tell.
    """

    def __init__(self, c: int, groups: int = 8):
        super().__init__()
        self.norm = nn.GroupNorm(groups, c)
        self.attend = Attend(c, Words.reads)
        zeroed(self.attend.out)

    def forward(
        self,
        x: Float[Tensor, "b c *size"],
        said: Float[Tensor, "b m told"],
        heard: Bool[Tensor, "b m"],
    ) -> Float[Tensor, "b c *size"]:
        rows, columns = (1, *x.shape[2:])[-2:]
        asks = self.norm(x).flatten(2).transpose(1, 2)  # (b, places, c)
        asks = asks + positions(rows, columns, x.shape[1], x.device).to(asks)
        h = self.attend(asks, said, heard).transpose(1, 2)
        return x + h.reshape(x.shape)


class Block(nn.Module):
    """Two 3-wide convolutions with a way around them (He et al. 2016).

    Time and condition set a scale and a shift after the second norm (FiLM, Perez et al.
    2018). The last convolution starts at zero: a new block changes nothing. along: then
    look along every row too. listen: then ask the words.
    """

    def __init__(
        self, dims: int, c_in: int, c_out: int, width: int,
        groups: int = 8, along: bool = False, listen: bool = False,
    ):  # fmt: skip
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, c_in)
        self.conv1 = CONV[dims](c_in, c_out, 3, padding=1)
        self.film = nn.Linear(width, 2 * c_out)
        self.norm2 = nn.GroupNorm(groups, c_out)
        self.conv2 = zeroed(CONV[dims](c_out, c_out, 3, padding=1))
        same = c_in == c_out
        self.around = nn.Identity() if same else CONV[dims](c_in, c_out, 1)
        self.along = Along(c_out) if along else nn.Identity()
        self.listen = Listen(c_out) if listen else None

    def forward(
        self,
        x: Float[Tensor, "b c_in *size"],
        emb: Float[Tensor, "b width"],
        said: tuple[Tensor, Tensor] | None = None,
    ) -> Float[Tensor, "b c_out *size"]:
        h = self.conv1(F.silu(self.norm1(x)))
        film = self.film(emb).view(*emb.shape[:1], -1, *[1] * (x.dim() - 2))
        scale, shift = film.chunk(2, dim=1)  # (b, c_out, 1, ...)
        h = torch.addcmul(shift, self.norm2(h), 1 + scale)
        h = self.along(self.around(x) + self.conv2(F.silu(h)))
        return self.listen(h, *said) if self.listen else h


class Attention(nn.Module):
    """Every place asks every other place (Vaswani et al. 2017), with a way around."""

    def __init__(self, dims: int, c: int, heads: int = 4, groups: int = 8):
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(groups, c)
        self.qkv = CONV[dims](c, 3 * c, 1)
        self.out = zeroed(CONV[dims](c, c, 1))

    def forward(self, x: Float[Tensor, "b c *size"]) -> Float[Tensor, "b c *size"]:
        b, c = x.shape[:2]
        qkv = self.qkv(self.norm(x)).view(b, 3, self.heads, c // self.heads, -1)
        q, k, v = qkv.transpose(-1, -2).unbind(1)  # (b, heads, places, c / heads)
        h = F.scaled_dot_product_attention(q, k, v)
        return x + self.out(h.transpose(-1, -2).reshape(x.shape))


class Along(nn.Module):
    """Every place asks its own row (axial attention, Ho et al. 2019), a way around it.

    In a spectrogram a row is a band: a tone that lasts is found in all of it, and
    through noise in which no single place shows it.
    """

    def __init__(self, c: int):
        super().__init__()
        self.attend = Attention(1, c)

    def forward(self, x: Float[Tensor, "b c rows n"]) -> Float[Tensor, "b c rows n"]:
        rows = x.transpose(1, 2)
        return self.attend(rows.flatten(0, 1)).view(rows.shape).transpose(1, 2)


class UNet(nn.Module):
    """x (batch, in_channels, *size) at time t (batch,) -> the same shape, any size.

    dims: 1 or 2. channels: width of each level, in multiples of 8. classes: number of
    classes of `cond`, or several by name: {"digit": 10, "speaker": 6}; conditions that
    are no labels stand as ("vectors", d), ("sequence", d) or ("mel", n_mels), and those
    that stay beside x, for dims = 1, as ("frames", n_mels, hop), for 2 as ("picture",
    channels). Of ("words", vocabulary, length) all levels but the first ask every word.
    mid: blocks at the bottom, at least one. attention: at the bottom. Only for
    dims = 2: patch: side of the squares of x that become one place, so that all levels
    are smaller. along: every block looks along its rows. Raises ValueError for other
    dims, and for x of other channels.
    """

    def __init__(
        self,
        dims: int = 2,
        in_channels: int = 1,
        channels: Sequence[int] = (32, 64, 128),
        classes: int | dict | None = None,
        mid: int = 3,
        attention: bool = True,
        patch: int = 1,
        along: bool = False,
    ):
        super().__init__()
        if dims not in CONV:
            raise ValueError(f"dims must be 1 or 2, got {dims}")
        if mid < 1:
            raise ValueError(f"mid must be at least 1, got {mid}")
        if dims != 2 and (patch, along) != (1, False):
            raise ValueError(f"patch={patch}, along={along} need dims=2, got {dims}")
        self.in_channels = in_channels
        self.dims, self.factor = dims, patch * 2 ** (len(channels) - 1)
        conv, width = CONV[dims], 4 * channels[0]
        self.time = TimeEmbedding(width)
        self.conditions = Conditions(named(classes), width, dims, asks=True)

        pairs = list(pairwise(channels))
        beside = sum(embed.size for embed in self.conditions.frames.values())
        block = functools.partial(Block, dims, width=width, along=along)
        # the first level, with the most places, leaves the words to the others
        words = self.conditions.reads
        levels = [(c, words and level > 0) for level, c in enumerate(channels)]
        # a place of the first level sees its own square and those around it
        self.stem = conv(in_channels + beside, channels[0], 3 * patch, patch, patch)
        self.down = nn.ModuleList(block(c, c, listen=asks) for c, asks in levels)
        self.shrink = nn.ModuleList(conv(a, b, 2, stride=2) for a, b in pairs)
        c = channels[-1]
        self.attend = Attention(dims, c) if attention else nn.Identity()
        self.mid = nn.ModuleList(block(c, c, listen=words) for _ in range(mid))
        self.up = nn.ModuleList(block(2 * c, c, listen=asks) for c, asks in levels)
        self.grow = nn.ModuleList(conv(b, a, 1) for a, b in pairs)
        self.norm = nn.GroupNorm(8, channels[0])
        self.out = zeroed(conv(channels[0], patch**2 * in_channels, 3, padding=1))
        if patch > 1:
            self.out = nn.Sequential(self.out, nn.PixelShuffle(patch))
        if dims == 2:  # the layout in which CPUs and GPUs convolve fastest
            self.to(memory_format=torch.channels_last)

    def forward(
        self,
        x: Float[Tensor, "batch c *size"],
        t: Float[Tensor, " batch"],
        cond: Tensor | dict | None = None,
    ) -> Float[Tensor, "batch c *size"]:
        expect(x, self.in_channels, self.dims)
        size = x.shape[2:]
        x = padded(self.conditions.joined(cond, x), self.factor)
        told = self.told(t, cond)

        h, skips = self.stem(x), []
        for level, block in enumerate(self.down):
            if level > 0:
                h = self.shrink[level - 1](h)
            h = block(h, *told)
            skips.append(h)

        for block in self.mid[:-1]:
            h = block(h, *told)
        h = self.mid[-1](self.attend(h), *told)

        for level in reversed(range(len(self.up))):
            h = self.up[level](torch.cat([h, skips.pop()], dim=1), *told)
            if level > 0:
                h = F.interpolate(self.grow[level - 1](h), scale_factor=2)

        h = self.out(F.silu(self.norm(h)))
        return h[(..., *(slice(n) for n in size))]

    def told(
        self, t: Float[Tensor, " batch"], cond: Tensor | dict | None
    ) -> tuple[Float[Tensor, "batch width"], tuple[Tensor, Tensor] | None]:
        """What steers every block, and what is said word by word, if anything."""
        said = self.conditions.words(cond, len(t))
        emb = F.silu(self.time(t) + self.conditions(cond, len(t), said))
        return emb, said


def padded(x: Tensor, factor: int) -> Tensor:
    """Repeat the last edge until every size is a multiple of `factor`."""
    pad = [n for size in reversed(x.shape[2:]) for n in (0, -size % factor)]
    if any(pad):
        x = F.pad(x, pad, mode="replicate")
    if x.dim() == 4:
        x = x.contiguous(memory_format=torch.channels_last)
    return x


def zeroed(layer: nn.Module) -> nn.Module:
    """The same layer, its parameters at zero."""
    for p in layer.parameters():
        nn.init.zeros_(p)
    return layer
