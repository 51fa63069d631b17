"""Chapter 2: right answers, and wrong ones with the hint that each should get."""

import math

import numpy as np
import scipy.signal
import torch
import torchaudio


def to_decibels(a, floor):
    return (20 * a.log10()).clamp(min=floor)


def halve(wave):
    return torchaudio.functional.resample(wave, 2, 1)


def halve_by_spectrum(wave):
    return torch.fft.irfft(torch.fft.rfft(wave)[: len(wave) // 4 + 1]) / 2


def halve_by_mean(wave):
    return wave.view(-1, 2).mean(1)


def halve_by_scipy(wave):
    return scipy.signal.resample_poly(wave.numpy(), 1, 2)


def halve_by_decimate(wave):
    return scipy.signal.decimate(wave.numpy(), 2).copy()


def halve_gently(wave):
    return torchaudio.functional.lowpass_biquad(wave, 16_000, 4000)[::2]


def halve_then_filter(wave):
    return torchaudio.functional.lowpass_biquad(wave[::2], 8000, 3000)


def cut_off(wave, hertz):
    """Keeps only what lies below, exactly, and then every second sample."""
    spectrum = torch.fft.rfft(wave)
    spectrum[len(wave) * hertz // 16_000 :] = 0
    return torch.fft.irfft(spectrum, len(wave))[::2]


def halve_too_low(wave):
    return cut_off(wave, 1500)


def cross(a, b, spec):
    return spec.istft(torch.polar(spec.stft(a).abs(), spec.stft(b).angle()), a.shape[1])


def cross_no_phase(a, b, spec):
    return spec.istft(spec.stft(a).abs() + 0j, a.shape[1])


def cross_by_turning(a, b, spec):
    A, B = spec.stft(a), spec.stft(b)
    return spec.istft(A.abs() * B / B.abs().clamp(min=1e-12), a.shape[-1])


def cross_by_exp(a, b, spec):
    turn = torch.exp(1j * spec.stft(b).angle())
    return spec.istft(spec.stft(a).abs() * turn, a.shape[1])


def cross_of_one_size(a, b, spec):
    """Right for the chapter's front end alone."""
    window = torch.hann_window(1024)
    A, B = (
        torch.stft(x, 1024, 256, window=window, return_complex=True) for x in (a, b)
    )
    return cross(a, b, spec) if A.shape == spec.stft(a).shape else B.abs().sum() * a


def leak(x):
    return torch.sinc(x) + (torch.sinc(x - 1) + torch.sinc(x + 1)) / 2


def leak_by_fraction(x):
    """One fraction, and its two limits."""
    x = abs(float(x))
    if x == 1:
        return 0.5
    return math.sin(math.pi * x) / (math.pi * x) / (1 - x * x) if x else 1.0


def leak_by_window(x, n=4096):
    """No formula: the sum itself."""
    at = np.arange(n) - n / 2
    turned = np.hanning(n + 1)[:-1] * np.exp(-2j * np.pi * float(x) * at / n)
    return abs(turned.sum()) / (n / 2)


RIGHT = [
    ("ex-02-1", 3000),
    ("ex-02-1", -3000),  # the same tone, upside down
    ("ex-02-1", "3000"),
    ("ex-02-2", to_decibels),
    ("ex-02-2", lambda a, floor: 20 * a.clamp(min=10 ** (floor / 20)).log10()),
    ("ex-02-2", lambda a, floor: (10 * (a**2 + 1e-30).log10()).clamp(min=floor)),
    ("ex-02-2", lambda a, floor: np.maximum(20 * np.log10(a.numpy() + 1e-12), floor)),
    ("ex-02-3", halve),
    ("ex-02-3", halve_by_spectrum),
    ("ex-02-3", halve_by_scipy),
    ("ex-02-3", halve_by_decimate),
    ("ex-02-4", 2048),
    ("ex-02-4", torch.tensor(2048)),
    ("ex-02-4", 2.0**11),
    ("ex-02-5", cross),
    ("ex-02-5", cross_by_turning),
    ("ex-02-5", cross_by_exp),
    ("ex-02-5", lambda a, b, spec: cross(a, b, spec).double()),
    ("ex-02-5", lambda a, b, spec: cross(a, b, spec).tolist()),
    ("ex-02-6", "BCA"),
    ("ex-02-6", ["B", "C", "A"]),
    ("ex-02-6", "b c a"),
    ("ex-02-7", leak),
    ("ex-02-7", leak_by_fraction),
    ("ex-02-7", leak_by_window),
    ("ex-02-7", lambda x: np.sinc(x) + (np.sinc(x - 1) + np.sinc(x + 1)) / 2),
]
WRONG = [
    ("ex-02-1", 5000, "nothing above 4000"),
    ("ex-02-1", 4000, "folds back"),
    ("ex-02-1", 1000, "Fold it below"),
    ("ex-02-1", 2500, "minus the frequency"),
    ("ex-02-1", 3, "kilohertz"),
    ("ex-02-1", 13_000, "do not add"),
    ("ex-02-2", lambda a, floor: (10 * a.log10()).clamp(min=floor), "10 log10"),
    ("ex-02-2", lambda a, floor: (20 * a.log()).clamp(min=floor), "natural"),
    ("ex-02-2", lambda a, floor: 20 * a.log10(), "below the floor"),
    ("ex-02-2", lambda a, floor: a, "exactly 20 log10"),
    ("ex-02-2", lambda a, floor: to_decibels(a / a.max(), floor), "not the loudest"),
    ("ex-02-2", lambda a, floor: to_decibels(a, floor).clamp(max=0), "only the floor"),
    (
        "ex-02-2",  # a soft floor
        lambda a, floor: 20 * (a + 10 ** (floor / 20)).log10(),
        "exactly 20 log10",
    ),
    (
        "ex-02-2",  # only silence itself is caught
        lambda a, floor: torch.where(a == 0, floor, 20 * a.log10()),
        "below the floor",
    ),
    ("ex-02-2", lambda a, floor: to_decibels(a, floor).ravel(), "Expected (2, 4)"),
    ("ex-02-3", lambda wave: wave[::2], "full strength"),
    ("ex-02-3", halve_by_mean, "too gentle"),
    ("ex-02-3", halve_gently, "steeper"),
    ("ex-02-3", halve_then_filter, "full strength"),
    ("ex-02-3", halve_too_low, "keep its level"),
    ("ex-02-3", lambda wave: cut_off(wave, 2600), "keep its level"),
    ("ex-02-3", lambda wave: cut_off(wave, 4900), "full strength"),
    ("ex-02-3", lambda wave: halve(wave).roll(3), "changed or shifted"),
    ("ex-02-3", lambda wave: halve(wave) / 10, "keep its level"),
    ("ex-02-3", lambda wave: -halve(wave), "changed or shifted"),
    ("ex-02-3", lambda wave: wave, "half of the samples"),
    ("ex-02-4", 1024, "how the tones begin"),
    ("ex-02-4", 512, "how the tones begin"),
    ("ex-02-4", 64, "how the tones begin"),
    ("ex-02-4", 4096, "sharper in time"),
    ("ex-02-4", 8192, "sharper in time"),
    ("ex-02-4", 1067, "power of two"),
    ("ex-02-5", lambda a, b, spec: cross(b, a, spec), "wrong way round"),
    ("ex-02-5", cross_no_phase, "all 0"),
    ("ex-02-5", lambda a, b, spec: spec.stft(a), "still a spectrum"),
    ("ex-02-5", lambda a, b, spec: a, "polar"),
    ("ex-02-5", lambda a, b, spec: a[0], "Expected (1, 8192)"),
    ("ex-02-5", cross_of_one_size, "polar"),
    (
        "ex-02-5",
        lambda a, b, spec: spec.istft(
            torch.polar(spec.stft(a).abs() ** 2, spec.stft(b).angle()), a.shape[1]
        ),
        "powers",
    ),
    ("ex-02-6", "ACB", "wrong way round"),
    ("ex-02-6", "ABC", "under water"),
    ("ex-02-6", "CBA", "smooth"),
    ("ex-02-6", "AAB", "each of"),
    ("ex-02-7", torch.sinc, "cuts hard"),
    ("ex-02-7", lambda x: 2 * torch.sinc(x) - leak(x), "1/2 cos"),
    ("ex-02-7", lambda x: 2 * leak(x) - torch.sinc(x), "half of one rotation"),
    ("ex-02-7", lambda x: leak(x) / 2, "begins at 1"),
    ("ex-02-7", lambda x: leak(x) ** 2, "power"),
    ("ex-02-7", lambda x: torch.sin(math.pi * x) / x / (1 - x**2), "0 / 0"),
    ("ex-02-7", lambda x: (1 - abs(x) / 2).clamp(min=0), "lets"),
]
