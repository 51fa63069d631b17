"""Repairs of recordings: methods side by side, on the same damage.

    python -m bench.repair digits
    python -m bench.repair drums-waveform

Of every class the first few recordings of the test split are damaged: gaps of 20 to 200
ms in the middle of what sounds, a band of which the upper half is lost, or, for a model
that makes waveforms, all that is louder than a quarter of the peak. Each is mended by a
plain rule and by every method of chapter 16 that can see the damage, asked for its
class, several times. *lsd*: log-spectral distance in dB to the recording, around the
gap or over all of it; *si_sdr*: of what was clipped; *pesq*, *stoi*: of words, all of
them.
*recognised*: by both ears. *apart*: the distance in dB between two answers. *click*:
the largest jump between two samples at the edges of a gap, over that of the recording;
*click_soft*: the same of the gradient's answer where the gap has soft edges.
*seconds*: of the processor, for one answer. *spread*: standard errors over the
recordings; *each*: the distance of each of them. The table goes to minidiff/measured/
repair-NAME.json, where chapter 16 reads it. `--split train` is for choosing among
methods, which the test must not do.
"""

import argparse
import json
import math
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import StatisticsError

import torch
from scipy.interpolate import CubicSpline
from torch import Tensor

import minidiff as md
from bench.judged import held, of_ear
from bench.variations import mean, share
from minidiff.control.operators import Operator
from minidiff.control.plain import interpolated, replicated
from minidiff.control.within import spoken, within
from minidiff.judging import fidelity
from minidiff.judging.ear import stacked
from minidiff.measured import FOLDER
from minidiff.models.ears import load_ears
from minidiff.models.recipes import RECIPES
from minidiff.models.run import machine
from minidiff.process import starting_noise
from minidiff.sound.mel import MelSpec

GAPS = (0.02, 0.08, 0.2)  # seconds
BANDS = {"digits": 2000.0, "notes": 4000.0}  # Hz: half of what the model makes
PEAK = 0.25
WINDOW = 256
SOFT = 0.005  # seconds on either side of a gap
NOISE = 0.05
METHODS = {  # name -> how a walk is steered, its steps
    "replacement": (partial(md.replacement, eta=1.0), 20),
    "RePaint, 5 times": (partial(md.repaint, jumps=5), 20),
    "gradient": (md.DPS, 30),
    "pseudoinverse": (partial(md.PiGDM, noise=NOISE), 20),
    "posterior": (partial(md.Posterior, noise=NOISE, iterations=1), 20),
    "posterior, 3 rounds": (partial(md.Posterior, noise=NOISE, iterations=3), 20),
    "decoupled": (partial(md.daps, noise=NOISE), 40),
}
WALKS = "replacement", "RePaint, 5 times", "decoupled"  # walks, not denoisers


def walked(model, name: str, inner, y: Tensor, cond: dict, seed: int) -> Tensor:
    """x0 of one answer for each of the damaged recordings."""
    steer, steps = METHODS[name]
    denoiser, n = model.denoiser, len(y)
    times = md.noise_times(denoiser.schedule, steps)
    dice = [torch.Generator().manual_seed(seed + i) for i in range(n)]
    x = starting_noise((n, *model.shape), times[0], denoiser.schedule, dice)
    if name in WALKS:
        told = {"cond": cond, "generator": dice}
        *_, x = steer(denoiser, x, times, inner, y, **told)
    else:
        walk = md.ddim if steer is md.DPS else md.dpmpp_2m
        *_, x = walk(steer(denoiser, inner, y), x, times, cond=cond)
    return x


