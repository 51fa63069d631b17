"""The command line: python -m minidiff train | sample | evaluate | list."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from .models import shelf

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Train, hear and judge small diffusion models of sound.",
)
Name = Annotated[str, typer.Argument(help="Name of a model; `list` shows them.")]


@app.command()
def train(
    name: Annotated[str, typer.Argument(help="Name of a recipe; `list` shows them.")],
    out: Annotated[Path, typer.Option(help="Folder for checkpoints and the model.")],
    steps: Annotated[int | None, typer.Option(help="Default: the recipe's.")] = None,
    every: Annotated[int, typer.Option(help="Steps between checkpoints.")] = 500,
    seed: Annotated[int | None, typer.Option(help="Default: the recipe's.")] = None,
    device: Annotated[
        str | None, typer.Option(help="cpu, cuda ... Default: best.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Your recordings, one class per subfolder.")
    ] = None,
):
    """Train a model; goes on if --out holds a checkpoint.

    python -m minidiff train digits --out my-digits

    python -m minidiff train sounds --data my-recordings --steps 2000 --out mine
    """
    from tqdm import tqdm

    from .models import run

    steps = _recipe(name).steps if steps is None else steps
    if run.main_process():
        typer.echo("reading and encoding the sounds ...")
    with tqdm(total=steps, unit="step", disable=not run.main_process()) as bar:
        for step in run.train(name, out, steps, every, seed, device, data):
            bar.update(step.index - bar.n)
            if step.index % 20 == 0:
                bar.set_postfix(loss=f"{step.loss:.3f}")
    if run.main_process():
        typer.echo(f"{out / 'model.safetensors'}")


@app.command()
def sample(
    name: Annotated[str, typer.Argument(help="Name of a model, or its folder.")],
    out: Annotated[Path, typer.Option(help="Folder for the WAV files.")],
    label: Annotated[str | None, typer.Option(help="A class. Default: any.")] = None,
    n: Annotated[int, typer.Option("-n", help="How many sounds.")] = 1,
    steps: Annotated[int | None, typer.Option(help="Sampler steps.")] = None,
    scale: Annotated[float | None, typer.Option(help="Guidance scale.")] = None,
    seed: Annotated[int, typer.Option(help="Of the first; the next is seed + 1.")] = 0,
    sampler: Annotated[str | None, typer.Option(help="ddim, ddpm, heun ...")] = None,
    vocoder: Annotated[
        str | None, typer.Option(help="griffin-lim, or a model. Default: the model's.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda ...")] = None,
):
    """Write generated sounds as WAV files.

    python -m minidiff sample digits --label seven -n 4 --out sevens
    """
    from tqdm import tqdm

    from . import valid
    from .models import model as models
    from .models import run

    model = models.load(name, device or models.device())
    if not isinstance(model, models.Model):
        raise ValueError(
            f"name: {name} makes no sounds by itself: {model.card['title']}"
        )
    out = run.writable(out)
    last = seed + valid.whole(n, "n", 1)
    for s in tqdm(range(seed, last, 8), unit_scale=8, unit="sound", disable=n <= 8):
        many, ask = min(8, last - s), (steps, scale, s, sampler)
        waves = model.generate(label, many, *ask, vocoder=vocoder)
        for i, wave in enumerate(waves, s):
            file = out / f"{label or 'sound'}-{i}.wav"
            _write(file, wave, model.sample_rate)
            tqdm.write(str(file))


@app.command()
def evaluate(
    name: Name,
    write: Annotated[bool, typer.Option(help="Put the numbers in the card.")] = False,
):
    """Print the numbers of a model's card, measured again; takes minutes.

    python -m minidiff evaluate digits
    """
    from . import valid
    from .models import model as models
    from .models.card import flat, write_card
    from .models.ears import load_ear

    recipe = _recipe(name)
    folder = shelf.WEIGHTS / valid.choice(name, shelf.shipped(), "model")
    model = models.load(folder, models.device())
    typer.echo(f"making and judging the sounds of {name}: some minutes ...")
    numbers = recipe.measure(model, load_ear(recipe.judge or name, recipe.hears))
    for key, value in flat(numbers):
        typer.echo(f"{key:32} {value}")
    if write:
        again = f"python -m minidiff evaluate {name}"
        write_card(folder, {**model.card, "metrics": numbers, "evaluate": again})


@app.command()
def judge(
    name: Annotated[str, typer.Argument(help="Name of the recipe to judge.")],
    out: Annotated[Path, typer.Option(help="Folder for judge.safetensors.")],
    steps: Annotated[int | None, typer.Option(help="Default: the recipe's.")] = None,
    seed: Annotated[int, typer.Option(help="Of weights, order and noise.")] = 0,
):
    """Train the classifier that `evaluate` listens with, on real sounds only.

    python -m minidiff judge digits --out my-digits
    """
    import torch
    from tqdm import tqdm

    from .judging.ear import Ear, stacked, train_ear
    from .models import run
    from .models.ears import save_ear
    from .nets.judge import Judge

    recipe, out = _recipe(name), run.writable(out)
    steps = recipe.judge_steps if steps is None else steps
    train, test = recipe.data("train"), recipe.data("test")
    torch.manual_seed(seed)  # of weights before training
    ear = Ear(Judge(len(train.names)), recipe.hears)
    for _ in tqdm(train_ear(ear, train, steps, seed), total=steps):
        pass
    waves, labels = stacked(test)
    right = (ear.label(waves) == labels).double().mean().item()
    typer.echo(f"{save_ear(ear, out)}: {right:.1%} right on the test set")


@app.command("list")
def list_models():
    """List the recipes and the models that ship."""
    for name, title in shelf.TITLES.items():
        state = "ships" if name in shelf.shipped() else "recipe only"
        typer.echo(f"{name:18} {state:12} {title}")


def _recipe(name: str):
    from . import valid
    from .models.recipes import RECIPES

    return RECIPES[valid.choice(name, RECIPES, "name of a recipe")]


def _write(file: Path, wave, sample_rate: int) -> None:
    """A WAV of 16 bits, in one move."""
    from scipy.io import wavfile

    part = file.with_suffix(".part")
    try:
        wavfile.write(part, sample_rate, (32767 * wave).round().short().numpy())
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ValueError(f"out: could not write {file} ({error})") from error


def main():
    """Run a command; say what is wrong in one line instead of a traceback."""
    try:
        app()
    except (ValueError, TypeError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)
