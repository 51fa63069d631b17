"""Coloured noise has the colour that it says, and is white noise in other clothes."""

import math

import pytest
import torch

import minidiff as md
from minidiff.control.coloured import Colour

DICE = torch.Generator().manual_seed(0)


@pytest.mark.parametrize("size", [(33,), (32,), (8, 15)])
def test_there_and_back(size):
    x = torch.randn(3, 2, *size, generator=DICE, dtype=torch.float64)
    colour = Colour(size, 1.5)
    torch.testing.assert_close(colour.whitened(colour.coloured(x)), x)
    torch.testing.assert_close(Colour(size, 0.0).coloured(x), x)
    assert colour.coloured(x.float()).dtype == torch.float32


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_the_power_falls_as_it_says(power):
    white = torch.randn(4000, 64, generator=DICE)
    noise = Colour((64,), power, low=0.5).coloured(white)
    assert noise.square().mean().item() == pytest.approx(1, abs=0.03)
    lines = torch.fft.rfft(noise).abs().square().mean(0)
    wanted = ((4 + 0.5) / (16 + 0.5)) ** power
    assert (lines[16] / lines[4]).item() == pytest.approx(wanted, rel=0.1)


def test_to_diffuse_in_it_is_to_diffuse_the_whitened_in_white():
    """E[x0 | x_t] of a Gaussian in coloured noise, by hand and by whitening."""
    d, t = 6, 0.4
    colour, schedule = Colour((d,), 1.0), md.Cosine()
    eye = torch.eye(d, dtype=torch.float64)
    root, white = colour.coloured(eye).T, colour.whitened(eye).T
    mix = torch.randn(d, d, generator=DICE, dtype=torch.float64)
    cov = mix @ mix.T + eye
    alpha, sigma = schedule(t)
    x_t = torch.randn(3, d, generator=DICE, dtype=torch.float64)
    total = alpha**2 * cov + sigma**2 * root @ root.T
    by_hand = (alpha * cov @ torch.linalg.solve(total, x_t.T)).T
    covs = white @ cov @ white.T
    inside = md.GaussianMixture([[0.0] * d], covs=((covs + covs.T) / 2)[None])
    x0 = inside.denoiser(schedule)(colour.whitened(x_t), t)
    torch.testing.assert_close(colour.coloured(x0), by_hand)


@pytest.mark.usefixtures("unhooked")
def test_bad_input():
    with pytest.raises(ValueError, match="axis or two"):
        Colour((2, 3, 4))
    with pytest.raises(ValueError, match="low"):
        Colour((4,), low=0.0)
    with pytest.raises(ValueError, match="power"):
        Colour((4,), power=math.nan)
    with pytest.raises(ValueError, match="must end in"):
        Colour((4,)).coloured(torch.zeros(2, 5))
