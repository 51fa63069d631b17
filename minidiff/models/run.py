"""Runs: a training that follows a recipe, and may be killed at any moment."""

import io
import os
import platform
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from .. import data, valid
from ..digest import digest
from ..train import Shuffled, Step, fit
from . import model as models
from .card import save
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
) -> Iterator[Step]:
    """Follow a recipe; a generator of steps that leaves a model in the folder `out`.

    Writes `checkpoint.pt` every `every` steps, in one move, and goes on from one that
    it finds there: on one kind of processor the weights depend on nothing but recipe,
    seed and steps. folder: the reader's own recordings, one class per subfolder,
    instead of the recipe's data. Raises ValueError for an unknown recipe, a checkpoint
    of another run, and an `out` that cannot be written.
    """
    recipe = RECIPES[valid.choice(name, RECIPES, "name of a recipe")]
    device = valid.device(device or models.device())
    steps = valid.whole(recipe.steps if steps is None else steps, "steps", 1)
    seed = valid.whole(recipe.seed if seed is None else seed, "seed", 0)
    run = {"recipe": name, "steps": steps, "seed": seed}
    valid.whole(every, "every", 1)
    out = writable(out)
    checkpoint = out / "checkpoint.pt"
    world = int(os.environ.get("WORLD_SIZE", 1))
    same = run | {"processes": world}
    same |= {key: str(getattr(recipe, key)) for key in recipe.decisive}
    same["data"] = None if folder is None else digest_of_folder(folder)
    state, spent = resume(checkpoint, same)
    examples = recipe.examples(recorded(recipe, folder))
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)  # of the weights before training
        learner = recipe.build(examples.names).to(device)
    start = state["index"] * world if state else 0
    batches = Shuffled(examples, recipe.batch, seed, start)
    loader = DataLoader(examples, batch_sampler=batches)

    began = time.perf_counter()
    options = {"lr": recipe.lr, "seed": seed, "state": state}
    for step in fit(learner, loader, run["steps"], **options):
        if main_process() and step.index % every == 0 and step.index < run["steps"]:
            seconds = spent + time.perf_counter() - began
            keep(checkpoint, {"run": same, "state": step.state, "seconds": seconds})
        yield step

    if main_process():
        seconds = spent + time.perf_counter() - began
        card = (
            (recipe.about if folder is None else OWN | {"data": str(folder)})
            | run
            | {"batch": recipe.batch * world, "lr": recipe.lr}
        )
        card |= {"seconds": round(seconds), "machine": machine(learner)}
        net = recipe.finish(learner, examples)
        save(out, net, recipe.settings(examples), card)


def recorded(recipe: Recipe, folder: str | Path | None) -> Dataset:
    """The recipe's training set, or the reader's own recordings in its form."""
    if folder is None:
        return recipe.data("train")
    return data.folder(folder, recipe.front.sample_rate, recipe.samples)


def digest_of_folder(folder: str | Path) -> str:
    """SHA-256 of the names and bytes of all files in a folder and its subfolders."""
    folder = Path(folder).expanduser()
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return digest(files, lambda file: str(file.relative_to(folder)))


def writable(out: str | Path) -> Path:
    """`out` as a folder that exists and takes files."""
    out = Path(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".probe"
        probe.write_bytes(b"?")
        probe.unlink(missing_ok=True)  # another process of this run may have done it
    except OSError as error:
        raise ValueError(f"out: cannot write to {out} ({error.strerror})") from error
    return out


def keep(checkpoint: Path, content: dict) -> None:
    """Write a checkpoint beside the old one, then move: never half a file."""
    part = checkpoint.with_suffix(".part")
    try:
        torch.save(content, part)
        os.replace(part, checkpoint)
    except (OSError, RuntimeError) as error:  # torch reports a full disk as the latter
        part.unlink(missing_ok=True)
        raise ValueError(
            f"out: could not write {checkpoint} ({error}); the last checkpoint is kept"
        ) from error


def resume(checkpoint: Path, run: dict) -> tuple[dict | None, float]:
    """State and seconds spent of the run that a checkpoint holds, if there is one."""
    if not checkpoint.is_file():
        return None, 0.0
    content = io.BytesIO(checkpoint.read_bytes())
    try:
        if zipfile.ZipFile(content).testzip():
            raise ValueError("a part does not have its checksum")
        content.seek(0)
        content = torch.load(content, map_location="cpu", weights_only=True)
        found, state, spent = (content[key] for key in ("run", "state", "seconds"))
    except MemoryError:  # of the machine, not of the file
        raise
    except Exception as error:  # half a file can fail at anything
        raise ValueError(
            f"out: {checkpoint} was altered or cut short: delete it or choose another "
            "folder"
        ) from error
    if found != run:
        keys = [key for key in found | run if found.get(key) != run.get(key)]
        other = ", ".join(f"{k}: {found.get(k)}, not {run.get(k)}" for k in keys)
        raise ValueError(
            f"out: {checkpoint} belongs to another run ({other}); choose another folder"
        )
    return state, spent


def main_process() -> bool:
    """Whether this is the process that writes files, under `accelerate launch`."""
    return int(os.environ.get("RANK", 0)) == 0


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
