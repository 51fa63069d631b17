"""What is strange to a model: its scores, and a map of where."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid
from ..denoiser import Cond
from .errors import errors
from .likelihood import log_likelihood
from .rebuilt import changes
from .reference import heard

MAPS: dict[str, Callable] = {"error": errors, "rebuilt": changes}
SCORES = [*MAPS, "likelihood"]
BATCH = 32


def anomaly(
    model,
    waves,
    score: str = "error",
    cond: Cond = None,
    share: float = 1.0,
    **options,
) -> Float[Tensor, " n"]:
    """How strange each sound is to a model of usual ones: larger is stranger.

    model: one that makes sounds, as `md.load` gives it. waves: (n, samples) in [-1, 1]
    at its rate and of its length; or a list of examples, files and sounds of any
    length, read as `generate` reads a reference. score: "error", of denoising
    (`control.errors`); "rebuilt", what changes when it is drowned in noise and brought
    back (`control.rebuilt`), both means over the strangest `share` of all values, so
    that a short fault counts as much as a long one; "likelihood", -log p per
    value (`control.likelihood`), to which simple sounds are usual whatever was learned
    (Nalisnick et al. 2019). cond: what is known of the sounds, as the denoiser takes
    it; nothing by default. options: those of the score. An item's score depends on
    nothing but itself.

    Raises ValueError for a model that makes no sounds or only jumps, an unknown score,
    a share not in (0, 1], NaN and waves of another length; TypeError for an option that
    the score does not have.
    """
    valid.choice(score, SCORES, "score")
    if "stops" in getattr(model, "settings", {}):
        raise ValueError(
            "model: this one only knows how to jump, and an answer at every level is "
            "asked: take the one that it learned from"
        )
    if counted(share) < 1 and score not in MAPS:
        raise ValueError(f"share is of a map, and the score {score!r} has none")
    x = encoded(model, waves)
    if score in MAPS:
        return strangest(batched(MAPS[score], model, x, cond, options), share)
    found = batched(log_likelihood, model, x, cond, options)
    return (-found / x[0].numel()).float()


def strangest(
    where: Float[Tensor, "n *size"], share: float = 1.0
) -> Float[Tensor, " n"]:
    """The mean over the strangest `share` of each map, one value at least.

    Raises ValueError for a share not in (0, 1].
    """
    each = where.flatten(1)
    most = max(1, round(counted(share) * each.shape[1]))
    return each.topk(most, dim=1)[0].mean(1)


def counted(share: float) -> float:
    """Raise ValueError unless so much of a map can count."""
    if valid.number(share, "share", 0, 1) == 0:
        raise ValueError("share must be in (0, 1], got 0: nothing would count")
    return float(share)


def strangeness(
    model, waves, score: str = "error", cond: Cond = None, **options
) -> Float[Tensor, "n *size"]:
    """Where each sound is strange: its score, value by value of the model's x.

    For a model of mels (n, 1, n_mels, frames), a picture of time and frequency. As
    `anomaly`, which is a mean of it; the likelihood has no such map.
    """
    valid.choice(score, MAPS, "score")
    return batched(MAPS[score], model, encoded(model, waves), cond, options)


def encoded(model, waves) -> Float[Tensor, "n *size"]:
    """The x of some sounds. Raises ValueError where there are none to be had."""
    for need in ("denoiser", "spec", "settings", "shape"):
        if not hasattr(model, need):
            raise ValueError(
                "model: expected one that makes sounds, as md.load('digits') is, got "
                f"{type(model).__name__}"
            )
    samples = model.settings["samples"]
    if isinstance(waves, Tensor):
        valid.real(waves, "waves")
        waves = waves[None] if waves.dim() == 1 else waves
        if waves.dim() != 2 or waves.shape[1] != samples:
            raise ValueError(
                f"waves must be (n, {samples}), as long as those that the model has "
                f"learned, got {tuple(waves.shape)}"
            )
    else:
        each = list(waves) if isinstance(waves, list | tuple) else [waves]
        if not each:
            raise ValueError("waves: the list is empty")
        waves = torch.cat(
            [heard(one, model.sample_rate, samples, "waves") for one in each]
        )
    return model.spec.encode(waves.float().cpu())


def batched(score: Callable, model, x: Tensor, cond: Cond, options: dict) -> Tensor:
    """A score of many sounds, a few at a time, on the denoiser's device."""
    device = next(model.denoiser.parameters()).device
    found = []
    for first in range(0, len(x), BATCH):
        here = slice(first, first + BATCH)
        given = cond
        if isinstance(cond, dict):
            given = {name: c[here].to(device) for name, c in cond.items()}
        elif cond is not None:
            given = cond[here].to(device)
        found.append(score(model.denoiser, x[here].to(device), given, **options).cpu())
    return torch.cat(found)
