"""Adversaries: what each should do is known where the densities are."""

import math

import pytest
import torch
from torch import nn

from minidiff.nets.rival import stack
from minidiff.rivals.gan import (
    GAN,
    best_critic,
    critic_loss,
    critic_turn,
    duel,
    maker_turn,
    non_saturating,
    r1,
    saturating,
)


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


def small(gamma=0.0):
    torch.manual_seed(0)
    return GAN(stack(2, 2, 16, 1), stack(2, 1, 16, 1), 2, gamma)


class Line(nn.Module):
    """s(x) = w x."""

    def __init__(self, w):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(w))

    def forward(self, x):
        return (x @ self.w)[:, None]


class Bowl(nn.Module):
    """s(x) = x A x / 2."""

    def __init__(self, A):
        super().__init__()
        self.A = nn.Parameter(A)

    def forward(self, x):
        return ((x @ self.A) * x).sum(1, keepdim=True) / 2


def test_the_losses_are_logarithms_of_what_the_critic_believes():
    s = torch.linspace(-3, 3, 7)[:, None]
    D = s.sigmoid()
    torch.testing.assert_close(saturating(s), (1 - D).log().mean())
    torch.testing.assert_close(non_saturating(s), -D.log().mean())
    both = -D.log().mean() - (1 - D.flip(0)).log().mean()
    torch.testing.assert_close(critic_loss(s, s.flip(0)), both)
    far = torch.tensor([[200.0], [-200.0]])  # no logarithm of 0
    assert critic_loss(far, far).isfinite()
    assert non_saturating(far).isfinite()


def test_where_the_critic_is_sure_one_loss_is_flat_and_the_other_steep():
    s = torch.tensor([[-12.0]], requires_grad=True)
    slopes = [
        torch.autograd.grad(f(s), s)[0].item() for f in (saturating, non_saturating)
    ]
    assert slopes[0] == pytest.approx(-math.exp(-12), rel=1e-3)
    assert slopes[1] == pytest.approx(-1, rel=1e-3)


def gaussian(x, mean):
    return torch.exp(-((x - mean) ** 2) / 2) / math.sqrt(2 * math.pi)


def test_the_best_critic_cannot_be_bettered():
    """On a grid: the loss of D* is below that of any other, and is known."""
    x = torch.linspace(-8, 8, 1601, dtype=torch.float64)
    p, q, dx = gaussian(x, -1), gaussian(x, 1), x[1] - x[0]

    def loss(D):
        return -(p * D.log() + q * (1 - D).log()).sum() * dx

    best = best_critic(p, q)
    torch.testing.assert_close(best, (-2 * x).sigmoid())  # of two such Gaussians
    for seed in range(5):
        bump = torch.randn(len(x), generator=dice(seed), dtype=torch.float64)
        assert loss((best.logit() + 0.1 * bump).sigmoid()) > loss(best)
    middle = (p + q) / 2
    halves = sum((f * (f / middle).log()).sum() * dx for f in (p, q)) / 2
    torch.testing.assert_close(loss(best), 2 * math.log(2) - 2 * halves)
    # where both are alike it is a coin, and the generator's loss log 2
    torch.testing.assert_close(best_critic(p, p), torch.full_like(p, 0.5))
    even = torch.zeros(9, 1)
    assert non_saturating(even).item() == pytest.approx(math.log(2))
    assert critic_loss(even, even).item() == pytest.approx(2 * math.log(2))


def test_a_critic_learns_the_best_one():
    torch.manual_seed(0)
    D = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
    adam = torch.optim.Adam(D.parameters(), 1e-2)
    g = dice()
    for _ in range(400):
        real, fake = (torch.randn(512, 1, generator=g) + m for m in (-1, 1))
        adam.zero_grad()
        critic_loss(D(real), D(fake)).backward()
        adam.step()
    x = torch.linspace(-2, 2, 9)[:, None]
    best = best_critic(gaussian(x, -1), gaussian(x, 1))
    assert (D(x).sigmoid() - best).abs().max() < 0.08


def test_r1_of_a_line_and_of_a_bowl():
    x = torch.randn(50, 3, generator=dice())
    line = r1(Line([1.0, -2.0, 2.0]), x)
    torch.testing.assert_close(line, torch.tensor(4.5))
    A = torch.randn(3, 3, generator=dice(1))
    A = A + A.T
    torch.testing.assert_close(r1(Bowl(A), x), (x @ A).square().sum(1).mean() / 2)
    assert not x.requires_grad  # the reader's x is left as it was


