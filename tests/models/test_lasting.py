"""Long sounds of trained models: in pieces or at once, the same."""

import math

import pytest
import torch

import minidiff as md
from minidiff.control.long import Windows
from minidiff.models.lasting import STEADY, TEXTURES, Lasting, allowed
from minidiff.samplers import SAMPLERS
from minidiff.sound.onward import Onward, decode_after


@pytest.fixture(scope="module")
def garden():
    return md.load("environment")


def long(model, seconds=4.0, label="rain", **options):
    return Lasting(model, seconds, label, steps=2, **options)


def test_a_long_sound_is_as_long_as_asked(garden):
    wave = garden.generate("rain", n=2, seconds=5.3, steps=1)
    assert wave.shape == (2, 84_800)
    assert wave.isfinite().all()
    assert wave.abs().max() <= 1


def test_streamed_equals_whole_and_item_i_is_seed_i(garden):
    whole = garden.generate("rain", n=2, seconds=5.0, steps=2, seed=3)
    pieces = list(long(garden, 5.0, seed=4))
    assert len(pieces) == 3
    assert torch.equal(torch.cat(pieces, 1)[0, :24_576], pieces[0][0])
    torch.testing.assert_close(torch.cat(pieces, 1)[0], whole[1], atol=2e-3, rtol=0)


@torch.no_grad()
def test_in_pieces_it_is_what_all_windows_at_once_are(garden):
    """x of a trained net: the stream's pieces, and `Windows` walked over all of it."""
    stream, told = long(garden, 5.0, seed=4).stream, garden.settings
    begins = [stream.hop] * (stream.n - 1) + [stream.size]
    noise = [stream.begin(k, frames)[0] for k, frames in enumerate(begins)]
    windows = Windows(stream.denoiser, stream.size, stream.overlap)
    walk = SAMPLERS[told["sampler"]]
    *_, whole = walk(windows, torch.cat(noise, -1), stream.times, cond=stream.cond)
    assert torch.equal(torch.cat(list(stream), -1), whole)


@pytest.mark.parametrize("stop", [1, 2])
def test_it_goes_on_from_its_state_bit_for_bit(garden, stop, tmp_path):
    whole = list(long(garden))
    first = long(garden)
    made = [next(first) for _ in range(stop)]
    torch.save(first.state(), tmp_path / "state")
    state = torch.load(tmp_path / "state", weights_only=True)
    made += list(long(garden, state=state))
    assert torch.equal(torch.cat(made, 1), torch.cat(whole, 1))


def test_short_ones_are_cut(garden):
    short = garden.generate("rain", seconds=0.5, steps=1, seed=2)
    whole = garden.generate("rain", steps=1, seed=2)
    assert short.shape == (1, 8000)
    assert torch.equal(short[:, :7000], whole[:, :7000])
    own = garden.generate("rain", seconds=2.048, steps=1, seed=2)
    assert torch.equal(own, whole)


@pytest.mark.parametrize("seconds", [0, -1.0, math.nan, math.inf, 86_400.0, 1e-9])
def test_seconds_that_no_sound_lasts(garden, seconds):
    with pytest.raises(ValueError, match="seconds"):
        garden.generate("rain", seconds=seconds)
    with pytest.raises(ValueError, match="seconds"):
        allowed(seconds)


def test_textures_are_made_and_events_are_told(garden):
    assert garden.generate("rain", seconds=2.5, steps=1).shape == (1, 40_000)
    with pytest.raises(ValueError, match=r"dog is an event.*rain, sea, fire"):
        garden.generate("dog", seconds=2.5, steps=1)
    with pytest.raises(ValueError, match=r"flute is an event.*render"):
        md.load("notes").generate("flute", seconds=1.2, steps=1)
    with pytest.raises(ValueError, match=r"kick is an event.*drummed"):
        md.load("drums-waveform").generate("kick", seconds=1.2, steps=1)
    with pytest.raises(ValueError, match="bell is an event"):
        md.load("sounds").generate(["rain", "bell"], seconds=1.2, steps=1)
    assert garden.generate("dog", seconds=1.0, steps=1).shape == (1, 16_000)
    with pytest.raises(ValueError, match="reference"):
        garden.generate("rain", seconds=4.0, reference=md.example("rain"))


def test_textures_are_those_that_were_measured():
    """Steady inside their own recordings, by the table of bench.textures."""
    rows = md.measured("textures")
    for name, steady in TEXTURES.items():
        mine = {k: row for k, row in rows.items() if k.startswith(f"{name}, ")}
        assert len(mine) == len(md.load(name).labels)
        found = {k for k, row in mine.items() if row["metrics"]["varies"] < STEADY}
        assert found == {f"{name}, {label}" for label in steady}


def tone(n=65_536):
    turn = 2 * math.pi * torch.arange(n) / 16_000
    return (0.2 * (440 * turn).sin() + 0.1 * (660 * turn).sin())[None]


def test_phases_that_go_on_cost_nothing_where_others_cost_three_decibels(garden):
    spec, wave = garden.spec, tone()
    mel = spec.encode(wave)
    first, later = spec.decode(mel[..., :128]), mel[..., 96:224]
    tail, middle = first[:, 96 * 256 :], slice(2048, 6144)

    def level(second):
        both = (tail + second[:, : tail.shape[1]])[:, middle] / 2
        return 10 * (both.square().mean() / tail[:, middle].square().mean()).log10()

    assert level(spec.decode(later)).item() == pytest.approx(-3, abs=0.6)
    assert level(decode_after(spec, later, tail)).item() > -0.6
    assert torch.equal(decode_after(spec, later), spec.decode(later))
    with pytest.raises(ValueError, match="before"):
        decode_after(spec, later, torch.zeros(1, 60_000))


def test_pieces_that_fit_are_joined_exactly():
    wave, onward = torch.randn(1, 100).double(), Onward(10)
    parts = [(0, 40), (30, 70), (60, 100)]
    made = [onward.add(wave[:, a:b], last=b == 100) for a, b in parts]
    assert [p.shape[1] for p in made] == [30, 30, 40]
    torch.testing.assert_close(torch.cat(made, 1), wave)
