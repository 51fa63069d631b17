"""Put the drawings into the chapters: `python tools/insert_drawings.py [FILES]`.

Each stands beside the first cell that contains its anchor, or the second choice where
the first is not found: a folded cell that draws, then a sentence that reads it. Both
have ids of their own, so that doing it again moves or renews them. `--check` writes
nothing. Exits with 1 where an anchor was not found. Afterwards the chapters must be
executed: `python tools/notebooks.py run`.
"""

import argparse
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Place:
    """chapter: its number. anchors: what a cell contains that the drawing is before."""

    chapter: str
    name: str
    anchors: tuple[str, ...]
    code: str
    words: str
    after: bool = False

    def cells(self) -> list:
        """The drawing, and the sentence that reads it."""
        look = {"tags": ["hide-input"]}
        code = new_code_cell(self.code, id=f"drawing-{self.name}", metadata=look)
        words = textwrap.fill(self.words, 80)
        words = new_markdown_cell(words, id=f"drawing-{self.name}-words")
        return [code, words]


PLACES = [
    Place(
        "01", "step-first", ("by_hand = noise", "md.source(md.ddim)"),
        'md.draw("step", schedule=schedule, t=0.6, s=0.59)',
        "Read it from top to bottom: a step asks once, and from the answer it "
        "reads off both the sound and the noise. The numbers are those of one of "
        "our hundred steps.",
    ),
    Place(
        "02", "windows", ("def stft(x):", "n_fft, hop = 1024, 256"),
        "md.draw(md.MelSpec(n_fft=1024, hop_length=256))",
        "The window slides on by a hop, and each of its places becomes a column. "
        "Where a window holds both tones, so does its column: it cannot say which "
        "came first.",
    ),
    Place(
        "03", "chain", ("md.source(md.diffuse)",),
        "md.draw(md.LinearBeta(steps=1000))",
        "The dashed arrows are the thousand small steps, the solid ones are "
        "jumps. What grows less is the signal; the whole stays as strong as it "
        "was.",
    ),
    Place(
        "04", "training", ("package = md.Denoiser(net, schedule",),
        'md.draw(md.Denoiser(net, schedule, predicts="eps"), 2)',
        "Nobody has to tell the answer, since we make the noise ourselves. Only "
        "the dashed arrow changes the net.",
        after=True,
    ),
    Place(
        "04", "mlp", ("def train(predicts", "learned, losses = train("),
        "md.draw(net)",
        "The net itself: every hidden layer adds a change to what it is given, "
        "and is told the time anew.",
    ),
    Place(
        "05", "block", ("md.source(md.nets.unet.Block.forward)",),
        "md.draw(\n"
        "    md.nets.unet.Block, (8, 8), dims=2, c_in=64, c_out=32, width=128\n"
        ")",
        "What goes down the middle is the change, what goes around it the input. "
        "Only where the orange arrow ends is the block told anything.",
    ),
    Place(
        "05", "unet", ("md.source(md.UNet.forward)",),
        "md.draw(md.UNet, (8, 8), dims=2, channels=(32, 64), mid=2, classes=10)",
        "This is the net that we shall train: down at the left, up at the right, "
        "bridges between them, and an orange ring that tells every block the time "
        "and the label.",
    ),
    Place(
        "05", "digits", ("def silenced(block, inputs)",),
        "md.draw(voice.denoiser.net, voice.shape[1:])",
        "The same U, a level deeper. The bridges that we shall silence are dashed.",
        after=True,
    ),
    Place(
        "06", "step-fresh", ("md.source(md.ddpm)",),
        'md.draw("step", schedule=schedule, t=0.3, s=0.2, eta=1.0)',
        "Guess, read off, rebuild. Of the noise that was read off only a part is "
        "used again; `fresh` says how much is new.",
    ),
    Place(
        "07", "step", ("md.source(md.ddim)",),
        'md.draw("step", schedule=schedule, t=0.6, s=0.4)',
        "With `eta=0` these three boxes are the whole step, from any time to any "
        "earlier one.",
    ),
    Place(
        "07", "solvers", ("md.source(md.dpmpp_2m)",),
        'md.draw("solvers", denoiser=exact)',
        "On these axes each step is a straight arrow. Euler looks along the curve "
        "where it stands; Heun takes the mean of two looks; the third bends its "
        "look by how much the last guess has changed.",
    ),
    Place(
        "08", "training-flow", ('predicts="velocity"',),
        "md.draw(learned, 2)",
        "Compare it with the drawing of chapter 4: another schedule, another "
        "target, and nothing else.",
        after=True,
    ),
    Place(
        "09", "model", ("From recipe to untrained model", "md.source(Denoising.build)"),
        "md.draw(voice)",
        "Nearly every line of the recipe has its place here: the front end on the "
        "way down and up, the net at the bottom, and the sampler that asks it.",
    ),
    Place(
        "09", "guidance", ("md.source(md.Guided.__call__)",),
        "md.draw(md.Guided(exact, 3.0))",
        "Two questions instead of one, and an arrow from the one answer through "
        "the other and beyond.",
    ),
    Place(
        "10", "layer", ("md.source(diffwave.ResidualLayer.forward)",),
        "md.draw(\n"
        "    md.nets.diffwave.ResidualLayer, 4096,\n"
        "    c=16, dilation=8, width=64, n_mels=None,\n"
        ")  # fmt: skip",
        "Twice something is cut into halves: what `dilated` answers, into a "
        "signal and its faders; what `out` answers, into what goes on and what "
        "goes to the end.",
    ),
    Place(
        "10", "diffwave", ("md.source(DiffWave.forward)",),
        "md.draw(\n"
        "    md.nets.DiffWave, 4096,\n"
        "    channels=16, layers=9, cycle=9, classes=3,\n"
        ")  # fmt: skip",
        "Each layer looks twice as far apart as the one above it, and sends its "
        "word to the sum at the bottom.",
    ),
    Place(
        "10", "wavegrad", ("md.source(wavegrad.FiLM.forward)",),
        "md.draw(md.nets.WaveGrad, 16_384, schedule=md.Cosine())",
        "Two arms again, but nothing that goes down the left one comes up the "
        "right one: it only moves faders there.",
    ),
    Place(
        "10", "drums", ("machine = md.load(",),
        "md.draw(machine)",
        "No detour: what the net works on is the waveform itself, only divided by "
        "its usual strength.",
        after=True,
    ),
    Place(
        "11", "joined", ("md.source(Conditions.joined)",),
        "md.draw(\n"
        "    md.UNet, 6400, dims=1, channels=(16, 32, 48),\n"
        "    classes={\n"
        '        "mel": ("frames", spec.n_mels, spec.hop_length),\n'
        '        "start": ("frames", 1, 1),\n'
        "    },\n"
        ")  # fmt: skip",
        "The U of the shipped vocoder, without its two lowest levels. (`start` is "
        "for a later section.)",
    ),
    Place(
        "11", "vocoder", ("md.source(Vocoding.given)",),
        "md.draw(Vocoding, 6400, spec=spec)",
        "The mel goes three ways: it says how loud, it says what Griffin-Lim can "
        "make of it, and it is told to the net, which makes what is missing.",
    ),
    Place(
        "12", "autoencoder", ("md.source(Autoencoder.__init__)",),
        "md.draw(latents.autoencoder, (64, 64))",
        "The encoder's rows halve the picture, the decoder's double it; the "
        "latent is all that passes from the one to the other.",
    ),
    Place(
        "12", "dit-block", ("md.source(dit.DiTBlock.__init__",),
        "md.draw(md.nets.dit.DiTBlock, 64, width=160, heads=4)",
        "Three faders for what attention does, three for what the feedforward "
        "does. While both alphas are 0, only the ways around are open.",
    ),
    Place(
        "12", "dit", ("md.source(DiT.forward)",),
        "md.draw(\n"
        "    md.nets.DiT, (16, 16),\n"
        "    width=160, depth=6, heads=4, patch=2, classes=12,\n"
        ")  # fmt: skip",
        "No arms and no bridges: between the patches and their way back nothing "
        "changes its size.",
    ),
    Place(
        "12", "latent-model", ("## A short lesson",),
        "md.draw(voice)",
        "The whole of it: an autoencoder on either side, and in the small space "
        "between them a denoiser like all the others.",
    ),
    Place(
        "12", "along", ("md.source(md.nets.unet.Along.forward)",),
        "md.draw(\n"
        "    md.UNet, (64, 64), channels=(48, 96, 128), classes=12,\n"
        "    patch=2, along=True,\n"
        ")  # fmt: skip",
        "The stem now cuts patches, and so every level is smaller.",
    ),
]  # fmt: skip


