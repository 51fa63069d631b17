"""An early snapshot of a training, kept as a difference from what came of it.

A worse version of the same model is what autoguidance needs (Karras et al. 2024). Its
difference, in whole steps and deflated, takes a third of the space of the weights.
"""

import copy
import os
import zlib
from pathlib import Path

import torch
from jaxtyping import Int8, UInt8
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from .card import EARLY, card_in, verify, write_card
from .stored import Weights, weights_in

STEP = 0.15  # of a matrix's rms difference: an error of 4 %, in five bits a weight
LARGEST = 127  # steps


def difference(early: Weights, late: Weights) -> Weights:
    """What `applied` needs to make nearly `early` of `late`.

    Matrices are rounded to whole steps; vectors are few and kept as float16. Raises
    ValueError for other names and shapes.
    """
    if {k: w.shape for k, w in early.items()} != {k: w.shape for k, w in late.items()}:
        raise ValueError("early: its weights have other names or shapes than the late")
    kept = {}
    for name, weights in late.items():
        gap = early[name].float() - weights.float()
        if gap.dim() < 2 or not weights.is_floating_point():
            kept[name] = gap.half()
            continue
        size = (STEP * gap.square().mean().sqrt()).clamp(min=1e-12)
        steps = (gap / size).round().clamp(-LARGEST, LARGEST)
        kept[name] = deflated(steps.to(torch.int8).flatten())
        kept[f"{name}.size"] = size
    return kept


def applied(kept: Weights, late: Weights) -> Weights:
    """The early weights, nearly, in the shapes and types of the late ones."""
    early = {}
    for name, weights in late.items():
        gap = kept[name]
        if gap.dtype == torch.uint8:
            gap = inflated(gap).view(weights.shape) * kept[f"{name}.size"]
        gap = gap.to(weights.device)
        early[name] = (weights.float() + gap.float()).to(weights.dtype)
    return early


def deflated(steps: Int8[Tensor, " n"]) -> UInt8[Tensor, " m"]:
    """Whole numbers in few bytes: small ones, which are many, in few bits."""
    packer = zlib.compressobj(9, strategy=zlib.Z_HUFFMAN_ONLY)
    packed = packer.compress(steps.numpy().tobytes()) + packer.flush()
    return torch.frombuffer(bytearray(packed), dtype=torch.uint8)


def inflated(packed: UInt8[Tensor, " m"]) -> Int8[Tensor, " n"]:
    """The way back from `deflated`."""
    plain = zlib.decompress(packed.numpy().tobytes())
    return torch.frombuffer(bytearray(plain), dtype=torch.int8)


def error(kept: Weights, early: Weights, late: Weights) -> float:
    """How far `applied` is from `early`, as a share of how far `early` is from `late`.

    Root mean squares over all weights.
    """
    again = applied(kept, late)
    off, far = (
        sum((a[k].double() - early[k].double()).square().sum() for k in late)
        for a in (again, late)
    )
    return (off / far).sqrt().item()


def save_early(folder: str | Path, snapshot: str | Path, told: str) -> Path:
    """Write `early.safetensors` beside a model's weights, and its digest in the card.

    snapshot: weights as the training leaves them, `early-STEP.safetensors`. told: of
    which step and machine they are, for the card. Raises ValueError for weights that
    are not the card's, and a snapshot of another net.
    """
    folder = Path(folder)
    weights, file = folder / "model.safetensors", folder / EARLY
    card = card_in(folder)
    verify(weights, card.get("sha256"))
    kept, part = difference(load_file(snapshot), weights_in(weights)), folder / "part"
    try:
        save_file(kept, part)
        part.chmod(0o644)  # safetensors writes for the owner alone
        os.replace(part, file)
    finally:
        part.unlink(missing_ok=True)
    write_card(folder, card | {"early_from": told})
    return file


def early_of(net: nn.Module, folder: Path, digest: str | None) -> nn.Module:
    """The net as it was at the snapshot that ships in `folder`; `net` stays as it is.

    digest: the card's. Raises ValueError for a model without a snapshot, and for one
    that is not the card's.
    """
    file = folder / EARLY
    if digest is None and not file.is_file():
        raise ValueError(
            f"early: {folder.name!r} has no early snapshot of its training; a model "
            "that has one keeps it as early.safetensors beside its weights"
        )
    verify(file, digest)
    earlier = copy.deepcopy(net)
    earlier.load_state_dict(applied(load_file(file), net.state_dict()))
    return earlier
