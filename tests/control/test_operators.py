"""Operators: their adjoints exactly, what they keep, and what they refuse."""

import math

import pytest
import torch

import minidiff as md

RATE, N = 8000, 400
W = torch.float64


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=dice(seed), dtype=W)


LINEAR = {
    "gap": md.Gap(0.01, 0.03, sample_rate=RATE),
    "soft gap": md.Gap(0.01, 0.03, soft=0.005, sample_rate=RATE),
    "lowpass": md.Lowpass(1000.0, RATE),
    "noise": md.Noisy(0.05),
    "matrix": md.Linear(randn(30, N, seed=7)),
    "room": md.Reverb(0.02, sample_rate=RATE),
    "long room": md.Reverb(randn(3 * N, seed=8)),
    "mask": md.Mask(randn(N, seed=9) > 0),
}


@pytest.mark.parametrize("name", LINEAR)
@pytest.mark.parametrize("size", [(N,), (1, N), (2, 5, N)])
def test_adjoints(name, size):
    """<A x, y> = <x, A* y> on waveforms, channels and spectra alike."""
    operator = LINEAR[name]
    x = randn(3, *size)
    y = randn(*operator.apply(x).shape, seed=1)
    left = (operator.apply(x) * y).sum()
    right = (x * operator.adjoint(y)).sum()
    assert abs(left - right) < 1e-6 * left.abs().clamp(min=1)
    # and linear: of a sum, the sum
    z = randn(3, *size, seed=2)
    both = operator.apply(2 * x - z)
    torch.testing.assert_close(both, 2 * operator.apply(x) - operator.apply(z))
    assert both.abs().sum() > 0


def test_adjoint_of_a_picture_s_matrix():
    operator = md.Linear(randn(16, 64), size=(1, 8, 8))
    x, y = randn(5, 1, 8, 8), randn(5, 16, seed=1)
    assert operator(x).shape == y.shape
    back = operator.adjoint(y)
    assert back.shape == x.shape
    assert ((operator(x) * y).sum() - (x * back).sum()).abs() < 1e-6


class TestGap:
    def test_only_the_gap_is_lost(self):
        x = randn(2, N)
        y = md.Gap(0.01, 0.03, sample_rate=RATE)(x)
        assert not y[:, 80:240].any()
        assert torch.equal(y[:, :80], x[:, :80])
        assert torch.equal(y[:, 240:], x[:, 240:])

    def test_sixteen_thousand_unless_told_otherwise(self):
        y = md.Gap(0.20, 0.35)(torch.ones(1, 16_000))
        lost = (y[0] == 0).nonzero()[:, 0]
        assert (lost[0], lost[-1], len(lost)) == (3200, 5599, 2400)
        again = md.Gap(0.20, 0.35).at(8000)(torch.ones(1, 8000))
        assert (again == 0).sum() == 1200

    def test_soft_edges_lie_outside_and_rise_smoothly(self):
        gap = md.Gap(0.01, 0.03, soft=0.005, sample_rate=RATE)
        mask = gap.mask(torch.zeros(1, N, dtype=W))
        assert not mask[80:240].any()
        assert (mask[:40] == 1).all()
        assert (mask[280:] == 1).all()
        assert (mask[40:80].diff() < 0).all()
        assert (mask[240:280].diff() > 0).all()
        torch.testing.assert_close(mask, mask[torch.arange(319, -81, -1) % N])
        assert mask.diff().abs().max() < 0.04  # pi / 2 / 41
        known = gap.known(torch.zeros(2, N))
        assert known.shape == (2, N)
        assert known.sum() == 2 * (N - 240)

    def test_at_an_end_of_the_sound(self):
        for gap in (md.Gap(0, 0.01), md.Gap(0.04, 0.05)):
            y = gap.at(RATE)(torch.ones(1, N))
            assert (y == 0).sum() == 80

    @pytest.mark.parametrize(
        ("start", "end", "said"),
        [
            (0.03, 0.01, "must end after"),
            (0.01, 0.01, "must end after"),
            (-0.01, 0.01, "start must be in"),
            (math.nan, 0.01, "start must be in"),
            (0.01, math.inf, "end must be in"),
        ],
    )
    def test_times_that_are_none(self, start, end, said):
        with pytest.raises(ValueError, match=said):
            md.Gap(start, end)

    @pytest.mark.parametrize(
        ("start", "end", "said"),
        [
            (0.04, 0.06, "outside the sound, which has 0.05 s"),
            (0.06, 0.07, "outside the sound"),
            (0.0, 0.06, "outside the sound"),
            (0.0, 0.05, "as long as the sound"),
            (0.01, 0.01001, "shorter than a sample"),
        ],
    )
    def test_gaps_that_do_not_fit(self, start, end, said):
        with pytest.raises(ValueError, match=said):
            md.Gap(start, end, sample_rate=RATE)(torch.ones(1, N))


