"""CFG++: guidance of the sound alone, and the noise read off the null guess."""

from collections.abc import Iterator

from torch import Tensor

from .. import valid
from ..denoiser import Cond
from ..process import Generators
from ..samplers import checked, steps_of


@checked
def cfgpp(
    denoiser,
    x: Tensor,
    times: Tensor,
    scale: float = 0.6,
    cond: Cond = None,
    generator: Generators = None,
) -> Iterator[Tensor]:
    """DDIM with CFG++ (Chung et al. 2024, algorithm 2): scale, their lambda, 0 to 1.

    x0_hat is guided by the small scale, eps read off the null guess, so that a step
    should keep to where unconditional walks go. It is the step of `ddim` with `Guided`
    at `stepwise(scale, ...)`. Scale 0 is `ddim` without the condition; 1 is no plain
    conditional walk. Follows the contract of the samplers and draws no noise.
    Raises ValueError for a scale outside [0, 1].
    """
    scale = valid.number(scale, "scale", 0, 1)
    for t, _, a_t, s_t, a_s, s_s in steps_of(denoiser, x, times):
        x0_null = denoiser(x, t, None)
        x0 = x0_null + scale * (denoiser(x, t, cond) - x0_null)
        eps = (x - a_t * x0_null) / s_t  # of the null guess, not of x0
        x = a_s * x0 + s_s * eps
        yield x


def stepwise(scale: float, a_t: float, s_t: float, a_s: float, s_s: float) -> float:
    """The scale of `Guided` with which a step of `ddim` is this one of `cfgpp`.

    Both move the unconditional step along x0_cond - x0_null: `cfgpp` by a_s * scale,
    `ddim` by (a_s - s_s a_t / s_t) of its own. The finer the steps, the larger it is.
    """
    return scale / (1 - s_s * a_t / (s_t * a_s))
