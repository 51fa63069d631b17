"""The blind test of made against recorded, alive in a real browser."""

import math

import pytest
import torch

import minidiff as md

RATE = 16_000


def tone(f):
    return 0.1 * torch.sin(2 * math.pi * f * torch.arange(RATE // 2) / RATE)


@pytest.fixture
def opened(browser, tmp_path):
    """Open outputs as a notebook holds them; a page that complains fails the test."""
    pages, complaints = [], []

    def open_page(*outputs, script=True):
        file = tmp_path / "page.html"
        body = "".join(output._repr_html_() for output in outputs)
        file.write_text(f"<!doctype html><title>t</title>{body}", encoding="utf-8")
        page = browser.new_page(java_script_enabled=script)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(file.as_uri())
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert not complaints


def pairs(n):
    return [tone(300 + 100 * i) for i in range(n)], [
        tone(350 + 100 * i) for i in range(n)
    ]


def recorded(page, pair):
    """Which of A (0) and B (1) is the recording of this pair: by their sounds."""
    named = [a.get_attribute("src") for a in page.locator("details audio").all()]
    places = []
    for i in (0, 1):
        page.click(f"[data-hear='{i}']")
        playing = "document.querySelector('md-blind > audio')"
        page.wait_for_function(f"{playing}.currentTime > 0")
        places.append(named.index(page.evaluate(f"{playing}.src")))
    assert sorted(places) == [2 * pair, 2 * pair + 1]
    return places.index(2 * pair + 1)


def said(page):
    return " ".join(page.locator("md-blind output").inner_text().split())


def test_it_asks_tells_counts_and_goes_on(opened):
    n = 12
    page = opened(md.blind(*pairs(n), RATE))
    drawn, right = set(), 0
    for pair in range(n):
        start = f"Pair {pair + 1} of {n}: one is recorded, one is made."
        assert said(page) == start
        real = recorded(page, pair)
        drawn.add(real)
        hit = pair != 3
        page.click(f"[data-answer='{real if hit else 1 - real}']")
        right += hit
        luck = sum(math.comb(pair + 1, k) for k in range(right, pair + 2)) / 2 ** (
            pair + 1
        )
        assert said(page) == (
            f"{'Right' if hit else 'No'}, {'AB'[real]} is the recording. "
            f"{right} of {pair + 1} right; guessing does as well in "
            f"{math.floor(100 * luck + 0.5)} % of all tests."
        )
        # told, one can listen again but not answer again
        assert page.locator("[data-answer]:visible").count() == 0
        assert recorded(page, pair) == real
        last = pair + 1 == n
        assert page.locator("[data-next]").is_hidden() == last
        if not last:
            page.click("[data-next]")
    assert drawn == {0, 1}  # wrong once in 2048 runs, as a fair coin is


def test_each_visit_draws_anew(opened):
    first = []
    page = opened(md.blind(*pairs(1), RATE))
    for _ in range(14):
        first.append(recorded(page, 0))
        page.reload()
    assert set(first) == {0, 1}


def test_the_keyboard_is_enough(opened):
    page = opened(md.blind(*pairs(2), RATE))
    focused = "document.activeElement.textContent"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "▶ hear A"
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('md-blind > audio').currentTime > 0")
    for _ in range(2):
        page.keyboard.press("Tab")
    assert page.evaluate(focused) == "A is the recording"
    page.keyboard.press("Space")
    assert "is the recording. " in said(page)
    assert page.evaluate(focused) == "next pair"
    page.keyboard.press("Enter")
    assert page.evaluate(focused) == "▶ hear A"
    assert said(page).startswith("Pair 2 of 2")
    page.focus("[data-answer='1']")
    page.keyboard.press("Enter")
    assert page.evaluate(focused).startswith("All of them, by name")


def test_one_sound_at_a_time_beside_other_players(opened):
    page = opened(md.player(tone(200), RATE, "a"), md.blind(*pairs(1), RATE))
    page.evaluate("document.querySelector('md-clip audio').loop = true")
    page.evaluate("document.querySelector('md-clip audio').play()")
    page.click("[data-hear='0']")
    page.wait_for_function("document.querySelector('md-clip audio').paused")


def test_without_a_script_the_sounds_are_there_by_name(opened):
    page = opened(md.blind(*pairs(1), RATE), script=False)
    assert page.locator("button:visible").count() == 0
    page.click("summary")
    assert page.locator("details audio:visible").count() == 2
    assert page.locator("figcaption").all_inner_texts() == ["made", "recorded"]
