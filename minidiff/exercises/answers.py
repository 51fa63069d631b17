"""Reading an answer: is it there, is it finished, and what does it say?"""

import ast
import dis
import functools
import inspect
import re
import textwrap
import types
from collections.abc import Mapping
from fractions import Fraction

import torch


class Wrong(Exception):
    """Raised by an exercise's check; its text is the hint that the reader sees."""


class Unfilled(Exception):
    """Raised when a `...` comes to light while an answer is tried."""


def blank(answer) -> bool:
    """Whether an answer is `...`, holds one, or is a function that does nothing."""
    if isinstance(answer, Mapping):
        return any(map(blank, answer.values()))
    if isinstance(answer, list | tuple | set):
        return any(map(blank, answer))
    if isinstance(answer, types.FunctionType):
        steps = (s for s in dis.get_instructions(answer) if s.opname != "RESUME")
        return all(
            step.opname in ("LOAD_CONST", "RETURN_CONST", "RETURN_VALUE", "NOP")
            and step.argval in (None, ...)
            for step in steps
        )
    return answer is ...


def unfinished(answer) -> bool:
    """Whether a function, or a method of a class, still has a `...` to fill in.

    Python forgets a `...` on a line of its own, so this reads the source, where it
    is known. The one of `x[..., 0]` is an index.
    """
    if isinstance(answer, type):
        return any(
            blank(method) or unfinished(method)
            for method in vars(answer).values()
            if isinstance(method, types.FunctionType)
        )
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(answer)))
    except (OSError, TypeError, SyntaxError):
        return False
    nodes = list(ast.walk(tree))
    indices = [ast.walk(n.slice) for n in nodes if isinstance(n, ast.Subscript)]
    known = {id(node) for index in indices for node in index}
    return any(
        isinstance(n, ast.Constant) and n.value is ... and id(n) not in known
        for n in nodes
    )


def watched(answer):
    """The answer; a function so that it may return neither `...` nor nothing."""
    if not callable(answer) or isinstance(answer, type):
        return answer

    @functools.wraps(answer)
    def call(*args, **kwargs):
        result = answer(*args, **kwargs)
        if blank(result):
            raise Unfilled
        if result is None:
            raise Wrong("Your function returns nothing: end it with `return`.")
        return result

    return call


def number(answer) -> float:
    """One number, given as one, as a tensor or array of one, or as a word: "-3/4"."""
    try:
        if isinstance(answer, str):
            return float(Fraction(answer.replace(",", ".").replace("−", "-")))
        return torch.as_tensor(answer, dtype=torch.float64).reshape(()).item()
    except (TypeError, ValueError, RuntimeError, ArithmeticError):
        raise Wrong("Answer with one number, please.") from None


def tensor(answer) -> torch.Tensor:
    """A tensor in float64, given as one, as an array or as lists of numbers."""
    try:
        if isinstance(answer, list | tuple):
            return torch.stack([tensor(part) for part in answer])
        return torch.as_tensor(answer, dtype=torch.float64).detach()
    except (TypeError, ValueError, RuntimeError):
        raise Wrong("Answer with a tensor, please.") from None


def numbers(answer, count: int) -> list[float]:
    """`count` numbers, as a list, a tensor, or one text: "6, 6, 12" or "6 and 6"."""
    if isinstance(answer, str):
        answer = re.split(r"[,;\s]+(?:and\s+)?", answer.strip(" ()[]"))
    try:
        found = [number(one) for one in answer]
    except (TypeError, Wrong):
        found = []
    if len(found) != count:
        raise Wrong(f"Answer with a list of {count} numbers, please.")
    return found


def letter(answer, known: str) -> str:
    """One of the letters `known`."""
    word = str(answer).strip().upper()
    if len(word) != 1 or word not in known:
        quoted = " or ".join(f'"{c}"' for c in known)
        raise Wrong(f"Answer {quoted}, please.")
    return word


def order(answer, known: str) -> str:
    """The letters `known` in some order, given as one word or as a list."""
    words = answer if isinstance(answer, list | tuple) else [answer]
    word = "".join(c for c in "".join(map(str, words)).upper() if c.isalpha())
    if sorted(word) != sorted(known):
        raise Wrong(f'Use each of {", ".join(known)} once, such as "{known}".')
    return word


def names(answer) -> list[str]:
    """Several words, given as a list or as one text with commas or spaces."""
    words = answer.replace(",", " ").split() if isinstance(answer, str) else answer
    try:
        return [str(word).strip().lower() for word in words]
    except TypeError:
        raise Wrong("Answer with a list of names, please.") from None


def near(a, b, tolerance: float = 1e-4) -> bool:
    """Whether two numbers or tensors agree, their shapes included."""
    a, b = (torch.as_tensor(x, dtype=torch.float64) for x in (a, b))
    return a.shape == b.shape and torch.allclose(a, b, tolerance, tolerance)
