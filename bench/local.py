"""Is a trained net a local ideal denoiser? How much of what it says that predicts.

    python -m bench.local            # half an hour of one core; goes on where it was

U-Nets learn 8x8 pictures (three seeds, with and without attention) and small mels of
the garden. Then net and predictions get the same noisy items, none of which the net has
seen: r2 is how much of what varies in the net's guesses they explain. Predictions: the
ideal denoiser of the examples; the local one, and the local one that compares patches
everywhere ("anywhere"), whose patch at every level of noise is the one, of seven, that
explains most of the guesses on *other* items; and the Gaussian of the examples, which
knows their mean and covariance alone (the best straight line). *walk*: the same of what
comes out at the end of the sampler from the same noise, with those patches on the way
("anywhere" would take too long). Rows are written when they are done, and not made
again; the table is minidiff/measured/local.json, which chapter 19 reads.
"""

import argparse
import json
from pathlib import Path
from statistics import mean, stdev

import torch
from torch import Tensor

import minidiff as md
from bench.copying import mels, multiplications
from bench.variations import on_one_line
from minidiff.control.levels import time_at
from minidiff.judging.local import LocalIdealDenoiser, explained
from minidiff.measured import FOLDER
from minidiff.models.run import machine

SCHEDULE = md.Cosine()
LEVELS = (0.2, 0.5, 1.0, 2.0, 4.0)  # sigma / alpha
SIDES = (1, 3, 5, 7, 9, 13)  # and one from which everything is seen
STEPS, WALK = 1500, 20
CHOICE, ASKED = 30, 150  # items to choose patches by, and to be judged by
TASKS = {  # batch, seeds, attention at the bottom, compared anywhere too
    "pictures": (32, (0, 1, 2), False, True),
    "pictures, attention": (32, (0, 1, 2), True, False),
    "mels": (16, (0,), False, False),
}


def data(task: str) -> tuple[Tensor, Tensor]:
    """What is learned from, and what is not."""
    if task == "mels":
        return mels(1000), mels(CHOICE + ASKED, "test")
    return md.data.pictures().x, md.data.pictures("test").x


def trained(task: str, x: Tensor, seed: int) -> md.Denoiser:
    batch, _, attention, _ = TASKS[task]
    shape = {"channels": (32, 64), "mid": 1, "attention": attention}
    torch.manual_seed(seed)
    denoiser = md.Denoiser(md.UNet(dims=2, **shape), SCHEDULE, predicts="v")
    dice = torch.Generator().manual_seed(seed)
    loader = torch.utils.data.DataLoader(x, batch, shuffle=True, generator=dice)
    for _ in md.fit(denoiser, loader, STEPS, lr=2e-3, seed=seed):
        pass
    return denoiser


def gaussian(x: Tensor):
    """The exact denoiser of a Gaussian with the examples' mean and covariance."""
    flat = x.flatten(1).double()
    cov = flat.T.cov()
    mixture = md.GaussianMixture(flat.mean(0)[None], covs=(cov + cov.T)[None] / 2)
    return Flat(mixture.denoiser(SCHEDULE))


class Flat:
    """A denoiser of points, asked about pictures."""

    schedule = SCHEDULE

    def __init__(self, inner):
        self.inner = inner

    def __call__(self, x: Tensor, t: Tensor, cond=None) -> Tensor:
        return self.inner(x.flatten(1), t).view_as(x)


class Patched:
    """A local ideal denoiser whose patch depends on how much noise there is."""

    schedule = SCHEDULE

    def __init__(self, x: Tensor, sides: list[int], anywhere: bool):
        self.by = {k: LocalIdealDenoiser(x, SCHEDULE, k, anywhere) for k in set(sides)}
        self.sides = sides

    def __call__(self, x: Tensor, t: Tensor, cond=None) -> Tensor:
        alpha, sigma = SCHEDULE(t[0])
        ratio = (sigma / alpha).log()
        far = [(ratio - torch.tensor(level).log()).abs().item() for level in LEVELS]
        return self.by[self.sides[far.index(min(far))]](x, t)


def noisy(x: Tensor, seed: int) -> list[tuple[Tensor, Tensor]]:
    """The items at every level of noise, and the time of each level."""
    dice = torch.Generator().manual_seed(seed)
    times = time_at(SCHEDULE, torch.tensor(LEVELS))
    drowned = (
        md.diffuse(x, t, torch.randn(x.shape, generator=dice), SCHEDULE) for t in times
    )
    return [(x_t, t.expand(len(x))) for x_t, t in zip(drowned, times, strict=True)]


