"""What is strange about a sound, to be heard and to be found: the difference."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from ..denoiser import Cond
from ..sound.mel import MelSpec, spread
from .anomaly import batched, encoded
from .rebuilt import rebuilt


def difference(
    model, waves, cond: Cond = None, **options
) -> tuple[Float[Tensor, "n samples"], Float[Tensor, "n samples"]]:
    """Each sound in two parts that sum to it: what is strange, and what is usual.

    In every band and frame the strange part has the share of the magnitude that is left
    when the powers of the rebuilt sound (`control.rebuilt`, which takes the options)
    are taken out, as in spectral subtraction (Boll 1979): sqrt(1 - (rebuilt /
    heard)^2), nothing where there is more in the rebuilt one. So a fault that *takes
    away* sound, as a misfire, is not in it. Phases are the sound's own. waves: (n,
    samples). Raises ValueError for a model that makes no mels, and what `anomaly` does.
    """
    spec = getattr(model, "spec", None)
    if not isinstance(spec, MelSpec):
        raise ValueError("model: expected one of mels: others have no bands to compare")
    x = encoded(model, waves)
    back = batched(rebuilt, model, x, cond, options)
    heard, usual = spec.magnitudes(x), spec.magnitudes(back)
    left = 1 - (usual / heard.clamp(min=1e-9)).square()
    gain = spread(left.clamp(min=0).sqrt(), spec.filters(x))
    waves = waves[None] if waves.dim() == 1 else waves
    spectrum = spec.stft(waves.float())
    gain = F.pad(gain, (0, max(0, spectrum.shape[2] - gain.shape[2])), mode="replicate")
    strange = spec.istft(gain[..., : spectrum.shape[2]] * spectrum, waves.shape[1])
    return strange, waves - strange


def peak(
    where: Float[Tensor, "n 1 n_mels frames"], spec: MelSpec
) -> Float[Tensor, "n 2"]:
    """Where each map of a model of mels is highest: seconds and Hz, in their middle.

    Smoothed over three bands and frames, so that one value alone does not decide. Not
    in the frames whose window hangs over an end of the sound: the end is strange there.
    """
    over = spec.n_fft // 2 // spec.hop_length
    over = over if where.shape[3] > 2 * over else 0
    where = where[..., over : where.shape[3] - over]
    count = F.avg_pool2d(torch.ones_like(where), 3, 1, 1)
    smooth = F.avg_pool2d(where, 3, 1, 1) / count
    best = smooth.flatten(1).argmax(1)
    band, frame = best // where.shape[3], best % where.shape[3]
    filters = spec.filters(where)
    hertz = torch.linspace(0, spec.sample_rate / 2, filters.shape[1]).to(where)
    middle = filters @ hertz / filters.sum(1).clamp(min=1e-9)
    seconds = (frame + over) * spec.hop_length / spec.sample_rate
    return torch.stack([seconds, middle[band]], 1)
