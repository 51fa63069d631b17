"""The judging of `bench.budget`: each net as a shipped one, and what to hold beside."""

import functools
import importlib.util
import json
import math
import operator
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

from minidiff.data.noisy import mixed
from minidiff.judging import fidelity
from minidiff.judging.crowds import like
from minidiff.judging.distance import frechet
from minidiff.judging.ear import stacked
from minidiff.judging.evaluate import MOST, enough, evaluate
from minidiff.models import model as models
from minidiff.models.ears import load_ears
from minidiff.models.enhancing import EnhancerRecipe
from minidiff.models.recipe import SoundRecipe, Speaking
from minidiff.models.recipes import RECIPES
from minidiff.sound.mel import MelSpec, griffin_lim
from minidiff.sound.vocoder import Vocoding

ROUNDS = 4  # of Griffin-Lim after a vocoder, to keep the mel
ROUNDS_MORE = f", then {ROUNDS} rounds"


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
    judged_so = (Speaking, EnhancerRecipe)
    packages = ("pesq", "pystoi") if isinstance(recipe, judged_so) else ()
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
    """The numbers of a card, of a model of sounds, a vocoder or an autoencoder.

    By ear A; those of ear B end in `_b`.
    """
    ears = load_ears(recipe.judge)
    if isinstance(recipe, EnhancerRecipe):
        return recipe.walks(model.to(device), ears)
    if isinstance(recipe, Speaking):
        model.to(device)
        return walks(model, recipe, ears)
    if not isinstance(model, models.Model):
        return by_letter(recipe.measure(model, ears))
    model.denoiser.to(device)
    sets = (held(recipe.data, split) for split in ("train", "test"))
    found = evaluate(model, ears, *sets)
    made = (of_ear(e, found[f"ear_{e.lower()}"]["made"]) for e in ears)
    return functools.reduce(operator.or_, made)


def walks(model, recipe, ears, after=lambda decode: decode) -> dict:
    """The numbers of a vocoder in each count of steps. after: what follows them."""
    return {
        f"steps_{n}": spoken(
            after(functools.partial(model.decode, steps=n)), recipe, ears
        )
        for n in recipe.counts
    }


def of_ear(letter: str, numbers: dict) -> dict:
    """An ear's numbers, as a table holds them: the names of ear B's end in `_b`."""
    return numbers if letter == "A" else {f"{k}_b": v for k, v in numbers.items()}


def by_letter(numbers: dict) -> dict:
    """What ears say each, {"A": 1, "B": 2}, as numbers of their own."""
    flat = {}
    for key, value in numbers.items():
        ears = value.items() if isinstance(value, dict) else [("A", value)]
        for letter, number in ears:
            flat |= of_ear(letter, {key: number})
    return flat


def spoken(decode, recipe, ears) -> dict:
    """The numbers of a vocoder's card, and how much more PESQ than Griffin-Lim has.

    pesq_gain: mean over the words that PESQ can score; pesq_gain_error: its standard
    error, since other words would have given another mean.
    """
    kept, test = [], held(recipe.data, "test")

    def once(mel: Tensor) -> Tensor:
        kept.append(decode(mel))
        return kept[-1]

    numbers = by_letter(fidelity.compare(once, recipe.spec, ears, test))
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
    test = len(held(recipe.data, "test"))
    if isinstance(recipe, EnhancerRecipe):
        return {"made": len(range(0, test, 3)), "test": test}
    sounds = type(recipe) is SoundRecipe
    return {"made": min(test, MOST) if sounds else test, "test": test}