class Bench:
    """Recordings, their damage, and what is measured of an answer."""

    def __init__(self, name: str, split: str, each: int):
        self.model, self.ears = md.load(name), load_ears(RECIPES[name].judge or name)
        self.spec, rate = self.model.spec, self.model.sample_rate
        data = held(RECIPES[name].data, split)
        _, labels = stacked(data)
        taken = [(labels == k).nonzero()[:each, 0] for k in labels.unique()]
        waves, told = zip(*(data[i] for i in torch.cat(taken).tolist()), strict=True)
        self.size = len(waves[0])  # the ears' own; the model's may be longer
        pad = self.model.settings["samples"] - self.size
        self.waves = torch.nn.functional.pad(torch.stack(waves), (0, pad))
        main = next(iter(self.model.conditions))
        told = [t if isinstance(t, dict) else {main: t} for t in told]
        self.cond = {main: torch.stack([t[main] for t in told])}
        self.labels = self.cond[main]
        self.words, self.rate = name == "digits", rate

    def damages(self, name: str) -> dict[str, Operator]:
        if not isinstance(self.spec, MelSpec):
            self.waves = self.waves / self.waves.abs().amax(1, keepdim=True)
            return {"clipped": md.Clipped(PEAK)}
        loud = self.waves.abs().mean(0).cumsum(0)
        middle = (loud < loud[-1] / 2).sum().item() / self.rate
        found = {f"gap of {1000 * s:g} ms": md.Gap(middle, middle + s) for s in GAPS}
        if name in BANDS:
            found[f"band above {BANDS[name]:g} Hz"] = md.Lowpass(BANDS[name])
        return {what: operator.at(self.rate) for what, operator in found.items()}

    def answered(self, name: str, operator: Operator, y: Tensor, seed: int) -> Tensor:
        """A method's waveforms, one for each recording."""
        if isinstance(operator, md.Clipped):  # each is brought to the model's loudness
            found = []
            for i, (wave, label) in enumerate(zip(y, self.labels, strict=True)):
                _, steps = METHODS[name]
                told = self.model.labels[label], 1, steps, seed + i
                found.append(self.model.repair(wave, operator, *told))
            return torch.cat(found)
        inner, target = within(operator, y, self.spec, y.shape[1])
        x = walked(self.model, name, inner, target, self.cond, seed)
        return spoken(x.clamp(-10, 10), operator, y, self.spec)

    def near(self, operator: Operator, waves: Tensor) -> Tensor:
        """The part of waveforms that is compared."""
        if not isinstance(operator, md.Gap):
            return waves
        first, last = operator.span(waves.shape[1])
        return waves[:, max(0, first - WINDOW) : last + WINDOW]

    def numbers(
        self, operator: Operator, answers: list[Tensor], seconds: float
    ) -> tuple[dict, dict, list[float]]:
        """Means over recordings and answers, their errors over recordings, and the
        log-spectral distance of every recording."""
        real = self.near(operator, self.waves)
        parts = [self.near(operator, a) for a in answers]
        far = over(distance, parts, real)
        found = {"lsd": mean(far)}
        if len(parts) > 1:
            found["apart"] = mean(distance(parts[0], parts[1]))
        if isinstance(operator, md.Gap):
            found["click"] = mean(click(operator, answers[0], self.waves))
        if isinstance(operator, md.Clipped):
            found["si_sdr"] = mean(over(md.si_sdr, answers, self.waves))
        if self.words:
            score = over(partial(pesq, self.rate), answers, self.waves)
            found["pesq"] = mean(score[~score.isnan()])
            score = over(partial(stoi, self.rate), answers, self.waves)
            found["stoi"] = mean(score[~score.isnan()])
        # the recording's own SI-SDR is infinite, which JSON does not know
        found = {k: pair for k, pair in found.items() if math.isfinite(pair[0])}
        metrics = {k: v for k, (v, _) in found.items()}
        spread = {k: v for k, (_, v) in found.items()}
        for letter, ear in self.ears.items():
            hits = [ear.label(a[:, : self.size]) == self.labels for a in answers]
            # answers to one recording are no recordings of their own
            p, error = mean(torch.stack(hits).double().mean(0))
            error = error or share(hits[0])[1]
            metrics |= of_ear(letter, {"recognised": p})
            spread |= of_ear(letter, {"recognised": error})
        metrics["seconds"] = round(seconds, 2)
        return metrics, spread, [round(d, 2) for d in far.tolist()]


def over(measure: Callable, answers: list[Tensor], real: Tensor) -> Tensor:
    """A number of every recording, the mean over its answers."""
    return torch.stack([measure(a, real) for a in answers]).nanmean(0)


def distance(a: Tensor, b: Tensor) -> Tensor:
    """The log-spectral distance of every pair."""
    pairs = zip(a.split(1), b.split(1), strict=True)
    return torch.tensor([fidelity.log_spectral_distance(*p, WINDOW) for p in pairs])


def pesq(rate: int, made: Tensor, real: Tensor) -> Tensor:
    """Narrow-band, of every pair; NaN where it finds no speech."""
    found = []
    for pair in zip(made.clamp(-1, 1).split(1), real.split(1), strict=True):
        try:
            found.append(fidelity.pesq(*pair, rate))
        except StatisticsError:  # a mean of nothing
            found.append(math.nan)
    return torch.tensor(found)


