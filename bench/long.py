"""Long sounds: what is heard at the seams, and what a minute costs.

    python -m bench.long environment  # with the recordings at hand; 12 minutes
    python -m bench.long environment --lengths 10 60 600 --steps 2  # memory and time

The ways whose windows share their noise begin at the same noises, those of windows
apart are laid from the same windows, sound by sound: so every row keeps what each of
its sounds gave, for `Measured.paired`. At the seams, and in the middle between two of
them, are measured: the level, the spectral flux (how
much a mel changes from frame to frame), and what both ears take a cut to be. And over
the first five seconds: how much the level of half seconds wanders, of all that sounds
and of what is above a quarter of the rate. "whole": the net itself on a long x, without
windows. The yardsticks are recordings of five seconds of the test split, at the same
moments, and the model's windows by themselves, as if there were a seam in them. The
table goes to minidiff/measured/long-NAME.json.
"""

import argparse
import json
import math
import resource
import subprocess
import sys
import time
from pathlib import Path

import torch
from torch import Tensor

from bench.judged import of_ear
from bench.variations import on_one_line, share_error
from minidiff import data
from minidiff.control.long import JOINS, Continued, laid
from minidiff.guidance import Guided
from minidiff.measured import FOLDER
from minidiff.models.ears import load_ears
from minidiff.models.lasting import TEXTURES, Lasting
from minidiff.models.model import load
from minidiff.models.run import machine
from minidiff.process import randn
from minidiff.samplers import from_noise

APART = ("amplitude", "power", "hard")  # of windows that know nothing of each other
HEARD = 5  # seconds, of which it is measured how far they wander
EACH = ("level", "flux", "wanders_above")  # kept of every sound


