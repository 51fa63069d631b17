"""Exact answers for tokens: what few enough sequences allow to be counted out.

A masked model may write the tokens of a sequence in any order. Its likelihood is a mean
over all orders, and its bound the mean of their surprises: both are sums over what may
be known at a time, of which n tokens have 2^n.
"""

import math
from itertools import product

import torch
from jaxtyping import Float, Int
from torch import Tensor

from .. import valid
from .words import within

MOST = 12  # tokens, of which there are 4096 sets


class Known:
    """The exact filler of masks: knows how likely every sequence is.

    p: (words, ..., words), one axis a token, adding up to 1. Called as a `Masked` is:
    log p(token | what is shown), for every place; -inf where nothing fits.
    """

    def __init__(self, p: Float[Tensor, "..."]):
        valid.real(p, "p")
        if len(set(p.shape)) != 1 or (p < 0).any() or abs(p.sum() - 1) > 1e-6:
            raise ValueError("p must have one size in all axes, be >= 0, and sum to 1")
        self.p, self.words, self.length = p.double(), p.shape[0], p.dim()

    def __call__(self, tokens: Int[Tensor, "b n"]) -> Float[Tensor, "b n words"]:
        within(tokens, self.words + 1)
        valid.sized(tokens, (self.length,), "tokens")
        every = sequences(self.words, self.length)
        hidden = tokens == self.words
        fits = ((every[None] == tokens[:, None]) | hidden[:, None]).all(2)
        likely = fits * self.p.flatten()  # (b, all sequences)
        parts = [likely @ (every == w).double() for w in range(self.words)]
        told = torch.stack(parts, 2)
        return (told / told.sum(2, keepdim=True).clamp(min=1e-300)).log()


def sequences(words: int, length: int) -> Int[Tensor, "all length"]:
    """All that can be written, the last token changing fastest."""
    return torch.tensor(list(product(range(words), repeat=length)))


def surprises(net, tokens: Int[Tensor, " n"], words: int) -> Float[Tensor, "sets n"]:
    """-log p(token | those shown), for every set of shown ones: bit i is token i.

    Raises ValueError for more than 12 tokens.
    """
    within(tokens, words)
    n = valid.whole(len(tokens), "the number of tokens", 1, MOST)
    shown = torch.arange(2**n)[:, None] >> torch.arange(n) & 1 == 1
    with torch.no_grad():
        scores = net(torch.where(shown, tokens, words)).double()
    nowhere = scores.isneginf().all(2, keepdim=True)  # what is shown is impossible
    logs = torch.where(nowhere, -torch.inf, scores.log_softmax(2))
    return -logs.gather(2, tokens.expand(2**n, n)[..., None])[..., 0]


def log_likelihood(net, tokens: Int[Tensor, " n"], words: int) -> float:
    """log p(tokens), written one by one in an order of chance; exact, in nats."""
    told, n = surprises(net, tokens, words), len(tokens)
    rest = torch.zeros(2**n, dtype=torch.float64)  # log p of what is still hidden
    for shown in range(2**n - 2, -1, -1):
        hidden = [i for i in range(n) if not shown >> i & 1]
        ways = [rest[shown | 1 << i] - told[shown, i] for i in hidden]
        rest[shown] = torch.stack(ways).logsumexp(0) - math.log(len(hidden))
    return rest[0].item()


def bound(net, tokens: Int[Tensor, " n"], words: int) -> float:
    """The mean surprise over all orders, which is at least -log p; exact, in nats."""
    told, n = surprises(net, tokens, words), len(tokens)
    total = 0.0
    for shown in range(2**n - 1):
        hidden = [i for i in range(n) if not shown >> i & 1]
        # all sets of a size are as likely, and each token of one comes next as often
        m = len(hidden)
        total += told[shown, hidden].sum().item() / (m * math.comb(n, m))
    return total
