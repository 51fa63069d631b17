"""The posterior: what may have stood there, given what was recorded."""

from collections.abc import Callable

import torch
from torch import Tensor

from .. import valid
from ..denoiser import Cond
from ..process import per_item
from .operators import Operator


class Posterior:
    """A denoiser from a denoiser: E[x0 | x_t, y], for y = A(x0) + noise.

    If p(x0 | x_t) is a Gaussian of mean x0_hat and covariance C, so is p(x0 | x_t, y):

        x0_hat_y = x0_hat + C A* (A C A* + noise^2)^-1 (y - A(x0_hat)),

    and C is known: by Tweedie it is s_t^2 / a_t times the Jacobian of x0_hat, so that
    C v takes one pass back through the net (Rozet et al. 2024). It
    is exact for Gaussian data, and any sampler can walk with it.

    operator: one with `.adjoint`. y: as `operator(x)` gives it, one for all or one an
    item. noise: std; default: the operator's own. iterations: at most so many, of
    conjugate gradients, each a pass back. Where a_t = 0, x_t tells no covariance, and
    the answer is the denoiser's own. Raises ValueError for operators without adjoint,
    NaN, noise < 0, and at use for y of another shape.
    """

    tolerance = 1e-5  # of what is to be explained: so much may be left unexplained

    def __init__(
        self,
        denoiser,
        operator: Operator,
        y: Tensor,
        noise: float | None = None,
        iterations: int = 100,
    ):
        self.denoiser, self.schedule = denoiser, denoiser.schedule
        self.operator, self.y = adjointed(operator), valid.real(y, "y")
        noise = operator.noise if noise is None else noise
        self.noise = valid.number(noise, "noise", 0, 1e6)
        self.iterations = valid.whole(iterations, "iterations", 1)

    def __call__(self, x: Tensor, t: float | Tensor, cond: Cond = None) -> Tensor:
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            x0 = self.denoiser(x, t, cond)
        a, s = (per_item(level, x) for level in self.schedule(t))
        unit = torch.where(a > 0, s**2 / a.clamp(min=1e-12), 0.0)

        def covariance(v: Tensor) -> Tensor:
            """C v: the Jacobian is symmetric, so that a pass back will do."""
            (v,) = torch.autograd.grad(x0, x, v.to(x0), retain_graph=True)
            return unit * v

        lack = lacking(self.operator, x0.detach(), self.y)
        inner = self.inner(covariance, a, s)

        def explained(u: Tensor) -> Tensor:
            back = inner(self.operator.adjoint(u))
            return self.operator.apply(back) + self.noise**2 * u

        u = conjugate_gradients(explained, lack, self.iterations, self.tolerance)
        return x0.detach() + covariance(self.operator.adjoint(u))

    def inner(self, covariance: Callable, a: Tensor, s: Tensor) -> Callable:
        """The covariance in (A C A* + noise^2)."""
        return covariance


def adjointed(operator: Operator) -> Operator:
    """Return the operator if it has an adjoint."""
    if not hasattr(operator, "adjoint"):
        raise ValueError(
            f"operator: {type(operator).__name__} has no adjoint, which this needs; "
            "steer by its gradient instead (DPS)"
        )
    return operator


def lacking(operator: Operator, x0: Tensor, y: Tensor) -> Tensor:
    """What x0 leaves unexplained of y; one y may be meant for all.

    Raises ValueError for y of another shape than A(x0) has.
    """
    wanted = operator.apply(x0[:1]).shape[1:]
    if y.shape[1:] != wanted or len(y) not in (1, len(x0)):
        raise ValueError(
            f"y must have shape {(len(x0), *wanted)} or {(1, *wanted)}, as the "
            f"operator gives it; got {tuple(y.shape)}"
        )
    return operator.residual(x0, y.to(x0).expand(len(x0), *wanted))


def conjugate_gradients(
    matrix: Callable[[Tensor], Tensor], b: Tensor, iterations: int, tolerance: float
) -> Tensor:
    """u with matrix(u) = b, item by item, of a symmetric matrix.

    Ends once all that is left of b is below the tolerance times b. An item in whose
    direction the matrix is not positive, as a net's may be, keeps what it has.
    """

    def dot(p: Tensor, q: Tensor) -> Tensor:
        return per_item((p * q).flatten(1).sum(1), b)

    u, rest, way = torch.zeros_like(b), b, b
    left = dot(b, b)
    enough = tolerance**2 * left
    for _ in range(iterations):
        if (left <= enough).all():
            break
        pushed = matrix(way)
        steep = dot(way, pushed)
        goes = (steep > 0) & (left > enough)
        step = torch.where(goes, left / torch.where(goes, steep, 1.0), 0.0)
        u, rest = u + step * way, rest - step * pushed
        before, left = left, torch.where(goes, dot(rest, rest), 0.0)
        way = rest + left / before.clamp(min=1e-30) * way
    return u
