"""A variational autoencoder of mels: the small space that latent diffusion works in.

After Kingma & Welling 2014 and, for the very small KL and the measured scale, Rombach
et al. 2022, "High-resolution image synthesis with latent diffusion models".
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from .unet import padded, zeroed

Mel = Float[Tensor, "batch 1 n_mels frames"]
Latent = Float[Tensor, "batch latent h w"]


class Residual(nn.Sequential):
    """Norm, SiLU, convolution, twice, with a way around; begins as the identity."""

    def __init__(self, c: int):
        super().__init__(
            nn.GroupNorm(8, c), nn.SiLU(), nn.Conv2d(c, c, 3, padding=1),
            nn.GroupNorm(8, c), nn.SiLU(), zeroed(nn.Conv2d(c, c, 3, padding=1)),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return x + super().forward(x)


def ending(c_in: int, c_out: int) -> list[nn.Module]:
    return [nn.GroupNorm(8, c_in), nn.SiLU(), nn.Conv2d(c_in, c_out, 3, padding=1)]


class Autoencoder(nn.Module):
    """Mels (batch, 1, n_mels, frames) to latents (batch, latent, h, w) and back.

    channels: width of each level, multiples of 8. Every level after the first halves
    both axes: h = ceil(n_mels / factor), w = ceil(frames / factor). kl: weight of the
    divergence in `loss`: the larger, the smoother the latents, the coarser the mels.
    """

    def __init__(
        self,
        channels: Sequence[int] = (32, 64, 128),
        latent: int = 4,
        kl: float = 1e-3,
    ):
        super().__init__()
        self.latent_channels, self.kl = latent, kl
        self.factor = 2 ** (len(channels) - 1)
        first, last = channels[0], channels[-1]

        down = [nn.Conv2d(1, first, 3, padding=1), Residual(first)]
        for a, b in pairwise(channels):
            down += [nn.Conv2d(a, b, 2, stride=2), Residual(b)]
        self.encoder = nn.Sequential(*down, Residual(last), *ending(last, 2 * latent))

        up = [nn.Conv2d(latent, last, 3, padding=1), Residual(last), Residual(last)]
        for a, b in pairwise(reversed(channels)):
            up += [nn.Conv2d(a, b, 1), nn.Upsample(scale_factor=2), Residual(b)]
        self.decoder = nn.Sequential(*up, *ending(first, 1))
        self.register_buffer("scale", torch.ones(()))

    @property
    def compression(self) -> float:
        """How many values of the mel share one value of the latent."""
        return self.factor**2 / self.latent_channels

    def encode(self, mel: Mel) -> tuple[Latent, Latent]:
        """Mean and log variance of z given the mel.

        Raises ValueError for a mel that is not (batch, 1, n_mels, frames).
        """
        if mel.dim() != 4 or mel.shape[1] != 1:
            raise ValueError(
                f"mel must be (batch, 1, n_mels, frames), got {tuple(mel.shape)}"
            )
        mean, log_var = self.encoder(padded(mel, self.factor)).chunk(2, dim=1)
        return mean, log_var.clamp(-30, 20)  # the variance stays a finite number

    def decode(self, z: Latent) -> Mel:
        """The mel of z, `factor` times as large on both axes.

        Raises ValueError for z of other channels.
        """
        if z.dim() != 4 or z.shape[1] != self.latent_channels:
            raise ValueError(
                f"z must be (batch, {self.latent_channels}, h, w), got {tuple(z.shape)}"
            )
        return self.decoder(z)

    def forward(self, mel: Mel) -> Mel:
        """There and back, without chance: the mel that the mean of z stands for."""
        return self.cropped(self.decode(self.encode(mel)[0]), mel)

    def loss(
        self, mel: Mel, cond=None, generator: torch.Generator | None = None
    ) -> Float[Tensor, ""]:
        """Mean squared error of the mel, plus `kl` times the divergence per value of z.

        cond is what `fit` hands on; an autoencoder has no use for it.

        This is the bound of Kingma & Welling 2014 (the ELBO) for a decoder that errs by
        a standard deviation d, where kl is 2 d**2 / compression: 1e-3 at compression 4
        means d = 0.045, for mels of unit variance. z is drawn with `generator` alone.
        """
        mean, log_var = self.encode(mel)
        device = generator.device if generator is not None else mean.device
        eps = torch.randn(mean.shape, generator=generator, device=device).to(mean)
        z = mean + (log_var / 2).exp() * eps
        error = F.mse_loss(self.cropped(self.decode(z), mel), mel)
        return error + self.kl * divergence(mean, log_var).mean()

    def cropped(self, mel: Tensor, like: Tensor) -> Tensor:
        return mel[:, :, : like.shape[2], : like.shape[3]]

    @torch.no_grad()
    def measure_scale(self, mels: Mel) -> None:
        """Once trained: set `scale`, so that the latents of `mels` have variance 1."""
        here = self.scale.device
        means = torch.cat([self.encode(part.to(here))[0] for part in mels.split(64)])
        self.scale.copy_(1 / means.std())

    def latent(self, mel: Mel) -> Latent:
        """What a diffusion model learns to make: the mean of z times `scale`."""
        return self.encode(mel)[0] * self.scale

    def mel(self, latent: Latent) -> Mel:
        """The way back from `latent`."""
        return self.decode(latent / self.scale)


def divergence(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(mean, var) || N(0, 1)) in nats, value by value."""
    return (mean.square() + log_var.exp() - 1 - log_var) / 2
