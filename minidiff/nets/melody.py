"""A small Transformer that writes melodies, note by note."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from .text import TextBlock


class Melody(nn.Module):
    """Notes so far (batch, n) -> scores of the note after each, (batch, n, words).

    A note may ask those before it and itself, none after it: a causal mask, as in GPT
    (Radford et al. 2018). The same table reads notes and scores them (Press & Wolf
    2017). words: how many notes there are. places: how many parts, bars and moments of
    a bar a place can have. kinds: rhythms.
    """

    def __init__(
        self,
        words: int,
        places: Sequence[int],
        kinds: int,
        width: int = 96,
        depth: int = 4,
        heads: int = 4,
    ):
        super().__init__()
        self.table = nn.Embedding(words, width)
        self.where = nn.ModuleList(nn.Embedding(n, width) for n in places)
        self.kind = nn.Embedding(kinds, width)
        self.blocks = nn.ModuleList(TextBlock(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        # the table scores notes too: begin with scores near 0
        for embedding in (self.table, self.kind, *self.where):
            nn.init.normal_(embedding.weight, std=width**-0.5)

    def forward(
        self,
        notes: Int[Tensor, "b n"],
        place: Int[Tensor, "b n 3"],
        kind: Int[Tensor, " b"],
        heard: Bool[Tensor, "b n"] | None = None,
    ) -> Float[Tensor, "b n words"]:
        """place: where the note to come stands. heard: which notes are shown."""
        read = self.table(notes)
        if heard is not None:
            read = read * heard[..., None]
        h = read + self.kind(kind)[:, None]
        for embedding, number in zip(self.where, place.unbind(2), strict=True):
            h = h + embedding(number)
        before = causal(notes.shape[1], notes.device).expand(len(notes), -1, -1)
        for block in self.blocks:
            h = block(h, before)
        return self.norm(h) @ self.table.weight.T

    def loss(
        self,
        x0: Int[Tensor, "b m"],
        cond: dict[str, Tensor],
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, ""]:
        """Surprise at the next note, in nats; 0 fills up and is not asked for.

        One note in ten is hidden, so that it is not learned by heart.
        """
        notes, coming = x0[:, :-1], x0[:, 1:]
        hidden = torch.rand(notes.shape, generator=generator) < 0.1
        scores = self(notes, cond["place"], cond["kind"], ~hidden.to(x0.device))
        return F.cross_entropy(scores.flatten(0, 1), coming.flatten(), ignore_index=0)


def causal(n: int, device=None) -> Bool[Tensor, "1 n n"]:
    """Who may ask whom: row i those up to i."""
    return torch.ones(1, n, n, dtype=torch.bool, device=device).tril()
