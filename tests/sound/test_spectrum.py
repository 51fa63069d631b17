"""Complex spectra: nothing is lost, and soft is not small."""

import math

import pytest
import torch

from minidiff.sound.spectrum import Spectrum, companded


def noise(n=2, samples=4000, seed=0, **kinds):
    return torch.randn(
        n, samples, generator=torch.Generator().manual_seed(seed), **kinds
    )


@pytest.mark.parametrize(("n_fft", "hop"), [(256, 64), (512, 160), (200, 50), (64, 21)])
@pytest.mark.parametrize("power", [1.0, 0.5, 0.3])
@pytest.mark.parametrize("samples", [640, 1000, 1])
def test_there_and_back_is_exact(n_fft, hop, power, samples):
    spec = Spectrum(8000, n_fft, hop, power, (0.9, 0.2, 0.3))
    wave = 0.1 * noise(samples=samples)
    x = spec.encode(wave)
    assert x.shape == (2, *spec.shape(samples))
    assert torch.allclose(spec.decode(x)[:, :samples], wave, atol=2e-6)


def test_a_tone_stands_in_its_bin_with_its_phase():
    spec = Spectrum(8000, 256, 64)
    n = torch.arange(8192) / 8000
    wave = 0.5 * torch.cos(2 * torch.pi * 1000 * n + 0.7)[None]
    x = spec.encode(wave)[0, :, :, 40]
    size = x.square().sum(0).sqrt()
    assert size.argmax() == 32  # 1000 Hz in steps of 31.25 Hz
    # half the amplitude times the sum of the window, companded
    assert math.isclose(size[32].item(), (0.25 * 128) ** 0.5, rel_tol=1e-3)
    # frame 40 begins 128 samples before sample 2560
    turned = 0.7 + 2 * math.pi * 1000 * (2560 - 128) / 8000
    there = torch.atan2(x[1, 32], x[0, 32]).item()
    assert math.isclose(math.cos(there - turned), 1, abs_tol=1e-4)


@pytest.mark.parametrize("power", [0.5, 0.25])
def test_decibels_shrink_by_the_power(power):
    spec = Spectrum(8000, 256, 64, power)
    wave = noise()
    loud, soft = (spec.encode(gain * wave) for gain in (1.0, 1e-3))
    assert torch.allclose(soft, loud * 1e-3**power, rtol=1e-4, atol=1e-6)


def test_sizes_are_straight_lines_between_their_knots():
    wave, flat = noise(), Spectrum(8000, 8, 2)
    bent = Spectrum(8000, 8, 2, size=(1.0, 2.0, 4.0))
    lines = torch.tensor([1, 1.5, 2, 3, 4])[:, None]
    assert torch.allclose(bent.encode(wave) * lines, flat.encode(wave))
    assert Spectrum(8000, 8, 2, size=3).size == (3.0,)
    assert Spectrum(**bent.settings()) == bent


def test_silence_is_zero_and_has_a_gradient():
    spec, wave = Spectrum(), torch.zeros(1, 640, requires_grad=True)
    x = spec.encode(wave)
    x.sum().backward()
    assert not x.any()
    assert wave.grad.isfinite().all()
    assert not spec.decode(torch.zeros_like(x)).any()


def test_what_is_no_spectrum_becomes_the_nearest_sound():
    """Projecting twice is projecting once, where nothing is companded."""
    spec = Spectrum(8000, 256, 64, power=1.0)
    x = noise(2, 2 * 129 * 20).view(2, 2, 129, 20)
    once = spec.encode(spec.decode(x))
    twice = spec.encode(spec.decode(once))
    assert torch.allclose(twice, once, atol=1e-4)
    assert not torch.allclose(once, x, atol=0.1)


def test_companding_keeps_float64():
    z = torch.complex(noise(dtype=torch.float64), noise(seed=1, dtype=torch.float64))
    assert torch.allclose(companded(companded(z, 0.3), 1 / 0.3), z, rtol=1e-12)
    assert Spectrum().encode(noise(dtype=torch.float64)).dtype == torch.float64


BAD = {
    "hop": (lambda: Spectrum(hop_length=86), "hop_length must be .*85"),
    "odd": (lambda: Spectrum(n_fft=255), "n_fft must be even"),
    "power": (lambda: Spectrum(power=0), "power must be"),
    "large power": (lambda: Spectrum(power=1.5), "power must be"),
    "no size": (lambda: Spectrum(size=()), "size: one number at least"),
    "size 0": (lambda: Spectrum(size=(1.0, 0.0)), "size must be"),
    "rate": (lambda: Spectrum().encode(noise(), 8000), "sample_rate is 8000"),
    "shape": (lambda: Spectrum().encode(noise()[:0]), "wave"),
    "NaN": (lambda: Spectrum().encode(noise() * torch.nan), "NaN"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    ask, says = BAD[case]
    with pytest.raises(ValueError, match=says):
        ask()
