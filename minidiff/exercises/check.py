"""Exercises that answer back: right, not yet (with a hint), or not attempted."""

from collections.abc import Callable
from typing import NamedTuple

import torch

from .. import valid
from . import load, load_all
from .answers import Unfilled, Wrong, blank, unfinished, watched
from .forms import Choice, Each, Number, Numbers, Order, form  # noqa: F401

VALUES = "predict", "vary", "listen"  # kinds that are answered with a value
CODE = "fill in", "find the bug", "extend", "derive"  # with a function or a class


class Exercise(NamedTuple):
    """What is known of an exercise beside its text, which stands in the chapter."""

    name: str  # "ex-03-1"
    kind: str  # one of VALUES and CODE
    minutes: int  # how long a learner takes, about
    trains: str  # what it is good for: a phrase
    examine: Callable

    @property
    def chapter(self) -> int:
        return int(self.name.split("-")[1])

    @property
    def form(self):
        """How the page itself takes an answer (see `exercises.forms`), or None."""
        return getattr(self.examine, "form", None)

    @property
    def title(self) -> str:
        """The chapter's heading, such as "Exercise 3.1 (predict)"."""
        return f"Exercise {self.chapter}.{self.name.split('-')[2]} ({self.kind})"


EXERCISES: dict[str, Exercise] = {}


def exercise(name: str, kind: str, minutes: int, trains: str):
    """Register the decorated function as the check of exercise `name` ("ex-03-1").

    It takes the answer, raises Wrong("hint"), or returns the sentence that goes with
    a right answer (or None). The other arguments are those of `Exercise`.
    """

    def register(function):
        valid.choice(kind, VALUES + CODE, "kind of exercise")
        EXERCISES[name] = Exercise(name, kind, minutes, trains, function)
        return function

    return register


def exercises() -> list[Exercise]:
    """All exercises of the book, in order."""
    load_all()
    return sorted(
        EXERCISES.values(), key=lambda e: tuple(map(int, e.name[3:].split("-")))
    )


def check(name: str, answer) -> None:
    """Print what is to be said about an answer to exercise `name`, such as "ex-06-2".

    `answer` is a value, or a function that the exercise calls; `...`, and a function
    or class that still has `...` in it, count as not attempted. An answer that raises
    an error is not right yet, and its error is printed. The reader's random numbers
    stay as they are. Raises ValueError for a name that no chapter has.
    """
    print(f"{name}: {reply(find(name), answer)}".rstrip())


def find(name: str) -> Exercise:
    """The exercise `name` of its chapter, which is read now if it was not yet."""
    load(name)
    return EXERCISES[valid.choice(name, sorted(EXERCISES), "exercise")]


def reply(asked: Exercise, answer) -> str:
    """What `check` prints after the name."""
    if blank(answer):
        return "not attempted yet"
    try:
        if asked.kind in CODE and not callable(answer):
            raise Wrong("Hand in the function itself, without calling it.")
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)  # and no GPU's
            praise = asked.examine(watched(answer))
    except Unfilled:
        return "not attempted yet"
    except Exception as error:
        # a `...` on the way, or one that was used as a number; not one too many in [ ]
        used = "ellipsis" in str(error) and not isinstance(error, IndexError)
        if unfinished(answer) or used:
            return "not attempted yet"
        if isinstance(error, Wrong):
            return f"not yet. {error}"
        return f"not yet. Your answer stops with {type(error).__name__}: {error}"
    return f"right. {praise or ''}"
