"""Tokens: whole numbers, as many as there are words; what is none is said so."""

import torch
from torch import Tensor

from .. import valid


def within(tokens: Tensor, words: int, what: str = "tokens") -> Tensor:
    """Return `tokens` if they are int64 in 0..words - 1.

    Raises TypeError for other numbers, ValueError for one outside.
    """
    if not isinstance(tokens, Tensor) or tokens.dtype != torch.int64:
        found = getattr(tokens, "dtype", type(tokens).__name__)
        raise TypeError(f"{what} must be an int64 tensor, got {found}")
    look = tokens.device.type == "cpu" and tokens.numel()  # a GPU it would stall
    if look and not 0 <= tokens.min() <= tokens.max() < words:
        raise ValueError(
            f"{what} must be in 0..{words - 1}, "
            f"got {tokens.min().item()}..{tokens.max().item()}"
        )
    return tokens


def fitting(tokens: Tensor, length: int, what: str = "tokens") -> Tensor:
    """Return texts (batch, n) of at most `length` tokens; ValueError for others."""
    if tokens.dim() != 2 or not len(tokens) or tokens.shape[1] > length:
        raise ValueError(
            f"{what}: expected shape (batch, tokens), at most {length} tokens, got "
            f"{tuple(tokens.shape)}"
        )
    return tokens


def classes_of(cond: Tensor | None, classes: int | None, n: int) -> None:
    """Raise unless `cond` is None or n labels of so many classes (the last is null)."""
    if cond is None:
        return
    if classes is None:
        raise ValueError("cond was given, but this model has no classes")
    valid.labels(cond, classes, n, "cond")
