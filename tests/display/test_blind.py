"""The blind test of made against recorded: what is shown gives nothing away."""

import numpy as np
import pytest
import torch
from parts import RATE, decibels, heard, soup, tone

import minidiff as md


def test_two_sounds_in_a_pair_differ_in_nothing_but_the_sound():
    made = [tone(300, 0.8, 0.5), tone(400, 0.2)]
    real = [tone(500, 0.3, 0.001), tone(600, 0.9)]
    shown = md.blind(made, real, RATE, listen="<the end>")
    page = soup(shown)
    assert repr(shown) == "<blind: 2 pairs of up to 0.90 s>"
    sounds = [samples for samples, _ in heard(shown)]
    assert len(sounds) == 4
    for one, other in zip(sounds[::2], sounds[1::2], strict=True):
        assert len(one) == len(other)
        levels = [decibels(s[np.abs(s) > 1e-3]) for s in (one, other)]
        assert levels == pytest.approx([-23, -23], abs=0.5)
    for sound, wave in zip(sounds, (made[0], real[0], made[1], real[1]), strict=True):
        assert np.corrcoef(sound[: len(wave)], wave)[0, 1] > 0.99
    assert not page.select("img")
    assert "Listen for: <the end>" in page.text


def test_a_peaked_sound_draws_the_other_down_with_it():
    click = torch.zeros(RATE)
    click[1000:1002] = 0.1
    most = 10 * np.log10(0.99**2 * 2 / (RATE / 10))  # in its block of 0.1 s
    for pair in ((click, tone()), (tone(), click)):
        sounds = [samples for samples, _ in heard(md.blind(*pair, RATE))]
        steady = sounds[0] if pair[1] is click else sounds[1]
        assert decibels(steady) == pytest.approx(most, abs=0.5)


def test_before_the_test_nothing_tells_which_is_which():
    shown = md.blind(tone(300), tone(500), RATE)
    page = soup(shown)
    test = page.select_one("md-blind > .md-controls")
    assert test.has_attr("hidden")  # it does nothing without the script
    assert [b.text for b in test.select("button")] == [
        "▶ hear A", "▶ hear B", "A is the recording", "B is the recording", "next pair",
    ]  # fmt: skip
    assert test.output["aria-live"] == "polite"
    names = page.details.extract()
    assert not names.has_attr("open")
    assert [a["aria-label"] for a in names.select("audio")] == ["made", "recorded"]
    words = page.select_one("md-blind")
    for said in (words.text, *(str(b.attrs) for b in words.select("*"))):
        assert "made" not in said.replace("one is made", "")
        assert "data:" not in said


def test_its_script_comes_with_it_once():
    page = soup(md.blind(tone(), tone(), RATE))
    scripts = [s.text for s in page.select("script[data-minidiff]")]
    assert sum('define("md-blind"' in s for s in scripts) == 1
    assert sum('define("md-clip"' in s for s in scripts) == 1
    assert len(page.select("style[data-minidiff]")) == 1


@pytest.mark.parametrize("many", [list, tuple, torch.stack])
def test_pairs_in_any_form(many):
    waves = [tone(300), tone(400)]
    for made, real in ((many(waves), waves), (waves, many(waves))):
        assert "2 pairs" in repr(md.blind(made, real, RATE))
    assert "1 pair " in repr(md.blind(tone()[None], tone().numpy(), RATE))


@pytest.mark.parametrize(("made", "real", "says"), [
    ([tone()], [tone(), tone()], "pairs, one or more of each, got 1 and 2"),
    ([], [], "got 0 and 0"),
    (tone(), tone() * torch.nan, "wave holds NaN"),
    (tone(), torch.zeros(0), "wave is empty"),
])  # fmt: skip
def test_bad_pairs_are_named(made, real, says):
    with pytest.raises(ValueError, match=says):
        md.blind(made, real, RATE)


def test_a_silent_sound_is_no_error():
    one, other = (s for s, _ in heard(md.blind(torch.zeros(RATE), tone(), RATE)))
    assert np.abs(one).max() < 1e-3
    assert decibels(other) == pytest.approx(-23, abs=0.5)


@pytest.mark.parametrize("rate", [0, -5, 16_001])
def test_a_rate_that_no_player_knows(rate):
    with pytest.raises(ValueError, match="sample_rate"):
        md.blind(torch.ones(800), torch.ones(800), rate)


@pytest.mark.parametrize("wave", ["a", None, [None]])
def test_what_is_no_wave(wave):
    with pytest.raises(ValueError, match="wave must be numbers"):
        md.blind(wave, torch.ones(800), 8000)
