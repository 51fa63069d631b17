"""What a class gets: chapters without solutions, with them, and the guide's tables."""

import ast
import re
import zipfile

import classroom
import nbformat
import pytest

from book._ext import guide
from minidiff.exercises.check import exercises
from tools import notebooks

NAMES = [path.name for path in notebooks.chapters()]


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    out = tmp_path_factory.mktemp("classroom")
    classroom.main(out)
    return out


def read(room, kind, name):
    notebook = nbformat.read(room / kind / name, as_version=4)
    nbformat.validate(notebook)
    return notebook


@pytest.mark.parametrize("kind", ["student", "solutions"])
def test_both_sets_are_complete_and_zipped(room, kind):
    assert sorted(path.name for path in (room / kind).iterdir()) == NAMES
    with zipfile.ZipFile(room / f"{kind}.zip") as packed:
        files = [name for name in packed.namelist() if not name.endswith("/")]
        assert sorted(files) == [f"{kind}/{name}" for name in NAMES]
        for name in NAMES:
            inside = packed.read(f"{kind}/{name}")
            assert inside == (room / kind / name).read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_students_get_stubs_and_hints_but_no_solutions(room, name):
    whole = classroom.exercises(nbformat.read(notebooks.ROOT / "notebooks" / name, 4))
    found = classroom.exercises(read(room, "student", name))
    assert list(found) == list(whole)
    for title, cells in found.items():
        mine = [cell.source for cell in cells]
        stays = [c.source for c in whole[title] if not classroom.is_solution(c)]
        assert len(mine) == len(stays) < len(whole[title])
        assert [s for s in stays if "](../book/" not in s] == [
            a for a, b in zip(mine, stays, strict=True) if "](../book/" not in b
        ]
        text = "\n".join(mine)
        assert "Hint</summary>" in text
        assert "..." in text
        assert "Solution" not in text


@pytest.mark.parametrize("name", NAMES)
def test_students_get_no_outputs_and_no_way_round(room, name):
    notebook = read(room, "student", name)
    for cell in notebooks.code_cells(notebook):
        assert not cell.outputs
        assert cell.execution_count is None
    assert "colab.research" not in nbformat.writes(notebook)
    assert "install" in [cell.id for cell in notebook.cells]


@pytest.mark.parametrize("name", NAMES)
def test_solutions_are_complete(room, name):
    whole = nbformat.read(notebooks.ROOT / "notebooks" / name, 4)
    given = read(room, "solutions", name)
    assert [c.id for c in given.cells] == [c.id for c in whole.cells]
    said = [[o for o in c.outputs] for c in notebooks.code_cells(given)]
    assert said == [c.outputs for c in notebooks.code_cells(whole)]
    right = re.findall(r"(ex-\d\d-\d+): right", nbformat.writes(given))
    assert set(right) == {e.name for e in exercises() if e.name[3:5] == name[:2]}


@pytest.mark.parametrize("kind", ["student", "solutions"])
@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(room, kind, name):
    """Pages of the book are not beside the notebooks any more; chapters are."""
    cells = read(room, kind, name).cells
    text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    for target in re.findall(r"\]\((?!https?://|#)([^)#]*)", text):
        assert target in NAMES, target


def names(cells, *contexts):
    """The names that cells load or store; to define or to import is to store."""
    found = set()
    for cell in cells:
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, contexts):
                found.add(node.id)
            elif ast.Store not in contexts:
                continue
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.alias):
                found.add(node.asname or node.name)
    return found


def missing(notebook):
    """Names that are used outside solutions, and made before only in solutions."""
    made, solved, lost = set(), set(), set()
    for cell in notebooks.code_cells(notebook):
        if classroom.is_solution(cell):
            solved |= names([cell], ast.Store)
        elif cell.id != "install":
            made |= names([cell], ast.Store)
            lost |= names([cell], ast.Load) & solved - made
    return lost


@pytest.mark.parametrize("name", NAMES)
def test_nothing_a_student_runs_needs_a_solution(name):
    whole = nbformat.read(notebooks.ROOT / "notebooks" / name, 4)
    assert missing(whole) == set()


def test_a_name_that_only_a_solution_makes_is_noticed():
    cell = nbformat.v4.new_code_cell
    solution = cell("# Solution 1.1\ndef f(): ...", metadata={"tags": ["hide-cell"]})
    notebook = nbformat.v4.new_notebook(cells=[cell("x = 1"), solution, cell("f(x)")])
    assert missing(notebook) == {"f"}


def rows(table):
    return [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]


def test_the_guides_tables_have_every_exercise_and_add_up():
    listed = rows(guide.what_trains_what())
    assert [(kind, minutes, trains) for _, kind, minutes, trains in listed] == [
        (e.kind, str(e.minutes), e.trains) for e in exercises()
    ]
    *chapters, total = rows(guide.timing())
    assert len(chapters) == len(NAMES)
    for row in chapters:
        text, short, code, whole = map(int, row[-4:])
        assert text + short + code == whole
        assert 20 <= text <= 180
    sums = [sum(int(row[k]) for row in chapters) for k in range(-4, 0)]
    assert sums == [int(number) for number in total[-4:]]


def test_the_guide_names_exercises_that_exist():
    text = (notebooks.ROOT / "book" / "teachers-guide.md").read_text()
    named = set(re.findall(r"\b(\d\.\d)\b", text))
    assert len(named) > 20
    assert named <= {e.title.split()[1] for e in exercises()}


def test_a_longer_text_takes_longer(tmp_path):
    word, end = nbformat.v4.new_markdown_cell, "## Exercises\n\n" + "word " * 999
    times = []
    for words in (120, 1200):
        cells = [word("word " * words), word(end)]
        path = tmp_path / "a.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        times.append(guide.reading(path))
    assert times == [1, 10]
