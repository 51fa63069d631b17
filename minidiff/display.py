"""What a chapter shows: players, figures, and numbers inside a sentence.

Plain HTML with inline styles, the same in the static page, in Jupyter and in Colab.
"""

import base64
import html
import inspect
import io
import re
from collections.abc import Mapping, Sequence
from textwrap import dedent
from urllib.parse import quote

import numpy as np
import soundfile
import torch
from matplotlib import colormaps, rc_context
from matplotlib.colors import to_hex
from PIL import Image

from . import valid
from .audio import MelSpec, decibels

MP3_RATES = 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000
RANGE = 60  # dB between the darkest and the brightest colour under a player
MAP = "magma"  # perceptually uniform, and as clear to the colour-blind
# All at least 3:1 against white and against a dark page; the first are Okabe & Ito's.
COLOURS = "#0072b2", "#d55e00", "#009e73", "#c0679a", "#8f7a1f", "#7f7f7f"
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


class Shown:
    """Something to display: HTML or Markdown where that works, else a line of text."""

    def __init__(self, text: str, html: str | None = None, markdown: str | None = None):
        self.text, self.html, self.markdown = text, html, markdown

    def _repr_html_(self):
        return self.html

    def _repr_markdown_(self):
        return self.markdown

    def __repr__(self):
        return self.text


def say(text: str) -> Shown:
    """A sentence of Markdown that holds a cell's numbers; as text it is itself."""
    return Shown(text, markdown=text)


def source(*things) -> Shown:
    """The package's own code of some functions or classes, highlighted."""
    code = "\n\n".join(dedent(inspect.getsource(thing)).rstrip() for thing in things)
    return Shown(code, markdown=f"```python\n{code}\n```")


def player(
    wave, sample_rate: int, title: str, alt: str | None = None,
    listen: str | None = None, loudness: float | None = -23.0, picture: bool = True,
) -> Shown:  # fmt: skip
    """A player with its log-mel spectrogram under it.

    wave: (samples,) or (1, samples), tensor or array of floats. sample_rate: Hz, one
    that MP3 knows. alt: the picture in words; made from the signal if None. listen:
    ends the sentence "Listen for: ...". loudness: dB rms of what sounds, or None to
    keep the level. Raises TypeError or ValueError for stereo, empty, NaN or integer
    audio, and, with loudness=None, for samples beyond [-1, 1], which would clip.
    """
    body, name = clip(wave, sample_rate, title, alt, loudness, picture)
    return Shown(f"<player: {name}>", frame([body], listen))


def players(
    clips: Sequence, sample_rate: int, alt: str | Sequence[str] | None = None,
    listen: str | None = None, loudness: float | None = -23.0,
) -> Shown:  # fmt: skip
    """Several players side by side; clips: pairs (wave, title). See `player`.

    alt: one text for each clip, or one text for the row as a whole.
    """
    row = alt if isinstance(alt, str) else None
    alts = [None] * len(clips) if row or alt is None else list(alt)
    if not clips or len(alts) != len(clips):
        raise ValueError(
            "expected one or more pairs (wave, title) and as many alt texts, "
            f"got {len(clips)} and {len(alts)}"
        )
    made = [
        clip(wave, sample_rate, title, words, loudness, True)
        for (wave, title), words in zip(clips, alts, strict=True)
    ]
    bodies, names = zip(*made, strict=True)
    return Shown(f"<players: {'; '.join(names)}>", frame(bodies, listen, row))


