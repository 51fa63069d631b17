"""RePaint: replacement that goes back and forth, until both parts agree."""

from collections.abc import Iterator
from math import sqrt

from torch import Tensor

from .. import valid
from ..denoiser import Cond
from ..process import Generators, randn
from ..samplers import checked, steps_of
from .operators import Operator
from .replacement import kept, placed, stepped


@checked
def repaint(
    denoiser,
    x: Tensor,
    times: Tensor,
    operator: Operator,
    y: Tensor,
    jumps: int = 10,
    length: int = 1,
    eta: float = 1.0,
    cond: Cond = None,
    generator: Generators = None,
) -> Iterator[Tensor]:
    """`replacement`, every stretch of it walked `jumps` times (Lugmayr et al. 2022).

    After every `length` steps down, forward noise leads the same way up again, and down
    once more: at each turn the two parts hear of each other. With jumps = 1 it is
    `replacement`. It takes jumps times as many calls of the net. Yields x after each
    step down. Raises ValueError for jumps or length below 1.
    """
    jumps, length = valid.whole(jumps, "jumps", 1), valid.whole(length, "length", 1)
    mask = kept(operator, x, y)
    stops = list(steps_of(denoiser, x, times))
    a, s = stops[0][2:4]
    x = placed(mask, a * y, s, x, generator)
    for first in range(0, len(stops), length):
        stretch = stops[first : first + length]
        for turn in range(jumps):
            if turn:  # the way up at once: forward noise adds up
                x = noised(x, *stretch[-1][4:], *stretch[0][2:4], generator)
            for t, _, a_t, s_t, a_s, s_s in stretch:
                x = stepped(denoiser(x, t, cond), x, a_t, s_t, a_s, s_s, eta, generator)
                x = placed(mask, a_s * y, s_s, x, generator)
                yield x


def noised(
    x: Tensor, a_s: float, s_s: float, a_t: float, s_t: float, generator: Generators
) -> Tensor:
    """x_t from x_s, by the forward process, t > s."""
    more = sqrt(s_t**2 - (a_t / a_s * s_s) ** 2)
    return a_t / a_s * x + more * randn(x.shape, generator).to(x)
