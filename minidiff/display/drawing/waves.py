"""Nets for waveforms as drawings: DiffWave, one of its layers, and WaveGrad."""

from itertools import pairwise
from math import log2

from .kit import EMB, GAP, MIDDLE, WIDTH, Box, Sheet
from .shapes import asked, names, shapes, zeros


def layer(part, size):
    """One layer of DiffWave, for so many samples: step and mel in, two answers out."""
    c, width = part.step.out_features, part.step.in_features
    apart = part.dilated.dilation[0]
    mel = zeros(part, part.mel.in_channels, *size) if part.mel else None
    seen = shapes(part, zeros(part, c, *size), zeros(part, width), mel)
    sheet, main, side = Sheet(), 150, 312
    x = sheet.pill(main, 4, f"`x {seen.into()}`", w=120)
    emb = sheet.box(side, 4, f"`emb {width}`", kind="told", w=100)
    added = enter(sheet, emb, "`step`", x)
    look = "`dilated`", f"3 places, {apart} apart"
    low = sheet.box(main, added.low + GAP, *look, w=150)
    sheet.joint(added, low)
    if part.mel:
        told = f"`mel {seen.into('mel')}`"
        told = sheet.box(side, low.y + 10, told, kind="told", w=100)
        low = enter(sheet, told, "`mel`", low)
    fork = split(sheet, low, seen.out("dilated"))
    wave, gate = (
        sheet.box(main + way * 52, fork + 20, f"{function}(`{half}`)", w=96)
        for way, function, half in ((-1, "tanh", "wave"), (1, "sigmoid", "gate"))
    )
    product = sheet.sign(main, wave.low + 12, "×")
    for half, end in ((wave, product.left), (gate, product.right)):
        sheet.arrow((main, fork), (half.x, fork), half.top)
        sheet.arrow(half.bottom, (half.x, end[1]), end)
    out = sheet.box(main, product.low + GAP, "`out`", w=84)
    sheet.joint(product, out)
    fork = split(sheet, out, seen.out("out"))
    added = sheet.sign(98, fork + 20, "+")
    root = sheet.box(98, added.low + GAP, "/ √2", w=60)
    ahead = f"`x {seen.out()}`", "for the next layer"
    ahead = sheet.pill(98, root.low + GAP, *ahead)
    sheet.joint(added, root, ahead)
    skip = sheet.pill(282, ahead.y, f"`skip {seen.out()}`", "for the answer")
    sheet.arrow((main, fork), (98, fork), added.top)
    sheet.words(90, fork + 10, "`residual`", "end")
    sheet.arrow((main, fork), (282, fork), skip.top)
    sheet.arrow(x.left, (20, x.left[1]), (20, added.left[1]), added.left)
    told = f"; mel makes of mel {seen.into('mel')} what is added" if part.mel else ""
    return sheet.shown(
        f"A layer of DiffWave. step makes of emb {width} what is added to x "
        f"{seen.into()}. dilated looks at 3 places, {apart} apart, and answers "
        f"{seen.out('dilated')}{told}. One half is wave, the other gate: tanh of wave "
        f"times sigmoid of gate goes through out to {seen.out('out')}. One half of "
        f"that, residual, is added to x and divided by √2: x {seen.out()} for the next "
        f"layer. The other is skip {seen.out()}, for the answer."
    )


def enter(sheet: Sheet, told: Box, name: str, above: Box) -> Box:
    """A part makes of what is told a summand for what comes from above: their sum."""
    part = sheet.box(told.x, told.low + GAP, name, kind="told", w=told.w)
    summed = sheet.sign(above.x, part.y + 3, "+")
    sheet.down(told, part, kind="told")
    sheet.joint(above, summed)
    sheet.arrow(part.left, summed.right, kind="told")
    return summed


def split(sheet: Sheet, box: Box, shape: str) -> float:
    """The line from a box to where its answer is cut into halves; how low that is."""
    sheet.line(box.bottom, (box.x, box.low + 24))
    sheet.words(box.x + 8, box.low + 12, f"`{shape}`")
    return box.low + 24


