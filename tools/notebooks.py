"""Keep the chapters tidy: `python tools/notebooks.py JOB [FILES]`.

strip    keeps only what is worth comparing and reading in a diff: printed text and
         plain-text results. Pictures, sounds, HTML, stderr and volatile metadata go.
badges   writes the Colab link and the install cell, both made from the repository's
         address in `_config.yml`.
asks     puts the field for an answer, `md.ask("ex-03-1")`, before the cell that checks
         it, in each exercise that is answered with a value; then strips.
run      executes the chapters (through the book's own cache), and does all of these.

`--check` writes nothing and exits with 1 where a file would change.
"""

import argparse
import re
import sys
from pathlib import Path

import nbformat
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

ROOT = Path(__file__).resolve().parents[1]
KEPT_TYPES = {"text/plain", "text/markdown", "text/latex"}
VALUES = "predict|vary|listen"  # kinds of exercises that the page itself can check
IGNORED = "nbval-ignore-output"  # the tag of a cell whose text differs by machine
JOBS = "badges", "asks", "strip"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}

INSTALL = """\
# @title On Colab, run this first: it installs the book's package
try:
    import minidiff  # noqa: F401
except ImportError:
    %pip install -q "minidiff @ git+{url}@{branch}"
"""


def chapters():
    """The chapters' paths, in order."""
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


def pages():
    """All notebooks: the chapters, and the pages of `book/` that compute something."""
    return [*chapters(), *sorted((ROOT / "book").glob("*.ipynb"))]


def text_only(output):
    """The part of an output that is stored and compared, or None."""
    if output.output_type == "stream":
        return output if output.name == "stdout" else None
    if output.output_type == "error":
        return output
    data = {kind: text for kind, text in output.data.items() if kind in KEPT_TYPES}
    return nbformat.from_dict(output | {"data": data, "metadata": {}}) if data else None


def strip(notebook):
    """Drop everything that is not text or that changes from run to run."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for count, cell in enumerate(code_cells(notebook), start=1):
        cell.execution_count = count  # null would mean to nbval: do not compare
        kept = [] if IGNORED in tags(cell) else map(text_only, cell.outputs)
        cell.outputs = merged([output for output in kept if output])
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count
    for cell in notebook.cells:
        names = ("tags", "cellView", "mystnb")
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in names}
        cell.pop("attachments", None)
    return notebook


def merged(outputs):
    """Outputs with neighbouring prints as one: where a kernel cuts them is chance."""
    whole = []
    for output in outputs:
        if whole and output.output_type == whole[-1].output_type == "stream":
            whole[-1].text += output.text
        else:
            whole.append(output)
    return whole


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell):
    return cell.metadata.get("tags", [])


def badges(notebook, name, folder="notebooks"):
    """Put the Colab link and the install cell after the title cell."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    url, branch = config["repository"]["url"], config["repository"]["branch"]
    place = url.removeprefix("https://github.com/")
    colab = f"https://colab.research.google.com/github/{place}/blob/{branch}"
    link = new_markdown_cell(f"[Open in Colab]({colab}/{folder}/{name})", id="colab")
    code = INSTALL.format(url=url, branch=branch).strip()
    look = {"tags": ["remove-cell"], "cellView": "form"}
    install = new_code_cell(code, id="install", metadata=look)
    install.execution_count = 1
    own = [cell for cell in notebook.cells if cell.id not in ("colab", "install")]
    notebook.cells = [*own[:1], link, install, *own[1:]]
    return notebook


def asks(notebook):
    """Put the field for an answer before the cell that takes it, once each."""
    cells, title = [], None
    for cell in notebook.cells:
        if cell.id.startswith("ask-ex-"):
            continue
        if cell.cell_type == "markdown":
            headings = re.findall(r"^#{2,4} .*", cell.source, re.MULTILINE)
            title = headings[-1] if headings else title
        name = re.search(r'md\.check\("(ex-\d\d-\d+)"', cell.source)
        if name and title and re.search(rf"Exercise .*\((?:{VALUES})\)", title):
            cells.append(ask(name[1]))
            title = None  # the solution checks it again
        cells.append(cell)
    notebook.cells = cells
    return notebook


def ask(name):
    """The cell of one field, with the text that it gives."""
    chapter, number = map(int, name.split("-")[1:])
    text = {"text/plain": f"<ask: Exercise {chapter}.{number}>"}
    cell = new_code_cell(f'md.ask("{name}")', id=f"ask-{name}")
    cell.metadata.tags = ["remove-input"]
    cell.outputs = [new_output("execute_result", data=text)]
    return cell


def tidy(path, jobs):
    """The text of a notebook after the jobs named in `jobs`."""
    notebook = nbformat.read(path, as_version=4)
    notebook.nbformat_minor = 5
    if "badges" in jobs:
        badges(notebook, path.name, path.parent.name)
    if "asks" in jobs:
        asks(notebook)
    if {"asks", "strip"} & set(jobs):
        strip(notebook)
    return nbformat.writes(notebook, indent=1) + "\n"


def run(paths):
    """Execute the chapters and bring their new text outputs into the files."""
    import execute

    for path in paths:
        path.write_text(tidy(path, JOBS))
    failed = execute.execute(paths)
    for path in set(paths) - set(failed):
        try:
            notebook = execute.executed(path)
        except KeyError:  # never begun, after another failed
            continue
        nbformat.write(strip(notebook), path)
        path.write_text(tidy(path, JOBS))
    return failed


def main():
    about, *details = __doc__.split("\n\n", 1)
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        description=about, epilog=details[0], formatter_class=raw
    )
    parser.add_argument("job", choices=[*JOBS, "run"])
    parser.add_argument("files", nargs="*", type=Path, help="all if none are named")
    parser.add_argument("--check", action="store_true", help="only say what differs")
    options = parser.parse_args()
    paths = [path.resolve() for path in options.files] or pages()
    if options.job == "run":
        sys.exit(1 if run(paths) else 0)
    changed = []
    for path in paths:
        text = tidy(path, {options.job})
        if text != path.read_text():
            changed.append(path)
            if not options.check:
                path.write_text(text)
    verb = "would change" if options.check else "changed"
    for path in changed:
        print(f"{options.job} {verb} {path.name}")
    sys.exit(1 if changed and options.check else 0)


if __name__ == "__main__":
    main()
