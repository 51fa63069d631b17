"""Tunes from a shell: a sheet of music in, a sound file out."""

from pathlib import Path

from .. import valid
from ..control.playing import render
from ..data.clips import write
from ..data.sheets import read
from . import model as models
from . import place


def rendered(
    name: str,
    tune: str,
    out: str,
    instrument: str | None = None,
    tempo: float | None = None,
    number: int = 1,
    seed: int = 0,
    steps: int | None = None,
) -> Path:
    """Play a file with a model of notes; the WAV is named after file and instrument.

    instrument: "flute", or "flute,violin" for a morph. tempo: default: the file's.
    Raises what `render` and `data.sheets.read` raise.
    """
    sheet, out = read(tune, number), valid.path(out, "out")
    ways = None
    if instrument is not None:
        ways = [w.strip() for w in instrument.split(",")]
    tempo = sheet.tempo if tempo is None else tempo
    model = models.load(name, models.device())
    folder = place.writable(out)
    wave = render(model, sheet.melody, tempo, ways, seed, steps)[0]
    file = folder / f"{Path(tune).stem}-{number}-{'-'.join(ways or ['any'])}-{seed}.wav"
    write(file, (32767 * wave).round().short().numpy(), model.sample_rate)
    return file
