"""Fidelity: how near waveforms are to the recordings they were made from."""

import importlib.util
import math
import time
import warnings
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from .. import valid
from ..sound.mel import MelSpec
from .distance import frechet
from .ear import Ear, stacked
from .halves import halves

WINDOWS = (256, 512, 1024)  # samples, of the log-spectral distances


def compare(
    decode: Callable[[Tensor], Tensor],
    spec: MelSpec,
    ears: dict[str, Ear],
    test: Dataset,
) -> dict:
    """All the numbers of a vocoder's card: recordings to mels, to waveforms again.

    pesq: 1 to 4.5, narrow-band (ITU-T P.862). stoi: up to 1. lsd_N: log-spectral
    distance in dB, windows of N samples. mel_error: mean of |difference|, in mels of
    unit variance. frechet: to the very recordings, by each of the `ears`;
    frechet_spread: of it, from one set of recordings to another. real_time: seconds
    that the processor works for a second of sound, all threads together, so that other
    work on the machine does not count. Raises ValueError without the packages pesq and
    pystoi.
    """
    for name in ("pesq", "pystoi"):
        if importlib.util.find_spec(name) is None:
            raise ValueError(f"this needs the package {name}: pip install {name}")
    real, _ = stacked(test)
    mel = spec.encode(real)
    began = time.process_time()
    made = torch.cat([decode(part) for part in mel.split(50)]).clamp(-1, 1)
    seconds = time.process_time() - began
    made = made[:, : real.shape[1]]
    return {
        "pesq": round(pesq(made, real, spec.sample_rate), 3),
        "stoi": round(stoi(made, real, spec.sample_rate), 4),
        **{f"lsd_{n}": round(log_spectral_distance(made, real, n), 2) for n in WINDOWS},
        "mel_error": round((spec.encode(made) - mel).abs().mean().item(), 4),
        **frechet_by(ears, made, real),
        "real_time": round(seconds * spec.sample_rate / real.numel(), 4),
    }


def frechet_by(
    ears: dict[str, Ear],
    made: Float[Tensor, "n samples"],
    real: Float[Tensor, "n samples"],
    way: str = "",
) -> dict[str, dict[str, float]]:
    """Fréchet distance of recordings and what was made of them, by each ear's letter.

    {"frechet": {letter: number}, "frechet_spread": the same}, names that end in `way`.
    The spread is from one set of recordings to another: each one and what was made of
    it are drawn together, as `halves` draws.
    """
    distance, spread = {}, {}
    for letter, ear in ears.items():
        pairs = torch.stack([ear.embed(made), ear.embed(real)], dim=1)
        far, _, error = halves(lambda some: frechet(some[:, 0], some[:, 1]), pairs)
        distance[letter], spread[letter] = round(far, 3), round(error, 3)
    return {f"frechet{way}": distance, f"frechet_spread{way}": spread}


def log_spectral_distance(
    a: Float[Tensor, "n samples"], b: Float[Tensor, "n samples"], window: int
) -> float:
    """Mean over frames of the rms over bins of the difference in dB (down to -80)."""
    shape = torch.hann_window(window)

    def level(x: Tensor) -> Tensor:
        s = torch.stft(x, window, window // 4, window=shape, return_complex=True)
        return 20 * s.abs().clamp(min=1e-4).log10()

    return (level(a) - level(b)).square().mean(1).sqrt().mean().item()


def si_sdr(
    made: Float[Tensor, "n samples"], real: Float[Tensor, "n samples"]
) -> Float[Tensor, " n"]:
    """Scale-invariant signal-to-distortion ratio in dB (Le Roux et al. 2019, eq. 2).

    All of `made` that is no multiple of the recording is distortion. Its scale does not
    matter, nor its sign; a delay does. +inf for the recording itself. Raises ValueError
    for shapes that differ, NaN, and recordings that are silent.
    """
    valid.real(made, "made")
    valid.real(real, "real")
    valid.same_shape(made, real, "made and real")
    made, real = made.double(), real.double()
    if not (loud := real.square().sum(1, keepdim=True)).all():
        raise ValueError("real: a recording is silent, of which nothing can be kept")
    kept = (made * real).sum(1, keepdim=True) / loud * real
    ratio = kept.square().sum(1) / (made - kept).square().sum(1)
    return 10 * ratio.log10()


def pesq(made: Tensor, real: Tensor, sample_rate: int) -> float:
    """Mean PESQ, over those recordings in which it finds speech."""
    from pesq import NoUtterancesError
    from pesq import pesq as one

    scores = []
    for a, b in zip(real.numpy(), made.numpy(), strict=True):
        try:
            scores.append(one(sample_rate, a, b, "nb"))
        except NoUtterancesError:
            continue
    return mean(scores)


def stoi(made: Tensor, real: Tensor, sample_rate: int) -> float:
    """Mean STOI, over those recordings with the 0.4 s of speech that it needs."""
    from pystoi import stoi as one

    scores = []
    for a, b in zip(real.numpy(), made.numpy(), strict=True):
        with warnings.catch_warnings(record=True) as short:
            warnings.simplefilter("always")
            score = one(a, b, sample_rate)
        if not short:
            scores.append(score)
    return mean(scores)


def mean(scores: list[float]) -> float:
    """NaN where nothing was scored."""
    return sum(scores) / len(scores) if scores else math.nan
