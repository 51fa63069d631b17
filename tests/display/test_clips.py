"""Sounds that decode, pictures that are true, words for both."""

import re

import numpy as np
import pytest
import soundfile
import torch
from parts import RATE, decibels, decoded, heard, soup, tone
from PIL import Image

from minidiff.display import clips


@pytest.mark.parametrize("rate", clips.MP3_RATES)
def test_a_player_holds_the_sound(rate):
    wave = tone(440, 0.5, rate=rate)
    [(samples, its_rate)] = heard(clips.player(wave, rate, "a"))
    assert its_rate == rate
    assert len(samples) == len(wave)
    assert np.corrcoef(samples, wave)[0, 1] > 0.99  # same onset, same phase


@pytest.mark.parametrize("wave", [
    tone(), tone()[None], tone().numpy(), tone().double(), tone().numpy()[::-1],
    tone().half(), tone().requires_grad_(), tone().tolist(),
])  # fmt: skip
def test_mono_in_any_form(wave):
    [(samples, _)] = heard(clips.player(wave, RATE, "a"))
    assert decibels(samples) == pytest.approx(-23, abs=0.5)


def test_loudness_is_equal_whatever_the_level_and_the_pauses():
    pairs = [
        tone(amplitude=0.5),
        tone(amplitude=0.001),
        torch.cat([tone(seconds=0.5), torch.zeros(RATE)]),
        torch.randn(RATE, generator=torch.Generator().manual_seed(0)) * 3,
    ]
    shown = clips.players([(clip, "a") for clip in pairs], RATE)
    for samples, _ in heard(shown):
        sounding = samples[: RATE // 2]
        assert decibels(sounding) == pytest.approx(-23, abs=0.5)


def test_loudness_gives_way_before_a_peak_clips_and_can_be_left_alone():
    click = torch.zeros(RATE)
    click[100] = 0.1
    level = clips.level(click, RATE, -23.0)
    assert level.max() == pytest.approx(0.99)
    expected = decibels(tone(amplitude=0.02).numpy())
    [(samples, _)] = heard(clips.player(tone(amplitude=0.02), RATE, "a", loudness=None))
    assert decibels(samples) == pytest.approx(expected, abs=0.5)
    assert not clips.level(torch.zeros(10), RATE, -23.0).any()


@pytest.mark.parametrize(("wave", "rate", "error", "message"), [
    (torch.tensor([0.1, torch.nan]), RATE, ValueError, "wave holds NaN"),
    (torch.zeros(0), RATE, ValueError, "wave is empty"),
    (torch.zeros(2, 100), RATE, ValueError, r"got \(2, 100\): average the channels"),
    (torch.zeros(100, 1), RATE, ValueError, r"mono; got \(100, 1\)"),
    (torch.zeros(100, dtype=torch.int16), RATE, TypeError, "floating-point"),
    (np.zeros(100, np.int16), RATE, TypeError, "floating-point"),
    (torch.zeros(100), 8001, ValueError, "sample_rate: 8001 is unknown"),
])  # fmt: skip
def test_bad_audio_is_named(wave, rate, error, message):
    with pytest.raises(error, match=message):
        clips.player(wave, rate, "a")
    with pytest.raises(error, match=message):
        clips.players([(wave, "a")], rate)


def test_clipping_is_an_error_when_the_level_is_kept():
    with pytest.raises(ValueError, match=r"reaches 1\.50, .* clipped"):
        clips.player(tone(amplitude=1.5), RATE, "a", loudness=None)


def test_a_loudness_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"loudness must be.*nan"):
        clips.player(tone(), RATE, "a", loudness=float("nan"))


