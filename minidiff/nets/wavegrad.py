"""WaveGrad: from a mel up to its waveform, steered by the noisy one.

After Chen et al. 2021, "WaveGrad: estimating gradients for waveform generation". The
way down looks at the noisy waveform, the way up begins at the mel. In between stand
FiLMs, which are told not the time but how much signal is left.
"""

import math
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from .conditions import Conditions
from .unet import padded, zeroed


def conv(c_in: int, c_out: int, dilation: int = 1) -> nn.Module:
    return nn.Conv1d(c_in, c_out, 3, padding=dilation, dilation=dilation)


def leaky(h: Tensor) -> Tensor:
    return F.leaky_relu(h, 0.2)


class DBlock(nn.Module):
    """Down: the mean of every `factor` places, then three ever wider convolutions."""

    def __init__(self, c_in: int, c_out: int, factor: int):
        super().__init__()
        self.factor = factor
        self.around = nn.Conv1d(c_in, c_out, 1)
        pairs = ((c_in, 1), (c_out, 2), (c_out, 4))
        self.layers = nn.ModuleList(conv(c, c_out, d) for c, d in pairs)

    def forward(self, x: Float[Tensor, "b c_in n"]) -> Float[Tensor, "b c_out m"]:
        x = h = F.avg_pool1d(x, self.factor)
        for layer in self.layers:
            h = layer(leaky(h))
        return self.around(x) + h


class FiLM(nn.Module):
    """From the noisy waveform and its level: scale gamma and shift xi, place by place.

    (Feature-wise linear modulation, Perez et al. 2018.)
    """

    def __init__(self, c_in: int, c_out: int):
        super().__init__()
        self.inp, self.out = conv(c_in, c_in), conv(c_in, 2 * c_out)
        self.out.bias.data[:c_out] += 1  # near gamma = 1, so that signals get through

    def forward(
        self, h: Float[Tensor, "b c_in n"], level: Float[Tensor, " b"]
    ) -> tuple[Float[Tensor, "b c_out n"], Float[Tensor, "b c_out n"]]:
        h = leaky(self.inp(h))
        h = h + waves(level, h.shape[1]).to(h)[:, :, None]
        gamma, xi = self.out(h).chunk(2, dim=1)
        return gamma, xi


class UBlock(nn.Module):
    """Up: every place `factor` times, then four convolutions, three of them FiLMed."""

    def __init__(self, c_in: int, c_out: int, factor: int, dilations: Sequence[int]):
        super().__init__()
        self.factor = factor
        self.around = nn.Conv1d(c_in, c_out, 1)
        widths = (c_in, c_out, c_out, c_out)
        self.layers = nn.ModuleList(
            conv(c, c_out, d) for c, d in zip(widths, dilations, strict=True)
        )

    def forward(
        self,
        h: Float[Tensor, "b c_in m"],
        film: tuple[Float[Tensor, "b c_out n"], Float[Tensor, "b c_out n"]],
    ) -> Float[Tensor, "b c_out n"]:
        gamma, xi = film
        first, second, third, fourth = self.layers
        u = first(self.up(leaky(h)))
        u = second(leaky(gamma * u + xi))
        h = self.up(self.around(h)) + u
        u = third(leaky(gamma * h + xi))
        u = fourth(leaky(gamma * u + xi))
        return h + u

    def up(self, h: Tensor) -> Tensor:
        return F.interpolate(h, scale_factor=self.factor)


class Needed(Conditions):
    """Conditions that training does not drop, because the net begins at them."""

    optional = False

    def null(self, cond: Tensor | dict) -> Tensor | dict:
        return cond


class WaveGrad(nn.Module):
    """A waveform (batch, 1, samples) at time t (batch,) -> the same shape, any length.

    schedule: any callable t -> (alpha, sigma), the one that the denoiser has too. It
    turns t into the paper's noise level sqrt(alpha_bar), so that another schedule with
    the same levels needs no new training.
    n_mels: cond is a mel (batch, n_mels, frames), frames = ceil(samples / hop). It
    cannot be left out: raises ValueError for cond=None.
    factors: from the mel up to the waveform, their product is the hop. channels: of the
    blocks on the way up, multiples of 8. (The paper: factors 5, 5, 3, 2, 2; channels
    512, 512, 256, 128, 128.)
    """

    def __init__(
        self,
        schedule: Callable,
        n_mels: int = 64,
        factors: Sequence[int] = (4, 4, 4, 2, 2),
        channels: Sequence[int] = (128, 128, 64, 32, 32),
    ):
        super().__init__()
        if len(factors) != len(channels):
            raise ValueError(
                "factors and channels must be equally many, "
                f"got {len(factors)} and {len(channels)}"
            )
        self.schedule, self.n_mels = schedule, n_mels
        self.factors, self.hop = factors, math.prod(factors)
        self.conditions = Needed({"mel": ("frames", n_mels, self.hop)}, 0, dims=1)
        self.dilations = [(1, 2, 1, 2)] * 2 + [(1, 2, 4, 8)] * (len(factors) - 2)

        down = [channels[-1] // 4, *reversed(channels[1:])]  # from the waveform on
        self.wave = nn.Conv1d(1, down[0], 5, padding=2)
        self.down = nn.ModuleList(map(DBlock, down[:-1], down[1:], factors[:0:-1]))
        self.films = nn.ModuleList(map(FiLM, down, reversed(channels)))

        up = [channels[0] * 3 // 2, *channels]  # from the mel on
        self.mel = conv(n_mels, up[0])
        self.up = nn.ModuleList(map(UBlock, up[:-1], up[1:], factors, self.dilations))
        self.out = zeroed(conv(channels[-1], 1))

    @property
    def mel_reach(self) -> int:
        """How many samples before and after its own hop a frame of the mel changes."""
        reach = 1
        for s, dilations in zip(self.factors, self.dilations, strict=True):
            reach = s * reach + sum(dilations)
        return reach + 1

    def level(self, t: Float[Tensor, " batch"]) -> Float[Tensor, " batch"]:
        """The share of signal, alpha / sqrt(alpha**2 + sigma**2): sqrt(alpha_bar)."""
        # without the look at the values of t, which would stall a GPU
        levels = getattr(self.schedule, "levels", self.schedule)
        alpha, sigma = levels(t)
        return alpha / torch.hypot(alpha, sigma)

    def forward(
        self,
        x: Float[Tensor, "batch 1 samples"],
        t: Float[Tensor, " batch"],
        cond: Tensor | dict | None = None,
    ) -> Float[Tensor, "batch 1 samples"]:
        if "mel" not in self.conditions.by_name(cond):
            raise ValueError(
                "WaveGrad needs a mel: cond must have shape "
                f"({len(x)}, {self.n_mels}, {-(-x.shape[2] // self.hop)}), got {cond}"
            )
        (mel,) = self.conditions.beside(cond, x)
        level = self.level(t).float()

        h = self.wave(padded(x, self.hop))
        films = [self.films[0](h, level)]
        for block, film in zip(self.down, self.films[1:], strict=True):
            h = block(h)
            films.append(film(h, level))

        h = self.mel(mel)
        for block in self.up:
            h = block(h, films.pop())
        return self.out(h)[:, :, : x.shape[2]]


def waves(level: Float[Tensor, " b"], width: int) -> Float[Tensor, "b width"]:
    """Sines and cosines of 5000 * level at many speeds, as in the paper."""
    speeds = 10_000 ** -torch.linspace(0, 1, width // 2, device=level.device)
    angle = 5000 * level[:, None] * speeds
    return torch.cat([angle.sin(), angle.cos()], dim=1)
