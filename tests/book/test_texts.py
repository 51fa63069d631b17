"""The pages of text: their Python runs and prints what they say, nothing is missing."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
import soundfile

import minidiff as md
from minidiff.models import run
from minidiff.models.shelf import shipped

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
SNIPPETS = {
    path: re.findall(r"^```python\n(.*?)^```", path.read_text(), re.M | re.S)
    for path in [*BOOK.glob("*.md"), *ROOT.glob("*.md")]
}
SNIPPETS = {path: code for path, code in SNIPPETS.items() if code}


def promised(code):
    """What a snippet says it prints: after a print, or in lines of their own."""
    beside = r"print\(.*\)  # (.*)$"
    return re.findall(rf"^(?:\s*{beside}|# (.*)$)", code, re.MULTILINE)


# Runs in a Python of its own, as a reader's would, without the tests' type checks; one
# for all pages, since imports take longest.
DRIVER = """
import contextlib, io, json, sys
pages = json.load(sys.stdin)
for page, codes in pages.items():
    names, printed = {}, []
    for code in codes:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile(code, page, "exec"), names)
        printed.append(out.getvalue().splitlines())
    pages[page] = printed
print(json.dumps(pages))
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder with what "your own recordings" talks of: recordings and a model."""
    desk = tmp_path_factory.mktemp("desk")
    sounds = md.data.sounds(n=120)
    waves = [sounds[i][0].numpy() for i in range(0, 120, 4)]  # some held out, by name
    soundfile.write(desk / "long.wav", np.tile(waves[0], 12), sounds.sample_rate)
    clips = desk / "my-recordings" / "door"
    clips.mkdir(parents=True)
    for i, wave in enumerate(waves):
        soundfile.write(clips / f"door-{i}.wav", wave, sounds.sample_rate)
    list(run.train("sounds", desk / "mine", steps=1, folder=clips.parent))
    return desk


def test_snippets_run_and_print_what_they_say(desk):
    command = [sys.executable, "-c", DRIVER]
    codes = json.dumps({path.name: code for path, code in SNIPPETS.items()})
    paths = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=desk, env=paths, input=codes, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    pages = json.loads(done.stdout)
    for path, snippets in SNIPPETS.items():
        for code, printed in zip(snippets, pages[path.name], strict=True):
            said = [beside or below for beside, below in promised(code)]
            assert not said or printed == said, f"{path.name}:\n{code}"


def test_a_wrong_promise_is_noticed():
    assert promised("print(1)  # 2\n# 3\nx = 1  # note\n") == [("2", ""), ("", "3")]


def test_every_paper_of_a_chapter_is_among_the_references():
    references = (BOOK / "references.md").read_text()
    for path in [*ROOT.glob("notebooks/*.ipynb"), *BOOK.glob("*.md")]:
        for number in re.findall(r"arXiv[: ](\d{4}\.\d{5})", path.read_text()):
            assert number in references, f"{path.name}: arXiv:{number} is missing"


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("notebooks/*.ipynb")), ids=lambda path: path.stem
)
def test_a_chapter_names_its_works_as_the_references_do(path):
    references = " ".join((BOOK / "references.md").read_text().split())
    cells = (cell.source for cell in nbformat.read(path, 4).cells)
    (listed,) = (text for text in cells if text.startswith("## References"))
    works = " ".join(listed.partition("\n## ")[0].split()).split(" * ")[1:]
    assert works
    for work in works:
        assert re.search(r"\*.+?\*", work)[0] in references, work


def test_every_work_of_a_docstring_is_among_the_references():
    titles = re.findall(
        r"^### (.*) (\d{4})$", (BOOK / "references.md").read_text(), re.M
    )
    known = {(re.split(r"[ ,]", who)[0], year) for who, year in titles}
    cited = re.compile(r"([A-Z][\w-]+)(?:, \w+)?(?: et al\.| & \w+)? ((?:19|20)\d\d)\b")
    for path in (ROOT / "minidiff").rglob("*.py"):
        for who, year in cited.findall(path.read_text()):
            assert (who, year) in known, f"{path.name}: {who} {year} is missing"


def test_glossary_is_in_order_and_has_every_word_once():
    words = re.findall(r"^### (.*)$", (BOOK / "glossary.md").read_text(), re.M)
    plain = [w.lower().replace("é", "e").replace("-", " ") for w in words]
    assert plain == sorted(plain)
    assert len(set(plain)) == len(plain) >= 50


def test_the_readme_names_every_licence_but_mit():
    text = " ".join((ROOT / "README.md").read_text().split())
    told = text[text.index("The weights are MIT") :]
    told = told[: told.index("Real recordings")]
    kinds = r"CC BY-SA 4.0|CC BY 3.0|CC BY 4.0"
    found = {}
    for part in re.findall(rf"(`.*?)({kinds})", told):
        found |= dict.fromkeys(re.findall(r"`([\w-]+)`", part[0]), part[1])
    cards = {name: md.load(name).card["licence"] for name in shipped()}
    known = {name: re.match(rf"weights ({kinds})", c) for name, c in cards.items()}
    assert found == {name: k[1] for name, k in known.items() if k}


def test_responsible_use_names_every_model_with_its_licence():
    rows = re.findall(r"^\| (`.*)$", (BOOK / "responsible-use.md").read_text(), re.M)
    told = {name: row for row in rows for name in re.findall(r"`(.*?)`", row)}
    assert sorted(told) == shipped()
    for name, row in told.items():
        licence = md.load(name).card["licence"]
        for known in (
            "CC BY-SA 4.0",
            "weights CC BY 3.0",
            "public domain",
            "weights MIT",
        ):
            assert (known in row) == (known in licence), name
