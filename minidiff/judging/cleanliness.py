"""What an engineer looks at first: level, floor, silence, clicks."""

import math

from jaxtyping import Float
from torch import Tensor


def cleanliness(waves: Float[Tensor, "n samples"], sample_rate: int) -> dict:
    """What an engineer looks at first: means over the sounds, of click the median.

    level: dB rms of the 20 ms frames that sound. floor: the dB rms that a tenth of the
    frames stay below, digital silence not counted. silence: share of frames below
    -60 dB. click: largest jump between neighbouring samples over the rms. NaN where
    nothing sounds.
    """
    size = sample_rate // 50
    frames = waves[:, : waves.shape[1] // size * size].unflatten(1, (-1, size))
    level = 20 * frames.square().mean(2).sqrt().clamp(min=1e-5).log10()  # (n, frames)
    loud = level > -60
    rms = waves.square().mean(1).sqrt().clamp(min=1e-5)
    sounding = level.where(loud, math.nan).nanmean(1)  # NaN for a silent sound
    quiet = level.where(level > -100, math.nan).nanquantile(0.1, dim=1)
    return {
        "level_db": round(sounding.nanmean().item(), 1),
        "floor_db": round(quiet.nanmean().item(), 1),
        "silence": round((~loud).double().mean().item(), 3),
        "click": round((waves.diff(dim=1).abs().amax(1) / rms).median().item(), 2),
    }
