"""How sounds are disturbed while an ear learns: each ear in its own way."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..sound.mel import MelSpec
from .levelled import Levelled


def louder_and_later(waves: Tensor, dice: torch.Generator) -> Tensor:
    """Ear A: shifted by up to 1/16, scaled by 6 dB, with noise of -80 to -50 dB."""
    n, samples = waves.shape
    draw = torch.rand(3, n, 1, generator=dice)
    waves = shifted(waves, draw[0] / 16)
    gain, noise = 10 ** (0.6 * draw[1] - 0.3), 10 ** (1.5 * draw[2] - 4)
    return waves * gain + noise * torch.randn(n, samples, generator=dice)


def through_another_room(waves: Tensor, dice: torch.Generator) -> Tensor:
    """Ear B: brighter or duller, upside down, shifted, white or rumbling noise.

    Tilted by a filter of one tap, up to 0.4; turned over every second time; shifted by
    up to 1/12 to either side; noise of -20 to -70 dB below the sound.
    """
    n, samples = waves.shape
    draw = torch.rand(5, n, 1, generator=dice)
    waves = waves - (0.8 * draw[0] - 0.4) * F.pad(waves, (1, -1))
    waves = shifted(torch.where(draw[1] < 0.5, waves, -waves), (2 * draw[2] - 1) / 12)
    rms = waves.square().mean(1, keepdim=True).sqrt()
    white = torch.randn(n, samples, generator=dice)
    heaped = white.cumsum(1)
    rumble = heaped - F.pad(heaped, (64, -64))  # the sum of the last 64
    noise = torch.where(draw[3] < 0.5, white, rumble)
    noise = noise / noise.square().mean(1, keepdim=True).sqrt()
    return waves + noise * rms * 10 ** (-1 - 2.5 * draw[4])


def shifted(waves: Tensor, share: Tensor) -> Tensor:
    """Each later by this share (n, 1) of its length, or earlier; silence moves in."""
    samples = waves.shape[1]
    i = torch.arange(samples) - (share * samples).long()
    inside = (i >= 0) & (i < samples)
    return torch.where(inside, waves.gather(1, i.clamp(0, samples - 1)), 0.0)


DISTURBANCES = {MelSpec: louder_and_later, Levelled: through_another_room}
