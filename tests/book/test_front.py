"""The first page: a walk from noise to a word, and what a reader has solved."""

import json

import front
import pytest
import torch
from bs4 import BeautifulSoup
from parts import reloaded

import minidiff as md
from minidiff.exercises.check import VALUES, exercises

SOLVED = "minidiff solved"  # where a browser keeps it


def test_the_walk_is_short_and_ends_with_the_word():
    page = BeautifulSoup(front.walk().html, "html.parser")
    titles = [e.text for e in page.select("figcaption")]
    assert (titles[0], titles[-1]) == ("Noise", '"Seven"')
    assert len(titles) == len(front.STOPS) == len(page.select("img"))
    seconds = [
        float(e.text.removesuffix(" s"))
        for e in page.select(".md-axis span:last-child")
    ]
    assert len(seconds) == len(titles)
    assert sum(seconds) <= 3


def test_a_word_ends_soon_after_its_last_loud_sample():
    wave = torch.zeros(8000)
    wave[100:2000] = 0.5
    wave[2000:4000] = 0.01
    assert front.word_end(wave, 8000) == 2799
    assert front.word_end(torch.ones(50), 8000) == 50


def test_every_question_is_counted():
    shown = front.solved(lambda name: f"../{name}.html")
    page = BeautifulSoup(shown.html, "html.parser")
    counted = [n for e in page.select("[data-names]") for n in e["data-names"].split()]
    assert counted == [e.name for e in exercises() if e.kind in VALUES]
    assert page.a["href"].endswith("notebooks/01-noise-and-back.html")
    assert page.find("md-solved").has_attr("hidden")  # without a script it says nothing


def test_what_is_solved_is_shown_and_can_be_forgotten(opened):
    page = opened(front.solved("{}.html".format), md.ask("ex-08-6"))
    box, count = page.locator("md-solved"), len([e for e in exercises() if e.form])
    page.evaluate(
        "([name, value]) => localStorage.setItem(name, value)",
        [SOLVED, json.dumps(["ex-01-1", "ex-01-6"])],
    )
    reloaded(page, box.locator("output"), "2 of")
    assert (
        box.locator("output").inner_text() == f"Solved in this browser: 2 of {count}."
    )
    assert box.locator("li:visible").all_inner_texts() == ["1 Noise and back: 2 of 3"]
    page.get_by_role("button", name="A", exact=True).click()
    page.locator("md-ask[data-solved]").wait_for()
    reloaded(page, box.locator("output"), "3 of")
    assert "3 of" in box.locator("output").inner_text()
    assert len(box.locator("li:visible").all()) == 2
    page.get_by_role("button", name="Forget it").click()
    assert "None is solved" in box.locator("output").inner_text()
    assert box.locator("li:visible").all() == []
    assert box.get_by_role("button").all() == []


@pytest.mark.parametrize("size", [(1280, 800), (390, 700)])
def test_a_reader_hears_the_walk_at_once(browser, site, size):
    page = browser.new_page(viewport=dict(zip(("width", "height"), size, strict=True)))
    page.goto(f"{site}book/preface.html", wait_until="load")
    button = page.get_by_role("button", name="Play")
    box = button.bounding_box()
    assert box["y"] + box["height"] < 0.6 * size[1]  # without scrolling
    page.evaluate("""() => {
        window.heard = [];
        document.addEventListener("playing", (event) =>
            window.heard.push(event.target.getAttribute("aria-label")), true);
    }""")
    button.click()
    page.wait_for_function("() => window.heard.at(-1) === '\"Seven\"'")
    assert page.evaluate("window.heard[0]") == "Noise"
    page.wait_for_function(
        "() => document.querySelector('md-slides input').value === '4'"
    )
    page.close()
