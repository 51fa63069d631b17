"""The U-Net as drawings: the whole U, and one of its blocks."""

from itertools import pairwise

from torch import nn

from .kit import EMB, GAP, MIDDLE, WIDTH, Box, Sheet, measure
from .shapes import Shapes, asked, names, shapes, times, zeros

RAILS = 13, WIDTH - 13  # on which `emb` comes down
WORDS = 17  # that a block is shown; it answers in the same shape to any number
LEFT, RIGHT, ARM = 79, WIDTH - 79, 108  # the arms of a U: middles and width


def unet(net, size):
    """The U: x of this size goes down the left arm, the answer comes up the right."""
    seen, sheet = asked(net, net.in_channels, size), Sheet()
    emb = sheet.told(names(net), "sets scale and shift (FiLM)")
    x = sheet.pill(LEFT, emb.low + GAP, f"`x {seen.into()}`", w=ARM)
    if net.conditions.frames:
        x = joined(sheet, net, x, size, seen.into("stem"))
    answer = sheet.pill(RIGHT, x.y, f"`{seen.out()}`", w=ARM)
    stem = sheet.box(LEFT, x.low + GAP, "`stem`", w=ARM)
    out = sheet.box(RIGHT, stem.y, "`norm`, silu, `out`", w=ARM)
    sheet.joint(x, stem)
    sheet.joint(out, answer)
    low = turn(sheet, net, seen, emb, *arms(sheet, seen, stem, out, len(net.down)))
    for k, remark in enumerate(remarks(net), 1):
        sheet.words(MIDDLE, low + 16 * k, remark, "middle")
    return sheet.shown(spoken(net, seen))


def joined(sheet: Sheet, net, x: Box, size: tuple, shape: str) -> Box:
    """What stands beside x, place by place, joins it."""
    both = sheet.pill(LEFT, x.low + 22, f"`joined {shape}`", w=ARM)
    sheet.joint(x, both)
    edge, corner = x.right[0], (LEFT + 30, x.low + 9)
    for name, embed in net.conditions.frames.items():
        words = f"`{name} {times(stands(embed, size))}`"
        w = measure(words) + 14
        beside = sheet.box(edge + 8 + w / 2, x.y, words, kind="told", w=w)
        sheet.line(beside.bottom, (beside.x, corner[1]), corner, kind="told")
        edge += 8 + w
    sheet.arrow(corner, (corner[0], both.y), kind="told")
    return both


