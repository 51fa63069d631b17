"""The Wiener filter: the best that can be done with nothing but average spectra."""

from jaxtyping import Complex, Float
from torch import Tensor

from .. import valid
from ..sound.mel import MelSpec
from ..sound.spectrum import Spectrum

TINY = 1e-12  # power of a bin in which there is neither speech nor noise


def wiener(
    y: Complex[Tensor, "*batch bins frames"],
    speech: Float[Tensor, "*#batch bins #frames"],
    noise: Float[Tensor, "*#batch bins #frames"],
) -> Complex[Tensor, "*batch bins frames"]:
    """E[x0 | y] for spectra y = x0 + noise whose bins are independent Gaussians.

    speech, noise: their variances, the mean of |X|^2 (Wiener 1949). Each bin is kept to
    the share that speech has in its power; where there is neither, nothing is. Of other
    spectra it is the best linear answer. Raises ValueError for negative variances.
    """
    for power, what in ((speech, "speech"), (noise, "noise")):
        if not (power >= 0).all():
            raise ValueError(f"{what} must be powers, none below 0, and no NaN")
    return y * (speech / (speech + noise).clamp(min=TINY))


def filtered(
    noisy: Float[Tensor, "batch samples"],
    speech: Float[Tensor, "#batch bins #frames"],
    noise: Float[Tensor, "#batch bins #frames"],
    spec: Spectrum | MelSpec,
) -> Float[Tensor, "batch samples"]:
    """Noisy sounds through a Wiener filter, in the windows of `spec`."""
    valid.real(noisy, "noisy")
    kept = wiener(spec.stft(noisy), speech, noise)
    return spec.istft(kept, noisy.shape[1])


def power(
    waves: Float[Tensor, "batch samples"], spec: Spectrum | MelSpec
) -> Float[Tensor, "batch bins 1"]:
    """The long-term spectrum of sounds, each its own: the mean of |X|^2 over frames."""
    return spec.stft(waves).abs().square().mean(2, keepdim=True)


def guessed(
    noisy: Float[Tensor, "batch samples"],
    spec: Spectrum | MelSpec,
    share: float = 0.2,
) -> tuple[Float[Tensor, "batch bins 1"], Float[Tensor, "batch bins 1"]]:
    """Long-term spectra of speech and noise, guessed from their sum alone.

    Where it is quietest, in this share of the frames, there is only noise, and it is
    the same all the time; what is left of the sum is speech, at least a hundredth.
    Raises ValueError for a share outside (0, 1].
    """
    valid.number(share, "share", 0, 1)
    frames = spec.stft(noisy).abs().square()
    n = max(1, int(share * frames.shape[2]))
    loud = frames.sum(1, keepdim=True)
    quiet = loud.argsort(2)[..., :n].expand(-1, frames.shape[1], -1)
    noise = frames.gather(2, quiet).mean(2, keepdim=True)
    whole = frames.mean(2, keepdim=True)
    return (whole - noise).maximum(whole / 100), noise


def levelled(
    usual: Float[Tensor, "1 bins 1"], power: Float[Tensor, "batch bins 1"]
) -> Float[Tensor, "batch bins 1"]:
    """The usual spectrum, as a training set has it, with as much power as another."""
    return usual * power.sum(1, keepdim=True) / usual.sum(1, keepdim=True)
