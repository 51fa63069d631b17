"""Words of the glossary are linked: on a small page, and on every page of the book."""

import importlib.util
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.core import publish_doctree

ROOT = Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location(
    "glossary_links", ROOT / "book" / "_ext" / "glossary.py"
)
glossary = importlib.util.module_from_spec(spec)
spec.loader.exec_module(glossary)

WORDS = """
Glossary
========

Terms
-----

mel spectrogram
~~~~~~~~~~~~~~~

A spectrogram in bands. Its second sentence.

spectrogram
~~~~~~~~~~~

:math:`\\hat x_0` as a picture, et al. 2020. More.

velocity
~~~~~~~~

How fast.

DDIM
~~~~

**Denoising diffusion implicit model**: a sampler.

loss
~~~~

What training makes small.

Euler's method
~~~~~~~~~~~~~~

Short straight steps.

v
~

A target.
"""


@pytest.fixture(scope="module")
def linker():
    return glossary.Linker(glossary.read(publish_doctree(WORDS)))


def linked(linker, text):
    """The links that a page gets: pairs (word, id)."""
    page = publish_doctree(text, settings_overrides={"report_level": 5})
    linker.link(page, "glossary.html")
    links = [link for link in page.findall(nodes.reference) if link.get("internal")]
    return [(link.astext(), link["refuri"].partition("#")[2]) for link in links]


def test_entries_are_read_with_names_and_first_sentence(linker):
    by_id = {entry.id: entry for entry in linker.entries}
    assert set(by_id) >= {"mel-spectrogram", "spectrogram", "ddim", "loss"}
    assert by_id["mel-spectrogram"].about == "A spectrogram in bands."
    assert by_id["spectrogram"].about == "x̂₀ as a picture, et al. 2020."
    assert by_id["ddim"].names == ["DDIM", "Denoising diffusion implicit model"]


def test_the_longest_word_wins_and_each_is_linked_once(linker):
    text = "A mel spectrogram, a mel\nspectrogram, a spectrogram, a spectrogram."
    assert linked(linker, text) == [
        ("mel spectrogram", "mel-spectrogram"),
        ("spectrogram", "spectrogram"),
    ]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Velocities add.", "Velocities"),
        ("All losses.", "losses"),
        ("By Euler’s method.", "Euler’s method"),
        ("DDIM’s steps.", "DDIM"),
        ("A denoising diffusion implicit model.", "denoising diffusion implicit model"),
    ],
)
def test_plurals_capitals_and_other_names_count(linker, text, word):
    assert [found for found, _ in linked(linker, text)] == [word]


@pytest.mark.parametrize(
    "text",
    [
        "ddim, lossless, a loss-free spectrogrammar and v",
        "``loss``",
        "Code::\n\n    loss = 1",
        ":math:`loss`",
        ".. math:: loss",
        "`loss <https://example.org>`_",
        ".. figure:: a.png\n\n   The loss.",
        ".. raw:: html\n\n   <b>loss</b>",
        "loss\n====\n\nsome text\n\nTitle\n=====\n\nmore",
        "References\n==========\n\nA loss. 2020.\n\nTitle\n=====\n\nmore",
        "====  ====\nloss  a\n====  ====\nb     c\n====  ====",
    ],
)
def test_other_words_and_closed_places_stay(linker, text):
    assert linked(linker, text) == []


def test_a_link_by_hand_counts_as_the_one(linker):
    by_hand = "Its `{}`__ is small.\n\n__ ../book/glossary.html{}\n\nThe loss, DDIM."
    for name, anchor in [("losses", ""), ("this number", "#loss")]:
        assert linked(linker, by_hand.format(name, anchor)) == [("DDIM", "ddim")]


def test_the_text_itself_is_unchanged(linker):
    text = "The loss of DDIM, in its mel spectrogram, and so on."
    page = publish_doctree(text)
    linker.link(page, "glossary.html")
    assert page.astext() == text


def test_a_changed_glossary_has_every_page_written_again():
    doctree = publish_doctree(WORDS)
    env = SimpleNamespace(found_docs={"a", "b"}, get_doctree=lambda name: doctree)
    app = SimpleNamespace()
    glossary.note_changes(app, env, ["a", glossary.GLOSSARY])
    assert glossary.read_glossary(app, env) == {"a", "b"}
    glossary.note_changes(app, env, ["a"])
    assert glossary.read_glossary(app, env) is None


def built(html):
    for path in sorted([*html.glob("notebooks/*.html"), *html.glob("book/*.html")]):
        yield path, BeautifulSoup(path.read_text(), "html.parser").main


def test_built_pages_link_each_word_once_and_only_in_text(html):
    entries = BeautifulSoup((html / "book/glossary.html").read_text(), "html.parser")
    closed = ["h1", "h2", "h3", "h4", "pre", "code", "figure", "th", "a"]
    seen = set()
    for path, main in built(html):
        links = main.select("a.glossary-term")
        targets = [link["href"].partition("#")[2] for link in links]
        assert len(set(targets)) == len(targets), path.name
        for link, target in zip(links, targets, strict=True):
            assert entries.find("section", id=target), f"{path.name}: {target}"
            assert link["title"]
            assert not re.search(r"[\\${}]", link["title"])
            assert not link.find_parent(closed), f"{path.name}: {link}"
            assert not link.find_parent(class_="math"), f"{path.name}: {link}"
        if path.parent.name == "notebooks":
            assert len(links) >= 5, f"{path.name} links too few words"
        seen.update(targets)
    assert len(seen) >= 50
    for name in ("glossary", "references"):
        assert "glossary-term" not in (html / f"book/{name}.html").read_text()
