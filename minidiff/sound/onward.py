"""Mels made audible one after another, each going on from the sound before it."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from .. import valid
from .mel import MelSpec, griffin_lim, spread


def decode_after(
    spec: MelSpec,
    mel: Float[Tensor, "batch 1 n_mels frames"],
    before: Float[Tensor, "batch n"] | None = None,
    iterations: int = 64,
) -> Float[Tensor, "batch samples"]:
    """What `spec.decode` makes, but its first n samples resemble `before`.

    A mel says nothing of phases, so two sounds of overlapping mels would not fit where
    they overlap, and fading from one to the other would cost 3 dB. So Griffin-Lim
    starts from the sound that is there already, and finds phases that go on from it.
    Raises ValueError for a `before` that is longer than the mel, and for such mels.
    """
    if before is None:
        return spec.decode(mel, iterations)
    spec.checked(mel)
    bands = F.pad(spec.magnitudes(mel), (0, 1))
    start = spec.decode(mel, 0)
    valid.same_shape(before, start[:, : before.shape[1]], "before and its part of mel")
    start[:, : before.shape[1]] = before
    magnitude = spread(bands, spec.filters(bands))
    return griffin_lim(magnitude, spec, iterations, bands, start)


def fades(n: int) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"]]:
    """Gains that fall and rise over n samples, and sum to 1: for sounds that fit."""
    rise = (torch.arange(n) + 0.5) / max(1, n)
    return 1 - rise, rise


class Onward:
    """Pieces of overlapping sounds, joined as they come.

    overlap: samples. `add` takes the next sound, and gives what is certain by now.
    """

    def __init__(self, overlap: int, tail: Tensor | None = None):
        self.overlap, self.tail = overlap, tail

    def add(self, wave: Float[Tensor, "batch n"], last: bool = False) -> Tensor:
        if self.tail is not None:
            fall, rise = fades(self.overlap)
            both = fall * self.tail + rise * wave[:, : self.overlap]
            wave = torch.cat([both, wave[:, self.overlap :]], dim=1)
        if last:
            return wave
        cut = wave.shape[1] - self.overlap
        self.tail = wave[:, cut:].clone()
        return wave[:, :cut]
