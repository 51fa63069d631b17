"""Commands of Part III, beside those of `cli`: damaged sounds, and tunes."""

from typing import Annotated

import typer

from .models import shelf


def render(
    name: Annotated[str, typer.Argument(help="Name of a model of notes.")],
    tune: Annotated[str, typer.Argument(help="An ABC or a MIDI file.")],
    out: Annotated[str, typer.Option(help="Folder for the WAV file.")],
    instrument: Annotated[
        str | None, typer.Option(help="One, or two with a comma: a morph.")
    ] = None,
    tempo: Annotated[
        float | None, typer.Option(help="Quarter notes a minute. Default: the file's.")
    ] = None,
    number: Annotated[int, typer.Option(help="Which tune of an ABC file.")] = 1,
    seed: Annotated[int, typer.Option(help="Another one is another player.")] = 0,
    steps: Annotated[int | None, typer.Option(help="Sampler steps.")] = None,
):
    """Play a tune with a model of notes.

    python -m minidiff render notes tune.abc --instrument flute --out music
    """
    from .models.rendered import rendered

    asked = instrument, tempo, number, seed, steps
    typer.echo(str(rendered(name, tune, out, *asked)))


def repair(
    name: Annotated[str, typer.Argument(help="Name of a model; `list` shows them.")],
    file: Annotated[str, typer.Argument(help="The damaged sound.")],
    out: Annotated[str, typer.Option(help="Folder for the WAV files.")],
    gap: Annotated[
        tuple[float, float] | None, typer.Option(help="Seconds: where it is lost.")
    ] = None,
    soft: Annotated[
        float | None, typer.Option(help="Seconds: the edges of a gap fade so long.")
    ] = None,
    lowpass: Annotated[float | None, typer.Option(help="Hz: lost above it.")] = None,
    clipped: Annotated[float | None, typer.Option(help="0 to 1: cut beyond.")] = None,
    noisy: Annotated[float | None, typer.Option(help="Std of a hiss over it.")] = None,
    reverb: Annotated[
        float | None, typer.Option(help="Seconds: a room rings on so long.")
    ] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="A class, words, or NAME=CLASS.")
    ] = None,
    n: Annotated[int, typer.Option("-n", help="How many answers.")] = 1,
    steps: Annotated[int | None, typer.Option(help="Sampler steps.")] = None,
    seed: Annotated[int, typer.Option(help="Of the first; the next is seed + 1.")] = 0,
    device: Annotated[str | None, typer.Option(help="cpu, cuda ...")] = None,
):
    """Write what may have stood in a damaged sound; what is known stays as it is.

    python -m minidiff repair digits in.wav --gap 0.20 0.35 --out mended
    python -m minidiff repair digits-enhance in.wav --out cleaned
    """
    from . import valid
    from .control.enhance import Enhancer
    from .models import place
    from .models.mending import repairs

    model, out = loaded(name, device, Enhancer), valid.path(out, "out")
    if soft is not None:
        if gap is None:
            raise ValueError("soft: of the edges of a gap, and there is no --gap")
        gap = *gap, soft
    damage = {"--gap": gap, "--lowpass": lowpass, "--clipped": clipped}
    damage |= {"--noisy": noisy, "--reverb": reverb}
    told = {"steps": steps, "seed": valid.seed(seed)}
    found = repairs(model, file, damage, label, n, out, told)
    place.writable(out)
    for path in found:
        typer.echo(str(path))


def filled(**options: str | None) -> None:
    """Raise ValueError for an empty option, as of a variable that is not set."""
    for name, given in options.items():
        if given == "":
            raise ValueError(f"{name} is empty; leave it out for the usual one")


def loaded(name: str, device: str | None, *kinds: type):
    """The model of that name: one that makes sounds by itself, or is of these kinds."""
    from .models import model as models

    shelf.told_apart("name", name)
    model = models.load(name, device or models.device())
    if not isinstance(model, (models.Model, *kinds)):
        title = shelf.TITLES[model.card["recipe"]]
        raise ValueError(f"name: {name} makes no sounds by itself: {title}")
    return model
