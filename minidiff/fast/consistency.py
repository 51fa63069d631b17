"""Consistency tuning: a denoiser learns to jump to the end of its own path.

A denoiser answers with the mean of all sounds that x_t may have come from; a jump f
with the one at which the path through x_t ends (Song et al. 2023). Where a path ends
does not depend on where on it one begins, and a path that begins at its end stays:
    f(x_t, t) = f(x_s, s),   f(x, 0) = x.
The second holds by what a `Denoiser` is: alpha = 1 and sigma = 0 leave x as it is. So
only the first is learned, from pairs of neighbours.
"""

import copy

import torch
from jaxtyping import Float
from torch import Tensor

from ..denoiser import Cond, Denoiser
from .gaps import Gaps
from .learner import Learner

SOFT = 0.1  # below it a difference counts by its square


class Tuned(Learner):
    """A jump that begins with a denoiser's weights and is tuned without a teacher.

    x_s is noised with the very noise of x_t (Geng et al. 2024, "Consistency models made
    easy"): on average over what x_t may come from, that is the direction of the path.
    denoiser: is copied and stays as it is. first, last, halve: as in `Gaps`. Called
    like any denoiser, `(x_t, t, cond) -> x0`, for `renoise`; trained by `fit`.
    Raises ValueError for a denoiser that predicts x0 itself: it may leave x at t = 0.
    """

    def __init__(
        self, denoiser: Denoiser, first: int = 2, last: int = 128, halve: int = 800
    ):
        if denoiser.predicts == "x0":
            raise ValueError("denoiser: one that predicts x0 need not keep x at t = 0")
        net, parts = copy.deepcopy(denoiser.net), (denoiser.schedule,)
        super().__init__(net, *parts, denoiser.predicts, denoiser.drop)
        self.requires_grad_(True)
        self.gaps = Gaps(self.schedule, first, last, halve)

    def loss(
        self,
        x0: Float[Tensor, "batch *size"],
        cond: Cond = None,
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, ""]:
        """How far f(x_t, t) is from f(x_s, s), which is taken as given: no gradient.

        Both over sigma, which makes of it a distance between what a net says that
        predicts v, and so as much worth at small t as at large: a mistake made there
        is handed on to all later times. With a gap as long as the path, where f(x_s, s)
        is x0, it is the loss of a denoiser, but for the pseudo-Huber distance in the
        place of the square (Song & Dhariwal 2023, "Improved techniques"). t stands at
        a place of `Gaps` drawn uniformly. The condition is dropped once per item, for
        both. Randomness comes from `generator` alone. Raises ValueError for NaN in x0.
        """
        (u,), eps, cond = self.drawn(x0, cond, generator)
        t, s = self.gaps(u)
        x_t = self.noised(x0, eps, t)
        with torch.no_grad():
            target = self(self.before(x0, eps, x_t, t, s, cond), s, cond)
        _, sigma, _ = self._levels(t, x0)
        return apart(self(x_t, t, cond) / sigma, target / sigma).mean()

    def before(self, x0, eps, x_t, t, s, cond) -> Tensor:
        """x_s, where the path that goes through x_t is said to come by at s < t."""
        return self.noised(x0, eps, s)


def apart(
    a: Float[Tensor, "batch *size"], b: Float[Tensor, "batch *size"]
) -> Float[Tensor, " batch"]:
    """Pseudo-Huber distance of items: the rms of a - b, but smooth at 0."""
    square = (a - b).square().flatten(1).mean(1)
    return (square + SOFT**2).sqrt() - SOFT
