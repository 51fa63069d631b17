"""Diffusion and its rivals: the same data, parameters and multiplications.

    python -m bench.rivals rates       # six learning rates for each, eight Gaussians
    python -m bench.rivals gaussians   # each at its best one, three seeds
    python -m bench.rivals grid        # the same on twenty-five
    python -m bench.rivals digits      # mels of spoken digits, by both ears

All that is trained counts: both nets of a GAN, the encoder of a VAE. One step of each
training is counted in multiplications, there and back, and each is given as many steps
as its share of BUDGET pays for. `rates` has half of that and seeds of its own, and
chooses the rate of all other tables of points. Every training is kept in a folder the
moment it is done, and not done again; the tables go to minidiff/measured/rivals-*.json,
with points over the training beside them. `digits` needs MINIDIFF_DATA, and is in
`bench.rivals_digits`.
"""

import argparse
import copy
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from typing import NamedTuple

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

import minidiff as md
from minidiff.judging.modes import modes
from minidiff.measured import FOLDER
from minidiff.models.run import machine
from minidiff.nets.rival import stack
from minidiff.rivals.autoregressive import Autoregressive
from minidiff.rivals.gan import GAN, duel
from minidiff.rivals.tokens import Levels
from minidiff.rivals.vae import VAE

BUDGET = 5e10  # multiplications of one training on points
BATCH = 256
RATES = (0.00033, 0.001, 0.003, 0.009, 0.027, 0.081)
MOMENTS = 8  # of a training at which it is looked at
LOOK, KEPT = 1000, 300  # points made for each look, and kept of them
RANGE = 4.0  # points are kept as shares of it
LEVELS = Levels(128, 2.5)
SCHEDULE = md.Cosine()
STATED = "parameters", "steps", "multiplications", "machine"


class Rival(NamedTuple):
    """How to build one, train it (yields steps with .index and .ema), and ask it."""

    build: Callable[[], nn.Module]
    train: Callable[..., Iterator] = md.fit
    sample: Callable[..., Tensor] = lambda model, n, dice: model.sample(n, dice)
    shown: Callable[[Tensor], Tensor] = lambda x: x  # what of the data it is shown


def walked(denoiser, n: int, dice: torch.Generator) -> Tensor:
    start = torch.randn(n, 2, generator=dice)
    *_, x = md.ddim(denoiser, start, SCHEDULE.times(50))
    return x


RIVALS = {
    "GAN": Rival(lambda: GAN(stack(2, 2), stack(2, 1), 2), duel),
    "GAN with R1": Rival(lambda: GAN(stack(2, 2), stack(2, 1), 2, gamma=0.1), duel),
    "VAE": Rival(lambda: VAE(stack(2, 4), stack(2, 2), 2)),
    "autoregression": Rival(
        lambda: Autoregressive(LEVELS.words, 2, width=36, depth=1),
        sample=lambda net, n, dice: LEVELS.decode(net.sample(n, None, dice), dice),
        shown=LEVELS.encode,
    ),
    "diffusion": Rival(
        lambda: md.Denoiser(md.MLP(2, 64, 3), SCHEDULE, "v"), sample=walked
    ),
}

VARIANTS = {  # what else one may choose, for `rates` alone
    "GAN, momentum 0.9": Rival(
        lambda: GAN(stack(2, 2), stack(2, 1), 2), partial(duel, momentum=0.9)
    ),
    "GAN, smooth bends": Rival(
        lambda: GAN(stack(2, 2, bend=nn.SiLU), stack(2, 1, bend=nn.SiLU), 2), duel
    ),
}


class Batches:
    """Batches of x without end, the same for the same seed."""

    def __init__(self, x: Tensor, batch: int, seed: int):
        self.x, self.batch, self.seed = x, batch, seed

    def __iter__(self):
        dice = torch.Generator().manual_seed(self.seed)
        while True:
            yield self.x[torch.randint(len(self.x), (self.batch,), generator=dice)]


