"""A small Transformer that reads, as a drawing: words on top, what is said of them."""

from .kit import MIDDLE, WIDTH, Sheet
from .shapes import shapes

SAID = "rain", "then", "a", "bell"  # the words that are drawn, and one place of padding


def reader(net, size):
    """`Text`: each word and its place, then blocks in which they ask each other."""
    words = size[0]
    tokens = net.places.new_zeros(1, words).long()
    seen = shapes(net, tokens)
    sheet, columns = Sheet(), [*SAID, "0"]
    wide = (WIDTH - 8) / 6
    at = [4 + wide * (k + 0.5) for k in range(6)]
    for x, word in zip(at[1:], columns, strict=True):
        pill = sheet.pill(x, 4, word, w=wide - 8)
    row = sheet.box(
        (at[1] + at[5]) / 2, pill.low + 26, "`table`: a row for each word",
        w=5 * wide - 8,
    )  # fmt: skip
    start = sheet.box(at[0], row.y, "`start`", w=wide - 8)
    place = sheet.box(row.x, row.low + 14, "+ `places`: a row for each place", w=row.w)
    for x in at[1:]:
        sheet.arrow((x, pill.low), (x, row.y))
        sheet.arrow((x, row.low), (x, place.y))
    y = place.low + 26
    inner = f"`{seen.out('')}`"
    sheet.words(at[0] + 8, (place.low + y) / 2, inner)
    for k in range(len(net.blocks)):
        box = sheet.box(
            MIDDLE, y, f"`blocks[{k}]`: `attend`, all ask all but padding;",
            "`think`, each by itself", w=WIDTH - 16,
        )  # fmt: skip
        tops = [start.low, *[place.low] * 5] if k == 0 else [low] * 6
        for x, top in zip(at, tops, strict=True):
            sheet.arrow((x, top), (x, box.y))
        low, y = box.low, box.low + 18
    norm = sheet.box(MIDDLE, y, "`norm`", w=WIDTH - 16)
    for x in at:
        sheet.arrow((x, low), (x, norm.y))
        sheet.arrow((x, norm.low), (x, norm.low + 18))
    whole = sheet.pill(at[0], norm.low + 18, "whole", w=wide - 4)
    sheet.pill((at[1] + at[4]) / 2, whole.y, "what is said of each word", w=4 * wide)
    sheet.words(at[5], whole.y + whole.h / 2, "not heard", "middle")
    return sheet.shown(
        f"A reader. The words {', '.join(SAID)} and a 0 each become a row of table, "
        f"plus a row of places; start stands before them: {seen.out('')}. In blocks[0] "
        f"to blocks[{len(net.blocks) - 1}] all ask all but the padding, attend, then "
        "each does think by itself. After norm the first place stands for the whole "
        "text, the others for what is said of each word; padding is not heard."
    )
