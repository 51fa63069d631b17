"""What a chapter shows: sounds that decode, pictures that are true, words for both."""

import base64
import inspect
import io
import math
import re
import xml.etree.ElementTree as ET
from urllib.parse import unquote

import numpy as np
import pytest
import soundfile
import torch
from bs4 import BeautifulSoup
from IPython.core.formatters import DisplayFormatter
from matplotlib import pyplot as plt
from PIL import Image

from minidiff import display
from minidiff.audio import MelSpec

RATE = 16_000


def tone(f=1000.0, seconds=1.0, amplitude=0.1, rate=RATE):
    t = torch.arange(round(seconds * rate)) / rate
    return amplitude * torch.sin(2 * math.pi * f * t)


def soup(shown):
    return BeautifulSoup(shown._repr_html_(), "html.parser")


def decoded(uri):
    return io.BytesIO(base64.b64decode(uri.split(",")[1]))


def heard(shown):
    """The samples of each player, as a browser would decode them."""
    sounds = [decoded(tag["src"]) for tag in soup(shown).select("audio")]
    return [soundfile.read(sound, dtype="float32") for sound in sounds]


def decibels(x):
    return 10 * np.log10(np.mean(np.square(x)))


def drawing(shown):
    """A figure's SVG, decoded, and as XML."""
    text = unquote(soup(shown).img["src"].removeprefix("data:image/svg+xml,"))
    return text, ET.fromstring(text)


def pixels(shown):
    """The pictures inside a figure."""
    sources = [
        tag.get("{http://www.w3.org/1999/xlink}href")
        for tag in drawing(shown)[1].iter("{http://www.w3.org/2000/svg}image")
    ]
    return [np.asarray(Image.open(decoded(source))) for source in sources]


# Sounds


@pytest.mark.parametrize("rate", display.MP3_RATES)
def test_a_player_holds_the_sound(rate):
    wave = tone(440, 0.5, rate=rate)
    [(samples, its_rate)] = heard(display.player(wave, rate, "a"))
    assert its_rate == rate
    assert len(samples) == len(wave)
    assert np.corrcoef(samples, wave)[0, 1] > 0.99  # same onset, same phase


@pytest.mark.parametrize("wave", [
    tone(), tone()[None], tone().numpy(), tone().double(), tone().numpy()[::-1],
    tone().half(), tone().requires_grad_(), tone().tolist(),
])  # fmt: skip
def test_mono_in_any_form(wave):
    [(samples, _)] = heard(display.player(wave, RATE, "a"))
    assert decibels(samples) == pytest.approx(-23, abs=0.5)


