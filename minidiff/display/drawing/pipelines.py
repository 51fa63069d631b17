"""What stands around a net, as drawings: training, a step, guidance."""

from math import sqrt

from .kit import GAP, MIDDLE, WIDTH, Sheet
from .shapes import times

TARGETS = {
    "eps": ["`eps`"],
    "x0": ["`x0`"],
    "v": ["`alpha * eps`", "`- sigma * x0`"],
    "velocity": ["`eps - x0`"],
}


def training(denoiser, size):
    """One step of learning, for x of this size: we make the noise, so we know it."""
    left, middle, right, net = 62, 204, 330, denoiser.net
    sheet, shape, kind = Sheet(), times(size), type(denoiser.schedule).__name__
    told = getattr(getattr(net, "conditions", None), "embedders", None)
    told, words = "t, cond" if told else "t", TARGETS[denoiser.predicts]
    x0 = sheet.pill(left, 4, f"`x0 {shape}`", w=108)
    eps = sheet.pill(middle, 4, f"`eps {shape}`", w=108)
    t = sheet.box(right, 4, "`t`", kind="told", w=84)
    mixed = "`diffuse`", "`alpha * x0`", "`+ sigma * eps`"
    diffuse = sheet.box(middle, eps.low + GAP, *mixed, w=120)
    sheet.down(t, sheet.tell(diffuse, right, "`schedule`", kind, w=84), kind="told")
    x_t = sheet.pill(middle, diffuse.low + GAP, "`x_t`", w=80)
    asked = sheet.box(middle, x_t.low + GAP, "`net`", type(net).__name__, w=120)
    sheet.tell(asked, right, f"`{told}`", w=84)
    answer = sheet.pill(middle, asked.low + GAP, "answer", w=80)
    sheet.joint(eps, diffuse, x_t, asked, answer)
    target = sheet.box(left, asked.y - 6, "`target`", *words, w=108)
    sheet.arrow((left + 20, x0.low), (left + 20, diffuse.left[1]), diffuse.left)
    sheet.arrow((left - 20, x0.low), (left - 20, target.y))
    sheet.arrow(eps.left, (130, eps.left[1]), (130, target.right[1]), target.right)
    error = "`loss`: mean of (answer - target)²"
    loss = sheet.box(136, answer.low + 26, error, w=256)
    sheet.arrow(target.bottom, (left, loss.y))
    sheet.arrow(answer.bottom, (middle, loss.y))
    sheet.arrow((256, loss.y), (256, asked.low), kind="bridge")
    sheet.words(264, answer.low + 12, "and the net learns")
    return sheet.shown(
        f"A step of training. schedule, {kind}, makes alpha and sigma of t; diffuse "
        f"makes x_t of x0 {shape} and eps {shape}: alpha * x0 + sigma * eps. The net, "
        f"{type(net).__name__}, is given x_t, {told}. target is {' '.join(words)}; "
        f"{error}, and the net learns."
    )