def stoi(rate: int, made: Tensor, real: Tensor) -> Tensor:
    """Of every pair; NaN where there is less speech than it needs."""
    pairs = zip(made.split(1), real.split(1), strict=True)
    return torch.tensor([fidelity.stoi(*pair, rate) for pair in pairs])


def click(gap: md.Gap, made: Tensor, real: Tensor) -> Tensor:
    """The largest jump at the edges of a gap, over that of the recording."""
    edges = [place + k for place in gap.span(made.shape[1]) for k in (-1, 0)]
    edges = [k for k in edges if 0 <= k < made.shape[1] - 1]
    usual = real.diff(dim=1).abs().amax(1)
    return made.diff(dim=1)[:, edges].abs().amax(1) / usual


def plain(operator: Operator, y: Tensor, spec) -> Tensor:
    """What needs no model: lines in the mel, a band copied upwards, a cubic."""
    if isinstance(operator, md.Lowpass):
        return operator.hold(replicated(y, operator.hz, spec), y)
    if isinstance(operator, md.Clipped):
        return operator.hold(cubic(y, operator.known(y)), y)
    inner, _ = within(operator, y, spec, y.shape[1])
    mel = interpolated(spec.encode(y), inner.kept.bool())
    return spoken(mel, operator, y, spec)


def cubic(y: Tensor, known: Tensor) -> Tensor:
    """A cubic spline through what is known of every waveform."""
    at, found = torch.arange(y.shape[1]).numpy(), []
    for wave, left in zip(y.numpy(), known.numpy(), strict=True):
        found.append(torch.from_numpy(CubicSpline(at[left], wave[left])(at)).float())
    return torch.stack(found)


@torch.no_grad()
def main():
    names = ["digits", "notes", "environment", "drums-waveform"]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=names)
    parser.add_argument("--each", type=int, default=2, help="recordings a class")
    parser.add_argument("--seeds", type=int, default=2, help="answers each")
    parser.add_argument("--split", choices=["train", "test"], default="test")
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    torch.set_num_threads(1)
    bench = Bench(args.name, args.split, args.each)
    model, spec = bench.model, bench.spec
    again = f"python -m bench.repair {args.name} --each {args.each}"
    content = {"again": f"{again} --seeds {args.seeds}", "n": len(bench.waves)}
    content |= {"split": args.split, "model": model.card["sha256"], "yardsticks": {}}
    rows, known = {}, content["yardsticks"]
    for what, operator in bench.damages(args.name).items():
        y = operator.seen(bench.waves)
        sure = {"nothing done": y, "plain": plain(operator, y, spec)}
        sure["the recording"] = bench.waves
        if isinstance(spec, MelSpec):
            sure["the true mel"] = spoken(spec.encode(bench.waves), operator, y, spec)
        for name, wave in sure.items():
            enter(known, name, what, *bench.numbers(operator, [wave], 0.0))
        linear = hasattr(operator, "adjoint")
        for name in METHODS if linear else ["gradient"]:
            began = time.process_time()
            seeds = [1000 * k for k in range(args.seeds)]
            answers = [bench.answered(name, operator, y, seed) for seed in seeds]
            spent = (time.process_time() - began) / args.seeds / len(y)
            numbers = bench.numbers(operator, answers, spent)
            if name == "gradient" and isinstance(operator, md.Gap):
                soft = replace(operator, soft=SOFT)
                wave = bench.answered(name, soft, soft.seen(bench.waves), 0)
                found = mean(click(operator, wave, bench.waves))
                numbers[0]["click_soft"], numbers[1]["click_soft"] = found
            enter(rows, name, what, *numbers)
            told = {"steps": METHODS[name][1], "answers": args.seeds}
            rows[name] |= told | {"machine": machine(model.denoiser)}
            print(what, name, json.dumps(rows[name]["metrics"][what]), flush=True)
    file = args.out / f"repair-{args.name}.json"
    file.write_text(json.dumps(content | {"rows": rows}, indent=1) + "\n")


def enter(rows: dict, name: str, what: str, *numbers) -> None:
    """Put what one damage tells of a method into the method's row."""
    row = rows.setdefault(name, {"metrics": {}, "spread": {}, "each": {}})
    for part, number in zip(row, numbers, strict=False):
        row[part][what] = number


if __name__ == "__main__":
    main()
