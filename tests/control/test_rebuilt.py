"""Rebuilding against what is known of Gaussians."""

import math

import pytest
import torch
from normal import Normal

import minidiff as md
from minidiff.control.rebuilt import changes, rebuilt

M, V = 0.5, 0.6**2
IDEAL = Normal(M, V, md.Cosine())


def levels(strength):
    return [level.item() for level in md.Cosine()(strength)]


@pytest.mark.parametrize("strength", [0.1, 0.5, 0.9])
def test_along_the_flow_a_gaussian_keeps_its_place(strength):
    """DDIM without fresh noise maps quantile to quantile: the noised value, as far from
    the middle as its own spread says."""
    x = torch.full((1, 4000), 2.0)
    found = rebuilt(IDEAL, x, strength=strength, steps=400, sampler="ddim", seed=3)
    a, s = levels(strength)
    eps = torch.randn(1, 4000, generator=torch.Generator().manual_seed(3))
    share = math.sqrt(V / (a**2 * V + s**2))
    wanted = M + share * (a * x + s * eps - a * M)
    torch.testing.assert_close(found, wanted, rtol=0, atol=0.02)


@pytest.mark.parametrize("x", [M, 2.0])
@pytest.mark.parametrize("strength", [0.2, 0.6])
def test_with_fresh_noise_it_is_drawn_from_the_posterior(x, strength):
    found = changes(IDEAL, torch.full((1, 4000), x), strength=strength, steps=400)
    a, s = levels(strength)
    keep = a * V / (a**2 * V + s**2)  # of how far x_t is off
    pull = (1 - keep * a) ** 2 * (x - M) ** 2
    wanted = pull + keep**2 * s**2 + V * s**2 / (a**2 * V + s**2)
    assert found.mean().item() == pytest.approx(wanted, rel=0.08)


def test_the_strange_comes_back_as_usual_and_the_usual_as_itself():
    two = md.GaussianMixture([[-1.0] * 8, [1.0] * 8], 0.05).denoiser(md.Cosine())
    x = torch.ones(1, 8)
    x[0, 3] = -0.6  # a hole in what else is all 1
    back = rebuilt(two, x, strength=0.4, steps=50)
    assert (back - 1).abs().max() < 0.3
    change = changes(two, x, strength=0.4, steps=50)
    assert change.argmax() == 3


def test_what_comes_back_at_either_side_has_changed():
    two = md.GaussianMixture([[-1.0], [1.0]], 0.05).denoiser(md.Cosine())
    x = torch.zeros(1, 1)
    assert rebuilt(two, x, strength=0.6, draws=64).abs() < 0.4
    assert changes(two, x, strength=0.6, draws=64) > 0.7


def test_many_draws_and_every_item_for_itself():
    x = torch.randn(3, 4000, generator=torch.Generator().manual_seed(0))
    among = rebuilt(IDEAL, x, draws=2)
    torch.testing.assert_close(rebuilt(IDEAL, x[1:2], draws=2), among[1:2])
    each = [rebuilt(IDEAL, x, seed=k) for k in (0, 1)]
    torch.testing.assert_close((each[0] + each[1]) / 2, among)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"strength": 0.0}, "strength"),
        ({"strength": 1.1}, "strength"),
        ({"strength": math.nan}, "strength"),
        ({"draws": 0}, "draws"),
        ({"steps": 0}, "n must"),
        ({"sampler": "dddpm"}, "sampler"),
    ],
)
def test_bad_options(options, words):
    with pytest.raises(ValueError, match=words):
        rebuilt(IDEAL, torch.zeros(1, 4000), **options)
