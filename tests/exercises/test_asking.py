"""Questions that the page answers by itself: what is in it, and what is not to be read.

That a browser says what `md.check` says, tests/book/test_asking.py tests.
"""

import html
from importlib import import_module
from itertools import islice

import pytest
from parts import soup

from minidiff.exercises import asking
from minidiff.exercises.check import VALUES, exercises, find, reply
from minidiff.exercises.forms import Each, Number, digits

ASKED = [e.name for e in exercises() if e.kind in VALUES]


@pytest.fixture(scope="module")
def shown():
    """Each exercise's field, made once: some checks compute for a while."""
    made = {}

    def show(name):
        return made.setdefault(name, asking.ask(name))

    return show


@pytest.mark.parametrize("name", ASKED)
def test_every_exercise_that_takes_a_value_can_be_asked(shown, name):
    page = soup(shown(name))
    assert page.select_one("form[hidden]").select("input, select, button[value]")
    assert page.output["aria-live"] == "polite"
    assert "cell below" in page.output.text  # for those without the script
    assert repr(shown(name)).startswith("<ask: Exercise ")
    assert len(shown(name).html) < 8000


@pytest.mark.parametrize("name", ASKED)
def test_the_source_shows_no_praise(shown, name):
    right = import_module(f"exercises.ch{name[3:5]}").RIGHT
    said = [reply(find(name), answer) for known, answer in right if known == name]
    assert all(text.startswith("right. ") for text in said)
    source = html.unescape(shown(name).html)
    assert "right." not in source
    for text in said:
        assert text.removeprefix("right. ") not in source


def test_an_exercise_with_code_cannot_be_asked():
    with pytest.raises(ValueError, match=r"ex-03-2 \(fill in\) can only be answered"):
        asking.ask("ex-03-2")
    with pytest.raises(ValueError, match="ex-03-1"):
        asking.ask("ex-03-99")


def test_a_text_is_hidden_by_its_key():
    hidden = asking.hide("key", "Ωhm")
    assert hidden == asking.hide("key", "Ωhm") != asking.hide("kez", "Ωhm")
    raw = asking.base64.b64decode(hidden)
    bits = list(islice(asking.stream("key"), len(raw)))
    opened = bytes(a ^ b for a, b in zip(raw, bits, strict=True))
    assert opened == bytes(asking.MARK) + "Ωhm".encode()
    # as any FNV-1a and xorshift32 have it, worked out by hand for the empty key
    state = 0x811C9DC5
    state = (state ^ state << 13) & 0xFFFFFFFF
    state ^= state >> 17
    state = (state ^ state << 5) & 0xFFFFFFFF
    assert next(asking.stream("")) == state & 255


def test_many_bytes_of_a_stream_look_like_chance():
    bits = list(islice(asking.stream("ex-03-1 A"), 25_600))
    counts = [bits.count(byte) for byte in range(256)]
    assert 50 < min(counts) < 100 < max(counts) < 160


@pytest.mark.parametrize(("number", "written"), [
    (0.3, "3.00000e-1"), (-20, "-2.00000e+1"), (0, "0.00000e+0"), (-0.0, "0.00000e+0"),
    (1e-5, "1.00000e-5"), (16_129, "1.61290e+4"), (1e23, "1.00000e+23"),
])  # fmt: skip
def test_a_key_is_the_number_as_javascript_writes_it(number, written):
    assert digits(number) == written


def test_candidates_of_numbers_and_words():
    grid = dict(Number(-0.1, 0.3, 0.1, also=(7,)).candidates())
    assert list(grid.values()) == [-0.1, 0, 0.1, 0.2, 0.3, 7]
    words = dict(Each("AB", ("x", "y")).candidates())
    assert words == {f"{a} {b}": [a, b] for a in "xy" for b in "xy"}
