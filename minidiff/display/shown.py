"""Something to display: plain HTML with what moves in it, or words, or source code."""

import base64
import html
import inspect
import io
from pathlib import Path
from textwrap import dedent

HERE = Path(__file__).parent
# The same in every output, so that the built page can hold them once.
LOOK = f"<style data-minidiff>\n{(HERE / 'elements.css').read_text()}</style>"
MOVE = f"<script data-minidiff>\n{(HERE / 'elements.js').read_text()}</script>"


class Shown:
    """HTML or Markdown where that works, else a line of text.

    html stands by itself; `moves` says that it needs the style and the script of our
    elements (elements.css, elements.js), which then follow it.
    """

    def __init__(
        self, text: str, html: str | None = None, markdown: str | None = None,
        moves: bool = False,
    ):  # fmt: skip
        self.text, self.html, self.markdown, self.moves = text, html, markdown, moves

    def _repr_html_(self):
        return self.html + LOOK + MOVE if self.moves else self.html

    def _repr_markdown_(self):
        return self.markdown

    def __repr__(self):
        return self.text


def say(text: str) -> Shown:
    """A sentence of Markdown that holds a cell's numbers; as text it is itself."""
    return Shown(text, markdown=text)


def source(*things) -> Shown:
    """The package's own code of some functions or classes, highlighted."""
    code = "\n\n".join(dedent(inspect.getsource(thing)).rstrip() for thing in things)
    return Shown(code, markdown=f"```python\n{code}\n```")


def tag(name: str, body: str = "", **attributes) -> str:
    """An element as text; `class_` and `data_src` are written class and data-src.

    Values are escaped, True stands for an attribute without value, None and False for
    no attribute. `body` is HTML already.
    """
    words = [name]
    for key, value in attributes.items():
        key = key.strip("_").replace("_", "-")
        if value is True:
            words.append(key)
        elif value is not None and value is not False:
            words.append(f'{key}="{html.escape(str(value))}"')
    void = name in ("img", "input")
    return f"<{' '.join(words)}>" + ("" if void else f"{body}</{name}>")


def uri(file: io.BytesIO, mime: str) -> str:
    """The address of a file that it holds itself."""
    return f"data:{mime};base64,{base64.b64encode(file.getvalue()).decode()}"


def webp(image, lossless: bool = False) -> str:
    file = io.BytesIO()
    image.save(file, "WEBP", quality=100 if lossless else 50, lossless=lossless)
    return uri(file, "image/webp")
