"""Two towers that meet, as a drawing: a mel on the left, words on the right."""

import torch

from .kit import GAP, MIDDLE, WIDTH, Sheet
from .shapes import shapes, zeros

PAIRS = 4  # sounds and captions of the batch that is drawn


def towers(net, size):
    """Sound and text, each to a direction; below, how well each fits each."""
    words = len(net.text.text.places)
    mel = zeros(net.sound, 1, *size)
    learning = net.training
    net.eval()  # else its norms would learn of the zeros
    sound = shapes(net.sound, mel)
    text = shapes(net.text, mel.new_zeros(1, words, dtype=torch.int64))
    net.train(learning)
    sheet, left, right, w = Sheet(), 92, WIDTH - 92, 164
    mel = sheet.pill(left, 4, f"`mel {sound.into()}`", w=w)
    said = sheet.pill(right, 4, f"`tokens {text.into()}`", w=w)
    above, label, spoken = mel, "", []
    for k, (first, last) in enumerate(stages(net.sound.layers)):
        halved = "" if sound[first].into[1:] == sound[last].out[1:] else ", halve"
        box = sheet.box(left, above.low + 26, f"`conv`, norm, relu{halved}", w=w)
        sheet.down(above, box, label)
        above, label = box, f"`{sound.out(last)}`"
        spoken.append(sound.out(last))
        if k == 0:
            top = box
    pool = sheet.box(left, above.low + 26, "mean in 8 × 8 parts", w=w)
    sheet.down(above, pool, label)
    out = sheet.box(left, pool.low + 26, "`out`", w=w)
    sheet.down(pool, out, f"`{sound.into('out')}`")
    table = sheet.box(right, top.y, "`start`, `table` + `places`", w=w)
    sheet.joint(said, table)
    above, inner = table, f"`{text.out('text')}`"
    for k in range(len(net.text.text.blocks)):
        box = sheet.box(right, above.low + 26, f"`blocks[{k}]`: attend, think", w=w)
        sheet.down(above, box, inner)
        above, inner = box, f"`{text.out(f'text.blocks.{k}')}`"
    norm = sheet.box(right, above.low + 26, "`norm`, keep `start`", w=w)
    sheet.down(above, norm, inner)
    last = sheet.box(right, out.y, "`out`", w=w)
    sheet.down(norm, last, f"`{text.into('out')}`")
    y = out.low + 26
    hear = sheet.pill(left, y, f"`hear`: {sound.out()}, length 1", w=w)
    read = sheet.pill(right, y, f"`read`: {text.out()}, length 1", w=w)
    sheet.joint(out, hear)
    sheet.joint(last, read)
    formula = "`scores = sounds @ texts.T / temperature`"
    scores = sheet.box(MIDDLE, hear.low + GAP, formula, w=WIDTH - 20)
    for pill in (hear, read):
        sheet.arrow(pill.bottom, (pill.x, scores.y))
    low = matrix(sheet, scores.low + 12)
    sheet.words(
        MIDDLE, low + 14, "one row for each sound, its own caption dark", "middle"
    )
    blocks = f"blocks[0] to blocks[{len(net.text.text.blocks) - 1}]"
    return sheet.shown(
        f"Two towers. Left, mel {sound.into()} goes four times through conv, norm, "
        f"relu, and halves, to {', '.join(spoken)}, means in 8 × 8 parts and out to "
        f"{sound.out()}: hear, of length 1. Right, tokens {text.into()} go through "
        f"table + places, {blocks}, {text.out('text')} with start, and out to "
        f"{text.out()}: read, of length 1. {formula}: a square with one row for each "
        "sound, its own caption on the diagonal."
    )


def stages(layers) -> list[tuple[str, str]]:
    """The first and the last layer of each stage of four, by name."""
    ends = ((k, k + 3) for k in range(0, len(layers) - 1, 4))
    return [(f"layers.{first}", f"layers.{last}") for first, last in ends]


def matrix(sheet: Sheet, y: float, side: float = 18) -> float:
    """A batch of scores; answers where it ends."""
    left = MIDDLE - PAIRS * side / 2
    for i in range(PAIRS):
        for k in range(PAIRS):
            level = 0.9 if i == k else 0.15
            sheet.cell(left + k * side, y + i * side, side - 2, side - 2, level)
    return y + PAIRS * side
