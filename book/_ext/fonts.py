"""KaTeX's fonts with the letters that the book uses: half of what a formula weighs.

Sphinx has just copied the whole fonts; each is written again without the glyphs that no
page asks for.
"""

import html
import logging
from pathlib import Path

from fontTools import subset


def letters(out: Path) -> set:
    """Every character of every page."""
    used = set()
    for page in out.rglob("*.html"):
        used |= set(html.unescape(page.read_text()))
    return used


def smaller(font: Path, used: set, to: Path) -> None:
    """Write a TrueType font as WOFF2, with the glyphs of the characters in `used`."""
    options = subset.Options(flavor="woff2", hinting=False, name_IDs=[])
    glyphs = subset.Subsetter(options)
    with subset.load_font(str(font), options) as whole:
        glyphs.populate(unicodes=map(ord, used))
        glyphs.subset(whole)
        subset.save_font(whole, str(to), options)


def shrink(app, exception):
    if exception or app.builder.format != "html":
        return
    logging.getLogger("fontTools").setLevel(logging.ERROR)  # their dates are of 1904
    out, origin = Path(app.outdir), Path(app.config.katex, "fonts")
    used = letters(out)
    for font in out.glob("_static/katex/fonts/*.woff2"):
        smaller(origin / f"{font.stem}.ttf", used, font)


def setup(app):
    app.connect("build-finished", shrink, priority=650)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
