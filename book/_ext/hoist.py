"""What a cell's output carries inside itself moves to files of its own.

In Jupyter and Colab an output must be whole: its sounds and pictures are `data:`
addresses, its style and script stand beside it. In the book they are files named by
their contents: a sound loads when it is first played, a picture when it comes near the
window, and the style and the script of the display module once for all pages.
"""

import base64
import hashlib
import io
import re
from pathlib import Path
from urllib.parse import unquote_to_bytes

from docutils import nodes
from PIL import Image

# type -> (folder, how the file's name ends)
KINDS = {
    "audio/mpeg": ("_sounds", "mp3"),
    "audio/flac": ("_sounds", "flac"),
    "audio/wav": ("_sounds", "wav"),
    "image/svg+xml": ("_pictures", "svg"),
    "image/webp": ("_pictures", "webp"),
    "image/png": ("_pictures", "png"),
    "image/jpeg": ("_pictures", "jpg"),
}
FOLDERS = "_sounds", "_pictures", "_display"
IMAGE = re.compile(r'<img\b([^>]*?)\ssrc="(data:image/[^"]*)"')
ADDRESS = re.compile(r'="(data:(?:audio|image)/[^"]*)"')
AUDIO = re.compile(r"<audio\b(?![^>]*\spreload=)")
PATH = re.compile(rb'\s(?:d|x|y)="[^"]*"')
DISPLAY = re.compile(r"<(style|script) data-minidiff>(.*?)</\1>", re.DOTALL)


class Hoist:
    """Moves parts of one page's HTML into the book's folders.

    out: the book's folder. up: the way from the page to it, such as "../".
    """

    def __init__(self, out: Path, up: str):
        self.out, self.up, self.loaded = Path(out), up, set()

    def __call__(self, html: str) -> str:
        html = DISPLAY.sub(self.display, html)
        html = IMAGE.sub(self.image, html)
        html = ADDRESS.sub(lambda match: f'="{self.lift(match[1])[0]}"', html)
        return AUDIO.sub('<audio preload="none"', html)

    def display(self, match) -> str:
        """The display module's style or script: the first time a link, then nothing."""
        kind, text = match.groups()
        ending = {"style": "css", "script": "js"}[kind]
        path = self.write(text.encode(), "_display", ending)
        if path in self.loaded:
            return ""
        self.loaded.add(path)
        if kind == "style":
            return f'<link rel="stylesheet" href="{path}">'
        return f'<script defer src="{path}"></script>'

    def image(self, match) -> str:
        """A picture that is fetched when it comes near, in a place kept free for it."""
        attributes, address = match.groups()
        path, data = self.lift(address)
        if not re.search(r"\s(width|height)=", attributes):
            attributes += ' width="{}" height="{}"'.format(*size(data))
        if " loading=" not in attributes:
            attributes += ' loading="lazy" decoding="async"'
        return f'<img{attributes} src="{path}"'

    def lift(self, address: str) -> tuple[str, bytes]:
        """Write what a `data:` address holds -> the file's address, its contents."""
        head, text = address[len("data:") :].split(",", 1)
        kind, *more = head.split(";")
        if kind not in KINDS:
            raise ValueError(f"{kind} is no kind that the book moves to files: {KINDS}")
        data = base64.b64decode(text) if "base64" in more else unquote_to_bytes(text)
        if kind == "image/svg+xml":
            data = PATH.sub(shorter, data)
        return self.write(data, *KINDS[kind]), data

    def write(self, data: bytes, folder: str, ending: str) -> str:
        name = f"{folder}/{hashlib.sha256(data).hexdigest()[:16]}.{ending}"
        path = self.out / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return self.up + name


def shorter(path) -> bytes:
    """A path's coordinates in hundredths of a point: half the bytes, the same look."""
    return re.sub(rb"(\.\d\d)\d+", rb"\1", path[0])


def size(picture: bytes) -> tuple[int, int]:
    """Width and height in CSS pixels."""
    if b"<svg" in picture[:1000]:
        tag = re.search(rb"<svg\b[^>]*>", picture)[0].decode()
        lengths = re.findall(r"""\s(?:width|height)=["']([\d.]+)(pt|px)?["']""", tag)
        width, height = (float(n) * (4 / 3 if u == "pt" else 1) for n, u in lengths)
        return round(width), round(height)
    return Image.open(io.BytesIO(picture)).size


def hoist_outputs(app, doctree, docname):
    if app.builder.format == "html":
        hoist = Hoist(app.outdir, "../" * docname.count("/"))
        for node in list(doctree.findall(nodes.raw)):
            new = hoist(node.astext())
            if new != node.astext():
                node.replace_self(nodes.raw("", new, **node.attributes))


def sweep(app, exception):
    """Delete the files that no page asks for any more."""
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    asked = "".join(page.read_text() for page in out.rglob("*.html"))
    for folder in FOLDERS:
        for file in out.joinpath(folder).glob("*"):
            if file.name not in asked:
                file.unlink()


def setup(app):
    app.connect("doctree-resolved", hoist_outputs, priority=800)
    app.connect("build-finished", sweep, priority=600)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
