"""The tools that keep and run the chapters."""

import os

import build
import execute
import pytest
from nbformat import write
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
)

from tools import notebooks


def chapter(*sources):
    cells = [new_code_cell(source) for source in sources]
    return new_notebook(cells=[new_markdown_cell("# Title"), *cells])


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book with a package of one file and nothing else."""
    monkeypatch.setattr(execute, "ROOT", tmp_path)
    monkeypatch.setattr(execute, "CACHE", tmp_path / "_build" / ".jupyter_cache")
    (tmp_path / "minidiff").mkdir()
    (tmp_path / "minidiff" / "one.py").write_text("x = 1\n")
    (tmp_path / "requirements.txt").write_text("torch==1\n")
    return tmp_path


def test_strip_keeps_text_and_only_text():
    picture = {"image/png": "aGk=", "text/html": "<b>", "text/plain": "<Figure>"}
    cell = new_code_cell("draw()", metadata={"scrolled": True, "tags": ["hide-input"]})
    cell.outputs = [
        new_output("stream", name="stdout", text="loss fell: True\n"),
        new_output("stream", name="stderr", text="100%|####|\n"),
        new_output("display_data", data=picture, metadata={"image/png": {"width": 9}}),
        new_output("execute_result", data={"text/html": "<i>"}, execution_count=7),
    ]
    notebook = notebooks.strip(new_notebook(cells=[cell], metadata={"widgets": {}}))
    printed, drawn = notebook.cells[0].outputs
    assert printed.text == "loss fell: True\n"
    assert dict(drawn.data) == {"text/plain": "<Figure>"}
    assert not drawn.metadata
    assert notebook.cells[0].metadata == {"tags": ["hide-input"]}
    assert notebook.cells[0].execution_count == 1
    assert "widgets" not in notebook.metadata


def test_strip_drops_the_text_of_cells_that_differ_by_machine():
    cell = new_code_cell("time()", metadata={"tags": ["nbval-ignore-output"]})
    cell.outputs = [new_output("stream", name="stdout", text="1.2 s\n")]
    assert notebooks.strip(new_notebook(cells=[cell])).cells[0].outputs == []


def test_badges_are_made_from_the_address_and_made_once():
    once = notebooks.badges(chapter("1"), "01-a.ipynb")
    title, link, install, code = once.cells
    assert (title.source, code.source) == ("# Title", "1")
    assert link.source.endswith("/blob/main/notebooks/01-a.ipynb)")
    assert "import minidiff" in install.source
    assert "github.com" in install.source
    again = notebooks.badges(once, "01-a.ipynb")
    assert [cell.id for cell in again.cells] == [title.id, "colab", "install", code.id]


def test_a_field_stands_before_the_cell_that_takes_the_answer():
    cells = []
    for kind in ("predict", "fill in", "listen"):
        name = f"ex-03-{len(cells) // 4 + 1}"
        cells += [
            new_markdown_cell(f"### Exercise 3.1 ({kind})\n\nHow much?"),
            new_markdown_cell("Your ears, please."),
            new_code_cell(f'answer = ...\nmd.check("{name}", answer)'),
            new_code_cell(f'# Solution\nmd.check("{name}", 3)'),
        ]
    once = notebooks.asks(new_notebook(cells=cells))
    fields = [i for i, c in enumerate(once.cells) if c.source.startswith("md.ask")]
    assert fields == [2, 11]
    assert [once.cells[i].source for i in fields] == [
        'md.ask("ex-03-1")', 'md.ask("ex-03-3")'
    ]  # fmt: skip
    assert [once.cells[i].id for i in fields] == ["ask-ex-03-1", "ask-ex-03-3"]
    (output,) = once.cells[2].outputs
    assert output.data["text/plain"] == "<ask: Exercise 3.1>"  # what the cell gives
    sources = [cell.source for cell in once.cells]
    assert [cell.source for cell in notebooks.asks(once).cells] == sources


def test_a_chapter_is_executed_once_until_the_package_changes(book, capsys):
    path = book / "01-a.ipynb"
    write(chapter("print(6 * 7)"), path)
    assert execute.execute([path]) == []
    assert execute.executed(path).cells[1].outputs[0].text == "42\n"
    assert "01-a: done in" in capsys.readouterr().out
    execute.execute([path])
    assert "0 to execute" in capsys.readouterr().out
    (book / "minidiff" / "one.py").write_text("x = 2\n")
    execute.execute([path])
    assert "1 to execute" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["minidiff/weights.safetensors", "requirements.txt"])
def test_weights_and_lock_are_part_of_the_fingerprint(book, name):
    before = execute.fingerprint()
    (book / name).write_text("changed")
    assert execute.fingerprint() != before


def test_the_data_at_hand_are_part_of_the_fingerprint(book, monkeypatch):
    before = execute.fingerprint()
    monkeypatch.setenv("MINIDIFF_DATA", "/somewhere")
    assert execute.fingerprint() != before


def test_a_failing_chapter_is_named_with_its_cell_and_traceback(book, capsys):
    path = book / "02-b.ipynb"
    write(chapter("x = 1", "undefined_name + x"), path)
    assert execute.execute([path]) == [path]
    said = capsys.readouterr().out
    assert "02-b: FAILED in cell 3 of 3" in said
    assert "NameError" in said
    assert "undefined_name + x" in said
    with pytest.raises(KeyError):
        execute.executed(path)


def test_a_chapter_that_was_never_begun_is_left_as_it_was(book, monkeypatch):
    paths = [book / "01-a.ipynb", book / "02-b.ipynb"]
    for path in paths:
        write(chapter("1"), path)
        path.write_text(notebooks.tidy(path, notebooks.JOBS))
    monkeypatch.setattr(execute, "execute", lambda paths: paths[:1])
    before = paths[1].read_text()
    assert notebooks.run(paths) == paths[:1]
    assert paths[1].read_text() == before


def test_all_pages_begin_anew_after_what_sphinx_does_not_watch(book, monkeypatch):
    monkeypatch.setattr(build, "ROOT", book)
    monkeypatch.setattr(build, "PARSED", book / "_build" / ".doctrees")
    assert not build.stale()  # nothing was ever read
    execute.open_cache()
    build.PARSED.mkdir()
    read = build.PARSED / "environment.pickle"
    read.touch()
    assert not build.stale()
    execute.open_cache()  # the package is what it was
    assert not build.stale()
    os.utime(read, (0, 0))
    assert build.stale()
    read.touch()
    (book / "minidiff" / "one.py").write_text("x = 2\n")
    os.utime(read, (read.stat().st_mtime - 10,) * 2)
    execute.open_cache()
    assert build.stale()
