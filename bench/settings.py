"""A model's settings under both ears: which of them would you ship?

    python -m bench.settings digits          # half an hour, with the recordings at hand
    python -m bench.settings digits --each 3 # a quick look
    python -m bench.settings digits-short    # trains it first: an hour more

`digits-short` is the recipe of `digits` for a quarter of its lesson. Nothing here looks
at the test split but the row that says so: settings are chosen by distances to one half
of the training recordings, and the yardsticks are drawn from the other half. The table
goes to minidiff/measured/settings-NAME.json, with two sounds of every setting beside
it, where chapter 9 reads it.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from bench.budget import known, train
from bench.judged import held, of_ear
from minidiff.data.notes import LOWEST
from minidiff.judging.crowds import like
from minidiff.judging.distance import frechet
from minidiff.judging.ear import stacked
from minidiff.judging.evaluate import recognised
from minidiff.judging.halves import halves
from minidiff.judging.pitch import in_tune
from minidiff.measured import FOLDER
from minidiff.models.ears import load_ears
from minidiff.models.model import load
from minidiff.models.recipes import RECIPES
from minidiff.models.run import machine
from minidiff.sound.mel import MelSpec

SHORT = replace(RECIPES["digits"], steps=5000, batch=16, judge="digits")
KNOWN = RECIPES | {"digits-short": SHORT}
MIDDLE = (0.3, 5.0)  # sigma / alpha
SETTINGS = {  # sampler, steps, scale, and where between it holds, if not everywhere
    "digits": [
        ("dpmpp_2m", 20, 1.0),
        ("dpmpp_2m", 20, 1.15),
        ("dpmpp_2m", 20, 1.5),
        ("dpmpp_2m", 20, 2.5),
        ("ddpm", 20, 1.15),
        ("ddpm", 50, 1.0),
        ("ddpm", 50, 1.15),
        ("ddpm", 50, 1.5),
    ],
    "digits-short": [("dpmpp_2m", 20, scale) for scale in (1.0, 1.15, 1.5, 2.5)],
    "environment": [
        ("dpmpp_2m", 20, 1.0),
        ("dpmpp_2m", 20, 1.15),
        ("dpmpp_2m", 20, 2.0),
        ("dpmpp_2m", 20, 2.0, MIDDLE),
        ("dpmpp_2m", 20, 3.0, MIDDLE),
        ("dpmpp_2m", 20, 4.0, MIDDLE),
    ],
    "notes": [("dpmpp_2m", 20, scale) for scale in (1.0, 2.0, 3.0, 4.0)],
    "drums": [
        ("dpmpp_2m", 20, 1.0),
        ("dpmpp_2m", 20, 1.25),
        ("dpmpp_2m", 20, 1.5),
        ("dpmpp_2m", 20, 2.0),
        ("ddpm", 20, 1.0),
    ],
    "sounds": [
        ("dpmpp_2m", 20, 1.0),
        ("dpmpp_2m", 20, 3.0, RECIPES["sounds"].between),
        ("ddpm", 50, 1.0),
        ("ddpm", 50, 3.0, RECIPES["sounds"].between),
    ],
}
HEARD = {
    "digits": "seven",
    "digits-short": "seven",
}  # the sound that is kept; else the first class


class Bench:
    """Two halves of a training split, and what both ears say of a crowd beside them."""

    def __init__(self, name: str, each: int):
        recipe = KNOWN[name]
        self.ears = load_ears(recipe.judge or name)
        train = held(recipe.data, "train")
        self.waves, self.labels = stacked(train)
        origin = getattr(train, "origin", torch.arange(len(train)))
        self.test, self.truth = stacked(held(recipe.data, "test"))
        self.classes, self.each = len(train.names), each
        self.wanted = torch.arange(self.classes).repeat_interleave(each)
        half = first_half(self.labels, origin)
        first = half.nonzero()[:, 0]
        self.first = first
        self.drawn = first[like(self.wanted, self.labels[first], origin[first])]
        self.midi, self.rate = midi(train, self.drawn), train.sample_rate
        rest, self.others = self.waves[~half], self.labels[~half]
        self.rest = {letter: ear.embed(rest) for letter, ear in self.ears.items()}

    def numbers(
        self, waves: Tensor, labels: Tensor, midi: Tensor | None = None
    ) -> dict:
        """Metrics and spreads of a crowd; those of ear B end in `_b`.

        midi: the pitch of each, of sounds that have one.
        """
        metrics, spread = {}, {}
        if midi is not None:
            found = in_tune(waves, midi, self.rate)
            metrics["in_tune"] = found["in_tune"]
            spread["in_tune"] = found["in_tune_error"]
        for letter, ear in self.ears.items():
            told = ear.embed(waves.clamp(-1, 1))
            share = recognised(ear.named(told), labels)
            both = (labels, self.others)
            far, _, error = halves(frechet, told, self.rest[letter], labels=both)
            known, loose = share["recognised"], share["recognised_error"]
            found = {"recognised": known, "frechet": round(far, 3)}
            metrics |= of_ear(letter, found)
            found = {"recognised": loose, "frechet": round(error, 3)}
            spread |= of_ear(letter, found)
        return {"n": len(waves), "metrics": metrics, "spread": spread}

    def yardsticks(self, spec) -> dict:
        """Crowds that no net has made; what a front end costs, sound by sound."""
        drawn, labels = self.waves[self.drawn], self.labels[self.drawn]
        half = self.waves[self.first]
        held_out = like(self.wanted, self.truth, torch.arange(len(self.truth)))
        fronts = {"these through the front end": spec}
        if isinstance(spec, MelSpec):
            low = replace(spec, floor=-110.0)
            fronts["the same with a floor of -110 dB"] = low
        rows = {
            "recorded, held out": self.numbers(
                self.test[held_out], self.truth[held_out]
            ),
            "training recordings": self.numbers(drawn, labels, self.midi),
        }
        for name, front in fronts.items():

            def through(waves, front=front):
                parts = [front.decode(front.encode(w)) for w in waves.split(100)]
                return torch.cat(parts)[:, : waves.shape[1]].clamp(-1, 1)

            rows[name] = self.numbers(through(drawn), labels, self.midi)
            rows[name]["cost"] = self.cost(half, through(half))
        return rows

    def wish(self, places: slice) -> dict | int:
        """What is asked for here: a class, or notes that were recorded as well."""
        wanted = self.wanted[places]
        if self.midi is None:
            return wanted[0].item()
        return {"instrument": wanted, "pitch": self.midi[places] - LOWEST}

    def cost(self, before: Tensor, after: Tensor) -> dict:
        """By how much the first half of the training moved away, by each ear.

        All of it, sound by sound: of few sounds one draw says little. [more, spread].
        """
        labels, found = self.labels[self.first], {}
        for letter, ear in self.ears.items():
            both = torch.cat([ear.embed(before), ear.embed(after)], 1)

            def farther(both, rest):
                before, after = both.chunk(2, 1)  # halves of both are the same sounds
                return frechet(after, rest) - frechet(before, rest)

            rest = self.rest[letter]
            more, _, spread = halves(farther, both, rest, labels=(labels, self.others))
            found[letter] = [round(more, 3), round(spread, 3)]
        return found


def midi(train, chosen: Tensor) -> Tensor | None:
    """The MIDI numbers of these notes; None of sounds without a pitch."""
    if "pitch" not in (getattr(train, "label_names", None) or {}):
        return None
    return LOWEST + torch.stack([train[i][1]["pitch"] for i in chosen.tolist()])


def first_half(labels: Tensor, origin: Tensor) -> Tensor:
    """Which sounds are of every second recording of their class."""
    half = torch.zeros(len(labels), dtype=torch.bool)
    for label in labels.unique():
        own = origin[labels == label].unique()
        half |= torch.isin(origin, own[(torch.arange(len(own)) + own[0]) % 2 == 0])
    return half


def titled(sampler: str, steps: int, scale: float, between=None) -> str:
    where = ", in the middle" if between else ""
    return f"{sampler}, {steps} steps, scale {scale:g}{where}"


def row(bench: Bench, model, sampler: str, steps: int, scale: float, between=None):
    """A line of the table, and its sounds."""
    options = {"sampler": sampler, "steps": steps, "scale": scale}
    each, kept = bench.each, model.settings
    model.settings = kept | {"between": between}
    waves = []
    for first in range(0, len(bench.wanted), each):
        asked = bench.wish(slice(first, first + each))
        waves.append(model.generate(asked, each, seed=first, **options))
    waves, model.settings = torch.cat(waves), kept
    line = options | {"between": between} if between else options
    line |= bench.numbers(waves, bench.wanted, bench.midi) | {"seeds": 1}
    return line | {"machine": machine(model.denoiser)}, waves


def trained(name: str) -> str | Path:
    """The model of that name: what ships, or what is trained here, if it is not."""
    if name in RECIPES:
        return name
    folder, recipe = Path("runs/settings") / name, KNOWN[name]
    if not known(folder, recipe, recipe.steps):
        train(recipe, recipe.steps, recipe.seed, "cpu", folder)
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=SETTINGS)
    parser.add_argument("--each", type=int, default=15, help="sounds of a class")
    parser.add_argument("--model", type=Path, help="a folder; default: what ships")
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    model = load(args.model or trained(args.name))
    bench = Bench(args.name, args.each)
    yardsticks = bench.yardsticks(model.spec)
    for title, line in yardsticks.items():
        print(title, json.dumps(line["metrics"]), flush=True)
    rows, sounds = {}, {}
    word = HEARD.get(args.name, model.labels[0])
    place = model.labels.index(word) * args.each
    for setting in SETTINGS[args.name]:
        title = titled(*setting)
        rows[title], waves = row(bench, model, *setting)
        kept = (32767 * waves[place : place + 2]).round().to(torch.int16)
        sounds[title] = kept
        print(title, json.dumps(rows[title]["metrics"]), flush=True)
    content = {
        "again": f"python -m bench.settings {args.name} --each {args.each}",
        "rows": rows,
        "n": {"made": len(bench.wanted), "test": len(bench.test)},
        "yardsticks": yardsticks,
        "titles": [word] * 2,
        "sample_rate": model.sample_rate,
    }
    save_file(sounds, args.out / f"settings-{args.name}.safetensors")
    text = json.dumps(content, indent=1) + "\n"
    (args.out / f"settings-{args.name}.json").write_text(text)


if __name__ == "__main__":
    main()
