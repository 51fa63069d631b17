"""Melodies played: in time, in range, by one voice."""

import math
import warnings

import pytest
import torch

import minidiff as md
from minidiff.control.playing import (
    SHARES,
    Between,
    drummed,
    held,
    humanly,
    lead,
    mixed,
    released,
    render,
)
from minidiff.control.tune import Note, octave, ranged, timed
from minidiff.judging.played import changes, played

QUICK = {"steps": 2, "seed": 0}


@pytest.fixture(scope="module")
def notes():
    return md.load("notes")


def test_notes_in_time():
    made, seconds = timed([(69, 1.0), (None, 0.5), (72, 0.5)], 120)
    assert made == [Note(0, 0.5, 69, 0), Note(0.75, 0.25, 72, 1.5)]
    assert seconds == 1.0
    assert timed([], 120) == ([], 0)
    assert timed([(None, 3)], 60) == ([], 3)


def test_notes_may_overlap():
    made, seconds = timed([(60, 4, 0), (64, 1, 1), (67, 1), (72, 1, 0.5)], 60)
    assert [(n.start, n.seconds) for n in made] == [(0, 4), (1, 1), (2, 1), (0.5, 1)]
    assert seconds == 4


@pytest.mark.parametrize(
    ("melody", "tempo", "said"),
    [
        ([(69, 1), (69, 0)], 120, "note 2: beats"),
        ([(69, -1)], 120, "beats"),
        ([(69, math.nan)], 120, "beats"),
        ([(200, 1)], 120, "note 1: pitch"),
        ([(69, 1, -1)], 120, "start"),
        ([(69, 1)], 0, "tempo"),
        ([(69, 1)], math.nan, "tempo"),
        ([(69, 3000)] * 3, 60, "hour"),
    ],
)
def test_what_nobody_can_play(melody, tempo, said):
    with pytest.raises(ValueError, match=said):
        timed(melody, tempo)


@pytest.mark.parametrize("melody", [[69, 1], [(69,)], [("a", 1)], [(69.5, 1)]])
def test_what_is_no_note(melody, unhooked):
    with pytest.raises(TypeError, match="note 1"):
        timed(melody, 120)


def test_ranges_are_told():
    notes, _ = timed([(60, 1), (72, 1)], 120)
    assert ranged(notes, (24, 108), (60, 72), "flute") == ""
    assert ranged([], (24, 108), (60, 72), "flute") == ""
    said = ranged(notes, (24, 108), (50, 70), "cello")
    assert "60 to 72" in said
    assert "cello was heard from 50 to 70" in said
    with pytest.raises(ValueError, match=r"out of range.*from 61 to 108"):
        ranged(notes, (61, 108), (62, 72), "flute")
    assert octave(60, 72, (70, 90)) == "; 1 octave(s) up fits"
    assert octave(60, 72, (30, 50)) == "; 2 octave(s) down fits"
    assert octave(62, 74, (33, 70)) == "; 1 octave(s) down fits"
    assert octave(60, 72, (65, 70)) == ""


def test_nothing_and_silence(notes):
    assert render(notes, []).shape == (1, 0)
    with pytest.raises(ValueError, match="shorter than a sample"):
        render(notes, [(60, 1e-9)])
    rest = render(notes, [(None, 2)], tempo=60)
    assert rest.shape == (1, 32_000)
    assert not rest.any()


def test_a_tune_is_as_long_as_written_and_the_same_again(notes):
    tune = [(69, 1.0), (None, 0.5), (72, 0.5)]
    made = md.render(notes, tune, tempo=120, instrument="flute", **QUICK)
    assert made.shape == (1, 16_000)
    assert made.dtype == torch.float32
    assert made.abs().max() <= 1
    again = md.render(notes, tune, tempo=120, instrument="flute", **QUICK)
    assert torch.equal(made, again)
    level = made[0].unfold(0, 800, 800).square().mean(1).sqrt()
    assert level[13] < level[:10].max() / 20  # the rest
    assert level[16:18].max() > level[:10].max() / 4


