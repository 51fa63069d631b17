"""The command line: python -m minidiff cut | train | sample | repair | list ..."""

import re
import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

from .models import shelf
from .models.patience import Patience
from .shell import filled, loaded, render, repair
from .watch import anomaly

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Train, hear and judge small diffusion models of sound.",
)
app.command()(repair)
app.command()(render)
app.command()(anomaly)
Name = Annotated[str, typer.Argument(help="Name of a model; `list` shows them.")]


@app.command()
def cut(
    recordings: Annotated[list[str], typer.Argument(help="Files, or folders of them.")],
    out: Annotated[str, typer.Option(help="Folder for the pieces.")],
    seconds: Annotated[float, typer.Option(help="Length of a piece.")] = 1.024,
    pauses: Annotated[
        bool, typer.Option("--pauses", help="Cut where a sound ends a pause instead.")
    ] = False,
):
    """Cut long recordings into pieces, one WAV file each; levels are kept.

    python -m minidiff cut rain.wav --out my-recordings/rain

    python -m minidiff cut doors.wav --pauses --out my-recordings/door
    """
    from .data.cut import cut

    for line in cut(recordings, out, seconds, pauses):
        typer.echo(line)


@app.command()
def train(
    name: Annotated[str, typer.Argument(help="Name of a recipe; `list` shows them.")],
    out: Annotated[str, typer.Option(help="Folder for checkpoints and the model.")],
    steps: Annotated[int | None, typer.Option(help="Default: the recipe's.")] = None,
    every: Annotated[int, typer.Option(help="Steps between checkpoints.")] = 500,
    seed: Annotated[int | None, typer.Option(help="Default: the recipe's.")] = None,
    device: Annotated[
        str | None, typer.Option(help="cpu, cuda ... Default: best.")
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="Your recordings, one class per subfolder.")
    ] = None,
):
    """Train a model; goes on if --out holds a checkpoint. Ctrl-C leaves one.

    python -m minidiff train digits --out my-digits

    python -m minidiff train sounds --data my-recordings --steps 2000 --out mine
    """
    from tqdm import tqdm

    from .models import run
    from .models.checkpoint import stopped

    steps, main = _recipe(name).steps if steps is None else steps, run.main_process()
    if main:
        typer.echo("reading and encoding the sounds ...")
    options = {"device": device, "folder": data, "tell": tqdm.write}
    with tqdm(total=steps, unit="step", disable=not main) as bar, Patience() as asked:
        for step in run.train(name, out, steps, every, seed, stop=asked, **options):
            asked.begun = True
            bar.update(step.index - bar.n)
            if step.index % 20 == 0:
                bar.set_postfix(loss=f"{step.loss:.3f}")
    if asked() and step.index < steps:
        typer.echo(stopped(step.index, steps), err=True)
        raise typer.Exit(130)
    if main:
        typer.echo(f"{Path(out).expanduser() / 'model.safetensors'}")
        if out in shelf.shipped():
            typer.echo(f"note: {out} is also a model that ships; yours is ./{out}")


@app.command()
def sample(
    name: Annotated[str, typer.Argument(help="Name of a model, or its folder.")],
    out: Annotated[str, typer.Option(help="Folder for the WAV files.")],
    label: Annotated[
        list[str] | None, typer.Option(help="A class, words, or NAME=CLASS.")
    ] = None,
    n: Annotated[int, typer.Option("-n", help="How many sounds.")] = 1,
    steps: Annotated[int | None, typer.Option(help="Sampler steps.")] = None,
    scale: Annotated[float | None, typer.Option(help="Guidance scale.")] = None,
    seed: Annotated[int, typer.Option(help="Of the first; the next is seed + 1.")] = 0,
    sampler: Annotated[str | None, typer.Option(help="ddim, ddpm, heun ...")] = None,
    vocoder: Annotated[
        str | None, typer.Option(help="griffin-lim, or a model. Default: the model's.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda ...")] = None,
    reference: Annotated[str | None, typer.Option(help="A sound file to vary.")] = None,
    strength: Annotated[
        float | None,
        typer.Option(help="0: the reference, 1: not at all. Default: 0.5."),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(help="Beyond what was learned: textures only.")
    ] = None,
):
    """Write generated sounds as WAV files, tunes as ABC; none replaces another one.

    python -m minidiff sample digits --label seven -n 4 --out sevens

    python -m minidiff sample notes --label violin --label pitch=69 --out fiddle

    python -m minidiff sample environment --reference rain.wav --strength 0.6 --out more

    python -m minidiff sample melodies --label reel --out tunes
    """
    from tqdm import tqdm

    from . import valid
    from .control.writing import Writer
    from .data.clips import write
    from .models import model as models
    from .models import place
    from .models.tunes import tunes
    from .models.written import shown

    filled(sampler=sampler, vocoder=vocoder, reference=reference)
    shelf.told_apart("vocoder", vocoder)
    model, out = loaded(name, device, Writer), valid.path(out, "out")
    last, overshot = valid.seed(seed) + valid.whole(n, "n", 1), []
    varied = {"reference": reference, "strength": strength}
    ways = {"steps": steps, "scale": scale, "sampler": sampler}
    if isinstance(model, Writer):
        others = varied | ways | {"vocoder": vocoder, "seconds": seconds}
        for file in tunes(model, label, out, range(seed, last), **others):
            typer.echo(str(file))
        return
    asked = model.asks.asked(label) if label else None
    place.writable(out)
    words = "-".join(asked.values() if isinstance(asked, dict) else [asked or "sound"])
    stem = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", words)
    if seconds is not None:
        if vocoder or reference or strength is not None:
            raise ValueError("seconds: not together with a vocoder or a reference, yet")
        try:
            many = range(seed, last)
            return shown(model, out, stem, seconds, many, cond=asked, **ways)
        except KeyboardInterrupt:
            typer.echo("stopped: run the same command to go on", err=True)
            raise typer.Exit(130) from None
    ways |= varied | {"vocoder": vocoder}
    for s in tqdm(range(seed, last, 8), unit_scale=8, unit="sound", disable=n <= 8):
        try:
            waves = model.generate(asked, min(8, last - s), seed=s, **ways)
        except models.Overshot as error:
            waves = error.waves
            overshot.append(str(error))
        for i, wave in enumerate(waves, s):
            if wave.isfinite().all():
                file = out / f"{stem}-{i}.wav"
                write(file, (32767 * wave).round().short().numpy(), model.sample_rate)
                tqdm.write(str(file))
    if overshot:
        raise ValueError("; ".join(overshot))


