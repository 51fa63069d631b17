"""Consistency distillation: a teacher shows where the path goes."""

import copy

import torch
from torch import Tensor, nn

from .. import valid
from ..denoiser import Cond, Denoiser
from ..guidance import Guided
from ..process import per_item
from .consistency import Tuned


class Distilled(Tuned):
    """A jump that learns the paths of a teacher (Song et al. 2023, algorithm 2).

    x_s is one step of Heun's method from x_t with the teacher's answers; the target is
    the student's own, not an average of its past weights (Song & Dhariwal 2023). In 8
    steps Heun's method misses the end of the path, in 32 it does not, so the gap must
    become short.
    denoiser: the weights to begin with. teacher: any denoiser of the same schedule,
    copied and never trained; default: `denoiser`. scale: of the guidance that the
    student takes over, so that it need not be guided itself. first, last, halve: as in
    `Gaps`.
    Raises ValueError for a denoiser that predicts x0 itself, and a teacher of another
    schedule.
    """

    def __init__(
        self,
        denoiser: Denoiser,
        teacher=None,
        scale: float = 1.0,
        first: int = 8,
        last: int = 32,
        halve: int = 1000,
    ):
        super().__init__(denoiser, first, last, halve)
        teacher = denoiser if teacher is None else teacher
        valid.same_levels(denoiser.schedule, teacher.schedule, "teacher")
        if isinstance(teacher, nn.Module):  # the caller's stays as it is
            teacher = copy.deepcopy(teacher).eval().requires_grad_(False)
        self.teacher, self.scale = teacher, scale

    def before(self, x0, eps, x_t, t, s, cond) -> Tensor:
        shown = self.teacher
        if self.scale != 1:
            shown = Guided(shown, self.scale)
        return heun_step(shown, x_t, t, s, cond)


@torch.no_grad()
def heun_step(denoiser, x: Tensor, t: Tensor, s: Tensor, cond: Cond = None) -> Tensor:
    """One step of `heun` from t to s, both of shape (batch,): other ones per item."""
    a_t, s_t = (per_item(level, x) for level in denoiser.schedule.levels(t))
    a_s, s_s = (per_item(level, x) for level in denoiser.schedule.levels(s))
    x0 = denoiser(x, t, cond)
    eps = (x - a_t * x0) / s_t
    euler = a_s * x0 + s_s * eps
    last = s_s == 0  # without noise there is no eps to read off
    eps_s = (euler - a_s * denoiser(euler, s, cond)) / torch.where(last, 1.0, s_s)
    mean = (eps + eps_s) / 2
    x_s = (a_s / a_t) * x + (s_s - s_t * a_s / a_t) * mean
    return torch.where(last, euler, x_s)
