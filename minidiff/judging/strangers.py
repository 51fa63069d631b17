"""What any score of strangeness is held against: three that need no diffusion.

All are fitted to the mels of usual sounds, and called with mels they give (n,): larger
is stranger.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid
from ..nets.autoencoder import Autoencoder
from ..train import Shuffled, fit

Mels = Float[Tensor, "n 1 n_mels frames"]


def mean_mel(mels: Mels) -> Float[Tensor, "n n_mels"]:
    """Every sound's mean over time, in float64."""
    return valid.real(mels, "mels").double().mean(3).flatten(1)


class Mahalanobis:
    """A Gaussian on mean mels: how many standard deviations away (Mahalanobis 1936).

    ridge: this share of the mean variance is added to every direction, so that one in
    which the usual sounds never differ is not infinitely strange. Raises ValueError for
    fewer than two sounds.
    """

    def __init__(self, mels: Mels, ridge: float = 1e-3):
        x = mean_mel(mels)
        if len(x) < 2:
            raise ValueError("mels: one sound has no spread; give more usual ones")
        cov = torch.atleast_2d(x.T.cov())
        scale = cov.diagonal().mean() * valid.number(ridge, "ridge", 0, 1)
        self.mean = x.mean(0)
        self.root = torch.linalg.cholesky(cov + scale * torch.eye(len(cov)).double())

    def __call__(self, mels: Mels) -> Float[Tensor, " n"]:
        gap = (mean_mel(mels) - self.mean).T
        return torch.linalg.solve_triangular(self.root, gap, upper=False).norm(dim=0)


class Nearest:
    """The mean distance to the k nearest of the usual sounds, in mean mels.

    Every band is divided by its standard deviation. Raises ValueError for fewer than k
    sounds, or two.
    """

    def __init__(self, mels: Mels, k: int = 1):
        x = mean_mel(mels)
        self.k = valid.whole(k, "k", 1, len(x))
        if len(x) < 2:
            raise ValueError("mels: one sound has no spread; give more usual ones")
        self.scale = x.std(0).clamp(min=1e-6)
        self.known = x / self.scale

    def __call__(self, mels: Mels) -> Float[Tensor, " n"]:
        far = torch.cdist(mean_mel(mels) / self.scale, self.known)
        return far.topk(self.k, largest=False)[0].mean(1)


class Reconstruction:
    """The mean squared error of an autoencoder that has learned the usual sounds.

    The oldest of the nets that do this, and the baseline of DCASE's task (Harada et
    al. 2023), here with convolutions. Two of the same seed are the same. Raises
    ValueError for steps below 1.
    """

    def __init__(
        self,
        mels: Mels,
        steps: int = 1000,
        channels: tuple[int, ...] = (16, 32, 32),
        latent: int = 2,
        batch: int = 32,
        seed: int = 0,
    ):
        valid.real(mels, "mels")
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(valid.seed(seed))
            self.net = Autoencoder(channels, latent)
        sounds = torch.utils.data.TensorDataset(mels, torch.zeros(len(mels)))
        loader = torch.utils.data.DataLoader(
            sounds, batch_sampler=Shuffled(sounds, batch, seed)
        )
        for _ in fit(self.net, loader, valid.whole(steps, "steps", 1), seed=seed):
            pass
        self.net.eval()

    @torch.no_grad()
    def map(self, mels: Mels) -> Mels:
        """Where it errs: the squared error, value by value."""
        parts = valid.real(mels, "mels").split(64)
        return torch.cat([(self.net(part) - part).square() for part in parts])

    def __call__(self, mels: Mels) -> Float[Tensor, " n"]:
        return self.map(mels).flatten(1).mean(1)
