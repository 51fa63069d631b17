"""What all drawings are made of: boxes, arrows and words, in one look.

Grey is a part of a net or a step, blue is noise or data, orange is what a net is told:
time and condition. Words between `backticks` are names from the code. A drawing is as
wide as a phone, so that its letters are 10 pixels high there, and follows the theme.
"""

import html
from dataclasses import dataclass
from itertools import pairwise
from math import dist
from urllib.parse import quote

from ..figures import COLOURS, THEME
from ..shown import Shown, tag

WIDTH = 380
MIDDLE = WIDTH / 2
GAP = 14  # for an arrow without words
EMB = "emb = silu(time(t) + conditions(cond))"
BLUE, ORANGE, GREY = COLOURS[0], COLOURS[1], COLOURS[5]
KINDS = {"part": GREY, "data": BLUE, "told": ORANGE}
FONT = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif'
CODE = 'ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace'
STYLE = (
    f"{THEME}text{{font:12px {FONT}}}.m{{font:11px {CODE}}}"
    ".go,.bridge{fill:none;stroke:currentColor;stroke-width:1.3}"
    ".bridge{stroke-dasharray:4 3}"
    f".hair{{fill:none;stroke:{GREY};stroke-width:.7}}"
    + "".join(
        f".{kind}{{fill:{colour};fill-opacity:.13;stroke:{colour};stroke-width:1.3}}"
        f".to-{kind}{{fill:none;stroke:{colour};stroke-width:1.5}}"
        f".dot-{kind}{{fill:{colour}}}"
        for kind, colour in KINDS.items()
    )
    + "</style>"
)


@dataclass(frozen=True)
class Box:
    """Where something stands: the middle of its top edge, and its size."""

    x: float
    y: float
    w: float
    h: float

    @property
    def low(self):
        return self.y + self.h

    @property
    def top(self):
        return self.x, self.y

    @property
    def bottom(self):
        return self.x, self.low

    @property
    def left(self):
        return self.x - self.w / 2, self.y + self.h / 2

    @property
    def right(self):
        return self.x + self.w / 2, self.y + self.h / 2


