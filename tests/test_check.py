"""Exercises answer back: right, not yet with a hint, or not attempted."""

import sys

import pytest
import torch

import minidiff.exercises
from minidiff.check import check  # (minidiff.check itself is the function)

CHAPTER = """
import torch
from minidiff.check import Wrong, exercise

@exercise("ex-98-1")
def square(answer):
    x = torch.rand(3)
    if torch.allclose(answer(x), 2 * x):
        raise Wrong("You doubled it.")
    if not torch.allclose(answer(x), x**2):
        raise Wrong("Multiply x by itself.")
    return "A parabola."

@exercise("ex-98-2")
def number(answer):
    if answer != 3:
        raise Wrong("Count again.")
"""


@pytest.fixture(autouse=True)
def chapter(tmp_path, monkeypatch):
    """A chapter 98 that nobody has imported yet."""
    (tmp_path / "ch98.py").write_text(CHAPTER)
    folders = [*minidiff.exercises.__path__, str(tmp_path)]
    monkeypatch.setattr(minidiff.exercises, "__path__", folders)
    yield
    sys.modules.pop("minidiff.exercises.ch98", None)


def hollow(x): ...


def hollow_with_words(x):
    """To be written."""
    return ...


def half_filled(x):
    y = ...
    return y * x


def constant(x):
    return 0


def said(capsys, name, answer):
    assert check(name, answer) is None
    return capsys.readouterr().out


@pytest.mark.parametrize("answer", [
    ..., (1, ...), [...], {"a": ...}, hollow, hollow_with_words, half_filled,
    lambda x: ..., lambda x: None,
])  # fmt: skip
def test_a_stub_is_not_attempted(capsys, answer):
    assert said(capsys, "ex-98-1", answer) == "ex-98-1: not attempted yet\n"


def test_a_right_answer_gets_its_sentence(capsys):
    assert said(capsys, "ex-98-1", lambda x: x * x) == "ex-98-1: right. A parabola.\n"
    assert said(capsys, "ex-98-2", 3) == "ex-98-2: right.\n"


@pytest.mark.parametrize(("answer", "hint"), [
    (lambda x: x + x, "You doubled it."),
    (lambda x: x[..., :] + 1, "Multiply x by itself."),
    (lambda x: x @ torch.ones(7), "Your answer stops with RuntimeError: "),
    (constant, "Your answer stops with TypeError: "),
    (7, "Your answer stops with TypeError: 'int' object is not callable"),
])  # fmt: skip
def test_a_wrong_answer_gets_a_hint(capsys, answer, hint):
    assert said(capsys, "ex-98-1", answer).startswith(f"ex-98-1: not yet. {hint}")


def test_the_readers_random_numbers_stay(capsys):
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    check("ex-98-1", lambda x: x + torch.randn(3))
    assert torch.equal(torch.rand(2), expected)


@pytest.mark.parametrize(("name", "message"), [
    ("ex-98-7", "did you mean 'ex-98-"),
    ("ex-97-1", "'ch97' is unknown"),
    ("exercise 1", 'named like "ex-03-1"'),
    (3, 'named like "ex-03-1"'),
])  # fmt: skip
def test_an_unknown_exercise_raises(name, message, unhooked):
    with pytest.raises(ValueError, match=message):
        check(name, ...)


def test_a_chapter_is_read_only_when_asked(capsys):
    assert "minidiff.exercises.ch98" not in sys.modules
    check("ex-98-1", ...)
    assert "minidiff.exercises.ch98" in sys.modules
