"""Figures that follow the page, with true axes and colours that can be told apart."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.colors import TABLEAU_COLORS
from parts import RATE, drawing, pixels, some_figure, soup, tone

from minidiff.display import figures
from minidiff.sound.mel import MelSpec


def test_a_figure_follows_the_theme_and_repeats():
    fig = some_figure()
    shown = figures.figure(fig, 'A "line" & more')
    assert not plt.fignum_exists(fig.number)
    assert repr(shown) == '<figure: A "line" & more>'
    assert soup(shown).img["alt"] == 'A "line" & more'
    assert shown.html == figures.figure(some_figure(), 'A "line" & more').html
    text, _ = drawing(shown)
    assert "prefers-color-scheme:dark" in text
    assert "currentColor" in text
    assert not any(colour in text for colour in ("#000000", "#ffffff", "<metadata>"))


def test_matplotlibs_colours_become_ours():
    fig, ax = plt.subplots()
    for k in range(10):
        ax.plot([0, 1], [0, k])
    text, _ = drawing(figures.figure(fig, "ten lines"))
    faint = set(TABLEAU_COLORS.values()) - set(figures.COLOURS)
    assert not any(colour in text for colour in faint)
    assert all(f"stroke: {colour}" in text for colour in figures.COLOURS)


@pytest.mark.parametrize("alt", ["", "  ", None])
def test_a_figure_needs_words(alt, unhooked):
    with pytest.raises(ValueError, match="alt is empty"):
        figures.figure(plt.figure(), alt)
    plt.close("all")


def test_big_parts_become_pixels():
    rng = np.random.default_rng(0)
    fig, (left, middle, right) = plt.subplots(1, 3, figsize=(9, 3))
    left.plot(rng.standard_normal(16_000), "k")
    middle.pcolormesh(rng.random((100, 100)))
    right.scatter(*rng.random((2, 5000)))
    shown = figures.figure(fig, "big")
    assert len(shown.html) < 150_000  # 2 MB as vectors
    assert len(pixels(shown)) == 3
    darkest = pixels(shown)[0][..., :3][pixels(shown)[0][..., 3] > 250].mean()
    assert darkest > 100  # black pixels could not turn light on a dark page


def test_mels_share_one_scale_in_hertz_and_seconds():
    spec = MelSpec()
    mels = spec.encode(torch.stack([tone(), tone(amplitude=0.01)]))
    shown = figures.plot_mels(mels, ["loud", "soft"], spec, alt="two tones")
    text, _ = drawing(shown)
    for words in ("loud", "soft", "1000", "4000", "time (s)", "frequency (Hz)", "dB"):
        assert f"<!-- {words} -->" in text
    loud, soft, *_ = (image[..., :3].astype(int).sum(2) for image in pixels(shown))
    assert loud.shape == soft.shape == mels.shape[2:]
    assert loud.max() > soft.max() + 50
    plain, _ = drawing(figures.plot_mels([mels[0, 0]], ["one"], alt="one"))
    assert "frequency (Hz)" not in plain


def test_the_hertz_on_the_axis_are_true():
    spec = MelSpec()
    fig, ax = plt.subplots()
    figures.scale(ax, 64, spec)
    for place, label in zip(ax.get_yticks(), ax.get_yticklabels(), strict=True):
        bands = spec.encode(tone(float(label.get_text()))[None])[0, 0].mean(1)
        assert abs(bands.argmax().item() - place) <= 1
    words = [label.get_text() for label in ax.get_xticklabels()]
    half = ax.get_xticks()[words.index("0.5")]
    assert half == pytest.approx(0.5 * RATE / spec.hop_length - 0.5)
    plt.close(fig)


def test_points_keep_their_place_and_share_their_axes(monkeypatch):
    seen = []
    monkeypatch.setattr(figures, "figure", lambda fig, alt: seen.append(fig))
    xy = torch.tensor([[0.0, 1.0], [2.0, 3.0]])
    figures.plot_points([xy, (xy * 5, torch.tensor([0, 1]))], ["a", "b"], alt="points")
    left, right = seen[0].axes
    assert left.get_xlim() == right.get_xlim()
    assert left.get_aspect() == 1
    assert np.array_equal(left.collections[0].get_offsets(), xy)
    assert len(np.unique(right.collections[0].get_facecolors(), axis=0)) == 2
    with pytest.raises(ValueError, match="zip"):
        figures.plot_points([xy], ["a", "b"], alt="points")


def test_pictures_fill_a_grid_on_one_scale():
    batch = torch.full((5, 1, 8, 8), -1.0)
    batch[3] = 1.0
    [sheet] = pixels(figures.plot_pictures(batch, alt="five", columns=3))
    assert sheet.shape[:2] == (2 * 9, 3 * 9)
    assert sheet[10:17, 1:7, :3].min() == 255  # the fourth: second row, first column
    assert sheet[1:8, 1:7, :3].max() == 0
    assert sheet[10:17, 19:, 3].max() == 0  # no sixth


def test_rows_of_pictures_have_names(monkeypatch, unhooked):
    seen = []
    monkeypatch.setattr(figures, "figure", lambda fig, alt: seen.append(fig))
    batch = torch.zeros(5, 1, 8, 8)
    figures.plot_pictures(batch, alt="five", columns=3, rows=("truth", "made"))
    upper, lower = seen[0].axes[0].texts
    assert (upper.get_text(), lower.get_text()) == ("truth", "made")
    assert lower.get_position()[1] - upper.get_position()[1] == 9  # a picture and a gap
    with pytest.raises(ValueError, match="1 names for 2 rows"):
        figures.plot_pictures(batch, alt="five", columns=3, rows=("truth",))


def test_curves_differ_by_colour_and_by_dashes(monkeypatch, unhooked):
    seen = []
    monkeypatch.setattr(figures, "figure", lambda fig, alt: seen.append(fig))
    x = np.linspace(0.1, 1, 10)
    curves = {f"power {k}": (x, torch.tensor(x) ** k) for k in range(6)}
    figures.plot_curves(curves, "x", "y", alt="powers", logy=True)
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


@pytest.mark.parametrize("colour", figures.COLOURS)
def test_colours_stand_out_on_white_and_on_dark(colour):
    """WCAG 2.2, 1.4.11: graphics need a contrast of 3:1."""
    own = luminance(colour)
    assert 1.05 / (own + 0.05) >= 3
    assert (own + 0.05) / (luminance("#14181e") + 0.05) >= 3