class Whole:
    """In place of torch's tracker of modules, which stumbles over gradients of
    gradients: everything counts as one."""

    parents = {"Global"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def multiplications(rival: Rival, model: nn.Module, batch: Tensor) -> int:
    """Of one step of its training, in convolutions and matrix products."""
    counter = FlopCounterMode(display=False)
    counter.mod_tracker = Whole()
    # attention as plain products: those of the fast kernels are not counted on a CPU
    with sdpa_kernel(SDPBackend.MATH), counter:
        list(rival.train(copy.deepcopy(model), [batch], 1))
    return counter.get_total_flops() // 2  # which counts the additions as well


def weights(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def trained(
    rival: Rival, x: Tensor, lr: float, seed: int, budget: float, batch: int = BATCH
) -> tuple[Iterator, dict]:
    """A training to be walked through, and what it costs."""
    torch.manual_seed(seed)
    model, shown = rival.build(), rival.shown(x)
    price = multiplications(rival, model, shown[:batch])
    steps = round(budget / price)
    told = {"parameters": weights(model), "steps": steps, "lr": lr}
    told |= {"multiplications": price, "machine": machine(model)}
    walk = rival.train(model, Batches(shown, batch, seed), steps, lr=lr, seed=seed)
    return walk, told


def on_points(name: str, world: str, lr: float, seed: int, budget: float) -> tuple:
    """One training, looked at now and then: its numbers and points."""
    data = md.data.points(world, 20_000)
    rival = (RIVALS | VARIANTS)[name]
    walk, told = trained(rival, data.x, lr, seed, budget)
    stops = [told["steps"] * k // MOMENTS for k in range(1, MOMENTS + 1)]
    looks, points, spent = [], [], 0.0
    began = time.process_time()
    try:
        for step in walk:
            if step.index in stops:
                spent += time.process_time() - began
                dice = torch.Generator().manual_seed(seed)
                made = rival.sample(step.ema, LOOK, dice)
                looks.append(modes(made, data.mixture))
                points.append(made[:KEPT])
                began = time.process_time()
    except ValueError as error:  # a loss that is no longer finite, points of NaN
        told |= {"failed": str(error)}
    lost = {"quality": 0.0, "found": 0, "counts": [0] * len(data.mixture.means)}
    looks += [lost] * (MOMENTS - len(looks))
    points += [torch.full((KEPT, 2), RANGE)] * (MOMENTS - len(points))
    points = torch.stack(points).clamp(-RANGE, RANGE) / RANGE
    told |= {"seconds": round(spent, 2), "looks": looks}
    return told, (32767 * points).round().to(torch.int16)


def once(folder: Path, name: str, make: Callable[[], tuple]) -> tuple[dict, Tensor]:
    """What lies in the folder under this name, or is made now and put there."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name.replace(' ', '-')}.json"
    if not file.is_file():
        told, kept = make()
        save_file({"kept": kept.contiguous()}, file.with_suffix(".safetensors"))
        file.write_text(json.dumps(told))  # last: it says that all is there
        print(folder.name, name, {k: v for k, v in told.items() if k != "looks"},
              told.get("looks", [""])[-1], flush=True)  # fmt: skip
    return json.loads(file.read_text()), load_file(file.with_suffix(".safetensors"))[
        "kept"
    ]


def score(look: dict) -> float:
    """Points that land, times clouds found: both must be high."""
    return look["quality"] * look["found"] / len(look["counts"])


def rates(runs: Path, seeds=(10, 11)) -> dict:
    """Each rival's end at each of the same six rates."""
    rows = {}
    for name in RIVALS | VARIANTS:
        ends = {
            lr: [
                once(runs / "rates", f"{name} {lr} {seed}",
                     lambda lr=lr, seed=seed, name=name: on_points(
                         name, "gaussians", lr, seed, BUDGET / 2))[0]
                for seed in seeds
            ]
            for lr in RATES
        }  # fmt: skip
        row = {key: ends[RATES[0]][0][key] for key in STATED}
        each = {lr: [score(t["looks"][-1]) for t in told] for lr, told in ends.items()}
        row |= {"seeds": len(seeds), "metrics": {}, "spread": {}}
        row["failed"] = sum("failed" in t for told in ends.values() for t in told)
        for lr, told in ends.items():
            last = [t["looks"][-1] for t in told]
            row["metrics"][f"{lr:g}"] = {
                "score": round(mean(each[lr]), 4),
                "quality": round(mean(x["quality"] for x in last), 4),
                "found": mean(x["found"] for x in last),
            }
        row["best"] = max(RATES, key=lambda lr: mean(each[lr]))
        rows[name] = row
    return rows


def chosen(out: Path) -> dict[str, float]:
    rows = json.loads((out / "rivals-rates.json").read_text())["rows"]
    return {name: row["best"] for name, row in rows.items()}


def world(runs: Path, name: str, out: Path, seeds=(0, 1, 2)) -> tuple[dict, dict]:
    """The rows of one world, and the points of the first seed."""
    rows, points, rate = {}, {}, chosen(out)
    for rival in RIVALS:
        trials = [
            once(runs / name, f"{rival} {rate[rival]} {seed}",
                 lambda rival=rival, seed=seed: on_points(
                     rival, name, rate[rival], seed, BUDGET))
            for seed in seeds
        ]  # fmt: skip
        told = [t for t, _ in trials]
        ends = [t["looks"][-1] for t in told]
        rows[rival] = {key: told[0][key] for key in (*STATED, "lr")} | {
            "seconds": round(mean(t["seconds"] for t in told), 1),
            "seeds": len(seeds),
            "metrics": over(ends, mean),
            "spread": over(ends, stdev),
            "over": [[[k["found"], round(k["quality"], 3)] for k in t["looks"]]
                     for t in told],
            "counts": ends[0]["counts"],
        }  # fmt: skip
        points[rival] = trials[0][1]
    return rows, points


def yardstick(name: str) -> dict:
    """As many new points of the world itself."""
    mixture = md.data.points(name, 1).mixture
    looks = [
        modes(mixture.sample(LOOK, torch.Generator().manual_seed(100 + k))[0], mixture)
        for k in range(20)
    ]
    return {
        "seeds": len(looks),
        "metrics": over(looks, mean),
        "spread": over(looks, stdev),
    }


def over(looks: list[dict], how: Callable) -> dict:
    return {k: round(how(x[k] for x in looks), 4) for k in ("found", "quality")}


def write(out: Path, name: str, content: dict, points: dict | None = None) -> None:
    command = name.split("-")[1]
    content = {"again": f"python -m bench.rivals {command}"} | content
    text = json.dumps(content, indent=1)
    (out / f"{name}.json").write_text(short(text) + "\n")
    if points:
        save_file(points, out / f"{name}.safetensors")


def short(text: str) -> str:
    """JSON with its innermost lists on one line each."""
    parts = text.split("[")
    for i, part in enumerate(parts):
        inside, end, rest = part.partition("]")
        if end:
            parts[i] = " ".join(inside.split()) + end + rest
    return "[".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["rates", "gaussians", "grid", "digits"])
    parser.add_argument("--runs", type=Path, default="runs/rivals", help="trainings")
    parser.add_argument("--out", type=Path, default=FOLDER, help="of the tables")
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.what == "digits":
        from bench import rivals_digits

        return rivals_digits.table(args.runs / "digits", args.out)
    if args.what == "rates":
        rows = rates(args.runs)
        content = {"n": {"made": LOOK}, "rates": list(RATES), "rows": rows}
        return write(args.out, "rivals-rates", content)
    rows, points = world(args.runs, args.what, args.out)
    content = {"n": {"made": LOOK}, "rows": rows}
    content["yardsticks"] = {"as many new points": yardstick(args.what)}
    write(args.out, f"rivals-{args.what}", content, points)


if __name__ == "__main__":
    main()
