"""Everything that this project asks a GPU for, in one command.

    bash bench/gpu.sh --out results --train digits sounds
    bash bench/gpu.sh --out rehearsal --device cpu --minutes 1

For a bare machine: Python with torch and what else pyproject.toml asks for, but nothing
that decodes sound, fetches or draws. First one after the other: the tests that need a
GPU, the same seed here and on the CPU, a training that began on the CPU and is handed
back, our net beside its peer. Then, all at once until the minutes are over: the tables
of Part II (`--tables`), and the trainings that were named, each with as many steps as
the time allows, at most its recipe's. A stage that fails leaves its log and stops
nothing else. OUT gets `summary.json`, what each stage wrote, and the logs.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch.utils.data import DataLoader

ROOT = Path(__file__).resolve().parents[1]
PYTEST = [
    "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib",
    "--confcutdir", "tests", "-c", os.devnull, "--rootdir", ".",
    "-o", "pythonpath=. tools book/_ext",
]  # fmt: skip
GROUPS = ("waveforms", "vocoders", "fine", "autoencoders", "latents", "enhance")
MARGIN = 12  # seconds, for what comes after the last step
PROBE = {"cuda": 150, "cpu": 15}  # steps, by which the speed is known


class Stages:
    """Runs stages in processes of their own, until a deadline, and keeps their fate."""

    def __init__(self, out: Path, minutes: float):
        self.out, self.began = out, time.monotonic()
        self.deadline = self.began + 60 * minutes
        self.summary, self.running = {}, {}
        (out / "logs").mkdir(parents=True, exist_ok=True)

    @property
    def left(self) -> float:
        return self.deadline - time.monotonic()

    def start(self, name: str, *arguments) -> None:
        log = open(self.out / "logs" / f"{name}.txt", "w")  # noqa: SIM115
        command = [sys.executable, *map(str, arguments)]
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT, env=environment
        )
        self.running[name] = process, time.monotonic(), log

    def wait(self, names=None, seconds: float = float("inf")) -> None:
        """For these stages, or all; what is not done in time is stopped."""
        for name in list(self.running if names is None else names):
            process, began, log = self.running.pop(name)
            try:
                code = process.wait(max(1, min(seconds, self.left)))
            except subprocess.TimeoutExpired:
                process.terminate()
                process.wait(20)
                code = "stopped: no time was left"
            log.close()
            seconds = round(time.monotonic() - began, 1)
            self.summary[name] = {"ended": code, "seconds": seconds}
            print(f"{name}: {code}, {seconds} s", flush=True)
            self.write()

    def run(self, name: str, seconds: float, *arguments) -> None:
        """A stage alone, for so many seconds at most: others must not starve."""
        self.start(name, *arguments)
        self.wait([name], seconds)

    def write(self) -> None:
        text = json.dumps(self.summary, indent=1) + "\n"
        (self.out / "summary.json").write_text(text)


def same(device: str, out: Path) -> None:
    """The same seed on the CPU and here: how far apart the sounds of each model are."""
    import minidiff as md
    from bench.compare import machine
    from minidiff.models import shelf
    from minidiff.models.model import Model

    rows, brief = {}, device == "cpu"
    for name in shelf.shipped():
        model = md.load(name)
        if not isinstance(model, Model):
            continue
        asked = {"n": 1 if brief else 4, "steps": 2 if brief else None, "seed": 5}
        there, here = (
            model.generate(model.labels[0], device=d, **asked).double()
            for d in ("cpu", device)
        )
        apart = (there - here).square().sum() / there.square().sum()
        decibels = 10 * apart.clamp(min=1e-20).log10().item()
        rows[name] = {"difference_db": round(decibels, 1)}
        print(name, rows[name], flush=True)
    found = {"machine": machine(device), "rows": rows}
    (out / "same.json").write_text(json.dumps(found, indent=1) + "\n")


def handed_over(device: str, out: Path) -> None:
    """A training that is begun on the CPU, goes on here, and ends on the CPU."""
    sys.path.insert(0, str(ROOT / "tests"))
    import tiny

    from minidiff.models import recipes, run

    recipes.RECIPES["tiny"] = tiny.RECIPE
    rows = {}
    for name, places in {
        "cpu": ("cpu", "cpu", "cpu"),
        "handed over": ("cpu", device, "cpu"),
    }.items():
        with tempfile.TemporaryDirectory() as folder:
            for stop, place in zip((60, 120, 200), places, strict=True):
                for step in run.train("tiny", folder, 200, 20, device=place):
                    if step.index == stop < 200:
                        break
            rows[name] = step.loss
    print(rows, flush=True)
    assert abs(rows["cpu"] - rows["handed over"]) < 0.1 * rows["cpu"], rows
    (out / "handed-over.json").write_text(json.dumps(rows, indent=1) + "\n")


def together(name: str, names: list[str], out: Path, seconds: float = 120) -> None:
    """Wait until all of these have their data: only then can speed be measured."""
    (out / f"{name}.ready").touch()
    until = time.monotonic() + seconds
    while time.monotonic() < until and not all(
        (out / f"{other}.ready").exists() for other in names
    ):
        time.sleep(0.1)


def needs(recipe) -> str | None:
    """The model that must be trained before this one can be."""
    return getattr(recipe, "clap", None)


def wait_for(model: Path, seconds: float = 400) -> None:
    """Until another stage has trained it; then it is among those that ship, here."""
    from minidiff.models import shelf

    until = time.monotonic() + seconds
    while not (model / "model.safetensors").exists() and time.monotonic() < until:
        time.sleep(0.5)
    shutil.copytree(model, shelf.WEIGHTS / model.name, dirs_exist_ok=True)


def lesson(
    name: str, names: list[str], device: str, out: Path, until: float, whole: bool
) -> None:
    """Train a recipe for as many of its steps as fit before `until` (monotonic).

    names: of all recipes that are trained at the same time, but for one that needs
    another one, which begins when that is done. whole: all of its steps, since others
    may end before.
    """
    from bench.made import made
    from minidiff.models import run
    from minidiff.models.recipes import RECIPES
    from minidiff.train import fit

    recipe, first = RECIPES[name], [n for n in names if not needs(RECIPES[n])]
    if needs(recipe):
        wait_for(out / needs(recipe))
    share = min(4, os.cpu_count() or 1)
    examples = recipe.examples(made(recipe.data("train"), share))
    type(recipe).examples = lambda *_: examples  # for `run.train`: not made twice
    learner = recipe.build(examples.names).to(device)
    x0, cond = next(iter(DataLoader(examples, recipe.batch)))
    if name in first:
        together(name, first, out)
    probe = PROBE[torch.device(device).type]
    for step in fit(learner, [(x0, cond)], probe):
        if step.index == probe // 5:
            began = time.monotonic()
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize()
    each = (time.monotonic() - began) / (probe - probe // 5)
    fits = int(0.85 * (until - MARGIN - time.monotonic()) / each)
    steps = recipe.steps if whole else min(recipe.steps, max(1, fits))
    every = max(1, int(60 / each))
    print(f"{name}: {1 / each:.1f} steps a second, {steps} steps", flush=True)
    for step in run.train(name, out / name, steps, every, device=device):
        if step.index % every == 0:
            print(step.index, round(step.loss, 4), flush=True)


def rows(group: str, seed: int, device: str, out: Path, steps: int) -> None:
    """Train the rows of a table with one seed; judge them if the rulers are here."""
    from bench import budget, judged

    for name, recipe in budget.GROUPS[group].items():
        folder = budget.place(out / "nets", group, name, seed)
        if not budget.known(folder, recipe, steps):
            budget.train(recipe, steps, seed, device, folder)
        if judged.possible(recipe):
            judged.verdict(folder, recipe, device)
        print(name, "done", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--minutes", type=float, default=9)
    parser.add_argument("--skip", nargs="*", default=[], help="of the first stages")
    parser.add_argument("--tables", nargs="*", default=[], choices=GROUPS)
    parser.add_argument("--steps", type=int, default=1000, help="of the tables")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="too")
    parser.add_argument("--train", nargs="*", default=[], help="recipes")
    parser.add_argument(
        "--whole", action="store_true", help="all their steps, whether they fit or not"
    )
    parser.add_argument("--stage", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--until", type=float, help=argparse.SUPPRESS)
    args = parser.parse_args()
    out, device = args.out.resolve(), args.device
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    if args.stage == "same":
        return same(device, out)
    if args.stage == "handed-over":
        return handed_over(device, out)
    if args.stage in GROUPS:
        return rows(args.stage, args.seed, device, out, args.steps)
    if args.stage:
        return lesson(args.stage, args.train, device, out, args.until, args.whole)

    stages = Stages(out, args.minutes)
    own = ["-m", "bench.gpu", "--out", out, "--device", device, "--stage"]
    quick = [] if device == "cuda" else ["--quick"]
    peer = ["-m", "bench.compare", "--device", device, "--out", out]
    first = {
        "tests": [90, *PYTEST, "-k", "cuda or gpu", "tests/nets", "tests/test_gpu.py"],
        "same": [60, *own, "same"],
        "handed-over": [60, *own, "handed-over"],
        "compare": [90, *peer, *quick],
    }
    for name, (seconds, *arguments) in first.items():
        if name not in args.skip:
            stages.run(name, seconds, *arguments)
    for group in args.tables:
        for seed in args.seeds:
            what = [group, "--seed", seed, "--steps", args.steps]
            stages.start(f"{group}-{seed}", *own, *what)
    for name in args.train:
        what = [name, "--until", stages.deadline, "--train", *args.train]
        what += ["--whole"] if args.whole else []
        stages.start(name, *own, *what)
    stages.wait()
    if "compiled" not in args.skip and device == "cuda":  # takes minutes: so at last
        stages.run("compiled", stages.left, *peer, "--compiled")


if __name__ == "__main__":
    main()