def test_r1_teaches_the_critic():
    D = Line([3.0, 4.0])
    r1(D, torch.zeros(5, 2)).backward()
    torch.testing.assert_close(D.w.grad, D.w.detach())  # of |w|^2 / 2


def test_r1_of_mels():
    D = nn.Sequential(nn.Flatten(), Line(torch.ones(6).tolist()))
    assert r1(D, torch.zeros(4, 1, 2, 3)).item() == pytest.approx(3)


def test_each_turn_teaches_one_net():
    gan, x0 = small(), torch.randn(8, 2, generator=dice())
    critic_turn(gan, x0, dice()).backward()
    assert all(p.grad is None for p in gan.G.parameters())
    assert all(p.grad is not None for p in gan.D.parameters())
    maker_turn(gan, 8, dice()).backward()
    assert all(p.grad.abs().sum() > 0 for p in gan.G.parameters())


def test_a_step_moves_both_and_leaves_nothing_behind():
    gan, x0 = small(), torch.randn(32, 2, generator=dice())
    before = [p.clone() for p in gan.parameters()]
    (bout,) = duel(gan, [x0], 1, lr=1e-2)
    assert (bout.index, bout.ema is gan) == (1, False)
    assert all((a != b).any() for a, b in zip(before, gan.parameters(), strict=True))
    assert bout.critic == pytest.approx(2 * math.log(2), abs=0.3)  # knows nothing yet


def test_gamma_is_the_weight_of_r1():
    x0 = torch.randn(16, 2, generator=dice())
    plain, damped = (critic_turn(small(g), x0, dice()).item() for g in (0.0, 0.7))
    assert damped - plain == pytest.approx(0.7 * r1(small().D, x0).item(), rel=1e-4)


def test_the_same_seed_is_the_same_duel():
    x0 = torch.randn(32, 2, generator=dice())

    def ended(seed):
        gan = small(0.1)
        *_, last = duel(gan, [x0], 5, seed=seed)
        return last.ema.sample(4, dice())

    assert torch.equal(ended(3), ended(3))
    assert not torch.equal(ended(3), ended(4))


def test_it_learns_one_cloud():
    torch.manual_seed(0)
    x = torch.randn(4000, 2, generator=dice()) * 0.5 + torch.tensor([1.0, -1.0])
    gan = small(0.1)
    *_, last = duel(gan, list(x.split(200)), 800, lr=2e-3)
    made = last.ema.sample(2000, dice(1))
    assert (made.mean(0) - x.mean(0)).abs().max() < 0.2
    assert 0.25 < made.std(0).min() <= made.std(0).max() < 0.75


@pytest.mark.usefixtures("unhooked")
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"steps": 0}, "steps must"),
        ({"lr": -1.0}, "lr must"),
        ({"lr": math.nan}, "lr must"),
        ({"decay": 2.0}, "decay must"),
        ({"momentum": 1.1}, "momentum must"),
        ({"seed": -1}, "seed must"),
        ({"loader": []}, "loader gave no batch"),
        ({"loader": [torch.full((4, 2), math.nan)]}, "critic's loss is nan.*NaN in x0"),
        ({"loader": [torch.zeros(4, 2).long()]}, "x0 must hold floating-point"),
    ],
)
def test_bad_duels(wrong, said):
    ways = {"loader": [torch.zeros(4, 2)], "steps": 2} | wrong
    with pytest.raises((ValueError, TypeError), match=said):
        list(duel(small(), **ways))


@pytest.mark.parametrize(("latent", "gamma"), [(0, 0.0), (2, -1.0), (2, math.nan)])
def test_bad_gans(latent, gamma):
    with pytest.raises(ValueError, match=r"latent must|gamma must"):
        GAN(nn.Identity(), nn.Identity(), latent, gamma)


def test_bad_wishes():
    with pytest.raises(ValueError, match="n must"):
        small().sample(0)


def test_what_cannot_be_learned_from_leaves_the_nets_alone():
    gan = small()
    with pytest.raises(ValueError, match="NaN in x0"):
        list(duel(gan, [torch.full((4, 2), math.nan)], 3))
    assert all(p.isfinite().all() for p in gan.parameters())


def test_a_gan_of_doubles_makes_doubles():
    gan = small().double()
    assert gan.sample(3).dtype == torch.float64
    list(duel(gan, [torch.zeros(4, 2, dtype=torch.float64)], 2))