class Seams:
    """Where the windows of a model overlap, and what is heard there."""

    def __init__(self, name: str):
        self.model, self.ears = load(name), load_ears(name)
        self.window = self.model.settings["samples"]
        self.overlap = self.window // 4
        self.hop = self.window - self.overlap

    def numbers(
        self, waves: Tensor, labels: list[int], first: int | None = None
    ) -> dict:
        """Of long sounds (n, samples) of these classes.

        first: where the first seam is, in samples; else the middle of the first overlap
        of two windows.
        """
        first = self.hop + self.overlap // 2 if first is None else first
        half = self.hop // 2
        seams = range(first, waves.shape[1] - half - self.overlap // 4, self.hop)
        level, change = [], []
        spec = self.model.audible
        mel = spec.encode(waves)[:, 0] * spec.std + spec.mean
        flux = mel.diff(dim=2).abs().mean(1)
        width = self.overlap // spec.hop_length // 2
        for at, flat in ((s, s + half) for s in seams):
            here, there = (
                waves[:, p - self.overlap // 4 : p + self.overlap // 4]
                for p in (at, flat)
            )
            rms = [x.square().mean(1).clamp(min=1e-10) for x in (here, there)]
            level.append(10 * (rms[0] / rms[1]).log10())
            now, then = (
                flux[:, p // spec.hop_length - width // 2 :][:, :width].mean(1)
                for p in (at, flat)
            )
            change.append(now / then)
        level, change = torch.stack(level), torch.stack(change).log2()
        found = {"level": level, "flux": change}
        if waves.shape[1] >= HEARD * self.model.sample_rate:
            far = wanders(waves, self.model.sample_rate)
            found |= {key: x[None] for key, x in far.items()}
        metrics = {key: mean(x) for key, x in found.items()}
        spread = {key: error(x) for key, x in found.items()}
        starts = [max(0, s - self.window // 2) for s in seams]
        cuts = [waves[:, s : s + self.window] for s in starts]
        cuts = torch.cat([c for c in cuts if c.shape[1] == self.window])
        told = torch.tensor(labels).repeat(len(cuts) // len(labels))
        for letter, ear in self.ears.items():
            right = (ear.label(cuts) == told).double().mean().item()
            metrics |= of_ear(letter, {"recognised": round(right, 4)})
            # the cuts of one sound are not independent: so many as there are sounds
            spread |= of_ear(letter, {"recognised": share_error(right, len(waves))})
        kept = {key: each(found[key]) for key in EACH if key in found}
        return {"n": len(cuts), "metrics": metrics, "spread": spread, "each": kept}

    def apart(self, label: str, seconds: float, n: int, steps: int) -> Tensor:
        """(windows, n, samples): those of n long sounds, which know nothing of each
        other."""
        samples = round(seconds * self.model.sample_rate)
        count = 1 + -(-(samples - self.window) // self.hop)
        parts = self.model.generate(label, n * count, steps)
        return parts.unflatten(0, (count, n))

    def made(self, join: str, label: str, seconds: float, n: int, steps: int) -> Tensor:
        """n sounds of a class, by windows that share their noise, or "inpaint", or
        "whole"."""
        samples = round(seconds * self.model.sample_rate)
        if join == "inpaint":
            return self.inpainted(label, samples, n, steps)
        if join == "whole":
            return self.whole(label, samples, n, steps)
        sound = Lasting(self.model, seconds, label, n, steps, join=join)
        return torch.cat(list(sound), dim=1)

    @torch.no_grad()
    def inpainted(self, label: str, samples: int, n: int, steps: int) -> Tensor:
        """One window after another, each told the end of the one before."""
        model, (guided, asked, dice) = self.model, self.walk(label, n)
        overlap = model.shape[-1] // 4
        start, parts = None, []
        for _ in range(1 + -(-(samples - self.window) // self.hop)):
            denoiser = guided
            if start is not None:
                eps = randn(start.shape, dice)
                denoiser = Continued(guided, start, eps)
            shape, walk = (n, *model.shape), (model.settings["sampler"], steps)
            x = from_noise(denoiser, shape, *walk, asked, dice, "cpu")
            parts.append(x if start is None else x[..., overlap:])
            start = x[..., -overlap:]
        return model.heard(torch.cat(parts, dim=-1))[0][:, :samples]

    @torch.no_grad()
    def whole(self, label: str, samples: int, n: int, steps: int) -> Tensor:
        """All of a sound at once: the net on an x longer than any it has learned."""
        model, (guided, asked, dice) = self.model, self.walk(label, n)
        per_place = self.window // model.shape[-1]
        frames = -(-samples // per_place)
        shape, walk = (n, *model.shape[:-1], frames), (model.settings["sampler"], steps)
        x = from_noise(guided, shape, *walk, asked, dice, "cpu")
        return model.heard(x)[0][:, :samples]

    def walk(self, label: str, n: int) -> tuple:
        """The guided denoiser, what it is asked n times, and n sources of chance."""
        told = self.model.settings
        dice = [torch.Generator().manual_seed(i) for i in range(n)]
        asked = self.model.asks.read(label, n, dice)
        between = tuple(told.get("between") or (0.0, math.inf))
        return Guided(self.model.denoiser, told["scale"], between=between), asked, dice


def wanders(waves: Tensor, rate: int) -> dict[str, Tensor]:
    """Of each sound: how the level of its half seconds varies, in dB, std.

    Of all, and of what lies above a quarter of the rate; over the first five seconds.
    Silence is -100 dB.
    """
    halves = waves[:, : HEARD * rate].unfold(1, rate // 2, rate // 2)
    power = torch.fft.rfft(halves).abs().square() / (rate // 2) ** 2
    parts = {"wanders": power, "wanders_above": power[..., power.shape[-1] // 2 :]}
    return {
        key: (10 * part.sum(2).clamp(min=1e-10).log10()).std(1)
        for key, part in parts.items()
    }


def mean(x: Tensor) -> float:
    return round(x.mean().item(), 4)


def error(x: Tensor) -> float:
    """The standard error of the mean, sounds being what is independent."""
    of = x.mean(0)
    return round((of.std() / len(of) ** 0.5).item(), 4) if len(of) > 1 else 0.0


def each(x: Tensor) -> list[float]:
    """Of every sound, the mean over its seams."""
    return [round(value, 4) for value in x.mean(0).tolist()]


def cost(name: str, seconds: float, steps: int) -> dict:
    """In a process of its own: seconds, and the peak of its memory in MB."""
    code = f"import sys, bench.long as b; b.alone({name!r}, {seconds}, {steps})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def alone(name: str, seconds: float, steps: int) -> None:
    model = load(name)
    began, used = time.perf_counter(), time.process_time()
    for _ in Lasting(model, seconds, model.labels[0], steps=steps):
        pass  # as the shell does, which writes each piece and forgets it
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall, used = time.perf_counter() - began, time.process_time() - used
    told = {"seconds": wall, "processor": used, "memory_mb": peak}
    print(json.dumps({key: round(value, 1) for key, value in told.items()}))


def begun(file: Path, content: dict) -> tuple[dict, dict]:
    """Rows and yardsticks that the same command, stopped before, has left."""
    if not file.is_file():
        return {}, {}
    found = json.loads(file.read_text())
    if any(found.get(key) != content[key] for key in ("again", "model")):
        return {}, {}
    return found["rows"], found["yardsticks"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=["environment", "sounds"])
    parser.add_argument("--labels", nargs="+", help="default: all textures")
    parser.add_argument("--seconds", type=float, default=7.0)
    parser.add_argument("-n", type=int, default=6, help="sounds of each class")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--lengths", nargs="+", type=float, help="what these cost only")
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    if args.lengths:
        costs = {f"{s:g} s": cost(args.name, s, args.steps) for s in args.lengths}
        content = {
            "again": f"python -m bench.long {args.name} --steps {args.steps} --lengths "
            + " ".join(f"{s:g}" for s in args.lengths),
            "rows": {name: {"n": 1, "metrics": row} for name, row in costs.items()},
        }
        print(json.dumps(costs))
        file = args.out / f"lasting-{args.name}.json"
        file.write_text(json.dumps(content, indent=1) + "\n")
        return
    seams = Seams(args.name)
    labels = args.labels or [k for k in seams.model.labels if k in TEXTURES[args.name]]
    numbers = [seams.model.labels.index(k) for k in labels]
    content = {
        "again": f"python -m bench.long {args.name} --labels {' '.join(labels)} "
        f"--seconds {args.seconds:g} -n {args.n} --steps {args.steps}",
        "model": seams.model.card["sha256"],
        "n": {"made": args.n * len(labels)},
        "yardsticks": {},
    }
    yardsticks = content["yardsticks"]
    if args.name == "environment":
        found = data.environment("test", samples=HEARD * 16_000)
        real = [i for i in range(len(found)) if int(found[i][1]) in numbers]
        waves = torch.stack([found[i][0] for i in real])
        told = [int(found[i][1]) for i in real]
        yardsticks["recordings"] = seams.numbers(waves, told)
        print("recordings", json.dumps(yardsticks["recordings"]["metrics"]))
    file = args.out / f"long-{args.name}.json"
    rows, yards = begun(file, content)
    told = [k for k in numbers for _ in range(args.n)]
    asked = args.seconds, args.n, args.steps

    def measured(name: str, waves: Tensor) -> None:
        row = seams.numbers(waves, told) | {"seeds": 1}
        rows[name] = row | {"machine": machine(seams.model.denoiser)}
        print(name, json.dumps(row["metrics"]), flush=True)
        file.write_text(
            on_one_line(json.dumps(content | {"rows": rows}, indent=1)) + "\n"
        )

    apart = [f"apart, {fade}" for fade in APART]
    if "one window" in yards and not set(apart) - set(rows):
        yardsticks["one window"] = yards["one window"]
    else:
        parts = torch.cat([seams.apart(k, *asked) for k in labels], dim=1)
        one, middle = parts.flatten(0, 1), (seams.window - seams.hop // 2) // 2
        mine = told * len(parts)
        yardsticks["one window"] = seams.numbers(one, mine, middle)
        print("one window", json.dumps(yardsticks["one window"]["metrics"]))
        samples = round(args.seconds * seams.model.sample_rate)
        for name, fade in zip(apart, APART, strict=True):
            measured(name, laid(parts, seams.overlap, fade)[:, :samples])
    for join in [*JOINS, "inpaint", "whole"]:
        if join not in rows:
            made = [seams.made(join, k, *asked) for k in labels]
            measured(join, torch.cat(made))


if __name__ == "__main__":
    main()