def diffwave(net, size):
    """The stack: every layer sees farther, and every layer adds to the answer."""
    mel = zeros(net, net.n_mels, -(-size[0] // net.hop)) if net.n_mels else None
    seen = asked(net, 1, size, {"mel": mel} if net.n_mels else None)
    sheet, n = Sheet(), len(net.layers)
    emb = sheet.told(names(net), "shifts each layer (`step`)")
    x = sheet.pill(80, emb.low + GAP, f"`x {seen.into()}`", w=104)
    before = sheet.box(80, x.low + GAP, "`inp`, relu", w=104)
    sheet.joint(x, before)
    y = before.low + 34
    if net.n_mels:
        told = f"`mel {seen.into('upsample')}`"
        told = sheet.box(250, x.y, told, kind="told", w=110)
        up = sheet.box(250, before.y, "`upsample`", kind="told", w=110)
        sheet.down(told, up, kind="told")
        sheet.line(up.bottom, (250, up.low + 11), (13, up.low + 11), kind="told")
        sheet.words(258, up.low + 11, f"`{seen.out('upsample')}`")
        y += 16
    sheet.words(88, y - 11, f"`{seen.out('inp')}`")
    sheet.words(286, y - 11, "apart", "end")
    sheet.words(340, y - 11, "sees", "end")
    top = y + 11
    for first, last in rows(net.dilations):
        box = one_row(sheet, net.dilations, first, last, y)
        sheet.joint(before, box)
        before, y = box, y + 34
    sheet.line((13, emb.low), (13, before.left[1]), kind="told")
    root = sheet.box(306, y + 4, f"/ √{n}", w=56)
    sheet.line((366, top), (366, y + 9), kind="bridge")
    sheet.arrow((366, y + 9), (366, root.right[1]), root.right)
    sheet.words(358, y - 6, "`skips`", "end")
    skip = sheet.box(226, root.y, "`skip`, relu", w=76)
    out = sheet.box(150, root.y, "`out`", w=48)
    answer = sheet.pill(62, root.y, f"`{seen.out()}`", w=96)
    for a, b in pairwise((root, skip, out, answer)):
        sheet.arrow(a.left, b.right)
    told = ""
    if net.n_mels:
        told = f", and so does mel {seen.into('upsample')}, by upsample "
        told += seen.out("upsample")
    parts = ", ".join(
        f"layers[{i}] {net.dilations[i]}" if i == j else f"[{i}] to [{j}] once more"
        for i, j in rows(net.dilations)
    )
    return sheet.shown(
        f"DiffWave. x {seen.into()} goes through inp and relu to {seen.out('inp')}, "
        f"then through layers that look at 3 places, so far apart: {parts}; the last "
        f"one sees {net.receptive_field} samples. {EMB}, cond: {names(net)}, shifts "
        f"each layer (step){told}. The skips of all layers are summed and divided by "
        f"√{n}; skip, relu and out make {seen.out()} of them."
    )


def one_row(sheet: Sheet, dilations: list, first: int, last: int, y: float) -> Box:
    """A layer, or a cycle of layers: which places it looks at, what is seen so far."""
    alone, apart = first == last, dilations[first]
    name = f"`layers[{first}]`" if alone else f"`[{first}]` ... `[{last}]`"
    box = sheet.box(80, y, name, w=104, h=22)
    for way in (-1, 0, 1) if alone else ():
        sheet.dot(194 + way * (8 + 5 * log2(apart)), y + 11, "data")
    sheet.words(286, y + 11, f"{apart}" if alone else "once more", "end")
    sheet.words(340, y + 11, f"{1 + 2 * sum(dilations[: last + 1])}", "end")
    sheet.arrow((13, y + 11), box.left, kind="told")
    sheet.line((346, y + 11), (366, y + 11), kind="bridge")
    return box


def rows(dilations: list[int]) -> list[tuple[int, int]]:
    """First and last layer of each row: one by one, or later cycles together."""
    n = len(dilations)
    cycle = dilations.index(1, 1) if 1 in dilations[1:] and n > 12 else n
    once = [(i, i) for i in range(cycle)]
    return once + [(i, min(i + cycle, n) - 1) for i in range(cycle, n, cycle)]


def wavegrad(net, size):
    """Two arms: down on the noisy wave, up from the mel, FiLMs between."""
    seen = asked(net, 1, size, zeros(net, net.n_mels, -(-size[0] // net.hop)))
    sheet, n = Sheet(), len(net.up)
    left, right, rail = 66, WIDTH - 66, MIDDLE + 50
    formula = "level = alpha / sqrt(alpha² + sigma²)"
    level = sheet.box(MIDDLE, 4, f"`{formula}`", kind="told", w=WIDTH - 12)
    x = sheet.pill(left, level.low + GAP, f"`x {seen.into()}`", w=112)
    answer = sheet.pill(right, x.y, f"`{seen.out()}`", w=112)
    before = sheet.box(left, x.low + GAP, "`wave`", w=112)
    after = sheet.box(right, before.y, "`out`", w=112)
    sheet.joint(x, before)
    sheet.joint(after, answer)
    y = before.low + 34
    for k in range(n):
        film = sheet.box(MIDDLE, y, f"`films[{k}]`", w=76)
        sheet.arrow((rail, y - 9), (MIDDLE, y - 9), film.top, kind="told")
        i = n - 1 - k
        up = sheet.funnel(right, y, 112, 96, f"`up[{i}]` ×{net.up[i].factor}")
        sheet.down(up, after, f"`{seen.out(f'up.{i}')}`")
        sheet.arrow(film.right, up.left)
        if k == 0:  # the first FiLM looks at what `wave` answers
            sheet.words(left + 8, y - 17, f"`{seen.out('wave')}`")
            sheet.arrow(before.bottom, (left, film.left[1]), film.left)
            before = Box(left, y, 0, 12)
        else:
            factor = net.down[k - 1].factor
            down = sheet.funnel(left, y, 112, 96, f"`down[{k - 1}]` ÷{factor}")
            label = f"`{seen.out(f'down.{k - 2}')}`" if k > 1 else ""
            sheet.down(before, down, label)
            sheet.arrow(down.right, film.left)
            before = down
        after, y = up, y + 58
    sheet.line((rail, level.low), (rail, y - 58 - 9), kind="told")
    start = sheet.box(right, y, "`mel`", w=112)
    sheet.down(start, after, f"`{seen.out('mel')}`")
    sheet.tell(start, MIDDLE - 20, f"`mel {seen.into('mel')}`", w=90)
    films = ", ".join(f"films[{k}]" for k in range(n))
    down = ", ".join(f"down[{k}] {seen.out(f'down.{k}')}" for k in range(n - 1))
    up = ", ".join(f"up[{k}] {seen.out(f'up.{k}')}" for k in range(n))
    return sheet.shown(
        f"WaveGrad. Left, x {seen.into()} goes down through wave {seen.out('wave')}, "
        f"{down}. Right, mel {seen.into('mel')} goes up through mel {seen.out('mel')}, "
        f"{up}, and out to {seen.out()}. From left to right lead {films}, one for each "
        f"size; {formula} is told to each."
    )