def clip(wave, sample_rate, title, alt, loudness, picture) -> tuple[str, str]:
    """One title, player and picture as HTML, and "title, seconds"."""
    wave = mono(wave)
    valid.choice(sample_rate, MP3_RATES, "sample_rate")
    alt = describe(wave, sample_rate, title) if alt is None else alt
    if loudness is not None:
        wave = level(wave, sample_rate, loudness)
    elif (peak := wave.abs().max()) > 1:
        raise ValueError(
            f"wave reaches {peak:.2f}, beyond [-1, 1] it would be clipped: "
            "scale it down, or leave loudness at its default"
        )
    file, label = io.BytesIO(), html.escape(title)
    soundfile.write(file, wave.numpy(), sample_rate, format="MP3")
    seconds = f"{len(wave) / sample_rate:.2f} s"
    body = (
        f'<figcaption style="font-weight:600;margin:0 0 .3rem">{label}</figcaption>'
        f'<audio controls preload="none" src="{uri(file, "audio/mpeg")}" '
        f'aria-label="{label}" style="display:block;width:100%"></audio>'
    )
    if picture:
        body += (
            f'<img src="{mel_uri(wave, sample_rate)}" alt="{html.escape(alt)}" '
            'style="display:block;width:100%;height:6rem;margin:.3rem 0 0;'
            'border-radius:4px"><div aria-hidden="true" style="display:flex;'
            f'justify-content:space-between;font-size:.8rem"><span>0 s</span><span>up '
            f"to {hertz(sample_rate / 2)}</span><span>{seconds}</span></div>"
        )
    return f'<figure style="margin:0">{body}</figure>', f"{title}, {seconds}"


def frame(clips: Sequence[str], listen: str | None, row: str | None = None) -> str:
    """Columns, fewer on a narrow screen, and the line that says what to hear."""
    group = f' role="group" aria-label="{html.escape(row)}"' if row else ""
    line = f"<em>Listen for:</em> {html.escape(listen)}" if listen else ""
    if line:
        line = f'<div style="grid-column:1/-1">{line}</div>'
    return (
        f'<div{group} style="display:grid;gap:1rem;max-width:{26 * len(clips)}rem;'
        "grid-template-columns:repeat(auto-fit,minmax(min(13rem,100%),1fr));"
        f'margin:.5rem 0">{"".join(clips)}{line}</div>'
    )


def mono(wave):
    """A float32 wave (samples,) on the CPU, or an error that says what is wrong."""
    if not isinstance(wave, torch.Tensor):
        wave = torch.from_numpy(np.array(wave))
    wave = valid.real(wave, "wave").detach().cpu().float()
    if wave.dim() == 2 and len(wave) == 1:
        wave = wave[0]
    if wave.dim() != 1:
        raise ValueError(
            "wave must be (samples,) or (1, samples), mono; "
            f"got {tuple(wave.shape)}: average the channels of stereo first"
        )
    return wave


