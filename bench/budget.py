"""Trainings of as many steps, side by side: the tables of Part II.

    python -m bench.budget latents                         # trains, judges, writes
    python -m bench.budget waveforms --steps 20 --seeds 0  # a quick look

Each row is a recipe, trained from scratch for so many steps, once for every seed, then
judged as a shipped model would be. Two prices stand beside it: the multiplications of a
step, counted, which are the same on every machine, and the seconds. The trained nets
stay in a folder, so that one machine may train and another, which has the recordings
and the rulers pesq and pystoi, may judge:

    python -m bench.budget vocoders --device cuda --train-only --nets nets
    python -m bench.budget vocoders --judge-only --nets nets

The table, NAME.json with NAME.safetensors, goes where the chapters read it, or to OUT.
Several commands may train at once, one a seed; --judge-only then puts together whatever
is there and judges nothing twice. `--beside FOLDER` judges a vocoder of other bands,
trained whole, and puts its row among the yardsticks.
"""

import argparse
import collections
import json
import re
import time
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.data import DataLoader, Subset
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm

from bench import judged
from bench.judged import Held, held
from minidiff import valid
from minidiff.measured import FOLDER
from minidiff.models import run
from minidiff.models.card import card_in, save
from minidiff.models.ears import load_ears
from minidiff.models.model import load
from minidiff.models.recipes import RECIPES
from minidiff.train import Shuffled, fit


def spoken(split: str):
    """All the training recordings, but a third of the test: to walk all of them with a
    net at full rate would take longer than its training."""
    words = RECIPES["digits-vocoder-64"].data(split)
    return words if split == "train" else Subset(words, range(0, len(words), 3))


DRUMS, SOUNDS = RECIPES["drums-waveform"], RECIPES["sounds"]
MELS, LATENT = RECIPES["sounds-autoencoder"], RECIPES["sounds-latent"]
VOICE = replace(RECIPES["digits-vocoder-64"], data=spoken)
COARSE = replace(VOICE, spec=replace(VOICE.spec, n_mels=32), ear=VOICE.spec)
FINE = replace(RECIPES["digits-vocoder"], data=spoken, judge="digits")
DIFFWAVE = {"type": "DiffWave", "channels": 32, "layers": 12, "cycle": 12}
WAVEGRAD = {"type": "WaveGrad", "factors": (5, 4, 4, 2), "channels": (96, 64, 48, 32)}
MEL_UNET = {"type": "UNet", "channels": (24, 48, 96)}
PATCH_UNET = {"type": "UNet", "channels": (48, 96, 128), "patch": 2}
# mels with as many sounds and the guidance that the nets on latents have
GARDEN = replace(
    SOUNDS, data=LATENT.data, scale=LATENT.scale, between=None, judge="sounds"
)
ENHANCE = RECIPES["digits-enhance"]
LATENT_UNET = {"type": "UNet", "in_channels": 4, "channels": (64, 128)}
PRICE = 4e-3  # kl * compression: what a nat costs, the same at every size

GROUPS = {
    "waveforms": {
        "DiffWave": replace(DRUMS, net=DIFFWAVE),
        "U-Net on waveforms": DRUMS,
        "U-Net on mels": replace(DRUMS, spec=DRUMS.ear, net=MEL_UNET),
    },
    "vocoders": {
        "DiffWave": replace(
            VOICE, net=DIFFWAVE | {"factors": (16, 10)}, prior=False, start=False
        ),
        "WaveGrad": replace(VOICE, net=WAVEGRAD, prior=False, start=False),
        "U-Net": replace(VOICE, prior=False, start=False),
        "U-Net, prior": replace(VOICE, start=False),
        "U-Net, prior, start": VOICE,
        "U-Net, prior, start, 32 bands": COARSE,
    },
    "fine": {"fine magnitudes": FINE},
    "autoencoders": {
        f"{16 // n}x": replace(MELS, net=MELS.net | {"latent": n, "kl": PRICE * n / 16})
        for n in (4, 2, 1)
    },
    "latents": {
        "U-Net on mels": replace(GARDEN, net=MEL_UNET),
        "U-Net on mels, patch 2": replace(GARDEN, net=PATCH_UNET),
        "U-Net on latents": replace(LATENT, net=LATENT_UNET, batch=16),
        "DiT on latents": replace(LATENT, batch=16),
    },
    "enhance": {
        way: replace(ENHANCE, way=way) for way in ("regression", "diffusion", "bridge")
    },
}


