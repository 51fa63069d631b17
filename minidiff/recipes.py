"""Recipes: all that makes a model what it is, and the training that follows one."""

import os
import pickle
import platform
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from . import data, models, valid
from . import schedule as schedules
from .audio import MelSpec
from .denoiser import Denoiser
from .nets import UNet
from .train import Shuffled, Step, fit


@dataclass(frozen=True)
class Recipe:
    """Data set, front end, net, schedule and training of one model.

    data: called with a split, "train" or "test", gives pairs (wave, labels).
    samples: length of a wave. spec: front end. channels: of the `UNet`, whose classes
    are those of the data.
    sampler, sampler_steps, scale: what `generate` does unless told otherwise.
    about: title, licence and source of the data, for the card.
    judge_steps: training of the classifier that `evaluate` listens with.
    """

    data: Callable[[str], Dataset]
    samples: int
    spec: MelSpec
    channels: tuple[int, ...]
    steps: int
    about: dict
    batch: int = 16
    lr: float = 1e-3
    schedule: str = "Cosine"
    predicts: str = "v"
    sampler: str = "dpmpp_2m"
    sampler_steps: int = 20
    scale: float = 1.15
    judge_steps: int = 1200


OWN = {  # instead of a recipe's `about`, for a model of the reader's recordings
    "title": "Sounds like your own recordings",
    "licence": "what the recordings allow: see the book's page on responsible use",
}
RECIPES = {
    "digits": Recipe(
        data=lambda split: data.digits(split, samples=6400),
        samples=6400,
        spec=MelSpec(8000, n_fft=512, hop_length=160, n_mels=64),
        channels=(32, 64, 128),
        steps=5000,
        about={
            "title": "A spoken digit, zero to nine, in one of six voices",
            "data": "Free Spoken Digit Dataset at commit 26eb9aa, training split",
            "licence": (
                "weights CC BY-SA 4.0, as the recordings: name the Free Spoken Digit "
                "Dataset and share changed weights alike. The sounds resemble six real "
                "people; do not pass them off as theirs"
            ),
        },
    ),
    "sounds": Recipe(
        data=lambda split: data.sounds({"train": 3600, "test": 360}[split], split),
        samples=16_384,
        spec=MelSpec(16_000, n_fft=1024, hop_length=256, mean=-55.0, std=23.0),
        channels=(24, 48, 96),
        steps=6500,
        schedule="LinearBeta",
        scale=1.3,
        judge_steps=600,
        about={
            "title": "Twelve sounds of the garden, rain to hi-hat",
            "data": "the procedural sound garden, made by this package",
            "licence": "weights MIT, as the code that makes the sounds",
        },
    ),
}


class Mels(Dataset):
    """A data set of waves, encoded once: (mel (1, n_mels, frames), labels by name)."""

    def __init__(self, waves: Dataset, spec: MelSpec):
        self.names = label_names(waves)
        pairs = [waves[i] for i in range(len(waves))]
        wave = torch.stack([x for x, _ in pairs])
        self.mels = torch.cat([spec.encode(part) for part in wave.split(100)])
        self.labels = {
            name: torch.stack([by_name(y, self.names)[name] for _, y in pairs])
            for name in self.names
        }

    def __len__(self) -> int:
        return len(self.mels)

    def __getitem__(self, i: int) -> tuple[Tensor, dict[str, Tensor]]:
        return self.mels[i], {name: y[i] for name, y in self.labels.items()}

    def counts(self) -> dict[str, list[int]]:
        """How often each class occurs, label by label."""
        return {
            name: torch.bincount(y, minlength=len(self.names[name])).tolist()
            for name, y in self.labels.items()
        }


def label_names(waves: Dataset) -> dict[str, list[str]]:
    """Class names by label; a data set with one label calls it "label"."""
    return getattr(waves, "label_names", None) or {"label": list(waves.names)}


def by_name(labels, names: dict) -> dict[str, Tensor]:
    return labels if isinstance(labels, dict) else {next(iter(names)): labels}


def build(recipe: Recipe, names: dict[str, list[str]]) -> Denoiser:
    """The recipe's denoiser for these labels, its weights still random."""
    net = UNet(channels=recipe.channels, classes={k: len(v) for k, v in names.items()})
    return Denoiser(net, getattr(schedules, recipe.schedule)(), recipe.predicts)


