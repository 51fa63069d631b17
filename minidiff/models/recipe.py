"""A recipe: all that makes a model what it is."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

from torch import nn
from torch.utils.data import Dataset

from .. import schedule as schedules
from ..denoiser import Denoiser
from ..judging import fidelity
from ..judging.ear import Ear, stacked
from ..judging.evaluate import evaluate
from ..nets import Autoencoder, build
from ..sound.fine import FineMagnitudes
from ..sound.mel import MelSpec
from ..sound.spectrum import Spectrum
from ..sound.vocoder import Vocoding
from ..sound.waveform import Waveform
from . import model as models
from .encoded import Encoded, Waves
from .labels import ranges


@dataclass(frozen=True)
class Recipe:
    """What the recipes of all kinds of models have.

    data: called with a split, "train" or "test", gives pairs (wave, labels).
    samples: length of a wave. spec: front end, or the name of the model whose latents
    are learned. net: its type and size; the classes are those of the data.
    about: title, licence and source of the data, for the card.
    ear: the spectrograms that ear A of `evaluate` sees; default: `spec`. judge: the
    recipe whose ears listen; default: this one. judge_steps: of their training. seed:
    of weights, order and noise. bits: of a stored weight (`stored`).
    """

    data: Callable[[str], Dataset]
    samples: int
    spec: MelSpec | Waveform | Spectrum | str | None
    net: dict
    steps: int
    about: dict
    batch: int = 16
    lr: float = 1e-3
    ear: MelSpec | None = None
    judge: str | None = None
    judge_steps: int = 1200
    seed: int = 0
    bits: int = 16

    kind = "unknown"
    endless = False  # whether the training's data are mixed anew, too many to hold
    by_ears = True  # whether the numbers of its card come from two ears
    # what decides the weights, beside the data and the seed
    decisive = ("spec", "samples", "net", "batch", "lr")

    @property
    def front(self):
        """The front end itself."""
        return models.load(self.spec) if isinstance(self.spec, str) else self.spec

    @property
    def hears(self) -> MelSpec:
        """The spectrograms that ear A sees."""
        return self.ear or getattr(self.front, "spec", self.front)

    def examples(self, waves: Dataset) -> Dataset:
        """What the training sees: pairs (x0, cond)."""
        return Encoded(waves, self.front)

    def size(self, names: dict[str, list[str]]) -> dict:
        """Type and arguments of the net, for labels of these names."""
        return {**self.net, "classes": {k: len(v) for k, v in names.items()}}

    def build(self, names: dict[str, list[str]]) -> nn.Module:
        """What is trained, for labels of these names, its weights still random."""
        raise NotImplementedError

    def finish(self, trained: nn.Module, examples: Dataset) -> nn.Module:
        """The net whose weights are kept."""
        raise NotImplementedError

    def settings(self, examples: Dataset) -> dict:
        """What a model file must hold so that `load` needs no recipe."""
        if isinstance(self.spec, str):
            digest = examples.front.card["sha256"]
            spec = {"type": "Latents", "name": self.spec, "sha256": digest}
        else:
            spec = {"type": type(self.spec).__name__, **self.spec.settings()}
        return {"kind": self.kind, "net": self.size(examples.names), "spec": spec}

    def measure(self, model, ears: dict[str, Ear]) -> dict:
        """The numbers of the card, by both ears."""
        raise NotImplementedError


@dataclass(frozen=True)
class Denoising(Recipe):
    """Of a model that is a denoiser.

    sampler, sampler_steps: what it is sampled with unless told otherwise. early: steps
    of the training whose averaged weights are kept too, as `early-STEP.safetensors`: a
    worse version of the same model, for autoguidance (Karras et al. 2024).
    """

    early: tuple[int, ...] = ()
    schedule: str = "Cosine"
    predicts: str = "v"
    sampler: str = "dpmpp_2m"
    sampler_steps: int = 20

    decisive = (*Recipe.decisive, "schedule", "predicts")

    def build(self, names: dict[str, list[str]]) -> Denoiser:
        schedule = getattr(schedules, self.schedule)()
        net = build(schedule=schedule, **self.size(names))
        return Denoiser(net, schedule, self.predicts)

    def finish(self, trained: Denoiser, examples: Encoded) -> nn.Module:
        return trained.net

    def settings(self, examples: Encoded) -> dict:
        return super().settings(examples) | {
            "schedule": self.schedule,
            "predicts": self.predicts,
            "samples": self.samples,
            "sampler": self.sampler,
            "steps": self.sampler_steps,
        }


@dataclass(frozen=True)
class SoundRecipe(Denoising):
    """Of a model that makes sounds.

    scale: of the guidance, unless `generate` is told otherwise. between: where, in
    sigma / alpha, it counts; default: everywhere. vocoder: what makes mels audible;
    default: Griffin-Lim.
    """

    scale: float = 1.0
    between: tuple[float, float] | None = None
    vocoder: str | None = None

    kind = "sounds"

    def settings(self, examples: Encoded) -> dict:
        return super().settings(examples) | {
            "labels": examples.names,
            "counts": examples.counts(),
            "ranges": ranges(examples.labels, examples.names),
            "loudest": examples.loudest,
            "scale": self.scale,
            "between": self.between,
            "vocoder": self.vocoder,
        }

    def measure(self, model, ears: dict[str, Ear]) -> dict:
        return evaluate(model, ears, self.data("train"), self.data("test"))


@dataclass(frozen=True)
class Speaking(Denoising):
    """Of a model that makes waveforms of mels."""

    @property
    def vocoding(self) -> Vocoding | FineMagnitudes:
        """What it is given, and what it makes of it."""
        raise NotImplementedError

    def examples(self, waves: Dataset) -> Waves:
        return Waves(waves, self.vocoding)

    def build(self, names: dict) -> Denoiser:
        denoiser = super().build(names)
        denoiser.drop = 0.0  # a vocoder without a mel has nothing to do
        return denoiser

    counts = (1, 6, 12)  # steps in which it is measured

    def measure(self, model, ears: dict[str, Ear]) -> dict:
        """Beside Griffin-Lim, on the same recordings."""

        def judged(decode):
            return fidelity.compare(decode, self.spec, ears, self.data("test"))

        often = functools.partial(self.spec.decode, iterations=256)
        numbers = {"griffin_lim": judged(self.spec.decode)}
        numbers["griffin_lim_256"] = judged(often)
        for n in self.counts:
            numbers[f"steps_{n}"] = judged(functools.partial(model.decode, steps=n))
        return numbers


@dataclass(frozen=True)
class VocoderRecipe(Speaking):
    """Of one that makes the waveform itself.

    prior, start: as in `Vocoding`.
    """

    prior: bool = True
    start: bool = True

    kind = "vocoder"

    @property
    def vocoding(self) -> Vocoding:
        return Vocoding(self.spec, self.prior, self.start)

    def size(self, names: dict) -> dict:
        """Every type of net says in its own words that it takes a mel."""
        n_mels, hop = self.spec.n_mels, self.spec.hop_length
        if self.net["type"] != "UNet":
            return {**self.net, "n_mels": n_mels}
        classes = {"mel": ("frames", n_mels, hop)}
        if self.start:
            classes["start"] = ("frames", 1, 1)
        return {**self.net, "dims": 1, "classes": classes}

    def build(self, names: dict) -> Denoiser:
        denoiser = super().build(names)
        hop = getattr(denoiser.net, "hop", self.spec.hop_length)
        if hop != self.spec.hop_length:
            raise ValueError(
                f"net: its factors make a hop of {hop}, but the mels have "
                f"hop_length={self.spec.hop_length}"
            )
        return denoiser

    def settings(self, examples: Waves) -> dict:
        return super().settings(examples) | {"given": [self.prior, self.start]}


@dataclass(frozen=True)
class FineRecipe(Speaking):
    """Of one that makes the magnitudes from which Griffin-Lim begins."""

    kind = "fine"
    counts = (1, 4, 8)

    @property
    def vocoding(self) -> FineMagnitudes:
        return FineMagnitudes(self.spec)

    def size(self, names: dict) -> dict:
        return {**self.net, "classes": {"mel": ("picture", 1)}}


@dataclass(frozen=True)
class AutoencoderRecipe(Recipe):
    """Of an autoencoder of mels, which needs no schedule and no labels."""

    kind = "autoencoder"

    def size(self, names: dict) -> dict:
        return {"type": "Autoencoder", **self.net}

    def build(self, names: dict) -> Autoencoder:
        return build(**self.size(names))

    def finish(self, trained: Autoencoder, examples: Encoded) -> Autoencoder:
        trained.measure_scale(examples.x)
        return trained

    def measure(self, model, ears: dict[str, Ear]) -> dict:
        """What the way to the latents and back loses."""
        real, _ = stacked(self.data("test"))
        mel, z = self.spec.encode(real), model.encode(real)
        ways = {"": model.decode(z), "_without": self.spec.decode(mel)}
        found = {
            "compression": model.autoencoder.compression,
            "latent_std": round(z.std().item(), 3),
            "mel_rms": round((model.mel(z) - mel).square().mean().sqrt().item(), 4),
        }
        for way, made in ways.items():
            found |= fidelity.frechet_by(ears, made[:, : real.shape[1]], real, way)
        return found
