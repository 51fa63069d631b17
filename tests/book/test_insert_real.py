"""Real beside made: the tool finds its places, and nothing else is touched."""

import copy
from pathlib import Path

import insert_real
import nbformat
import pytest
from insert_real import TRIALS, Trial, inserted, taken
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

CHAPTERS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
PATHS = {path.name[:2]: path for path in CHAPTERS if path.name[:2] in TRIALS}


def others(notebook):
    return [c for c in notebook.cells if c.id not in ("real", "real-test")]


@pytest.mark.parametrize("number", TRIALS)
def test_every_chapter_has_its_place(number):
    notebook = nbformat.read(PATHS[number], as_version=4)
    before = others(copy.deepcopy(notebook))
    assert inserted(notebook, TRIALS[number]) is notebook
    nbformat.validate(notebook)
    assert others(notebook) == before
    ids = [cell.id for cell in notebook.cells]
    text, code = (notebook.cells[ids.index(i)] for i in ("real", "real-test"))
    assert ids.index("real-test") == ids.index("real") + 1
    assert code.metadata.tags == ["hide-input"]
    assert "Before you listen" in " ".join(text.source.split())
    assert max(map(len, text.source.splitlines())) <= 76
    assert max(map(len, code.source.splitlines())) <= 70
    assert taken(notebook, TRIALS[number]) == []
    once = nbformat.writes(notebook)
    assert nbformat.writes(inserted(notebook, TRIALS[number])) == once


def notebook():
    return new_notebook(
        cells=[
            new_markdown_cell("# Title", id="a"),
            new_markdown_cell("Now a\nsound.", id="b"),
            new_code_cell("x = sound()", id="c"),
            new_markdown_cell("It is fine.", id="d"),
            new_markdown_cell("## Next", id="e"),
        ]
    )


@pytest.mark.parametrize(("places", "order"), [
    ({"before": ("gone", "Now a sound")}, "a real real-test b c d e"),
    ({"before": ("x = sound",)}, "a real real-test b c d e"),
    ({"after": ("x = sound",)}, "a b c d real real-test e"),
    ({"before": ("gone",), "after": ("It is fine",)}, "a b c d real real-test e"),
])  # fmt: skip
def test_cells_that_belong_together_stay_together(places, order):
    done = inserted(notebook(), Trial("text", "code", **places))
    assert [cell.id for cell in done.cells] == order.split()


def test_what_stands_there_is_brought_up_to_date_in_its_place():
    done = inserted(notebook(), Trial("old", "old()", before=("## Next",)))
    again = inserted(done, Trial("new", "new()", before=("# Title",)))
    assert [cell.id for cell in again.cells][4:6] == ["real", "real-test"]
    assert [cell.source for cell in again.cells][4:6] == ["new", "new()"]
    assert len(again.cells) == 7


def test_a_lost_place_and_a_taken_name_are_told(tmp_path, monkeypatch, capsys):
    trial = Trial("text", "x = 1\ny = 2", before=("gone",))
    assert inserted(notebook(), trial) is None
    assert taken(notebook(), trial) == ["x"]
    monkeypatch.setitem(insert_real.TRIALS, "01", trial)
    path = tmp_path / "01-a.ipynb"
    nbformat.write(notebook(), path)
    old = path.read_text()
    monkeypatch.setattr("sys.argv", ["insert_real", str(path)])
    with pytest.raises(SystemExit, match="True"):
        insert_real.main()
    said = capsys.readouterr().out
    assert "01-a.ipynb: these names are used elsewhere: x" in said
    assert "01-a.ipynb: not found: gone" in said
    assert path.read_text() == old