def train(
    name: str,
    out: str | Path,
    steps: int | None = None,
    every: int = 500,
    seed: int = 0,
    device: str | None = None,
    folder: str | Path | None = None,
) -> Iterator[Step]:
    """Follow a recipe; a generator of steps that leaves a model in the folder `out`.

    Writes `checkpoint.pt` every `every` steps, in one move, and goes on from one that
    it finds there: the weights depend on nothing but recipe, seed and steps. folder:
    the reader's own recordings, one class per subfolder, instead of the recipe's data.
    Raises ValueError for an unknown recipe, a checkpoint of another run, and an `out`
    that cannot be written.
    """
    recipe = RECIPES[valid.choice(name, RECIPES, "name of a recipe")]
    steps = valid.whole(recipe.steps if steps is None else steps, "steps", 1)
    run = {"recipe": name, "steps": steps, "seed": valid.whole(seed, "seed", 0)}
    if folder is not None:
        run["data"] = str(folder)
    valid.whole(every, "every", 1)
    out = writable(out)
    checkpoint = out / "checkpoint.pt"
    state, spent = resume(checkpoint, run)
    torch.manual_seed(seed)  # of the weights before training
    mels = Mels(recorded(recipe, folder), recipe.spec)
    denoiser = build(recipe, mels.names).to(device or models.device())
    world = int(os.environ.get("WORLD_SIZE", 1))
    start = state["index"] * world if state else 0
    batches = Shuffled(mels, recipe.batch, seed, start)
    loader = DataLoader(mels, batch_sampler=batches)

    began = time.perf_counter()
    options = {"lr": recipe.lr, "seed": seed, "state": state}
    for step in fit(denoiser, loader, run["steps"], **options):
        if main_process() and step.index % every == 0 and step.index < run["steps"]:
            seconds = spent + time.perf_counter() - began
            keep(checkpoint, {"run": run, "state": step.state, "seconds": seconds})
        yield step

    if main_process():
        seconds = spent + time.perf_counter() - began
        card = (
            (recipe.about if folder is None else OWN)
            | run
            | {"batch": recipe.batch * world, "lr": recipe.lr}
        )
        card |= {"seconds": round(seconds), "machine": machine(denoiser)}
        models.save(out, denoiser, settings(recipe, denoiser, mels), card)


def recorded(recipe: Recipe, folder: str | Path | None) -> Dataset:
    """The recipe's training set, or the reader's own recordings in its form."""
    if folder is None:
        return recipe.data("train")
    return data.folder(folder, recipe.spec.sample_rate, recipe.samples)


def settings(recipe: Recipe, denoiser: Denoiser, mels: Mels) -> dict:
    """What a model file must hold so that `load` needs no recipe."""
    return {
        "net": {
            "channels": list(recipe.channels),
            "classes": {name: len(names) for name, names in mels.names.items()},
        },
        "schedule": recipe.schedule,
        "predicts": recipe.predicts,
        "spec": recipe.spec.settings(),
        "frames": mels.mels.shape[-1],
        "labels": mels.names,
        "counts": mels.counts(),
        "sampler": recipe.sampler,
        "steps": recipe.sampler_steps,
        "scale": recipe.scale,
    }


def writable(out: str | Path) -> Path:
    """`out` as a folder that exists and takes files."""
    out = Path(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".probe"
        probe.write_bytes(b"?")
        probe.unlink()
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
    try:
        content = torch.load(checkpoint, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise ValueError(
            f"out: {checkpoint} was altered or cut short: delete it or choose another "
            "folder"
        ) from error
    if content["run"] != run:
        raise ValueError(
            f"out: {checkpoint} belongs to another run ({content['run']}, "
            f"not {run}); choose another folder"
        )
    return content["state"], content["seconds"]


def main_process() -> bool:
    """Whether this is the process that writes files, under `accelerate launch`."""
    return int(os.environ.get("RANK", 0)) == 0


def machine(denoiser: Denoiser) -> str:
    """The hardware that trained, in words."""
    device = next(denoiser.parameters()).device
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    processor = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists() and (name := re.search(r"model name\s*: (.*)", info.read_text())):
        processor = name[1]
    threads = torch.get_num_threads()
    return f"{threads} thread{'s' * (threads > 1)} of a CPU ({processor})"
