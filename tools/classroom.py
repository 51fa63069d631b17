"""Write what a class gets to `_build/classroom`: `python tools/classroom.py`.

student/    the chapters without solutions and without outputs; stubs and hints stay
solutions/  the chapters complete, with their stored outputs

and each folder once more as a zip. Nothing is executed.
"""

import copy
import re
import shutil
from pathlib import Path

import nbformat
import yaml

import notebooks

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "_build" / "classroom"


def is_solution(cell):
    """Whether a cell is the folded solution of an exercise."""
    folded = "hide-cell" in notebooks.tags(cell)
    return folded and cell.source.startswith("# Solution")


def exercises(notebook):
    """The chapter's exercises: {"Exercise 3.1 (predict)": its cells}."""
    found, current = {}, None
    for cell in notebook.cells:
        headings = re.findall(r"^#{2,3} (.*)", cell.source, re.MULTILINE)
        if cell.cell_type == "markdown" and headings:
            title = headings[-1]
            current = None
            if title.startswith("Exercise "):
                assert title not in found, f"two times {title}"
                current = found.setdefault(title, [])
        if current is not None:
            current.append(cell)
    return found


def student(notebook):
    """A copy without solutions, outputs and the link to the complete chapter."""
    notebook = copy.deepcopy(notebook)
    notebook.cells = [
        cell for cell in notebook.cells if not is_solution(cell) and cell.id != "colab"
    ]
    for cell in notebooks.code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    return notebook


def with_links(notebook):
    """A copy whose links to pages of the book lead to the repository."""
    notebook = copy.deepcopy(notebook)
    config = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]
    book = f"]({config['url']}/blob/{config['branch']}/book/"
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace("](../book/", book)
    return notebook


def main(out=OUT):
    for name, change in (("student", student), ("solutions", lambda same: same)):
        folder = out / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for path in notebooks.chapters():
            chapter = change(with_links(nbformat.read(path, as_version=4)))
            nbformat.write(chapter, folder / path.name)
        shutil.make_archive(folder, "zip", out, name)
        print(f"{len(list(folder.iterdir()))} chapters in {folder} and {folder}.zip")


if __name__ == "__main__":
    main()
