"""Pseudoinverse guidance: the posterior, with a guess of how sure x0_hat is."""

from collections.abc import Callable

from torch import Tensor

from .posterior import Posterior


class PiGDM(Posterior):
    """The same with a guess of C inside the inverse: r^2 = s^2 / (a^2 + s^2) times 1.

    Pseudoinverse guidance (Song, Vahdat et al. 2023): of data of unit variance
    without correlations it is exact. There is one pass back a step, whatever A is.
    """

    def inner(self, covariance: Callable, a: Tensor, s: Tensor) -> Callable:
        r_squared = s**2 / (a**2 + s**2)
        return lambda v: r_squared * v
