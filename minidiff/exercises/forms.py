"""The form of an answer that a page takes without a kernel: all that can be given.

Each form has a `kind`, by which the page's script reads what the reader gave, and
`candidates()`, pairs (key, answer): the text that the script makes of it, and what
`md.check` would get.
"""

from collections.abc import Iterator
from itertools import permutations, product
from typing import NamedTuple


def form(shape):
    """Say of the decorated check which form its answers have in the page.

    Stands between `@exercise(...)` and the function.
    """

    def note(function):
        function.form = shape
        return function

    return note


def digits(number: float) -> str:
    """A number to six digits, as JavaScript's `toExponential(5)` writes it."""
    mantissa, exponent = f"{number + 0.0:.5e}".split("e")
    return f"{mantissa}e{int(exponent):+d}"


class Number(NamedTuple):
    """A number from `low` to `high` in steps of `step`, or one of `also`."""

    low: float
    high: float
    step: float
    also: tuple = ()
    kind = "number"

    def candidates(self) -> Iterator[tuple[str, float]]:
        first, last = round(self.low / self.step), round(self.high / self.step)
        for number in (*(k * self.step for k in range(first, last + 1)), *self.also):
            number = float(f"{number:.6g}")  # 0.3, and not 3 * 0.1
            yield digits(number), number

    def beyond(self) -> tuple[float, float]:
        """Two numbers far outside: is what is said of them always the same?"""
        return 3 * self.high + 7.3, 5 * self.high + 11.7


class Numbers(NamedTuple):
    """`count` numbers, each one of `values`."""

    count: int
    values: tuple
    kind = "numbers"

    def candidates(self) -> Iterator[tuple[str, list]]:
        for numbers in product(self.values, repeat=self.count):
            yield " ".join(map(digits, numbers)), list(numbers)


class Order(NamedTuple):
    """The letters in some order, as one word."""

    letters: str
    kind = "order"

    def candidates(self) -> Iterator[tuple[str, str]]:
        for letters in permutations(self.letters):
            yield "".join(letters), "".join(letters)


class Choice(NamedTuple):
    """One of a few words or letters."""

    options: tuple
    kind = "choice"

    def candidates(self) -> Iterator[tuple[str, str]]:
        yield from ((option, option) for option in self.options)


class Each(NamedTuple):
    """A word for each letter: which of `options` is A, which is B ..."""

    letters: str
    options: tuple
    kind = "each"

    def candidates(self) -> Iterator[tuple[str, list]]:
        for words in product(self.options, repeat=len(self.letters)):
            yield " ".join(words), list(words)
