"""Three questions to one model about a sound, as a drawing."""

from .kit import GAP, MIDDLE, WIDTH, Sheet
from .shapes import times

ASKED = {  # the function, and what it does in two lines
    "errors": ("drown at levels,", "guess each time"),
    "changes": ("drown to one t,", "walk down again"),
    "log_likelihood": ("follow the flow", "up into noise"),
}


def scores(whole):
    """From a sound to three numbers. whole: a loaded model."""
    sheet, shape = Sheet(), times(whole.shape)
    front = f"`{type(whole.spec).__name__}.encode`"
    samples = whole.settings["samples"]
    wave = sheet.pill(MIDDLE, 4, f"`wave 1×{samples}`", w=150)
    encode = sheet.box(MIDDLE, wave.low + GAP, front, w=150)
    x0 = sheet.pill(MIDDLE, encode.low + GAP, f"`x0 {shape}`", w=130)
    sheet.joint(wave, encode, x0)
    asked, maps = [], []
    for column, (name, lines) in zip(
        (65, MIDDLE, WIDTH - 65), ASKED.items(), strict=True
    ):
        box = sheet.box(column, x0.low + 28, f"`{name}`", *lines, w=122)
        ends = [(column, x0.left[1]), box.top]
        if column == MIDDLE:
            ends = [x0.bottom, box.top]
        else:
            ends.insert(0, x0.left if column < MIDDLE else x0.right)
        sheet.arrow(*ends)
        asked.append(box)
    for box in asked[:2]:
        maps.append(sheet.pill(box.x, box.low + GAP, f"map `{shape}`", w=122))
        sheet.joint(box, maps[-1])
    mean = sheet.box(127.5, maps[0].low + GAP, "`strangest(map, share)`", w=247)
    for one in maps:
        sheet.arrow(one.bottom, (one.x, mean.y))
    low = mean.low + GAP
    for box, above in ((asked[0], mean), (asked[1], mean), (asked[2], asked[2])):
        number = sheet.pill(box.x, low, "one number", w=110)
        sheet.arrow((box.x, above.low), number.top)
    return sheet.shown(
        f"Three scores. wave 1×{samples} goes through {front} to x0 {shape}, and that "
        "to errors (drown at levels, guess each time) and changes (drown to one t, "
        f"walk down again), each a map {shape} of which strangest(map, share) makes "
        "one number; and to log_likelihood (follow the flow up into noise), one number."
    )
