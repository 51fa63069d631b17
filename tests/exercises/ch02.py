"""Chapter 2: right answers, and wrong ones with the hint that each should get."""

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


def cross(a, b, spec):
    return spec.istft(torch.polar(spec.stft(a).abs(), spec.stft(b).angle()), a.shape[1])


def cross_no_phase(a, b, spec):
    return spec.istft(spec.stft(a).abs() + 0j, a.shape[1])


RIGHT = [
    ("ex-02-1", 3000),
    ("ex-02-2", to_decibels),
    ("ex-02-3", halve),
    ("ex-02-3", halve_by_spectrum),
    ("ex-02-4", 2048),
    ("ex-02-5", cross),
    ("ex-02-6", "BCA"),
]
WRONG = [
    ("ex-02-1", 5000, "nothing above 4000"),
    ("ex-02-1", 4000, "folds back"),
    ("ex-02-1", 1000, "Fold it below"),
    ("ex-02-1", 2500, "minus the frequency"),
    ("ex-02-2", lambda a, floor: (10 * a.log10()).clamp(min=floor), "10 log10"),
    ("ex-02-2", lambda a, floor: (20 * a.log()).clamp(min=floor), "natural"),
    ("ex-02-2", lambda a, floor: 20 * a.log10(), "below the floor"),
    ("ex-02-2", lambda a, floor: a, "20 log10 of"),
    ("ex-02-3", lambda wave: wave[::2], "full strength"),
    ("ex-02-3", halve_by_mean, "too gentle"),
    ("ex-02-3", lambda wave: halve(wave) / 10, "keep its level"),
    ("ex-02-3", lambda wave: -halve(wave), "changed"),
    ("ex-02-3", lambda wave: wave, "half of the samples"),
    ("ex-02-4", 1024, "Longer"),
    ("ex-02-4", 8192, "4096"),
    ("ex-02-4", 1067, "power of two"),
    ("ex-02-5", lambda a, b, spec: cross(b, a, spec), "wrong way round"),
    ("ex-02-5", cross_no_phase, "all 0"),
    ("ex-02-5", lambda a, b, spec: spec.stft(a), "still a spectrum"),
    ("ex-02-5", lambda a, b, spec: a, "polar"),
    ("ex-02-6", "ACB", "wrong way round"),
    ("ex-02-6", "ABC", "under water"),
    ("ex-02-6", "CBA", "smooth"),
    ("ex-02-6", "AAB", "each of"),
]
