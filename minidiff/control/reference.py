"""References: sounds that a variation begins at, read as a model can take them."""

import math
import os
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid
from ..data import usable
from ..data.clips import fitted, resampled
from ..sound.waveform import checked

SILENT = 1e-4  # of 1; 16 bits count in steps of a third of that
STRENGTH = 0.5  # unless told otherwise


def begun(
    reference, strength: float | None, n: int, sample_rate: int, samples: int
) -> tuple[Float[Tensor, "n samples"] | None, float]:
    """The waves that n variations begin at, None for none, and how far to noise them.

    reference: what `heard` takes, one for all or a list of n. strength: 0 to 1; at 1
    the references are checked and not used. Raises ValueError for a strength without a
    reference, or outside [0, 1], and for another number of references, or an empty
    list.
    """
    if reference is None:
        if strength is not None:
            raise ValueError("strength says how far to noise a reference: give one")
        return None, 1.0
    strength = valid.number(
        STRENGTH if strength is None else strength, "strength", 0, 1
    )
    each = list(reference) if isinstance(reference, list | tuple) else [reference]
    if not each:
        raise ValueError("reference: the list is empty; leave it out for none")
    if len(each) not in (1, n):
        raise ValueError(f"reference: expected 1 or {n}, one a sound, got {len(each)}")
    waves = torch.cat([heard(one, sample_rate, samples) for one in each])
    return (waves.expand(n, -1) if strength < 1 else None), strength


def heard(
    reference, sample_rate: int, samples: int, what: str = "reference"
) -> Float[Tensor, "1 samples"]:
    """One reference, mono, float32, at this rate and of this length.

    reference: a waveform (samples,) or (1, samples) in [-1, 1], which must be at
    `sample_rate`, for a tensor does not say; an `md.example(...)` or a file, which know
    their own rate and are resampled, the channels of a file averaged. A shorter one is
    followed by silence; a longer one is cut and faded out, as the data sets do it, with
    a warning unless it is an example. what: its name in messages; a file has its own
    beside it. Raises ValueError for stereo, silence, NaN, an
    empty one, one beyond [-1, 1], and a file that is none.
    """
    seconds = samples / sample_rate
    if hasattr(reference, "wave") and hasattr(reference, "sample_rate"):
        wave = resampled(reference.wave[0], reference.sample_rate, sample_rate)
        long = seconds  # whoever takes an example knows that it is long
    elif isinstance(reference, str | os.PathLike):
        wave, long = of_file(reference, sample_rate, seconds + 1, what)
        what = f"{what}: {Path(reference).name}"
    else:
        wave = mono(reference, sample_rate, what)
        long = len(wave) / sample_rate
    if long > seconds * 1.001:
        warnings.warn(
            f"{what}: of its {long:.2f} s the model takes the first {seconds:.2f} s",
            stacklevel=5,  # past `begun`, `generate` and no_grad
        )
    wave = fitted(wave.float(), samples, sample_rate)
    peak = wave.abs().max().item()
    if peak < SILENT:
        raise ValueError(f"{what}: nothing is heard in its first {seconds:.2f} s")
    if peak > 1:  # as resampling may overshoot
        wave = wave / peak
    return wave[None]


def mono(wave: Tensor, sample_rate: int, what: str) -> Float[Tensor, " samples"]:
    """Raise unless a tensor is one waveform in [-1, 1]."""
    valid.real(wave, what)
    wave = wave[None] if wave.dim() == 1 else wave
    if wave.dim() != 2 or len(wave) != 1:
        raise ValueError(
            f"{what} must be one mono sound, (samples,) or (1, samples), got "
            f"{tuple(wave.shape)}: average the channels of stereo, wave.mean(0); give "
            "several references as a list"
        )
    checked(wave, sample_rate, sample_rate)
    if (peak := wave.abs().max().item()) > 1:
        raise ValueError(
            f"{what} reaches {peak:.3g}, and sounds are in [-1, 1]: scale it down"
        )
    return wave[0]


def of_file(
    file: str | Path, sample_rate: int, seconds: float, what: str
) -> tuple[Float[Tensor, " samples"], float]:
    """The beginning of a sound file, channels averaged, and how many seconds it has.

    Raises ValueError, which says why, for one that cannot be used, as one whose
    channels cancel each other.
    """
    file = valid.path(file, what)
    if not file.is_file():
        raise ValueError(f"{what}: there is no file {file.absolute()}")
    try:
        wave, rate, long = usable.checked(file, seconds)
    except usable.Unusable as error:
        raise ValueError(f"{what}: {file.name}: {error}") from error
    if not len(wave):
        raise ValueError(f"{what}: {file.name} is empty")
    channels = torch.from_numpy(wave)
    if channels.mean(1).abs().max() < SILENT <= channels.abs().max():
        raise ValueError(
            f"{what}: the channels of {file.name} cancel each other; save one of "
            "them alone"
        )
    return resampled(channels.mean(1), rate, sample_rate), long


def times_from(times: Tensor, strength: float) -> Float[Tensor, " k"]:
    """The rest of a walk that begins at t = strength, its steps as fine as the whole's.

    times: of the whole walk, n + 1 that decrease to 0. The first is `strength` itself,
    and there are as many steps as the whole walk has below it, the started one counted;
    at 1 it is the whole walk. Raises ValueError for a strength outside (0, 1].
    """
    if valid.number(strength, "strength", 0, 1) == 0:
        raise ValueError("strength: at 0 there is no way to go")
    if strength == 1:
        return times
    place, n = np.arange(len(times)), len(times) - 1
    first = np.interp(strength, times.flip(0).numpy(), place[::-1])
    steps = max(1, math.ceil(n - first - 1e-9))
    rest = np.interp(np.linspace(first, n, steps + 1), place, times.numpy())
    rest[0], rest[-1] = strength, times[-1].item()
    return torch.from_numpy(rest)


def known_from(times: Sequence[float], strength: float) -> Tensor:
    """The rest of a walk whose times are the only ones that a model has learned.

    At 1 it is the whole walk. Raises ValueError for a strength that is none of them.
    """
    times = list(map(float, times))
    if strength == 1:
        return torch.tensor(times, dtype=torch.float64)
    near = [k for k, t in enumerate(times[:-1]) if abs(t - strength) < 1e-6]
    if not near:
        known = ", ".join(f"{t:g}" for t in times[:-1])
        raise ValueError(
            f"strength: in so many steps this model has learned to begin at {known} "
            f"only, got {strength:g}"
        )
    return torch.tensor(times[near[0] :], dtype=torch.float64)
