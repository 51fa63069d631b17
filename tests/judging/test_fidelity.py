"""Fidelity: nothing is lost where nothing was changed, and more where more was."""

import math

import pytest
import torch
from torch.utils.data import TensorDataset

from minidiff import MelSpec
from minidiff.judging import fidelity
from minidiff.judging.ear import Ear
from minidiff.judging.enhanced import compare
from minidiff.models.ears import new_ear

RATE = 8000
SPEC = MelSpec(RATE, n_fft=512, hop_length=160, n_mels=64)


def voices(n=6, seconds=1.2):
    """Something like vowels: harmonics under formants, in syllables."""
    t = torch.arange(round(seconds * RATE)) / RATE
    waves = []
    for i in range(n):
        pitch = 100 + 20 * i + 10 * (6 * t).sin()
        turn = 2 * math.pi * pitch.cumsum(0) / RATE
        hertz = pitch[None] * torch.arange(1, 20)[:, None]
        formants = sum(
            torch.exp(-(((hertz - f) / 150) ** 2)) for f in (500 + 40 * i, 1500, 2500)
        )
        tones = (torch.arange(1, 20)[:, None] * turn).sin()
        syllables = (2 * math.pi * 2.5 * t).sin().clamp(min=0)
        waves.append(0.2 * syllables * (formants * tones).sum(0))
    return torch.stack(waves)


def spoiled(waves, size):
    dice = torch.Generator().manual_seed(0)
    return waves + size * torch.randn(waves.shape, generator=dice)


@pytest.fixture(scope="module")
def ears():
    torch.manual_seed(0)
    return {which: new_ear(which, SPEC, 4, 9600) for which in "AB"}


def test_the_same_is_the_best():
    waves = voices()
    assert fidelity.pesq(waves, waves, RATE) == pytest.approx(4.55, abs=0.01)
    assert fidelity.stoi(waves, waves, RATE) == pytest.approx(1, abs=1e-3)
    assert fidelity.log_spectral_distance(waves, waves, 256) == 0


@pytest.mark.parametrize("measure", [fidelity.pesq, fidelity.stoi])
def test_noise_is_heard(measure):
    waves = voices()
    good, bad = (measure(spoiled(waves, s), waves, RATE) for s in (0.003, 0.1))
    assert bad < good < measure(waves, waves, RATE)


@pytest.mark.parametrize("window", fidelity.WINDOWS)
def test_twice_as_loud_is_six_decibels(window):
    noise = torch.randn(3, 8000, generator=torch.Generator().manual_seed(0))
    distance = fidelity.log_spectral_distance(2 * noise, noise, window)
    assert distance == pytest.approx(20 * math.log10(2), abs=1e-3)


def test_what_is_too_short_for_stoi_is_left_out():
    waves = voices(2)
    waves[1, 1000:] = 0
    assert fidelity.stoi(waves, waves, RATE) == pytest.approx(1, abs=1e-3)


def test_what_scores_nothing_is_not_a_number():
    brief = voices(1)[:, :800]
    assert math.isnan(fidelity.stoi(brief, brief, RATE))


def test_all_numbers_of_a_way_there_and_back(ears):
    waves = voices()
    data = TensorDataset(waves, torch.zeros(6, dtype=torch.int64))
    perfect = fidelity.compare(lambda mel: waves, SPEC, ears, data)
    assert perfect["mel_error"] == 0
    assert perfect["frechet"] == pytest.approx({"A": 0, "B": 0}, abs=1e-3)
    usual = fidelity.compare(SPEC.decode, SPEC, ears, data)
    assert perfect.keys() == usual.keys()
    assert 1 < usual["pesq"] < perfect["pesq"]
    assert 0 < usual["stoi"] < perfect["stoi"]
    assert usual["lsd_512"] > 0
    assert min(usual["frechet"].values()) > 0
    assert perfect["frechet_spread"] == pytest.approx({"A": 0, "B": 0}, abs=1e-3)
    assert 0 < usual["real_time"] < 5


def test_the_spread_of_a_distance_is_how_far_it_varies_from_crowd_to_crowd():
    """Pairs are drawn together: those that are equal have no spread."""

    class Same(Ear):
        def __init__(self):
            pass

        def embed(self, waves):
            return waves.double()

    dice = torch.Generator().manual_seed(0)
    found = []
    for _ in range(30):
        real = torch.randn(200, 4, generator=dice)
        made = real + 1 + 0.2 * torch.randn(200, 4, generator=dice)
        found.append(fidelity.frechet_by({"A": Same()}, made, real)["frechet"]["A"])
    ears = {"A": Same()}
    spread = fidelity.frechet_by(ears, made, real)["frechet_spread"]["A"]
    assert 0.4 < spread / torch.tensor(found).std().item() < 2.5
    assert fidelity.frechet_by(ears, real, real)["frechet_spread"]["A"] < 1e-6


