"""Ways to guide a model, fidelity against variety under both ears.

    python -m bench.guidance environment           # an hour, with recordings
    python -m bench.guidance environment --each 4  # a quick look

All ways walk alike: so many steps of `ddim`, from the same noises. Nothing here looks
at the test split but the row that says what the ears know of it: crowds are compared
with one half of the training recordings, one cut of each, and the yardstick is drawn
from the other half, cut in the same way. The table goes to
minidiff/measured/guidance-NAME.json, where chapter 13 reads it; a run that was cut
short goes on from what stands there. A model without an early snapshot has no row of
autoguidance. calls: questions to a net, for a sound. Sounds are those that `generate`
would give: far beyond what was learned they are limited.
"""

import argparse
import json
import math
from pathlib import Path

import torch
from torch import Tensor

from bench.judged import held, of_ear
from bench.settings import MIDDLE, first_half
from minidiff.control.cfgpp import cfgpp
from minidiff.guidance import Guided
from minidiff.judging.cleanliness import cleanliness
from minidiff.judging.crowds import like
from minidiff.judging.distance import frechet, precision_recall
from minidiff.judging.ear import stacked
from minidiff.judging.evaluate import enough, recognised
from minidiff.judging.halves import halves
from minidiff.measured import FOLDER
from minidiff.models.ears import load_ears
from minidiff.models.model import load
from minidiff.models.recipes import RECIPES
from minidiff.models.run import machine
from minidiff.samplers import ddim
from minidiff.schedule import noise_times

STEPS = 20
WAYS = {  # words -> options of `Guided`, or the scale of `cfgpp`
    "scale 1": {"scale": 1.0},
    "scale 2": {"scale": 2.0},
    "scale 4": {"scale": 4.0},
    "scale 2, in the middle": {"scale": 2.0, "between": MIDDLE},
    "scale 4, in the middle": {"scale": 4.0, "between": MIDDLE},
    "scale 4, rescaled": {"scale": 4.0, "rescale": 0.7},
    "CFG++, scale 0.7": 0.7,
    "autoguidance, scale 2": {"scale": 2.0, "worse": "early"},
    "autoguidance, scale 3": {"scale": 3.0, "worse": "early"},
}


class Bench:
    """Two halves of a training split: whom to compare with, and a yardstick."""

    def __init__(self, name: str, each: int):
        self.ears = load_ears(RECIPES[name].judge or name)
        train = held(RECIPES[name].data, "train")
        waves, labels = stacked(train)
        origin = getattr(train, "origin", torch.arange(len(train)))
        self.wanted = torch.arange(len(train.names)).repeat_interleave(each)
        first = first_half(labels, origin)
        drawn = []
        for half in (first, ~first):
            place = half.nonzero()[:, 0]
            drawn.append(place[like(self.wanted, labels[place], origin[place])])
        self.yardstick, self.real = waves[drawn[0]], waves[drawn[1]]
        self.known = {k: ear.embed(waves[first]) for k, ear in self.ears.items()}
        self.test = stacked(held(RECIPES[name].data, "test"))

    def held_out(self) -> dict:
        """What the ears know of recordings that neither they nor the model learned."""
        metrics, spread = {}, {}
        for letter, ear in self.ears.items():
            share = recognised(ear.named(ear.embed(self.test[0])), self.test[1])
            metrics |= of_ear(letter, {"recognised": share["recognised"]})
            spread |= of_ear(letter, {"recognised": share["recognised_error"]})
        return {"n": len(self.test[1]), "metrics": metrics, "spread": spread}

    def numbers(self, waves: Tensor, sample_rate: int) -> dict:
        """Metrics and spreads of a crowd, a sound for each of `wanted`."""
        metrics = {"level": cleanliness(waves, sample_rate)["level_db"]}
        spread, labels = {}, (self.wanted, self.wanted)
        for letter, ear in self.ears.items():
            made, real = ear.embed(waves.clamp(-1, 1)), ear.embed(self.real)
            share = recognised(ear.named(made), self.wanted)
            found = {"recognised": share["recognised"]}
            error = {"recognised": share["recognised_error"]}
            for name, p in zip(
                ("precision", "recall"), precision_recall(real, made), strict=True
            ):
                found[name], error[name] = p, chance(p, len(made))
            axes = enough(self.known[letter], len(made))
            flat = (x.double() @ axes for x in (made, real))
            far, _, error["frechet"] = halves(frechet, *flat, labels=labels)
            metrics |= of_ear(letter, rounded(found | {"frechet": far}))
            spread |= of_ear(letter, rounded(error))
        return {"n": len(waves), "metrics": metrics, "spread": spread}