def test_loudness_is_equal_whatever_the_level_and_the_pauses():
    clips = [
        tone(amplitude=0.5),
        tone(amplitude=0.001),
        torch.cat([tone(seconds=0.5), torch.zeros(RATE)]),
        torch.randn(RATE, generator=torch.Generator().manual_seed(0)) * 3,
    ]
    shown = display.players([(clip, "a") for clip in clips], RATE)
    for samples, _ in heard(shown):
        sounding = samples[: RATE // 2]
        assert decibels(sounding) == pytest.approx(-23, abs=0.5)


def test_loudness_gives_way_before_a_peak_clips_and_can_be_left_alone():
    click = torch.zeros(RATE)
    click[100] = 0.1
    level = display.level(click, RATE, -23.0)
    assert level.max() == pytest.approx(0.99)
    expected = decibels(tone(amplitude=0.02).numpy())
    [(samples, _)] = heard(
        display.player(tone(amplitude=0.02), RATE, "a", loudness=None)
    )
    assert decibels(samples) == pytest.approx(expected, abs=0.5)
    assert not display.level(torch.zeros(10), RATE, -23.0).any()


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
        display.player(wave, rate, "a")
    with pytest.raises(error, match=message):
        display.players([(wave, "a")], rate)


def test_clipping_is_an_error_when_the_level_is_kept():
    with pytest.raises(ValueError, match=r"reaches 1\.50, .* clipped"):
        display.player(tone(amplitude=1.5), RATE, "a", loudness=None)


def test_a_player_has_a_name_a_picture_and_words():
    shown = display.player(tone(), RATE, 'a "<b>"', listen="<i>hum</i> & hiss")
    page = soup(shown)
    assert repr(shown) == '<player: a "<b>", 1.00 s>'
    assert page.figcaption.text == page.audio["aria-label"] == 'a "<b>"'
    assert page.audio.has_attr("controls")
    assert page.audio["preload"] == "none"
    assert page.audio["src"].startswith("data:audio/mpeg;base64,")
    assert 'a "<b>"' in page.img["alt"]
    assert "Listen for: <i>hum</i> & hiss" in page.text
    assert not page.select("script, b, i, [id], [class]")
    assert (
        shown.html
        == display.player(tone(), RATE, 'a "<b>"', listen="<i>hum</i> & hiss").html
    )  # the same every time
    assert (
        soup(display.player(tone(), RATE, "a", alt="my words")).img["alt"] == "my words"
    )
    assert soup(display.player(tone(), RATE, "a", picture=False)).img is None


def test_players_stand_in_a_row_and_store_each_clip_once():
    clips = [(tone(f), f"{f} Hz") for f in (200, 400, 800)]
    shown = display.players(clips, RATE, alt="Octaves.", listen="the steps")
    page = soup(shown)
    assert repr(shown) == "<players: 200 Hz, 1.00 s; 400 Hz, 1.00 s; 800 Hz, 1.00 s>"
    assert [tag["aria-label"] for tag in page.select("audio")] == [t for _, t in clips]
    assert page.select_one('[role="group"]')["aria-label"] == "Octaves."
    assert len({tag["alt"] for tag in page.select("img")}) == 3
    sources = [tag["src"] for tag in page.select("audio, img")]
    assert all(shown.html.count(source) == 1 for source in sources)
    several = display.players(clips, RATE, alt=["a", "b", "c"])
    assert [tag["alt"] for tag in soup(several).select("img")] == ["a", "b", "c"]
    for clips_, alt in ((clips, ["a"]), ([], None)):
        with pytest.raises(ValueError, match="one or more pairs"):
            display.players(clips_, RATE, alt)


def test_players_are_light():
    noise = torch.randn(RATE, generator=torch.Generator().manual_seed(0))
    assert len(display.player(noise, RATE, "noise").html) < 12_000
    assert len(display.player(tone(), RATE, "tone").html) < 8_000


def test_words_are_taken_from_the_signal():
    wave = torch.zeros(RATE)
    wave[8000:9600] = tone(seconds=0.1)
    words = display.describe(wave, RATE, "a burst")
    assert words.startswith("Spectrogram of a burst, 1.00 s: loudest at 0.5")
    assert "made at -33 dB rms" in words  # 0.1 for a tenth of the time: -20 - 3 - 10
    low, high = re.search(r"energy between (\d+) Hz and ([\d.]+) kHz", words).groups()
    assert 950 < int(low) < 1000
    assert high == "1"
    assert "silence" in display.describe(torch.zeros(100), RATE, "a")


def test_a_players_picture_shows_time_to_the_right_and_pitch_upwards():
    wave = torch.cat([tone(300, 0.5), tone(3000, 0.5)])
    page = soup(display.player(wave, RATE, "a"))
    light = np.asarray(Image.open(decoded(page.img["src"])).convert("L")).astype(float)
    half, height = light.shape[1] // 2, light.shape[0]
    low, high = (part.mean(1).argmax() / height for part in np.hsplit(light, [half]))
    assert low > 0.8  # rows count from the top
    assert high < 0.45
    silent = soup(display.player(torch.zeros(RATE), RATE, "a")).img
    assert np.asarray(Image.open(decoded(silent["src"]))).max() < 8


@pytest.mark.parametrize("samples", [1, 10, 1000, 60 * RATE])
def test_clips_of_any_length(samples):
    page = soup(display.player(torch.full((samples,), 0.1), RATE, "a"))
    assert Image.open(decoded(page.img["src"])).width <= 480


# Figures


def some_figure():
    fig, ax = plt.subplots()
    ax.plot([0, 1], [0, 1], color="black", label="line")
    ax.set_title("Title")
    ax.legend()
    return fig


def test_a_figure_follows_the_theme_and_repeats():
    fig = some_figure()
    shown = display.figure(fig, 'A "line" & more')
    assert not plt.fignum_exists(fig.number)
    assert repr(shown) == '<figure: A "line" & more>'
    assert soup(shown).img["alt"] == 'A "line" & more'
    assert shown.html == display.figure(some_figure(), 'A "line" & more').html
    text, _ = drawing(shown)
    assert "prefers-color-scheme:dark" in text
    assert "currentColor" in text
    assert not any(colour in text for colour in ("#000000", "#ffffff", "<metadata>"))


@pytest.mark.parametrize("alt", ["", "  ", None])
def test_a_figure_needs_words(alt, unhooked):
    with pytest.raises(ValueError, match="alt is empty"):
        display.figure(plt.figure(), alt)
    plt.close("all")


def test_big_parts_become_pixels():
    rng = np.random.default_rng(0)
    fig, (left, middle, right) = plt.subplots(1, 3, figsize=(9, 3))
    left.plot(rng.standard_normal(16_000), "k")
    middle.pcolormesh(rng.random((100, 100)))
    right.scatter(*rng.random((2, 5000)))
    shown = display.figure(fig, "big")
    assert len(shown.html) < 150_000  # 2 MB as vectors
    assert len(pixels(shown)) == 3
    darkest = pixels(shown)[0][..., :3][pixels(shown)[0][..., 3] > 250].mean()
    assert darkest > 100  # black pixels could not turn light on a dark page


def test_mels_share_one_scale_in_hertz_and_seconds():
    spec = MelSpec()
    mels = spec.encode(torch.stack([tone(), tone(amplitude=0.01)]))
    shown = display.plot_mels(mels, ["loud", "soft"], spec, alt="two tones")
    text, _ = drawing(shown)
    for words in ("loud", "soft", "1000", "4000", "time (s)", "frequency (Hz)", "dB"):
        assert f"<!-- {words} -->" in text
    loud, soft, *_ = (image[..., :3].astype(int).sum(2) for image in pixels(shown))
    assert loud.shape == soft.shape == mels.shape[2:]
    assert loud.max() > soft.max() + 50
    plain, _ = drawing(display.plot_mels([mels[0, 0]], ["one"], alt="one"))
    assert "frequency (Hz)" not in plain


def test_the_hertz_on_the_axis_are_true():
    spec = MelSpec()
    fig, ax = plt.subplots()
    display.scale(ax, 64, spec)
    for place, label in zip(ax.get_yticks(), ax.get_yticklabels(), strict=True):
        bands = spec.encode(tone(float(label.get_text()))[None])[0, 0].mean(1)
        assert abs(bands.argmax().item() - place) <= 1
    words = [label.get_text() for label in ax.get_xticklabels()]
    half = ax.get_xticks()[words.index("0.5")]
    assert half == pytest.approx(0.5 * RATE / spec.hop_length - 0.5)
    plt.close(fig)


def test_points_keep_their_place_and_share_their_axes(monkeypatch):
    seen = []
    monkeypatch.setattr(display, "figure", lambda fig, alt: seen.append(fig))
    xy = torch.tensor([[0.0, 1.0], [2.0, 3.0]])
    display.plot_points([xy, (xy * 5, torch.tensor([0, 1]))], ["a", "b"], alt="points")
    left, right = seen[0].axes
    assert left.get_xlim() == right.get_xlim()
    assert left.get_aspect() == 1
    assert np.array_equal(left.collections[0].get_offsets(), xy)
    assert len(np.unique(right.collections[0].get_facecolors(), axis=0)) == 2
    with pytest.raises(ValueError, match="zip"):
        display.plot_points([xy], ["a", "b"], alt="points")


def test_pictures_fill_a_grid_on_one_scale():
    batch = torch.full((5, 1, 8, 8), -1.0)
    batch[3] = 1.0
    [sheet] = pixels(display.plot_pictures(batch, alt="five", columns=3))
    assert sheet.shape[:2] == (2 * 9, 3 * 9)
    assert sheet[10:17, 1:7, :3].min() == 255  # the fourth: second row, first column
    assert sheet[1:8, 1:7, :3].max() == 0
    assert sheet[10:17, 19:, 3].max() == 0  # no sixth
    titled, _ = drawing(display.plot_pictures(batch, alt="five", titles=list("abcde")))
    assert "<!-- e -->" in titled


def test_curves_differ_by_colour_and_by_dashes(monkeypatch, unhooked):
    seen = []
    monkeypatch.setattr(display, "figure", lambda fig, alt: seen.append(fig))
    x = np.linspace(0.1, 1, 10)
    curves = {f"power {k}": (x, torch.tensor(x) ** k) for k in range(6)}
    display.plot_curves(curves, "x", "y", alt="powers", logy=True)
    ax = seen[0].axes[0]
    assert len({line.get_color() for line in ax.lines}) == 6
    assert len({str(line._unscaled_dash_pattern) for line in ax.lines}) == 6
    assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "log")
    assert [t.get_text() for t in ax.get_legend().get_texts()] == list(curves)
    assert np.array_equal(ax.lines[2].get_ydata(), x**2)


def luminance(colour):
    rgb = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("colour", display.COLOURS)
def test_colours_stand_out_on_white_and_on_dark(colour):
    """WCAG 2.2, 1.4.11: graphics need a contrast of 3:1."""
    own = luminance(colour)
    assert 1.05 / (own + 0.05) >= 3
    assert (own + 0.05) / (luminance("#14181e") + 0.05) >= 3


# Words


def test_a_sentence_is_markdown_and_text():
    said = display.say("The error is **0.12**.")
    data, _ = DisplayFormatter().format(said)
    assert data["text/markdown"] == data["text/plain"] == "The error is **0.12**."
    assert "text/html" not in data


def test_players_and_figures_are_html_and_text():
    for shown in (
        display.player(tone(), RATE, "a"),
        display.figure(some_figure(), "a"),
    ):
        data, _ = DisplayFormatter().format(shown)
        assert set(data) == {"text/plain", "text/html"}


def test_source_is_the_package_s_own():
    shown = display.source(display.hertz, display.Shown.__repr__)
    assert inspect.getsource(display.hertz).strip() in repr(shown)
    assert "\n\ndef __repr__(self):" in repr(shown)
    assert shown._repr_markdown_() == f"```python\n{shown!r}\n```"