def stated(recipe) -> dict:
    """A recipe as JSON holds it, without what the steps or the row's name tell."""
    left_out = (
        "data", "about", "ear", "early", "eta", "steps", "judge_steps", "seed",
        "vocoder", "bits",
    )  # fmt: skip
    said = {key: value for key, value in vars(recipe).items() if key not in left_out}
    front = recipe.spec
    said |= {"spec": front if isinstance(front, str) else front.settings()}
    return json.loads(json.dumps(said))


def place(nets: str | Path, group: str, name: str, seed: int) -> Path:
    """The folder of one training."""
    return Path(nets) / group / re.sub(r"\W+", "-", name.lower()) / str(seed)


def known(folder: Path, recipe, steps: int) -> bool:
    """Whether a training by this recipe, so many steps long, lies in that folder."""
    if not (folder / "model.safetensors").is_file():
        return False
    budget = card_in(folder)["budget"]
    return (budget["recipe"], budget["steps"]) == (stated(recipe), steps)


def train(recipe, steps: int, seed: int, device: str, folder: Path) -> None:
    """One training, kept in its folder with what it cost."""
    examples = examples_of(recipe, device)
    torch.manual_seed(seed)
    learner = recipe.build(examples.names)
    budget = {
        "recipe": stated(recipe),
        "parameters": sum(p.numel() for p in learner.parameters()),
        "multiplications": multiplications(learner, examples, recipe.batch),
        "steps": steps,
    }
    learner.to(device)
    batches = Shuffled(examples, recipe.batch, seed)
    loader = DataLoader(examples, batch_sampler=batches)
    lesson = fit(learner, loader, steps, lr=recipe.lr, seed=seed)
    began = clock(device)
    collections.deque(tqdm(lesson, total=steps, disable=None), maxlen=0)
    budget |= {"seconds": clock(device) - began, "machine": run.machine(learner)}
    net = recipe.finish(learner, examples)
    card = recipe.about | {"budget": budget}
    (folder / "verdict.json").unlink(missing_ok=True)  # of another net
    save(folder, net, recipe.settings(examples), card)


EXAMPLES = {}  # the last ones: rows that follow each other often share them


def examples_of(recipe, device: str):
    """What the training sees, on its device."""
    gifts = [getattr(recipe, name, None) for name in ("prior", "start")]
    key = (recipe.data, recipe.spec, *gifts)
    if key not in EXAMPLES:
        EXAMPLES.clear()
        if recipe.endless:
            waves = recipe.data("train")
        else:
            waves = Held(held(recipe.data, "train"), device)
        EXAMPLES[key] = recipe.examples(waves)
    return EXAMPLES[key]


def multiplications(learner: nn.Module, examples, batch: int) -> int:
    """Of one step of training, there and back, in convolutions and matrix products."""
    x0, cond = next(iter(DataLoader(examples, batch)))
    cond = {name: value.cpu() for name, value in cond.items()}
    chance = torch.Generator().manual_seed(0)
    # attention as plain products: those of the fast kernels are not counted on a CPU
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        learner.loss(x0.cpu(), cond, chance).backward()
    learner.zero_grad()
    return counter.get_total_flops() // 2  # which counts the additions as well


def clock(device: str) -> float:
    """Seconds: on a CPU those that it spends on this process alone, so that other work
    on the machine does not count; elsewhere those on the wall, once all is done."""
    if torch.device(device).type == "cpu":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


