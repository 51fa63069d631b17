"""Decoupled annealing: guess, make the guess explain y, and noise it again, less."""

from collections.abc import Iterator
from math import cos, pi, sqrt

import torch
from torch import Tensor

from .. import valid
from ..denoiser import Cond
from ..process import Generators, randn
from ..samplers import checked, ddim, steps_of
from .operators import Operator
from .posterior import conjugate_gradients, lacking


@checked
def daps(
    denoiser,
    x: Tensor,
    times: Tensor,
    operator: Operator,
    y: Tensor,
    noise: float | None = None,
    inner: int = 1,
    langevin: int = 100,
    cond: Cond = None,
    generator: Generators = None,
) -> Iterator[Tensor]:
    """Decoupled annealing posterior sampling (Zhang et al. 2025, algorithm 1).

    A step: x0_hat, by `inner` steps of `ddim` down to 0; x0 drawn from what it and y
    say, N(x0; x0_hat, r^2) times N(y; A(x0), noise^2); x_s = a_s x0 + s_s z. As z is
    new, an error of one step is not carried into the next one. r^2 is that of data of
    unit variance, s^2 / (a^2 + s^2), in place of the paper's s^2. For operators with an
    adjoint x0 is drawn at once; else by so many steps of Langevin's walk, as there.
    noise: std, above 0; default: the operator's own. Yields x after each step; the last
    is x0 itself. Raises ValueError for noise that is not above 0.
    """
    noise = operator.noise if noise is None else noise
    noise = valid.number(noise, "noise", 0, 1e6, open_ends=True)
    inner, steps = valid.whole(inner, "inner", 1), valid.whole(langevin, "langevin", 1)
    valid.real(y, "y")
    draw = drawn if hasattr(operator, "adjoint") else walked
    for t, _, a_t, s_t, a_s, s_s in steps_of(denoiser, x, times):
        down = torch.linspace(t[0].item(), 0, inner + 1, dtype=torch.float64)
        *_, x0_hat = ddim(denoiser, x, down, cond=cond)
        r = s_t / sqrt(a_t**2 + s_t**2)
        x0 = draw(operator, x0_hat, y, r, noise, steps, generator)
        x = a_s * x0
        if s_s > 0:
            x = x + s_s * randn(x.shape, generator).to(x)
        yield x


def drawn(operator, x0_hat, y, r, noise, steps, generator) -> Tensor:
    """One draw of x0 for a linear operator: what both say, each with its own noise."""
    z = randn(x0_hat.shape, generator).to(x0_hat)
    x0 = x0_hat + r * z
    lack = lacking(operator, x0, y)
    lack = lack + noise * randn(lack.shape, generator).to(lack)

    def explained(u: Tensor) -> Tensor:
        return r**2 * operator.apply(operator.adjoint(u)) + noise**2 * u

    u = conjugate_gradients(explained, lack, 100, 1e-5)
    return x0 + r**2 * operator.adjoint(u)


def walked(operator, x0_hat, y, r, noise, steps, generator) -> Tensor:
    """The same by Langevin's walk, its steps ever smaller, along half a cosine."""
    x0 = x0_hat
    for k in range(steps):
        with torch.enable_grad():
            x0 = x0.detach().requires_grad_()
            wrong = (x0 - x0_hat).square().sum() / r**2
            wrong = wrong + lacking(operator, x0, y).square().sum() / noise**2
            (g,) = torch.autograd.grad(wrong / 2, x0)
        size = (0.01 + 0.99 * (0.5 + 0.5 * cos(pi * k / steps))) / (r**-2 + noise**-2)
        z = randn(x0.shape, generator).to(x0)
        x0 = x0.detach() - size * g + sqrt(2 * size) * z
    return x0