def insert(notebook, places) -> list[str]:
    """Put the drawings into a chapter; names of those whose anchor was not found."""
    ours = {cell.id for place in places for cell in place.cells()}
    cells = [cell for cell in notebook.cells if cell.id not in ours]
    stored = {cell.id: cell for cell in notebook.cells if cell.id in ours}
    missing = []
    for place in places:
        at = where(cells, place.anchors)
        if at is None:
            missing.append(place.name)
            continue
        at += place.after
        while place.after and at < len(cells) and cells[at].id in ours:
            at += 1  # behind another drawing of the same cell
        cells[at:at] = [kept(cell, stored.get(cell.id)) for cell in place.cells()]
    notebook.cells = cells
    return missing


def where(cells, anchors) -> int | None:
    """The first cell that contains the first anchor that any cell contains."""
    for anchor in anchors:
        for at, cell in enumerate(cells):
            if anchor in cell.source and not cell.id.startswith("drawing-"):
                return at
    return None


def kept(cell, stored):
    """The cell as it is stored, with its outputs, if its source is the same."""
    return stored if stored is not None and stored.source == cell.source else cell


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("files", nargs="*", type=Path, help="all if none are named")
    parser.add_argument("--check", action="store_true", help="only say what differs")
    options = parser.parse_args()
    lost = False
    for path in options.files or sorted((ROOT / "notebooks").glob("*.ipynb")):
        places = [place for place in PLACES if path.name.startswith(place.chapter)]
        notebook = nbformat.read(path, as_version=4)
        for name in insert(notebook, places):
            print(f"{path.name}: no anchor for {name}")
            lost = True
        text = nbformat.writes(notebook, indent=1) + "\n"
        if text != path.read_text():
            print(f"{path.name}: {'would change' if options.check else 'changed'}")
            if not options.check:
                path.write_text(text)
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    main()
