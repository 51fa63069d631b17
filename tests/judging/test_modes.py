"""Modes: clouds found, by points that are in them."""

import math

import pytest
import torch

import minidiff as md
from minidiff.judging.modes import modes

WORLD = md.GaussianMixture([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0], [4.0, 4.0]], 0.5)


def crowd(*counts, off=0.0):
    """So many points at each mean, moved by `off`."""
    each = [mean.expand(n, 2) for mean, n in zip(WORLD.means, counts, strict=True)]
    return torch.cat(each) + torch.tensor([off, 0.0])


def test_a_quarter_of_the_share_is_enough():
    # a fair share of 160 is 40, a quarter of it 10
    found = modes(crowd(70, 71, 10, 9), WORLD)
    assert found == {"quality": 1.0, "found": 3, "counts": [70, 71, 10, 9]}


def test_points_between_belong_to_none():
    assert modes(crowd(5, 5, 5, 5, off=1.49), WORLD)["quality"] == 1
    lost = modes(crowd(5, 5, 5, 5, off=1.51), WORLD)
    assert lost == {"quality": 0.0, "found": 0, "counts": [0, 0, 0, 0]}


def test_shares_follow_the_weights():
    world = md.GaussianMixture(WORLD.means, 0.5, [0.7, 0.1, 0.1, 0.1])
    assert modes(crowd(90, 3, 3, 4), world)["found"] == 4
    assert modes(crowd(90, 2, 4, 4), world)["found"] == 3


@pytest.mark.parametrize(("name", "k"), [("gaussians", 8), ("grid", 25)])
def test_the_world_itself_finds_all(name, k):
    mixture = md.data.points(name, 1).mixture
    x, _ = mixture.sample(20_000, torch.Generator().manual_seed(0))
    found = modes(x, mixture)
    assert found["found"] == k
    # the share of a normal cloud within three standard deviations, in two dimensions
    assert found["quality"] == pytest.approx(1 - math.exp(-4.5), abs=0.003)


def test_no_cloud_for_nan():
    with pytest.raises(ValueError, match="points holds NaN"):
        modes(torch.tensor([[math.nan, 0.0]]), WORLD)


def test_points_of_another_space_are_refused():
    with pytest.raises(ValueError, match="points must have shape"):
        modes(torch.zeros(4, 3), md.data.points("gaussians", 8).mixture)
