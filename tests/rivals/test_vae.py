"""The bound: never above the likelihood, and as high where the guess is exact."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import MultivariateNormal, Normal, kl_divergence

import minidiff as md
from minidiff.nets.autoencoder import divergence
from minidiff.nets.rival import stack
from minidiff.rivals.vae import VAE

W = torch.tensor([[1.0, 0.0], [0.5, 0.0], [0.0, 2.0]], dtype=torch.float64)
MEAN = torch.tensor([0.3, -1.0, 2.0], dtype=torch.float64)
S = 0.4


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


class Exact(nn.Module):
    """q(z | x) of x = W z + m + s eps, where the columns of W are at right angles."""

    def __init__(self, shift=0.0, wider=1.0):
        super().__init__()
        self.shift, self.wider = shift, wider

    def forward(self, x):
        M = W.T @ W + S**2 * torch.eye(2, dtype=torch.float64)
        mean = (x - MEAN) @ W @ torch.linalg.inv(M)
        var = S**2 / M.diagonal() * self.wider
        return torch.cat([mean + self.shift, var.log().expand(len(x), 2)], 1)


class Linear(nn.Module):
    def forward(self, z):
        return z @ W.T + MEAN


def toy(**off):
    """Probabilistic principal components (Tipping & Bishop 1999), as a VAE."""
    vae = VAE(Exact(**off), Linear(), 2).double()
    vae.log_s.data.fill_(math.log(S))
    cov = W @ W.T + S**2 * torch.eye(3, dtype=torch.float64)
    return vae, MultivariateNormal(MEAN, cov)


def bounds(vae, x, draws=4000):
    every = vae.bound(x.repeat_interleave(draws, 0), dice()).view(len(x), draws)
    return every.mean(1), every.std(1) / math.sqrt(draws)


def test_the_bound_is_the_likelihood_where_the_guess_is_exact():
    vae, known = toy()
    x = vae.sample(6, dice(3))
    found, error = bounds(vae, x)
    assert ((found - known.log_prob(x)).abs() < 4 * error).all()
    assert error.max() < 0.05


@pytest.mark.parametrize(
    ("off", "gap"), [({"shift": 0.2}, None), ({"wider": 2.0}, math.log(2) * -1 + 1)]
)
def test_it_is_lower_by_the_divergence_of_a_wrong_guess(off, gap):
    vae, known = toy(**off)
    x = vae.sample(4, dice(3))
    mean, log_var = vae.encode(x)
    right, exact = toy()[0].encode(x)
    wrong = kl_divergence(
        Normal(mean, (log_var / 2).exp()), Normal(right, (exact / 2).exp())
    ).sum(1)
    if gap:
        torch.testing.assert_close(wrong, torch.full_like(wrong, gap))
    assert wrong.min() > 0.1
    found, error = bounds(vae, x)
    assert ((known.log_prob(x) - wrong - found).abs() < 4 * error).all()


def test_the_divergence_is_that_of_torch():
    mean, log_var = torch.randn(2, 7, generator=dice()).double()
    peer = kl_divergence(Normal(mean, (log_var / 2).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(divergence(mean, log_var), peer.double())


def test_samples_are_of_the_model():
    vae, known = toy()
    x = vae.sample(40_000, dice())
    torch.testing.assert_close(x.T.cov(), known.covariance_matrix, atol=0.1, rtol=0.03)
    torch.testing.assert_close(x.mean(0), MEAN, atol=0.05, rtol=0)
    flat = vae.sample(40_000, dice(), noisy=False)
    torch.testing.assert_close(flat.T.cov(), W @ W.T, atol=0.1, rtol=0.03)


def test_the_loss_is_the_bound_of_a_number():
    vae, _ = toy()
    x = vae.sample(5, dice())
    expected = -vae.bound(x, dice(1)).mean() / 3
    torch.testing.assert_close(vae.loss(x, None, dice(1)), expected)


def test_it_learns_a_gaussian_as_likely_as_it_is():
    torch.manual_seed(0)
    x = toy()[1].sample((4000,)).float()
    vae = VAE(stack(3, 4, 32, 1), stack(2, 3, 32, 1), 2)
    for _ in md.fit(vae, list(x.split(250)), 800, lr=1e-2, decay=0.99):
        pass
    likely = toy()[1].log_prob(x.double()).mean()
    bound = torch.stack([vae.bound(x, dice(k)).mean() for k in range(4)]).mean()
    assert likely - 0.25 < bound < likely + 0.02
    assert vae.log_s.exp().item() == pytest.approx(S, rel=0.2)


@pytest.mark.usefixtures("unhooked")
def test_bad_input():
    vae = VAE(stack(2, 4), stack(2, 2), 2)
    with pytest.raises(ValueError, match="x0 holds NaN"):
        vae.loss(torch.tensor([[0.0, math.nan]]))
    with pytest.raises(TypeError, match="x0 must hold floating-point"):
        vae.loss(torch.zeros(1, 2).long())
    with pytest.raises(ValueError, match="n must"):
        vae.sample(0)
    with pytest.raises(ValueError, match="latent must"):
        VAE(nn.Identity(), nn.Identity(), 0)
