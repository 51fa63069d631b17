"""Exercises that answer back: right, not yet (with a hint), or not attempted."""

import dis
import types
from collections.abc import Callable, Mapping

import torch

from . import valid
from .exercises import load

EXERCISES: dict[str, Callable] = {}


class Wrong(Exception):
    """Raised by an exercise's check; its text is the hint that the reader sees."""


def exercise(name: str):
    """Register the decorated function as the check of exercise `name` ("ex-03-1").

    It takes the answer, raises Wrong("hint"), or returns the sentence that goes with
    a right answer (or None).
    """

    def register(function):
        EXERCISES[name] = function
        return function

    return register


def check(name: str, answer) -> None:
    """Print what is to be said about an answer to exercise `name`, such as "ex-03-1".

    `answer` is a value, or a function that the exercise calls; `...` and a function
    that still has `...` in it count as not attempted. An answer that raises an
    error is not right yet, and its error is printed. The reader's random numbers
    stay as they are. Raises ValueError for a name that no chapter has.
    """
    load(name)
    examine = EXERCISES[valid.choice(name, sorted(EXERCISES), "exercise")]
    if blank(answer):
        return print(f"{name}: not attempted yet")
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            praise = examine(answer)
    except Wrong as hint:
        print(f"{name}: not yet. {hint}")
    except Exception as error:
        if "ellipsis" in str(error).lower():  # a `...` was used as a number
            print(f"{name}: not attempted yet")
        else:
            kind = type(error).__name__
            print(f"{name}: not yet. Your answer stops with {kind}: {error}")
    else:
        print(f"{name}: right. {praise or ''}".rstrip())


def blank(answer) -> bool:
    """Whether an answer is `...`, holds one, or is a function whose body is `...`."""
    if isinstance(answer, Mapping):
        return any(map(blank, answer.values()))
    if isinstance(answer, list | tuple):
        return any(map(blank, answer))
    if not isinstance(answer, types.FunctionType):
        return answer is ...
    # such a function does nothing but return None (or `...`)
    steps = [step for step in dis.get_instructions(answer) if step.opname != "RESUME"]
    return all(
        step.opname in ("LOAD_CONST", "RETURN_CONST", "RETURN_VALUE", "NOP")
        and step.argval in (None, ...)
        for step in steps
    )
