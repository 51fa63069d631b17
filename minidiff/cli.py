"""The command line: python -m minidiff train | sample | evaluate | list."""

import sys
from pathlib import Path
from typing import Annotated

import soundfile
import torch
import typer
from tqdm import tqdm

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
    from . import recipes, runs

    steps = recipes.RECIPES[_known(name)].steps if steps is None else steps
    if runs.main_process():
        typer.echo("reading and encoding the sounds ...")
    with tqdm(total=steps, unit="step", disable=not runs.main_process()) as bar:
        for step in runs.train(name, out, steps, every, seed, device, data):
            bar.update(step.index - bar.n)
            if step.index % 20 == 0:
                bar.set_postfix(loss=f"{step.loss:.3f}")
    if runs.main_process():
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
    from . import models, runs, valid

    model = models.load(name, device or models.device())
    if not isinstance(model, models.Model):
        raise ValueError(
            f"name: {name} makes no sounds by itself: {model.card['title']}"
        )
    out = runs.writable(out)
    last = seed + valid.whole(n, "n", 1)
    for s in tqdm(range(seed, last, 8), unit_scale=8, unit="sound", disable=n <= 8):
        many, ask = min(8, last - s), (steps, scale, s, sampler)
        waves = model.generate(label, many, *ask, vocoder=vocoder)
        for i, wave in enumerate(waves, s):
            file = out / f"{label or 'sound'}-{i}.wav"
            part = file.with_suffix(".part")
            try:
                soundfile.write(part, wave.numpy(), model.sample_rate, format="WAV")
                part.replace(file)
            except (OSError, soundfile.SoundFileError) as error:
                part.unlink(missing_ok=True)
                raise ValueError(f"out: could not write {file} ({error})") from error
            tqdm.write(str(file))


@app.command()
def evaluate(
    name: Name,
    write: Annotated[bool, typer.Option(help="Put the numbers in the card.")] = False,
):
    """Print the numbers of a model's card, measured again; takes minutes.

    python -m minidiff evaluate digits
    """
    from . import evaluate as judging
    from . import models, recipes, valid

    recipe = recipes.RECIPES[_known(name)]
    folder = models.WEIGHTS / valid.choice(name, models.shipped(), "model")
    model = models.load(folder, models.device())
    typer.echo(f"making and judging the sounds of {name}: some minutes ...")
    numbers = recipe.measure(
        model, judging.load_ear(recipe.judge or name, recipe.hears)
    )
    for key, value in models.flat(numbers):
        typer.echo(f"{key:32} {value}")
    if write:
        card = {**model.card, "metrics": numbers, "evaluate": _again(name)}
        models.write_card(folder, card)


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
    from . import evaluate as judging
    from . import recipes, runs

    recipe, out = recipes.RECIPES[_known(name)], runs.writable(out)
    steps = recipe.judge_steps if steps is None else steps
    train, test = recipe.data("train"), recipe.data("test")
    torch.manual_seed(seed)  # of weights before training
    ear = judging.Ear(judging.Judge(len(train.names)), recipe.hears)
    for _ in tqdm(judging.train_ear(ear, train, steps, seed), total=steps):
        pass
    waves, labels = judging.stacked(test)
    right = (ear.label(waves) == labels).double().mean().item()
    typer.echo(f"{judging.save_ear(ear, out)}: {right:.1%} right on the test set")


@app.command("list")
def list_models():
    """List the recipes and the models that ship."""
    from . import models, recipes

    for name, recipe in recipes.RECIPES.items():
        state = "ships" if name in models.shipped() else "recipe only"
        typer.echo(f"{name:12} {state:12} {recipe.about['title']}")


def _known(name: str) -> str:
    from . import recipes, valid

    return valid.choice(name, recipes.RECIPES, "name of a recipe")


def _again(name: str) -> str:
    return f"python -m minidiff evaluate {name}"


def main():
    """Run a command; say what is wrong in one line instead of a traceback."""
    try:
        app()
    except (ValueError, TypeError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
