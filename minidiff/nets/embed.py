"""From what is known (time, labels, text, mels) to one vector that steers a net."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


class TimeEmbedding(nn.Module):
    """Sines and cosines of t at many speeds, then two layers (Ho et al. 2020, app. B).

    t: (batch,) in [0, 1], scaled to the 0..1000 of the tables. Returns (batch, width).
    """

    def __init__(self, width: int, waves: int = 64):
        super().__init__()
        # whole numbers, which `.to(torch.bfloat16)` leaves as they are
        self.register_buffer("waves", torch.arange(waves), persistent=False)
        self.layers = nn.Sequential(
            nn.Linear(2 * waves, width), nn.SiLU(), nn.Linear(width, width)
        )

    @property
    def speeds(self) -> Float[Tensor, " waves"]:
        """In radians, from t = 0 to 1."""
        return 1000 * torch.exp(-math.log(10_000) * self.waves / len(self.waves))

    def forward(self, t: Float[Tensor, " batch"]) -> Float[Tensor, "batch width"]:
        angle = t[:, None] * self.speeds
        waves = torch.cat([angle.sin(), angle.cos()], dim=1)
        return self.layers(waves.to(self.layers[0].weight.dtype))


class Labels(nn.Module):
    """One learned vector per class, and one more, at index `classes`, for null."""

    shape = ("batch",)

    def __init__(self, classes: int, width: int):
        super().__init__()
        self.size = classes
        self.table = nn.Embedding(classes + 1, width)

    def null(self, batch: int) -> Int[Tensor, " batch"]:
        return torch.full((batch,), self.size, device=self.table.weight.device)

    def forward(self, label: Int[Tensor, " batch"]) -> Float[Tensor, "batch width"]:
        return self.table(label)


class Vectors(nn.Module):
    """A float vector (batch, d). An item of NaN means null, a learned vector."""

    shape = ("batch", "d")

    def __init__(self, d: int, width: int):
        super().__init__()
        self.size = d
        self.nothing = nn.Parameter(torch.zeros(width))
        self.layers = self.build(d, width)

    def build(self, d: int, width: int) -> nn.Module:
        return nn.Sequential(nn.Linear(d, width), nn.SiLU(), nn.Linear(width, width))

    def null(self, batch: int) -> Tensor:
        size = [self.size if name in ("d", "n_mels") else 1 for name in self.shape[1:]]
        return self.nothing.new_full((batch, *size), torch.nan)

    def forward(self, c: Float[Tensor, "batch *size"]) -> Float[Tensor, "batch width"]:
        null, c = c.flatten(1).isnan().any(1), c.to(self.nothing.dtype)
        return torch.where(null[:, None], self.nothing, self.layers(c.nan_to_num()))


class Sequences(Vectors):
    """A sequence (batch, tokens, d), such as text: a learned weighted mean."""

    shape = ("batch", "tokens", "d")

    def build(self, d: int, width: int) -> nn.Module:
        return Pooled(nn.Linear(d, width), width)


class Mels(Vectors):
    """A spectrogram (batch, n_mels, frames), such as a reference, as one vector."""

    shape = ("batch", "n_mels", "frames")

    def build(self, d: int, width: int) -> nn.Module:
        conv = nn.Conv1d(d, width, 3, padding=1)
        return nn.Sequential(conv, Transposed(), Pooled(nn.SiLU(), width))


class Frames(nn.Module):
    """A spectrogram (batch, n_mels, frames) that stays beside the waveform.

    Frame k belongs to the samples from k * hop to (k + 1) * hop; with one band and a
    hop of 1 it is another waveform. An item of NaN means null: one learned frame, all
    along.
    """

    dims = 1
    shape = ("batch", "n_mels", "frames")

    def __init__(self, n_mels: int, hop: int):
        super().__init__()
        self.size, self.hop = n_mels, hop
        self.nothing = nn.Parameter(torch.zeros(n_mels))

    def null(self, batch: int) -> Float[Tensor, "batch n_mels *ones"]:
        return self.nothing.new_full((batch, self.size, *[1] * self.dims), torch.nan)

    def forward(
        self, c: Float[Tensor, "batch n_mels *size"]
    ) -> Float[Tensor, "batch n_mels *size"]:
        ones = [1] * self.dims
        null, c = c.flatten(1).isnan().any(1), c.to(self.nothing.dtype)
        nothing = self.nothing.view(-1, *ones)
        return torch.where(null.view(-1, 1, *ones), nothing, c.nan_to_num())

    def beside(
        self, c: Float[Tensor, "batch n_mels frames"], x: Float[Tensor, "batch c n"]
    ) -> Float[Tensor, "batch n_mels _"]:
        """What stands beside x; a lone frame stands all along.

        Raises ValueError if there are not ceil(samples / hop) frames.
        """
        frames = -(-x.shape[2] // self.hop)
        if c.shape[2] not in (1, frames):
            raise ValueError(
                f"{c.shape[2]} frames, but x has {x.shape[2]} samples: with a hop of "
                f"{self.hop} these are {frames} frames"
            )
        return self(c).expand(-1, -1, frames)


class Pictures(Frames):
    """A picture (batch, channels, rows, columns) that stays beside another one."""

    dims = 2
    shape = ("batch", "channels", "rows", "columns")

    def __init__(self, channels: int):
        super().__init__(channels, hop=1)

    def beside(
        self, c: Float[Tensor, "batch channels *_"], x: Float[Tensor, "batch c *size"]
    ) -> Float[Tensor, "batch channels *size"]:
        """What stands beside x; a lone place stands everywhere.

        Raises ValueError for a picture of another size.
        """
        if c.shape[2:] not in ((1, 1), x.shape[2:]):
            there, here = tuple(c.shape[2:]), tuple(x.shape[2:])
            raise ValueError(f"size {there}, but x has size {here}")
        return self(c).expand(-1, -1, *x.shape[2:])


class Transposed(nn.Module):
    """Swap the last two dimensions."""

    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2)


class Pooled(nn.Module):
    """A mean over tokens, each weighted by how much it says."""

    def __init__(self, embed: nn.Module, width: int):
        super().__init__()
        self.embed = embed
        self.weight = nn.Linear(width, 1, bias=False)  # softmax would take it away
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Float[Tensor, "batch width"]:
        h = self.embed(x)  # (batch, tokens, width)
        return self.out((self.weight(h).softmax(dim=1) * h).sum(dim=1))
