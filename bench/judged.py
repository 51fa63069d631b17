"""The judging of `bench.budget`: each net as a shipped one, and what to hold beside."""

import functools
import importlib.util
import json
import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor
from torch.utils.data import Dataset

from minidiff.judging import fidelity
from minidiff.judging.distance import frechet
from minidiff.judging.ear import stacked
from minidiff.judging.evaluate import balanced, evaluate
from minidiff.models import model as models
from minidiff.models.ears import load_ear
from minidiff.models.encoded import label_names
from minidiff.models.recipe import SoundRecipe, VocoderRecipe
from minidiff.models.recipes import RECIPES
from minidiff.sound.mel import MelSpec, griffin_lim
from minidiff.sound.vocoder import Vocoding

COUNTS = (1, 6, 12)  # steps of a vocoder
STEPS = [f"steps_{n}" for n in COUNTS]
EACH, DRAWS = 30, 3  # sounds of a class, and how often
ROUNDS = 4  # of Griffin-Lim after a vocoder, to keep the mel


class Held(Dataset):
    """A data set in memory, on a device, with the names and origins of the other."""

    def __init__(self, data: Dataset, device="cpu"):
        self.data = getattr(data, "dataset", data)  # a Subset has no names
        pairs = (data[i] for i in range(len(data)))
        self.pairs = [(wave.to(device), labels) for wave, labels in pairs]

    def __getattr__(self, name: str):
        return getattr(self.__dict__["data"], name)

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, i: int):
        return self.pairs[i]


@functools.cache
def held(data: Callable, split: str) -> Held:
    """A split of a recipe's data, made or read once."""
    return Held(data(split))


def possible(recipe) -> bool:
    """Whether the rulers that this recipe needs are installed."""
    packages = ("pesq", "pystoi") if isinstance(recipe, VocoderRecipe) else ()
    return all(map(importlib.util.find_spec, packages))


def verdict(folder: Path, recipe, device) -> dict:
    """Metrics and speed of a trained net, and beside it `heard.safetensors`.

    Kept in `verdict.json`, since a judging takes as long as a training.
    """
    file = folder / "verdict.json"
    if not file.is_file():
        model = models.load(folder)
        said = {"seconds_per_second": cost(model)}  # before it moves to the device
        save_file({"waves": heard(model, recipe)}, folder / "heard.safetensors")
        said["metrics"] = measured(model, recipe, device)
        file.write_text(json.dumps(said, indent=1) + "\n")
    return json.loads(file.read_text())


def measured(model, recipe, device) -> dict:
    """The numbers of a card, of a model of sounds, a vocoder or an autoencoder."""
    ear = load_ear(recipe.judge, recipe.hears)
    if isinstance(recipe, VocoderRecipe):
        model.to(device)
        return {
            key: spoken(functools.partial(model.decode, steps=n), recipe, ear)
            for key, n in zip(STEPS, COUNTS, strict=True)
        }
    if not isinstance(model, models.Model):
        real, _ = stacked(held(recipe.data, "test"))
        mel, z = recipe.spec.encode(real), model.encode(real)
        return {
            "compression": model.autoencoder.compression,
            "mel_rms": (model.mel(z) - mel).square().mean().sqrt().item(),
            "frechet": frechet(ear.embed(model.decode(z)), ear.embed(real)),
        }
    model.denoiser.to(device)
    sets = (held(recipe.data, split) for split in ("train", "test"))
    return evaluate(model, ear, *sets, EACH, DRAWS)


def spoken(decode, recipe, ear) -> dict:
    """The numbers of a vocoder's card, and how much more PESQ than Griffin-Lim has.

    pesq_gain: mean over the words that PESQ can score; pesq_gain_error: its standard
    error, since other words would have given another mean.
    """
    kept, test = [], held(recipe.data, "test")

    def once(mel: Tensor) -> Tensor:
        kept.append(decode(mel))
        return kept[-1]

    numbers = fidelity.compare(once, recipe.spec, ear, test)
    gain = scores(torch.cat(kept), recipe.data, recipe.spec.sample_rate)
    gain = gain - rival(recipe.data, recipe.spec)
    gain = gain[~gain.isnan()]
    error = gain.std() / math.sqrt(len(gain))
    return numbers | {
        "pesq_gain": round(gain.mean().item(), 3),
        "pesq_gain_error": round(error.item(), 3),
    }


