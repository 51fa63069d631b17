"""Pitch: tones of a known pitch, and of wrong ones."""

import math

import pytest
import torch

from minidiff.judging.pitch import cents_off, in_tune
from minidiff.judging.tuning import strangers

RATE = 16_000


def note(midi, off=0.0):
    """A tone of six partials, (12000,), so many cents off."""
    hertz = 440 * 2 ** ((midi - 69 + off / 100) / 12)
    turn = 2 * math.pi * hertz * torch.arange(12_000) / RATE
    return sum(0.1 / k * (k * turn).sin() for k in range(1, 7) if k * hertz < 7000)


@pytest.mark.parametrize("midi", [28, 45, 69, 96])
@pytest.mark.parametrize("off", [0.0, 30.0, -80.0])
def test_cents_are_found(midi, off):
    found = cents_off(note(midi, off)[None], torch.tensor([midi]), RATE)
    assert found.item() == pytest.approx(off, abs=12)


def test_in_tune_out_of_tune_in_another_octave_and_noise():
    dice = torch.Generator().manual_seed(0)
    waves = [note(60), note(60, 20), note(60, -90), note(72)]
    waves.append(0.1 * torch.randn(12_000, generator=dice))
    found = in_tune(torch.stack(waves), torch.tensor([60] * 5), RATE)
    assert found["n"] == 5
    assert found["in_tune"] == 0.4
    assert found["in_tune_error"] == pytest.approx((0.4 * 0.6 / 5) ** 0.5, abs=1e-4)
    assert found["wrong_octave"] == 0.2


def test_silence_has_no_pitch():
    assert cents_off(torch.zeros(1, 12_000), torch.tensor([60]), RATE).isnan().all()


def test_strangers_were_never_heard():
    known = torch.tensor([[0, 20], [0, 21], [0, 25], [1, 2]])
    found = strangers(known, torch.tensor([[0, 23]]), pitches=30)
    assert sorted(found["between"]) == [(0, 22), (0, 24)]
    beyond = set(found["beyond"])
    assert {p for i, p in beyond if i == 0} == {*range(8, 20), *range(26, 30)}
    assert {p for i, p in beyond if i == 1} == {0, 1, *range(3, 15)}
    assert len(strangers(known, known, 30, most=5)["beyond"]) == 5
