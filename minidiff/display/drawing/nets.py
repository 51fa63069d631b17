"""Plain nets as drawings: the perceptron, and any row of layers."""

from .kit import GAP, MIDDLE, Sheet
from .shapes import asked, names, shapes, times, zeros


def mlp(net, size=()):
    """Every hidden layer sees time and condition anew, and a way leads around it."""
    seen, sheet = asked(net, net.inp.in_features, size), Sheet()
    formula = "emb = time(t) + conditions(cond)"
    emb = sheet.told(names(net), "enters every layer", formula)
    x = sheet.pill(MIDDLE, emb.low + GAP, f"`x {seen.into()}`", w=90)
    above = sheet.box(MIDDLE, x.low + GAP, "`inp`", w=230)
    sheet.joint(x, above)
    parts = [f"hidden[{i}]" for i in range(len(net.hidden))]
    shape = seen.out("inp")
    for i, part in enumerate(parts):
        layer = f"`h + silu({part}(h + emb))`"
        box = sheet.box(MIDDLE, above.low + 26, layer, w=230)
        sheet.down(above, box, f"`{shape}`")
        sheet.arrow((24, box.left[1]), box.left, kind="told")
        above, shape = box, seen.out(f"hidden.{i}")
    sheet.line((24, emb.low), (24, above.left[1]), kind="told")
    out = sheet.box(MIDDLE, above.low + 26, "`out`", w=230)
    sheet.down(above, out, f"`{shape}`")
    answer = sheet.pill(MIDDLE, out.low + GAP, f"`{seen.out()}`", w=90)
    sheet.joint(out, answer)
    return sheet.shown(
        f"A perceptron. x {seen.into()} goes through inp to {seen.out('inp')}, then "
        f"through {', '.join(parts)}, each h + silu(hidden(h + emb)), and out to "
        f"{seen.out()}. {formula}, cond: {names(net)}, enters every layer."
    )


def row(net, size):
    """Any row of layers, for an input of this size."""
    seen, sheet, steps = shapes(net, zeros(net, *size)), Sheet(), []
    above, label = sheet.pill(MIDDLE, 4, f"`{times(size)}`", w=90), ""
    for name, part in net.named_children():
        layers = [layer for layer in part.modules() if not list(layer.children())]
        kinds = ", ".join(type(layer).__name__ for layer in layers)
        box = sheet.box(MIDDLE, above.low + 26, f"`{kinds}`", w=230)
        sheet.down(above, box, label)
        above, label = box, f"`{seen.out(name)}`"
        steps.append(f"{kinds} to {seen.out(name)}")
    answer = sheet.pill(MIDDLE, above.low + GAP, f"`{seen.out()}`", w=90)
    sheet.joint(above, answer)
    return sheet.shown(
        f"A net of {len(steps)} steps: from {times(size)} through {', '.join(steps)}."
    )
