"""Repair: what is known stays, and what is made fits."""

import pytest
import torch

import minidiff as md
from minidiff.control.within import bands_kept, frames_kept, spoken, within
from minidiff.models.repairing import asked, loudness, window

SPEC = md.load("digits").spec
RATE, N = 8000, 6400
FEW = {"steps": 2}


@pytest.fixture(scope="module")
def digits():
    return md.load("digits")


@pytest.fixture(scope="module")
def hits():
    return md.load("drums-waveform")


def tone(samples=N, rate=RATE, hertz=440.0):
    seconds = torch.arange(samples) / rate
    return 0.1 * (2 * torch.pi * hertz * seconds).sin()[None]


def noise(samples=8192, size=0.1):
    return size * torch.randn(1, samples, generator=torch.Generator().manual_seed(0))


class TestKnown:
    def test_around_a_gap_nothing_changes(self, digits):
        wave = digits.generate("seven", steps=8)
        made = digits.repair(wave, md.Gap(0.2, 0.35), "seven", n=2, steps=8)
        assert made.shape == (2, N)
        assert torch.equal(made[:, :1600], wave[:, :1600].expand(2, -1))
        assert torch.equal(made[:, 2800:], wave[:, 2800:].expand(2, -1))
        assert made[:, 1600:2800].square().mean().sqrt() > 1e-3
        assert not torch.equal(made[0], made[1])

    def test_what_stands_in_the_gap_is_not_looked_at(self, digits):
        wave = tone()
        other = wave.clone()
        other[:, 1600:2800] = noise(1200)
        gap = md.Gap(0.2, 0.35)
        one = digits.repair(wave, gap, "seven", **FEW)
        assert torch.equal(one, digits.repair(other[0], gap, "seven", **FEW))

    def test_item_i_is_that_of_its_seed(self, digits):
        gap = md.Gap(0.2, 0.35)
        both = digits.repair(tone(), gap, n=2, seed=3, **FEW)
        one = digits.repair(tone(), gap, seed=4, **FEW)
        torch.testing.assert_close(one, both[1:], atol=1e-4, rtol=0)

    def test_below_a_cut_off_nothing_changes(self, digits):
        low = md.Lowpass(2000.0, RATE)
        wave = low(tone() + noise(N, 0.02))
        made = digits.repair(wave, md.Lowpass(2000.0), **FEW)
        torch.testing.assert_close(low(made), wave, atol=1e-5, rtol=0)
        above = made - low(made)
        assert above.square().mean().sqrt() > 1e-5

    def test_soft_edges_keep_what_is_beyond_them(self, digits):
        wave = tone()
        made = digits.repair(wave, md.Gap(0.2, 0.35, soft=0.01), **FEW)
        assert torch.equal(made[:, :1520], wave[:, :1520])
        assert not torch.equal(made[:, 1520:1600], wave[:, 1520:1600])

    def test_of_a_long_recording_the_gap_is_looked_at(self, digits):
        wave = tone(5 * RATE)
        made = digits.repair(wave, md.Gap(3.0, 3.1), **FEW)
        assert made.shape == wave.shape
        same = made[0] == wave[0]
        assert same[:24_000].all()
        assert same[24_800:].all()
        assert not same[24_000:24_800].any()
        first, local = window(md.Gap(3.0, 3.1, sample_rate=RATE), 5 * RATE, N)
        assert local.span(N) == (24_000 - first, 24_800 - first)
        assert first + N // 2 == pytest.approx(24_400, abs=1)

    @pytest.mark.parametrize("start", [0.0, 4.9])
    def test_at_the_ends(self, digits, start):
        made = digits.repair(tone(5 * RATE), md.Gap(start, start + 0.1), **FEW)
        assert made.isfinite().all()

    def test_waveforms(self, hits):
        """Gap, clipping, noise and rooms; what is known stays."""
        wave = noise()
        made = hits.repair(wave, md.Gap(0.1, 0.15), **FEW)
        assert torch.equal(made[:, :1600], wave[:, :1600])
        clipped = md.Clipped(0.15)(wave)
        made = hits.repair(clipped, md.Clipped(0.15), **FEW)
        known = clipped.abs() < 0.15
        assert torch.equal(made[known], clipped[known])
        assert (made[~known].abs() >= 0.15 - 1e-6).all()
        for operator in (md.Noisy(0.02), md.Reverb(0.1)):
            assert hits.repair(wave, operator, **FEW).isfinite().all()

    def test_spectra(self):
        wave = noise()
        made = md.load("drums").repair(wave, md.Gap(0.1, 0.15), "snare", **FEW)
        assert torch.equal(made[:, :1600], wave[:, :1600])

    def test_loudness_is_that_which_the_model_knows(self, digits):
        assert loudness(tone(), 0.2) == 1.0
        assert loudness(10 * tone(), 0.14) == pytest.approx(0.2, rel=0.02)
        assert loudness(tone() / 1000, 0.16) == pytest.approx(283, rel=0.02)
        soft = digits.repair(tone() / 1000, md.Gap(0.2, 0.35), **FEW)
        loud = digits.repair(tone(), md.Gap(0.2, 0.35), **FEW)
        assert soft.abs().max() < loud.abs().max() / 30


