"""Cells for readers: what folded code is called, and which printed lines may wrap."""

import re

from docutils import nodes

SOUNDS = re.compile(r"<md-(?:clip|gallery|abx)\b")
FIGURE = re.compile(r"<img\b|<svg\b")


def prompts(source: str, output: str) -> tuple[str, str]:
    """The words on a fold, closed and open. source: the cell's; output: its HTML."""
    if source.startswith("# Solution"):
        return "Solution", "Hide the solution"
    what = "the code"
    if sounds := SOUNDS.findall(output):
        many = len(sounds) > 1 or "gallery" in sounds[0]
        what += " of these sounds" if many else " of this sound"
    elif FIGURE.search(output):
        what += " of this figure"
    return f"Show {what}", f"Hide {what}"


def name_folds(app, doctree):
    for cell in doctree.findall(nodes.container):
        if cell.get("hide_mode"):
            source = cell.next_node(nodes.literal_block)
            output = "".join(node.astext() for node in cell.findall(nodes.raw))
            words = prompts(source.astext() if source else "", output)
            cell["prompt_show"], cell["prompt_hide"] = words


WIDEST = 78  # columns of printed text that fit into a page
GAP = re.compile(r"\S {2,}\S")


def in_columns(text: str) -> bool:
    """Whether a text's lines stand in columns, which wrapping would tear apart."""
    lines = text.splitlines()
    fits = max(map(len, lines), default=0) <= WIDEST
    return fits and sum(bool(GAP.search(line)) for line in lines) > 1


def mark_columns(app, doctree):
    for block in doctree.findall(nodes.literal_block):
        if "stream" in block["classes"] and in_columns(block.astext()):
            block["classes"].append("columns")


def setup(app):
    app.connect("doctree-read", name_folds)
    app.connect("doctree-read", mark_columns)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
