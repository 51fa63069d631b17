"""Progressive distillation: a student that does in one step what takes its teacher two.

Then the student is the teacher of the next, and the steps halve again.
"""

import copy

import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid
from ..denoiser import Cond, Denoiser
from ..process import per_item
from .learner import Learner


class Halved(Learner):
    """A denoiser that learns every second stop of its teacher (Salimans & Ho 2022).

    teacher: a denoiser that `ddim` walks with at `times`, 2 n + 1 of them; its copy is
    the student, which then walks at `.times`, n + 1. Trained by `fit`. Raises
    ValueError for times that do not decrease or are no odd number, three at least.
    """

    def __init__(self, teacher: Denoiser, times: Tensor):
        times = valid.unit_time(times, "times").double()
        if times.dim() != 1 or len(times) < 3 or len(times) % 2 == 0:
            raise ValueError(f"times must be 3, 5, 7 ... numbers, got {times}")
        if not (times.diff() < 0).all():
            raise ValueError(f"times must decrease strictly, got {times}")
        net, parts = copy.deepcopy(teacher.net), (teacher.schedule, teacher.predicts)
        super().__init__(net, *parts, teacher.drop)
        self.requires_grad_(True)
        self.teacher = copy.deepcopy(teacher).eval().requires_grad_(False)
        self.register_buffer("stops", times, persistent=False)

    @property
    def times(self) -> Tensor:
        """The student's stops."""
        return self.stops[::2]

    def loss(
        self,
        x0: Float[Tensor, "batch *size"],
        cond: Cond = None,
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, ""]:
        """Mean squared error of v, towards where two steps of the teacher point.

        The condition is dropped once per item, for both. Randomness comes from
        `generator` alone. Raises ValueError for NaN in x0.
        """
        (u,), eps, cond = self.drawn(x0, cond, generator)
        n = len(self.stops) // 2
        i = 2 * (u * n).long().clamp(max=n - 1)
        t = self.stops[i]
        x = self.noised(x0, eps, t)
        target = self.target(x, i, cond)
        _, sigma, _ = self._levels(t, x0)
        return ((self(x, t, cond) - target) / sigma).square().mean()

    @torch.no_grad()
    def target(self, x: Tensor, i: Tensor, cond: Cond = None) -> Tensor:
        """The x0_hat with which one step from stop i ends where the teacher's two do.

        i: even numbers of stops, (batch,).
        """
        begin, way = x, []
        for k in range(3):
            way.append(
                [per_item(a, x) for a in self.schedule.levels(self.stops[i + k])]
            )
        for k in range(2):
            (a_t, s_t), (a_s, s_s) = way[k], way[k + 1]
            x0 = self.teacher(x, self.stops[i + k], cond)
            x = a_s * x0 + s_s * (x - a_t * x0) / s_t
        (a_t, s_t), _, (a_s, s_s) = way
        return (x - s_s / s_t * begin) / (a_s - s_s / s_t * a_t)