def test_equal_notes_are_equal_sounds_without_a_player(notes):
    made = render(notes, [(69, 1, 0), (69, 1, 2)], 60, "organ", vary=0, **QUICK)[0]
    assert torch.allclose(made[4000:15_000], made[36_000:47_000], atol=1e-6)
    lively = render(notes, [(69, 1, 0), (69, 1, 2)], 60, "organ", **QUICK)[0]
    assert not torch.allclose(lively[4000:15_000], lively[36_000:47_000], atol=1e-3)


def test_notes_at_once_add_up(notes):
    ways = {"tempo": 60, "instrument": "organ", "vary": 0, **QUICK}
    one, two = (render(notes, [(p, 1)], **ways) for p in (60, 67))
    both = render(notes, [(60, 1, 0), (67, 1, 0)], **ways)
    # a note alone or beside others: batches differ in the last digits
    torch.testing.assert_close(both, one + two, atol=2e-3, rtol=0)


def test_who_plays(notes):
    with pytest.raises(ValueError, match=r"did you mean 'flute'"):
        render(notes, [(69, 1)], instrument="flut")
    with pytest.raises(ValueError, match=r"out of range.*24 to 108"):
        render(notes, [(10, 1)], instrument="flute")
    with pytest.warns(UserWarning, match="flute was heard from 58 to 93"):
        render(notes, [(50, 0.2)], instrument="flute", **QUICK)
    with pytest.raises(ValueError, match="plays no notes"):
        render(md.load("digits"), [(69, 1)])
    with pytest.raises(ValueError, match="one or two"):
        render(notes, [(69, 1)], instrument=["flute"] * 3)
    with warnings.catch_warnings(action="error"):  # whoever is drawn can play it
        for seed in range(3):
            render(notes, [(36, 0.1), (96, 0.1)], seed=seed, steps=1)


def test_none_reaches_all(notes, monkeypatch):
    flute = {name: [58, 93] for name in notes.labels}
    monkeypatch.setitem(notes.asks.ranges, "pitch", flute)
    with pytest.raises(ValueError, match=r"none reaches from 40 to 60.*flute 58 to 93"):
        render(notes, [(40, 1), (60, 1)])


def test_a_note_goes_on_as_it_went():
    m = 64
    mel = torch.linspace(0, -6.4, m + 1)[:-1].expand(1, 1, 3, m)
    longer = held(mel, 160)
    assert longer.shape[-1] == 160
    assert torch.equal(longer[..., :56], mel[..., :56])
    torch.testing.assert_close(
        longer[0, 0, 0], torch.arange(160) * -0.1, atol=1e-4, rtol=1e-4
    )
    assert torch.equal(held(mel, 20), mel[..., :20])
    rising = held(-mel, 160)  # no string grows louder by itself
    assert rising.max() <= 5.61


def test_let_go():
    wave = released(torch.ones(16_000), 0.5, 16_000)
    assert len(wave) == 8000 + 1440
    assert (wave[100:8000] == 1).all()
    assert wave[0] == 0
    assert abs(wave[-1]) < 1e-4
    assert (wave[8000:].diff() <= 0).all()
    assert len(released(torch.ones(100), 0.5, 16_000)) == 9440


def test_slow_notes_begin_early():
    sudden, slow = torch.ones(8000), torch.linspace(0, 1, 8000)
    slow = slow.clamp(max=0.1)  # there after 50 ms
    assert lead(sudden, 16_000) == 0
    assert 0.01 < lead(slow, 16_000) <= 0.05


def test_a_player_and_a_machine():
    notes, _ = timed([(69, 0.5)] * 40, 120)
    machine = humanly(notes, 0, 0)
    assert machine == [(n.start, n.seconds, 1.0) for n in notes]
    human = humanly(notes, 1, 0)
    moved = torch.tensor(
        [a - n.start for (a, _, _), n in zip(human, notes, strict=True)]
    )
    assert 0.002 < moved.std() < 0.008
    assert moved.abs().max() <= 0.0101
    gains = torch.tensor([g for _, _, g in human])
    assert gains[::2].mean() > gains[1::2].mean()
    assert gains.max() <= 1
    assert humanly(notes, 1, 0) == human != humanly(notes, 1, 1)


