"""Set real sounds beside the made ones: `python tools/insert_real.py [NOTEBOOKS]`.

Puts a blind test, a sentence and a folded cell, into chapters 1, 9, 10 and 11: which is
the recording? A place is found by words of the text around it; where none of them is
left, the chapter is named and the answer is 1. Doing it twice changes nothing: what was
put in before is brought up to date where it stands. The chapter has to be executed
afterwards (`tools/notebooks.py run`).
"""

import argparse
import ast
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Trial:
    """before, after: words of a cell to stand before or after; the first found counts.

    text: the sentence. code: the folded cell.
    """

    text: str
    code: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


TRIALS = {
    "01": Trial(
        before=("Thirty more, nobody's recordings", "many = voice.generate("),
        after=('sevens = voice.generate("seven"',),
        text="""\
Are they as good as real ones? A few recordings that the model never
heard come with the package. In each pair below one speaker says *seven*
twice: one was recorded, one made. They are equally loud, and their order
is drawn when you open the page. *Before you listen:* how many of the four
recordings will you find? (One thing is unfair: what the model makes comes
by way of a picture, and that alone can be heard. Chapter 9 takes this
difference away.)""",
        code="""\
talkers = (0, 1, 3, 5)  # four of the six
invented = voice.generate(
    {"digit": ["seven"] * 4, "speaker": talkers}, n=4, seed=60
)
md.blind(
    invented,
    [md.example("seven", k).wave for k in talkers],
    voice.sample_rate,
    listen="the voice itself, and the room behind it.",
)""",
    ),
    "09": Trial(
        before=("These voices resemble six real people",),
        after=("The judge recognises {hits} of",),
        text="""\
And beside recordings? What tells a made word from a recorded one need
not be the model: the one came out of Griffin-Lim, the other did not. So
let both. Here the recordings, which the model never heard, come out
of their own mels, and what is left to hear is the model's. *Before you
listen:* how many of the six recordings will you find?""",
        code="""\
six_words = ["zero", "two", "four", "five", "eight", "nine"]
wishes = {"digit": six_words, "speaker": [*range(6)]}
invented = voice.generate(wishes, n=6, seed=80)
recorded = torch.cat(
    [md.example(w, k).fitted(6400) for k, w in enumerate(six_words)]
)
detour = voice.spec.decode(voice.spec.encode(recorded)).clamp(-1, 1)


def in_db(waves):
    return 20 * voice.spec.stft(waves).abs().clamp(min=1e-4).log10()


lost = (in_db(recorded) - in_db(detour)).square().mean(1).sqrt()
md.blind(
    invented,
    detour,
    voice.sample_rate,
    listen="more than the ring that both have: mel and Griffin-Lim "
    f"changed these recordings by {lost.mean():.0f} dB.",
)""",
    ),
    "10": Trial(
        before=("On the way to a snare", "class Diary"),
        after=("right = sum(map(str.__eq__, heard, kinds))",),
        text="""\
And your ear? Nine pairs, one of each kind: a hit that was made, and one
of a machine that the model never heard. The front end of a waveform
leaves no trace, so all that you hear is the model. *Before you listen:*
which kind will be the hardest to tell?""",
        code="""\
recorded = torch.cat(
    [md.example(k).fitted(takes.shape[1]) for k in machine.labels]
)
returned = machine.spec.decode(machine.spec.encode(recorded))
assert (returned - recorded).abs().max() < 1e-6  # no trace
md.blind(
    takes[: len(recorded)],
    recorded,
    machine.sample_rate,
    listen="the blow, and what is left when it is over.",
)""",
    ),
    "11": Trial(
        before=("## What each ingredient brings",),
        after=("ask = dict(cond=",),
        text="""\
And beside recordings? Here are five words that no model has heard, and
what the vocoder makes of their mels. *Before you listen:* how many of the
five recordings will you find?""",
        code="""\
five_words = ["two", "three", "five", "seven", "nine"]
recorded = torch.cat(
    [md.example(w, k).fitted(6400) for k, w in enumerate(five_words)]
)
spoken = speak.decode(spec.encode(recorded), steps=12).clamp(-1, 1)


def in_db(waves):
    return 20 * spec.stft(waves).abs().clamp(min=1e-4).log10()


apart = (in_db(spoken) - in_db(recorded)).square().mean(1).sqrt()
md.blind(
    spoken,
    recorded,
    rate,
    listen="hoarseness in the vowel. The two of a pair are "
    f"{apart.mean():.0f} dB apart (log-spectral distance).",
)""",
    ),
}


def inserted(notebook, trial: Trial):
    """The notebook with its test; None where its place is not found."""
    cells = [cell for cell in notebook.cells if cell.id not in ("real", "real-test")]
    if len(cells) < len(notebook.cells):  # where it stands already
        place = next(i for i, c in enumerate(notebook.cells) if c.id.startswith("real"))
    else:
        place = find(cells, trial)
    if place is None:
        return None
    look = {"tags": ["hide-input"]}
    new = [
        new_markdown_cell(trial.text, id="real"),
        new_code_cell(trial.code, id="real-test", metadata=look),
    ]
    notebook.cells = [*cells[:place], *new, *cells[place:]]
    return notebook


def find(cells, trial: Trial) -> int | None:
    for wanted, offset in ((trial.before, 0), (trial.after, 1)):
        for words in wanted:
            for i, cell in enumerate(cells):
                if words in " ".join(cell.source.split()):
                    return after_output(cells, i) if offset else before_text(cells, i)
    return None


def before_text(cells, i: int) -> int:
    """A cell of code and the text that leads to it stay together."""
    return i - (cells[i].cell_type == "code" and cells[i - 1].cell_type == "markdown")


def after_output(cells, i: int) -> int:
    """After a cell of code, and after the text that reads it unless it has a title."""
    follows = cells[i + 1].cell_type == "markdown" if i + 1 < len(cells) else False
    titled = follows and re.search(r"^#", cells[i + 1].source, re.MULTILINE)
    return i + 1 + (follows and not titled)


def taken(notebook, trial: Trial) -> list[str]:
    """Names that the test's cell sets and another cell of the chapter knows."""
    new, known = set(), set()
    for statement in ast.parse(trial.code).body:
        if isinstance(statement, ast.Assign):
            new |= {target.id for target in statement.targets}
        elif isinstance(statement, ast.FunctionDef):
            new.add(statement.name)
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.id not in ("real-test", "install"):
            known |= set(re.findall(r"[A-Za-z_]\w*", cell.source))
    return sorted(new & known)


def main():
    about, details = __doc__.split("\n\n", 1)
    parser = argparse.ArgumentParser(description=about, epilog=details)
    parser.add_argument("files", nargs="*", type=Path, help="all if none are named")
    files = parser.parse_args().files or sorted(ROOT.glob("notebooks/*.ipynb"))
    bad = False
    for path in files:
        if path.name[:2] not in TRIALS:
            continue
        trial = TRIALS[path.name[:2]]
        notebook = nbformat.read(path, as_version=4)
        old = nbformat.writes(notebook, indent=1)
        if clash := taken(notebook, trial):
            print(f"{path.name}: these names are used elsewhere: {', '.join(clash)}")
            bad = True
        if inserted(notebook, trial) is None:
            print(f"{path.name}: not found: {'; '.join(trial.before + trial.after)}")
            bad = True
            continue
        if nbformat.writes(notebook, indent=1) == old:
            print(f"{path.name}: up to date")
            continue
        path.write_text(nbformat.writes(notebook, indent=1) + "\n")
        print(f"{path.name}: inserted")
    sys.exit(bad)


if __name__ == "__main__":
    main()
