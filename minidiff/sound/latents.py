"""Latents: a front end that ends in the small space of an autoencoder."""

import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid
from ..nets import Autoencoder
from .mel import MelSpec


class Latents:
    """Waveform to mel to latent and back, with the names that `MelSpec` has.

    spec: of the mels. autoencoder: trained on such mels. card: what is known of it.
    """

    def __init__(
        self, autoencoder: Autoencoder, spec: MelSpec, card: dict | None = None
    ):
        self.autoencoder, self.spec, self.card = autoencoder.eval(), spec, card or {}
        self.sample_rate = spec.sample_rate

    @torch.no_grad()
    def encode(
        self, wave: Float[Tensor, "batch samples"], sample_rate: int | None = None
    ) -> Float[Tensor, "batch c h w"]:
        """Latents of about unit variance; the autoencoder's mean, without chance.

        In the wave's dtype, and where it is; the net computes in that of its weights.
        """
        mel = self.spec.encode(wave, sample_rate)
        return self.autoencoder.latent(mel.to(self.autoencoder.scale)).to(wave)

    @torch.no_grad()
    def decode(self, z: Float[Tensor, "batch c h w"]) -> Float[Tensor, "batch samples"]:
        """The waveforms that these latents stand for."""
        return self.spec.decode(self.mel(z))

    @torch.no_grad()
    def mel(self, z: Float[Tensor, "batch c h w"]) -> Float[Tensor, "batch 1 n m"]:
        """The mels that these latents stand for.

        Raises ValueError for latents that are not (batch, c, h, w) of `shape`.
        """
        valid.real(z, "z")
        c, h, _ = self.shape(1)
        if z.dim() != 4 or z.shape[1:3] != (c, h):
            raise ValueError(f"z must be (batch, {c}, {h}, w), got {tuple(z.shape)}")
        mel = self.autoencoder.mel(z.to(self.autoencoder.scale)).to(z)
        return mel[:, :, : self.spec.n_mels]

    def shape(self, samples: int) -> tuple[int, int, int]:
        """(channels, height, width) of the latent of so many samples."""
        net = self.autoencoder
        return net.latent_channels, *(
            -(-n // net.factor) for n in self.spec.shape(samples)[1:]
        )

    def to(self, device) -> "Latents":
        """The same, its autoencoder on another device."""
        self.autoencoder.to(device)
        return self