def level(wave, sample_rate: int, loudness: float):
    """Scale to `loudness` dB rms, or as near as a peak of 0.99 permits.

    Counted over the blocks of 0.1 s that are at most 10 dB below the mean (the
    relative gate of EBU R 128), so that pauses do not make a clip louder.
    """
    blocks = wave.split(sample_rate // 10)
    power = torch.stack([block.square().mean() for block in blocks])
    power = power[power >= power.mean() / 10].mean()
    scale = 10 ** (loudness / 20) / power.sqrt().clamp(min=1e-9)
    return wave * torch.minimum(scale, 0.99 / wave.abs().max().clamp(min=1e-9))


def mel_uri(wave, sample_rate: int) -> str:
    """A log-mel spectrogram, windows of about 0.06 s, as a small picture."""
    n_fft = 2 ** round(np.log2(0.06 * sample_rate))
    hop = int(np.clip(len(wave) // 300, n_fft // 16, n_fft // 4))
    spec = MelSpec(sample_rate, n_fft, hop, 64, mean=0.0, std=1.0)
    mel = spec.encode(wave[None])[0, 0]
    top = max(mel.max().item(), RANGE + spec.floor)  # silence stays dark
    shade = ((mel - top) / RANGE + 1).clamp(0, 1).flip(0).numpy()
    image = Image.fromarray(colormaps[MAP](shade, bytes=True)[..., :3])
    image = image.resize((min(image.width, 480), 96), Image.Resampling.BICUBIC)
    return webp(image)


def describe(wave, sample_rate: int, title: str) -> str:
    """What a spectrogram shows, in words that are taken from the signal."""
    words = f"Spectrogram of {title}, {len(wave) / sample_rate:.2f} s: "
    power = torch.fft.rfft(wave.double()).abs().square().cumsum(0)
    if power[-1] == 0:
        return words + "silence."
    low, middle, high = (
        hertz(torch.searchsorted(power, q * power[-1]).item() * sample_rate / len(wave))
        for q in (0.05, 0.5, 0.95)
    )
    blocks = torch.stack([b.square().mean() for b in wave.split(sample_rate // 50)])
    rms = decibels(wave.square().mean().sqrt(), -200).item()
    return words + (
        f"loudest at {blocks.argmax().item() / 50:.2f} s, made at {rms:.0f} dB rms; "
        f"nine tenths of the energy between {low} and {high}, half below {middle}."
    )


def hertz(f: float) -> str:
    return f"{f / 1000:.1f} kHz".replace(".0", "") if f >= 999.5 else f"{f:.0f} Hz"


def uri(file: io.BytesIO, mime: str) -> str:
    return f"data:{mime};base64,{base64.b64encode(file.getvalue()).decode()}"


def webp(image, lossless: bool = False) -> str:
    file = io.BytesIO()
    image.save(file, "WEBP", quality=75, lossless=lossless)
    return uri(file, "image/webp")


def figure(fig, alt: str) -> Shown:
    """A matplotlib figure as SVG that follows the page's light or dark theme.

    Black turns light on a dark page, backgrounds are left out, and what has many
    thousand points is stored as pixels. alt: the figure in words; ValueError if
    empty. Closes the figure.
    """
    from matplotlib import pyplot

    if not str(alt or "").strip():
        raise ValueError("alt is empty: say in words what the figure shows")
    for axes in fig.axes:
        lighten(axes)
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
    svg = svg.replace('<style type="text/css">', THEME, 1)
    svg = re.sub(r"data:image/png;base64,([^\"]+)", smaller, re.sub(r"\s+", " ", svg))
    # wider than drawn where there is room, so that a phone shows letters large enough
    width = 1.6 * float(re.search(r'width="([\d.]+)pt"', svg)[1])
    style = f"width:{width:.0f}px;max-width:100%;height:auto;background:transparent"
    source = "data:image/svg+xml," + quote(svg, safe=" !$()*,-./:;=?@[]^_{|}~")
    text = html.escape(alt)
    return Shown(
        f"<figure: {alt}>", f'<img style="{style}" alt="{text}" src="{source}">'
    )


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
    """A PNG inside an SVG as WebP, exact where it has see-through parts."""
    image = Image.open(io.BytesIO(base64.b64decode(match[1])))
    sharp = image.getchannel("A").getextrema()[0] < 255
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
    bank = spec.filters(torch.ones(1))
    bins = torch.linspace(0, spec.sample_rate / 2, bank.shape[1])
    centres = (bank @ bins / bank.sum(1).clamp(min=1e-9)).numpy()
    wanted = [250 * 2**k for k in range(8) if 250 * 2**k < centres[-1]]
    ax.set_yticks(np.interp(wanted, centres, range(len(centres))), wanted)
    rate = spec.sample_rate / spec.hop_length
    step = next(
        s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 60, 600) if frames / rate <= 4 * s
    )
    seconds = np.arange(0, frames / rate, step)
    ax.set_xticks(seconds * rate - 0.5, [f"{s:g}" for s in seconds])
    ax.set(xlabel="time (s)", ylabel="frequency (Hz)")


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


def plot_pictures(batch, *, alt: str, columns: int = 10, titles=None):
    """Pictures (n, 1, h, w) in a grid, all on one grey scale."""
    batch = array(batch)
    n, _, h, w = batch.shape
    columns, gap = min(columns, n), max(1, h // 8)
    rows, top = -(-n // columns), gap * (3 if titles else 1)
    sheet = np.full((rows * (h + top), columns * (w + gap)), np.nan)  # NaN: not drawn
    with rc_context(STYLE):
        fig, (ax,) = grid(1, 0.55 * columns, 0.55 * rows * (h + top) / (w + gap))
        for i, picture in enumerate(batch[:, 0]):
            y, x = i // columns * (h + top) + top, i % columns * (w + gap)
            sheet[y : y + h, x : x + w] = picture
            if titles:
                ax.text(x + w / 2, y - gap, titles[i], ha="center")
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
