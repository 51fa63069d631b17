"""Recordings edited by inversion: another word in the same voice, another instrument.

    python -m bench.edits digits
    python -m bench.edits notes

Recordings of the test split: of `digits` all five sevens of each speaker, which shall
become nines of the same speaker; of `notes` every wind and organ note in a violin's
range, which shall become a violin's of the same pitch. Both ears say whether the wanted
label is heard, and *precision* is the share that lies among training recordings of that
label. What nobody asked for and an edit should keep is how long a sound lasts, how loud
it is, and how its level rises and falls: `level` (dB) and `length` (s) are mean
distances from the recording's own, `shape` the correlation of their levels over time.
All three are read off the mels, so that Griffin-Lim's ripple does not count; for the
recording itself they are 0, 0 and 1. `shape_other` is held against another recording of
the crowd: what is kept of this one is what `shape` has more. *each* holds them for
every recording, since ways are compared on the same ones.

The first row has no reference at all, and shows what the labels alone keep. *calls* are
the questions to the net for one edit. *back* is how far, in dB, the mel is from its own
after the way up and down with the same label. *fair* is the spread of the inverted
noise where the recording is silent, and of true noise 1. A way that is dusted begins
with a little noise (`control.inversion.dusted`). Nothing was fitted to these
recordings: the strengths are a grid, dust is that of the last
time of a walk of 12 steps, about 0.01, CFG++'s scale is the middle of its range. One
seed. The table goes to minidiff/measured/edits-NAME.json, where chapter 15 reads it.
"""

import argparse
import json
import math
from pathlib import Path

import torch
from torch import Tensor

from bench.judged import held, of_ear
from bench.variations import mean, on_one_line, share, share_error
from minidiff.control.cfgpp import cfgpp
from minidiff.control.inversion import dusted, invert_cfgpp, looks
from minidiff.control.reference import times_from
from minidiff.judging.distance import precision_recall
from minidiff.judging.ear import stacked
from minidiff.judging.pitch import in_tune
from minidiff.measured import FOLDER
from minidiff.models.ears import load_ears
from minidiff.models.model import load
from minidiff.models.recipes import RECIPES
from minidiff.models.run import machine
from minidiff.process import diffuse
from minidiff.samplers import ddim, invert
from minidiff.schedule import noise_times

STEPS = 12
LOWEST = 0.01  # t at which an inversion begins
SOFT = 30.0  # dB below the loudest frame: what is softer does not count as sounding
SCALE = 0.5  # of CFG++
WINDS = ("flute", "tenor-sax", "trumpet", "bassoon", "organ")


def recordings(model, name: str) -> tuple[Tensor, dict, dict]:
    """Waves of the test split, their labels, and those that they shall have."""
    data, pairs = held(RECIPES[name].data, "test"), []
    for wave, labels in data:
        known = [y["speaker"] for _, y, _ in pairs if name == "digits"]
        if (
            name == "digits"
            and labels["digit"] == 7
            and known.count(labels["speaker"]) < 5
        ):
            pairs.append((wave, labels, labels | {"digit": torch.tensor(9)}))
        if name == "notes":
            violin = model.labels.index("violin")
            first = int(model.conditions["pitch"][0])
            low, high = model.settings["ranges"]["pitch"]["violin"]
            inside = low <= first + labels["pitch"] <= high
            if model.labels[labels["instrument"]] in WINDS and inside:
                wanted = labels | {"instrument": torch.tensor(violin)}
                pairs.append((wave, labels, wanted))
    waves, was, wanted = zip(*pairs, strict=True)
    was, wanted = ({k: torch.stack([y[k] for y in ys]) for k in ys[0]}
                   for ys in (was, wanted))  # fmt: skip
    return torch.stack(waves), was, wanted