class Sheet:
    """A drawing in the making; it is as high as what stands on it."""

    def __init__(self):
        self.marks, self.height = [], 0.0

    def add(self, name: str, low: float, body: str = "", **attributes) -> None:
        """An element that reaches down to `low`. Numbers are kept to a tenth."""
        self.height = max(self.height, low)
        look = {k: number(v) if isinstance(v, int | float) else v
                for k, v in attributes.items()}  # fmt: skip
        self.marks.append(tag(name, body, **look))

    def words(self, x: float, y: float, text: str, anchor: str | None = None) -> None:
        """One line, its middle at height y; anchor: "middle", "end" or None, start."""
        parts = text.split("`")  # every second one is code
        body = html.escape(text)
        if len(parts) > 1:
            body = "".join(
                tag("tspan", html.escape(part), class_="m" if k % 2 else None)
                for k, part in enumerate(parts)
                if part
            )
        self.add("text", y + 6, body, x=x, y=y + 4, text_anchor=anchor)

    def box(
        self, x: float, y: float, *lines: str, kind: str = "part",
        w: float | None = None, h: float | None = None,
    ) -> Box:  # fmt: skip
        """Words in a box, round for data."""
        w = max(map(measure, lines)) + 18 if w is None else w
        h = 15 * len(lines) + 9 if h is None else h
        place = dict(x=x - w / 2, y=y, width=w, height=h)
        rx = min(h / 2, 14) if kind == "data" else 5
        self.add("rect", y + h, class_=kind, **place, rx=rx)
        return self.labelled(Box(x, y, w, h), *lines)

    def funnel(self, x: float, y: float, w: float, low: float, label: str) -> Box:
        """A box that is `low` wide at its bottom."""
        corners = (-w, y), (w, y), (low, y + 24), (-low, y + 24)
        way = "L".join(pair((x + side / 2, y)) for side, y in corners)
        look = dict(class_="part", stroke_linejoin="round")
        self.add("path", y + 24, **look, d=f"M{way}Z")
        return self.labelled(Box(x, y, (w + low) / 2, 24), label)

    def labelled(self, box: Box, *lines: str) -> Box:
        for k, line in enumerate(lines):
            middle = box.y + box.h / 2 + 15 * (k - (len(lines) - 1) / 2)
            self.words(box.x, middle, line, "middle")
        return box

    def sign(self, x: float, y: float, what: str) -> Box:
        """A small circle for a sum or a product; y is its top."""
        self.add("circle", y + 18, class_="part", cx=x, cy=y + 9, r=9)
        self.words(x, y + 9, what, "middle")
        return Box(x, y, 18, 18)

    def dot(self, x: float, y: float, kind: str, r: float = 3) -> None:
        self.add("circle", y + r, class_=f"dot-{kind}", cx=x, cy=y, r=r)

    def line(self, *points: tuple, kind: str = "go") -> None:
        """Straight from point to point, with round corners where it turns."""
        (x, y), *rest = points
        way = f"M{number(x)} {number(y)}"
        for here, ahead in pairwise(rest):
            before, after = toward(here, (x, y), 7), toward(here, ahead, 7)
            way += f"L{pair(before)}Q{pair(here)} {pair(after)}"
            x, y = here
        way += f"L{pair(rest[-1])}"
        low = max(y for _, y in points)
        self.add("path", low, class_=f"to-{kind}" if kind in KINDS else kind, d=way)

    def curve(self, points, kind: str = "data") -> None:
        """Through many points, as they are."""
        way = "L".join(map(pair, points))
        self.add("path", 0, class_=f"to-{kind}", d=f"M{way}", stroke_linejoin="round")

    def hair(self, x: float, top: float, low: float) -> None:
        """A thin upright line."""
        self.add("path", low, class_="hair", d=f"M{pair((x, top))}V{number(low)}")

    def cell(self, x: float, y: float, w: float, h: float, level: float) -> None:
        """A part of a picture, from 0, nothing, to 1."""
        if level >= 0.02:
            look = dict(class_="dot-data", fill_opacity=f"{level:.2f}")
            self.add("rect", y + h, x=x, y=y, width=w, height=h, **look)

    def bar(self, x: float, y: float, w: float, share: float, kind: str) -> None:
        """A bar that is filled so far."""
        place = dict(x=x, y=y, height=6, rx=2)
        self.add("rect", y + 6, **place, width=w, class_="part")
        self.add("rect", y + 6, **place, width=w * share, class_=f"dot-{kind}")

    def arrow(self, *points: tuple, kind: str = "go") -> None:
        """The same with a head. kind: "go", "bridge", or the colour of a kind."""
        *_, before, end = points
        neck = toward(end, before, 6)
        self.line(*points[:-1], neck, kind=kind)
        dx, dy = (end[0] - neck[0]) * 0.6, (end[1] - neck[1]) * 0.6
        wings = (neck[0] - dy, neck[1] + dx), (neck[0] + dy, neck[1] - dx)
        tip = f"M{pair(end)}L{pair(wings[0])}L{pair(wings[1])}Z"
        self.add("path", 0, class_=f"dot-{kind}" if kind in KINDS else None, d=tip)

    def pill(self, x: float, y: float, *lines: str, w: float | None = None) -> Box:
        """Noise or data."""
        return self.box(x, y, *lines, kind="data", w=w)

    def told(self, names: str, effect: str, formula: str = EMB) -> Box:
        """At the top: what a net is told, by which conditions, and what for."""
        lines = [f"`{formula}`", f"`cond`: {names}; {effect}"]
        if measure(lines[1]) > WIDTH - 24:
            lines[1:] = lines[1].split("; ")
        return self.box(MIDDLE, 4, *lines, kind="told", w=WIDTH - 12)

    def joint(self, *boxes: Box) -> None:
        """Arrows from box to box, down or up."""
        for a, b in pairwise(boxes):
            self.down(a, b)

    def tell(self, part: Box, x: float, *lines: str, w: float) -> Box:
        """A box at the right, or left, of a part and at its height, and an arrow."""
        h = 15 * len(lines) + 9
        box = self.box(x, part.y + (part.h - h) / 2, *lines, kind="told", w=w)
        ends = (box.left, part.right) if x > part.x else (box.right, part.left)
        self.arrow(*ends, kind="told")
        return box

    def down(self, a: Box, b: Box, label: str = "", **look) -> None:
        """An arrow from a to b below it, a label at its right; or up, at its left."""
        falls = a.y < b.y
        (x, y), (_, end) = (a.bottom, b.top) if falls else (a.top, b.bottom)
        self.arrow((x, y), (x, end), **look)
        if label:
            place = (x + 8, None) if falls else (x - 8, "end")
            self.words(place[0], (y + end) / 2, label, place[1])

    def shown(self, alt: str) -> Shown:
        size = dict(width=WIDTH, height=number(self.height + 6))
        body = STYLE + "".join(self.marks)
        svg = tag(
            "svg", body, xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {WIDTH} {size['height']}", **size,
        )  # fmt: skip
        # wider than a phone where there is room
        style = "width:480px;max-width:100%;height:auto;background:transparent"
        source = "data:image/svg+xml," + quote(svg, safe=" !$()*,-./:;=?@[]^_{|}~")
        alt = alt.replace("`", "")
        image = tag("img", style=style, alt=alt, src=source)
        return Shown(f"<drawing: {alt}>", image)


def measure(text: str) -> float:
    """About how wide a line is, at most."""
    parts = text.split("`")
    return 7.3 * sum(map(len, parts[::2])) + 6.65 * sum(map(len, parts[1::2]))


def toward(a: tuple, b: tuple, far: float) -> tuple:
    """The point `far` from a on the way to b, at most half of it."""
    way = dist(a, b)
    share = min(far / way, 0.5) if way else 0.0
    return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])


def number(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")


def pair(point: tuple) -> str:
    return f"{number(point[0])} {number(point[1])}"
