"""Runs: a training that follows a recipe, and may be killed at any moment."""

import hashlib
import json
import platform
import re
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from .. import data, valid
from ..digest import digest
from ..train import Shuffled, Step, fit, main_process, processes
from . import checkpoint as checkpoints
from . import model as models
from . import place
from .card import save, write_weights
from .recipe import Recipe
from .recipes import RECIPES

OWN = {  # instead of a recipe's `about`, for a model of the reader's recordings
    "title": "Sounds like your own recordings",
    "licence": "what the recordings allow: see the book's page on responsible use",
}


def train(
    name: str,
    out: str | Path,
    steps: int | None = None,
    every: int = 500,
    seed: int | None = None,
    device: str | None = None,
    folder: str | Path | None = None,
    tell: Callable[[str], object] = print,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Step]:
    """Follow a recipe; a generator of steps that leaves a model in the folder `out`.

    Writes `checkpoint.pt` every `every` steps, in one move, and goes on from one that
    it finds there: on one kind of processor the weights depend on nothing but recipe,
    seed and steps. folder: the reader's own recordings, one class per subfolder,
    instead of the recipe's data. tell: hears what will be learned from them. stop: is
    asked after every step; where it says yes there is a checkpoint, and that was the
    last. Raises ValueError for an unknown recipe, a checkpoint or a model of another
    run, and an `out` that cannot be written, lies in `folder`, or is written to.
    """
    recipe = RECIPES[valid.choice(name, RECIPES, "name of a recipe")]
    device = valid.device(device or models.device())
    steps = valid.whole(recipe.steps if steps is None else steps, "steps", 1)
    seed = valid.seed(recipe.seed if seed is None else seed)
    valid.whole(every, "every", 1)
    out = valid.path(out, "out")
    waves, clips, about = source(recipe, folder, out, tell)
    run = {"recipe": name, "steps": steps, "seed": seed}
    same = run | {"processes": processes()}
    same |= {key: str(getattr(recipe, key)) for key in recipe.decisive}
    same["data"] = clips
    place.writable(out)
    file = out / checkpoints.NAME
    with place.claimed(out) if main_process() else nullcontext():
        state, spent = checkpoints.resume(file, same)
        if place.finished(out, about | run):
            if main_process():
                tell(f"{out} holds the model of this very run already")
            return
        examples = recipe.examples(waves)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)  # of the weights before training
            learner = recipe.build(examples.names).to(device)
        start = state["index"] * processes() if state else 0
        batches = Shuffled(examples, recipe.batch, seed, start)
        loader = DataLoader(examples, batch_sampler=batches)

        began = time.perf_counter() - spent
        options = {"lr": recipe.lr, "seed": seed, "state": state}
        for step in fit(learner, loader, steps, **options):
            halt = step.index < steps and stop()
            due = step.index < steps and step.index % every == 0
            if main_process() and (halt or due):
                seconds = time.perf_counter() - began
                content = {"run": same, "state": step.state, "seconds": seconds}
                checkpoints.keep(file, content)
            if main_process() and step.index in getattr(recipe, "early", ()):
                early = out / f"early-{step.index}.safetensors"
                write_weights(early, step.ema.net, {})
            yield step
            if halt:
                return

        if main_process():
            card = about | run | {"batch": recipe.batch * processes(), "lr": recipe.lr}
            card["seconds"] = round(time.perf_counter() - began)
            card["machine"] = machine(learner)
            net = recipe.finish(learner, examples)
            save(out, net, recipe.settings(examples), card, recipe.bits)


def source(
    recipe: Recipe, folder: str | Path | None, out: Path, tell: Callable
) -> tuple[Dataset, dict[str, str] | None, dict]:
    """What is learned from: waves, digests of the reader's clips, and for the card."""
    if folder is None:
        return recipe.data("train"), None, recipe.about
    folder = valid.path(folder, "data")
    place.apart(out, folder)
    waves = recorded(recipe, folder)
    if main_process():
        tell(waves.summary)
    pairs = list(zip(waves.keys, waves.files, strict=True))
    clips = {key: digest([file]) for key, file in tqdm(pairs, delay=3, leave=False)}
    every = hashlib.sha256(json.dumps(clips, sort_keys=True).encode()).hexdigest()
    return waves, clips, OWN | {"data": str(folder), "data_sha256": every}


def recorded(recipe: Recipe, folder: str | Path) -> Dataset:
    """The reader's own recordings, in the form that the recipe wants."""
    with warnings.catch_warnings(action="ignore"):  # the summary says it all
        return data.folder(folder, recipe.front.sample_rate, recipe.samples)


def machine(module: nn.Module) -> str:
    """The hardware that trained, in words."""
    device = next(module.parameters()).device
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    processor = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists() and (name := re.search(r"model name\s*: (.*)", info.read_text())):
        processor = name[1]
    threads = torch.get_num_threads()
    return f"{threads} thread{'s' * (threads > 1)} of a CPU ({processor})"
