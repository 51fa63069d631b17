"""Points in the plane: they lie where their description says."""

import math

import pytest
import torch

import minidiff as md
from minidiff.data import points

NAMES = ["moons", "spiral", "gaussians", "grid", "two"]


@pytest.mark.parametrize("name", NAMES)
def test_contract(name):
    data = points(name, n=501)
    assert len(data) == len(list(data)) == 501
    assert (data.x.shape, data.x.dtype) == ((501, 2), torch.float32)
    assert (data.labels.shape, data.labels.dtype) == ((501,), torch.int64)
    xy, label = data[7]
    assert torch.equal(xy, data.x[7])
    assert torch.equal(label, data.labels[7])
    assert label.shape == ()
    assert data.sample_rate is None  # as all data sets say, and here is no sound
    assert sorted(set(data.labels.tolist())) == list(range(len(data.names)))
    x, labels = next(iter(torch.utils.data.DataLoader(data, batch_size=32)))
    assert (x.shape, labels.shape) == ((32, 2), (32,))


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_is_one_set_of_points(name):
    first = points(name, 100, seed=3)
    torch.rand(5)  # the global source of chance has no part in it
    again = points(name, 100, seed=3)
    assert torch.equal(first.x, again.x)
    assert torch.equal(first.labels, again.labels)
    other = points(name, 100, seed=4).x
    assert len(set(map(tuple, torch.cat([first.x, other]).tolist()))) == 200


@pytest.mark.parametrize("name", NAMES)
def test_about_unit_scale(name):
    x = points(name, 20_000).x
    assert x.mean(0).abs().max() < 0.05
    assert 0.8 < x.square().mean() < 1.2
    assert x.abs().max() < 4


def test_moons_are_half_circles_that_interlock():
    data = points("moons", 5000)
    half = 0.5 * math.sqrt(2)
    for label, sign in ((0, 1), (1, -1)):
        x = data.x[data.labels == label] - sign * torch.tensor([-half, -0.5 * half])
        radius = x.norm(dim=1)
        assert radius.mean() == pytest.approx(math.sqrt(2), abs=0.01)
        assert radius.std() == pytest.approx(0.07, rel=0.1)
        assert (sign * x[:, 1]).min() > -0.3  # one half only
        assert (x[:, 0] < 0).double().mean() == pytest.approx(0.5, abs=0.03)
    low = data.x[data.labels == 0][:, 1].min()
    assert low < data.x[data.labels == 1][:, 1].max()  # they reach into each other


def test_spiral_has_two_arms_of_a_turn_and_a_half():
    data = points("spiral", 5000)
    outer = data.x.norm(dim=1) > 0.5  # the noise turns points near the middle
    x, labels = data.x[outer], data.labels[outer]
    expected = 1.5 * math.pi * x.norm(dim=1) + math.pi * labels
    turned = torch.atan2(x[:, 1], x[:, 0]) - expected
    assert turned.cos().min() > 0.5
    assert turned.sin().abs().mean() < 0.3
    area = (data.x.norm(dim=1) < math.sqrt(2)).double().mean()
    assert area == pytest.approx(0.5, abs=0.03)  # half the area holds half the points


@pytest.mark.parametrize("name", ["gaussians", "grid", "two"])
def test_the_mixture_is_where_the_points_come_from(name):
    data = points(name, 40_000)
    mixture = data.mixture
    share = data.labels.bincount() / len(data)
    assert (share - mixture.weights).abs().max() < 0.01
    for k, mean in enumerate(mixture.means):
        part = data.x[data.labels == k].double()
        spread = mixture.variances[k].sqrt()
        assert (part.mean(0) - mean).abs().max() < 0.05 * spread.max()
        assert torch.allclose(part.std(0), spread, rtol=0.05)
    # Gibbs: no other density is as likely as the one they come from, and its mean
    # log-likelihood is that of its own samples.
    own, _ = mixture.sample(40_000, torch.Generator().manual_seed(9))
    likely = mixture.log_prob(data.x).mean()
    assert likely == pytest.approx(mixture.log_prob(own).mean().item(), abs=0.03)
    wider = md.GaussianMixture(
        mixture.means, 1.2 * mixture.variances[:, 0].sqrt(), mixture.weights
    )
    assert wider.log_prob(data.x).mean() < likely


def test_names_say_where_the_gaussians_are():
    data = points("gaussians")
    means = dict(zip(data.names, data.mixture.means.tolist(), strict=True))
    assert means["east"][0] > 1
    assert means["north"][1] > 1
    assert means["south-west"][0] == pytest.approx(means["south-west"][1])
    assert means["south-west"][0] < -0.5
    two = points("two")
    assert two.names == ["rare", "common"]
    assert (two.mixture.weights[1] / two.mixture.weights[0]).item() == pytest.approx(3)


def test_only_gaussians_have_a_mixture():
    assert points("moons").mixture is None
    assert points("spiral").mixture is None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"name": "moon"}, "points.*'moon'.*'moons'.*spiral"),
        ({"n": 0}, "n must.*1.*0"),
        ({"seed": -1}, "seed must.*-1"),
    ],
)
def test_bad_arguments_are_named(arguments, says):
    with pytest.raises(ValueError, match=says):
        points(**arguments)
