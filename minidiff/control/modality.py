"""The gap between sounds and captions in the space of a CLAP, and a way across."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from .clap import Clap


def gap(
    sounds: Float[Tensor, "n d"], texts: Float[Tensor, "m d"]
) -> Float[Tensor, " d"]:
    """From the middle of the captions to the middle of the sounds (Liang et al. 2022).

    Its length is 0 where both lie in one cloud, and at most 2.
    """
    return sounds.mean(0) - texts.mean(0)


def carried(
    texts: Float[Tensor, "m d"], way: Float[Tensor, " d"]
) -> Float[Tensor, "m d"]:
    """Captions moved by `way`, and back to length 1."""
    return F.normalize(texts + way, dim=1)


class Carrying(Clap):
    """A CLAP that reads captions into the place where the sounds are.

    For a model that learned from sounds alone, and is asked in words: see `Prompts`.
    way: as `gap` measures it, on sounds and captions of the training.
    """

    def __init__(self, clap: Clap, way: Float[Tensor, " d"]):
        super().__init__(clap.towers, clap.spec, clap.tokenizer, clap.card)
        self.way = way

    def read(self, captions) -> Float[Tensor, "n d"]:
        return carried(super().read(captions), self.way)