def chance(share: float, n: int) -> float:
    """The standard error of a share of n, one hit and one miss more counted.

    Halves would not do: of few sounds of a class the third neighbour of one is of
    another class, and then everything is covered.
    """
    likely = (share * n + 1) / (n + 2)
    return math.sqrt(likely * (1 - likely) / n)


def rounded(numbers: dict) -> dict:
    return {name: round(number, 3) for name, number in numbers.items()}


class Counted:
    """A denoiser that counts how often it is asked."""

    def __init__(self, denoiser):
        self.denoiser, self.schedule, self.calls = denoiser, denoiser.schedule, 0

    def __call__(self, x, t, cond=None):
        self.calls += 1
        return self.denoiser(x, t, cond)


@torch.no_grad()
def made(model, way: dict | float, wanted: Tensor) -> tuple[Tensor, int]:
    """A sound for each wanted class, the same noises for every way; and its calls."""
    times, waves = noise_times(model.denoiser.schedule, STEPS), []
    for part in torch.arange(len(wanted)).split(30):
        dice = [torch.Generator().manual_seed(i) for i in part.tolist()]
        x = torch.stack([torch.randn(model.shape, generator=d) for d in dice])
        x = x * model.denoiser.schedule(times[0])[1].item()
        asked = [Counted(model.denoiser)]
        if isinstance(way, float):
            *_, x = cfgpp(asked[0], x, times, way, wanted[part])
        else:
            options = dict(way)
            if "worse" in way:
                asked.append(Counted(model.early))
                options["worse"] = asked[1]
            guided = Guided(asked[0], **options)
            *_, x = ddim(guided, x, times, cond=wanted[part])
        waves.append(model.heard(x)[0])
    return torch.cat(waves), sum(one.calls for one in asked)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=["environment", "sounds", "drums"])
    parser.add_argument("--each", type=int, default=15, help="sounds of a class")
    parser.add_argument("--model", type=Path, help="a folder; default: what ships")
    parser.add_argument("--rows", type=int, default=99, help="new rows at most")
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    model, file = load(args.model or args.name), args.out / f"guidance-{args.name}.json"
    bench = Bench(args.name, args.each)
    content = {
        "again": f"python -m bench.guidance {args.name} --each {args.each}",
        "model": model.card["sha256"],
        "n": {"made": len(bench.wanted), "test": len(bench.real)},
        "yardsticks": {
            "as many training recordings": bench.numbers(
                bench.yardstick, model.sample_rate
            ),
            "recordings never heard": bench.held_out(),
        },
    }
    rows = {}
    if file.is_file():
        before = json.loads(file.read_text())
        same = all(before.get(key) == content[key] for key in ("again", "model"))
        rows = before["rows"] if same else {}
    left = [way for way in WAYS if way not in rows]
    if "early" not in model.card:
        left = [way for way in left if "autoguidance" not in way]
    for way in left[: args.rows]:
        waves, calls = made(model, WAYS[way], bench.wanted)
        rows[way] = bench.numbers(waves, model.sample_rate) | {"seeds": 1}
        rows[way]["metrics"]["calls"] = calls
        rows[way]["machine"] = machine(model.denoiser)
        print(way, json.dumps(rows[way]["metrics"]), flush=True)
        ordered = {name: rows[name] for name in WAYS if name in rows}
        file.write_text(json.dumps(content | {"rows": ordered}, indent=1) + "\n")


if __name__ == "__main__":
    main()