def titles(recipe) -> list[str]:
    """What the sounds are that a table keeps."""
    if isinstance(recipe, Speaking | EnhancerRecipe):
        return ["three", "nine"]
    names = held(recipe.data, "test").names
    return [names[i] for i in range(0, len(names), len(names) // 4)][:4]


def heard(model, recipe) -> Tensor:
    """A sound for each title, int16; of autoencoders, one there and back.

    Vocoders speak mels of words that `digits` made: no recording may be kept. These
    words are cleaned, too, after white noise was added, 5 dB below them.
    """
    if isinstance(recipe, EnhancerRecipe):
        words = models.load("digits").generate(titles(recipe), seed=40)
        noise = torch.randn(words.shape, generator=torch.Generator().manual_seed(0))
        pairs = zip(words, noise, strict=True)
        waves = model.enhance(torch.stack([mixed(a, b, 5.0) for a, b in pairs]))
        return (32767 * waves.clamp(-1, 1)).round().to(torch.int16)
    if isinstance(recipe, Speaking):
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
    ears = load_ears(recipe.judge)
    if isinstance(recipe, EnhancerRecipe):
        rows = recipe.yardsticks(ears)
        n = counts(recipe)["made"]
        return {name: {"n": n, "metrics": numbers} for name, numbers in rows.items()}
    if isinstance(recipe, Speaking):
        return speakers(recipe, ears)
    real, truth = stacked(held(recipe.data, "test"))
    train = held(recipe.data, "train")
    known, labels = stacked(train)
    origin = getattr(train, "origin", torch.arange(len(train)))
    rows = {}
    for letter, ear in ears.items():
        embedded = ear.embed(known), ear.embed(real)
        told = crowds(*embedded, labels, truth, origin)
        right = (ear.named(embedded[0]) == labels).double().mean().item()
        told["training sounds"]["metrics"]["recognised"] = round(right, 4)
        if group == "autoencoders":
            waves = recipe.spec.decode(recipe.spec.encode(real))
            far = round(frechet(ear.embed(waves), embedded[1]), 3)
            metrics = {"compression": 1.0, "mel_rms": 0.0, "frechet": far}
            told["the mel alone"] = {"n": len(waves), "metrics": metrics}
        for name, row in told.items():
            kept = rows.setdefault(name, {"n": row["n"]})
            for part in ("metrics", "spread"):
                kept[part] = kept.get(part, {}) | of_ear(letter, row.get(part, {}))
    return rows


def crowds(
    known: Tensor, real: Tensor, labels: Tensor, truth: Tensor, origin: Tensor
) -> dict:
    """Fréchet distances of crowds that no net has made, twenty draws of each.

    Of training sounds, as many as the test has, to the test sounds: what a perfect
    model of the training sounds would get. And of as many training sounds, each of
    another recording, to those of all other recordings: one crowd twice, so the truth
    is 0, and what is measured is that they are few. Measured in as many directions as
    the nets' sounds are.
    """
    axes = enough(known, len(real))
    known, real = (x.double() @ axes for x in (known, real))
    far = [
        frechet(known[like(truth, labels, origin, seed)], real) for seed in range(20)
    ]
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
            "n": len(real),
            "metrics": {"frechet": round(mean(far), 3)},
            "spread": {"frechet": round(stdev(far), 3)},
        },
        "training sounds, to each other": {
            "n": len(order),
            "metrics": {"frechet": round(mean(few), 3)},
            "spread": {"frechet": round(stdev(few), 3)},
        },
    }


def speakers(recipe, ears) -> dict:
    """Griffin-Lim, what the nets are asked for, real words, and the shipped vocoder.

    Numbers that do not depend on steps stand under all counts.
    """
    real, _ = stacked(held(recipe.data, "test"))
    steps = [f"steps_{n}" for n in recipe.counts]
    often = functools.partial(recipe.spec.decode, iterations=256)
    ways = {
        "Griffin-Lim": (recipe, recipe.spec.decode),
        "Griffin-Lim, 256 rounds": (recipe, often),
    }
    rows = {}
    if recipe.kind == "vocoder":
        coarse = replace(recipe, spec=replace(recipe.spec, n_mels=32))
        ways |= {
            "what is wanted": (recipe, wanted(recipe.spec, real)),
            "Griffin-Lim, 32 bands": (coarse, coarse.spec.decode),
            "what is wanted, 32 bands": (coarse, wanted(coarse.spec, real)),
        }
        shipped = models.load("digits-vocoder-64")

        def keep(decode):
            return functools.partial(kept_mel, decode, recipe.spec)

        for name, after in (("", lambda decode: decode), (ROUNDS_MORE, keep)):
            numbers = walks(shipped, recipe, ears, after)
            rows[f"`digits-vocoder-64`{name}"] = {"metrics": numbers}
    else:
        for n_mels in (20, 64):
            other = replace(recipe, spec=replace(recipe.spec, n_mels=n_mels))
            ways[f"Griffin-Lim, {n_mels} bands"] = other, other.spec.decode
        shipped = models.load("digits-vocoder")
        rows["`digits-vocoder`"] = {"metrics": walks(shipped, recipe, ears)}
    for name, (one, decode) in ways.items():
        numbers = dict.fromkeys(steps, spoken(decode, one, ears))
        rows[name] = {"metrics": numbers}
    other = stacked(RECIPES["digits"].data("test"))[0][1::3]
    far = {
        letter: round(frechet(ear.embed(other), ear.embed(real)), 3)
        for letter, ear in ears.items()
    }
    far = by_letter({"frechet": far})
    rows["other recordings"] = {"metrics": dict.fromkeys(steps, far)}
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
