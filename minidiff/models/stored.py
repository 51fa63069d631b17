"""Weights as a file holds them: in sixteen bits each, or in eight."""

from pathlib import Path

import torch
from jaxtyping import Float, Int8
from safetensors.torch import load_file
from torch import Tensor

STEP = ".step"  # what a row's whole numbers are counted in stands under this name

Weights = dict[str, Tensor]  # by their names


def stored(weights: Weights, bits: int = 16) -> Weights:
    """What is written: float16, or with 8 bits matrices as int8 and a step a row.

    Vectors are few and stay float16. An error of half a step is about half a percent of
    what a weight usually is; a float16's is a hundred times less.
    """
    if bits not in (8, 16):
        raise ValueError(f"bits: a weight is stored in 8 or in 16, got {bits}")
    kept = {}
    for name, w in weights.items():
        w = w.detach().contiguous().cpu()
        if not w.is_floating_point():
            kept[name] = w
        elif bits == 16 or w.dim() < 2:
            kept[name] = w.half()
        else:
            kept[name], kept[name + STEP] = rounded(w)
    return kept


def rounded(
    w: Float[Tensor, "rows *size"],
) -> tuple[Int8[Tensor, "rows *size"], Float[Tensor, " rows"]]:
    """Whole numbers from -127 to 127, and the step of every row."""
    rows = w.float().flatten(1)
    step = (rows.abs().amax(1) / 127).clamp(min=1e-12)  # a row may be all zeros
    return (rows / step[:, None]).round().to(torch.int8).view(w.shape), step


def weights_in(file: Path) -> Weights:
    """The weights of a file, as float32."""
    kept = load_file(file)
    weights = {}
    for name, w in kept.items():
        if name.endswith(STEP):
            continue
        weights[name] = w.float()
        if name + STEP in kept:
            weights[name] *= kept[name + STEP].view(-1, *[1] * (w.dim() - 1))
    return weights