def scores(made: Tensor, data: Callable, sample_rate: int) -> Tensor:
    """PESQ word by word, NaN where it finds no speech."""
    real, _ = stacked(held(data, "test"))
    made = made.clamp(-1, 1)[:, : real.shape[1]]
    pairs = zip(made.split(1), real.split(1), strict=True)
    return torch.tensor([fidelity.pesq(a, b, sample_rate) for a, b in pairs])


@functools.cache
def rival(data: Callable, spec: MelSpec) -> Tensor:
    """PESQ of Griffin-Lim on the same words, from the same mels."""
    real, _ = stacked(held(data, "test"))
    return scores(spec.decode(spec.encode(real)), data, spec.sample_rate)


def cost(model) -> float | None:
    """Seconds of one thread for a second of audio, of models that make sounds."""
    if not isinstance(model, models.Model):
        return None
    began = time.process_time()
    sounds = model.generate(n=8)
    spent = time.process_time() - began
    return spent * model.sample_rate / sounds.numel()


def counts(recipe) -> dict:
    """How many sounds each training is judged by, and how many recordings there are."""
    test = held(recipe.data, "test")
    made = len(test)  # there and back, one for one
    if type(recipe) is SoundRecipe:
        made = EACH * DRAWS * len(next(iter(label_names(test).values())))
    return {"made": made, "test": len(test)}


