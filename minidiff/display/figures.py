"""Figures of a chapter: matplotlib as SVG that follows the page, with its words."""

import base64
import html
import io
import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

import numpy as np
import torch
from matplotlib import rc_context
from matplotlib.colors import TABLEAU_COLORS, to_hex
from PIL import Image

from ..sound.mel import MelSpec
from .shown import Shown, webp

MAP = "magma"  # perceptually uniform, and as clear to the colour-blind
# All at least 3:1 against white and against a dark page; the first are Okabe & Ito's.
COLOURS = "#0072b2", "#d55e00", "#009e73", "#c0679a", "#8f7a1f", "#7f7f7f"
# In place of matplotlib's own, of which some are faint on white; one grey is ours too.
OURS = dict(zip(TABLEAU_COLORS.values(), 2 * COLOURS, strict=False))
OURS["#7f7f7f"] = "#7f7f7f"
DASHES = "-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3))
STYLE = {
    "font.size": 8.5,
    "axes.titlesize": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
# In place of matplotlib's first style: black follows the page, light or dark.
THEME = (
    '<style type="text/css">svg{color:#22262b;fill:currentColor}'
    "@media(prefers-color-scheme:dark){svg{color:#dcdfe3}}"
)


def figure(fig, alt: str) -> Shown:
    """A matplotlib figure as SVG that follows the page's light or dark theme.

    Black turns light on a dark page, matplotlib's own colours become ours, backgrounds
    are left out, and what has many thousand points is stored as pixels. alt: the figure
    in words; ValueError if empty. Closes the figure.
    """
    from matplotlib import pyplot

    if not str(alt or "").strip():
        raise ValueError("alt is empty: say in words what the figure shows")
    for axes in fig.axes:
        lighten(axes)
    for legend in fig.legends:
        legend.get_frame().set_visible(False)
    file = io.BytesIO()
    with rc_context({"svg.hashsalt": "minidiff"}):
        fig.savefig(
            file, format="svg", bbox_inches="tight", transparent=True, dpi=144,
            metadata={"Date": None, "Creator": None},
        )  # fmt: skip
    pyplot.close(fig)
    svg = file.getvalue().decode()
    svg = re.sub(r"^.*?(?=<svg)|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = svg.replace("#000000", "currentColor")
    svg = re.sub("|".join(OURS), lambda theirs: OURS[theirs[0]], svg)
    svg = svg.replace('<style type="text/css">', THEME, 1)
    svg = re.sub(r"data:image/png;base64,([^\"]+)", smaller, re.sub(r"\s+", " ", svg))
    svg = re.sub(r' (?:d|x|y)="[^"]+"', coarser, svg)
    # wider than drawn where there is room, so that a phone shows letters large enough
    width = 1.6 * float(re.search(r'width="([\d.]+)pt"', svg)[1])
    style = f"width:{width:.0f}px;max-width:100%;height:auto;background:transparent"
    source = "data:image/svg+xml," + quote(svg, safe=" !$()*,-./:;=?@[]^_{|}~")
    text = html.escape(alt)
    return Shown(
        f"<figure: {alt}>", f'<img style="{style}" alt="{text}" src="{source}">'
    )


def coarser(match) -> str:
    """Numbers of an SVG to a tenth of a point, which no screen tells from more."""
    number = re.compile(r"\d+\.\d+")
    return number.sub(lambda n: f"{float(n[0]):.1f}".removesuffix(".0"), match[0])


def lighten(axes) -> None:
    """Pixels for what would be thousands of numbers; no white box under a legend."""
    if legend := axes.get_legend():
        legend.get_frame().set_visible(False)
    for line in axes.lines:
        if len(line.get_xdata()) > 4000:
            line.set_rasterized(True)
            if to_hex(line.get_color()) == "#000000":
                line.set_color(COLOURS[-1])
    for many in axes.collections:
        size = max(len(many.get_offsets()), np.size(many.get_array()))
        if size > 200 or sum(len(path) for path in many.get_paths()) > 4000:
            many.set_rasterized(True)


def smaller(match) -> str:
    """A PNG inside an SVG as WebP; where it has see-through parts, in few shades."""
    image = Image.open(io.BytesIO(base64.b64decode(match[1])))
    sharp = image.getchannel("A").getextrema()[0] < 255
    if sharp:  # points: fewer shades of their soft edges are half the bytes
        image = image.point(lambda shade: min(255, (shade + 16) // 32 * 32))
    return min(match[0], webp(image, sharp), key=len)


def grid(n: int, width: float, height: float, **shared):
    """A figure of 5.2 inches with n axes, at most four of them in a row."""
    from matplotlib.figure import Figure

    rows = -(-n // 4)
    columns = -(-n // rows)
    fig = Figure((min(width * columns, 5.2), height * rows), layout="constrained")
    axes = list(fig.subplots(rows, columns, squeeze=False, **shared).flat)
    for unused in axes[n:]:
        unused.remove()
    return fig, axes[:n]


def plot_mels(mels, titles: Sequence[str], spec: MelSpec | None = None, *, alt: str):
    """Spectrograms, (n_mels, frames) each, on one colour scale.

    With `spec` they are in dB and the axes in seconds and Hz.
    """
    mels = [np.squeeze(array(mel)) for mel in mels]
    if spec:
        mels = [mel * spec.std + spec.mean for mel in mels]
    look = dict(vmin=min(map(np.min, mels)), vmax=max(map(np.max, mels)), cmap=MAP)
    look |= dict(origin="lower", aspect="auto", interpolation="none")
    with rc_context(STYLE):
        fig, axes = grid(len(mels), 2.6, 1.9)
        for ax, mel, title in zip(axes, mels, titles, strict=True):
            image = ax.imshow(mel, **look)
            ax.set_title(title)
            if spec:
                scale(ax, mel.shape[1], spec)
            ax.label_outer()
        fig.colorbar(image, ax=axes, label="dB" if spec else None)
        return figure(fig, alt)


def scale(ax, frames: int, spec: MelSpec) -> None:
    """Seconds and Hz in place of frames and mel bands."""
    centres = band_centres(spec)
    wanted = [250 * 2**k for k in range(8) if 250 * 2**k < centres[-1]]
    ax.set_yticks(np.interp(wanted, centres, range(len(centres))), wanted)
    rate = spec.sample_rate / spec.hop_length
    step = next(
        s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 60, 600) if frames / rate <= 4 * s
    )
    seconds = np.arange(0, frames / rate, step)
    ax.set_xticks(seconds * rate - 0.5, [f"{s:g}" for s in seconds])
    ax.set(xlabel="time (s)", ylabel="frequency (Hz)")


def band_centres(spec: MelSpec) -> np.ndarray:
    """Where the mel bands lie, in Hz."""
    bank = spec.filters(torch.ones(1))
    bins = torch.linspace(0, spec.sample_rate / 2, bank.shape[1])
    return (bank @ bins / bank.sum(1).clamp(min=1e-9)).numpy()


def plot_points(clouds, titles: Sequence[str], *, alt: str):
    """Scatter plots on equal axes; each cloud is xy (n, 2) or a pair (xy, labels)."""
    clouds = [cloud if isinstance(cloud, tuple) else (cloud, None) for cloud in clouds]
    with rc_context(STYLE):
        fig, axes = grid(len(clouds), 2.6, 2.3, sharex=True, sharey=True)
        for ax, (xy, labels), title in zip(axes, clouds, titles, strict=True):
            kinds = np.zeros(len(xy), int) if labels is None else array(labels)
            colour = np.array(COLOURS)[kinds.astype(int) % len(COLOURS)]
            ax.scatter(*array(xy).T, s=5, c=colour, alpha=0.8, linewidths=0)
            ax.set(title=title, aspect="equal")
        fig.set_layout_engine("compressed")
        return figure(fig, alt)


def plot_pictures(batch, *, alt: str, columns: int = 10, rows: Sequence[str] = ()):
    """Pictures (n, 1, h, w) in a grid, all on one grey scale. rows: names beside it.

    Raises ValueError for another number of names than of rows.
    """
    batch = array(batch)
    n, _, h, w = batch.shape
    columns, gap = min(columns, n), max(1, h // 8)
    high = -(-n // columns)
    if rows and len(rows) != high:
        raise ValueError(f"{len(rows)} names for {high} rows of pictures")
    sheet = np.full((high * (h + gap), columns * (w + gap)), np.nan)  # NaN: not drawn
    with rc_context(STYLE):
        fig, (ax,) = grid(1, 0.55 * columns, 0.55 * high * (h + gap) / (w + gap))
        for i, picture in enumerate(batch[:, 0]):
            y, x = i // columns * (h + gap) + gap, i % columns * (w + gap)
            sheet[y : y + h, x : x + w] = picture
        for i, name in enumerate(rows):
            ax.text(-1, i * (h + gap) + gap + h / 2, name, ha="right", va="center")
        ax.imshow(sheet, cmap="gray", interpolation="none")
        ax.set_axis_off()
        return figure(fig, alt)


def plot_curves(
    curves: Mapping, xlabel: str, ylabel: str, *, alt: str,
    logx: bool = False, logy: bool = False,
) -> Shown:  # fmt: skip
    """Lines, {"name": (x, y)}, told apart by colour and by dashes."""
    with rc_context(STYLE):
        fig, (ax,) = grid(1, 5.2, 2.8)
        for i, (name, (x, y)) in enumerate(curves.items()):
            look = dict(color=COLOURS[i % 6], linestyle=DASHES[i % 6], label=name)
            ax.plot(array(x), array(y), **look)
        ax.set(xlabel=xlabel, ylabel=ylabel)
        ax.set_xscale("log" if logx else "linear")
        ax.set_yscale("log" if logy else "linear")
        ax.grid(color="#808080", alpha=0.25, linewidth=0.6)
        if len(curves) > 1:
            ax.legend()
        return figure(fig, alt)


def array(x) -> np.ndarray:
    """Numbers for matplotlib, from a tensor on any device or anything like an array."""
    return np.asarray(x.detach().cpu() if isinstance(x, torch.Tensor) else x)
