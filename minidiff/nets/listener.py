"""A net that says what is in a scene: which sounds, how they stand, how they are."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from .clap import SoundTower


class Found(NamedTuple):
    """Scores for what each of a batch of scenes may be.

    relation: (batch, relations). sounds: (batch, 2, names + 1), the last for none.
    places: (batch, 2, parameters), each 0 to 1 in its sound's range.
    """

    relation: Tensor
    sounds: Tensor
    places: Tensor


class Listener(nn.Module):
    """Mel (batch, 1, n_mels, frames) -> `Found`.

    relations, names, parameters: how many there are. noise: standard deviation of what
    is added to the mels in training.
    """

    def __init__(self, relations: int, names: int, parameters: int, noise: float = 0.2):
        super().__init__()
        self.relations, self.names, self.noise = relations, names, noise
        scores = relations + 2 * (names + 1) + 2 * parameters
        self.tower = SoundTower(scores, (24, 48, 96, 128))

    def forward(self, mel: Float[Tensor, "b 1 n m"]) -> Found:
        scores, sounds = self.tower(mel).float(), 2 * (self.names + 1)
        relation = scores[:, : self.relations]
        rest = scores[:, self.relations :]
        sounds, places = rest[:, :sounds], rest[:, sounds:]
        return Found(
            relation, sounds.unflatten(1, (2, -1)), places.unflatten(1, (2, -1))
        )

    def loss(
        self, x0: Tensor, cond: dict, generator: torch.Generator | None = None
    ) -> Float[Tensor, ""]:
        """How wrong it is of what is in the scenes.

        cond: {"scene": int64 (batch, 3): relation, first and second sound; "places":
        (batch, 2, parameters), NaN for what there is not}.
        """
        device = generator.device if generator is not None else x0.device
        eps = torch.randn(x0.shape, generator=generator, device=device).to(x0)
        found, scene = self(x0 + self.noise * eps), cond["scene"]
        loss = F.cross_entropy(found.relation, scene[:, 0])
        for k in (0, 1):
            loss = loss + F.cross_entropy(found.sounds[:, k], scene[:, 1 + k])
        there = ~cond["places"].isnan()
        error = found.places - cond["places"].nan_to_num()
        # a place is wrong by a tenth of its range as often as the sound is missed
        return loss + 10 * (error.square() * there).sum() / there.sum()
