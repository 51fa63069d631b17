"""What all learners of jumps share: how a loss begins."""

import torch
from torch import Tensor

from .. import valid
from ..denoiser import Cond, Denoiser, check_cond
from ..process import per_item


class Learner(Denoiser):
    """A denoiser with another `.loss(x0, cond, generator)`, for `fit`."""

    def drawn(
        self, x0: Tensor, cond: Cond, generator: torch.Generator | None, rows: int = 1
    ) -> tuple[list[Tensor], Tensor, Cond]:
        """All that is random in a loss: uniform numbers, noise, and what is dropped.

        So many rows of uniform numbers, each (batch,); noise in x0's shape; cond, null
        for `drop` of the items, and this is the only place where that happens.
        Raises ValueError for NaN in x0 and for a cond that the net does not know.
        """
        valid.real(x0, "x0")
        check_cond(self.net, cond, len(x0))
        device = generator.device if generator is not None else x0.device
        draws = torch.rand(rows + 1, len(x0), generator=generator, device=device)
        eps = torch.randn(x0.shape, generator=generator, device=device).to(x0)
        *uniform, lot = draws.to(x0.device)
        return uniform, eps, self._dropped(cond, lot < self.drop)

    def noised(self, x0: Tensor, eps: Tensor, t: Tensor) -> Tensor:
        """x_t, for t of shape (batch,); `diffuse` without its checks."""
        alpha, sigma = (per_item(level, x0) for level in self.schedule.levels(t))
        return alpha * x0 + sigma * eps
