"""The small space as drawings: the autoencoder, the DiT and one of its blocks."""

from itertools import groupby
from math import prod
from textwrap import wrap

from .kit import EMB, GAP, MIDDLE, WIDTH, Box, Sheet
from .shapes import Shapes, asked, names, shapes, times, zeros

FADERS = "gamma1", "beta1", "alpha1", "gamma2", "beta2", "alpha2"


def autoencoder(net, size):
    """Down to the latent and up again, a row for each size."""
    seen = shapes(net, zeros(net, 1, *size))
    sheet, left, right, w = Sheet(), 84, WIDTH - 84, 156
    mel = sheet.pill(left, 4, f"`mel {seen.into()}`", w=w)
    answer = sheet.pill(right, 4, f"`{seen.out()}`", w=w)
    down, up = stages(net, seen, "encoder"), stages(net, seen, "decoder")
    before, after, y, label = mel, answer, mel.low + 26, "`encoder`"
    for (parts, shape), (others, grown) in zip(down, up[::-1], strict=True):
        h = 15 * max(len(parts), len(others)) + 9
        box = sheet.box(left, y, *parts, w=w, h=h)
        other = sheet.box(right, y, *others, w=w, h=h)
        sheet.down(before, box, label)
        sheet.down(other, after, "`decoder`" if after is answer else grown)
        before, after, y, label = box, other, box.low + 26, shape
    z = seen.into("decoder")
    lines = f"`mean`, `log_var`: {z} each", "`z = mean + exp(log_var / 2) * eps`"
    cloud = sheet.pill(MIDDLE, y, *lines, w=right - left + w)
    sheet.down(before, Box(left, y, w, 0), label)
    sheet.down(Box(right, y, w, 0), after, f"`z {z}`")
    big, small = prod(seen[""].into), prod(seen["decoder"].into)
    remark = f"{big} numbers, {small} in the latent, {big} again"
    sheet.words(MIDDLE, cloud.low + 16, remark, "middle")
    there, back = (
        "; ".join(f"{' '.join(parts)} {shape}" for parts, shape in way)
        for way in (down, up)
    )
    return sheet.shown(
        f"An autoencoder: {remark}. Left, encoder makes of mel {seen.into()}: {there}. "
        f"These are mean, log_var, {z} each; z = mean + exp(log_var / 2) * eps. Right, "
        f"decoder makes of z {z}: {back}."
    )


def stages(net, seen: Shapes, name: str) -> list[tuple]:
    """The layers of each size in a row of layers: their names and the last shape."""
    layers = [
        (type(layer).__name__, seen[f"{name}.{i}"].out)
        for i, layer in enumerate(getattr(net, name))
    ]
    found = []
    for _, group in groupby(layers, key=lambda layer: layer[1][1:]):
        kinds, sizes = zip(*group, strict=True)
        lines = [f"`{line}`" for line in wrap(", ".join(kinds), 21)]
        found.append((lines, f"`{times(sizes[-1])}`"))
    return found


