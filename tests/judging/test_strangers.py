"""Baselines: exact where they have closed forms, and a small one that is trained."""

import math

import pytest
import torch

from minidiff.judging.alarms import auc
from minidiff.judging.strangers import Mahalanobis, Nearest, Reconstruction, mean_mel

DICE = torch.Generator().manual_seed(0)


def mels(n, bands=3, frames=8, scale=None):
    scale = torch.ones(bands) if scale is None else scale
    level = torch.randn(n, 1, bands, 1, generator=DICE) * scale[:, None]
    return level + 0.1 * torch.randn(n, 1, bands, frames, generator=DICE)


def test_mahalanobis_counts_standard_deviations():
    usual = mels(4000, scale=torch.tensor([1.0, 5.0, 0.2]))
    score = Mahalanobis(usual, ridge=0.0)
    x = mean_mel(usual).mean(0) + torch.diag(mean_mel(usual).std(0)) * 2
    found = score(x.float()[:, None, :, None].expand(3, 1, 3, 8))
    torch.testing.assert_close(found, torch.full((3,), 2.0).double(), rtol=0.05, atol=0)
    # of those it was fitted to, the mean square is the number of bands, but for 1 / n
    own = score(usual).square().mean().item()
    assert own == pytest.approx(3 * (1 - 1 / 4000), rel=1e-4)


def test_mahalanobis_does_not_mind_another_scale_and_a_dead_band():
    usual, other = mels(50), mels(9)
    far = Mahalanobis(usual, 0.0)(other)
    again = Mahalanobis(7 * usual - 3, 0.0)(7 * other - 3)
    torch.testing.assert_close(far, again, rtol=1e-4, atol=0)
    usual[:, :, 1] = 0.0
    assert Mahalanobis(usual)(other).isfinite().all()


def test_nearest_is_the_nearest():
    usual = mels(30)
    score = Nearest(usual)
    assert score(usual).max() < 1e-6
    scale = mean_mel(usual).std(0)
    other = mels(5)
    far = (mean_mel(other)[:, None] - mean_mel(usual)) / scale
    wanted = far.square().sum(2).sqrt()
    torch.testing.assert_close(score(other), wanted.min(1)[0])
    three = Nearest(usual, k=3)(other)
    torch.testing.assert_close(three, wanted.sort(1)[0][:, :3].mean(1))


def test_an_autoencoder_finds_what_it_has_not_learned():
    bands = torch.arange(16.0)

    def bumps(n, width):
        at = 4 + 8 * torch.rand(n, 1, generator=DICE)
        bump = (-0.5 * ((bands - at) / width) ** 2).exp()
        return bump[:, None, :, None].expand(n, 1, 16, 16).contiguous()

    usual, strange = bumps(200, 2.0), bumps(30, 2.0)
    strange[:, :, :, 8] += 1.0  # a click
    score = Reconstruction(usual, steps=60, channels=(8, 8), latent=1)
    assert auc(score(bumps(30, 2.0)), score(strange)) > 0.95
    where = score.map(strange)
    assert where.shape == strange.shape
    torch.testing.assert_close(where.mean((1, 2, 3)), score(strange))
    assert (where.mean((0, 1, 2)).argmax() - 8).abs() <= 1
    again = Reconstruction(usual, steps=60, channels=(8, 8), latent=1)
    assert torch.equal(again(strange), score(strange))


@pytest.mark.usefixtures("unhooked")
def test_bad_input():
    for kind in (Mahalanobis, Nearest, Reconstruction):
        with pytest.raises(ValueError, match="NaN"):
            kind(mels(4) * math.nan)
    for kind in (Mahalanobis, Nearest):
        with pytest.raises(ValueError, match="spread"):
            kind(mels(1))
    with pytest.raises(ValueError, match="k must"):
        Nearest(mels(3), k=4)
    with pytest.raises(ValueError, match="ridge"):
        Mahalanobis(mels(3), ridge=-1.0)
    with pytest.raises(ValueError, match="steps"):
        Reconstruction(mels(3), steps=0)