def stands(embed, size: tuple) -> tuple:
    """The shape of what stands beside an x of this size."""
    return embed.size, -(-size[0] // embed.hop), *size[1:]


def arms(sheet: Sheet, seen: Shapes, before: Box, after: Box, levels: int):
    """Both arms with their bridges, from the stem to the lowest blocks."""
    y = before.low + 26
    for i in range(levels):
        w, below = narrowed(i), narrowed(i + 1)
        down = sheet.box(LEFT, y, f"`down[{i}]`", w=w)
        up = sheet.box(RIGHT, y, f"`up[{i}]`", w=w)
        sheet.down(before, down, f"`{seen.out(f'shrink.{i - 1}' if i else 'stem')}`")
        sheet.down(up, after, f"`{seen.out(f'up.{i}')}`")
        for rail, block in zip(RAILS, (down.left, up.right), strict=True):
            sheet.arrow((rail, block[1]), block, kind="told")
        sheet.arrow(down.right, up.left, kind="bridge")
        sheet.words(MIDDLE, y + 2, f"`{seen.out(f'down.{i}')}`", "middle")
        if i == 0:
            sheet.words(MIDDLE, y - 15, "`skips`", "middle")
        before, after = down, up
        if i < levels - 1:
            y = down.low + GAP
            before = sheet.funnel(LEFT, y, w, below, f"`shrink[{i}]`")
            after = sheet.funnel(RIGHT, y, w, below, f"`grow[{i}]`")
            sheet.joint(down, before)
            sheet.joint(after, up)
            y = before.low + 28
    return before, after


def narrowed(level: int) -> float:
    """How wide the arms are at a level: a hint at the halved size."""
    return 64 + (ARM - 64) * 0.7**level


def turn(sheet: Sheet, net, seen: Shapes, emb: Box, down: Box, up: Box) -> float:
    """From the left arm to the right one, and the rails; answers where they end."""
    y, parts = down.low + 28, bottom(net)
    if len(parts) > 4:
        parts[:-2] = [f"mid[0...{parts[-3][4:-1]}]"]
    w = (RIGHT - LEFT + ARM - 20 * (len(parts) - 1)) / len(parts)
    row = [
        sheet.box(LEFT + (w - ARM) / 2 + k * (w + 20), y, f"`{part}`", w=w)
        for k, part in enumerate(parts)
    ]
    for a, b in pairwise(row):
        sheet.arrow(a.right, b.left)
    sheet.down(down, Box(LEFT, y, w, 24), f"`{seen.out(f'down.{len(net.down) - 1}')}`")
    sheet.down(Box(RIGHT, y, w, 24), up, f"`{seen.out(f'mid.{len(net.mid) - 1}')}`")
    (left, right), low = RAILS, y + 42
    corners = (left, emb.low), (left, low), (right, low), (right, emb.low)
    sheet.line(*corners, kind="told")
    for part, box in zip(parts, row, strict=True):
        if part != "attend":
            sheet.arrow((box.x, low), box.bottom, kind="told")
    return low


def bottom(net) -> list[str]:
    """The parts between the arms, in order."""
    parts = [f"mid[{i}]" for i in range(len(net.mid))]
    attend = [] if isinstance(net.attend, nn.Identity) else ["attend"]
    return [*parts[:-1], *attend, parts[-1]]


def remarks(net):
    """What the boxes do not say."""
    patch = net.stem.stride[0]
    if patch > 1:
        yield f"`stem`: {patch} by {patch} numbers become one place."
    if "attend" in bottom(net):
        yield "`attend`: every place asks every other."
    if not isinstance(net.down[0].along, nn.Identity):
        yield "`along`: each block also looks along its rows."
    if net.mid[0].listen:
        yield "`listen`: below the first level each place asks every word."


def spoken(net, seen: Shapes) -> str:
    """The same in words."""
    steps, back = [f"down[0] {seen.out('down.0')}"], [f"up[0] {seen.out('up.0')}"]
    for i in range(len(net.shrink)):
        steps += [f"shrink[{i}] {seen.out(f'shrink.{i}')}", f"down[{i + 1}]"]
        back += [f"grow[{i}]", f"up[{i + 1}] {seen.out(f'up.{i + 1}')}"]
    told = [
        f"{name} {times(stands(embed, seen[''].into[1:]))}"
        for name, embed in net.conditions.frames.items()
    ]
    beside = f", joined with {', '.join(told)} to {seen.into('stem')}," if told else ""
    return " ".join([
        f"A U-Net. x {seen.into()}{beside} goes through stem to {seen.out('stem')} "
        f"and down the left arm: {', '.join(steps)}. Across the bottom, "
        f"{seen.out('mid.0')}: {', '.join(bottom(net))}. Up the right arm: "
        f"{', '.join(back[::-1])}; norm, silu and out give {seen.out()}. At every "
        f"level a bridge, skips, leads from down to up. {EMB}, cond: {names(net)}, "
        "sets scale and shift in all blocks (FiLM).",
        *remarks(net),
    ])  # fmt: skip


def block(part, size):
    """One block of a U-Net, for places of this size: norm, look, fade, look again."""
    c, width, main = part.norm1.num_channels, part.film.in_features, 172
    asks, said = part.listen, []
    if asks:
        words = zeros(part, WORDS, asks.attend.kv.in_features)
        said = [(words, words[..., 0] == 0)]
    seen = shapes(part, zeros(part, c, *size), zeros(part, width), *said)
    sheet = Sheet()
    x = sheet.pill(main, 4, f"`x {seen.into()}`")
    emb = sheet.box(322, 4, f"`emb {width}`", kind="told")
    look = sheet.box(main, x.low + GAP, "`norm1`, silu, `conv1`", w=176)
    norm = sheet.box(main, look.low + 26, "`norm2`", w=176)
    fade = sheet.box(main, norm.low + GAP, "`h * (1 + scale) + shift`", w=176)
    last = sheet.box(main, fade.low + GAP, "silu, `conv2`", w=176)
    add = low = sheet.sign(main, last.low + GAP, "+")
    sheet.joint(x, look)
    sheet.down(look, norm, f"`{seen.out('conv1')}`")
    sheet.joint(norm, fade, last, add)
    film = sheet.box(322, norm.y - 12, "`film`", "`scale, shift`", kind="told", w=96)
    sheet.down(emb, film, kind="told")
    sheet.arrow(film.bottom, (322, fade.right[1]), fade.right, kind="told")
    around = sheet.box(46, norm.y, "`around`")
    sheet.arrow(x.left, (46, x.left[1]), around.top)
    sheet.arrow(around.bottom, (46, add.left[1]), add.left)
    if not isinstance(part.along, nn.Identity):
        low = sheet.box(main, add.low + GAP, "`along`", w=176)
        sheet.joint(add, low)
    along = ", then along" if low is not add else ""
    if asks:
        before, low = low, sheet.box(main, low.low + GAP, "`listen`", w=176)
        sheet.joint(before, low)
        told = sheet.box(322, low.y, "`said`", kind="told", w=96)
        sheet.arrow(told.left, low.right, kind="told")
        along += ", then listen, where each place asks what is said of every word"
    sheet.joint(low, sheet.pill(main, low.low + GAP, f"`{seen.out()}`", w=x.w))
    return sheet.shown(
        f"A block. x {seen.into()} goes through norm1, silu and conv1 to "
        f"{seen.out('conv1')}, norm2, h * (1 + scale) + shift, where film makes "
        f"scale, shift of emb {width}, then silu, conv2. A way, around, leads from x "
        f"to the sum{along}. The answer is {seen.out()}."
    )
