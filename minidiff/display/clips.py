"""Sounds of a chapter: players with pictures, a sheet of many, a blind test."""

import html
import io
from collections.abc import Sequence

import numpy as np
import torch
from matplotlib import colormaps
from PIL import Image

from .. import valid
from ..sound.mel import MelSpec, decibels
from .figures import MAP, band_centres
from .shown import Shown, tag, uri, webp

MP3_RATES = 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000
LOUDNESS = -23.0  # dB rms of what sounds, for every clip of the book
TICKS = 500, 1000, 2000, 4000  # Hz, beside a picture
RANGE = 60  # dB between the darkest and the brightest colour of a picture


def player(
    wave, sample_rate: int, title: str, alt: str | None = None,
    listen: str | None = None, loudness: float | None = LOUDNESS,
    picture: bool = True, exact: bool = False,
) -> Shown:  # fmt: skip
    """A player with its log-mel spectrogram under it, which has an axis in Hz.

    wave: (samples,) or (1, samples), tensor or array of floats. sample_rate: Hz, one
    that MP3 knows. alt: the picture in words; made from the signal if None. listen:
    ends the sentence "Listen for: ...". loudness: dB rms of what sounds, or None to
    keep the level. exact: FLAC, four times as heavy, where the samples are the lesson.
    Raises TypeError or ValueError for stereo, empty, NaN or integer audio, and, with
    loudness=None, for samples beyond [-1, 1], which would clip.
    """
    body, name = clip(wave, sample_rate, title, alt, loudness, picture, exact)
    return Shown(f"<player: {name}>", row([body], listen), moves=True)


def players(
    clips: Sequence, sample_rate: int, alt: str | Sequence[str] | None = None,
    listen: str | None = None, loudness: float | None = LOUDNESS,
    picture: bool = True,
) -> Shown:  # fmt: skip
    """Several players side by side; clips: pairs (wave, title). See `player`.

    alt: one text for each clip, or one text for the row as a whole.
    """
    whole = alt if isinstance(alt, str) else None
    alts = [None] * len(clips) if whole or alt is None else list(alt)
    if not clips or len(alts) != len(clips):
        raise ValueError(
            "expected one or more pairs (wave, title) and as many alt texts, "
            f"got {len(clips)} and {len(alts)}"
        )
    made = [
        clip(wave, sample_rate, title, words, loudness, picture)
        for (wave, title), words in zip(clips, alts, strict=True)
    ]
    bodies, names = zip(*made, strict=True)
    text = f"<players: {'; '.join(names)}>"
    return Shown(text, row(bodies, listen, whole), moves=True)


def abx(a: tuple, b: tuple, sample_rate: int, listen: str | None = None) -> Shown:
    """A blind test of two sounds, pairs (wave, title): is X the first or the second?

    X is drawn anew after each answer; the score stands beside the chance that
    somebody who only guesses does as well. See `player` for the rest.
    """
    (left, name), (right, other) = (
        clip(wave, sample_rate, f"{letter}: {title}", None, LOUDNESS)
        for letter, (wave, title) in zip("AB", (a, b), strict=True)
    )
    hear = tag("button", "▶ hear X", type="button", data_x=True)
    answers = "".join(
        tag("button", f"X is {letter}", type="button", data_answer=i)
        for i, letter in enumerate("AB")
    )
    score = tag("output", "X is A or B, and does not say which.", aria_live="polite")
    test = tag("div", hear + answers + score, class_="md-controls", hidden=True)
    body = tag("md-abx", row([left, right], listen) + test)
    return Shown(f"<abx: {name} or {other}>", body, moves=True)


