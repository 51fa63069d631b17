"""Every drawing finds its place in a chapter, once, and its code runs."""

import ast
import re

import insert_drawings
import nbformat
import pytest
import torch
from insert_drawings import PLACES, Place, insert
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import minidiff as md

CHAPTERS = sorted((insert_drawings.ROOT / "notebooks").glob("*.ipynb"))


def notebook():
    sources = ["import a", "here(1)", "there(2)", "here(3)"]
    return new_notebook(cells=[new_code_cell(source) for source in sources])


def place(name, *anchors, after=False):
    return Place("01", name, anchors, f"md.draw({name})", f"It is {name}.", after)


def sources(book):
    return [cell.source for cell in book.cells]


def test_a_drawing_stands_before_its_anchor_and_only_once():
    book = notebook()
    assert insert(book, [place("x", "here(")]) == []
    wanted = ["import a", "md.draw(x)", "It is x.", "here(1)", "there(2)", "here(3)"]
    assert sources(book) == wanted
    assert book.cells[1].metadata.tags == ["hide-input"]
    again = nbformat.writes(book)
    assert insert(book, [place("x", "here(")]) == []
    assert nbformat.writes(book) == again
    nbformat.validate(book)


def test_drawings_after_one_cell_keep_their_order():
    book, places = notebook(), [place(n, "there", after=True) for n in "xy"]
    for _ in range(2):
        assert insert(book, places) == []
        assert sources(book)[3:7] == [
            "md.draw(x)",
            "It is x.",
            "md.draw(y)",
            "It is y.",
        ]


def test_a_second_choice_and_none():
    book = notebook()
    assert insert(book, [place("x", "nowhere", "there"), place("y", "nowhere")]) == [
        "y"
    ]
    assert sources(book)[2:5] == ["md.draw(x)", "It is x.", "there(2)"]


def test_new_words_and_a_new_place_move_the_drawing_and_its_output():
    book = notebook()
    insert(book, [place("x", "here(")])
    book.cells[1].outputs = [nbformat.v4.new_output("stream", text="seen")]
    moved = Place("01", "x", ("there",), "md.draw(x)", "Other words.")
    insert(book, [moved])
    assert sources(book)[2:4] == ["md.draw(x)", "Other words."]
    assert book.cells[2].outputs[0].text == "seen"
    changed = Place("01", "x", ("there",), "md.draw(2 * x)", "Other words.")
    insert(book, [changed])
    assert book.cells[2].outputs == []


def test_an_anchor_in_our_own_words_does_not_count():
    book = new_notebook(cells=[new_markdown_cell("a", id="a")])
    insert(book, [place("a", "a")])
    first = nbformat.writes(book)
    insert(book, [place("a", "a")])
    assert nbformat.writes(book) == first


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_drawing_has_a_place_where_its_names_are_known(path):
    book = nbformat.read(path, as_version=4)
    places = [p for p in PLACES if path.name.startswith(p.chapter)]
    assert insert(book, places) == []
    made = set()
    for cell in book.cells:
        if cell.cell_type == "code":
            code = re.sub(r"(?m)^( *)%.*", r"\1pass", cell.source)
            new, used = names(ast.parse(code))
            assert used <= made or not cell.id.startswith("drawing-"), cell.id
            made |= new


def names(tree):
    """Those that some code makes, and those that it uses."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.alias)]
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    stored = {node.id for node in found if isinstance(node.ctx, ast.Store)}
    stored |= {node.asname or node.name for node in imports}
    return stored, {node.id for node in found} - stored


def known(name):
    """What the chapters have made of these names before the drawing."""
    return {
        "md": lambda: md,
        "schedule": md.Cosine,
        "net": lambda: md.MLP(dim=2),
        "voice": lambda: md.load("digits"),
        "machine": lambda: md.load("drums"),
        "exact": lambda: md.GaussianMixture([[-1.0], [1.0]], 0.3).denoiser(md.Cosine()),
        "learned": lambda: md.Denoiser(md.MLP(dim=2), md.Flow(), predicts="velocity"),
        "spec": lambda: md.load("digits").spec,
        "Vocoding": lambda: type(md.load("digits-vocoder").vocoding),
        "latents": lambda: md.load("sounds-autoencoder"),
    }[name]()


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_its_code_draws_and_draws_no_chance(place):
    tree = ast.parse(place.code)
    scope = {name: known(name) for name in names(tree)[1]}
    state = torch.get_rng_state()
    shown = eval(compile(ast.Expression(tree.body[0].value), place.name, "eval"), scope)
    assert repr(shown).startswith("<drawing: ")
    assert torch.equal(state, torch.get_rng_state())
    assert max(map(len, place.code.split("\n"))) <= 70
    assert len({other.name for other in PLACES}) == len(PLACES)
