"""The front end against librosa, and there and back again."""

import librosa
import numpy as np
import pytest
import torch

import minidiff as md
from minidiff.sound.mel import decibels, spread

SPECS = [
    md.MelSpec(),
    md.MelSpec(8000, n_fft=512, hop_length=160, n_mels=64),
    md.MelSpec(4000, n_fft=254, hop_length=100, n_mels=20, floor=-60.0),
]
specs = pytest.mark.parametrize("spec", SPECS, ids=lambda s: f"{s.sample_rate} Hz")


def sound(samples=8000, seed=0, n=2):
    """Noise that comes and goes, and a tone."""
    dice = torch.Generator().manual_seed(seed)
    t = torch.arange(samples) / samples
    noise = 0.1 * torch.randn(n, samples, generator=dice) * (7 * t).sin()
    return noise + 0.2 * (0.2 * torch.arange(samples)).sin()


@specs
def test_filters_are_librosas(spec):
    theirs = librosa.filters.mel(
        sr=spec.sample_rate, n_fft=spec.n_fft, n_mels=spec.n_mels
    )
    ours = spec.filters(torch.zeros(1))
    assert ours.numpy() == pytest.approx(theirs, abs=1e-6)


@specs
def test_encode_is_librosas(spec):
    wave, hop = sound(), spec.hop_length
    padded = np.pad(wave.numpy(), ((0, 0), (0, -wave.shape[1] % hop)))
    theirs = librosa.feature.melspectrogram(
        y=padded, sr=spec.sample_rate, n_fft=spec.n_fft, hop_length=hop,
        n_mels=spec.n_mels, power=1, center=True, pad_mode="constant",
    )[..., :-1]  # fmt: skip
    theirs = 20 * np.log10(np.maximum(theirs, 10 ** (spec.floor / 20)))
    ours = spec.encode(wave)[:, 0] * spec.std + spec.mean
    assert ours.numpy() == pytest.approx(theirs, abs=2e-3)


@specs
@pytest.mark.parametrize("samples", [1, 99, 1600, 1601, 8000])
def test_shapes(spec, samples):
    wave = sound(samples, n=3)
    mel = spec.encode(wave)
    frames = -(-samples // spec.hop_length)
    assert mel.shape == (3, 1, spec.n_mels, frames)
    assert spec.decode(mel, iterations=1).shape == (3, frames * spec.hop_length)


@specs
def test_spectrum_and_back(spec):
    wave = sound(20 * spec.hop_length)
    spectrum = spec.stft(wave)
    assert spectrum.shape == (2, spec.n_fft // 2 + 1, 21)
    assert torch.allclose(spec.istft(spectrum, wave.shape[1]), wave, atol=1e-5)


@pytest.mark.parametrize("spec", SPECS[:2], ids=lambda s: f"{s.sample_rate} Hz")
def test_there_and_back_keeps_the_spectrogram(spec):
    wave = sound(24 * spec.hop_length)
    mel = spec.encode(wave)
    again = spec.encode(spec.decode(mel))
    loud = mel * spec.std + spec.mean > -45
    gap = (again - mel).abs()[loud] * spec.std  # decibels
    assert loud.double().mean() > 0.3
    assert gap.mean() < 3


def test_more_iterations_come_closer():
    spec = SPECS[1]
    target = spec.stft(sound(24 * spec.hop_length)).abs()

    def miss(iterations):
        wave = md.griffin_lim(target, spec, iterations)
        return (spec.stft(wave).abs() - target).norm() / target.norm()

    errors = [miss(i) for i in (0, 4, 64)]
    assert errors[0] > 1.5 * errors[1] > 2 * errors[2]
    assert errors[2] < 0.08  # without the momentum 0.11


def test_decode_is_always_the_same_and_item_by_item():
    spec, state = SPECS[1], torch.get_rng_state()
    mel = spec.encode(sound())
    wave = spec.decode(mel, 8)
    torch.rand(3)
    assert torch.equal(spec.decode(mel, 8), wave)
    for i in range(2):
        assert torch.allclose(spec.decode(mel[[i]], 8)[0], wave[i], atol=1e-4)
    torch.set_rng_state(state)
    spec.decode(mel, 1)
    assert torch.equal(torch.get_rng_state(), state)


@specs
def test_silence_stays_silent(spec):
    mel = spec.encode(torch.zeros(1, 4000))
    assert torch.allclose(mel, torch.tensor((spec.floor - spec.mean) / spec.std))
    assert spec.decode(mel).abs().max() < 1e-6


def test_louder_by_so_many_decibels():
    spec = md.MelSpec(floor=-200.0)
    soft, loud = spec.encode(sound()), spec.encode(10 * sound())
    assert ((loud - soft) * spec.std - 20).abs().max() < 0.01


def test_decibels_have_a_floor():
    x = torch.tensor([0.0, 1e-9, 0.1, 1.0, 10.0])
    assert decibels(x).tolist() == pytest.approx([-80, -80, -20, 0, 20], abs=1e-4)


@specs
def test_spread_keeps_a_flat_spectrum_flat(spec):
    filters = spec.filters(torch.zeros(1))
    flat = spread(torch.full((1, spec.n_mels, 3), 0.7), filters)
    heard = filters.sum(0) > 1e-6
    assert torch.allclose(flat[0, heard], torch.tensor(0.7))
    assert (flat[0, filters.sum(0) == 0] == 0).all()


@specs
def test_keeping_the_bands_beats_keeping_the_first_magnitudes(spec):
    """The round trip through a mel spectrogram: how far its bands are off, in dB."""
    mel = spec.encode(sound())
    bands = 10 ** ((mel[:, 0] * spec.std + spec.mean) / 20)
    bands = torch.nn.functional.pad(bands, (0, 1))
    start = spread(bands, spec.filters(bands))

    def miss(wave):
        return (spec.encode(wave) - mel).abs().mean().item() * spec.std

    kept = miss(md.griffin_lim(start, spec, 32, bands))
    assert kept < 0.6 * miss(md.griffin_lim(start, spec, 32))


def test_settings_make_it_again():
    assert md.MelSpec(**SPECS[2].settings()) == SPECS[2]
