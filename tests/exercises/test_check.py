"""Exercises answer back: right, not yet with a hint, or not attempted."""

import functools
import sys

import numpy as np
import pytest
import torch

import minidiff.exercises
from minidiff.exercises.answers import (
    Wrong,
    letter,
    names,
    near,
    number,
    numbers,
    order,
    unfinished,
)
from minidiff.exercises.check import (  # (md.check is the function)
    EXERCISES,
    check,
    exercise,
)

CHAPTER = """
import torch
from minidiff.exercises.check import Wrong, exercise

@exercise("ex-98-1", "fill in", minutes=5, trains="squares")
def square(answer):
    x = torch.rand(3)
    if torch.allclose(answer(x), 2 * x):
        raise Wrong("You doubled it.")
    if not torch.allclose(answer(x), x**2):
        raise Wrong("Multiply x by itself.")
    return "A parabola."

@exercise("ex-98-2", "predict", minutes=5, trains="counting")
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
    for name in [name for name in EXERCISES if name.startswith("ex-98")]:
        del EXERCISES[name]


def test_one_ellipsis_too_many_is_an_attempt(capsys):
    check("ex-98-1", lambda x: np.zeros((2, 2))[..., 0, ...])
    assert "not yet" in capsys.readouterr().out


def hollow(x): ...


def hollow_with_words(x):
    """To be written."""
    return ...


def half_filled(x):
    y = ...
    return y * x


def with_a_start(x):
    """To be written."""
    x = x + 1
    ...


def with_a_branch(x):
    if len(x) > 2:
        ...
    return x


def with_a_tuple(x):
    return x, ...


def with_a_lambda(x):
    square = lambda x: ...  # noqa: E731
    return square(x)


class Started:
    def __init__(self):
        self.scale = 2

    def __call__(self, x):
        """To be written."""
        x = self.scale * x
        ...


class Hollow:
    def __call__(self, x): ...


def nothing(x):
    x**2


def constant(x):
    return 0


def said(capsys, name, answer):
    assert check(name, answer) is None
    return capsys.readouterr().out


@pytest.mark.parametrize("answer", [
    ..., (1, ...), [...], {"a": ...}, {...}, hollow, hollow_with_words, half_filled,
    with_a_start, with_a_branch, with_a_tuple, with_a_lambda, Started, Hollow,
    lambda x: ..., lambda x: None, functools.partial(half_filled),
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
    (7, "Hand in the function itself, without calling it."),
    (nothing, "Your function returns nothing: end it with `return`."),
])  # fmt: skip
def test_a_wrong_answer_gets_a_hint(capsys, answer, hint):
    assert said(capsys, "ex-98-1", answer).startswith(f"ex-98-1: not yet. {hint}")


def test_the_readers_random_numbers_stay(capsys):
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    check("ex-98-1", lambda x: x + torch.randn(3))
    assert torch.equal(torch.rand(2), expected)


def test_a_gpus_random_numbers_stay_too(capsys, monkeypatch):
    seeded = []
    monkeypatch.setattr("torch.cuda.manual_seed_all", seeded.append)
    check("ex-98-1", lambda x: x + torch.randn(3))
    assert not seeded


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


def test_an_index_with_dots_is_no_gap():
    """Nor is one in a function that works."""

    def last(x: tuple[int, ...]):
        return x[..., -1] + x[(..., 0)]

    assert not unfinished(last)
    assert unfinished(with_a_start)
    assert not unfinished(torch.add)


def test_a_source_that_nobody_has_is_no_trouble(capsys):
    """In a plain interpreter there is none; then a `...` shows when it is returned."""
    exec("def f(x):\n    y = x\n    return ...", names := {})
    assert said(capsys, "ex-98-1", names["f"]) == "ex-98-1: not attempted yet\n"


@pytest.mark.parametrize("answer", [
    3, 3.0, "3", " 3,0 ", torch.tensor(3), torch.tensor(3.0, requires_grad=True),
    np.array(3), np.float32(3), np.array([3]), [3],
], ids=repr)  # fmt: skip
def test_a_number_may_come_as_anything(answer):
    assert number(answer) == 3


@pytest.mark.parametrize("answer", ["-3/4", " -0.75", "−3/4", "-75e-2"])
def test_a_number_may_come_as_a_fraction(answer):
    assert number(answer) == -0.75


@pytest.mark.parametrize("answer", [
    "6, 6, 12", "[6, 6, 12]", "6 6; 12", [6, "6", 12.0], (6, 6, 12),
    torch.tensor([6, 6, 12]), np.array([6, 6, 12]),
], ids=repr)  # fmt: skip
def test_several_numbers_may_come_as_a_text_or_a_list(answer):
    assert numbers(answer, 3) == [6, 6, 12]


@pytest.mark.parametrize("answer", ["6, 6", [6, 6, "x"], 6, None, "", len], ids=repr)
def test_what_is_not_so_many_numbers_gets_a_hint(answer):
    with pytest.raises(Wrong, match="list of 3 numbers"):
        numbers(answer, 3)


@pytest.mark.parametrize(
    "answer", ["three", [1, 2], None, len, {}, "", "1/0", "1//2", "nan"], ids=repr
)
def test_what_is_no_number_gets_a_hint(answer):
    with pytest.raises(Wrong, match="one number"):
        number(answer)


@pytest.mark.parametrize("answer", [
    "BCA", "b c a", "B, C, A", "B-C-A", ["b", "C", "a"], ("B", "C", "A"),
])  # fmt: skip
def test_an_order_may_come_as_a_word_or_a_list(answer):
    assert order(answer, "ABC") == "BCA"


@pytest.mark.parametrize("answer", ["BC", "BCD", "BCAA", 3, None, []], ids=repr)
def test_what_is_no_order_gets_a_hint(answer):
    with pytest.raises(Wrong, match="A, B, C once"):
        order(answer, "ABC")


def test_letters_and_names():
    assert letter(" b ", "AB") == "B"
    with pytest.raises(Wrong, match='"A" or "B"'):
        letter("AB", "AB")
    assert names("x_t, x0 EPS") == names(["x_t", "x0 ", "eps"]) == ["x_t", "x0", "eps"]
    with pytest.raises(Wrong, match="list of names"):
        names(3)


def test_near_minds_shapes_and_not_types():
    assert near(np.float32(1) * np.ones(3), torch.ones(3, dtype=torch.float64))
    assert not near(torch.ones(3, 1), torch.ones(3))
    assert not near(torch.tensor(torch.nan), torch.tensor(1.0))


def test_a_kind_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="did you mean 'predict'"):
        exercise("ex-98-3", "predikt", minutes=1, trains="spelling")(len)
    assert "ex-98-3" not in EXERCISES
