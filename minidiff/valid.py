"""Checks for public entries: say which argument, what came, what was expected."""

import difflib
import math
import os
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from torch import Tensor

LARGEST_SEED = 2**63 - 1


def choice(value, known, what: str):
    """Return the one of `known` that `value` is; else suggest the nearest ones.

    Text is compared in one Unicode form: macOS spells "ü" with two characters.
    """
    known = list(known)
    if value in known:
        return known[known.index(value)]
    alike = []
    if isinstance(value, str):
        forms = {unicodedata.normalize("NFC", k): k for k in map(str, known)}
        form = unicodedata.normalize("NFC", value)
        if forms.get(form) in known:
            return forms[form]
        alike = near(form, forms)
    hint = f"; did you mean {' or '.join(map(repr, alike))}?" if alike else "."
    raise ValueError(
        f"{what}: {value!r} is unknown{hint} Known: {', '.join(map(str, known))}"
    )


def near(value: str, known: Iterable[str]) -> list[str]:
    """Those of `known` that look like `value`, at most three, the likest first."""
    by_lower = {k.lower(): k for k in known}
    found = difflib.get_close_matches(value.lower(), by_lower, n=3)
    return [by_lower[k] for k in found]


def whole(value, what: str, low: int, high: float = math.inf) -> int:
    """Return `value` if it is a whole number in [low, high]."""
    number(value, what, low, high)
    if isinstance(value, bool) or value % 1 != 0:
        raise TypeError(f"{what} must be a whole number, got {value!r}")
    return int(value)


def number(value, what: str, low: float, high: float, open_ends: bool = False) -> float:
    """Return `value` if it lies in [low, high], or in (low, high) with `open_ends`."""
    try:
        inside = low < value < high if open_ends else low <= value <= high
    except (TypeError, ValueError, RuntimeError):  # a string, an array
        raise TypeError(f"{what} must be a number, got {value!r}") from None
    if not inside:  # also catches NaN
        ends = f"({low}, {high})" if open_ends else f"[{low}, {high}]"
        raise ValueError(f"{what} must be in {ends}, got {value}")
    return float(value)


def path(value: str | os.PathLike, what: str) -> Path:
    """Return `value` as a path, "~" read as the home folder.

    Raises ValueError for an empty one, such as a shell makes of a variable that is not
    set: Python would take it to be the current folder.
    """
    if not isinstance(value, str | os.PathLike):
        raise TypeError(f"{what} must be a path, got {value!r}")
    if not os.fspath(value):
        raise ValueError(f"{what} is empty; the current folder is called '.'")
    return Path(os.path.expanduser(value))


def seed(value) -> int:
    """Return `value` if it may seed a source of chance."""
    return whole(value, "seed", 0, LARGEST_SEED)


def floating(x, what: str) -> Tensor:
    """Return `x` if it is a tensor of floating-point numbers."""
    if not isinstance(x, Tensor):
        raise TypeError(f"{what} must be a torch.Tensor, got {type(x).__name__}")
    if not x.is_floating_point():
        raise TypeError(f"{what} must hold floating-point numbers, got {x.dtype}")
    return x


def real(x, what: str) -> Tensor:
    """Return `x` if it is a tensor of finite floating-point numbers, not empty."""
    floating(x, what)
    if x.numel() == 0:
        raise ValueError(f"{what} is empty: its shape is {tuple(x.shape)}")
    if not torch.isfinite(x).all():
        raise ValueError(f"{what} holds NaN or infinite values")
    return x


def device(name) -> torch.device:
    """The device of that name. Raises ValueError where there is none."""
    try:
        probe = torch.zeros(1, device=name)
        probe.item()  # there is nothing to read on "meta"
        return probe.device
    except (RuntimeError, AssertionError, ImportError) as error:  # as torch likes it
        why = str(error).partition("\n")[0]
        raise ValueError(f"device: {str(name)!r} cannot be used here: {why}") from None


