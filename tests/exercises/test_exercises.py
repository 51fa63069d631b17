"""Every exercise of the book, by one set of rules.

`chNN.py` beside this file has answers: RIGHT ones, and WRONG ones with the words of
the hint that each should get. The chapters have the texts, stubs and solutions.
"""

import ast
import re
from importlib import import_module
from pathlib import Path

import classroom
import nbformat
import pytest

import minidiff as md
from minidiff.exercises.check import CODE, VALUES, exercises
from tools import notebooks

EVERY = {exercise.name: exercise for exercise in exercises()}
CHAPTERS = {int(path.name[:2]): path for path in notebooks.chapters()}
FOUND = {  # (chapter, title) -> cells
    (number, title): cells
    for number, path in CHAPTERS.items()
    for title, cells in classroom.exercises(nbformat.read(path, 4)).items()
}
every_exercise = pytest.mark.parametrize("name", EVERY)


def answers():
    """The tables of all chapters as two lists."""
    right, wrong = [], []
    for path in sorted(Path(__file__).parent.glob("ch*.py")):
        module = import_module(f"exercises.{path.stem}")
        right, wrong = right + module.RIGHT, wrong + module.WRONG
    return right, wrong


RIGHT, WRONG = answers()


def said(capsys, name, answer):
    md.check(name, answer)
    return capsys.readouterr().out


def cells_of(name):
    return FOUND[EVERY[name].chapter, EVERY[name].title]


def code(name, solution):
    """The code of an exercise in its chapter: its solution, or what the reader sees."""
    cells = [cell for cell in cells_of(name) if cell.cell_type == "code"]
    return [cell for cell in cells if classroom.is_solution(cell) == solution]


def printed(cells):
    return "".join(o.text for c in cells for o in c.outputs if "text" in o)


def test_chapters_and_checks_have_the_same_exercises():
    assert list(FOUND) == [(e.chapter, e.title) for e in EVERY.values()]


@pytest.mark.parametrize("number", CHAPTERS)
def test_a_chapter_has_every_kind(number):
    kinds = [e.kind for e in EVERY.values() if e.chapter == number]
    assert set(kinds) == set(VALUES + CODE)


@every_exercise
def test_what_the_teachers_guide_needs(name):
    assert 3 <= EVERY[name].minutes <= 30
    assert 10 <= len(EVERY[name].trains) <= 70
    assert not EVERY[name].trains.endswith(".")


def test_no_exercise_trains_what_another_does():
    assert len({e.trains for e in EVERY.values()}) == len(EVERY)


@every_exercise
def test_an_exercise_has_a_hint_and_checks_nothing_else(name):
    text = "\n".join(cell.source for cell in cells_of(name))
    assert "<details><summary>Hint</summary>" in text
    assert set(checks(sources(cells_of(name)))) == {name}


@every_exercise
def test_a_hint_is_read_as_markdown_where_it_must_be(name):
    """What follows a tag without an empty line is plain HTML, on Colab too."""
    text = "\n".join(c.source for c in cells_of(name) if c.cell_type == "markdown")
    for hint in re.findall(r"</summary>(.*?)</details>", text, re.DOTALL):
        assert hint.startswith("\n\n") or not set("`$") & set(hint)


def sources(cells):
    return [cell.source for cell in cells if cell.cell_type == "code"]


def checks(texts):
    """The names that are checked in some cells."""
    for text in texts:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "md.check":
                yield node.args[0].value


@every_exercise
def test_the_stub_in_the_chapter_is_not_attempted(name, capsys):
    *_, stub = code(name, solution=False)
    exec(stub.source, {"md": md})
    assert capsys.readouterr().out == f"{name}: not attempted yet\n"
    assert printed([stub]) == f"{name}: not attempted yet\n"


@every_exercise
def test_the_solution_in_the_chapter_is_right(name):
    """Its stored output; that an execution prints it, nbval tests."""
    assert f"{name}: right. " in printed(code(name, solution=True))
    assert "not yet" not in printed(code(name, solution=True))


@pytest.mark.parametrize("number", CHAPTERS)
def test_solutions_that_need_nothing_of_the_chapter_are_right(number, capsys):
    """Run as they stand, with the chapter's imports."""
    names, ran = {}, 0
    for cell in notebooks.code_cells(nbformat.read(CHAPTERS[number], 4)):
        if cell.id == "install":
            continue
        for node in ast.parse(cell.source).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                exec(ast.unparse(node), names)
    for exercise in EVERY.values():
        if exercise.chapter != number:
            continue
        source = "\n".join(sources(code(exercise.name, solution=True)))
        kinds = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef | ast.Expr
        if all(isinstance(node, kinds) for node in ast.parse(source).body):
            try:
                exec(source, names)
            except NameError:  # it shows something of the chapter
                continue
            assert f"{exercise.name}: right. " in capsys.readouterr().out
            ran += 1
    assert ran >= 3


@every_exercise
def test_every_exercise_has_answers_to_test_it_with(name):
    assert name in {known for known, _ in RIGHT}
    own = {hint for known, _, hint in WRONG if known == name}
    assert len(own) >= 2, "one hint for all mistakes is no help"


# what a library that an answer calls says of its own future is not our error
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("name", "answer"), RIGHT)
def test_a_right_answer_is_right(name, answer, capsys):
    assert said(capsys, name, answer).startswith(f"{name}: right. ")


@pytest.mark.parametrize(("name", "answer", "hint"), WRONG)
def test_a_known_mistake_gets_its_own_hint(name, answer, hint, capsys):
    out = said(capsys, name, answer)
    assert out.startswith(f"{name}: not yet. ")
    assert hint in out
    others = {other for known, _, other in WRONG if known == name} - {hint}
    assert not [other for other in others if other in out]


@every_exercise
@pytest.mark.parametrize(
    "answer",
    [
        ..., [..., 1], "?", "", 7.25, None, object,
        pytest.param(lambda *a: None, id="says nothing"),
        pytest.param(lambda *a: ..., id="not written"),
    ],
    ids=str,
)  # fmt: skip
def test_odd_answers_are_answered(name, answer, capsys):
    out = said(capsys, name, answer)
    assert out.startswith((f"{name}: not yet. ", f"{name}: not attempted yet"))
