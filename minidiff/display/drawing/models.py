"""Whole models as drawings: from sound to where the net works, and back."""

from math import prod

import torch

from .kit import GAP, MIDDLE, WIDTH, Sheet
from .shapes import times


def model(whole):
    """Down to where the net works, to learn; and up again, to hear."""
    front, settings, kind = (
        whole.spec,
        whole.settings,
        type(whole.denoiser.net).__name__,
    )
    sheet, (left, right), w = Sheet(), (92, WIDTH - 92), 168
    size = (settings["samples"],)
    wave, shape = f"`wave {size[0]}`", times(whole.shape)
    learn, hear = (sheet.pill(x, 22, wave, w=w) for x in (left, right))
    sheet.words(left, 10, "to learn", "middle")
    sheet.words(right, 10, "to hear", "middle")
    way = list(stages(front, size[0], whole.shape, settings.get("vocoder")))
    for there, back, ahead in way:
        narrow = w - 18 * (prod(ahead) < prod(size))
        down = sheet.funnel(left, learn.low + GAP, w, narrow, there)
        up = sheet.funnel(right, learn.low + GAP, w, narrow, back)
        inner = [
            sheet.pill(x, down.low + GAP, f"`{times(ahead)}`", w=narrow)
            for x in (left, right)
        ]
        sheet.joint(learn, down, inner[0])
        sheet.joint(inner[1], up, hear)
        (learn, hear), size, w = inner, ahead, narrow
    lines = (
        f"`denoiser`: {kind}, asked {settings['steps']} times",
        f"`{settings['sampler']}`, guidance `scale` {settings['scale']:g}",
    )
    net = sheet.box(MIDDLE, learn.low + 26, *lines, w=300)
    sheet.arrow(learn.bottom, (left, net.y), kind="bridge")
    sheet.words(left + 8, net.y - 13, "learns from it")
    sheet.arrow((right, net.y), hear.bottom)
    names = ", ".join(f"`{name}`" for name in whole.conditions)
    noise = sheet.pill(left, net.low + 24, f"noise `{shape}`", w=150)
    told = sheet.box(right, noise.y, f"`t`, `cond`: {names}", kind="told")
    sheet.arrow(noise.top, (left, net.low))
    sheet.arrow(told.top, (right, net.low), kind="told")
    there = ", ".join(f"{label} {times(ahead)}" for label, _, ahead in way)
    back = ", ".join(label for _, label, _ in way[::-1])
    return sheet.shown(
        f"A model of sound. To learn, left: {wave} goes through {there}, and the "
        f"denoiser learns from it. To hear, right: noise {shape} and t, cond: {names} "
        f"enter the {', '.join(lines)}; what it makes goes through {back} to {wave}."
    )


def stages(front, samples: int, shape: tuple, vocoder: str | None):
    """There, back and the shape between, from the wave to where the net works."""
    if hasattr(front, "autoencoder"):
        yield from stages(front.spec, samples, front.spec.shape(samples), vocoder)
        yield "`autoencoder.encoder`", "`autoencoder.decoder`", shape
    elif hasattr(front, "n_mels"):
        yield "`MelSpec.encode`", f"`{vocoder}`" if vocoder else "Griffin-Lim", shape
    elif hasattr(front, "power"):
        yield "`Spectrum.encode`", "`Spectrum.decode`", shape
    else:
        yield f"/ {front.std:g}", f"× {front.std:g}", shape


