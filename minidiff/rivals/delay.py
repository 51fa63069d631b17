"""The delay pattern: several tokens a frame, and one row of them a step.

MusicGen (Copet et al. 2023): book k is written k steps late, so that a finer token is
drawn when the rougher ones of its frame are known, and a sound of n frames and K books
takes n + K - 1 steps instead of n times K.
"""

import torch
from jaxtyping import Int
from torch import Tensor

from .. import valid


def delayed(
    codes: Int[Tensor, "b n K"], filler: int, lag: int = 1
) -> Int[Tensor, "b rows K"]:
    """Row s holds of book k what belongs to frame s - lag * k, or the filler.

    rows: n + lag * (K - 1). lag: 0 writes all tokens of a frame at once.
    Raises ValueError for codes that are not (batch, frames, books), and a lag below 0.
    """
    valid.whole(lag, "lag", 0)
    if codes.dim() != 3 or 0 in codes.shape[1:]:
        shape = tuple(codes.shape)
        raise ValueError(f"codes must be (batch, frames, books), got {shape}")
    b, n, books = codes.shape
    rows = codes.new_full((b, n + lag * (books - 1), books), filler)
    for k in range(books):
        rows[:, lag * k : lag * k + n, k] = codes[:, :, k]
    return rows


def undelayed(rows: Int[Tensor, "b rows K"], lag: int = 1) -> Int[Tensor, "b n K"]:
    """The way back. Raises ValueError for fewer rows than the last book is late."""
    books = rows.shape[2]
    n = rows.shape[1] - valid.whole(lag, "lag", 0) * (books - 1)
    if n < 1:
        raise ValueError(f"rows: {rows.shape[1]} are too few for {books} books")
    return torch.stack([rows[:, lag * k : lag * k + n, k] for k in range(books)], 2)
