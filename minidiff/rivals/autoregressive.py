"""Autoregression: one token after another, each drawn from what the past allows.

    p(x_1, ..., x_n) = p(x_1) p(x_2 | x_1) ... p(x_n | x_1, ..., x_n-1)

No approximation: every distribution of tokens can be written so, and the likelihood of
what was heard is known exactly. What it costs is a call of the net for every token.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from .. import valid
from ..nets.causal import Causal
from ..nets.embed import Labels
from .words import classes_of, fitting, within

DROP = 0.1  # how often a class is left out in training, as with a `Denoiser`


class Autoregressive(nn.Module):
    """Tokens (batch, length), whole numbers 0..words - 1, as a causal Transformer.

    After GPT (Radford et al. 2018). Place i is told token i - 1 and where it stands,
    and asks the places before it; the first is told the class instead. classes: how
    many, or None. Trained by `fit`, which calls `loss`.
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
        self.table = nn.Embedding(words, width)
        self.places = nn.Parameter(torch.randn(length, width))
        self.start = Labels(classes or 0, width)  # the last is null
        self.net = Causal(width, depth, heads)
        self.out = nn.Linear(width, words)

    def forward(
        self, tokens: Int[Tensor, "b n"], cond: Int[Tensor, " b"] | None = None
    ) -> Float[Tensor, "b n words"]:
        """Scores of each token, by the tokens before it."""
        first = self.begin(len(tokens), cond)
        told = torch.cat([first, self.table(tokens[:, :-1])], dim=1)
        h, _ = self.net(told + self.places[: tokens.shape[1]])
        return self.out(h)

    def begin(self, n: int, cond: Tensor | None) -> Float[Tensor, "n 1 width"]:
        """What the first place is told: the class, or that there is none."""
        return self.start(self.start.null(n) if cond is None else cond)[:, None]

    def loss(
        self,
        x0: Int[Tensor, "b n"],
        cond: Int[Tensor, " b"] | None = None,
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, ""]:
        """Surprise at a token, in nats. Raises ValueError for tokens or classes that
        there are not, and for more than `length` tokens."""
        self.known(x0, cond, "x0")
        if cond is not None:
            left_out = torch.rand(len(x0), generator=generator) < DROP
            cond = cond.masked_fill(left_out.to(cond.device), self.classes)
        return F.cross_entropy(self(x0, cond).flatten(0, 1), x0.flatten())

    @torch.no_grad()
    def log_likelihood(
        self, tokens: Int[Tensor, "b n"], cond: Int[Tensor, " b"] | None = None
    ) -> Float[Tensor, " b"]:
        """log p(tokens), exactly, in nats. Raises ValueError as `loss` does."""
        self.known(tokens, cond, "tokens")
        logs = F.log_softmax(self(tokens, cond).double(), 2)
        return logs.gather(2, tokens[..., None])[..., 0].sum(1)

    @torch.no_grad()
    def sample(
        self,
        n: int,
        cond: Int[Tensor, " n"] | None = None,
        generator: torch.Generator | None = None,
        temperature: float = 1.0,
    ) -> Int[Tensor, "n length"]:
        """n sequences, token by token, no place read twice.

        temperature: 1 draws as the model thinks; towards 0 it takes what is likeliest.
        Raises ValueError for n < 1, a temperature outside (0, 10] and unknown classes.
        """
        n = valid.whole(n, "n", 1)
        if valid.number(temperature, "temperature", 0, 10) == 0:
            raise ValueError("temperature must be above 0; 0.01 draws the likeliest")
        made = torch.empty(n, 0, dtype=torch.int64, device=self.places.device)
        self.known(made, cond, "tokens")
        told, past = self.begin(n, cond), None
        for place in self.places:
            h, past = self.net(told + place, past)
            p = (self.out(h[:, -1]).double() / temperature).softmax(1).cpu()
            token = torch.multinomial(p, 1, generator=generator).to(made.device)
            made = torch.cat([made, token], dim=1)
            told = self.table(token)
        return made

    def known(self, tokens: Tensor, cond: Tensor | None, what: str) -> None:
        """Raise for tokens or classes that there are not."""
        fitting(within(tokens, self.words, f"{what}: tokens"), self.length, what)
        classes_of(cond, self.classes, len(tokens))
