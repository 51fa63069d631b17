"""Where a place of a picture stands, in numbers that a net can use."""

import functools

import torch
from jaxtyping import Float
from torch import Tensor


def positions(
    rows: int, columns: int, width: int, device: torch.device | str = "cpu"
) -> Float[Tensor, "tokens width"]:
    """Where each patch stands: sines and cosines, half of the row, half of the column.

    They are computed, not learned, so that a latent may have any size.
    """
    arange = functools.partial(torch.arange, device=device)
    speeds = 10_000 ** -(arange(width // 4) / (width // 4))
    row, column = (arange(n)[:, None] * speeds for n in (rows, columns))
    row = row[:, None].expand(rows, columns, -1)
    column = column[None].expand(rows, columns, -1)
    waves = (row.sin(), row.cos(), column.sin(), column.cos())
    return torch.cat(waves, dim=2).flatten(0, 1)