def unit_time(t, what: str = "t") -> Tensor:
    """Return `t` as a tensor, plain numbers in float64, if its values are in [0, 1]."""
    if not isinstance(t, Tensor):
        try:
            t = torch.as_tensor(t, dtype=torch.float64)
        except (TypeError, ValueError, RuntimeError):
            raise TypeError(f"{what} must be a number or a tensor, got {t!r}") from None
    if t.is_complex() or t.dtype == torch.bool:
        raise TypeError(f"{what} must be real numbers, got {t.dtype}")
    if not ((t >= 0) & (t <= 1)).all():
        raise ValueError(f"{what} must be in [0, 1] (0 = data, 1 = noise), got {t}")
    return t


def sized(x: Tensor, size: tuple, what: str) -> None:
    """Raise unless each item of `x` has this size."""
    if x.shape[1:] != torch.Size(size):
        wanted = ", ".join(map(str, ("batch", *size)))
        raise ValueError(f"{what} must have shape ({wanted}), got {tuple(x.shape)}")


def same_shape(a: Tensor, b: Tensor, names: str) -> None:
    """Raise if two tensors differ in shape."""
    if a.shape != b.shape:
        raise ValueError(
            f"{names} must have the same shape, got {tuple(a.shape)} "
            f"and {tuple(b.shape)}"
        )


def labels(values: Tensor, classes: int, batch: int, what: str) -> None:
    """Raise unless `values` are `batch` whole labels in 0..classes (classes = null)."""
    if not isinstance(values, Tensor) or values.dtype != torch.int64:
        tensor = isinstance(values, Tensor)
        found = values.dtype if tensor else type(values).__name__
        raise TypeError(f"{what}: labels must be an int64 tensor, got {found}")
    if values.shape != (batch,):
        raise ValueError(
            f"{what}: expected one label per item, shape ({batch},), "
            f"got {tuple(values.shape)}"
        )
    if values.numel() and not (0 <= values.min() and values.max() <= classes):
        raise ValueError(
            f"{what}: labels must be in 0..{classes - 1} ({classes} = null), "
            f"got {values.min().item()}..{values.max().item()}"
        )


def tokens(values: Tensor, words: int, length: int, batch: int, what: str) -> None:
    """Raise unless `values` are `batch` texts of words 1..words, 0 = padding."""
    if not isinstance(values, Tensor) or values.dtype != torch.int64:
        tensor = isinstance(values, Tensor)
        found = values.dtype if tensor else type(values).__name__
        raise TypeError(f"{what}: tokens must be an int64 tensor, got {found}")
    if values.dim() != 2 or len(values) != batch or values.shape[1] > length:
        raise ValueError(
            f"{what}: expected shape ({batch}, words), at most {length} words, got "
            f"{tuple(values.shape)}"
        )
    look = values.device.type == "cpu" and values.numel()  # on a GPU it would stall it
    if look and not (0 <= values.min() and values.max() <= words):
        raise ValueError(
            f"{what}: tokens must be in 0..{words} (0 = padding), "
            f"got {values.min().item()}..{values.max().item()}"
        )


def generators(given, batch: int) -> None:
    """Raise unless `given` is a generator, one per item, or None."""
    if given is None:
        return
    each = given if isinstance(given, Sequence) else [given] * batch
    if len(each) != batch:
        raise ValueError(
            f"generator must be one, or one per item: expected {batch}, got {len(each)}"
        )
    if not all(isinstance(g, torch.Generator) for g in each):
        raise TypeError(f"generator must be a torch.Generator or a list, got {given!r}")


def same_levels(schedule, other, what: str) -> None:
    """Raise ValueError unless two schedules mean the same noise by every time."""
    t = torch.linspace(0, 1, 9, dtype=torch.float64)
    for level, same in zip(schedule(t), other(t), strict=True):
        if not torch.allclose(level, same):
            raise ValueError(
                f"{what}: its schedule, {type(other).__name__}, has other levels than "
                f"the denoiser's {type(schedule).__name__}"
            )
