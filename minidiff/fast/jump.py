"""The jump known in closed form: for one Gaussian every path can be written down."""

from jaxtyping import Float
from torch import Tensor

from ..exact import GaussianMixture
from ..process import per_item
from ..schedule import Schedule


class GaussianJump:
    """Where the path through x_t comes by, exactly, if the data are one Gaussian.

    The path of the probability flow keeps every point at as many standard deviations
    from the mean, in every axis: with variance v along an axis, x_t - alpha m shrinks
    as sqrt(alpha**2 v + sigma**2) does (Song et al. 2021, for a Gaussian). Called like
    a denoiser, `(x, t, cond=None) -> x0`, it has no labels; with s, one time or one per
    item, it gives x_s. Raises ValueError for a mixture of more than one.
    """

    def __init__(self, mixture: GaussianMixture, schedule: Schedule):
        if len(mixture.means) != 1:
            raise ValueError(
                f"mixture: one Gaussian, got {len(mixture.means)}: the paths of several"
                " have no closed form"
            )
        self.mixture, self.schedule = mixture, schedule

    def __call__(
        self,
        x: Float[Tensor, "n d"],
        t: float | Tensor,
        cond=None,
        s: float | Tensor = 0.0,
    ) -> Float[Tensor, "n d"]:
        z, m, Q = x.double(), self.mixture.means, self.mixture.axes[0]
        (alpha, here), (end, there) = self.widths(z, t), self.widths(z, s)
        y = (z - alpha * m) @ Q  # along the axes
        return (end * m + y * (there / here) @ Q.T).to(x.dtype)

    def widths(self, z: Tensor, t: float | Tensor) -> tuple[Tensor, Tensor]:
        """alpha, and the standard deviations of x_t along the axes."""
        alpha, sigma = (per_item(level, z) for level in self.schedule(t))
        return alpha, (alpha**2 * self.mixture.variances + sigma**2).sqrt()