def dit(net, size):
    """Patches become tokens, all blocks look at all tokens, and back."""
    seen, p, n = asked(net, net.in_channels, size), net.patch, len(net.blocks)
    sheet, main, w, far = Sheet(), 150, 160, 28
    emb = sheet.told(names(net), "moves six faders in each block")
    x = sheet.pill(main, emb.low + GAP, f"`x {seen.into()}`", w=w)
    cut = sheet.box(main, x.low + GAP, f"`patchify` {p}×{p}", w=w)
    embed = sheet.box(main, cut.low + far, "`embed`", w=w)
    place = sheet.sign(main, embed.low + far, "+")
    first = sheet.box(main, place.low + GAP, "`blocks[0]`", w=w)
    last = sheet.box(main, first.low + far, f"`blocks[{n - 1}]`", w=w)
    final = sheet.box(main, last.low + far, "`final`", w=w)
    back = sheet.box(main, final.low + far, "`unpatchify`", w=w)
    answer = sheet.pill(main, back.low + GAP, f"`{seen.out()}`", w=w)
    sheet.joint(x, cut)
    sheet.down(cut, embed, f"`{seen.into('embed')}` (tokens×numbers)")
    sheet.down(embed, place, f"`{seen.out('embed')}`")
    sheet.joint(place, first)
    sheet.down(first, last, f"... {n} in all")
    sheet.down(last, final, f"`{seen.out(f'blocks.{n - 1}')}`")
    sheet.down(final, back, f"`{seen.out('final')}`")
    sheet.joint(back, answer)
    positions = sheet.box(302, place.y - 3, "`positions`", w=110)
    sheet.arrow(positions.left, place.right)
    sheet.line((24, emb.low), (24, final.left[1]), kind="told")
    for box in (first, last, final):
        sheet.arrow((24, box.left[1]), box.left, kind="told")
    return sheet.shown(
        f"A DiT. patchify cuts x {seen.into()} into squares of {p}×{p}, the tokens: "
        f"{seen.into('embed')}. embed makes them {seen.out('embed')}, positions are "
        f"added, blocks[0] to blocks[{n - 1}], {n} in all, keep that shape, final "
        f"makes {seen.out('final')} and unpatchify {seen.out()}. {EMB}, cond: "
        f"{names(net)}, moves six faders in each block and two in final."
    )


def dit_block(part, size):
    """A block of a DiT and its six faders, for so many tokens."""
    width, main, w = part.adaln.in_features, 122, 130
    seen = shapes(part, zeros(part, *size, width), zeros(part, width))
    sheet = Sheet()
    x = sheet.pill(main, 4, f"`x {seen.into()}`", w=w)
    emb = sheet.box(316, 4, f"`emb {width}`", kind="told", w=112)
    adaln = f"`adaln {seen.out('adaln')}`"
    adaln = sheet.box(316, emb.low + GAP, adaln, kind="told", w=112)
    sheet.down(emb, adaln, kind="told")
    above = x
    for k, work in enumerate(("attention", "feedforward")):
        norm = sheet.box(main, above.low + 26, "`norm`", w=w)
        scaled = sheet.box(main, norm.low + GAP, "`scaled`", w=w, h=48)
        look = sheet.box(main, scaled.low + GAP, f"`{work}`", w=w)
        weighed = sheet.sign(main, look.low + GAP, "×")
        added = sheet.sign(main, weighed.low + GAP, "+")
        sheet.joint(above, norm, scaled, look, weighed, added)
        fork = norm.y - 14
        sheet.arrow((main, fork), (30, fork), (30, added.left[1]), added.left)
        edge = main + w / 2
        ends = (edge, scaled.y + 12), (edge, scaled.y + 36), weighed.right
        for name, end in zip(FADERS[3 * k : 3 * k + 3], ends, strict=True):
            fader(sheet, f"`{name}`", end)
        above = added
    sheet.line((360, adaln.low), (360, weighed.right[1]), kind="told")
    answer = sheet.pill(main, above.low + GAP, f"`{seen.out()}`", w=w)
    sheet.joint(above, answer)
    sheet.words(200, answer.right[1], "All six faders begin at 0.")
    return sheet.shown(
        f"A DiT block. x {seen.into()} goes through norm, scaled by gamma1 and beta1, "
        "attention, times alpha1, and a way leads around to the sum; then through "
        "norm, scaled by gamma2 and beta2, feedforward, times alpha2, and around to "
        f"the sum again: {seen.out()}. adaln makes all six faders, "
        f"{seen.out('adaln')} numbers, of emb {width}. They begin at 0."
    )


def fader(sheet: Sheet, name: str, end: tuple) -> None:
    """A knob on its rail, its name, and an arrow to what it sets."""
    sheet.line((360, end[1]), (286, end[1]), kind="told")
    sheet.dot(323, end[1], "told", 5)
    sheet.words(280, end[1], name, "end")
    sheet.arrow((230, end[1]), end, kind="told")
