"""What a chapter shows: players, figures, and numbers inside a sentence.

Plain HTML with inline styles, the same in the static page, in Jupyter and in Colab.
"""

import base64
import html
import io
import re
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
import soundfile
import torch
from matplotlib.figure import Figure
from PIL import Image

from . import valid
from .audio import MelSpec, decibels

MP3_RATES = 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000
RANGE = 60  # dB that a spectrogram's colours span
MAP = "magma"  # perceptually uniform, and as clear to the colour-blind
# Each at least 3:1 against white and against the dark page; first ones by Okabe & Ito.
COLOURS = "#0072b2", "#d55e00", "#009e73", "#c0679a", "#8f7a1f", "#7f7f7f"
LINES = "-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3))
STYLE = {
    "svg.hashsalt": "minidiff",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}
DARK = "<style>svg{color:#22262b}@media(prefers-color-scheme:dark){svg{color:#dcdfe3}}"


class Shown:
    """Something to display: HTML where that is possible, else one line of text."""

    def __init__(self, html: str, text: str):
        self.html, self.text = html, text

    def _repr_html_(self):
        return self.html

    def __repr__(self):
        return self.text


class Said:
    """A sentence in Markdown; as text it is the sentence itself, so nbval reads it."""

    def __init__(self, text: str):
        self.text = text

    def _repr_markdown_(self):
        return self.text

    def __repr__(self):
        return self.text


def say(text: str) -> Said:
    """Show a sentence of Markdown that holds numbers of this cell."""
    return Said(text)


# ---- sounds


def player(
    wave, sample_rate: int, title: str, alt: str | None = None,
    listen: str | None = None, loudness: float | None = -23.0, picture: bool = True,
) -> Shown:  # fmt: skip
    """A player with its log-mel spectrogram under it.

    wave: (samples,) or (1, samples), tensor or array of floats. sample_rate: Hz, one
    that MP3 knows. alt: the picture in words; made from the signal if None. listen:
    ends the sentence "Listen for: ...". loudness: dB rms of what sounds, or None to
    keep the level. Raises TypeError or ValueError for stereo, empty, NaN or integer
    audio, and with loudness=None for samples beyond [-1, 1], which would clip.
    """
    wave, seconds = prepare(wave, sample_rate, loudness)
    body = one_player(wave, sample_rate, title, alt, picture)
    return Shown(frame(body, listen), f"<player: {title}, {seconds:.2f} s>")


def players(
    clips: Sequence, sample_rate: int, alt: str | Sequence[str] | None = None,
    listen: str | None = None, loudness: float | None = -23.0,
) -> Shown:  # fmt: skip
    """Several players side by side; clips: pairs (wave, title). See `player`.

    alt: one text a clip, or one text for the row as a whole.
    """
    if not clips:
        raise ValueError("clips is empty, expected pairs (wave, title)")
    row = alt if isinstance(alt, str) else None
    alts = [None] * len(clips) if alt is None or row else list(alt)
    if len(alts) != len(clips):
        raise ValueError(f"expected {len(clips)} alt texts, got {len(alts)}")
    bodies, names = [], []
    for (wave, title), words in zip(clips, alts, strict=True):
        wave, seconds = prepare(wave, sample_rate, loudness)
        bodies.append(one_player(wave, sample_rate, title, words, True))
        names.append(f"{title}, {seconds:.2f} s")
    return Shown(frame("".join(bodies), listen, row), f"<players: {'; '.join(names)}>")


