"""The rivals, as drawings: nets that oppose each other, or meet, and one in a row."""

from itertools import pairwise

from .kit import GAP, MIDDLE, WIDTH, Sheet

LEFT, RIGHT = 98, WIDTH - 98  # middles of two columns
HALF = 172


def weights(net) -> str:
    return f"{sum(p.numel() for p in net.parameters()):,} weights"


def gan(net):
    """Noise through G on one side, data on the other, both before D."""
    sheet = Sheet()
    z = sheet.pill(LEFT, 4, f"`z`, {net.latent} numbers", w=HALF)
    G = sheet.box(LEFT, z.low + GAP, "`G`", weights(net.G), w=HALF)
    made = sheet.pill(LEFT, G.low + GAP, "made", w=90)
    real = sheet.pill(RIGHT, made.y, "real `x0`", w=90)
    D = sheet.box(MIDDLE, made.low + 24, "`D`", weights(net.D), w=WIDTH - 24)
    score = sheet.pill(MIDDLE, D.low + GAP, "a score for each", w=150)
    sheet.joint(z, G, made)
    for end in (made, real):
        sheet.arrow(end.bottom, (end.x, D.y))
    sheet.joint(D, score)
    turns = (
        (LEFT, ("G's turn:", "made ones shall", "score high")),
        (RIGHT, ("D's turn:", "real ones high,", "made ones low")),
    )
    for x, lines in turns:
        sheet.box(x, score.low + 24, *lines, kind="told", w=HALF)
    sheet.arrow(score.left, (LEFT, score.left[1]), (LEFT, score.low + 24), kind="told")
    sheet.arrow(
        score.right, (RIGHT, score.right[1]), (RIGHT, score.low + 24), kind="told"
    )
    damped = f", and {net.gamma:g} times R1" if net.gamma else ""
    return sheet.shown(
        f"A GAN. z, {net.latent} numbers, goes through G, {weights(net.G)}; what is "
        f"made and real x0 go to D, {weights(net.D)}, which gives a score "
        "to each. In G's turn made ones shall score high. In D's turn real ones shall "
        f"score high, made ones low{damped}."
    )


def vae(net):
    """x to a cloud of z, a draw from it, and back; and what both ends cost."""
    sheet = Sheet()
    x = sheet.pill(MIDDLE, 4, "`x0`", w=60)
    encoder = sheet.box(MIDDLE, x.low + GAP, "`encoder`", weights(net.encoder), w=HALF)
    cloud = f"`mean`, `log_var`: {net.latent} each"
    q = sheet.pill(MIDDLE, encoder.low + GAP, cloud, w=200)
    z = sheet.pill(MIDDLE, q.low + 24, "`z`, drawn", w=100)
    decoder = sheet.box(MIDDLE, z.low + GAP, "`decoder`", weights(net.decoder), w=HALF)
    out = sheet.pill(MIDDLE, decoder.low + GAP, "mean of `x`, and one `s`", w=172)
    sheet.joint(x, encoder, q, z, decoder, out)
    price = sheet.box(54, q.low + 16, "price: `KL`", "to N(0, 1)", kind="told", w=92)
    sheet.arrow(q.left, (price.x, q.left[1]), price.top, kind="told")
    error = sheet.box(54, decoder.y, "price:", "how far off", kind="told", w=92)
    sheet.arrow(out.left, (error.x, out.left[1]), error.bottom, kind="told")
    prior = sheet.pill(WIDTH - 62, z.y, "new: N(0, 1)", w=110)
    sheet.arrow(prior.left, z.right, kind="bridge")
    return sheet.shown(
        f"A VAE. x0 goes through the encoder, {weights(net.encoder)}, to mean and "
        f"log_var of {net.latent} numbers; z is drawn, and goes through the decoder, "
        f"{weights(net.decoder)}, to the mean of x, with one spread s. Two prices: KL "
        "of mean and log_var to N(0, 1), and how far off x is. To make something new, "
        "z is drawn from N(0, 1)."
    )


def autoregressive(net):
    """Four places of the row; each is told the token before it."""
    sheet, blocks = Sheet(), len(net.net.blocks)
    names = ["start", *(f"token {k}" for k in range(3))]
    wide = (WIDTH - 16) / len(names)
    at = [8 + wide * (k + 0.5) for k in range(len(names))]
    told = [
        sheet.pill(x, 4, name, w=wide - 8) for x, name in zip(at, names, strict=True)
    ]
    width = net.places.shape[1]
    table = sheet.box(
        MIDDLE, told[0].low + 20, f"`table`: {net.words} × {width}, + `places`",
        w=WIDTH - 16,
    )  # fmt: skip
    body = sheet.box(
        MIDDLE, table.low + 20, f"`net`: {blocks} causal block{'s' * (blocks != 1)};",
        "each place asks those to its left", w=WIDTH - 16,
    )  # fmt: skip
    out = sheet.box(
        MIDDLE, body.low + 20, f"`out`: {width} × {net.words}", w=WIDTH - 16
    )
    rows = [told[0], table, body, out]
    for x in at:
        for above, below in pairwise(rows):
            sheet.arrow((x, above.low), (x, below.y))
        sheet.arrow((x, out.low), (x, out.low + 20), kind="data")
    ends = [*names[1:], "token 3"]
    for x, name in zip(at, ends, strict=True):
        sheet.pill(x, out.low + 20, name, w=wide - 8)
    return sheet.shown(
        f"An autoregressive net. Places {', '.join(names)} each become a row of table, "
        f"{net.words} by {width}, plus one of places; by net, causal blocks: "
        f"{blocks}, each asks those to its left; out gives {net.words} scores, by "
        f"which the next is drawn: {', '.join(ends)}."
    )
