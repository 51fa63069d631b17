"""Sound as an autoregressive model of codes: MusicGen in small (Copet et al. 2023)."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from .. import valid
from ..nets.causal import Causal
from ..nets.embed import Labels
from .autoregressive import DROP
from .delay import delayed, undelayed
from .words import classes_of, within

HIDE = 0.1  # how many tokens training does not show, so that it learns none by heart


class Coded(nn.Module):
    """Codes (batch, frames, books), numbers 0..words - 1, as a causal Transformer.

    What it is told at a step is the sum of one vector for each book of the row before,
    of where it stands and of the class; what it says is one score for each word of each
    book. lag: how many steps each book is later than the one before (`delayed`). Books
    of one row are drawn at once and do not know of each other. Trained by `fit`.
    """

    def __init__(
        self,
        words: int,
        books: int,
        frames: int,
        classes: int | None = None,
        width: int = 192,
        depth: int = 6,
        heads: int = 4,
        lag: int = 1,
    ):
        super().__init__()
        self.words, self.books, self.frames = words, books, frames
        self.classes, self.lag = classes, lag
        tables = (nn.Embedding(words + 1, width) for _ in range(books))
        self.tables = nn.ModuleList(tables)  # the last word is the filler
        self.places = nn.Parameter(torch.randn(frames + lag * (books - 1), width))
        self.label = Labels(classes or 0, width)  # the last is null
        self.net = Causal(width, depth, heads)
        self.heads = nn.ModuleList(nn.Linear(width, words) for _ in range(books))

    def told(
        self, rows: Int[Tensor, "b n K"], first: int, cond: Int[Tensor, " b"]
    ) -> Float[Tensor, "b n width"]:
        """What steps first, first + 1, ... are told. rows: those before these."""
        read = sum(table(rows[..., k]) for k, table in enumerate(self.tables))
        places = self.places[first : first + rows.shape[1]]
        return read + places + self.label(cond)[:, None]

    def scores(self, h: Float[Tensor, "b n width"]) -> Float[Tensor, "b n K words"]:
        return torch.stack([head(h) for head in self.heads], dim=2)

    def forward(
        self, rows: Int[Tensor, "b n K"], cond: Int[Tensor, " b"] | None = None
    ) -> Float[Tensor, "b n K words"]:
        """Scores of each row's tokens, by the rows before it. rows: `delayed` codes."""
        before = F.pad(rows, (0, 0, 1, 0), value=self.words)[:, :-1]
        h, _ = self.net(self.told(before, 0, self.asked(len(rows), cond)))
        return self.scores(h)

    def asked(self, n: int, cond: Tensor | None) -> Int[Tensor, " n"]:
        return self.label.null(n) if cond is None else cond

    def loss(
        self,
        x0: Int[Tensor, "b n K"],
        cond: Int[Tensor, " b"] | None = None,
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, ""]:
        """Surprise at a code, in nats. Raises ValueError for codes or classes that
        there are not, and for other than `frames` frames of `books` books."""
        self.known(x0, cond, "x0")
        rows = delayed(x0, self.words, self.lag)
        hidden = torch.rand(rows.shape, generator=generator) < HIDE
        shown = rows.masked_fill(hidden.to(rows.device), self.words)
        left_out = torch.rand(len(x0), generator=generator) < DROP
        cond = self.asked(len(x0), cond)
        cond = cond.masked_fill(left_out.to(cond.device), self.label.size)
        scores = self(shown, cond).flatten(0, 2)
        return F.cross_entropy(scores, rows.flatten(), ignore_index=self.words)

    @torch.no_grad()
    def log_likelihood(
        self, codes: Int[Tensor, "b n K"], cond: Int[Tensor, " b"] | None = None
    ) -> Float[Tensor, " b"]:
        """log p(codes), exactly, in nats. Raises ValueError as `loss` does."""
        self.known(codes, cond, "codes")
        rows = delayed(codes, self.words, self.lag)
        logs = F.log_softmax(self(rows, cond).double(), 3)
        real = rows < self.words
        logs = logs.gather(3, (rows * real)[..., None])[..., 0]
        return (logs * real).sum((1, 2))

    @torch.no_grad()
    def sample(
        self,
        n: int,
        cond: Int[Tensor, " n"] | None = None,
        scale: float = 1.0,
        generator: torch.Generator | None = None,
        begin: Int[Tensor, "n f K"] | None = None,
        cache: bool = True,
    ) -> Int[Tensor, "n frames K"]:
        """n sounds as codes, row by row.

        scale: of the guidance, between (0) or beyond (> 1) what is said without a class
        and with it. begin: codes of the first frames, which are kept. cache: read no
        row twice; without it the same comes out, later. Raises ValueError for n < 1,
        unknown classes or codes, and a beginning as long as the whole or longer.
        """
        n = valid.whole(n, "n", 1)
        classes_of(cond, self.classes, n)
        valid.number(scale, "scale", -100, 100)
        given = self.given(n, begin)
        guided = scale != 1 and cond is not None
        asked = self.asked(n, cond)
        if guided:  # both questions in one batch: first all with their class
            asked = torch.cat([asked, self.label.null(n)])
        made, past = given.new_full((n, 1, self.books), self.words), None
        for s in range(len(self.places)):
            both = made.repeat(2, 1, 1) if guided else made
            first = s if cache else 0
            h, past = self.net(self.told(both[:, first:], first, asked), past)
            past = past if cache else None
            scores = self.scores(h[:, -1:])[:, 0].double()
            if guided:
                with_class, without = scores.chunk(2)
                scores = without + scale * (with_class - without)
            p = scores.softmax(2).flatten(0, 1).cpu()
            drawn = torch.multinomial(p, 1, generator=generator).view(n, self.books)
            row = torch.where(given[:, s] < 0, drawn.to(made), given[:, s])
            made = torch.cat([made, row[:, None]], dim=1)
        return undelayed(made[:, 1:], self.lag)

    def given(self, n: int, begin: Tensor | None) -> Int[Tensor, "n rows K"]:
        """Rows in which what begins is written, -1 where a token is to be drawn."""
        size = n, self.frames, self.books
        codes = torch.full(size, -1, device=self.places.device)
        if begin is not None:
            within(begin, self.words, "begin")
            if begin.dim() != 3 or begin.shape[::2] != (n, self.books):
                size = f"({n}, frames, {self.books})"
                raise ValueError(f"begin must be {size}, got {tuple(begin.shape)}")
            if begin.shape[1] >= self.frames:
                raise ValueError(
                    f"begin: {begin.shape[1]} frames leave nothing to go on with, "
                    f"the whole has {self.frames}"
                )
            codes[:, : begin.shape[1]] = begin
        return delayed(codes, self.words, self.lag)

    def known(self, codes: Tensor, cond: Tensor | None, what: str) -> None:
        """Raise for codes or classes that there are not."""
        within(codes, self.words, what)
        valid.sized(codes, (self.frames, self.books), what)
        classes_of(cond, self.classes, len(codes))
