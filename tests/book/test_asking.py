"""Answers to exercises, given to the page in a real browser: the words of md.check."""

import math
from importlib import import_module
from pathlib import Path

import pytest
from parts import reloaded

import minidiff as md
from minidiff.exercises.answers import Wrong, names, number
from minidiff.exercises.check import VALUES, exercises, find, reply
from minidiff.exercises.forms import Choice, Each, Number, Numbers, Order, digits

ASKED = [e.name for e in exercises() if e.kind in VALUES]
ANSWERS = [  # (exercise, answer, what must be said)
    row
    for path in sorted((Path(__file__).parents[1] / "exercises").glob("ch*.py"))
    for module in [import_module(f"exercises.{path.stem}")]
    for row in [*[(*pair, None) for pair in module.RIGHT], *module.WRONG]
]


def given(shape, answer):
    """An answer as somebody gives it here, None if the form does not have it."""
    if isinstance(shape, Number):
        try:
            x = number(answer)
        except Wrong:
            return None
        if math.isnan(x):  # which no page takes for a number
            return None
        if digits(x) in dict(shape.candidates()) or not shape.low <= x <= shape.high:
            return x
        return round(x / shape.step) * shape.step  # as exactly as the page asks
    if isinstance(shape, Numbers):
        if isinstance(answer, str | dict):
            return None if isinstance(answer, dict) else answer
        answer = [answer] if isinstance(answer, int | float) else answer
        return [float(number) for number in answer]
    if isinstance(shape, Order):
        return "".join(map(str, answer)) if isinstance(answer, str | list) else None
    if isinstance(shape, Choice):
        answer = str(answer).upper()
        return answer if answer in shape.options else None
    words = names(answer)
    return words if set(words) <= set(shape.options) else None


def give(page, shape, answer):
    """Fill in the form as a reader does, and return what the page says."""
    if isinstance(shape, Choice):
        page.get_by_role("button", name=answer, exact=True).click()
    elif isinstance(shape, Each):
        for letter, word in zip(shape.letters, answer, strict=True):
            page.get_by_label(letter, exact=True).select_option(word)
        page.get_by_role("button").click()
    else:
        texts = answer if isinstance(answer, list) else [answer]
        texts = [t if isinstance(t, str) else f"{t:.6g}" for t in texts]
        page.get_by_label("Your answer").fill(", ".join(texts))
        page.keyboard.press("Enter")
    return page.locator("output").inner_text()


@pytest.mark.parametrize("name", ASKED)
def test_the_page_says_what_the_check_says(opened, name):
    asked, tried = find(name), 0
    page = opened(md.ask(name))
    for known, answer, hint in ANSWERS:
        shown = given(asked.form, answer) if known == name else None
        if shown is None:
            continue
        said, tried = give(page, asked.form, shown), tried + 1
        assert said == reply(asked, shown)
        assert said.startswith("not yet. " if hint else "right. "), answer
        assert (hint or "") in said or shown != answer
        right = page.locator("output[data-right]").count()
        assert right == (hint is None)
    assert tried >= 2


def test_numbers_are_read_as_people_write_them(opened):
    page, shape = opened(md.ask("ex-08-1")), find("ex-08-1").form
    for text in ("-3/4", "−0.75", " -0,75", "-75e-2", "-.75"):
        assert give(page, shape, text).startswith("right."), text
    for text in ("three", "1/", "-", "1 2", "--1"):
        assert give(page, shape, text) == reply(find("ex-08-1"), text), text
    assert give(page, shape, "") == "not attempted yet"


def test_a_number_between_two_steps(opened):
    asked = find("ex-12-1")
    page, shape = opened(md.ask("ex-12-1")), asked.form
    for text in ("3.4", "1e9", "-3"):  # 3 is right, and nothing near it
        assert give(page, shape, text) == reply(asked, text)
    assert "in steps of 1," in give(page, shape, "2.5")  # 2 has a hint of its own
    page, shape = opened(md.ask("ex-01-4")), find("ex-01-4").form
    assert "in steps of 0.005" in give(page, shape, "0.1234")
    assert "from 0.02 to 0.3" in give(page, shape, "0.4")
    assert "% is left" in give(page, shape, "0.125")


def test_an_order_may_have_spaces_and_small_letters(opened):
    page, shape = opened(md.ask("ex-01-6")), find("ex-01-6").form
    assert give(page, shape, "b, d a-c").startswith("right.")
    assert "once" in give(page, shape, "bda")


def test_what_is_solved_stays_solved(opened):
    page = opened(md.ask("ex-08-6"), md.ask("ex-08-1"))
    counts = page.locator("md-ask small")
    assert counts.all_inner_texts() == 2 * ["Solved: 0 of 2 on this page."]
    page.locator("button", has_text="A").click()
    page.locator("button", has_text="B").click()  # a wrong answer afterwards
    assert counts.all_inner_texts() == 2 * ["Solved: 1 of 2 on this page."]
    reloaded(page, counts, "1 of 2")
    assert counts.all_inner_texts() == 2 * ["Solved: 1 of 2 on this page."]
    assert page.locator("md-ask[data-solved]").get_attribute("data-name") == "ex-08-6"
    assert page.locator("output").all_inner_texts() == ["", ""]


def test_a_browser_that_keeps_nothing_answers_all_the_same(opened):
    page = opened(md.ask("ex-08-6"), md.ask("ex-08-1"), script=(
        "Object.defineProperty(window, 'localStorage',"
        " { get() { throw new Error('SecurityError'); } })"
    ))  # fmt: skip
    page.locator("button", has_text="A").click()
    assert page.locator("output").first.inner_text().startswith("right.")
    assert "Solved: 1 of 2" in page.locator("small").last.inner_text()


def test_without_a_script_the_cell_below_is_named(opened):
    page = opened(md.ask("ex-01-1"), script=False)
    assert page.locator("form").is_hidden()
    assert page.locator("output").inner_text() == "Answer in the cell below."