def test_between_two_conditions():
    def denoiser(x, t, cond=None):
        return x * cond

    denoiser.schedule = md.Cosine()
    x = torch.ones(3, 1, 2, 2)
    share = torch.tensor([0.0, 0.25, 1.0])
    made = Between(denoiser, torch.tensor(10.0), share)(x, 0.5, torch.tensor(2.0))
    assert made[:, 0, 0, 0].tolist() == [2, 4, 10]
    alone = Between(denoiser, None, torch.zeros(3))  # is not asked
    assert torch.equal(alone(x, 0.5, torch.tensor(2.0)), 2 * x)


def test_a_morph_begins_with_one_and_ends_with_the_other(notes):
    tune = [(69, 0.5)] * SHARES
    ways = {"tempo": 120, "vary": 0, **QUICK}
    both = render(notes, tune, instrument=["flute", "trumpet"], **ways)
    flute = render(notes, tune, instrument="flute", **ways)
    torch.testing.assert_close(both[:, :3000], flute[:, :3000], atol=5e-3, rtol=0)
    assert (both - flute)[:, -6000:].square().mean() > 0.1 * flute.square().mean()


def test_drums():
    drums = md.load("drums")
    kick, other = drums.labels[:2]
    made = drummed(drums, {kick: "x...x...", other: "..x...x."}, 120, 2, steps=2)
    assert made.shape == (1, 64_000)
    level = made[0].unfold(0, 4000, 4000).square().mean(1)
    assert torch.allclose(level[:8][0::4], level[8:][0::4], rtol=0.3)
    assert not drummed(drums, {}, 120).any()
    for pattern in ({"gong": "x"}, {kick: ""}, {kick: "x-x"}):
        with pytest.raises(ValueError, match="pattern"):
            drummed(drums, pattern)


def test_voices_together():
    made = mixed([torch.full((1, 3), 0.5), torch.full((1, 5), 0.4)], [1, 0.5])
    torch.testing.assert_close(made, torch.tensor([[0.7, 0.7, 0.7, 0.2, 0.2]]))
    assert mixed([torch.ones(1, 3)] * 2).max() < 0.9901
    with pytest.raises(ValueError, match="voices"):
        mixed([])
    with pytest.raises(ValueError, match="gains"):
        mixed([torch.ones(1, 3)], [1, 2])
    with pytest.raises(ValueError, match="voices: one holds NaN"):
        mixed([torch.ones(1, 3), torch.full((1, 2), torch.nan)])


def sung(hertz, seconds, rate=16_000):
    turn = torch.arange(round(seconds * rate)) / rate * 2 * math.pi
    ramp = torch.linspace(0, 40, len(turn)).clamp(max=1)
    return 0.2 * ramp * ((hertz * turn).sin() + 0.4 * (2 * hertz * turn).sin())


def test_heard_from_outside():
    pitch = [69, 72, 71, 74]
    wave = torch.cat([sung(440 * 2 ** ((p - 69) / 12), 0.4) for p in pitch])[None]
    asked = [(0.4 * i, 0.4, p) for i, p in enumerate(pitch)]
    assert played(wave, 16_000, asked) == dict(n=4, in_tune=1, in_time=1, both=1)
    wrong = [(0.4 * i, 0.4, p + (i == 1)) for i, p in enumerate(pitch)]
    assert played(wave, 16_000, wrong)["in_tune"] == 0.75
    late = [(0.4 * i + 0.15 * (i == 2), 0.25, p) for i, p in enumerate(pitch)]
    assert played(wave, 16_000, late)["in_time"] == 0.75
    assert played(torch.zeros(1, 16_000), 16_000, asked[:2])["in_tune"] == 0
    with pytest.raises(ValueError, match="none"):
        played(wave, 16_000, [])


def test_where_a_new_pitch_begins():
    import numpy as np

    times = np.arange(60) * 0.01
    midi = np.r_[[np.nan] * 5, [60.0] * 20, [60.3] * 5, [62.0] * 3, [64.0] * 27]
    assert changes(midi, times).tolist() == pytest.approx([0.05, 0.33])