def test_a_missing_package_is_named_at_once(ears, monkeypatch):
    data = TensorDataset(voices(), torch.zeros(6, dtype=torch.int64))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match="package pesq: pip install pesq"):
        fidelity.compare(SPEC.decode, SPEC, ears, data)


def test_si_sdr_is_the_ratio_of_what_was_added():
    dice = torch.Generator().manual_seed(0)
    real = voices()
    noise = torch.randn(real.shape, generator=dice)
    # at a right angle to the recording, so that nothing of it counts as kept
    along = (noise * real).sum(1, keepdim=True) / real.square().sum(1, keepdim=True)
    noise = noise - along * real
    noise = noise * (real.norm(dim=1) / noise.norm(dim=1))[:, None]
    for decibels in (-5.0, 0.0, 20.0):
        made = real + noise * 10 ** (-decibels / 20)
        found = fidelity.si_sdr(made, real)
        torch.testing.assert_close(
            found, torch.full_like(found, decibels), atol=1e-3, rtol=0
        )
        for scale in (0.1, -3.0):
            torch.testing.assert_close(
                fidelity.si_sdr(scale * made, real), found, atol=1e-3, rtol=0
            )
    assert (fidelity.si_sdr(real, real) > 100).all()
    assert (fidelity.si_sdr(noise, real) < -80).all()
    late = real.roll(4, dims=1)
    assert (fidelity.si_sdr(late, real) < 10).all()


def test_si_sdr_against_a_peer():
    audio = pytest.importorskip("torchmetrics.functional.audio")
    dice = torch.Generator().manual_seed(4)
    real, noise = torch.randn(2, 6, 500, generator=dice, dtype=torch.float64)
    made = 0.3 * real + torch.logspace(-3, 1, 6)[:, None] * noise + 0.1
    peer = audio.scale_invariant_signal_distortion_ratio(made, real)
    torch.testing.assert_close(fidelity.si_sdr(made, real), peer, atol=1e-9, rtol=0)


def test_si_sdr_wants_a_recording(unhooked):
    with pytest.raises(ValueError, match="real: a recording is silent"):
        fidelity.si_sdr(torch.ones(2, 8), torch.zeros(2, 8))
    with pytest.raises(ValueError, match="same shape"):
        fidelity.si_sdr(torch.ones(1, 8), torch.ones(2, 8))


class Hears(Ear):
    """An ear that says what it was told to."""

    sample_rate = RATE

    def __init__(self, *said):
        self.said = torch.tensor(said)

    def label(self, waves):
        assert waves.shape[1] == 9600
        return self.said


def test_words_are_counted_at_their_own_ratio():
    clean = voices(4)
    made = clean.clone()
    made[2:] = spoiled(clean, 0.05)[2:]
    words, ratios = torch.tensor([3, 4, 5, 6]), torch.tensor([10.0, 10, 0, 0])
    ears = {"A": Hears(3, 4, 0, 6), "B": Hears(0, 0, 0, 6)}
    rows = compare(made, clean, words, ratios, ears)
    assert set(rows) == {"0_db", "10_db"}
    good, bad = rows["10_db"], rows["0_db"]
    assert (good["n"], good["recognised"], good["recognised_b"]) == (2, 1.0, 0.0)
    assert (bad["n"], bad["recognised"], bad["recognised_b"]) == (2, 0.5, 0.5)
    assert good["si_sdr"] > 100
    noise = (made - clean)[2:].square().sum(1)
    expected = 10 * (clean[2:].square().sum(1) / noise).log10()
    assert bad["si_sdr"] == pytest.approx(expected.mean().item(), abs=0.1)
    error = (expected[0] - expected[1]).abs().item() / 2
    assert bad["si_sdr_error"] == pytest.approx(error, abs=0.1)
    assert good["pesq"] == pytest.approx(4.55, abs=0.01)
    assert 1 < bad["pesq"] < 3.5


def test_si_sdr_is_that_of_the_angle():
    """Another formula for the same: of the cosine between the two, as vectors."""
    dice = torch.Generator().manual_seed(3)
    real, noise = torch.randn(2, 6, 500, generator=dice, dtype=torch.float64)
    made = real + torch.logspace(-2, 1, 6)[:, None] * noise
    cosine = (made * real).sum(1) / made.norm(dim=1) / real.norm(dim=1)
    peer = 10 * (cosine**2 / (1 - cosine**2)).log10()
    torch.testing.assert_close(fidelity.si_sdr(made, real), peer)
