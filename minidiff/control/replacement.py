"""Replacement: at every step, what is known is put in the place of what was made."""

from collections.abc import Iterator
from math import sqrt

import torch
from torch import Tensor

from .. import valid
from ..denoiser import Cond
from ..process import Generators, randn
from ..samplers import checked, steps_of
from .operators import Kept, Operator


@checked
def replacement(
    denoiser,
    x: Tensor,
    times: Tensor,
    operator: Operator,
    y: Tensor,
    eta: float = 0.0,
    cond: Cond = None,
    generator: Generators = None,
) -> Iterator[Tensor]:
    """`ddim` in which y, noised to the level of each step, replaces what is known.

    Song et al. 2021, appendix I.2. operator: `Gap` or `Mask`. It is biased: what is
    made hears of y only through x_t, and is not told how well it fits. The noise of y
    is drawn anew at every step. Follows the contract of the samplers, but for that one
    draw more a step. Raises ValueError for operators that keep no part of x as it is.
    """
    mask = kept(operator, x, y)
    alpha, sigma = (float(level) for level in denoiser.schedule(times[0]))
    x = placed(mask, alpha * y, sigma, x, generator)
    for t, _, a_t, s_t, a_s, s_s in steps_of(denoiser, x, times):
        x = stepped(denoiser(x, t, cond), x, a_t, s_t, a_s, s_s, eta, generator)
        x = placed(mask, a_s * y, s_s, x, generator)
        yield x


def kept(operator: Operator, x: Tensor, y: Tensor) -> Tensor:
    """The operator's mask. Raises ValueError if it has none, or y another shape."""
    if not isinstance(operator, Kept):
        raise ValueError(
            f"operator: {type(operator).__name__} keeps no part of x as it is, such as "
            "Gap and Mask do, so that nothing can be put in its place"
        )
    valid.real(y, "y")
    if y.shape[1:] != x.shape[1:] or len(y) not in (1, len(x)):
        raise ValueError(
            f"y must have the shape of x, {tuple(x.shape)}, or one for all"
            f"; got {tuple(y.shape)}"
        )
    return operator.mask(x)


def placed(
    mask: Tensor, mean: Tensor, std: float, x: Tensor, generator: Generators
) -> Tensor:
    """x, with what is known in its place, noised.

    mean: of what is known, faded out already where the mask is soft, as y is.
    """
    known = mean.to(x)
    if std > 0:
        known = known + mask * std * randn(x.shape, generator).to(x)
    return torch.where(mask > 0, known + (1 - mask) * x, x)


def stepped(
    x0: Tensor,
    x: Tensor,
    a_t: float,
    s_t: float,
    a_s: float,
    s_s: float,
    eta: float,
    generator: Generators,
) -> Tensor:
    """One step of `ddim`."""
    eps = (x - a_t * x0) / s_t
    fresh = eta * s_s * sqrt(1 - (a_t * s_s / (s_t * a_s)) ** 2)
    x = a_s * x0 + sqrt(s_s**2 - fresh**2) * eps
    return x + fresh * randn(x.shape, generator).to(x) if fresh > 0 else x
