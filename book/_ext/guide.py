"""The tables of the teacher's guide, made from the exercises and the chapters.

The page has `<!-- timing -->` and `<!-- exercises -->` where they go.
"""

import re
from pathlib import Path

import nbformat

import minidiff.exercises
from minidiff.exercises.check import CODE, VALUES, exercises

ROOT = Path(__file__).resolve().parents[2]
PAGE = "book/teachers-guide"
# A learner's pace, from which the times follow.
WORDS = 120  # of prose a minute, read with thought
LINES = 12  # of shown code a minute
CLIPS = 4  # sounds a minute, each heard twice


def chapters():
    """The chapters' files, in order; the first is number 1."""
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


def reading(path):
    """Minutes for a chapter's text, code and sounds, the exercises not counted."""
    words = lines = clips = 0
    for cell in nbformat.read(path, as_version=4).cells:
        if re.search(r"^## Exercises", cell.source, re.MULTILINE):
            break
        if cell.cell_type == "markdown":
            words += len(cell.source.split())
        elif not {"hide-input", "remove-cell"} & set(cell.metadata.get("tags", [])):
            lines += len(cell.source.splitlines())
        for output in cell.get("outputs", []):
            text = output.get("data", {}).get("text/plain", "")
            clips += len(re.findall(r"\d\.\d\d s\b", text))
    return words / WORDS + lines / LINES + clips / CLIPS


def title(path):
    first = nbformat.read(path, as_version=4).cells[0].source
    return first.splitlines()[0].removeprefix("# ")


def link(path):
    return f"[{title(path)}](../notebooks/{path.name})"


def table(head, rows):
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def fives(minutes):
    """Minutes, rounded to five: more would pretend to know more."""
    return 5 * round(minutes / 5)


def timing():
    """A row for each chapter: reading, exercises by where they are done, and all."""
    rows, total = [], [0, 0, 0]
    for number, path in enumerate(chapters(), start=1):
        own = [e for e in exercises() if e.chapter == number]
        parts = [
            fives(minutes)
            for minutes in (
                reading(path),
                sum(e.minutes for e in own if e.kind in VALUES),
                sum(e.minutes for e in own if e.kind in CODE),
            )
        ]
        total = [a + b for a, b in zip(total, parts, strict=True)]
        rows.append([number, link(path), *parts, sum(parts)])
    rows.append(["", "**All**", *total, sum(total)])
    head = ["", "Chapter", "Text and sounds", "Short exercises", "Code", "Minutes"]
    return table(head, rows)


def what_trains_what():
    """A row for each exercise: number, kind, minutes, what it trains."""
    paths = dict(enumerate(chapters(), start=1))
    rows = [
        [
            f"[{e.title.split()[1]}](../notebooks/{paths[e.chapter].name})",
            e.kind,
            e.minutes,
            e.trains,
        ]
        for e in exercises()
    ]
    return table(["Exercise", "Kind", "Minutes", "Trains"], rows)


def fill(app, docname, source):
    """Put the tables into the page, and read it again when what they show changes."""
    if docname != PAGE:
        return
    text = source[0].replace("<!-- timing -->", timing())
    source[0] = text.replace("<!-- exercises -->", what_trains_what())
    checks = Path(minidiff.exercises.__file__).parent.glob("*.py")
    for path in [*chapters(), *checks]:
        app.env.note_dependency(str(path))


def setup(app):
    app.connect("source-read", fill)
    return {"parallel_read_safe": True}
