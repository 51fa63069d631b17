"""Exact denoisers against brute force, scipy and automatic differentiation."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

import minidiff as md

COVS = torch.tensor([[[1.0, 0.6], [0.6, 0.5]], [[0.2, 0.0], [0.0, 0.9]]]).double()
MEANS, WEIGHTS = [[-1.0, 0.5], [1.5, -0.5]], [1.0, 3.0]
MIXTURE = md.GaussianMixture(MEANS, weights=WEIGHTS, covs=COVS)
X = 2 * torch.randn(9, 2, generator=torch.Generator().manual_seed(1)).double()
SCHEDULES = [md.LinearBeta(), md.Flow(), md.Karras()]
every = pytest.mark.parametrize("schedule", SCHEDULES)


def density(x, alpha=1.0, sigma=0.0):
    return sum(
        w / sum(WEIGHTS) * multivariate_normal(
            alpha * np.array(m), alpha**2 * c.numpy() + sigma**2 * np.eye(2)
        ).pdf(x.numpy())
        for w, m, c in zip(WEIGHTS, MEANS, COVS, strict=True)
    )  # fmt: skip


def test_density_is_scipys():
    assert MIXTURE.log_prob(X).exp().numpy() == pytest.approx(density(X))


@every
def test_noised_density_is_scipys(schedule):
    levels = (level.item() for level in schedule(0.4))
    ours = MIXTURE.log_prob(X, 0.4, schedule).exp().numpy()
    assert ours == pytest.approx(density(X, *levels), rel=1e-9)


@every
@pytest.mark.parametrize("t", [0.0, 0.05, 0.5, 1.0])
def test_score_is_the_gradient(schedule, t):
    x = X.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(MIXTURE.log_prob(x, t, schedule).sum(), x)
    assert torch.allclose(MIXTURE.score(X, t, schedule), gradient, atol=1e-9)


@every
def test_denoiser_is_the_posterior_mean(schedule):
    """By summing over a fine grid of clean points."""
    axis = torch.linspace(-8, 8, 401).double()
    grid = torch.cartesian_prod(axis, axis)
    t = 0.5
    alpha, sigma = schedule(t)
    prior = MIXTURE.log_prob(grid)
    for x in X[:4]:
        logits = prior - (x - alpha * grid).square().sum(1) / (2 * sigma**2)
        expected = logits.softmax(0) @ grid
        found = MIXTURE.denoiser(schedule)(x[None], t)[0]
        assert torch.allclose(found, expected, atol=1e-4)


@every
def test_labels_choose_a_component(schedule):
    denoiser = MIXTURE.denoiser(schedule)
    labels = torch.tensor([0, 1, 2] * 3)  # 2 is null
    found = denoiser(X, 0.3, labels)
    for k in range(2):
        alone = md.GaussianMixture([MEANS[k]], covs=COVS[[k]]).denoiser(schedule)
        assert torch.allclose(found[labels == k], alone(X, 0.3)[labels == k])
    assert torch.allclose(found[labels == 2], denoiser(X, 0.3)[labels == 2])


def test_stds_are_round_covariances():
    covs = [[[0.25, 0], [0, 0.25]], [[4, 0], [0, 4]]]
    a = md.GaussianMixture(MEANS, [0.5, 2.0])
    b = md.GaussianMixture(MEANS, covs=covs)
    assert torch.allclose(a.log_prob(X), b.log_prob(X))


def test_samples_come_from_the_density():
    x, labels = MIXTURE.sample(40_000, torch.Generator().manual_seed(0))
    assert x.dtype == torch.float64
    assert (labels == 1).double().mean().item() == pytest.approx(0.75, abs=0.01)
    for k in range(2):
        part = x[labels == k]
        assert torch.allclose(part.mean(0), torch.tensor(MEANS[k]).double(), atol=0.03)
        assert torch.allclose(part.T.cov(), COVS[k], atol=0.03)


DATA = torch.randn(5, 2, 3, generator=torch.Generator().manual_seed(2))


@every
def test_ideal_denoiser_is_a_weighted_mean(schedule):
    x = torch.randn(4, 2, 3, generator=torch.Generator().manual_seed(3)).double()
    t = torch.tensor([0.5, 0.6, 0.8, 1.0])
    found = md.IdealDenoiser(DATA, schedule)(x, t)
    for i in range(4):
        alpha, sigma = (level.item() for level in schedule(t[i]))
        weights = [
            math.exp(-((x[i] - alpha * d).square().sum().item()) / (2 * sigma**2))
            for d in DATA
        ]
        mean = sum(w * d for w, d in zip(weights, DATA, strict=True)) / sum(weights)
        assert torch.allclose(found[i], mean.double(), atol=1e-6)


def test_ideal_denoiser_is_a_mixture_of_points():
    points = DATA.flatten(1)
    mixture = md.GaussianMixture(points, 0.0).denoiser(md.Cosine())
    x = torch.randn(4, 6).double()
    ideal = md.IdealDenoiser(points, md.Cosine())
    assert torch.allclose(ideal(x, 0.4), mixture(x, 0.4))


def test_ideal_denoiser_keeps_one_label():
    labels = torch.tensor([0, 0, 1, 1, 1])
    ideal = md.IdealDenoiser(DATA, md.Flow(), labels)
    x = torch.randn(3, 2, 3)
    found = ideal(x, 0.9, torch.tensor([0, 1, 2]))
    first = md.IdealDenoiser(DATA[:2], md.Flow())(x, 0.9)
    last = md.IdealDenoiser(DATA[2:], md.Flow())(x, 0.9)
    assert torch.allclose(found[0], first[0])
    assert torch.allclose(found[1], last[1])
    assert torch.allclose(found[2], ideal(x, 0.9)[2])
    with pytest.raises(ValueError, match="no labels"):
        md.IdealDenoiser(DATA, md.Flow())(x, 0.9, torch.tensor([0, 1, 2]))


@every
def test_without_noise_the_answer_is_x_itself(schedule):
    assert torch.allclose(md.IdealDenoiser(DATA, schedule)(DATA, 0.0), DATA)
    assert torch.allclose(MIXTURE.denoiser(schedule)(X, 0.0), X)


def test_far_away_and_nearly_clean_stays_finite():
    x = 50 * torch.ones(1, 2, 3)
    assert md.IdealDenoiser(DATA, md.LinearBeta())(x, 1e-3).isfinite().all()
    assert MIXTURE.denoiser(md.LinearBeta())(50 * X, 1e-3).isfinite().all()


def test_points_without_width_have_an_answer_without_noise():
    denoiser = md.GaussianMixture([[0.0], [2.0]], stds=0).denoiser(md.Cosine())
    x = torch.tensor([[0.0], [2.0]])
    assert torch.equal(denoiser(x, 0.0), x)
