"""A reader's own file, repaired: what was known stays as it is, bit for bit."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .. import valid
from ..control.enhance import Enhancer
from ..control.operators import Clipped, Gap, Lowpass, Noisy, Operator
from ..control.reverb import Reverb
from ..data import usable
from ..data.clips import resampled, write
from .repairing import Silence

RING = 0.001  # seconds to which resampling smears what stands in a gap


def repairs(
    model,
    file: str,
    damage: dict[str, tuple[float, ...] | float | None],
    label: list[str] | None,
    n: int,
    out: Path,
    told: dict,
) -> Iterator[Path]:
    """What a shell asked for: `mended`, or `cleaned` by a model that takes noise out.

    damage: by the names of `operator_of`. told: steps and seed. Raises ValueError, at
    once, for damage or a label that the model cannot be asked for.
    """
    n = valid.whole(n, "n", 1)
    valid.seed(told["seed"] + n - 1)
    if isinstance(model, Enhancer):
        more = [name for name, one in damage.items() if one is not None]
        if more or label:
            more = ", ".join([*more, *["--label"] * bool(label)])
            raise ValueError(f"{more}: this model takes noise out of the whole sound")
        return cleaned(model, file, n, out, **told)
    cond = model.asks.asked(label) if label else None
    return mended(model, file, operator_of(damage), n, out, cond=cond, **told)


def operator_of(damage: dict[str, tuple[float, ...] | float | None]) -> Operator:
    """The one operator that a shell asked for. Raises ValueError for none, or two."""
    kinds = {"--gap": lambda numbers: Gap(*numbers), "--lowpass": Lowpass}
    kinds |= {"--clipped": Clipped, "--noisy": Noisy, "--reverb": Reverb}
    given = {name: one for name, one in damage.items() if one is not None}
    if len(given) != 1:
        raise ValueError(f"say one of {', '.join(kinds)}, got {len(given)}")
    ((name, numbers),) = given.items()
    return kinds[name](numbers)


def mended(
    model, file: str, operator: Operator, n: int, out: Path, **asked
) -> Iterator[Path]:
    """Write n repaired versions of a sound file, NAME-SEED.wav, one after another.

    Every channel is repaired for itself; a silent one stays so. With a gap, whatever
    the file's rate, and at the model's rate with whatever damage, the file keeps its
    rate and its numbers wherever they are known; else the answer is at the model's
    rate. asked: cond, steps, seed of `Model.repair`. Raises ValueError for files that
    cannot be used, and what `Model.repair` raises.
    """
    file = valid.path(file, "file")
    whole, rate = recorded(file)
    at_home = operator.at(rate)
    seen = at_home.seen(waves_of(whole))
    heard = resampled(seen.float(), rate, model.sample_rate)
    other = rate != model.sample_rate
    if other and isinstance(operator, Gap):
        operator = widened(operator, heard.shape[1] / model.sample_rate)
    keeps = isinstance(operator, Gap) or not other
    for i in range(n):
        ask = asked | {"seed": asked["seed"] + i}
        made = each(model, heard, operator, ask, file.name)
        if keeps:
            made = resampled(made, model.sample_rate, rate)
            made = torch.nn.functional.pad(
                made, (0, max(0, len(whole) - made.shape[1]))
            )
            made = at_home.hold(made[:, : len(whole)], seen)
        numbers = stored(made, whole.dtype)
        if keeps and (known := at_home.known(seen)) is not None:
            numbers = np.where(known.T, whole, numbers)
        path = out / f"{file.stem}-{ask['seed']}.wav"
        write(path, channels(numbers), rate if keeps else model.sample_rate)
        yield path


def each(model, heard: Tensor, operator: Operator, ask: dict, name: str) -> Tensor:
    """Every channel repaired for itself; one that is silent stays so.

    Raises ValueError, with the file's name, where all are silent.
    """
    made, silent = [], 0
    for wave in heard:
        try:
            made.append(model.repair(wave, operator, **ask))
        except Silence:
            made.append(wave[None])
            silent += 1
    if silent == len(heard):
        raise ValueError(f"file: {name}: around the damage there is only silence")
    return torch.cat(made).double()


def cleaned(
    model, file: str, n: int, out: Path, steps: int | None, seed: int
) -> Iterator[Path]:
    """Write n versions of a sound file without its noise, at the model's rate.

    Every channel for itself, NAME-SEED.wav. Raises ValueError for files that cannot be
    used, and what `Enhancer.enhance` raises.
    """
    file = valid.path(file, "file")
    whole, rate = recorded(file)
    noisy = resampled(waves_of(whole).float(), rate, model.sample_rate)
    for i in range(n):
        ask = {"steps": steps, "seed": seed + i}
        made = torch.cat([model.enhance(one[None], **ask) for one in noisy])
        path = out / f"{file.stem}-{ask['seed']}.wav"
        numbers = channels(stored(made.double(), whole.dtype))
        write(path, numbers, model.sample_rate)
        yield path


def waves_of(numbers: np.ndarray) -> Tensor:
    """The numbers of a file (samples, channels) as waveforms (channels, samples)."""
    scale = 1.0
    if np.issubdtype(numbers.dtype, np.integer):
        scale = float(np.iinfo(numbers.dtype).max) + 1
    return torch.from_numpy(numbers.T.astype(np.float64) / scale)


def recorded(file: Path) -> tuple[np.ndarray, int]:
    """All numbers of a file as they are stored, (samples, channels), and its rate."""
    if not file.is_file():
        raise ValueError(f"file: there is no file {file.absolute()}")
    try:
        usable.checked(file, 3600)
    except usable.Unusable as error:
        raise ValueError(f"file: {file.name}: {error}") from error
    import soundfile  # here: what is made must do without it

    kinds = {"PCM_16": "int16", "PCM_U8": "int16", "PCM_S8": "int16"}
    kinds |= {"PCM_24": "int32", "PCM_32": "int32", "DOUBLE": "float64"}
    kind = kinds.get(soundfile.info(file).subtype, "float32")
    numbers, rate = soundfile.read(file, dtype=kind, always_2d=True)
    if not len(numbers):
        raise ValueError(f"file: {file.name} holds no sound")
    return numbers, rate


def stored(made: Tensor, kind: np.dtype) -> np.ndarray:
    """Waveforms (channels, samples) in [-1, 1] as numbers of a file."""
    made = made.T.numpy()
    if np.issubdtype(kind, np.floating):
        return made.astype(kind)
    top = np.iinfo(kind).max
    return np.clip(np.round(made * (top + 1.0)), -top - 1, top).astype(kind)


def channels(numbers: np.ndarray) -> np.ndarray:
    """Numbers (samples, channels) as `write` takes them: (samples,) of one channel."""
    return numbers[:, 0] if numbers.shape[1] == 1 else numbers


def widened(gap: Gap, seconds: float) -> Gap:
    """A gap with the edges into which resampling smears it, in a sound so long."""
    return replace(
        gap, start=max(0.0, gap.start - RING), end=min(gap.end + RING, seconds)
    )
