"""Repair: what may have stood where a recording is damaged."""

import math
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid
from ..control.dps import DPS
from ..control.operators import Clipped, Gap, Noisy, Operator
from ..control.posterior import Posterior
from ..control.within import spoken, within
from ..guidance import Guided
from ..samplers import from_noise
from ..sound.mel import MelSpec
from ..sound.waveform import checked
from .bounds import bounded

STEPS = 30  # of the gradient's walk: by the training recordings, more is hardly better
ROUNDS = 1  # of conjugate gradients: a net's Jacobian is true to no more
QUIET = 8  # a recording this much softer than the model's loudest is made louder


class Silence(ValueError):
    """There is nothing to be heard around the damage."""


def repaired(
    model, wave: Tensor, operator: Operator, cond, n: int, steps: int | None, seed: int
) -> Float[Tensor, "n samples"]:
    """What may have stood in a recording: (n, samples), as long as the recording.

    wave: what stands in a gap, above a cut-off or beyond a level is not looked at; of a
    recording longer than the model's sounds with a gap in it, the model looks at the
    gap and what is around it. operator: in seconds and Hz: `Gap`, `Lowpass`; of models
    that make spectra or waveforms also `Clipped`, `Noisy`, `Reverb` (`control.within`).
    Raises ValueError for gaps outside the sound, longer than it or than the model's
    sounds, cut-offs above half the rate, operators that the model cannot see, silence,
    stereo, NaN, a longer recording that is damaged all over, models that only jump or
    make latents, and as `generate` does for cond, n, steps and seed.
    """
    settings = model.settings
    if "stops" in settings:
        raise ValueError(
            "repair: this model only knows how to jump, and is asked at every level: "
            f"take {settings.get('teacher', 'the one that it learned from')}"
        )
    n, seed = valid.whole(n, "n", 1), valid.seed(seed)
    valid.seed(seed + n - 1)
    operator, recording = asked(operator, wave, model.sample_rate)
    seen = operator.seen(recording)
    first, local = window(operator, seen.shape[1], settings["samples"])
    part = seen[:, first : first + settings["samples"]]
    size = part.shape[1]
    part = torch.nn.functional.pad(part, (0, settings["samples"] - size))
    gain = loudness(part, settings["loudest"])
    made = answers(model, gain * part, scaled(local, gain), cond, n, steps, seed) / gain
    made = local.hold(made, part)[:, :size]
    whole = recording.repeat(n, 1)
    whole[:, first : first + size] = made
    known = operator.known(seen)
    return whole if known is None else torch.where(known, recording, whole)


def asked(
    operator, wave: Tensor, sample_rate: int
) -> tuple[Operator, Float[Tensor, "1 samples"]]:
    """The operator at the model's rate, and the recording, if they can be used."""
    if not isinstance(operator, Operator):
        raise TypeError(
            f"operator must be one, such as Gap(0.2, 0.3); got {operator!r}"
        )
    valid.real(wave, "wave")
    wave = wave[None] if wave.dim() == 1 else wave
    if wave.dim() != 2 or len(wave) != 1:
        raise ValueError(
            "wave must be one mono sound, (samples,) or (1, samples), got "
            f"{tuple(wave.shape)}: repair channels one by one"
        )
    checked(wave, sample_rate, sample_rate)
    return operator.at(sample_rate), wave.float().cpu()


def window(operator: Operator, samples: int, most: int) -> tuple[int, Operator]:
    """The first sample of what the model looks at, and the operator from there on.

    A model makes sounds of one length. Of a longer recording with a gap it looks at the
    gap and as much on either side. Raises ValueError for a longer one with damage all
    over, and for a gap that leaves less than a tenth of what the model looks at.
    """
    rate, room = getattr(operator, "sample_rate", 1), most
    if isinstance(operator, Gap):
        start, end = operator.span(samples)
        if end - start > 0.9 * most:
            raise ValueError(
                f"gap: {(end - start) / rate:g} s is too long for a model of sounds of "
                f"{most / rate:g} s"
            )
        first = min(max(0, (start + end - most) // 2), max(0, samples - most))
        moved = (operator.start - first / rate, operator.end - first / rate)
        return first, replace(operator, start=max(0.0, moved[0]), end=moved[1])
    if samples > room:
        raise ValueError(
            f"wave: its {samples} samples are more than the {most} that the model "
            "makes; repair it piece by piece"
        )
    return 0, operator


def loudness(part: Tensor, loudest: float) -> float:
    """What to multiply a recording with, to be as loud as what the model knows.

    Nothing, if it is. loudest: rms. Raises `Silence`.
    """
    heard = part[part != 0]
    rms = heard.square().mean().sqrt().item() if len(heard) else 0.0
    if rms < 1e-5:
        raise Silence("wave: around the damage there is only silence")
    return min(max(rms, loudest / QUIET), loudest) / rms


def scaled(operator: Operator, gain: float) -> Operator:
    """The same operator on a sound that was made louder or softer."""
    if isinstance(operator, Clipped):
        return Clipped(operator.level * gain)
    return Noisy(operator.std * gain) if isinstance(operator, Noisy) else operator


def answers(
    model, y: Tensor, operator: Operator, cond, n: int, steps: int | None, seed: int
) -> Float[Tensor, "n samples"]:
    """Waveforms of the model's length that explain y, item i of seed + i alone."""
    settings = model.settings
    inner, target = within(operator, y, model.spec, settings["samples"])
    dice = [torch.Generator().manual_seed(seed + i) for i in range(n)]
    home = next(model.denoiser.parameters()).device
    told = {} if cond is None else model.asks.read(cond, n, dice)
    told = {name: c.to(home) for name, c in told.items()}
    between = tuple(settings.get("between") or (0.0, math.inf))
    guided = Guided(model.denoiser, settings["scale"], between=between)
    target = target.to(home)
    if inner.noise:  # which a gradient would explain as well
        guess = Posterior(guided, inner, target, iterations=ROUNDS)
        walk, usual = settings["sampler"], settings["steps"]
    else:
        guess, walk, usual = DPS(guided, inner, target), "ddim", STEPS
    usual = usual if steps is None else steps
    shape = (n, *model.shape)
    x = from_noise(guess, shape, walk, usual, told or None, dice, home).cpu()
    if not x.isfinite().all():
        raise ValueError("repair: it overshot; take more steps")
    if isinstance(model.spec, MelSpec):
        return spoken(bounded(x, model.spec), operator, y, model.spec)
    return model.spec.decode(x)