def vocoder(whole, size=None):
    """From a mel to its waveform: what the mel tells, and what is left to the net.

    whole: a vocoder, or only its `Vocoding`, for a sound of so many samples.
    """
    vocoding = getattr(whole, "vocoding", whole)
    if not hasattr(vocoding, "prior"):
        return fine(whole, size)
    settings = getattr(whole, "settings", {})
    (samples,) = size or (settings["samples"],)
    mel = torch.zeros(1, *vocoding.spec.shape(samples))
    long = times(vocoding.given(mel)[1].shape[1:])
    sheet, (left, right), w = Sheet(), (66, WIDTH - 66), 116
    shape, net = times(mel.shape[1:]), "`denoiser`"
    if settings:
        kind = type(whole.denoiser.net).__name__
        net += f": {kind}, asked {settings['steps']} times"
    top = sheet.pill(MIDDLE, 4, f"`mel {shape}`", w=120)
    words = ["`loudness(mel)`" if vocoding.prior else "0.1 everywhere"]
    words += ["× `MISSING`"] * vocoding.start
    tells = sheet.box(left, top.low + 22, *words, w=w)
    unit = sheet.pill(left, tells.low + GAP, f"`unit {long}`", w=w)
    sheet.joint(tells, unit)
    if vocoding.prior:
        sheet.arrow(top.left, (left, top.left[1]), tells.top)
    y = unit.low + 22
    asked = sheet.box(MIDDLE, y + 46, net, w=280)
    noise = sheet.pill(102, y, f"noise `{long}`", w=120)
    sheet.arrow(noise.bottom, (102, asked.y))
    sheet.arrow(top.bottom, asked.top, kind="told")
    base = f"`base {long}`" if vocoding.start else "`base` is 0"
    base = sheet.pill(right, unit.y, base, w=w)
    if vocoding.start:
        decode = sheet.box(right, tells.y, "`spec.decode`", "Griffin-Lim", w=w)
        sheet.arrow(top.right, (right, top.right[1]), decode.top)
        sheet.joint(decode, base)
        start = sheet.box(282, y, "`start = base / unit`", kind="told")
        sheet.arrow((300, base.low), (300, y), kind="told")
        sheet.arrow(start.bottom, (282, asked.y), kind="told")
    x0 = sheet.pill(MIDDLE, asked.low + GAP, f"`x0 {long}`", w=w)
    total = sheet.box(MIDDLE, x0.low + GAP, "`base + unit * x0`", w=WIDTH - 16)
    wave = sheet.pill(MIDDLE, total.low + GAP, f"`wave {long}`", w=w)
    sheet.joint(asked, x0, total, wave)
    sheet.arrow((22, unit.low), (22, total.y))
    sheet.arrow((WIDTH - 16, base.low), (WIDTH - 16, total.y))
    other, told = "base is 0", ""
    if vocoding.start:
        other, told = f"spec.decode, Griffin-Lim: base {long}", ", start = base / unit"
    return sheet.shown(
        f"A vocoder. mel {shape} goes three ways. Left, {' '.join(words)}: unit "
        f"{long}. Right, {other}. In the middle the {net}; it is told mel{told} and "
        f"makes x0 {long} of noise {long}. At the end base + unit * x0 is wave {long}."
    )


def fine(whole, size=None):
    """From a mel to all magnitudes, and by Griffin-Lim to the waveform.

    whole: a vocoder of magnitudes, or only its `FineMagnitudes`, for a sound of so many
    samples.
    """
    vocoding = getattr(whole, "vocoding", whole)
    settings = getattr(whole, "settings", {})
    (samples,) = size or (settings["samples"],)
    mel = torch.zeros(1, *vocoding.spec.shape(samples))
    _, base, unit = vocoding.given(mel)
    shape, picture = times(mel.shape[1:]), times(base.shape[1:])
    sheet, net = Sheet(), "`denoiser`"
    if settings:
        net += f": {type(whole.denoiser.net).__name__}, asked {settings['steps']} times"
    left, right, w = 80, WIDTH - 80, 140
    top = sheet.pill(MIDDLE, 4, f"`mel {shape}`", w=120)
    bands = sheet.box(left, top.low + 22, "`spread`: the mean", "of its bands, dB", w=w)
    level = sheet.pill(left, bands.low + GAP, f"`base {picture}`", w=w)
    sheet.joint(bands, level)
    sheet.arrow(top.left, (left, top.left[1]), bands.top)
    noise = sheet.pill(right, level.y, f"noise `{picture}`", w=w)
    asked = sheet.box(MIDDLE + 20, level.low + 26, net, w=250)
    sheet.arrow(noise.bottom, (right, asked.top[1]))
    sheet.arrow(level.right, (MIDDLE + 20, level.right[1]), asked.top, kind="told")
    x0 = sheet.pill(MIDDLE + 20, asked.low + GAP, f"`x0 {picture}`", w=w)
    words = f"`base + {unit:g} * x0`, dB"
    total = sheet.box(MIDDLE, x0.low + GAP, words, w=WIDTH - 16)
    sheet.joint(asked, x0)
    sheet.arrow(x0.bottom, (x0.x, total.top[1]))
    sheet.arrow((22, level.low), (22, total.top[1]))
    kept = sheet.box(MIDDLE, total.low + GAP, "`griffin_lim`, keeps the mel", w=240)
    wave = sheet.pill(MIDDLE, kept.low + GAP, f"`wave 1×{samples}`", w=w)
    sheet.joint(total, kept, wave)
    edge = WIDTH - 4
    there = (edge, top.right[1]), (edge, kept.right[1])
    sheet.arrow(top.right, *there, kept.right, kind="told")
    return sheet.shown(
        f"A vocoder of magnitudes. mel {shape} is spread to base {picture}: for every "
        f"frequency the mean of its bands. The {net.replace('`', '')} is told it, and "
        f"makes x0 {picture} of noise. base + {unit:g} * x0 are the magnitudes from "
        f"which griffin_lim begins; it keeps the mel, and gives wave 1×{samples}."
    )