class TestLowpass:
    def test_tones_below_stay_and_tones_above_go(self):
        seconds = torch.arange(N, dtype=W) / RATE
        low, high = ((2 * torch.pi * f * seconds).sin()[None] for f in (500, 1500))
        y = md.Lowpass(1000.0, RATE)(low + high)
        torch.testing.assert_close(y, low, atol=1e-12, rtol=0)
        assert md.Lowpass(1500.0, RATE)(high).norm() > 0.99 * high.norm()

    def test_twice_is_once(self):
        once = md.Lowpass(1000.0, RATE)(randn(2, N))
        torch.testing.assert_close(md.Lowpass(1000.0, RATE)(once), once)

    def test_cut_offs(self):
        x = randn(1, N)
        torch.testing.assert_close(md.Lowpass(4000.0, RATE)(x), x)
        with pytest.raises(ValueError, match=r"4001 Hz is above half the rate of 8000"):
            md.Lowpass(4001.0, RATE)(x)
        with pytest.raises(ValueError, match="above half the rate"):
            md.Lowpass(5000.0).at(RATE)(x)
        for hz in (0, -1, math.nan):
            with pytest.raises(ValueError, match="hz must be in"):
                md.Lowpass(hz)


class TestClipped:
    clipped = md.Clipped(0.5)

    def test_it_clips_and_has_no_adjoint(self):
        y = self.clipped(torch.tensor([[-2.0, -0.5, 0.1, 0.7]]))
        assert y.tolist() == [[-0.5, -0.5, pytest.approx(0.1), 0.5]]
        assert not hasattr(self.clipped, "adjoint")
        assert self.clipped.known(y).tolist() == [[False, False, True, False]]

    def test_beyond_the_level_anything_may_have_stood(self):
        y = torch.tensor([[0.5, 0.5, -0.5, -0.5, 0.1]])
        x0 = torch.tensor([[0.9, 0.2, -0.9, -0.2, 0.9]])
        torch.testing.assert_close(
            self.clipped.residual(x0, y), torch.tensor([[0, 0.3, 0, -0.3, -0.8]])
        )

    @pytest.mark.parametrize("level", [0, -1, math.nan])
    def test_levels(self, level):
        with pytest.raises(ValueError, match="level"):
            md.Clipped(level)


class TestNoisy:
    def test_noise_of_that_size(self):
        x = torch.zeros(1, 100_000)
        y = md.Noisy(0.05)(x, dice())
        assert y.std() == pytest.approx(0.05, rel=0.01)
        assert torch.equal(y, md.Noisy(0.05)(x, dice()))
        assert torch.equal(md.Noisy(0.05).apply(x), x)

    @pytest.mark.parametrize("std", [0, -1, math.nan])
    def test_stds(self, std):
        with pytest.raises(ValueError, match="std"):
            md.Noisy(std)


