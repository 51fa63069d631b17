"""The command `anomaly`: how strange are these sounds to a model, and where?"""

import math
from typing import Annotated

import typer


def anomaly(
    name: Annotated[str, typer.Argument(help="Name of a model, or its folder.")],
    sounds: Annotated[list[str], typer.Argument(help="Sound files.")],
    score: Annotated[str, typer.Option(help="error, rebuilt or likelihood.")] = "error",
    strength: Annotated[
        float | None, typer.Option(help="With rebuilt: how far to go. Default: 0.25.")
    ] = None,
    share: Annotated[
        float, typer.Option(help="Of its map the strangest part that counts.")
    ] = 1.0,
    device: Annotated[str | None, typer.Option(help="cpu, cuda ...")] = None,
):
    """Print how strange each sound is to a model, larger is stranger, and where most.

    What is usual only a model of usual sounds can say: compare with sounds that are.

    python -m minidiff anomaly environment rain.wav kettle.wav

    python -m minidiff anomaly my-engine today.wav --score rebuilt --strength 0.5
    """
    import soundfile

    from . import valid
    from .control.anomaly import MAPS, counted, strangeness, strangest
    from .control.anomaly import anomaly as strange
    from .control.difference import peak
    from .models import model as models
    from .sound.mel import MelSpec

    model = models.load(name, device or models.device())
    sounds = [valid.path(file, "sounds") for file in sounds]
    options = {} if strength is None else {"strength": strength}
    if options and score != "rebuilt":
        raise ValueError("strength is how far to go with --score rebuilt")
    share = counted(share)
    for file in sounds:
        if score not in MAPS:
            typer.echo(
                f"{strange(model, [file], score, share=share).item():9.4f}  {file}"
            )
            continue
        where = strangeness(model, [file], score, **options)
        line = f"{strangest(where, share).item():9.4f}  {file}"
        if isinstance(model.spec, MelSpec):
            hop = model.spec.hop_length / model.sample_rate
            frames = math.ceil(soundfile.info(file).duration / hop)
            seconds, hertz = peak(where[..., :frames], model.spec)[0].tolist()
            line += f"  most at {seconds:.2f} s, {hertz:.0f} Hz"
        typer.echo(line)
