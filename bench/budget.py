"""Trainings of the same length, side by side: the tables of Part II.

    python -m bench.budget latents                 # 8 minutes a row, and the judging
    python -m bench.budget waveforms --seconds 60  # a quick look

Each row is a recipe, trained from scratch for so many seconds of one processor thread,
then judged as a shipped model would be. The results go to minidiff/measured/NAME.json,
where the chapters read them. The clock counts what the processor spends on this
process alone, so that other work on the machine does not eat the budget.
"""

import argparse
import collections
import json
import tempfile
import time
from dataclasses import replace

import torch
from safetensors.torch import save_file
from torch.utils.data import DataLoader, Subset
from tqdm import tqdm

from minidiff import evaluate, models, runs
from minidiff.measured import FOLDER
from minidiff.recipes import RECIPES, VocoderRecipe
from minidiff.train import Shuffled, fit


def spoken(split: str):
    """All the training recordings, but a third of the test: 50 steps of DiffWave for
    each of them would take longer than its training."""
    words = RECIPES["digits-vocoder"].data(split)
    return words if split == "train" else Subset(words, range(0, len(words), 3))


DRUMS, SOUNDS = RECIPES["drums"], RECIPES["sounds"]
MELS, LATENT = RECIPES["sounds-autoencoder"], RECIPES["sounds-latent"]
VOICE = replace(RECIPES["digits-vocoder"], data=spoken)
COARSE = replace(VOICE, spec=replace(VOICE.spec, n_mels=32), ear=VOICE.spec)
DIFFWAVE = {"type": "DiffWave", "channels": 32, "layers": 12, "cycle": 12}
WAVEGRAD = {"type": "WaveGrad", "factors": (5, 4, 4, 2), "channels": (96, 64, 48, 32)}
MEL_UNET = {"type": "UNet", "channels": (24, 48, 96)}
# the small net, with as many sounds and the guidance that the nets on latents have
GARDEN = replace(
    SOUNDS, net=MEL_UNET, data=LATENT.data, scale=LATENT.scale, between=None,
    judge="sounds",
)  # fmt: skip
LATENT_UNET = {"type": "UNet", "in_channels": 4, "channels": (64, 128)}

GROUPS = {
    "waveforms": {
        "DiffWave": replace(DRUMS, net=DIFFWAVE, judge="drums"),
        "U-Net on waveforms": replace(DRUMS, judge="drums"),
        "U-Net on mels": replace(DRUMS, spec=DRUMS.ear, net=MEL_UNET, judge="drums"),
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
    "autoencoders": {
        f"{16 // latent}x": replace(MELS, net={**MELS.net, "latent": latent})
        for latent in (4, 2, 1)
    },
    "latents": {
        "U-Net on mels": GARDEN,
        "U-Net on latents": replace(LATENT, net=LATENT_UNET, batch=16),
        "DiT on latents": replace(LATENT, batch=16),
    },
}


def trained(recipe, seconds: float):
    """The model after so many seconds of one thread, and how many steps these were."""
    torch.manual_seed(0)
    examples = recipe.examples(recipe.data("train"))
    learner = recipe.build(examples.names)
    before = learner.state_dict()
    before = {key: value.clone() for key, value in before.items()}

    def lesson(steps):
        batches = Shuffled(examples, recipe.batch, 0, 0)
        loader = DataLoader(examples, batch_sampler=batches)
        return tqdm(fit(learner, loader, steps, lr=recipe.lr), total=steps)

    for step in lesson(12):  # the first two are slower
        if step.index == 2:
            began = time.process_time()
    each = (time.process_time() - began) / 10
    learner.load_state_dict(before)
    steps = max(1, round(seconds / each))
    began = time.process_time()
    collections.deque(lesson(steps), maxlen=0)
    spent = time.process_time() - began
    with tempfile.TemporaryDirectory() as folder:
        net = recipe.finish(learner, examples)
        models.save(folder, net, recipe.settings(examples), recipe.about)
        model = models.load(folder)
    return model, {
        "parameters": sum(p.numel() for p in net.parameters()),
        "steps": steps,
        "seconds": round(spent),
    }


def cost(model) -> dict:
    """Seconds of one thread for a second of audio, of models that make sounds."""
    if not isinstance(model, models.Model):
        return {}
    began = time.process_time()
    sounds = model.generate(n=8)
    spent = time.process_time() - began
    return {"seconds_per_second": round(spent * model.sample_rate / sounds.numel(), 3)}


def heard(model, recipe) -> tuple[list[str], torch.Tensor]:
    """A few sounds to keep, with titles; of autoencoders, sounds there and back.

    Vocoders speak mels of words that `digits` made: no recording may be kept.
    """
    if isinstance(recipe, VocoderRecipe):
        titles = ["three", "nine"]
        words = models.load("digits").generate(titles, seed=40)
        waves = model.decode(recipe.spec.encode(words)).clamp(-1, 1)
        return titles, (32767 * waves).round().to(torch.int16)
    test = recipe.data("test")
    chosen = range(0, len(test.names), len(test.names) // 4)[:4]
    titles = [test.names[c] for c in chosen]
    if isinstance(model, models.Model):
        waves = model.generate(titles)
    else:
        waves, labels = evaluate.stacked(test)
        first = [labels.tolist().index(c) for c in chosen]
        waves = model.decode(model.encode(waves[first])).clamp(-1, 1)
    return titles, (32767 * waves).round().to(torch.int16)


def stated(recipe) -> dict:
    """A recipe as JSON can hold it, without what the seconds or the row's name tell."""
    left_out = ("data", "about", "ear", "steps", "judge_steps", "seed", "vocoder")
    said = {key: value for key, value in vars(recipe).items() if key not in left_out}
    front = recipe.spec
    return said | {"spec": front if isinstance(front, str) else front.settings()}


def row(recipe, seconds: float) -> tuple[dict, list[str], torch.Tensor]:
    """One recipe's line in the table, and what it sounds like."""
    model, spent = trained(recipe, seconds)
    ear = evaluate.load_ear(recipe.judge, recipe.hears)
    line = {"recipe": stated(recipe), **spent, **cost(model)}
    line["metrics"] = recipe.measure(model, ear)
    return line, *heard(model, recipe)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("groups", nargs="+", choices=GROUPS)
    parser.add_argument("--seconds", type=float, default=480)
    args = parser.parse_args()
    torch.set_num_threads(1)
    for group in args.groups:
        rows, sounds = {}, {}
        for name, recipe in GROUPS[group].items():
            print(f"{group}: {name}", flush=True)
            rows[name], titles, waves = row(recipe, args.seconds)
            if titles:
                sounds[name] = waves
            print(json.dumps(rows[name]["metrics"]), flush=True)
        content = {
            "machine": runs.machine(torch.nn.Linear(1, 1)),
            "seconds": args.seconds,
            "again": f"python -m bench.budget {group} --seconds {args.seconds:g}",
            "rows": rows,
            "titles": titles,
            "sample_rate": recipe.hears.sample_rate,
        }
        if sounds:
            save_file(sounds, FOLDER / f"{group}.safetensors")
        (FOLDER / f"{group}.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
