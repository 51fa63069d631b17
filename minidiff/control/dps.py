"""Steering by a gradient: towards sounds that explain what was recorded."""

import torch
from torch import Tensor

from .. import valid
from ..denoiser import Cond
from ..process import per_item
from .operators import Operator
from .posterior import lacking


class DPS:
    """A denoiser from a denoiser: x0_hat, moved to where it explains y better.

    With g = grad_x |y - A(x0_hat(x_t))| (Chung et al. 2023, algorithm 1), of a
    normalised size (Moliner, Lehtinen & Välimäki 2023),

        x0_hat_y = x0_hat - xi r sqrt(N) g / |g|,   r = s_t / sqrt(a_t^2 + s_t^2),

    for N numbers of x, so that one xi serves all tasks; r is how unsure x0_hat is of
    data of unit variance (theirs is sigma, which is the same where there is little
    noise). A may be any function that has a gradient; no adjoint is needed. It is no
    posterior: xi says how far to trust y. The step is never longer than what would
    explain y at once, to first order.
    Raises ValueError for xi <= 0, NaN, and at use for y of another shape.
    """

    def __init__(self, denoiser, operator: Operator, y: Tensor, xi: float = 1.0):
        self.denoiser, self.schedule = denoiser, denoiser.schedule
        self.operator, self.y = operator, valid.real(y, "y")
        self.xi = valid.number(xi, "xi", 0, 1e6, open_ends=True)

    def __call__(self, x: Tensor, t: float | Tensor, cond: Cond = None) -> Tensor:
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            x0 = self.denoiser(x, t, cond)
            lack = lacking(self.operator, x0, self.y)
            # of half the square, which points where that of |lack| does
            (g,) = torch.autograd.grad(lack.square().sum() / 2, x)
        a, s = (per_item(level, x) for level in self.schedule(t))
        size, left = (per_item(v.detach().flatten(1).norm(dim=1), x) for v in (g, lack))
        size = size.clamp(min=1e-30)
        step = self.xi * s / torch.hypot(a, s) * x[0].numel() ** 0.5
        step = torch.minimum(step, left**2 / (a.clamp(min=1e-12) * size))
        return x0.detach() - step * g / size
