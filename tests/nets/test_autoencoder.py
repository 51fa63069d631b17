"""The autoencoder: sizes, the divergence, chance only where it belongs, the scale."""

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from minidiff.nets import Autoencoder
from minidiff.nets.autoencoder import Residual, divergence


@pytest.fixture
def small(awake):
    torch.manual_seed(0)
    return awake(Autoencoder(channels=(8, 16, 16), latent=3))


@pytest.mark.parametrize("size", [(4, 4), (64, 40), (5, 7), (1, 1), (16, 9)])
def test_any_size_there_and_back(small, size):
    mel = torch.randn(2, 1, *size)
    mean, log_var = small.encode(mel)
    latent = (2, 3, math.ceil(size[0] / 4), math.ceil(size[1] / 4))
    assert mean.shape == log_var.shape == latent
    assert small.decode(mean).shape == (2, 1, 4 * latent[2], 4 * latent[3])
    assert small(mel).shape == mel.shape
    assert small.loss(mel).isfinite()


@pytest.mark.parametrize(("levels", "latent"), [(2, 1), (3, 4), (4, 4)])
def test_compression_counts_values(levels, latent):
    net, mel = Autoencoder((8,) * levels, latent), torch.randn(1, 1, 16, 32)
    assert net.compression == mel.numel() / net.latent(mel).numel()


def test_the_divergence_is_that_of_two_gaussians():
    mean, log_var = 2 * torch.randn(3, 5).double(), torch.randn(3, 5).double()
    posterior = Normal(mean, (log_var / 2).exp())
    expected = kl_divergence(posterior, Normal(0.0, 1.0))
    assert torch.allclose(divergence(mean, log_var), expected)
    assert divergence(torch.zeros(1), torch.zeros(1)) == 0


def test_the_loss_is_error_plus_divergence(small):
    mel = torch.randn(2, 1, 10, 14)
    small.kl = 0.3
    mean, log_var = small.encode(mel)
    eps = torch.randn(mean.shape, generator=dice(5))
    posterior = Normal(mean, (log_var / 2).exp())
    there = small.decode(mean + posterior.stddev * eps)[..., :10, :14]
    kl = kl_divergence(posterior, Normal(0.0, 1.0)).mean()
    expected = (there - mel).square().mean() + 0.3 * kl
    loss = small.loss(mel, generator=dice(5))
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


def dice(seed):
    return torch.Generator().manual_seed(seed)


def test_chance_is_only_in_the_loss_and_only_from_the_generator(small):
    mel = torch.randn(2, 1, 8, 8)
    assert torch.equal(small(mel), small(mel))
    assert torch.equal(small.latent(mel), small.latent(mel))
    one, again, two = (small.loss(mel, generator=dice(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert one != two
    before = torch.get_rng_state()
    small.loss(mel, generator=dice(1))
    assert torch.equal(torch.get_rng_state(), before)


def test_an_extreme_variance_stays_a_number(small):
    last = small.encoder[-1]
    last.bias.data[3:] = 1e4
    assert small.loss(torch.randn(1, 1, 8, 8)).isfinite()
    last.bias.data[3:] = -1e4
    assert small.loss(torch.randn(1, 1, 8, 8)).isfinite()


def test_a_new_residual_is_the_identity(awake):
    layer, x = Residual(8), torch.randn(2, 8, 5, 5)
    assert torch.equal(layer(x), x)
    assert (awake(layer)(x) - x).norm() > 0.1


def test_the_gradient_reaches_every_weight(small):
    small.loss(torch.randn(2, 1, 8, 8)).backward()
    assert all(p.grad.abs().max() > 0 for p in small.parameters())


def test_items_do_not_see_each_other(small):
    mel = torch.randn(3, 1, 8, 12)
    for i in range(3):
        assert torch.allclose(small(mel[[i]])[0], small(mel)[i], atol=1e-5)


def test_latents_have_unit_variance_once_measured(small):
    mels = 3 * torch.randn(130, 1, 8, 8)
    raw = small.latent(mels)
    assert abs(raw.std() - 1) > 0.1
    small.measure_scale(mels)
    assert small.latent(mels).std().item() == pytest.approx(1, abs=1e-5)
    assert torch.allclose(small.latent(mels), raw * small.scale)
    assert "scale" in small.state_dict()
    assert not small.scale.requires_grad


def test_the_way_back_from_a_latent_undoes_the_scale(small):
    mels = torch.randn(4, 1, 8, 8)
    small.measure_scale(mels)
    assert torch.allclose(small.mel(small.latent(mels)), small(mels), atol=1e-5)


@pytest.mark.usefixtures("unhooked")
def test_bad_input_names_what_came_and_what_was_expected(small):
    with pytest.raises(ValueError, match=r"\(batch, 1, n_mels, .*got \(2, 3, 8, 8\)"):
        small.encode(torch.randn(2, 3, 8, 8))
    with pytest.raises(ValueError, match=r"\(batch, 1, n_mels, .*got \(2, 8, 8\)"):
        small(torch.randn(2, 8, 8))
    with pytest.raises(ValueError, match=r"\(batch, 3, h, w\), got \(2, 4, 8, 8\)"):
        small.decode(torch.randn(2, 4, 8, 8))


def test_the_size_of_its_default():
    assert 0.5e6 < sum(p.numel() for p in Autoencoder().parameters()) < 2e6


def test_learns_more_than_the_mean_on_any_device(device):
    """A latent that is 4 times smaller says more of a mel than its mean would."""
    torch.manual_seed(0)
    net = Autoencoder((16, 32), latent=1).to(device)
    bands = torch.arange(8)[:, None] * torch.rand(16, 1, 1, 1)
    mels = (bands + 6 * torch.rand(16, 1, 1, 1) + torch.arange(12) / 4).sin().to(device)
    optimizer = torch.optim.Adam(net.parameters(), 5e-3)
    for seed in range(40):
        optimizer.zero_grad()
        net.loss(mels, generator=dice(seed)).backward()
        optimizer.step()
    error = (net(mels) - mels).square().mean()
    assert error < 0.3 * mels.var()
