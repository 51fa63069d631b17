"""A generative adversarial network: one net makes, another tells it from the real.

After Goodfellow et al. 2014, with their symbols: G makes x out of noise z, and D(x) is
the probability that x is real, here as a score s, D = 1 / (1 + exp(-s)). There is no
loss that falls to a bottom: each is the other's task.
"""

import copy
import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from .. import valid
from ..train import average, forever, ramp

Scores = Float[Tensor, "n 1"]


def critic_loss(real: Scores, fake: Scores) -> Float[Tensor, ""]:
    """-E log D(x) - E log(1 - D(G(z))): how badly D tells real from made."""
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def saturating(fake: Scores) -> Float[Tensor, ""]:
    """E log(1 - D(G(z))): flat where D is sure, as it is at the beginning."""
    return -F.softplus(fake).mean()


def non_saturating(fake: Scores) -> Float[Tensor, ""]:
    """-E log D(G(z)): the same goal, steep where the other is flat."""
    return F.softplus(-fake).mean()


def best_critic(p: Tensor, q: Tensor) -> Tensor:
    """D* where the densities are p (real) and q (made) (Goodfellow et al., sec. 4)."""
    return p / (p + q)


def r1(D: nn.Module, real: Float[Tensor, "n *size"]) -> Float[Tensor, ""]:
    """E |grad_x s(x)|^2 / 2 at real x: how steep the critic is there.

    Mescheder et al. 2018: where data lie on points or thin sheets nothing else fixes
    how steep D is beside them, and even a generator that is right may be pushed on.
    """
    real = real.detach().requires_grad_()
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(D(real).sum(), real, create_graph=True)
    return slope.square().flatten(1).sum(1).mean() / 2


class GAN(nn.Module):
    """G: z (n, latent) -> x. D: x -> scores (n, 1). gamma: weight of `r1`, 0 = none."""

    def __init__(self, G: nn.Module, D: nn.Module, latent: int, gamma: float = 0.0):
        super().__init__()
        self.G, self.D = G, D
        self.latent = valid.whole(latent, "latent", 1)
        self.gamma = valid.number(gamma, "gamma", 0, math.inf)

    def z(
        self, n: int, generator: torch.Generator | None = None
    ) -> Float[Tensor, "n latent"]:
        z = torch.randn(n, self.latent, generator=generator)
        return z.to(next(self.parameters()))

    @torch.no_grad()
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n made x, in one call of G. Raises ValueError for n < 1."""
        return self.G(self.z(valid.whole(n, "n", 1), generator))


class Bout(NamedTuple):
    """One step of `duel`: both losses, and a GAN whose G has averaged weights."""

    index: int
    critic: float
    maker: float
    ema: GAN


def duel(
    gan: GAN,
    loader: Iterable,
    steps: int,
    *,
    lr: float = 1e-3,
    momentum: float = 0.0,
    decay: float = 0.999,
    seed: int = 0,
) -> Iterator[Bout]:
    """Train both nets, D and then G in each step; a generator, as `fit` is.

    loader: batches of x0 or (x0, cond), as for `fit`; learning rate and moving average
    (of G) too are those of `fit`. momentum: of Adam, its first beta. What was right a
    step ago is not right now, for the other has moved; so usually 0. Raises ValueError
    for steps < 1, lr below 0, momentum outside [0, 1), decay outside [0, 1], seed < 0,
    and losses that are no longer finite: the net whose loss it is has not moved.
    """
    valid.whole(steps, "steps", 1)
    valid.number(lr, "lr", 0, math.inf)
    valid.number(momentum, "momentum", 0, math.nextafter(1, 0))
    valid.number(decay, "decay", 0, 1)
    return _duel(gan, loader, steps, lr, momentum, decay, valid.seed(seed))


def _duel(gan, loader, steps, lr, momentum, decay, seed):
    dice = torch.Generator().manual_seed(seed)
    ema = copy.deepcopy(gan).eval().requires_grad_(False)
    betas = momentum, 0.99
    turns = [torch.optim.Adam(net.parameters(), lr, betas) for net in (gan.D, gan.G)]
    batches = forever(loader, next(gan.parameters()).device)
    for index in range(1, steps + 1):
        for turn in turns:
            turn.param_groups[0]["lr"] = lr * ramp(index - 1, steps)
        x0, _ = next(batches)
        D_loss = critic_turn(gan, valid.floating(x0, "x0"), dice)
        move(turns[0], finite(D_loss, "critic", index, lr))
        G_loss = maker_turn(gan, len(x0), dice)
        move(turns[1], finite(G_loss, "generator", index, lr))
        average(ema, gan, min(decay, index / (index + 10)))
        yield Bout(index, D_loss.item(), G_loss.item(), ema)


def finite(loss: Tensor, whose: str, index: int, lr: float) -> Tensor:
    """Return a loss that one can learn from; ValueError for another."""
    if not torch.isfinite(loss):
        raise ValueError(
            f"the {whose}'s loss is {loss.item()} at step {index}: NaN in x0, or try a "
            f"smaller lr than {lr}"
        )
    return loss


def critic_turn(gan: GAN, x0: Tensor, dice: torch.Generator) -> Float[Tensor, ""]:
    """What D minimises; G only serves, so the made x are cut off from it."""
    fake = gan.sample(len(x0), dice)
    loss = critic_loss(gan.D(x0), gan.D(fake))
    return loss + gan.gamma * r1(gan.D, x0) if gan.gamma else loss


def maker_turn(gan: GAN, n: int, dice: torch.Generator) -> Float[Tensor, ""]:
    """What G minimises: its gradient comes through D, which stays as it is."""
    return non_saturating(gan.D(gan.G(gan.z(n, dice))))


def move(turn: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step of those weights alone."""
    weights = turn.param_groups[0]["params"]
    for weight, slope in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        weight.grad = slope
    turn.step()