class TestLinear:
    def test_it_is_the_contract_s(self):
        matrix, x = randn(3, 5), randn(7, 5, seed=1)
        torch.testing.assert_close(md.Linear(matrix)(x), x @ matrix.T)
        y = md.Linear(matrix)(x.float())
        assert y.dtype == torch.float32

    def test_bad_ones(self):
        with pytest.raises(ValueError, match=r"matrix must be \(m, d\)"):
            md.Linear(torch.ones(3))
        with pytest.raises(ValueError, match="NaN"):
            md.Linear(torch.full((2, 2), math.nan))
        with pytest.raises(ValueError, match="not the 5 numbers"):
            md.Linear(torch.ones(3, 5), size=(2, 2))
        with pytest.raises(ValueError, match="x must end in 5 numbers"):
            md.Linear(torch.ones(3, 5))(torch.ones(1, 4))
        with pytest.raises(ValueError, match="y must end in 3 numbers"):
            md.Linear(torch.ones(3, 5)).adjoint(torch.ones(1, 5))
        with pytest.raises(ValueError, match=r"x must have shape \(batch, 1, 8, 8\)"):
            md.Linear(torch.ones(3, 64), size=(1, 8, 8))(torch.ones(2, 64))


class TestReverb:
    def test_a_click_comes_back_as_the_room(self):
        response, click = randn(50), torch.zeros(1, N, dtype=W)
        click[0, 10] = 2
        y = md.Reverb(response)(click)
        torch.testing.assert_close(y[0, 10:60], 2 * response)
        assert y[0, :10].abs().max() < 1e-12
        click = click.roll(-11, 1)  # to the end: its answer is cut off
        y = md.Reverb(response)(click)
        assert y[0, :300].abs().max() < 1e-12

    def test_a_made_room_fades_by_60_db(self):
        room = md.Reverb(0.5, wet=1.0)
        assert len(room.response) == 8000
        assert room.response[0] == 1
        power = room.response[1:].square()
        early, late = power[:800].mean(), power[-800:].mean()
        assert 10 * (early / late).log10() == pytest.approx(54, abs=1)
        assert power.sum() == pytest.approx(1, abs=0.02)
        again = md.Reverb(0.5).at(RATE)
        assert len(again.response) == 4000
        assert torch.equal(again.response, md.Reverb(0.5, sample_rate=RATE).response)

    def test_bad_ones(self):
        with pytest.raises(ValueError, match="response must be in"):
            md.Reverb(0.0)
        for rate in (0, -5, float("nan")):
            with pytest.raises(ValueError, match="sample_rate"):
                md.Reverb(0.1, sample_rate=rate)
        with pytest.raises(ValueError, match=r"response must be \(taps,\)"):
            md.Reverb(torch.ones(1, 5))
        with pytest.raises(ValueError, match="empty"):
            md.Reverb(torch.ones(0))


class TestMask:
    def test_pictures(self):
        kept = torch.zeros(8, 8)
        kept[::2] = 1
        x = randn(3, 1, 8, 8)
        y = md.Mask(kept)(x)
        assert torch.equal(y[..., ::2, :], x[..., ::2, :])
        assert not y[..., 1::2, :].any()
        assert md.Mask(kept).known(y).sum() == 3 * 32

    def test_bad_ones(self):
        x = randn(2, 1, 8, 8)
        for shape in ((7, 8), (2, 1, 8, 8), (8, 2)):
            with pytest.raises(ValueError, match="mask: its shape is"):
                md.Mask(torch.ones(shape))(x)
        with pytest.raises(ValueError, match="from 0 to 1"):
            md.Mask(torch.full((8, 8), 1.5))
        with pytest.raises(ValueError, match="from 0 to 1"):
            md.Mask(torch.full((8, 8), math.nan))
        with pytest.raises(ValueError, match="nothing is known"):
            md.Mask(torch.zeros(8, 8))


@pytest.mark.parametrize("operator", [*LINEAR.values(), md.Clipped(0.1)])
def test_nan_and_nothing_are_refused(operator):
    with pytest.raises(ValueError, match="NaN"):
        operator(torch.full((1, N), math.nan))
    with pytest.raises(ValueError, match="empty"):
        operator(torch.ones(0, N))
