"""What moves on the first page: a walk from noise to a word, and what a reader solved.

The page has `<!-- walk -->` and `<!-- solved -->` where they go. The model and its walk
are those of chapter 1; they are made anew when the page is read.
"""

from pathlib import Path

import torch
from docutils import nodes
from guide import chapters, title

import minidiff as md
from minidiff.display.shown import Shown, tag
from minidiff.exercises.check import VALUES, exercises

PAGE = "book/preface"
STOPS = 0, 10, 15, 18, 20  # of 20 steps: heard from first to last in three seconds
SEED, SPEAKER = 7, 4


def walk() -> Shown:
    """From noise to "seven", a slider with sounds and pictures."""
    voice = md.load("digits")
    noise = torch.randn(
        1, 1, *voice.shape[1:], generator=torch.Generator().manual_seed(SEED)
    )
    wish = {"digit": torch.tensor([7]), "speaker": torch.tensor([SPEAKER])}
    times = voice.denoiser.schedule.times(20)
    with torch.no_grad():
        way = [noise, *md.ddim(voice.denoiser, noise, times, cond=wish)]
        sounds = [voice.spec.decode(way[step])[0] for step in STOPS]
    end = word_end(sounds[-1], voice.sample_rate)
    names = [f"{step} of 20 steps" for step in STOPS]
    titles = ["Noise", *(f"After {step} steps" for step in STOPS[1:-1]), '"Seven"']
    players = [
        md.player(sound[:end], voice.sample_rate, title)
        for sound, title in zip(sounds, titles, strict=True)
    ]
    return md.trajectory(players, names, "From noise to a word")


def word_end(wave, rate: int) -> int:
    """A tenth of a second after the last loud sample."""
    loud = (wave.abs() > 0.1 * wave.abs().max()).nonzero()[-1].item()
    return min(len(wave), loud + rate // 10)


def solved(link) -> Shown:
    """A list of the chapters with how much of each is solved in this browser.

    link: from the name of a chapter's page to its address.
    """
    rows = ""
    for number, path in enumerate(chapters(), start=1):
        names = [
            e.name for e in exercises() if e.chapter == number and e.kind in VALUES
        ]
        words = tag("a", f"{number} {title(path)}", href=link(f"notebooks/{path.stem}"))
        rows += tag("li", words + tag("span"), data_names=" ".join(names))
    body = tag("p", tag("output", aria_live="polite")) + tag("ul", rows)
    body += tag("button", "Forget it", type="button")
    return Shown("<solved>", tag("md-solved", body, hidden=True), moves=True)


def fill(app, doctree):
    """Put both into the page, in place of their comments."""
    if app.env.docname != PAGE:
        return
    uri = app.builder.get_relative_uri if app.builder.format == "html" else None
    made = {"walk": walk, "solved": lambda: solved(lambda name: uri(PAGE, name))}
    for node in list(doctree.findall(nodes.raw)):
        name = node.astext().strip().removeprefix("<!-- ").removesuffix(" -->")
        if name in made:
            shown = made[name]()._repr_html_()
            node.replace_self(nodes.raw("", shown, format="html"))
    for path in [*Path(md.__file__).parent.rglob("*.py"), *chapters()]:
        app.env.note_dependency(str(path))


def setup(app):
    app.connect("doctree-read", fill)
    return {"parallel_read_safe": True}
