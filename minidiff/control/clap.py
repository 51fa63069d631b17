"""A mini CLAP: how well a caption and a sound fit, and what follows from that."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from .. import valid
from ..data.tokens import Tokenizer
from ..nets.clap import Towers
from ..sound.mel import MelSpec


class Clap:
    """Trained towers with their front ends: waveforms and captions in, fits out.

    towers: the two nets. spec: of the mels. tokenizer: of the captions. card: what is
    known of it.
    """

    def __init__(
        self,
        towers: Towers,
        spec: MelSpec,
        tokenizer: Tokenizer,
        card: dict | None = None,
    ):
        self.towers, self.spec = towers.eval(), spec
        self.tokenizer, self.card = tokenizer, card or {}
        self.sample_rate = spec.sample_rate

    @property
    def device(self) -> torch.device:
        """Where the towers are; what goes in and comes out may be elsewhere."""
        return self.towers.log_temperature.device

    @torch.no_grad()
    def hear(
        self, waves: Float[Tensor, "n samples"], sample_rate: int | None = None
    ) -> Float[Tensor, "n d"]:
        """Embeddings of sounds, of length 1. Raises ValueError for another rate."""
        parts = (self.spec.encode(w, sample_rate) for w in waves.split(100))
        found = [self.towers.hear(mel.to(self.device)) for mel in parts]
        return torch.cat(found).to(waves.device)

    @torch.no_grad()
    def read(self, captions: str | Sequence[str]) -> Float[Tensor, "n d"]:
        """Embeddings of captions, of length 1. Raises ValueError for unknown words."""
        tokens = self.tokenizer.encode(captions).to(self.device)
        return self.towers.read(tokens).cpu()

    def fit(
        self, waves: Float[Tensor, "n samples"], captions: Sequence[str]
    ) -> Float[Tensor, "n m"]:
        """Cosine between each of n sounds and each of m captions, -1 to 1."""
        return self.hear(waves) @ self.read(captions).T

    def classify(
        self, waves: Float[Tensor, "n samples"], captions: Sequence[str]
    ) -> Int[Tensor, " n"]:
        """Zero-shot classes: the number of the caption that fits each sound best."""
        return self.fit(waves, captions).argmax(1)

    @torch.no_grad()
    def prefers(
        self,
        waves: Float[Tensor, "n samples"],
        right: Sequence[str],
        wrong: Sequence[str],
    ) -> Bool[Tensor, " n"]:
        """Whether each sound fits its right caption better than its wrong one.

        By chance half of them would: a caption with the sounds in another order, say,
        shows whether order is heard at all (after Ghosh et al. 2024).
        """
        heard = self.hear(waves)
        fits = [(heard * self.read(captions)).sum(1) for captions in (right, wrong)]
        return fits[0] > fits[1]


def recall(
    fit: Float[Tensor, "n m"], k: int, same: Bool[Tensor, "n m"] | None = None
) -> float:
    """How often what belongs to a row is among the k columns that fit it best.

    same: what belongs to what; default: the i-th column to the i-th row. The other way
    is `recall(fit.T, k)`. Raises ValueError for k beyond the number of columns.
    """
    k = valid.whole(k, "k", 1, fit.shape[1])
    if same is None:
        same = torch.eye(*fit.shape, dtype=torch.bool)
    best = fit.topk(k, dim=1).indices
    return same.gather(1, best).any(1).double().mean().item()