def prepare(wave, sample_rate: int, loudness: float | None):
    """A checked, levelled float32 wave (samples,) and its seconds."""
    if not isinstance(wave, torch.Tensor):
        wave = torch.from_numpy(np.array(wave))
    wave = valid.real(wave, "wave").detach().cpu().float()
    if wave.dim() == 2 and wave.shape[0] == 1:
        wave = wave[0]
    if wave.dim() != 1:
        raise ValueError(
            "wave must be (samples,) or (1, samples), mono; "
            f"got {tuple(wave.shape)}: average the channels of stereo first"
        )
    valid.choice(sample_rate, MP3_RATES, "sample_rate")
    if loudness is not None:
        wave = level(wave, sample_rate, loudness)
    elif wave.abs().max() > 1:
        raise ValueError(
            f"wave reaches {wave.abs().max():.2f}, beyond [-1, 1] it would be clipped: "
            "scale it down, or leave loudness at its default"
        )
    return wave, len(wave) / sample_rate


def level(wave, sample_rate: int, loudness: float):
    """Scale to `loudness` dB rms, or as near as a peak of 0.99 permits.

    Counted over the blocks of 0.1 s that are less than 10 dB below the mean (the
    relative gate of EBU R 128), so that pauses do not make a clip louder.
    """
    power = torch.stack(
        [block.square().mean() for block in wave.split(sample_rate // 10)]
    )
    power = power[power >= power.mean() / 10].mean()
    if power == 0:
        return wave
    scale = 10 ** (loudness / 20) / power.sqrt()
    return wave * torch.minimum(scale, 0.99 / wave.abs().max())


def one_player(wave, sample_rate: int, title: str, alt: str | None, picture: bool):
    """The HTML of a title, a player and, if wanted, the picture under it."""
    file = io.BytesIO()
    soundfile.write(file, wave.numpy(), sample_rate, format="MP3")
    sound = data_uri(file.getvalue(), "audio/mpeg")
    words = html.escape(describe(wave, sample_rate, title) if alt is None else alt)
    name = html.escape(title)
    parts = [
        f'<figcaption style="font-weight:600;margin:0 0 .3rem">{name}</figcaption>',
        f'<audio controls preload="none" style="display:block;width:100%" '
        f'aria-label="{name}" src="{sound}"></audio>',
    ]
    if picture:
        parts.append(
            '<img style="display:block;width:100%;height:6rem;margin:.3rem 0 0;'
            f'border-radius:4px" alt="{words}" src="{mel_uri(wave, sample_rate)}">'
            '<div aria-hidden="true" style="display:flex;justify-content:space-between;'
            'font-size:.75rem;opacity:.8"><span>0 s</span>'
            f"<span>up to {hertz(sample_rate / 2)}</span>"
            f"<span>{len(wave) / sample_rate:.2f} s</span></div>"
        )
    style = "flex:1 1 13rem;min-width:0;max-width:26rem;margin:0"
    return f'<figure style="{style}">{"".join(parts)}</figure>'


def frame(body: str, listen: str | None, row: str | None = None) -> str:
    """A row that wraps on a narrow screen, and the line that says what to hear."""
    group = f' role="group" aria-label="{html.escape(row)}"' if row else ""
    line = ""
    if listen:
        words = f"<em>Listen for:</em> {html.escape(listen)}"
        line = f'<p style="margin:.4rem 0 0">{words}</p>'
    return (
        '<div style="margin:.5rem 0 1rem;color:inherit;background:transparent">'
        f'<div{group} style="display:flex;flex-wrap:wrap;gap:1rem">{body}</div>'
        f"{line}</div>"
    )


def log_mel(wave, sample_rate: int):
    """Decibels (64, frames) for a picture: windows of about 0.06 s."""
    n_fft = 2 ** round(np.log2(0.06 * sample_rate))
    hop = int(np.clip(len(wave) // 300, n_fft // 16, n_fft // 4))
    spec = MelSpec(sample_rate, n_fft, hop, 64, mean=0.0, std=1.0)
    return spec.encode(wave[None])[0, 0]


def mel_uri(wave, sample_rate: int) -> str:
    """A log-mel spectrogram as a small picture."""
    mel = log_mel(wave, sample_rate)
    top = max(mel.max().item(), RANGE - 80)  # silence stays dark
    shade = ((mel - top) / RANGE + 1).clamp(0, 1).flip(0).numpy()
    pixels = (matplotlib.colormaps[MAP](shade)[..., :3] * 255).round().astype(np.uint8)
    image = Image.fromarray(pixels)
    image = image.resize((min(image.width, 480), 96), Image.Resampling.BICUBIC)
    return data_uri(*compact(image))


def describe(wave, sample_rate: int, title: str) -> str:
    """What a spectrogram shows, in words taken from the signal."""
    words = f"Spectrogram of {title}, {len(wave) / sample_rate:.2f} s: "
    if wave.abs().max() == 0:
        return words + "silence."
    power = torch.fft.rfft(wave).abs().square().cumsum(0)
    low, middle, high = (
        hertz(torch.searchsorted(power, q * power[-1]).item() * sample_rate / len(wave))
        for q in (0.05, 0.5, 0.95)
    )
    blocks = torch.stack([b.square().mean() for b in wave.split(sample_rate // 50)])
    loudest = blocks.argmax().item() / 50
    rms = decibels(wave.square().mean().sqrt()).item()
    return words + (
        f"loudest at {loudest:.2f} s, {rms:.0f} dB rms; nine tenths of the energy "
        f"between {low} and {high}, half of it below {middle}."
    )


def hertz(f: float) -> str:
    return f"{f / 1000:.1f} kHz".replace(".0", "") if f >= 1000 else f"{f:.0f} Hz"


def data_uri(data: bytes, mime: str) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


def compact(image) -> tuple[bytes, str]:
    """The bytes of a picture as WebP."""
    file = io.BytesIO()
    image.save(file, "WEBP", quality=70, method=6)
    return file.getvalue(), "image/webp"


# ---- figures


def figure(fig: Figure, alt: str) -> Shown:
    """Show a matplotlib figure as SVG that follows the page's light or dark theme.

    What is black turns light on a dark page, backgrounds are left out, and what has
    thousands of points is stored as pixels. alt: the figure in words. Closes `fig`.
    Raises ValueError if alt is empty.
    """
    if not str(alt or "").strip():
        raise ValueError("alt is empty: say in words what the figure shows")
    for axes in fig.axes:
        lighten(axes)
    file = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        fig.savefig(
            file, format="svg", bbox_inches="tight", transparent=True, dpi=144,
            metadata={"Date": None, "Creator": None},
        )  # fmt: skip
    from matplotlib import pyplot

    pyplot.close(fig)
    svg = file.getvalue().decode()
    svg = svg[svg.index("<svg") :].replace("#000000", "currentColor")
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = svg.replace("<svg", '<svg fill="currentColor"', 1)
    svg = re.sub(r'<style type="text/css">', DARK, svg, count=1)
    width = float(re.search(r'width="([\d.]+)pt"', svg)[1]) * 4 / 3
    words, uri = html.escape(alt), data_uri(svg.encode(), "image/svg+xml")
    style = f"width:{width:.0f}px;max-width:100%;height:auto;background:transparent"
    return Shown(f'<img style="{style}" alt="{words}" src="{uri}">', f"<figure: {alt}>")


def lighten(axes) -> None:
    """Store as pixels what would be many thousand numbers as SVG."""
    for line in axes.lines:
        if len(line.get_xdata()) > 4000:
            line.set_rasterized(True)
    for many in axes.collections:
        if len(many.get_offsets()) > 400:
            many.set_rasterized(True)


def row_of(n: int, width: float, height: float, columns: int | None = None):
    """A figure with n axes, and the axes."""
    columns = columns or n
    rows = -(-n // columns)
    fig = Figure(figsize=(width * columns, height * rows), layout="constrained")
    return fig, list(fig.subplots(rows, columns, squeeze=False).flat)


def plot_mels(mels, titles: Sequence[str], spec: MelSpec | None = None, *, alt: str):
    """Spectrograms in one row, on one colour scale; each mel is (n_mels, frames).

    With `spec` the axes are in seconds and Hz.
    """
    mels = [np.squeeze(array(mel)) for mel in mels]
    if spec:
        mels = [mel * spec.std + spec.mean for mel in mels]
    low, high = min(m.min() for m in mels), max(m.max() for m in mels)
    with matplotlib.rc_context(STYLE):
        fig, axes = row_of(len(mels), 6.8 / max(2, len(mels)), 2.2)
        for ax, mel, title in zip(axes, mels, titles, strict=True):
            shown = ax.imshow(
                mel, origin="lower", aspect="auto", cmap=MAP, vmin=low, vmax=high,
                interpolation="none",
            )  # fmt: skip
            ax.set_title(title)
            if spec:
                scale_axes(ax, mel.shape, spec)
        fig.colorbar(shown, ax=axes, label="dB" if spec else None)
    return figure(fig, alt)


def scale_axes(ax, shape, spec: MelSpec) -> None:
    """Name the pixels of a mel spectrogram in Hz and seconds."""
    bank = spec.filters(torch.ones(1))
    bins = torch.linspace(0, spec.sample_rate / 2, bank.shape[1])
    centres = (bank @ bins / bank.sum(1).clamp(min=1e-9)).numpy()
    wanted = [f for f in (250, 500, 1000, 2000, 4000, 8000, 16000) if f < centres[-1]]
    ax.set_yticks(np.searchsorted(centres, wanted), wanted)
    frames = spec.sample_rate / spec.hop_length
    step = next(
        s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 30) if shape[1] / frames / s <= 5
    )
    seconds = np.arange(0, shape[1] / frames, step)
    ax.set_xticks(seconds * frames - 0.5, [f"{s:g}" for s in seconds])
    ax.set(xlabel="time (s)", ylabel="frequency (Hz)")


def plot_points(clouds, titles: Sequence[str], *, alt: str):
    """Scatter plots in one row, with equal axes; each cloud is xy or (xy, labels)."""
    clouds = [c if isinstance(c, tuple) else (c, None) for c in clouds]
    with matplotlib.rc_context(STYLE):
        fig, axes = row_of(len(clouds), 6.8 / max(2, len(clouds)), 3.0)
        for ax, (xy, labels), title in zip(axes, clouds, titles, strict=True):
            x, y = array(xy).T
            colour = COLOURS[0]
            if labels is not None:
                colour = [COLOURS[int(k) % len(COLOURS)] for k in labels]
            ax.scatter(x, y, s=6, c=colour, alpha=0.7, linewidths=0)
            ax.set_aspect("equal")
            ax.set_title(title)
    return figure(fig, alt)


def plot_pictures(batch, *, alt: str, columns: int = 10, titles=None):
    """A grid of pictures, (n, 1, h, w), all on one grey scale."""
    batch = array(batch)
    columns = min(columns, len(batch))
    with matplotlib.rc_context(STYLE):
        fig, axes = row_of(len(batch), 0.72, 0.72 + 0.2 * bool(titles), columns)
        for i, ax in enumerate(axes):
            ax.set_axis_off()
            if i < len(batch):
                ax.imshow(
                    batch[i, 0], cmap="gray", vmin=batch.min(), vmax=batch.max(),
                    interpolation="none",
                )  # fmt: skip
                if titles:
                    ax.set_title(titles[i])
    return figure(fig, alt)


def plot_curves(
    curves: Mapping, xlabel: str, ylabel: str, *, alt: str,
    logx: bool = False, logy: bool = False,
):  # fmt: skip
    """Lines by name, {"name": (x, y)}, told apart by colour and by dashes."""
    with matplotlib.rc_context(STYLE):
        fig, (ax,) = row_of(1, 6.0, 3.2)
        for i, (name, (x, y)) in enumerate(curves.items()):
            look = dict(color=COLOURS[i % 6], linestyle=LINES[i % 6], label=name)
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
    return (
        x.detach().cpu().float().numpy()
        if isinstance(x, torch.Tensor)
        else np.asarray(x)
    )
