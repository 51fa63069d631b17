"""What all learners of jumps share."""

from torch import Tensor

from ..denoiser import Denoiser
from ..process import per_item


class Learner(Denoiser):
    """A denoiser with another `.loss(x0, cond, generator)`, for `fit`."""

    def noised(self, x0: Tensor, eps: Tensor, t: Tensor) -> Tensor:
        """x_t, for t of shape (batch,); `diffuse` without its checks."""
        alpha, sigma = (per_item(level, x0) for level in self.schedule.levels(t))
        return alpha * x0 + sigma * eps
