"""Masked diffusion: noise that hides tokens, and a net that says what they were.

At time t every token is hidden with probability t, each for itself: alpha = 1 - t of
them are left (Austin et al. 2021, "absorbing"). What was hidden is asked for, and the
mean surprise, weighted by 1 / t, is at least -log p (Sahoo et al. 2024, Shi et al.
2024). Here not t is drawn but how many tokens are hidden, each number as often: in
the mean over t it is the same, and varies less (exercise 20.9).
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from .. import valid
from ..nets.embed import Labels
from ..nets.text import TextBlock
from .autoregressive import DROP
from .words import classes_of, fitting, within


def hide(
    x0: Int[Tensor, "b n"], t, words: int, generator: torch.Generator | None = None
) -> Int[Tensor, "b n"]:
    """x_t: every token hidden, as the number `words`, with probability t.

    t: in [0, 1], one, or one for each of the batch.
    """
    t = valid.unit_time(t).to(torch.float32).reshape(-1, 1)
    chance = torch.rand(x0.shape, generator=generator)
    return x0.masked_fill((chance < t).to(x0.device), words)


class Masked(nn.Module):
    """Tokens (batch, length), 0..words - 1, of which some are hidden, number `words`.

    A Transformer in which every place asks every other. It is not told t: how many are
    hidden says it (Sahoo et al. 2024). classes: how many, or None. Trained by `fit`.
    """

    def __init__(
        self,
        words: int,
        length: int,
        classes: int | None = None,
        width: int = 64,
        depth: int = 2,
        heads: int = 4,
    ):
        super().__init__()
        self.words, self.length, self.classes = words, length, classes
        self.table = nn.Embedding(words + 1, width)
        self.places = nn.Parameter(torch.randn(length, width))
        self.label = Labels(classes or 0, width)  # the last is null
        self.blocks = nn.ModuleList(TextBlock(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, words)

    def forward(
        self, tokens: Int[Tensor, "b n"], cond: Int[Tensor, " b"] | None = None
    ) -> Float[Tensor, "b n words"]:
        """Scores of what stands at each place; only those of hidden ones are asked."""
        label = self.label(self.label.null(len(tokens)) if cond is None else cond)
        h = self.table(tokens) + self.places[: tokens.shape[1]] + label[:, None]
        heard = torch.ones_like(tokens, dtype=torch.bool)
        for block in self.blocks:
            h = block(h, heard)
        return self.out(self.norm(h))

    def loss(
        self,
        x0: Int[Tensor, "b n"],
        cond: Int[Tensor, " b"] | None = None,
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, ""]:
        """The bound on the surprise at a token, in nats. Raises ValueError for tokens
        or classes that there are not, and for more than `length` tokens."""
        self.known(x0, cond, "x0")
        if cond is not None:
            left_out = torch.rand(len(x0), generator=generator) < DROP
            cond = cond.masked_fill(left_out.to(cond.device), self.classes)
        b, n = x0.shape
        # all numbers of hidden tokens about as often in one batch
        share = (torch.arange(b) + torch.rand(1, generator=generator)) / b
        hidden = 1 + (share * n).long().clamp(max=n - 1)
        return self.surprise(x0, hidden, cond, generator).mean() / n

    def surprise(
        self,
        x0: Int[Tensor, "b n"],
        hidden: Int[Tensor, " b"],
        cond: Int[Tensor, " b"] | None = None,
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, " b"]:
        """The bound on -log p(x0) by one draw: so many tokens hidden, asked for all at
        once, and counted n / hidden fold."""
        n = x0.shape[1]
        chance = torch.rand(x0.shape, generator=generator)
        mask = (chance.argsort(1).argsort(1) < hidden[:, None]).to(x0.device)
        scores = self(x0.masked_fill(mask, self.words), cond)
        each = F.cross_entropy(scores.transpose(1, 2), x0, reduction="none")
        return (each * mask).sum(1) * n / hidden.to(each)

    @torch.no_grad()
    def bound(
        self,
        tokens: Int[Tensor, "b n"],
        cond: Int[Tensor, " b"] | None = None,
        rounds: int = 1,
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, " b"]:
        """An estimate, in nats, of what -log p(tokens) is at most.

        rounds: in each, every number of hidden tokens once. Raises ValueError as `loss`
        does, and for rounds < 1.
        """
        self.known(tokens, cond, "tokens")
        b, n = tokens.shape
        told = torch.zeros(b, dtype=torch.float64, device=tokens.device)
        for _ in range(valid.whole(rounds, "rounds", 1)):
            for m in range(1, n + 1):
                hidden = torch.full((b,), m)
                told += self.surprise(tokens, hidden, cond, generator)
        return told / (n * rounds)

    def sample(
        self,
        n: int,
        steps: int | None = None,
        cond: Int[Tensor, " n"] | None = None,
        generator: torch.Generator | None = None,
    ) -> Int[Tensor, "n length"]:
        """n sequences out of nothing but hidden tokens, in so many steps (`fill`)."""
        n = valid.whole(n, "n", 1)
        classes_of(cond, self.classes, n)
        nothing = torch.full((n, self.length), self.words, device=self.places.device)
        return fill(lambda x: self(x, cond), nothing, self.words, steps, generator)

    def known(self, tokens: Tensor, cond: Tensor | None, what: str) -> None:
        """Raise for tokens or classes that there are not."""
        fitting(within(tokens, self.words, what), self.length, what)
        classes_of(cond, self.classes, len(tokens))


@torch.no_grad()
def fill(
    net,
    tokens: Int[Tensor, "b n"],
    words: int,
    steps: int | None = None,
    generator: torch.Generator | None = None,
) -> Int[Tensor, "b n"]:
    """Draw what is hidden, in any order, equally many tokens in each of the steps.

    net: tokens to scores (b, n, words), a `Masked` or an exact one. tokens: those
    hidden, wherever they stand, have the number `words`; others are kept. steps: as
    many as are hidden if None, one by one; with fewer, several are drawn at once that
    do not know of each other. Raises ValueError for steps < 1, and for more steps than
    tokens.
    """
    within(tokens, words + 1)
    if tokens.dim() != 2:
        raise ValueError(f"tokens must be (batch, tokens), got {tuple(tokens.shape)}")
    hidden = tokens == words
    count, x = hidden.sum(1, keepdim=True), tokens.clone()
    most = int(count.max())
    if steps is not None:
        steps = min(most, valid.whole(steps, "steps", 1, tokens.shape[1]))
    steps = most if steps is None else steps
    # the hidden ones first, in an order of chance of each item's own
    chance = torch.rand(tokens.shape, generator=generator).to(tokens.device)
    rank = (chance + ~hidden).argsort(1).argsort(1)
    for step in range(steps):
        p = net(x).double().softmax(2).flatten(0, 1).cpu()
        drawn = torch.multinomial(p, 1, generator=generator).view(x.shape).to(x)
        low, high = (-(count * k // -steps) for k in (step, step + 1))
        x = torch.where((rank >= low) & (rank < high), drawn, x)
    return x