def patches_of(denoiser: md.Denoiser, x: Tensor, new: Tensor, anywhere: bool) -> list:
    """At every level the side of the patch that explains most."""
    whole = 2 * max(x.shape[-2:]) - 1  # from any place everything is seen
    sides = *(k for k in SIDES if k < whole), whole
    by = {k: LocalIdealDenoiser(x, SCHEDULE, k, anywhere) for k in sides}
    best = []
    for at in noisy(new, 0):
        guess = denoiser(*at)
        scores = {k: explained(guess, one(*at)) for k, one in by.items()}
        best.append(max(scores, key=scores.get))
    return best


@torch.no_grad()
def predicted(denoiser: md.Denoiser, x: Tensor, new: Tensor, anywhere: bool) -> dict:
    """How much every prediction explains: a number for each level, and of walks."""
    ways = {"local": False} | ({"anywhere": True} if anywhere else {})
    choice, asked = new[:CHOICE], new[CHOICE : CHOICE + ASKED]
    sides = {w: patches_of(denoiser, x, choice, far) for w, far in ways.items()}
    by = {"ideal": md.IdealDenoiser(x, SCHEDULE), "Gaussian": gaussian(x)}
    by |= {way: Patched(x, sides[way], far) for way, far in ways.items()}
    test = noisy(asked, 1)
    guesses = [denoiser(*at) for at in test]
    dice = torch.Generator().manual_seed(9)
    noise = torch.randn(ASKED, *x.shape[1:], generator=dice)
    *_, end = md.ddim(denoiser, noise, SCHEDULE.times(WALK))
    found = {}
    for name, one in by.items():
        pairs = zip(guesses, test, strict=True)
        r2 = [round(explained(y, one(*at)), 4) for y, at in pairs]
        found[name] = {"r2": r2}
        if name != "anywhere":
            *_, other = md.ddim(one, noise, SCHEDULE.times(WALK))
            found[name]["walk"] = round(explained(end, other), 4)
        if name in sides:
            found[name]["sides"] = sides[name]
    return found


def over(runs: list[dict], how) -> dict:
    """A statistic over trainings: {prediction: {"0.2": r2 ..., "walk": r2}}."""
    told = {}
    for name, one in runs[0].items():
        levels = zip(*(run[name]["r2"] for run in runs), strict=True)
        told[name] = {
            f"{at:g}": how(each) for at, each in zip(LEVELS, levels, strict=True)
        }
        if "walk" in one:
            told[name]["walk"] = how([run[name]["walk"] for run in runs])
    return {a: {b: round(v, 4) for b, v in of.items()} for a, of in told.items()}


def row(task: str, runs: list[dict]) -> dict:
    """The line of a task, of trainings that differ by the seed."""
    shape = {"channels": (32, 64), "mid": 1, "attention": TASKS[task][2]}
    net, (x, _) = md.UNet(dims=2, **shape), data(task)
    line = {
        "steps": STEPS,
        "batch": TASKS[task][0],
        "examples": len(x),
        "parameters": sum(p.numel() for p in net.parameters()),
        "multiplications": multiplications(net, x),
        "seeds": len(runs),
        "sides": {way: [run[way]["sides"] for run in runs]
                  for way in ("local", "anywhere") if way in runs[0]},
        "metrics": over(runs, mean),
        "machine": machine(net),
    }  # fmt: skip
    return line | ({"spread": over(runs, stdev)} if len(runs) > 1 else {})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    torch.set_num_threads(1)
    file = args.out / "local.json"
    content = {"again": "python -m bench.local", "n": {"made": ASKED}}
    content |= {"levels": LEVELS, "patches": SIDES, "rows": {}, "runs": {}}
    if file.is_file():
        content = json.loads(file.read_text())
    for task, (_, seeds, _, anywhere) in TASKS.items():
        keys = [f"{task}, {seed}" for seed in seeds]
        for key, seed in zip(keys, seeds, strict=True):
            if key in content["runs"]:
                continue
            x, new = data(task)
            content["runs"][key] = predicted(trained(task, x, seed), x, new, anywhere)
            print(key, json.dumps(content["runs"][key]), flush=True)
            file.write_text(on_one_line(json.dumps(content, indent=1)) + "\n")
        content["rows"][task] = row(task, [content["runs"][key] for key in keys])
        file.write_text(on_one_line(json.dumps(content, indent=1)) + "\n")


if __name__ == "__main__":
    main()
