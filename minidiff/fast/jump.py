"""The jump known in closed form: for one Gaussian every path can be written down."""

from jaxtyping import Float
from torch import Tensor

from ..exact import GaussianMixture
from ..process import per_item
from ..schedule import Schedule


class GaussianJump:
    """Where the path through x_t ends, exactly, if the data are one Gaussian.

    The path of the probability flow keeps every point at as many standard deviations
    from the mean, in every axis: with variance v along an axis, x_t - alpha m shrinks
    from sqrt(alpha**2 v + sigma**2) to sqrt(v) (Song et al. 2021, for a Gaussian).
    Called like a denoiser, `(x, t, cond=None) -> x0`; it has no labels.
    Raises ValueError for a mixture of more than one.
    """

    def __init__(self, mixture: GaussianMixture, schedule: Schedule):
        if len(mixture.means) != 1:
            raise ValueError(
                f"mixture: one Gaussian, got {len(mixture.means)}: the paths of several"
                " have no closed form"
            )
        self.mixture, self.schedule = mixture, schedule

    def __call__(
        self, x: Float[Tensor, "n d"], t: float | Tensor, cond=None
    ) -> Float[Tensor, "n d"]:
        z = x.double()
        a, s = (per_item(level, z) for level in self.schedule(t))
        m, Q = self.mixture.means, self.mixture.axes[0]
        v = self.mixture.variances
        y = (z - a * m) @ Q  # along the axes
        return (m + y * (v / (a**2 * v + s**2)).sqrt() @ Q.T).to(x.dtype)