def row(folders: list[Path], recipe, device: str) -> tuple[dict, dict]:
    """A line of the table, of trainings that differ by the seed, and its sounds."""
    verdicts = [judged.verdict(folder, recipe, device) for folder in folders]
    budgets = [card_in(folder)["budget"] for folder in folders]
    line = budgets[0] | {
        "seconds": round(mean(budget["seconds"] for budget in budgets), 1),
        "seeds": len(folders),
        "metrics": over([verdict["metrics"] for verdict in verdicts], mean),
    }
    costs = [v["seconds_per_second"] for v in verdicts if v["seconds_per_second"]]
    if costs:
        line["seconds_per_second"] = round(mean(costs), 3)
    if len(folders) > 1:
        line["spread"] = over([verdict["metrics"] for verdict in verdicts], stdev)
    return line, load_file(folders[0] / "heard.safetensors")


def over(numbers: list, how) -> dict | float:
    """A statistic of nested numbers, place by place."""
    if isinstance(numbers[0], dict):
        return {key: over([n[key] for n in numbers], how) for key in numbers[0]}
    return round(how(numbers), 4)


def table(group: str, args) -> None:
    """Judge what was trained, and write the table; rows without a training stay out."""
    first = next(iter(GROUPS[group].values()))
    if not judged.possible(first):
        return print(f"{group}: judge it where pesq and pystoi are installed")
    rows, sounds = {}, {}
    for name, recipe in GROUPS[group].items():
        folders = [place(args.nets, group, name, seed) for seed in args.seeds]
        folders = [f for f in folders if known(f, recipe, args.steps)]
        if folders:
            rows[name], heard = row(folders, recipe, args.device)
            sounds |= {name: heard["waves"]}
            print(name, json.dumps(rows[name]["metrics"]), flush=True)
    if not rows:
        return print(f"{group}: no training of {args.steps} steps in {args.nets}")
    seeds = " ".join(map(str, args.seeds))
    content = {
        "again": f"python -m bench.budget {group} --steps {args.steps} --seeds {seeds}",
        "rows": rows,
        "n": judged.counts(first),
        "yardsticks": judged.yardsticks(group, first) | beside(first, args.beside),
        "titles": judged.titles(first),
        "sample_rate": first.hears.sample_rate,
    }
    args.out.mkdir(parents=True, exist_ok=True)
    save_file(sounds, args.out / f"{group}.safetensors")
    (args.out / f"{group}.json").write_text(json.dumps(content, indent=1) + "\n")


def beside(recipe, folders: list[Path]) -> dict:
    """Vocoders of other bands, trained to the end of their own lesson."""
    rows = {}
    for folder in folders:
        model = load(folder)
        other = replace(recipe, spec=model.spec)
        numbers = judged.walks(model, other, load_ears(recipe.judge))
        told = {key: model.card[key] for key in ("steps", "machine")}
        name = f"{model.spec.n_mels} bands, {told['steps']} steps"
        rows[name] = told | {"n": judged.counts(recipe)["made"], "metrics": numbers}
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("groups", nargs="+", choices=GROUPS)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--device", default="cpu", type=valid.device)
    parser.add_argument("--nets", type=Path, default="runs/budget", help="trained")
    parser.add_argument("--out", type=Path, default=FOLDER, help="of the tables")
    parser.add_argument("--beside", type=Path, nargs="*", default=[], help="vocoders")
    parser.add_argument("--train-only", action="store_true")
    parser.add_argument("--judge-only", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    for group in args.groups:
        if not args.judge_only:
            for name, recipe in GROUPS[group].items():
                for seed in args.seeds:
                    folder = place(args.nets, group, name, seed)
                    if not known(folder, recipe, args.steps):
                        print(f"{group}: {name}, seed {seed}", flush=True)
                        train(recipe, args.steps, seed, args.device, folder)
        if not args.train_only:
            table(group, args)


if __name__ == "__main__":
    main()
