"""What begins at a sound, as drawings: a variation, and an edit by inversion."""

from .kit import GAP, MIDDLE, WIDTH, Sheet
from .shapes import times


def variation(whole, strength=0.6):
    """Part of the way up in one step, and the rest of a walk down.

    whole: a loaded model, whose shapes and front end these are.
    """
    sheet, shape = Sheet(), times(whole.shape)
    alpha, sigma = (float(level) for level in whole.denoiser.schedule(strength))
    front = f"`{type(whole.spec).__name__}.encode`"
    samples, left, right = whole.settings["samples"], 104, WIDTH - 84
    wave = sheet.pill(left, 4, f"`reference 1×{samples}`", w=190)
    encode = sheet.box(left, wave.low + GAP, front, w=190)
    x0 = sheet.pill(left, encode.low + GAP, f"`x0 {shape}`", w=120)
    eps = sheet.pill(right, x0.y, f"`eps {shape}`", w=120)
    lines = (
        f"`diffuse(x0, {strength:g}, eps, schedule)`",
        f"`{alpha:.2f} * x0 + {sigma:.2f} * eps`",
    )
    noised = sheet.box(MIDDLE, x0.low + 24, *lines, w=300)
    x = sheet.pill(MIDDLE, noised.low + GAP, f"`x` at t = {strength:g}", w=120)
    walk = (
        f"`sampler`, t from {strength:g} to 0:",
        "`times_from(times, strength)`",
    )
    steps = sheet.box(150, x.low + GAP, *walk, w=240)
    sheet.tell(steps, WIDTH - 48, "`cond`", w=60)
    decode = sheet.box(150, steps.low + GAP, "`decode`", w=120)
    out = sheet.pill(150, decode.low + GAP, f"`wave 1×{samples}`", w=190)
    sheet.joint(wave, encode, x0)
    sheet.arrow(x0.bottom, (x0.x, noised.y))
    sheet.arrow(eps.bottom, (eps.x, noised.y))
    sheet.joint(noised, x)
    sheet.arrow((150, x.low), (150, steps.y))
    sheet.joint(steps, decode, out)
    return sheet.shown(
        f"A variation. reference 1×{samples} goes through {front} to x0 {shape}; with "
        f"eps {shape} {' or '.join(lines)} makes x at t = {strength:g}. From there "
        f"{' '.join(walk)}, told cond; then decode, and wave 1×{samples}."
    )


def edit(whole, was="seven", wanted="nine"):
    """All the way up told one thing, and all the way down told another."""
    sheet, shape, far = Sheet(), times(whole.shape), 98
    left, right = far, WIDTH - far
    x0 = sheet.pill(left, 4, f"`x0 {shape}`", w=130)
    after = sheet.pill(right, 4, f"`x0 {shape}`", w=130)
    dust = sheet.box(left, x0.low + GAP, "`dusted`: a little noise", w=176)
    up = sheet.box(left, dust.low + GAP, "`invert`, t rises", f"`cond`: {was}", w=176)
    down = sheet.box(right, up.y, "`ddim`, t falls", f"`cond`: {wanted}", w=176)
    noise = sheet.pill(MIDDLE, up.low + 26, f"noise `{shape}`", w=150)
    sheet.joint(x0, dust, up)
    sheet.arrow(up.bottom, (left, noise.left[1]), noise.left)
    sheet.arrow(noise.right, (right, noise.right[1]), down.bottom)
    sheet.arrow(down.top, after.bottom)
    return sheet.shown(
        f"An edit. Left, up: x0 {shape}, dusted: a little noise, then invert, t rises, "
        f"cond: {was}, to noise {shape}. Right, down from it: ddim, t falls, cond: "
        f"{wanted}, to x0 {shape}."
    )


def repair(whole):
    """A walk that is told what was recorded, and what is known put back at its end."""
    sheet, shape, left, right, mid = Sheet(), times(whole.shape), 90, WIDTH - 90, 150
    samples, front = whole.settings["samples"], type(whole.spec).__name__
    y = sheet.pill(left, 4, f"`y 1×{samples}`", w=120)
    operator = sheet.pill(right, 4, "`operator`", w=120)
    both = sheet.box(MIDDLE, y.low + 24, f"`within`: as a `{front}` sees both", w=320)
    noise = sheet.pill(228, both.low + 22, f"noise `{shape}`", w=136)
    lines = "`sampler`, t from 1 to 0:", "`DPS(denoiser, ...)`"
    walk = sheet.box(mid, noise.low + 22, *lines, w=240)
    sheet.tell(walk, WIDTH - 48, "`cond`", w=60)
    x0 = sheet.pill(mid, walk.low + GAP, f"`x0 {shape}`", w=120)
    back = sheet.box(mid, x0.low + GAP, "decoded, and `operator.hold`", w=240)
    out = sheet.pill(mid, back.low + GAP, f"`wave 1×{samples}`", w=190)
    sheet.arrow(y.bottom, (y.x, both.y))
    sheet.arrow(operator.bottom, (operator.x, both.y))
    sheet.arrow((mid, both.low), (mid, walk.y))
    sheet.arrow(noise.bottom, (noise.x, walk.y))
    sheet.joint(walk, x0, back, out)
    return sheet.shown(
        f"A repair. y 1×{samples} and its operator, within: as a {front} sees both; "
        f"from noise {shape} a sampler, t from 1 to 0: DPS(denoiser, ...), told "
        f"cond, to x0 {shape}; decoded, and by operator.hold what is known put back, "
        f"wave 1×{samples}."
    )