def test_a_player_has_a_name_a_picture_and_words():
    shown = clips.player(tone(), RATE, 'a "<b>"', listen="<i>hum</i> & hiss")
    page = soup(shown)
    assert repr(shown) == '<player: a "<b>", 1.00 s>'
    assert page.figcaption.text == page.audio["aria-label"] == 'a "<b>"'
    assert page.audio.has_attr("controls")
    assert page.audio["preload"] == "none"
    assert page.audio["src"].startswith("data:audio/mpeg;base64,")
    assert 'a "<b>"' in page.img["alt"]
    assert "Listen for: <i>hum</i> & hiss" in page.text
    assert not page.select("b, i, [id]")
    assert (
        shown.html
        == clips.player(tone(), RATE, 'a "<b>"', listen="<i>hum</i> & hiss").html
    )  # the same every time
    assert (
        soup(clips.player(tone(), RATE, "a", alt="my words")).img["alt"] == "my words"
    )
    assert soup(clips.player(tone(), RATE, "a", picture=False)).img is None
    pair = [(tone(), "a"), (tone(), "b")]
    row = soup(clips.players(pair, RATE, picture=False))
    assert row.img is None
    assert len(row.find_all("audio")) == 2


def test_players_stand_in_a_row_and_store_each_clip_once():
    pairs = [(tone(f), f"{f} Hz") for f in (200, 400, 800)]
    shown = clips.players(pairs, RATE, alt="Octaves.", listen="the steps")
    page = soup(shown)
    assert repr(shown) == "<players: 200 Hz, 1.00 s; 400 Hz, 1.00 s; 800 Hz, 1.00 s>"
    assert [tag["aria-label"] for tag in page.select("audio")] == [t for _, t in pairs]
    assert page.select_one('[role="group"]')["aria-label"] == "Octaves."
    assert len({tag["alt"] for tag in page.select("img")}) == 3
    sources = [tag["src"] for tag in page.select("audio, img")]
    assert all(shown.html.count(source) == 1 for source in sources)
    several = clips.players(pairs, RATE, alt=["a", "b", "c"])
    assert [tag["alt"] for tag in soup(several).select("img")] == ["a", "b", "c"]
    for clips_, alt in ((pairs, ["a"]), ([], None)):
        with pytest.raises(ValueError, match="one or more pairs"):
            clips.players(clips_, RATE, alt)


def test_players_are_light():
    noise = torch.randn(RATE, generator=torch.Generator().manual_seed(0))
    assert len(clips.player(noise, RATE, "noise").html) < 12_000
    assert len(clips.player(tone(), RATE, "tone").html) < 8_000


def test_words_are_taken_from_the_signal():
    wave = torch.zeros(RATE)
    wave[8000:9600] = tone(seconds=0.1)
    words = clips.describe(wave, RATE, "a burst")
    assert words.startswith("Mel spectrogram of a burst, 1.00 s: loudest at 0.5")
    assert "made at -33 dB rms" in words  # 0.1 for a tenth of the time: -20 - 3 - 10
    low, high = re.search(r"energy between (\d+) Hz and ([\d.]+) kHz", words).groups()
    assert 950 < int(low) < 1000
    assert high == "1"
    assert "silence" in clips.describe(torch.zeros(100), RATE, "a")


def test_a_players_picture_shows_time_to_the_right_and_pitch_upwards():
    wave = torch.cat([tone(300, 0.5), tone(3000, 0.5)])
    page = soup(clips.player(wave, RATE, "a"))
    light = np.asarray(Image.open(decoded(page.img["src"])).convert("L")).astype(float)
    half, height = light.shape[1] // 2, light.shape[0]
    low, high = (part.mean(1).argmax() / height for part in np.hsplit(light, [half]))
    assert low > 0.8  # rows count from the top
    assert high < 0.45
    silent = soup(clips.player(torch.zeros(RATE), RATE, "a")).img
    assert np.asarray(Image.open(decoded(silent["src"]))).max() < 8


def heights(page):
    """Where the ticks beside a picture stand, {"1 kHz": share of its height}."""
    ticks = page.select(".md-hertz span")
    return {tick.text: float(tick["style"][7:-1]) / 100 for tick in ticks}


@pytest.mark.parametrize(("rate", "known"), [
    (8000, ["500 Hz", "1 kHz", "2 kHz"]),  # 4 kHz is the very top
    (16_000, ["500 Hz", "1 kHz", "2 kHz", "4 kHz"]),
    (44_100, ["500 Hz", "1 kHz", "2 kHz", "4 kHz"]),
])  # fmt: skip
def test_a_tone_lies_at_its_tick(rate, known):
    for f, name in zip(clips.TICKS, known, strict=False):
        page = soup(clips.player(tone(f, rate=rate), rate, "a"))
        assert list(heights(page)) == known
        light = np.asarray(Image.open(decoded(page.img["src"])).convert("L"))
        row = light.mean(1).argmax() + 0.5
        assert 1 - row / len(light) == pytest.approx(heights(page)[name], abs=0.03)
    assert "mel spectrogram" in page.text
    quiet = soup(clips.player(tone(f, rate=rate), rate, "a", picture=False))
    assert not quiet.select(".md-hertz")
    assert "mel" not in quiet.text


