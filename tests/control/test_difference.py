"""The difference is what was added, and where it was added."""

import math

import pytest
import torch
from normal import Normal

import minidiff as md
from minidiff.control.difference import difference, peak

SPEC = md.MelSpec(4000, n_fft=256, hop_length=64, n_mels=24, mean=-30.0)
T = torch.arange(4096) / 4000
DICE = torch.Generator().manual_seed(0)
HISS = 0.05 * torch.randn(4096, generator=DICE)
BEEP = 0.3 * (6.283 * 1000 * T).sin() * ((T > 0.5) & (T < 0.7))


class Hissing(torch.nn.Module):
    """The ideal denoiser of mels that are all the same but for a little."""

    schedule = md.Cosine()

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.usual = SPEC.encode(HISS[None]).mean(3, keepdim=True)

    def forward(self, x, t, cond=None):
        return Normal(self.usual, 0.1**2, self.schedule)(x, t)


class Small:
    spec, settings, shape = SPEC, {"samples": 4096}, SPEC.shape(4096)
    sample_rate = 4000

    def __init__(self):
        self.denoiser = Hissing()


def db(wave):
    return 10 * wave.square().mean().log10().item()


def test_what_was_added_is_taken_out_again():
    heard = (HISS + BEEP)[None]
    strange, usual = difference(Small(), heard, strength=0.6)
    torch.testing.assert_close(strange + usual, heard)
    assert md.si_sdr(strange, BEEP[None]).item() > 8
    assert db(usual[0] - HISS) < db(BEEP) - 8


def test_of_the_usual_little_is_left():
    strange, _ = difference(Small(), HISS[None], strength=0.6)
    assert db(strange[0]) < db(HISS) - 1


def test_the_peak_is_where_it_was_added():
    where = (SPEC.encode((HISS + BEEP)[None]) - SPEC.encode(HISS[None])).square()
    ((seconds, hertz),) = peak(where, SPEC).tolist()
    assert 0.45 < seconds < 0.75
    assert hertz == pytest.approx(1000, abs=120)


def test_one_value_alone_is_no_peak():
    where = torch.zeros(1, 1, 24, 64)
    where[0, 0, 2, 3] = 5.0
    where[0, 0, 10:13, 39:42] = 1.0
    assert peak(where, SPEC)[0, 0].item() == pytest.approx(40 * 64 / 4000, abs=0.001)


def test_an_end_is_no_peak():
    """Where the window hangs over: two frames at either end."""
    where = torch.zeros(3, 1, 24, 64)
    for k, frames in enumerate((slice(0, 2), slice(62, 64))):
        where[k, 0, 4:7, frames] = 5.0
    where[:, 0, 10:13, 39:42] = 1.0
    torch.testing.assert_close(
        peak(where, SPEC)[:, 0], torch.full((3,), 40 * 64 / 4000)
    )
    short = torch.zeros(1, 1, 24, 4)
    short[0, 0, 12, 1] = 1.0
    assert peak(short, SPEC)[0, 1] > 0


@pytest.mark.usefixtures("unhooked")
def test_bad_input():
    class Waves(Small):
        spec = None

    with pytest.raises(ValueError, match="mels"):
        difference(Waves(), HISS[None])
    with pytest.raises(ValueError, match="4096"):
        difference(Small(), HISS[None, :100])
    with pytest.raises(ValueError, match="NaN"):
        difference(Small(), HISS[None] * math.nan)
