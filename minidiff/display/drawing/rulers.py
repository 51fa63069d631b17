"""From two crowds of sounds to numbers, as a drawing."""

from .kit import GAP, MIDDLE, WIDTH, Sheet

ASKED = {  # a ruler, and what is left of the crowds in it
    "frechet": ("a mean and a", "covariance each"),
    "kernel_distance": ("how alike", "all pairs are"),
    "density_coverage": ("who is nearest", "to whom"),
}


def rulers(samples: int, numbers: int):
    """samples: of a sound. numbers: in which an ear describes one."""
    sheet, columns = Sheet(), (65, MIDDLE, WIDTH - 65)
    crowds, heard = [], []
    for x, name in ((95, "real"), (WIDTH - 95, "made")):
        crowds.append(sheet.pill(x, 4, f"`{name} n×{samples}`", w=150))
    ear = sheet.box(MIDDLE, crowds[0].low + GAP, "`ear.embed`: one ear for both", w=340)
    for crowd in crowds:
        sheet.arrow(crowd.bottom, (crowd.x, ear.y))
    for crowd in crowds:
        low = ear.low + GAP
        heard.append(sheet.pill(crowd.x, low, f"n×{numbers}", w=110))
        sheet.arrow((crowd.x, ear.low), heard[-1].top)
    bar = heard[0].low + 12
    sheet.line(heard[0].bottom, (heard[0].x, bar), (MIDDLE, bar))
    sheet.line(heard[1].bottom, (heard[1].x, bar), (MIDDLE, bar))
    for x, (name, lines) in zip(columns, ASKED.items(), strict=True):
        box = sheet.box(x, bar + 18, f"`{name}`", *lines, w=122)
        start = (MIDDLE, bar)
        turn = [] if x == MIDDLE else [(x, bar)]
        sheet.arrow(start, *turn, box.top)
        number = sheet.pill(x, box.low + GAP, "a number", w=92)
        sheet.joint(box, number)
    return sheet.shown(
        f"Judging a crowd. real and made, n×{samples} each, go through ear.embed, one "
        f"ear for both, to n×{numbers} each; both together to frechet (a mean and a "
        "covariance each), kernel_distance (how alike all pairs are) and "
        "density_coverage (who is nearest to whom), each of which gives a number."
    )
