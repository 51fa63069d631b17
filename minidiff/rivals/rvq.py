"""Residual vector quantisation: a vector as a few whole numbers, from coarse to fine.

van den Oord et al. 2017 say it with one book, Zeghidour et al. 2021 with one after
another: each says what those before it have left.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from .. import valid
from .words import within


class RVQ:
    """Books of entries: each vector is the sum of one entry of every book.

    books: float (K, words, d). The first book says a vector roughly, every further one
    the residual of those before.
    """

    def __init__(self, books: Float[Tensor, "K words d"]):
        valid.real(books, "books")
        if books.dim() != 3:
            raise ValueError(f"books must be (K, words, d), got {tuple(books.shape)}")
        self.books = books

    @classmethod
    def fit(
        cls,
        x: Float[Tensor, "n d"],
        books: int = 4,
        words: int = 256,
        rounds: int = 20,
        seed: int = 0,
    ) -> "RVQ":
        """Books by k-means, each of what those before it have left.

        Raises ValueError for fewer vectors than words, and for counts below 1.
        """
        valid.real(x, "x")
        if x.dim() != 2 or len(x) < words:
            raise ValueError(
                f"x must be (n, d) with n >= words = {words}, got {tuple(x.shape)}"
            )
        dice = torch.Generator().manual_seed(valid.seed(seed))
        found, left = [], x
        for _ in range(valid.whole(books, "books", 1)):
            found.append(k_means(left, words, rounds, dice))
            left = left - found[-1][nearest(left, found[-1])]
        return cls(torch.stack(found))

    def encode(
        self, x: Float[Tensor, "*batch d"], books: int | None = None
    ) -> Int[Tensor, "*batch K"]:
        """The number of one entry of every book, int64; of the first `books` if given.

        Raises ValueError for vectors of another size, or for more books than there are.
        """
        valid.real(x, "x")
        if x.shape[-1] != self.books.shape[2]:
            d = self.books.shape[2]
            raise ValueError(f"x must be (..., {d}), got {tuple(x.shape)}")
        count = len(self.books)
        most = count if books is None else valid.whole(books, "books", 1, count)
        left, codes = x.reshape(-1, x.shape[-1]), []
        for book in self.books[:most]:
            codes.append(nearest(left, book))
            left = left - book[codes[-1]]  # what is still unsaid
        return torch.stack(codes, 1).view(*x.shape[:-1], most)

    def decode(self, codes: Int[Tensor, "*batch k"]) -> Float[Tensor, "*batch d"]:
        """The sum of the entries; of fewer books than there are, a rougher one.

        Raises ValueError for more books than there are, or a token that is in none.
        """
        k, words = codes.shape[-1], self.books.shape[1]
        if k > len(self.books):
            raise ValueError(f"codes: {k} books, of {len(self.books)} that there are")
        within(codes, words, "codes")
        return sum(self.books[i][codes[..., i]] for i in range(k))


def nearest(
    x: Float[Tensor, "n d"], book: Float[Tensor, "words d"]
) -> Int[Tensor, " n"]:
    """Which entry is nearest to each vector."""
    # |x - e|^2 but for |x|^2, which all entries share; about their middle, since far
    # from 0 the squares would drown the differences
    middle = book.mean(0)
    e = book - middle
    parts = [e.square().sum(1) - 2 * (part - middle) @ e.T for part in x.split(8192)]
    return torch.cat([part.argmin(1) for part in parts])


def k_means(
    x: Float[Tensor, "n d"], words: int, rounds: int, dice: torch.Generator
) -> Float[Tensor, "words d"]:
    """Entries, each the mean of those that are nearest to it (Lloyd 1982).

    They begin at some of the vectors; one that nothing is near to moves to where an
    entry is missing most.
    """
    valid.whole(words, "words", 1)
    book = x[torch.randperm(len(x), generator=dice)[:words]].clone()
    for _ in range(valid.whole(rounds, "rounds", 1)):
        near = nearest(x, book)
        count = torch.bincount(near, minlength=words)
        far = (x - book[near]).square().sum(1)
        sums = torch.zeros_like(book).index_add_(0, near, x)
        book = sums / count.clamp(min=1)[:, None]
        empty = (count == 0).nonzero()[:, 0]
        book[empty] = x[far.topk(len(empty)).indices]
    return book


def columns(z: Float[Tensor, "b c h w"]) -> Float[Tensor, "b w ch"]:
    """Latents frame by frame: everything that sounds at one time is one vector."""
    return z.flatten(1, 2).transpose(1, 2)


def pictures(x: Float[Tensor, "b w ch"], c: int) -> Float[Tensor, "b c h w"]:
    """The latents again; c: their channels."""
    return x.transpose(1, 2).unflatten(1, (c, -1))
