"""Denoising errors against closed forms; with them all they are the likelihood."""

import math

import pytest
import torch
from normal import Normal

import minidiff as md
from minidiff.control.errors import errors

MIXTURE = md.GaussianMixture([[-1.0, 0.5], [1.0, -0.5]], [0.3, 0.6], [0.7, 0.3])
POINTS = torch.tensor([[-1.0, 0.5], [0.0, 0.0], [2.0, 1.0], [3.0, -3.0]]).double()


@pytest.mark.parametrize("schedule", [md.Cosine(), md.Flow(), md.Karras()])
def test_of_a_gaussian_they_are_known_value_by_value(schedule):
    """(x_hat - x)^2 / r^2 is, on the average over the noise, ((m - x)^2 r^2 + v^2) /
    (v + r^2)^2, and the integral over log r has a closed form."""
    m, v, low, high = 0.5, 0.7**2, 0.02, 60.0
    ideal = Normal(m, v, schedule)

    def far(r):  # the integral of r^2 / (v + r^2)^2 dr / r
        return -0.5 / (v + r**2)

    def near(r):  # of v^2 / (v + r^2)^2 dr / r
        return 0.5 * (math.log(r**2 / (v + r**2)) + v / (v + r**2))

    options = {"between": (low, high), "levels": 200}
    x = torch.tensor([[m], [1.5], [-2.0]]).double().expand(3, 500)
    found = errors(ideal, x, **options)
    # the part that depends on x has no error of chance: eps and -eps take turns
    wanted = (x - m).square() * (far(high) - far(low))
    torch.testing.assert_close(found - found[:1], wanted, rtol=1e-3, atol=1e-9)
    assert found[0].mean().item() == pytest.approx(near(high) - near(low), rel=0.01)


def test_over_all_levels_they_are_the_log_density():
    """Up to a constant (Kong et al. 2023)."""
    ideal = MIXTURE.denoiser(md.Cosine())
    found = errors(ideal, POINTS, between=(5e-3, 1e3), levels=100, draws=30).sum(1)
    wanted = -MIXTURE.log_prob(POINTS)
    gap = (found - found[0]) - (wanted - wanted[0])
    assert gap.abs().max() < 0.1
    assert (wanted - wanted[0]).max() > 5


def test_an_item_depends_on_no_other():
    ideal = MIXTURE.denoiser(md.Cosine())
    among = errors(ideal, POINTS)
    torch.testing.assert_close(errors(ideal, POINTS[2:3]), among[2:3])
    assert not torch.equal(errors(ideal, POINTS, seed=1), among)


def test_of_twice_the_range_they_are_the_sum():
    ideal = MIXTURE.denoiser(md.Cosine())
    parts = [errors(ideal, POINTS, between=b, levels=100, draws=4)
             for b in ((0.1, 1.0), (1.0, 10.0), (0.1, 10.0))]  # fmt: skip
    torch.testing.assert_close(parts[0] + parts[1], parts[2], rtol=0.1, atol=0.3)


def test_a_condition_is_passed_on():
    ideal = MIXTURE.denoiser(md.Cosine())
    own = errors(ideal, POINTS[:1], torch.tensor([0])).sum()
    other = errors(ideal, POINTS[:1], torch.tensor([1])).sum()
    assert other > own + 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"levels": 0}, "levels"),
        ({"draws": 0}, "draws"),
        ({"between": (2.0, 1.0)}, "between"),
        ({"between": (0.0, 1.0)}, "between"),
        ({"between": (0.1, math.inf)}, "between"),
        ({"between": (math.nan, 1.0)}, "between"),
        ({"seed": -1}, "seed"),
    ],
)
def test_bad_options(options, words):
    with pytest.raises(ValueError, match=words):
        errors(MIXTURE.denoiser(md.Cosine()), POINTS, **options)
    with pytest.raises(ValueError, match="NaN"):
        errors(MIXTURE.denoiser(md.Cosine()), POINTS * math.nan)