class Bench:
    """What a crowd of edits is held against."""

    def __init__(self, name: str):
        self.name, self.model, self.ears = name, load(name), load_ears(name)
        self.waves, self.was, self.wanted = recordings(self.model, name)
        self.main = next(iter(self.was))
        self.x0 = self.model.spec.encode(self.waves)
        spec = self.model.spec
        silence = (spec.floor - spec.mean) / spec.std
        self.silent = self.x0 < silence + 0.05
        self.real = levels(self.x0, spec)
        waves, labels = stacked(held(RECIPES[name].data, "train"))
        true = waves[labels == self.wanted[self.main][0]]
        true = true[:: max(1, len(true) // 90)]
        self.true = {k: ear.embed(true) for k, ear in self.ears.items()}

    @torch.no_grad()
    def walk(self, way: str) -> dict:
        """The edits of a way; if it has one its inverted noise, and the way back."""
        denoiser, x0 = Counting(self.model.denoiser), self.x0
        down = noise_times(denoiser.schedule, STEPS)
        dice = torch.Generator().manual_seed(0)
        z = torch.randn(x0.shape, generator=dice)
        if way == "no reference":
            *_, x = ddim(denoiser, z, down, cond=self.wanted)
            return {"x": x, "calls": denoiser.calls}
        if way.startswith("noised"):
            strength = float(way.split()[-1])
            x = diffuse(x0, strength, z, denoiser.schedule)
            down = times_from(down, strength)
            *_, x = ddim(denoiser, x, down, cond=self.wanted)
            return {"x": x, "calls": denoiser.calls}
        down = torch.cat([down[down > 2 * LOWEST], torch.tensor([LOWEST, 0.0])])
        up = down[:-1].flip(0)
        x = dusted(x0, LOWEST, denoiser.schedule, dice) if "dusted" in way else x0
        scale = (SCALE,) if "CFG++" in way else ()
        climb, walk = (invert_cfgpp, cfgpp) if scale else (invert, ddim)
        *_, noise = climb(denoiser, x, up, *scale, cond=self.was)
        *_, x = walk(denoiser, noise, down, *scale, cond=self.wanted)
        calls = denoiser.calls
        *_, back = walk(denoiser, noise, down, *scale, cond=self.was)
        return {"x": x, "calls": calls, "noise": noise, "back": back}

    def numbers(self, x: Tensor, waves: Tensor, noise=None, back=None) -> dict:
        found = {}
        for letter, ear in self.ears.items():
            right = ear.label(waves) == self.wanted[self.main]
            p, _ = precision_recall(self.true[letter], ear.embed(waves))
            precise = round(p, 3), share_error(p, len(waves))
            both = {"obeyed": share(right), "precision": precise}
            found |= of_ear(letter, both)
        spec = self.model.spec
        made, seconds = levels(x, spec), spec.hop_length / spec.sample_rate
        each = kept(made, self.real, seconds)
        each["shape_other"] = correlation(made, self.real.roll(1, 0))
        if back is not None:
            each["back"] = distance(back, self.x0, spec)
        found |= {name: mean(values) for name, values in each.items()}
        if self.name == "notes":
            midi = self.wanted["pitch"] + int(self.model.conditions["pitch"][0])
            tuned = in_tune(waves, midi, self.model.sample_rate)
            found["in_tune"] = tuned["in_tune"], tuned["in_tune_error"]
        metrics = {k: v for k, (v, _) in found.items()}
        if noise is not None:
            loud, soft = (looks(noise, part) for part in (~self.silent, self.silent))
            metrics["fair"] = round(soft["spread"], 3)
            metrics["fair_sounding"] = round(loud["spread"], 3)
            metrics["next"] = round(loud["next"], 3)
            metrics["kurtosis"] = round(looks(noise)["kurtosis"], 2)
        spread = {k: e for k, (_, e) in found.items()}
        each = {k: [round(v, 4) for v in y.tolist()] for k, y in each.items()}
        return {"n": len(waves), "metrics": metrics, "spread": spread, "each": each}


class Counting:
    """A denoiser that counts how often it is asked."""

    def __init__(self, denoiser):
        self.denoiser, self.schedule, self.calls = denoiser, denoiser.schedule, 0

    def __call__(self, *asked, **more) -> Tensor:
        self.calls += 1
        return self.denoiser(*asked, **more)


def levels(x: Tensor, spec) -> Tensor:
    """dB of every frame of mels (n, 1, bands, frames), all bands together."""
    db = (x[:, 0] * spec.std + spec.mean).clamp(min=spec.floor)
    tenth = math.log(10) / 10
    return (tenth * db).logsumexp(1) / tenth


def loudest(levels: Tensor) -> Tensor:
    return levels.amax(1)


def sounding(levels: Tensor) -> Tensor:
    """How many frames are within `SOFT` of the loudest."""
    return (levels > levels.amax(1, keepdim=True) - SOFT).sum(1).float()


def correlation(a: Tensor, b: Tensor) -> Tensor:
    a, b = (x - x.mean(1, keepdim=True) for x in (a, b))
    return (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1)).clamp(min=1e-9)


def kept(made: Tensor, real: Tensor, seconds: float) -> dict[str, Tensor]:
    """What an edit should keep, by levels (n, frames), frames so many seconds apart."""
    return {
        "level": (loudest(made) - loudest(real)).abs(),
        "length": (sounding(made) - sounding(real)).abs() * seconds,
        "shape": correlation(made, real),
    }


def distance(a: Tensor, b: Tensor, spec) -> Tensor:
    """Of two mels, rms, in dB."""
    return spec.std * (a - b).square().mean((1, 2, 3)).sqrt()


WAYS = (
    "no reference",
    "noised to 0.5",
    "noised to 0.8",
    "noised to 0.9",
    "noised to 0.95",
    "inverted",
    "inverted, dusted",
    "CFG++, dusted",
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=["digits", "notes"])
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    bench, file = Bench(args.name), args.out / f"edits-{args.name}.json"
    other = bench.x0.roll(1, 0)
    known = {
        "the recordings themselves": bench.numbers(bench.x0, bench.waves),
        "another of them": bench.numbers(other, bench.waves.roll(1, 0), back=other),
    }
    content = {
        "again": f"python -m bench.edits {args.name}",
        "model": bench.model.card["sha256"],
        "n": {"made": len(bench.waves)},
        "yardsticks": known,
    }
    rows = {}
    for way in WAYS:
        made = bench.walk(way)
        calls, x = made.pop("calls"), made.pop("x")
        waves = bench.model.spec.decode(x).clamp(-1, 1)
        rows[way] = bench.numbers(x, waves, **made) | {"seeds": 1, "calls": calls}
        rows[way]["machine"] = machine(bench.model.denoiser)
        print(way, json.dumps(rows[way]["metrics"]), flush=True)
        text = json.dumps(content | {"rows": rows}, indent=1)
        file.write_text(on_one_line(text) + "\n")


if __name__ == "__main__":
    main()