@app.command()
def evaluate(
    name: Name,
    write: Annotated[bool, typer.Option(help="Put the numbers in the card.")] = False,
):
    """Print the numbers of a model's card, measured again by two ears; takes minutes.

    python -m minidiff evaluate digits
    """
    from . import valid
    from .judging.table import table
    from .models import model as models
    from .models.card import flat, write_card
    from .models.ears import load_ears

    recipe = _recipe(name)
    folder = shelf.WEIGHTS / valid.choice(name, shelf.shipped(), "model")
    model = models.load(folder, models.device())
    ears = load_ears(recipe.judge or name) if recipe.by_ears else {}
    typer.echo(f"making and judging the sounds of {name}: some minutes ...")
    numbers = recipe.measure(model, ears)
    for key, value in flat(numbers):
        typer.echo(f"{key:32} {value}")
    if "ear_a" in numbers:
        for letter in ears:
            typer.echo(f"ear {letter}:\n{table(numbers, letter)}")
    if write:
        again = f"python -m minidiff evaluate {name}"
        write_card(folder, {**model.card, "metrics": numbers, "evaluate": again})


@app.command()
def judge(
    name: Annotated[str, typer.Argument(help="Name of the recipe to judge.")],
    out: Annotated[str, typer.Option(help="Folder for the ear.")],
    ear: Annotated[str, typer.Option(help="A: mels. B: complex spectra.")] = "A",
    steps: Annotated[
        int | None, typer.Option(help="Default: the recipe's; of ear B half.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of weights, order and noise.")] = 0,
):
    """Train an ear that `evaluate` listens with, on real sounds only.

    python -m minidiff judge digits --ear B --out my-digits
    """
    import torch
    from tqdm import tqdm

    from . import valid
    from .judging.ear import stacked, train_ear
    from .models import card, place
    from .models.ears import new_ear, save_ear

    recipe, seed = _recipe(name), valid.seed(seed)
    out = place.writable(valid.path(out, "out"))
    if (out / "card.json").is_file():
        told = card.card_in(out)
        if told.get("recipe") != name:
            raise ValueError(f"out: the model in {out} is not that of {name}")
        card.verify(out / "model.safetensors", told.get("sha256"))
    if steps is None:  # of ear B each takes twice as long, and half are enough
        steps = recipe.judge_steps // (2 if ear == "B" else 1)
    train, test = recipe.data("train"), recipe.data("test")
    torch.manual_seed(seed)  # of weights before training
    listener = new_ear(ear, recipe.hears, len(train.names), recipe.samples)
    for _ in tqdm(train_ear(listener, train, steps, seed), total=steps):
        pass
    waves, labels = stacked(test)
    right = (listener.label(waves) == labels).double().mean().item()
    typer.echo(f"{save_ear(listener, out)}: {right:.1%} right on the test set")


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


def main():
    """Run a command; say what is wrong in one line instead of a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # whatever a class is called
            stream.reconfigure(errors="backslashreplace")
    warnings.showwarning = lambda message, *_: typer.echo(f"note: {message}", err=True)
    try:
        app()
    except (ValueError, TypeError, OSError, RuntimeError) as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)
