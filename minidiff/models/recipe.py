"""Recipes: all that makes a model what it is."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from . import data, evaluate, fidelity, models
from . import schedule as schedules
from .audio import MelSpec, Waveform
from .data.digits import COMMIT as SPEECH
from .data.digits import DIGEST as SPEECH_DIGEST
from .data.drums import COMMIT as HITS
from .data.drums import DIGEST as HITS_DIGEST
from .denoiser import Denoiser
from .nets import Autoencoder, build
from .vocoder import Vocoding


class Encoded(Dataset):
    """Pairs (x, cond): waves encoded once, and their labels by name.

    loudest: the rms of the loudest wave.
    """

    def __init__(self, waves: Dataset, spec):
        self.names, self.front = label_names(waves), spec
        pairs = [waves[i] for i in range(len(waves))]
        self.loudest = max(x.square().mean().sqrt().item() for x, _ in pairs)
        self.labels = {
            name: torch.stack([by_name(y, self.names)[name] for _, y in pairs])
            for name in self.names
        }
        parts = [pairs[i : i + 100] for i in range(0, len(pairs), 100)]
        parts = [self.encoded(torch.stack([x for x, _ in part])) for part in parts]
        self.x = torch.cat([x for x, _ in parts])
        conds = [cond for _, cond in parts]
        told = {name: torch.cat([c[name] for c in conds]) for name in conds[0]}
        self.cond = told or self.labels

    def encoded(self, waves: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """x0 of some waves, and what the net is told; nothing: their labels."""
        return self.front.encode(waves), {}

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, i: int) -> tuple[Tensor, dict[str, Tensor]]:
        return self.x[i], {name: y[i] for name, y in self.cond.items()}

    def counts(self) -> dict[str, list[int]]:
        """How often each class occurs, label by label."""
        return {
            name: torch.bincount(self.labels[name], minlength=len(names)).tolist()
            for name, names in self.names.items()
        }


def label_names(waves: Dataset) -> dict[str, list[str]]:
    """Class names by label; a data set with one label calls it "label"."""
    return getattr(waves, "label_names", None) or {"label": list(waves.names)}


def by_name(labels, names: dict) -> dict[str, Tensor]:
    return labels if isinstance(labels, dict) else {next(iter(names)): labels}


@dataclass(frozen=True)
class Recipe:
    """Data set, front end, net, schedule and training of a model that makes sounds.

    data: called with a split, "train" or "test", gives pairs (wave, labels).
    samples: length of a wave. spec: front end, or the name of the model whose latents
    are learned. net: its type and size; the classes are those of the data.
    sampler, sampler_steps, scale: what `generate` does unless told otherwise.
    between: where, in sigma / alpha, `scale` counts; default: everywhere.
    vocoder: what makes mels audible unless told otherwise; default: Griffin-Lim.
    about: title, licence and source of the data, for the card.
    ear: the spectrograms that the classifier of `evaluate` sees; default: `spec`.
    judge: the recipe whose classifier that is; default: this one. judge_steps: of its
    training. seed: of weights, order and noise.
    """

    data: Callable[[str], Dataset]
    samples: int
    spec: MelSpec | Waveform | str
    net: dict
    steps: int
    about: dict
    batch: int = 16
    lr: float = 1e-3
    schedule: str = "Cosine"
    predicts: str = "v"
    sampler: str = "dpmpp_2m"
    sampler_steps: int = 20
    scale: float = 1.15
    between: tuple[float, float] | None = None
    vocoder: str | None = None
    ear: MelSpec | None = None
    judge: str | None = None
    judge_steps: int = 1200
    seed: int = 0

    kind = "sounds"

    @property
    def front(self):
        """The front end itself."""
        return models.load(self.spec) if isinstance(self.spec, str) else self.spec

    @property
    def hears(self) -> MelSpec:
        """The spectrograms that the classifier sees."""
        return self.ear or getattr(self.front, "spec", self.front)

    def examples(self, waves: Dataset) -> Encoded:
        """What the training sees: pairs (x0, cond)."""
        return Encoded(waves, self.front)

    def size(self, names: dict[str, list[str]]) -> dict:
        """Type and arguments of the net, for labels of these names."""
        return {**self.net, "classes": {k: len(v) for k, v in names.items()}}

    def build(self, names: dict[str, list[str]]) -> Denoiser:
        """The denoiser for labels of these names, its weights still random."""
        schedule = getattr(schedules, self.schedule)()
        net = build(schedule=schedule, **self.size(names))
        return Denoiser(net, schedule, self.predicts)

    def finish(self, trained: nn.Module, examples: Encoded) -> nn.Module:
        """The net whose weights are kept."""
        return trained.net

    def settings(self, examples: Encoded) -> dict:
        """What a model file must hold so that `load` needs no recipe."""
        if isinstance(self.spec, str):
            digest = examples.front.card["sha256"]
            spec = {"type": "Latents", "name": self.spec, "sha256": digest}
        else:
            spec = {"type": type(self.spec).__name__, **self.spec.settings()}
        return {
            "kind": self.kind,
            "net": self.size(examples.names),
            "schedule": self.schedule,
            "predicts": self.predicts,
            "spec": spec,
            "samples": self.samples,
            "labels": examples.names,
            "counts": examples.counts(),
            "loudest": examples.loudest,
            "sampler": self.sampler,
            "steps": self.sampler_steps,
            "scale": self.scale,
            "between": self.between,
            "vocoder": self.vocoder,
        }

    def measure(self, model, ear: evaluate.Ear) -> dict:
        """The numbers of the card."""
        return evaluate.evaluate(model, ear, self.data("train"), self.data("test"))


class Waves(Encoded):
    """Pairs (x0, cond) for a vocoder: waveforms, and what it is given to make them."""

    def __init__(self, waves: Dataset, vocoding: Vocoding):
        self.vocoding = vocoding
        super().__init__(waves, vocoding.spec)

    def encoded(self, waves: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        cond, base, unit = self.vocoding.given(self.front.encode(waves))
        return self.vocoding.wanted(waves, base, unit), cond


@dataclass(frozen=True)
class VocoderRecipe(Recipe):
    """The same for a model that makes waveforms of mels.

    prior, start: as in `Vocoding`.
    """

    prior: bool = True
    start: bool = True

    kind = "vocoder"

    @property
    def vocoding(self) -> Vocoding:
        return Vocoding(self.spec, self.prior, self.start)

    def examples(self, waves: Dataset) -> Waves:
        return Waves(waves, self.vocoding)

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
        denoiser.drop = 0.0  # a vocoder without a mel has nothing to do
        return denoiser

    def settings(self, examples: Waves) -> dict:
        settings = super().settings(examples)
        drop = ("labels", "counts", "loudest", "scale", "between", "vocoder")
        settings = {key: value for key, value in settings.items() if key not in drop}
        return settings | {"given": [self.prior, self.start]}

    def measure(self, model, ear: evaluate.Ear) -> dict:
        """Beside Griffin-Lim, on the same recordings."""

        def judged(decode):
            return fidelity.compare(decode, self.spec, ear, self.data("test"))

        numbers = {"griffin_lim": judged(self.spec.decode)}
        for n in (6, 12, 50):
            numbers[f"steps_{n}"] = judged(functools.partial(model.decode, steps=n))
        return numbers


@dataclass(frozen=True)
class AutoencoderRecipe(Recipe):
    """The same for an autoencoder of mels, which needs no schedule and no labels."""

    kind = "autoencoder"

    def settings(self, examples: Encoded) -> dict:
        settings = super().settings(examples)
        return {key: settings[key] for key in ("kind", "net", "spec")}

    def size(self, names: dict) -> dict:
        return {"type": "Autoencoder", **self.net}

    def build(self, names: dict) -> Autoencoder:
        return build(**self.size(names))

    def finish(self, trained: Autoencoder, examples: Encoded) -> Autoencoder:
        trained.measure_scale(examples.x)
        return trained

    def measure(self, model, ear: evaluate.Ear) -> dict:
        """What the way to the latents and back loses."""
        real, _ = evaluate.stacked(self.data("test"))
        mel, z = self.spec.encode(real), model.encode(real)
        heard = ear.embed(real)
        return {
            "compression": model.autoencoder.compression,
            "latent_std": round(z.std().item(), 3),
            "mel_rms": round((model.mel(z) - mel).square().mean().sqrt().item(), 4),
            "frechet": round(evaluate.frechet(ear.embed(model.decode(z)), heard), 3),
            "frechet_without": round(
                evaluate.frechet(ear.embed(self.spec.decode(mel)), heard), 3
            ),
        }


DIGITS = MelSpec(8000, n_fft=512, hop_length=160, n_mels=64)
SOUNDS = MelSpec(16_000, n_fft=1024, hop_length=256, mean=-55.0, std=23.0)
SPOKEN = {
    "data": f"Free Spoken Digit Dataset at commit {SPEECH[:7]}, training split",
    "data_sha256": SPEECH_DIGEST,
    "licence": (
        "weights CC BY-SA 4.0, as the recordings: name the Free Spoken Digit "
        "Dataset and share changed weights alike. The sounds resemble six real "
        "people; do not pass them off as theirs"
    ),
}
MADE = {
    "data": "the procedural sound garden, made by this package",
    "licence": "weights MIT, as the code that makes the sounds",
}


def digits(split: str) -> Dataset:
    return data.digits(split, samples=6400)


def sounds(split: str, train: int = 3600) -> Dataset:
    return data.sounds({"train": train, "test": 360}[split], split)


RECIPES = {
    "digits": Recipe(
        data=digits,
        samples=6400,
        spec=DIGITS,
        net={"type": "UNet", "channels": (32, 64, 128)},
        steps=5000,
        about={"title": "A spoken digit, zero to nine, in one of six voices"} | SPOKEN,
    ),
    "sounds": Recipe(
        data=functools.partial(sounds, train=10_800),
        samples=16_384,
        spec=SOUNDS,
        net={"type": "UNet", "channels": (48, 96, 128), "patch": 2, "along": True},
        steps=24_000,
        scale=3.0,
        between=(1.0, 11.0),
        judge_steps=600,
        about={"title": "Twelve sounds of the garden, rain to hi-hat"} | MADE,
    ),
    "drums": Recipe(
        data=lambda split: data.drums(split, samples=8192, vary=split == "train"),
        samples=8192,
        spec=Waveform(16_000, std=0.12),
        ear=MelSpec(16_000, n_fft=512, hop_length=128, mean=-65.0, std=22.0),
        net={"type": "UNet", "dims": 1, "channels": (16, 32, 48, 64, 96, 128)},
        steps=5000,
        scale=1.0,
        about={
            "title": "Nine kinds of drum-machine hits, as waveforms",
            "data": f"drum-machines at commit {HITS[:7]}, eight machines, varied",
            "data_sha256": HITS_DIGEST,
            "licence": "weights MIT; the recordings are in the public domain",
        },
    ),
    "digits-vocoder": VocoderRecipe(
        data=digits,
        samples=6400,
        spec=DIGITS,
        net={"type": "UNet", "channels": (16, 32, 48, 64, 96)},
        steps=6000,
        batch=8,
        sampler_steps=12,
        judge="digits",
        about={"title": "From a mel of a spoken digit to its waveform"} | SPOKEN,
    ),
    "sounds-autoencoder": AutoencoderRecipe(
        data=sounds,
        samples=16_384,
        spec=SOUNDS,
        net={"channels": (24, 48, 96), "latent": 4},
        steps=2500,
        judge="sounds",
        about={"title": "Mels of the garden, as latents a quarter the size"} | MADE,
    ),
    "sounds-latent": Recipe(
        data=sounds,
        samples=16_384,
        spec="sounds-autoencoder",
        net={"type": "DiT", "width": 160, "depth": 6, "heads": 4, "patch": 2},
        steps=5000,
        batch=32,
        schedule="LinearBeta",
        scale=1.3,
        judge="sounds",
        about={"title": "Twelve sounds of the garden, by way of latents"} | MADE,
    ),
}