def titles(recipe) -> list[str]:
    """What the sounds are that a table keeps."""
    if isinstance(recipe, VocoderRecipe):
        return ["three", "nine"]
    names = held(recipe.data, "test").names
    return [names[i] for i in range(0, len(names), len(names) // 4)][:4]


def heard(model, recipe) -> Tensor:
    """A sound for each title, int16; of autoencoders, one there and back.

    Vocoders speak mels of words that `digits` made: no recording may be kept.
    """
    if isinstance(recipe, VocoderRecipe):
        words = models.load("digits").generate(titles(recipe), seed=40)
        waves = model.decode(recipe.spec.encode(words))
    elif isinstance(model, models.Model):
        waves = model.generate(titles(recipe))
    else:
        test = held(recipe.data, "test")
        waves, labels = stacked(test)
        first = [labels.tolist().index(test.names.index(t)) for t in titles(recipe)]
        waves = model.decode(model.encode(waves[first]))
    return (32767 * waves.clamp(-1, 1)).round().to(torch.int16)


def yardsticks(group: str, recipe) -> dict:
    """Rows that were not trained here: what the same rulers say of known things."""
    ear = load_ear(recipe.judge, recipe.hears)
    if isinstance(recipe, VocoderRecipe):
        return speakers(recipe, ear)
    real = stacked(held(recipe.data, "test"))
    train = held(recipe.data, "train")
    known = stacked(train)
    origin = getattr(train, "origin", torch.arange(len(train)))
    rows = crowds(*(ear.embed(w) for w, _ in (known, real)), known[1], origin)
    right = (ear.label(known[0]) == known[1]).double().mean().item()
    rows["training sounds"]["metrics"]["recognised"] = round(right, 4)
    if group == "autoencoders":
        waves = recipe.spec.decode(recipe.spec.encode(real[0]))
        far = round(frechet(ear.embed(waves), ear.embed(real[0])), 3)
        metrics = {"compression": 1.0, "mel_rms": 0.0, "frechet": far}
        rows["the mel alone"] = {"n": len(waves), "metrics": metrics}
    return rows


def crowds(known: Tensor, real: Tensor, labels: Tensor, origin: Tensor) -> dict:
    """Fréchet distances of crowds that no net has made, twenty draws of each.

    Of training sounds, as many as a net is asked for, to the test sounds: what a
    perfect model of the training sounds would get. And of as few training sounds as
    there are test sounds, each of another recording, to those of all other recordings:
    one crowd twice, so the truth is 0, and what is measured is that they are few.
    """
    far = [frechet(known[balanced(labels, EACH, seed)], real) for seed in range(20)]
    few = []
    for seed in range(20):
        dice = torch.Generator().manual_seed(seed)
        order = torch.randperm(int(origin.max()) + 1, generator=dice)[: len(real)]
        order = order[: len(origin.unique()) // 2]
        inside = torch.isin(origin, order)
        first = torch.stack([(origin == o).nonzero()[0, 0] for o in order])
        few.append(frechet(known[first], known[~inside]))
    return {
        "training sounds": {
            "n": len(balanced(labels, EACH, 0)),
            "metrics": {"frechet": round(mean(far), 3)},
            "spread": {"frechet": round(stdev(far), 3)},
        },
        "training sounds, as few as the test has": {
            "n": len(order),
            "metrics": {"frechet": round(mean(few), 3)},
            "spread": {"frechet": round(stdev(few), 3)},
        },
    }


def speakers(recipe, ear) -> dict:
    """Griffin-Lim, what the nets are asked for, real words, and the shipped vocoder.

    Numbers that do not depend on steps stand under all counts.
    """
    real, _ = stacked(held(recipe.data, "test"))
    coarse = replace(recipe, spec=replace(recipe.spec, n_mels=32), ear=recipe.spec)
    shipped = models.load("digits-vocoder")
    ways = {}
    for one, bands in ((recipe, ""), (coarse, ", 32 bands")):
        ways[f"Griffin-Lim{bands}"] = one, one.spec.decode
        ways[f"what is wanted{bands}"] = one, wanted(one.spec, real)
    often = functools.partial(recipe.spec.decode, iterations=256)
    ways["Griffin-Lim, 256 rounds"] = recipe, often
    rows = {
        name: {"metrics": dict.fromkeys(STEPS, spoken(decode, one, ear))}
        for name, (one, decode) in ways.items()
    }
    for name, after in (("", False), (f", then {ROUNDS} rounds", True)):
        numbers = {}
        for key, n in zip(STEPS, COUNTS, strict=True):
            decode = functools.partial(shipped.decode, steps=n)
            if after:
                decode = functools.partial(kept_mel, decode, recipe.spec)
            numbers[key] = spoken(decode, recipe, ear)
        rows[f"`digits-vocoder`{name}"] = {"metrics": numbers}
    words, _ = stacked(RECIPES["digits-vocoder"].data("test"))
    other = words[1::3]
    far = round(frechet(ear.embed(other), ear.embed(real)), 3)
    rows["other recordings"] = {"metrics": {key: {"frechet": far} for key in STEPS}}
    return {name: {"n": len(real)} | row for name, row in rows.items()}


def wanted(spec: MelSpec, real: Tensor) -> Callable[[Tensor], Tensor]:
    """A perfect net with a start, which answers with what it is asked for."""
    vocoding, left = Vocoding(spec, prior=True, start=True), list(real)

    def decode(mel: Tensor) -> Tensor:
        waves = torch.stack([left.pop(0) for _ in mel])
        _, base, unit = vocoding.given(mel)
        return (base + unit * vocoding.wanted(waves, base, unit))[:, 0]

    return decode


def kept_mel(decode: Callable, spec: MelSpec, mel: Tensor) -> Tensor:
    """A vocoder's waveform after some rounds of Griffin-Lim that keep the mel."""
    wave = decode(mel)
    bands = F.pad(spec.magnitudes(mel), (0, 1))
    return griffin_lim(spec.stft(wave).abs(), spec, ROUNDS, bands, start=wave)
