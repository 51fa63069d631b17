"""Inversion: from a sound up to a noise that makes it, and what that noise is like."""

from collections.abc import Iterator

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from .. import valid
from ..denoiser import Cond
from ..process import Generators, diffuse, randn
from ..samplers import checked, steps_of


@checked
def invert_cfgpp(
    denoiser,
    x: Tensor,
    times: Tensor,
    scale: float = 0.6,
    cond: Cond = None,
    generator: Generators = None,
) -> Iterator[Tensor]:
    """`cfgpp` backwards (Chung et al. 2024): times increase, as in `invert`.

    A step up guides the noise by the same small scale and keeps the sound of the null
    guess: the step of `cfgpp`, x_t = a_t x0 + s_t eps_null, solved for its upper end,
    x_s = a_s x0_null + s_s (x_t - a_t x0) / s_t, with the guesses of the lower end.
    Raises what `cfgpp` raises.
    """
    scale = valid.number(scale, "scale", 0, 1)
    for t, _, a_t, s_t, a_s, s_s in steps_of(denoiser, x, times):
        x0_null = denoiser(x, t, None)
        x0 = x0_null + scale * (denoiser(x, t, cond) - x0_null)
        x = a_s * x0_null + s_s * (x - a_t * x0) / s_t
        yield x


def dusted(
    x0: Float[Tensor, "batch *size"],
    t: float,
    schedule,
    generator: Generators = None,
) -> Float[Tensor, "batch *size"]:
    """x0 with the noise of time t, in which an inversion can begin.

    Exact silence is one point, which all noises make: nothing can be read off it, and
    the noise that an inversion finds there is none. A little true noise is carried up
    with the rest, and grows to full size. The cure of Staniszewski et al. 2024 for
    plain areas of pictures: the first steps up are forward diffusion.
    """
    return diffuse(x0, t, randn(x0.shape, generator), schedule)


def looks(
    noise: Float[Tensor, "batch *size"], part: Bool[Tensor, "batch *size"] | None = None
) -> dict[str, float]:
    """Mean, spread, kurtosis and likeness of neighbours, of all numbers or of a part.

    `next` is the correlation of each number with the next one along the last dimension,
    where both are of the part. Of true noise they are 0, 1, 3 and 0, give or take 1,
    0.7, 4.9 and 1 over the root of the count. Raises ValueError for fewer than two
    numbers, and for NaN.
    """
    valid.real(noise, "noise")
    part = torch.ones_like(noise, dtype=torch.bool) if part is None else part
    some = noise[part].double()
    if len(some) < 2:
        raise ValueError(f"noise: two numbers at least, got {len(some)}")
    z = noise.double() - some.mean()
    variance = z[part].square().mean()
    both = part[..., 1:] & part[..., :-1]
    a, b = z[..., :-1][both], z[..., 1:][both]
    found = {
        "mean": some.mean(),
        "spread": variance.sqrt(),
        "kurtosis": (z[part] ** 4).mean() / variance**2,
        "next": (a * b).sum() / (a.norm() * b.norm()),
    }
    return {name: value.item() for name, value in found.items()}