@pytest.mark.parametrize("rows", [1, 3])
def test_a_tone_of_a_gallery_lies_at_the_ticks_of_the_first_row(rows):
    tones = [(tone(f), f"{f}") for f in (1000, 4000)]
    page = soup(clips.gallery(tones * rows, RATE, alt="Tones.", columns=2))
    sheet = np.asarray(Image.open(decoded(page.img["src"])).convert("L"))
    for k, name in enumerate(("1 kHz", "4 kHz")):
        row = sheet[2:52, 72 * k + 4 : 72 * k + 68].mean(1).argmax() + 2.5
        height = heights(page)[name]
        assert 1 - row / len(sheet) == pytest.approx(height, abs=0.03 / rows)
    assert "Mel spectrograms" in page.text


@pytest.mark.parametrize("samples", [1, 10, 1000, 60 * RATE])
def test_clips_of_any_length(samples):
    page = soup(clips.player(torch.full((samples,), 0.1), RATE, "a"))
    assert Image.open(decoded(page.img["src"])).width <= 480


def test_exact_samples_survive():
    wave = tone(amplitude=0.5) + 0.1 * torch.randn(RATE).clamp(-3, 3)
    shown = clips.player(wave, RATE, "a", loudness=None, exact=True)
    assert "data:audio/flac;base64," in shown.html
    [(samples, _)] = heard(shown)
    assert np.abs(samples - wave.numpy()).max() < 2**-15


def test_a_gallery_is_one_picture_and_a_sound_for_every_cell():
    notes = [(tone(f), f"{f} Hz") for f in (300, 600, 1200, 2400, 4800)]
    shown = clips.gallery(notes, RATE, alt="Five tones, rising.", columns=3)
    page = soup(shown)
    assert repr(shown) == "<gallery: 5 sounds of up to 1.00 s>"
    assert len(page.select("img")) == 1
    assert page.img["alt"] == "Five tones, rising."
    cells = page.select("button")
    assert [cell["aria-label"] for cell in cells] == [name for _, name in notes]
    for cell, (wave, _) in zip(cells, notes, strict=True):
        samples, rate = soundfile.read(decoded(cell["data-src"]), dtype="float32")
        assert rate == RATE
        assert np.corrcoef(samples, wave)[0, 1] > 0.99
    sheet = np.asarray(Image.open(decoded(page.img["src"])).convert("L")).astype(float)
    assert sheet.shape == (2 * 54, 3 * 72)
    heights = [
        sheet[i // 3 * 54 : i // 3 * 54 + 54, i % 3 * 72 + 2 : i % 3 * 72 + 70]
        .mean(1)[2:-2].argmax()
        for i in range(5)
    ]  # fmt: skip
    assert heights == sorted(heights, reverse=True)  # higher tones stand higher
    for notes_, alt in (([], "words"), (notes, " ")):
        with pytest.raises(ValueError, match="words in alt"):
            clips.gallery(notes_, RATE, alt=alt)


def test_a_blind_test_holds_two_sounds_and_names_neither_as_x():
    shown = clips.abx((tone(300), "low"), (tone(600), "high"), RATE, listen="pitch")
    page = soup(shown)
    assert [tag["aria-label"] for tag in page.select("audio")] == ["A: low", "B: high"]
    assert len(heard(shown)) == 2
    assert page.select_one("button[data-x]")
    assert [b["data-answer"] for b in page.select("button[data-answer]")] == ["0", "1"]
    assert page.select_one(".md-controls").has_attr("hidden")
    assert "Listen for: pitch" in page.text
    with pytest.raises(ValueError, match="NaN"):
        clips.abx((tone(), "a"), (tone() * torch.nan, "b"), RATE)
