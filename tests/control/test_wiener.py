"""The Wiener filter: exact where all is Gaussian, and never worse than another gain."""

import pytest
import torch

from minidiff.control.wiener import filtered, guessed, levelled, power, wiener
from minidiff.sound.spectrum import Spectrum

W = torch.float64
SPEC = Spectrum(8000, n_fft=64, hop_length=16)


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


def circulant(power):
    """The covariance of a stationary circular process with this power spectrum."""
    n = len(power)
    first = torch.fft.ifft(power).real
    i = torch.arange(n)
    return first[(i[:, None] - i) % n]


def test_it_is_the_conditional_mean_of_a_gaussian():
    n = 32
    bins = torch.arange(n // 2 + 1, dtype=W)
    speech, noise = 2 / (1 + bins), 0.1 + 0.05 * bins

    def whole(power):  # both sides of the spectrum
        return torch.cat([power, power[1:-1].flip(0)])

    x, v = circulant(whole(speech)), circulant(whole(noise))
    y = torch.randn(3, n, generator=dice(), dtype=W)
    expected = y @ torch.linalg.inv(x + v) @ x  # E[x | y]; both are symmetric
    kept = wiener(torch.fft.rfft(y)[..., None], speech[:, None], noise[:, None])
    torch.testing.assert_close(torch.fft.irfft(kept[..., 0], n), expected)


def test_its_error_is_the_one_that_theory_says_and_no_gain_does_better():
    n = 200_000
    speech, noise = torch.tensor([[4.0], [1.0], [0.1]]), torch.tensor([[1.0], [1], [1]])

    def drawn(power, seed):
        parts = torch.randn(2, 3, n, generator=dice(seed))
        return torch.complex(*parts) * (power / 2).sqrt()

    x = drawn(speech, 1)
    y = x + drawn(noise, 2)

    def error(x0):
        return (x0 - x).abs().square().mean(1, keepdim=True)

    best = error(wiener(y, speech, noise))
    expected = speech * noise / (speech + noise)
    torch.testing.assert_close(best, expected, rtol=0.02, atol=0)
    for wrong in (0.7, 1.4):
        assert (error(wiener(y, speech * wrong, noise)) > best).all()


def test_without_noise_nothing_changes_and_without_speech_nothing_stays():
    wave = torch.randn(2, 800, generator=dice())
    one, none = torch.ones(1, 33, 1), torch.zeros(1, 33, 1)
    torch.testing.assert_close(filtered(wave, one, none, SPEC), wave)
    assert (filtered(wave, none, one, SPEC) == 0).all()
    assert (filtered(wave, none, none, SPEC) == 0).all()
    torch.testing.assert_close(filtered(wave, one, 3 * one, SPEC), wave / 4)


def test_power_is_the_windows_for_white_noise():
    waves = 0.5 * torch.randn(4, 80_000, generator=dice())
    window = torch.hann_window(64).square().sum()
    found = power(waves, SPEC)
    torch.testing.assert_close(
        found.mean(0), 0.25 * window.expand(33, 1), rtol=0.05, atol=0
    )


def test_the_noise_is_where_it_is_quiet():
    """Speech that pauses half of the time, in noise that does not."""
    n = 80_000
    noise = 0.1 * torch.randn(2, n, generator=dice(1))
    speech = torch.randn(2, n, generator=dice(2))
    speech[:, n // 2 :] = 0
    found_speech, found_noise = guessed(speech + noise, SPEC, share=0.4)
    torch.testing.assert_close(
        found_noise, power(noise, SPEC), rtol=0.2, atol=0
    )  # it takes the quietest, which are quiet by chance too
    torch.testing.assert_close(found_speech, power(speech, SPEC), rtol=0.1, atol=0)
    # in steady noise alone there is little left for speech
    rest, _ = guessed(noise, SPEC, share=1.0)
    torch.testing.assert_close(rest, power(noise, SPEC) / 100)


def test_a_usual_spectrum_takes_the_power_of_another():
    usual = 1 / (1 + torch.arange(33.0)[None, :, None])
    power = torch.rand(3, 33, 1, generator=dice())
    found = levelled(usual, power)
    torch.testing.assert_close(found.sum(1), power.sum(1))
    torch.testing.assert_close(found[0] / found[0, 0], usual[0])


def test_bad_powers_are_named():
    y = torch.ones(1, 33, 2, dtype=torch.complex64)
    with pytest.raises(ValueError, match="noise must be powers"):
        wiener(y, torch.ones(1, 33, 1), -torch.ones(1, 33, 1))
    with pytest.raises(ValueError, match="speech must be powers"):
        wiener(y, torch.full((1, 33, 1), torch.nan), torch.ones(1, 33, 1))
