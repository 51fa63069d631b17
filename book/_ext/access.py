"""Small repairs of a page's HTML, so that everyone gets the same page.

What axe-core calls serious is mended here: names that differ from what a button says,
boxes that scroll but cannot be reached by the keyboard.
"""

import re
from pathlib import Path

REPAIRS = [
    # A label that hides the visible words, in buttons that have words of their own.
    (r'(<summary) aria-label="Toggle hidden content"', r"\1"),
    (r'(<button class="btn search-button-field[^>]*) aria-label="Search"', r"\1"),
    # The logo twice, for light and for dark, where one picture serves both.
    (r"\s*<img [^>]*logo__image only-dark[^>]*>", ""),
    (r"logo__image only-light", "logo__image"),
    # Tables scroll by themselves on a narrow screen.
    (r"<table (?![^>]*tabindex)", '<table tabindex="0" '),
    # A number and its error stay on one line.
    (r"(\d%?) ± (?=\d)", "\\1\u00a0±\u00a0"),
    # The side bar is a place to go to, like the others.
    (r'(id="pst-primary-sidebar")( class)', r'\1 role="region" aria-label="Book"\2'),
    (r'(id="pst-secondary-sidebar")( class)', r'\1 role="region" aria-label="Page"\2'),
]
REPAIRS = [(re.compile(old), new) for old, new in REPAIRS]


def mend(html: str) -> str:
    """A page with its repairs; doing it twice changes nothing."""
    for old, new in REPAIRS:
        html = old.sub(new, html)
    return html


def mend_pages(app, exception):
    if exception or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        if "_static" not in page.parts:
            old = page.read_text()
            if (new := mend(old)) != old:
                page.write_text(new)


def setup(app):
    app.connect("build-finished", mend_pages, priority=750)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
