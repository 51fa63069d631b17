"""Measured comparisons: read as they were written, tables without a number typed."""

import json

import pytest
import torch

import minidiff as md
from bench.budget import GROUPS, stated
from minidiff import measured as package
from minidiff.measured import FOLDER, Measured

CONTENT = {
    "machine": "1 thread of a slide rule",
    "seconds": 120,
    "again": "python -m bench.budget rules",
    "rows": {
        "long": {"steps": 12_345, "metrics": {"error": 0.123456}},
        "short": {"steps": 7, "metrics": {}},
    },
}


def test_a_column_may_lack_numbers():
    rows = Measured(CONTENT)
    assert rows.column("steps") == [12_345, 7]
    assert rows.column("metrics.error") == [0.123456, None]
    assert rows.column("metrics.error.deeper") == [None, None]
    assert rows.minutes == 2


def test_table_shows_three_digits_and_gaps():
    table = Measured(CONTENT).table({"steps": "steps", "how wrong": "metrics.error"})
    assert table.splitlines() == [
        "| | steps | how wrong |",
        "|---|---|---|",
        "| long | 12,345 | 0.123 |",
        "| short | 7 |  |",
    ]


def test_sounds_are_of_full_scale():
    kept = torch.tensor([[-32767, 0, 32767]], dtype=torch.int16)
    rows = Measured(CONTENT, {"long": kept})
    assert rows.sounds("long").tolist() == [[-1, 0, 1]]
    with pytest.raises(ValueError, match="long"):
        rows.sounds("log")


def test_unknown_comparison_names_the_near_one():
    assert callable(package)  # the function, not the folder of the same name
    with pytest.raises(ValueError, match="name of a comparison"):
        md.measured("no such thing")


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.json")), ids=lambda f: f.stem)
def test_every_row_says_how_it_was_made(file):
    content = json.loads(file.read_text())
    rows = md.measured(file.stem)
    assert rows.machine
    assert file.stem in rows.again
    for row in rows.values():
        assert row["recipe"]["net"]
        assert row["steps"] > 0
        assert abs(row["seconds"] / content["seconds"] - 1) < 0.25  # of equal length


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.json")), ids=lambda f: f.stem)
def test_what_was_measured_is_what_the_recipes_say_today(file):
    rows = json.loads(file.read_text())["rows"]
    said = {
        name: json.loads(json.dumps(stated(r))) for name, r in GROUPS[file.stem].items()
    }
    assert {name: row["recipe"] for name, row in rows.items()} == said