class TestWithin:
    def test_frames_that_hear_a_gap(self):
        gap = md.Gap(0.2, 0.35, sample_rate=RATE)
        kept = frames_kept(gap, SPEC, N)[0, 0]
        wave = noise(N)
        other = wave.clone()
        other[:, 1600:2800] = 0
        change = (SPEC.encode(wave) - SPEC.encode(other)).abs().mean(2)[0, 0]
        assert change[kept].max() < 0.1
        assert change[~kept].min() > 0.005
        assert kept.sum() in range(28, 33)  # 7.5 frames of 20 ms, and half a window

    def test_bands_below_a_cut_off(self):
        kept = bands_kept(md.Lowpass(2000.0, RATE), SPEC)[0, :, 0]
        assert (
            kept.sum().item() == kept.int().cumprod(0).sum().item()
        )  # the lowest ones
        wave = noise(N)
        change = SPEC.encode(wave) - SPEC.encode(md.Lowpass(2000.0, RATE)(wave))
        assert change[:, :, kept].abs().mean() < 0.05
        assert change[:, :, ~kept].abs().mean() > 0.5

    def test_a_true_mel_fills_its_gap_with_the_tone(self):
        wave, gap = tone(), md.Gap(0.2, 0.25, sample_rate=RATE)
        y = gap(wave)
        made = spoken(SPEC.encode(wave), gap, y, SPEC)
        torch.testing.assert_close(made[:, :1600], wave[:, :1600], atol=1e-6, rtol=0)
        lost = slice(1600, 2000)
        error = (made - wave)[:, lost].square().mean() / wave.square().mean()
        assert error < 0.1  # its phase joins what is known

    def test_a_waveform_is_what_it_is(self):
        front = md.load("drums-waveform").spec
        wave = noise()
        inner, y = within(md.Clipped(0.1), wave, front, 8192)
        assert inner.level == pytest.approx(0.1 / 0.12)
        torch.testing.assert_close(y[:, 0], wave / 0.12)
        assert within(md.Noisy(0.1), wave, front, 8192)[0].std == pytest.approx(1 / 1.2)


class TestBad:
    @pytest.mark.parametrize(
        ("operator", "said"),
        [
            (md.Gap(0.7, 0.9), "outside the sound, which has 0.8 s"),
            (md.Gap(0.0, 0.8), "as long as the sound"),
            (md.Gap(0.0, 0.79), "too long for a model"),
            (md.Lowpass(5000.0), "above half the rate"),
            (md.Clipped(0.1), "Clipped acts on waveforms"),
            (md.Noisy(0.1), "Noisy acts on waveforms"),
            (md.Reverb(0.1), "Reverb acts on waveforms"),
        ],
    )
    def test_operators(self, digits, operator, said):
        with pytest.raises(ValueError, match=said):
            digits.repair(tone(), operator, **FEW)

    def test_a_cut_off_below_the_lowest_band(self, digits):
        with pytest.raises(ValueError, match="leaves no band"):
            digits.repair(tone(hertz=30.0), md.Lowpass(40.0), **FEW)

    def test_waves(self, digits):
        gap = md.Gap(0.2, 0.3)
        for wave, said in (
            (tone().expand(2, -1), "one mono sound"),
            (tone() * float("nan"), "NaN"),
            (0 * tone(), "only silence"),
            (torch.zeros(1, 0), "empty"),
        ):
            with pytest.raises(ValueError, match=said):
                digits.repair(wave, gap, **FEW)
        with pytest.raises(ValueError, match="piece by piece"):
            digits.repair(tone(9000), md.Lowpass(2000.0), **FEW)
        with pytest.raises(TypeError, match="operator must be one"):
            asked(0.3, tone(), RATE)

    def test_the_rest(self, digits):
        gap = md.Gap(0.2, 0.3)
        for told, said in (
            ({"n": 0}, "n must be"),
            ({"seed": -1}, "seed"),
            ({"steps": 0}, "steps"),
            ({"cond": "eleven"}, "eleven"),
        ):
            with pytest.raises(ValueError, match=said):
                digits.repair(tone(), gap, **FEW | told)
        model = md.load("sounds-latent")
        with pytest.raises(ValueError, match="makes latents"):
            model.repair(tone(16_384, 16_000), gap, **FEW)