def gallery(
    clips: Sequence, sample_rate: int, *, alt: str, columns: int = 10,
    listen: str | None = None,
) -> Shown:  # fmt: skip
    """Dozens of sounds on one sheet: a click, or the arrow keys, play one.

    clips: pairs (wave, title), in rows of `columns`. alt: the sheet in words. The
    pictures are one file; sounds are as loud as those of `player`.
    """
    if not clips or not str(alt or "").strip():
        raise ValueError("expected one or more pairs (wave, title) and words in alt")
    waves = [mono(wave) for wave, _ in clips]
    sample_rate = valid.choice(sample_rate, MP3_RATES, "sample_rate")
    columns, (w, h) = min(columns, len(clips)), (72, 54)
    rows = -(-len(clips) // columns)
    sheet = Image.new("RGB", (columns * w, rows * h), "#808080")
    cells = ""
    for i, (wave, (_, title)) in enumerate(zip(waves, clips, strict=True)):
        picture = mel_image(wave, sample_rate).resize((w - 2, h - 2))
        sheet.paste(picture, (i % columns * w + 1, i // columns * h + 1))
        sound = encoded(level(wave, sample_rate, LOUDNESS), sample_rate)
        words = dict(aria_label=title, title=title, data_src=sound)
        cells += tag("button", type="button", hidden=True, **words)
    grid = f"grid-template:repeat({rows},1fr)/repeat({columns},1fr)"
    picture = tag("img", src=webp(sheet), alt=alt, width=sheet.width)
    cells = tag("div", cells, class_="md-cells", style=grid)
    sheet = tag("div", picture + cells, class_="md-sheet")
    body = tag("div", axis(sample_rate, rows, 1 / h) + sheet, class_="md-mel")
    seconds = max(map(len, waves)) / sample_rate
    words = f"Mel spectrograms of up to {seconds:.2f} s, low tones at the bottom."
    body += tag("div", words, class_="md-axis")
    body += tag("output", "Click a picture, or use the arrow keys.", aria_live="polite")
    body += remark(listen)
    text = f"<gallery: {len(clips)} sounds of up to {seconds:.2f} s>"
    return Shown(text, tag("md-gallery", body, data_columns=columns), moves=True)


def clip(
    wave, sample_rate: int, title: str, alt: str | None, loudness: float | None,
    picture: bool = True, exact: bool = False,
) -> tuple[str, str]:  # fmt: skip
    """One title, player and picture as HTML, and "title, seconds"."""
    wave = mono(wave)
    sample_rate = valid.choice(sample_rate, MP3_RATES, "sample_rate")
    alt = describe(wave, sample_rate, title) if alt is None else alt
    if loudness is not None:
        valid.number(loudness, "loudness", -200, 0)
        wave = level(wave, sample_rate, loudness)
    elif (peak := wave.abs().max()) > 1:
        raise ValueError(
            f"wave reaches {peak:.2f}, beyond [-1, 1] it would be clipped: "
            "scale it down, or leave loudness at its default"
        )
    sound = encoded(wave, sample_rate, "FLAC" if exact else "MP3")
    seconds = f"{len(wave) / sample_rate:.2f} s"
    body = tag("figcaption", html.escape(title))
    body += tag("audio", controls=True, preload="none", src=sound, aria_label=title)
    if picture:
        image = tag("img", src=webp(mel_image(wave, sample_rate)), alt=alt)
        picture = tag("div", image, class_="md-picture")
        body += tag("div", axis(sample_rate) + picture, class_="md-mel")
        words = "mel" + tag("small", " spectrogram")
        ends = "".join(tag("span", end) for end in ("0 s", words, seconds))
        body += tag("div", ends, class_="md-axis", aria_hidden="true")
    return tag("md-clip", tag("figure", body)), f"{title}, {seconds}"


def row(clips: Sequence[str], listen: str | None, alt: str | None = None) -> str:
    """Columns, fewer on a narrow screen, and the line that says what to hear."""
    style = f"max-width:{26 * len(clips)}rem"
    body = "".join(clips) + remark(listen)
    role = "group" if alt else None
    return tag("div", body, class_="md-row", style=style, role=role, aria_label=alt)


def remark(listen: str | None) -> str:
    words = f"<em>Listen for:</em> {html.escape(str(listen))}" if listen else ""
    return tag("div", words, class_="md-wide") if words else ""


def encoded(wave, sample_rate: int, form: str = "MP3") -> str:
    """A wave as the address of an MP3 or FLAC file that it holds itself."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, wave.numpy(), sample_rate, format=form)
    return uri(file, {"MP3": "audio/mpeg", "FLAC": "audio/flac"}[form])


def mono(wave):
    """A float32 wave (samples,) on the CPU, or an error that says what is wrong."""
    if not isinstance(wave, torch.Tensor):
        wave = np.array(wave)
        if wave.dtype.kind not in "fiu":
            raise ValueError(f"wave must be numbers, got {wave.dtype}")
        wave = torch.from_numpy(wave)
    wave = valid.real(wave, "wave").detach().cpu().float()
    if wave.dim() == 2 and len(wave) == 1:
        wave = wave[0]
    if wave.dim() != 1:
        raise ValueError(
            "wave must be (samples,) or (1, samples), mono; "
            f"got {tuple(wave.shape)}"
            + ": average the channels of stereo first"
            * (wave.dim() == 2)
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


def front_end(sample_rate: int, samples: int = 0) -> MelSpec:
    """What pictures are made with: 64 bands, windows of about 0.06 s."""
    n_fft = 2 ** round(np.log2(0.06 * sample_rate))
    hop = int(np.clip(samples // 300, n_fft // 16, n_fft // 4))
    return MelSpec(sample_rate, n_fft, hop, 64, mean=0.0, std=1.0)


def axis(sample_rate: int, rows: int = 1, margin: float = 0.0) -> str:
    """Ticks in Hz beside a picture, or beside the first of several rows of them.

    margin: what is left free above and below a picture, as a share of its row.
    """
    spec, ticks = front_end(sample_rate), ""
    heights = np.interp(TICKS, band_centres(spec), np.arange(64) + 0.5) / 64
    for f, height in zip(TICKS, heights, strict=True):
        if f < sample_rate / 2 and (rows == 1 or f in TICKS[1::2]):
            place = (rows - 1 + margin + height * (1 - 2 * margin)) / rows
            ticks += tag("span", hertz(f), style=f"bottom:{100 * place:.1f}%")
    return tag("div", ticks, class_="md-hertz", aria_hidden="true")


def mel_image(wave, sample_rate: int) -> Image.Image:
    """A log-mel spectrogram of at most 480 by 64 pixels."""
    spec = front_end(sample_rate, len(wave))
    mel = spec.encode(wave[None])[0, 0]
    top = max(mel.max().item(), RANGE + spec.floor)  # silence stays dark
    shade = ((mel - top) / RANGE + 1).clamp(0, 1).flip(0).numpy()
    image = Image.fromarray(colormaps[MAP](shade, bytes=True)[..., :3])
    return image.resize((min(image.width, 480), 64), Image.Resampling.BICUBIC)


def describe(wave, sample_rate: int, title: str) -> str:
    """What a spectrogram shows, in words that are taken from the signal."""
    words = f"Mel spectrogram of {title}, {len(wave) / sample_rate:.2f} s: "
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
