"""Style sheets for this book's pages: only what they use, light or dark at once.

The theme brings Bootstrap and a thousand icons, most of it for other sites. A rule
stays where each class and id in its selector occurs in some page or some script, which
may set it later; what has neither class nor id always stays.

The theme's colours wait for a script that turns the page's `data-theme="auto"` into
"light" or "dark". Their rules are written for "auto" too, as the system's setting asks:
the first paint is right without the script.
"""

import re
from pathlib import Path

TOKEN = re.compile(
    r"""/\*.*?\*/ | "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | url\([^"')]*\) | .""",
    re.DOTALL | re.VERBOSE,
)
NESTED = "@media", "@supports", "@layer", "@container"
NAME = re.compile(r"[.#](-?[A-Za-z_][\w-]*)")
# What a selector asks of the element itself, without [attributes] and without :not(),
# which asks for a class that is absent.
THEME = re.compile(r"""\[data-theme=["']?(light|dark)["']?\]""")
ASIDE = re.compile(r""":not\([^()]*\)|\[(?:"[^"]*"|'[^']*'|[^\]"'])*\]|\([^()]*\)""")


def rules(css: str):
    """Split a style sheet into pairs (head, body); body is None for `@import ...;`."""
    depth, head, body = 0, [], []
    for token in TOKEN.findall(css):
        if token.startswith("/*"):
            continue
        if token == "}":
            depth -= 1
            if depth == 0:
                yield "".join(head).strip(), "".join(body)
                head, body = [], []
                continue
        (body if depth else head).append(token)
        if token == "{":
            depth += 1
            if depth == 1:
                head.pop()
        elif token == ";" and depth == 0:
            yield "".join(head).strip(), None
            head = []


def alive(selector: str, words: set) -> bool:
    """Whether all classes and ids of one selector may occur in a page."""
    if "\\" in selector:
        return True
    return all(name in words for name in NAME.findall(ASIDE.sub("", selector)))


def selectors(head: str) -> list:
    """Split `a, b:is(c, d)` at its outer commas."""
    return re.split(r",(?![^(]*\))", head)


def thin(css: str, words: set) -> str:
    kept = []
    for head, body in rules(css):
        if body is None:
            kept.append(head)
        elif head.startswith(NESTED):
            if inner := thin(body, words):
                kept.append(f"{head}{{{inner}}}")
        elif head.startswith("@"):
            if "Font Awesome" not in body and "FontAwesome" not in body:
                kept.append(f"{head}{{{body}}}")
        elif left := [s for s in selectors(head) if alive(s, words)]:
            kept.append(f"{','.join(left)}{{{body}}}")
            kept += automatic(left, body)
    return "".join(kept)


def automatic(selectors: list, body: str):
    """The rules of a light or dark page again, for one that follows the system."""
    for theme in ("light", "dark"):
        asked = [s for s in selectors if (m := THEME.search(s)) and m[1] == theme]
        if asked:
            head = THEME.sub('[data-theme="auto"]', ",".join(asked))
            yield f"@media (prefers-color-scheme: {theme}){{{head}{{{body}}}}}"


def class_words(html: str) -> set:
    """Every class and id that a page's HTML names."""
    values = re.findall(r'\s(?:class|id)="([^"]*)"', html)
    return {word for value in values for word in value.split()}


def thin_all(app, exception):
    """Sphinx has just copied the style sheets afresh: each is written back thinner."""
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    words = set()
    for page in out.rglob("*.html"):
        words |= class_words(page.read_text())
    for script in [*out.glob("_static/**/*.js"), *out.glob("_display/*.js")]:
        if script.name != "fontawesome.js":
            words |= set(re.findall(r"[\w-]+", script.read_text()))
    for sheet in out.glob("_static/**/*.css"):
        sheet.write_text(thin(sheet.read_text(), words))


def setup(app):
    app.connect("build-finished", thin_all, priority=700)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
