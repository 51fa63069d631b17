"""A small Transformer that reads words, and attention by which others ask them."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn


class Attend(nn.Module):
    """Each of x asks everything that was told (Vaswani et al. 2017).

    Self-attention where both are the same, else cross-attention. width, told: of one
    place of x, of what was told.
    """

    def __init__(self, width: int, told: int, heads: int = 4):
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(width, width)
        self.kv = nn.Linear(told, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(
        self,
        x: Float[Tensor, "b n width"],
        told: Float[Tensor, "b m told"],
        heard: Bool[Tensor, "b m"] | Bool[Tensor, "b n m"],
    ) -> Float[Tensor, "b n width"]:
        """heard: which of what was told may be asked, by all places of x or by each; at
        least one of them."""
        return self.ask(x, *self.keys(told), heard)

    def keys(
        self, told: Float[Tensor, "b m told"]
    ) -> tuple[Float[Tensor, "b heads m _"], Float[Tensor, "b heads m _"]]:
        """What of it is compared with a question, and what it answers."""
        kv = self.kv(told).unflatten(2, (2, self.heads, -1))
        k, v = kv.permute(2, 0, 3, 1, 4)  # (b, heads, m, width / heads) each
        return k, v

    def ask(
        self,
        x: Float[Tensor, "b n width"],
        k: Float[Tensor, "b heads m _"],
        v: Float[Tensor, "b heads m _"],
        heard: Bool[Tensor, "b m"] | Bool[Tensor, "b n m"],
    ) -> Float[Tensor, "b n width"]:
        q = self.q(x).unflatten(2, (self.heads, -1)).transpose(1, 2)
        # of all heads, and if it is one row for all that ask, of all of these
        mask = heard[:, None, None] if heard.dim() == 2 else heard[:, None]
        h = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.out(h.transpose(1, 2).flatten(2))


class TextBlock(nn.Module):
    """Words ask each other, then each thinks by itself.

    Norms come first (Xiong et al. 2020).
    """

    def __init__(self, width: int, heads: int = 4):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attend = Attend(width, width, heads)
        self.think = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(
        self,
        h: Float[Tensor, "b m width"],
        heard: Bool[Tensor, "b m"] | Bool[Tensor, "b m m"],
    ) -> Float[Tensor, "b m width"]:
        asked = self.norm1(h)
        h = h + self.attend(asked, asked, heard)
        return h + self.think(self.norm2(h))


class Text(nn.Module):
    """Tokens (batch, words), 0 = padding -> (batch, 1 + words, width), and which count.

    The first place is no word but a learned start, which asks all words and so stands
    for the whole text; it is there for a text without words too. vocabulary: numbers
    from 1 to that. length: of the longest text.
    """

    def __init__(self, vocabulary: int, length: int, width: int = 128, depth: int = 2):
        super().__init__()
        self.table = nn.Embedding(vocabulary + 1, width, padding_idx=0)
        # as large as a word's vector: where it stands says as much as what it is
        self.start = nn.Parameter(torch.randn(width))
        self.places = nn.Parameter(torch.randn(length, width))
        self.blocks = nn.ModuleList(TextBlock(width) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def forward(
        self, tokens: Int[Tensor, "b words"]
    ) -> tuple[Float[Tensor, "b m width"], Bool[Tensor, "b m"]]:
        words = self.table(tokens) + self.places[: tokens.shape[1]]
        start = self.start.expand(len(tokens), 1, -1)
        heard = F.pad(tokens > 0, (1, 0), value=True)
        h = torch.cat([start, words], dim=1)
        for block in self.blocks:
            h = block(h, heard)
        return self.norm(h), heard


class Words(nn.Module):
    """Words of a text as tokens (batch, words), 0 = padding. No word at all means null.

    They are read by a small Transformer: nets ask what it says of each word, and what
    it says of the whole text joins the vector.
    """

    shape = ("batch", "words")
    reads = 128  # width of what is said of a word

    def __init__(self, vocabulary: int, length: int, width: int):
        super().__init__()
        self.size, self.length = vocabulary, length
        self.text = Text(vocabulary, length, self.reads)
        self.out = nn.Linear(self.reads, width)

    def null(self, batch: int) -> Int[Tensor, "batch 1"]:
        return torch.zeros(batch, 1, dtype=torch.int64, device=self.out.weight.device)

    def forward(
        self, said: Float[Tensor, "b m reads"], heard: Bool[Tensor, "b m"]
    ) -> Float[Tensor, "b width"]:
        """The whole text as one vector, of what `text` says of it."""
        return self.out(said[:, 0])
