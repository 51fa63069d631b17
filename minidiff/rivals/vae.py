"""A variational autoencoder that is asked to make things, not only to shrink them.

After Kingma & Welling 2014: z is drawn from N(0, 1), x from N(decoder(z), s^2). What x
is likely to have come from is another net's guess, q(z | x) = N(mean, var), and
    log p(x) >= E_q log p(x | z) - KL(q(z | x) || N(0, 1)),
the bound (ELBO), by whose height both learn. It is reached where q is exact.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .. import valid
from ..nets.autoencoder import divergence


class VAE(nn.Module):
    """encoder: x -> mean and log variance of z, (n, 2 latent). decoder: z -> x.

    s, one number, is learned with them (Rybkin et al. 2021): a typed one would weigh
    blur against order by guess. Trained by `fit`.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, latent: int):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.latent = valid.whole(latent, "latent", 1)
        self.log_s = nn.Parameter(torch.tensor(-2.0))

    def encode(
        self, x: Float[Tensor, "n *size"]
    ) -> tuple[Float[Tensor, "n latent"], Float[Tensor, "n latent"]]:
        """Mean and log variance of q(z | x)."""
        mean, log_var = self.encoder(x).chunk(2, dim=1)
        return mean, log_var.clamp(-20, 10)  # the variance stays a finite number

    def bound(
        self, x0: Float[Tensor, "n *size"], generator: torch.Generator | None = None
    ) -> Float[Tensor, " n"]:
        """At most log p(x0) on average, in nats, by one z each."""
        mean, log_var = self.encode(x0)
        eps = torch.randn(mean.shape, generator=generator).to(mean)
        far = x0 - self.decoder(mean + (log_var / 2).exp() * eps)
        square = (far * (-self.log_s).exp()).square().flatten(1)
        each = square + 2 * self.log_s + math.log(2 * math.pi)
        return -each.sum(1) / 2 - divergence(mean, log_var).sum(1)

    def loss(
        self,
        x0: Float[Tensor, "n *size"],
        cond=None,
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, ""]:
        """The bound, downwards, per number of x0. cond is what `fit` hands on. Raises
        ValueError for NaN in x0."""
        valid.real(x0, "x0")
        return -self.bound(x0, generator).mean() / x0[0].numel()

    @torch.no_grad()
    def sample(
        self, n: int, generator: torch.Generator | None = None, noisy: bool = True
    ) -> Float[Tensor, "n *size"]:
        """n new x. noisy=False leaves out the noise of p(x | z), as is usual for
        pictures and sounds: of each z the mean. Raises ValueError for n < 1."""
        z = torch.randn(valid.whole(n, "n", 1), self.latent, generator=generator)
        x = self.decoder(z.to(self.log_s))
        if noisy:
            eps = torch.randn(x.shape, generator=generator)
            x = x + self.log_s.exp() * eps.to(x)
        return x
