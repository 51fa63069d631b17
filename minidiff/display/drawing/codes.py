"""Nets that write tokens, as drawings: rows of codes, and hidden words."""

from .kit import GAP, MIDDLE, WIDTH, Sheet

SHOWN = "a", "?", "bell", "?", "rain"  # the words that are drawn, two of them hidden


def coded(net):
    """`Coded`: the row before, summed, through what is causal, to scores of words."""
    sheet, rows, blocks = Sheet(), len(net.places), len(net.net.blocks)
    books, words, width = net.books, net.words, net.places.shape[1]
    late = f"{net.lag} step{'s' * (net.lag != 1)}"
    told = sheet.box(
        MIDDLE, 4, f"`label(cond)`: of {net.classes or 0} classes one, or none",
        "`places`: the number of the step", kind="told", w=WIDTH - 60,
    )  # fmt: skip
    before = sheet.pill(MIDDLE, told.low + GAP, f"the row before: {books} codes")
    tables = sheet.box(
        MIDDLE, before.low + GAP, f"`tables`: {books} × ({words} + 1) × {width},",
        "one vector for each code",
    )  # fmt: skip
    total = sheet.sign(MIDDLE, tables.low + GAP, "+")
    causal = sheet.box(
        MIDDLE, total.low + GAP, f"`net`: {blocks} causal blocks;",
        f"each of {rows} steps asks those before it",
    )  # fmt: skip
    heads = sheet.box(MIDDLE, causal.low + GAP, f"`heads`: {books} × {width} × {words}")
    drawn = sheet.pill(MIDDLE, heads.low + GAP, "this row: a code drawn from each")
    sheet.joint(before, tables, total, causal, heads, drawn)
    x = WIDTH - 12
    way = told.right, (x, told.right[1]), (x, total.right[1]), total.right
    sheet.arrow(*way, kind="told")
    way = drawn.left, (12, drawn.left[1]), (12, before.left[1]), before.left
    sheet.arrow(*way, kind="bridge")
    end = f"`undelayed`: each book is {late} later than the one before"
    sheet.words(MIDDLE, drawn.low + GAP, end, "middle")
    return sheet.shown(
        f"A net of codes. By tables the {books} codes of the row before become a "
        "vector each, which are summed, with places and label(cond), the class. Then "
        f"net, {blocks} causal blocks, in which each of {rows} steps asks those before "
        f"it, and {books} heads of {words} scores. A code is drawn from each, and the "
        f"next step is told this row. When undelayed, each book was {late} later than "
        "the one before."
    )


def masked(net):
    """`Masked`: hidden words among others; all ask all; the hidden ones get scores."""
    sheet, words, width = Sheet(), net.words, net.places.shape[1]
    wide = (WIDTH - 16) / len(SHOWN)
    at = [8 + wide * (k + 0.5) for k in range(len(SHOWN))]
    tops = [
        sheet.pill(x, 4, word, w=wide - 10) for x, word in zip(at, SHOWN, strict=True)
    ]
    rows, w = [tops[0]], WIDTH - 16
    for lines in (
        (f"`table`: ({words} + 1) × {width}; the last row is hidden,", "+ `places`"),
        (f"{len(net.blocks)} `blocks`: all places ask all",),
        (f"`norm`, `out`: {width} × {words}, scores",),
    ):
        rows.append(sheet.box(MIDDLE, rows[-1].low + 22, *lines, w=w))
        for x in at:
            sheet.arrow((x, rows[-2].low), (x, rows[-1].y))
    low = rows[-1].low
    for x, word in zip(at, SHOWN, strict=True):
        if word == "?":
            sheet.arrow((x, low), (x, low + 22), kind="data")
            sheet.pill(x, low + 22, "draw", w=wide - 10)
        else:
            sheet.words(x, low + 34, "kept", "middle")
    return sheet.shown(
        f"A filler of masks. The tokens {', '.join(SHOWN)}, of which ? are hidden, "
        f"become each a row of table, plus one of places. In {len(net.blocks)} blocks "
        f"all places ask all; norm and out give {words} scores. Where a token is "
        "hidden, a word is drawn by them; the others are kept."
    )
