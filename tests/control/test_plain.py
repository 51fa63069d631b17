"""Plain repairs do what they say, and no more."""

import pytest
import torch

import minidiff as md
from minidiff.control.plain import interpolated, replicated

SPEC = md.MelSpec(8000, n_fft=512, hop_length=160)


def test_straight_lines_over_a_gap():
    mel = torch.arange(10.0).square().expand(2, 1, 3, 10).clone()
    kept = torch.ones(1, 1, 10, dtype=torch.bool)
    kept[..., 4:7] = kept[..., :2] = kept[..., 9:] = False
    made = interpolated(mel, kept)
    assert made[0, 0, 0].tolist() == [4, 4, 4, 9, 19, 29, 39, 49, 64, 64]
    assert torch.equal(made[..., kept[0, 0]], mel[..., kept[0, 0]])
    with pytest.raises(ValueError, match="not a single frame"):
        interpolated(mel, torch.zeros_like(kept))


def test_tones_are_copied_upwards_and_softer():
    seconds = torch.arange(8000) / 8000
    tone = 0.1 * (2 * torch.pi * 1500 * seconds).sin()[None]
    made = replicated(tone, 2000.0, SPEC)
    spectrum = torch.fft.rfft(made)[0].abs()  # a bin a Hz
    assert spectrum[1500] == pytest.approx(400, rel=0.02)
    for hertz, softer in ((2500, 0.3), (3500, 0.09)):
        near = spectrum[hertz - 20 : hertz + 21].norm().item()
        assert near == pytest.approx(400 * softer, rel=0.15)
    low = md.Lowpass(2000.0, 8000)
    inside = slice(100, -100)
    near = (low(made) - tone)[:, inside]
    assert near.abs().max() < 5e-3
