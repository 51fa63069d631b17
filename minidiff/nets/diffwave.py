"""DiffWave: dilated convolutions at the full rate of a waveform.

After Kong et al. 2021, "DiffWave: a versatile diffusion model for audio synthesis". No
sample is ever thrown away: to see far, the net looks at every 2nd, 4th, 8th ... place.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from .conditions import Conditions
from .embed import TimeEmbedding
from .mlp import named
from .unet import zeroed


class ResidualLayer(nn.Module):
    """One layer of the paper's figure 2: step and mel in, residual and skip out."""

    def __init__(self, c: int, dilation: int, width: int, n_mels: int | None):
        super().__init__()
        self.step = nn.Linear(width, c)
        self.dilated = nn.Conv1d(c, 2 * c, 3, padding=dilation, dilation=dilation)
        self.mel = nn.Conv1d(n_mels, 2 * c, 1) if n_mels else None
        self.out = nn.Conv1d(c, 2 * c, 1)

    def forward(
        self,
        x: Float[Tensor, "b c samples"],
        emb: Float[Tensor, "b width"],
        mel: Float[Tensor, "b n_mels samples"] | None,
    ) -> tuple[Float[Tensor, "b c samples"], Float[Tensor, "b c samples"]]:
        h = self.dilated(x + self.step(emb)[:, :, None])  # (b, 2 c, samples)
        if mel is not None:
            h = h + self.mel(mel)
        wave, gate = h.chunk(2, dim=1)
        residual, skip = self.out(wave.tanh() * gate.sigmoid()).chunk(2, dim=1)
        return (x + residual) / math.sqrt(2), skip


class Upsample(nn.Module):
    """A mel to the rate of the waveform, by one transposed convolution per factor.

    Each looks at 3 bands and 2 frames. They begin as linear interpolation, where the
    mel is positive, so that the first steps of a training already hear it.
    """

    def __init__(self, factors: Sequence[int]):
        super().__init__()
        self.layers = nn.ModuleList()
        for s in factors:
            size = s + 2 * (s // 2)  # an even overhang on both sides
            layer = nn.ConvTranspose2d(1, 1, (3, size), (1, s), (1, s // 2))
            far = (torch.arange(size) - (size - 1) / 2).abs() / s
            zeroed(layer).weight.data[0, 0, 1] = 1 - far
            self.layers.append(layer)

    def forward(
        self, mel: Float[Tensor, "b n_mels frames"]
    ) -> Float[Tensor, "b n_mels samples"]:
        h = mel[:, None]
        for layer in self.layers:
            h = F.leaky_relu(layer(h), 0.4)
        return h[:, 0]


class DiffWave(nn.Module):
    """A waveform (batch, 1, samples) at time t (batch,) -> the same shape, any length.

    channels: width of all layers. layers, cycle: the dilations are 1, 2, 4 ... up to
    2**(cycle - 1), then again from 1. (The paper: 64 channels, 30 layers, cycle 10.)
    classes: as in `UNet`. n_mels: also takes cond "mel" (batch, n_mels, frames) with
    frames = ceil(samples / hop), where hop is the product of `factors`.
    """

    def __init__(
        self,
        channels: int = 64,
        layers: int = 20,
        cycle: int = 10,
        classes: int | dict | None = None,
        n_mels: int | None = None,
        factors: Sequence[int] = (16, 16),
    ):
        super().__init__()
        self.dilations = [2 ** (i % cycle) for i in range(layers)]
        self.n_mels, self.factors, self.hop = n_mels, factors, math.prod(factors)
        width = 4 * channels
        kinds = named(classes) | (
            {"mel": ("frames", n_mels, self.hop)} if n_mels else {}
        )
        self.time = TimeEmbedding(width)
        self.conditions = Conditions(kinds, width, dims=1)
        self.upsample = Upsample(factors) if n_mels else None
        self.inp = nn.Conv1d(1, channels, 1)
        self.layers = nn.ModuleList(
            ResidualLayer(channels, d, width, n_mels) for d in self.dilations
        )
        self.skip = nn.Conv1d(channels, channels, 1)
        self.out = zeroed(nn.Conv1d(channels, 1, 1))

    @property
    def receptive_field(self) -> int:
        """How many samples of x one sample of the output depends on."""
        return 1 + 2 * sum(self.dilations)

    @property
    def mel_reach(self) -> int:
        """How many samples before and after its own hop a frame of the mel changes."""
        reach = 0
        for s in self.factors:
            reach = s * reach + s // 2
        return reach + sum(self.dilations[1:])  # it comes in after the first one

    def forward(
        self,
        x: Float[Tensor, "batch 1 samples"],
        t: Float[Tensor, " batch"],
        cond: Tensor | dict | None = None,
    ) -> Float[Tensor, "batch 1 samples"]:
        emb = F.silu(self.time(t) + self.conditions(cond, len(x)))
        mel = None
        if self.upsample is not None:
            (mel,) = self.conditions.beside(cond, x)
            mel = self.upsample(mel)[:, :, : x.shape[2]]

        h, skips = F.relu(self.inp(x)), 0
        for layer in self.layers:
            h, skip = layer(h, emb, mel)
            skips = skips + skip
        h = F.relu(self.skip(skips / math.sqrt(len(self.layers))))
        return self.out(h)
