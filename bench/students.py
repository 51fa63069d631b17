"""The students of `bench.few`: one teacher, one loop, one price, six ways to learn.

All begin with the weights of `digits`. Those that are told how far to go
(`fast.average`) have a small embedder more, and hear the same weights as velocities
(`fast.straight`). The price of a step is counted in multiplications, and each takes as
many steps as `--steps` of the plain loss cost; for "more training", the control, these
are its own. What is half done is gone on with.
"""

import json
import time
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader

from bench.budget import multiplications
from minidiff.denoiser import Denoiser
from minidiff.fast.average import WAY
from minidiff.fast.consistency import Tuned
from minidiff.fast.distillation import Distilled
from minidiff.fast.meanflow import MeanFlow
from minidiff.fast.progressive import Halved
from minidiff.fast.shortcut import Shortcut
from minidiff.fast.straight import Straight
from minidiff.models import checkpoint
from minidiff.models.card import write_weights
from minidiff.models.model import load
from minidiff.models.recipes import RECIPES
from minidiff.models.run import machine
from minidiff.models.stored import weights_in
from minidiff.nets import build
from minidiff.schedule import noise_times
from minidiff.train import Shuffled, fit

TEACHER = "digits"
BATCH, LR, SEED = 16, 3e-4, 0
HALVINGS = (8, 4, 2, 1)  # steps of the progressive students; the first teacher's: 16
NAMES = ("more training", "progressive", "distilled", "tuned", "shortcut", "mean flow")
PLAIN = NAMES[0]


def told_the_way(teacher) -> Straight:
    """The teacher's net, with a condition more."""
    settings = dict(teacher.settings["net"])
    settings["classes"] = settings["classes"] | {WAY: ("vectors", 2)}
    return Straight(build(**settings), teacher.denoiser)


def learner_of(name: str, teacher, steps: int, before: nn.Module | None = None):
    """A learner of that name. before: the last student, of a progressive one."""
    denoiser = teacher.denoiser
    if name == PLAIN:
        return Denoiser(build(**teacher.settings["net"]), denoiser.schedule, "v")
    if name == "progressive":
        last = before or Halved(denoiser, noise_times(denoiser.schedule, 16))
        return Halved(after(last), last.times) if before else last
    if name == "distilled":
        return Distilled(denoiser, halve=max(1, steps // 4))
    if name == "tuned":
        return Tuned(denoiser, halve=max(1, steps // 8))
    return {"shortcut": Shortcut, "mean flow": MeanFlow}[name](told_the_way(teacher))


def after(student: Halved) -> Denoiser:
    """A student as the next one's teacher."""
    return Denoiser(student.net, student.schedule, student.predicts, student.drop)


def fresh(name: str, teacher, steps: int) -> nn.Module:
    """One that has learned nothing; its new weights are the same every time."""
    with torch.random.fork_rng():
        torch.manual_seed(SEED)
        learner = learner_of(name, teacher, steps)
    if name == PLAIN:
        learner.net.load_state_dict(teacher.denoiser.net.state_dict())
    return learner


def taught(name: str, steps: int, out: Path, every: int = 50) -> None:
    """Train one student, so far as it is not trained, into `out/name`."""
    folder = out / name.replace(" ", "-")
    if (folder / "budget.json").is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    teacher = load(TEACHER)
    examples = RECIPES[TEACHER].examples(RECIPES[TEACHER].data("train"))
    plain = multiplications(fresh(PLAIN, teacher, 1), examples, BATCH)
    price = multiplications(fresh(name, teacher, 1), examples, BATCH)
    own = max(1, round(steps * plain / price))
    stages = HALVINGS if name == "progressive" else (0,)
    learner, spent = fresh(name, teacher, own), 0.0
    for k, stage in enumerate(stages):
        if k:
            learner = learner_of(name, teacher, own, learner)
        spent += lesson(learner, examples, own // len(stages), folder, stage, every)
    budget = {
        "steps": own, "batch": BATCH, "lr": LR, "seed": SEED, "price": price,
        "multiplications": price * own, "seconds": round(spent),
        "teacher": teacher.card["sha256"], "machine": machine(learner),
    }  # fmt: skip
    (folder / "budget.json").write_text(json.dumps(budget, indent=1) + "\n")


def lesson(
    learner, examples, steps: int, folder: Path, stage: int, every: int
) -> float:
    """One training, kept as `stage.safetensors`; seconds that it took."""
    done, file = folder / f"{stage}.safetensors", folder / f"{stage}.pt"
    if done.is_file():
        learner.net.load_state_dict(weights_in(done))
        return json.loads((folder / f"{stage}.json").read_text())
    run = {"steps": steps, "batch": BATCH, "lr": LR, "seed": SEED}
    state, spent = checkpoint.resume(file, run)
    start = state["index"] if state else 0
    loader = DataLoader(
        examples, batch_sampler=Shuffled(examples, BATCH, SEED + stage, start)
    )
    began = time.process_time() - spent
    for step in fit(learner, loader, steps, lr=LR, seed=SEED + stage, state=state):
        if step.index % every == 0 or step.index == 1:
            told = f"{step.index} of {steps}, loss {step.loss:.4f}"
            print(folder.name, stage, told, flush=True)
        if step.index % every == 0 and step.index < steps:
            seconds = time.process_time() - began
            content = {"run": run, "state": step.state, "seconds": seconds}
            checkpoint.keep(file, content)
    seconds = round(time.process_time() - began, 1)
    (folder / f"{stage}.json").write_text(json.dumps(seconds))
    write_weights(done, learner.net, {})
    learner.net.load_state_dict(weights_in(done))  # as one that goes on finds them
    checkpoint.drop(file)
    return seconds


def trained(name: str, out: Path, teacher) -> dict[int, nn.Module]:
    """A student that is there, by the number of steps it is for; 0: for any."""
    folder, found = out / name.replace(" ", "-"), {}
    for file in folder.glob("*.safetensors"):
        learner = fresh(name, teacher, 1)
        learner.net.load_state_dict(weights_in(file))
        found[int(file.stem)] = learner.eval().requires_grad_(False)
    return found if (folder / "budget.json").is_file() else {}


def stops(schedule, n: int) -> torch.Tensor:
    """Where a progressive student of n steps stops: every so many of 16 steps."""
    return noise_times(schedule, 16)[:: 16 // n]