def step(schedule, t=0.6, s=0.4, eta=0.0):
    """One step of a sampler from t to s: guess, read off, rebuild."""
    (a_t, s_t), (a_s, s_s) = (map(float, schedule(time)) for time in (t, s))
    fresh = eta * s_s * sqrt(1 - (a_t * s_s / (s_t * a_s)) ** 2)
    sheet, main, side = Sheet(), 150, 325
    lines = {
        "guess": ["`x0 = denoiser(x, t, cond)`"],
        "read off": ["`eps = (x - a_t * x0) / s_t`"],
        "rebuild": ["`x = a_s * x0 + s_s * eps`"],
    }
    told = ["`t, cond`"], [f"`a_t {a_t:.2f}`", f"`s_t {s_t:.2f}`"]
    told += ([f"`a_s {a_s:.2f}`", f"`s_s {s_s:.2f}`"],)
    if fresh:
        old = "`+ sqrt(s_s² - fresh²) * eps`"
        lines["rebuild"] = ["`x = a_s * x0`", old, "`+ fresh * z`"]
        told[2].append(f"`fresh {fresh:.2f}`")
    pills, boxes, y = [], [], 4
    for name, (title, formula), known in zip(
        (f"`x` at t = {t:g}", "`x0`", "`eps`"), lines.items(), told, strict=True
    ):
        pills.append(sheet.pill(main, y, name, w=60 if pills else 120))
        boxes.append(sheet.box(main, y + 24 + GAP, title, *formula, w=232))
        sheet.tell(boxes[-1], side, *known, w=82)
        y = boxes[-1].low + GAP
    x, x0, eps = pills
    guess, read, build = boxes
    after = sheet.pill(main, y, f"`x` at s = {s:g}", w=120)
    sheet.joint(x, guess, x0, read, eps, build, after)
    sheet.arrow(x.left, (10, x.left[1]), (10, read.left[1]), read.left)
    sheet.arrow(x0.left, (22, x0.left[1]), (22, build.left[1]), build.left)
    if fresh:
        z = sheet.pill(side, eps.y, "new `z`", w=60)
        sheet.arrow(z.left, (252, z.left[1]), (252, build.y))
    again = (373, after.right[1]), (373, x.right[1])
    sheet.arrow(after.right, *again, x.right, kind="bridge")
    sheet.words(side - 6, x.y + 24, "`t = s`, again", "middle")
    said = [f"{title}: {' '.join(formula)}" for title, formula in lines.items()]
    known = ", ".join(f"{word}" for words in told for word in words)
    return sheet.shown(
        f"One step of a sampler, from x at t = {t:g} to x at s = {s:g}. "
        f"{'; '.join(said)}{', with new z' if fresh else ''}. Told: {known}. Then "
        "t = s, again."
    )


def guided(wrapper):
    """Two guesses, and the way from one to the other, overdone."""
    scale = wrapper.scale
    ask, weak = "denoiser(x, t, null)", "x0_null"
    if wrapper.worse is not None:
        ask, weak = "worse(x, t, cond)", "x0_worse"
    sheet, left, right = Sheet(), 98, WIDTH - 98
    x = sheet.pill(MIDDLE, 4, "`x`", w=60)
    null = sheet.box(left, x.low + GAP, f"`{ask}`", w=172)
    cond = sheet.box(right, null.y, "`denoiser(x, t, cond)`", w=172)
    sheet.arrow(x.left, (left, x.left[1]), null.top)
    sheet.arrow(x.right, (right, x.right[1]), cond.top)
    x0_weak = sheet.pill(left, null.low + GAP, f"`{weak}`", w=90)
    x0_cond = sheet.pill(right, cond.low + GAP, "`x0_cond`", w=90)
    sheet.joint(null, x0_weak)
    sheet.joint(cond, x0_cond)
    formula = f"`{weak} + scale * (x0_cond - {weak})`"
    mix = sheet.box(MIDDLE, x0_weak.low + GAP, formula, w=WIDTH - 24)
    sheet.arrow(x0_weak.bottom, (left, mix.y))
    sheet.arrow(x0_cond.bottom, (right, mix.y))
    unit = min(250 / (max(scale, 1) - min(scale, 0)), 110)
    start, y = 65 - min(scale, 0) * unit, mix.low + 44
    end = start + unit * scale
    sheet.arrow((start, y), (end - 4, y), kind="told")
    for place, name in ((start, f"`{weak}`"), (start + unit, "`x0_cond`")):
        sheet.dot(place, y, "data", 5)
        sheet.words(place, y - 16, name, "middle")
    sheet.dot(end, y, "data", 5)
    sheet.words(end, y + 18, f"`x0` at scale {scale:g}", "middle")
    return sheet.shown(
        f"Guidance. x goes to {ask} and to denoiser(x, t, cond); their "
        f"answers are {weak} and x0_cond. {formula}: an arrow from {weak} towards "
        f"x0_cond, {scale:g} times as long as the way between them, ends at x0."
    )
