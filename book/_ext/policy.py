"""A Content-Security-Policy in every page: nothing but the book's own files.

The theme writes a few short scripts into each page; they are named by their hashes.
Handlers in attributes would need "unsafe-inline": they are dropped here, and
`_static/book.js` listens in their place.
"""

import base64
import hashlib
import re
from pathlib import Path

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",  # figures are placed by style attributes
    "img-src": "'self' data:",
    "media-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",  # the search page reads the pages it has found
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
}
META = '<meta http-equiv="Content-Security-Policy" content="{}" />'
OLD_META = re.compile(META.format('[^"]*'))
HEAD = re.compile(r'<head>\s*(?:<meta charset="[^"]*"\s*/?>)?')
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL)
HANDLER = re.compile(r"""(<button\b[^>]*?)\s+onclick="[^"]*\"""")
# 543 kB of icons, of which `_static/icons.css` draws the dozen that are shown.
FONTAWESOME = re.compile(r"<script\b[^>]*fontawesome\.js[^>]*></script>\s*")


def strict(html: str) -> str:
    """A page with its policy; doing it twice changes nothing."""
    html = OLD_META.sub("", FONTAWESOME.sub("", HANDLER.sub(r"\1", html)))
    hashes = sorted({digest(body) for body in inline_scripts(html)})
    policy = POLICY | {"script-src": " ".join([POLICY["script-src"], *hashes])}
    text = "; ".join(f"{name} {value}" for name, value in policy.items())
    return HEAD.sub(lambda head: head[0] + META.format(text), html, count=1)


def inline_scripts(html: str) -> list:
    """The bodies of the scripts that a browser would run, not those that hold data."""
    return [
        body
        for attributes, body in SCRIPT.findall(html)
        if " src=" not in attributes
        and not re.search(r'type="(?!text/javascript|module)', attributes)
    ]


def digest(script: str) -> str:
    code = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(code).decode()}'"


def close_pages(app, exception):
    if exception or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        if "_static" not in page.parts:
            old = page.read_text()
            if (new := strict(old)) != old:
                page.write_text(new)


def setup(app):
    app.connect("build-finished", close_pages, priority=800)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
