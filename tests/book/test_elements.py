"""The display module's elements, alive in a real browser."""

import math

import pytest
import torch

import minidiff as md

expect = pytest.importorskip("playwright.sync_api").expect  # waits for what it says
RATE = 16_000


def tone(f):
    return 0.1 * torch.sin(2 * math.pi * f * torch.arange(RATE // 2) / RATE)


def player(name, f=440):
    return md.player(tone(f), RATE, name)


def sees(page, title):
    """Wait until the shown stop has this title."""
    expect(page.locator(".md-stop:not([hidden]) figcaption")).to_have_text(title)


def plays(page, *numbers):
    """Wait until these of the page's sounds are playing, and no other."""
    page.wait_for_function(
        "(numbers) => [...document.querySelectorAll('audio')]"
        ".every((a, i) => a.paused !== numbers.includes(i))",
        arg=numbers,
    )


def test_the_cursor_follows_the_sound_and_a_click_seeks(opened):
    page = opened(player("a"))
    line = page.locator(".md-picture i")
    expect(line).to_be_hidden()
    box = page.locator(".md-picture").bounding_box()
    page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 20)
    page.wait_for_function("document.querySelector('audio').currentTime > 0.25")
    expect(line).to_be_visible()
    page.wait_for_function("parseFloat(document.querySelector('i').style.left) > 50")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_ticks_in_hertz_can_be_read(opened, width):
    page = opened(
        md.players([(tone(440), n) for n in "abc"], RATE),
        md.gallery([(tone(440), str(n)) for n in range(20)], RATE, alt="Tones."),
    )
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("() => Promise.all([...document.images].map((i) => i.decode()))")
    for box in page.locator(".md-mel").all():
        picture = box.locator("img").bounding_box()
        bottom, last = picture["y"] + picture["height"], None
        for tick in box.locator(".md-hertz span").all():
            label, style = tick.bounding_box(), tick.get_attribute("style")
            middle = label["y"] + label["height"] / 2
            height = float(style[7:-1]) / 100 * picture["height"]
            assert abs(bottom - height - middle) < 1.5  # beside its frequency
            assert 0 <= label["x"] < label["x"] + label["width"] < picture["x"]
            assert label["height"] >= 10
            assert last is None or label["y"] + label["height"] <= last + 1
            last = label["y"]


def test_one_sound_at_a_time(opened):
    page = opened(player("a"), player("b"))
    for i in (0, 1, 0):
        page.evaluate(f"document.querySelectorAll('audio')[{i}].loop = true")
        page.evaluate(f"document.querySelectorAll('audio')[{i}].play()")
        plays(page, i)


def test_arrow_keys_walk_and_the_sound_goes_on(opened):
    page = opened(md.trajectory([player(n) for n in "abc"], [0, 5, 9], "t"))
    slider = page.locator("md-slides input")
    slider.focus()
    page.evaluate("document.querySelectorAll('audio').forEach((a) => a.loop = true)")
    page.evaluate("document.querySelector('audio').play()")
    page.wait_for_function("document.querySelector('audio').currentTime > 0.1")
    page.keyboard.press("ArrowRight")
    sees(page, "b")
    expect(page.locator("output")).to_have_text("5")
    expect(slider).to_have_attribute("aria-valuetext", "5")
    plays(page, 1)
    page.wait_for_function("document.querySelectorAll('audio')[1].currentTime > 0.1")
    page.keyboard.press("End")
    sees(page, "c")
    plays(page, 2)


def test_the_slider_stops_the_old_sound_itself(opened):
    """Without waiting for the page to hear that the new one has begun."""
    page = opened(md.trajectory([player(n) for n in "ab"], [0, 1], "t"))
    page.evaluate("document.querySelector('audio').loop = true")
    page.evaluate("document.querySelector('audio').play()")
    page.wait_for_function("document.querySelector('audio').currentTime > 0")
    paused = page.evaluate("""() => {
        const slider = document.querySelector("md-slides input");
        slider.value = 1;
        slider.dispatchEvent(new Event("input"));
        return [...document.querySelectorAll("audio")].map((a) => a.paused);
    }""")
    assert paused == [True, False]


def test_the_button_plays_every_stop_to_its_end(opened):
    page = opened(md.trajectory([player(n) for n in "abc"], "012", "t"))
    page.evaluate("""() => {
        window.heard = [];
        document.addEventListener("ended", (e) =>
            window.heard.push(e.target.getAttribute("aria-label")), true);
    }""")
    button = page.locator("md-slides button")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("window.heard.length == 3")
    assert page.evaluate("window.heard") == ["a", "b", "c"]
    expect(button).to_have_attribute("aria-pressed", "false")
    sees(page, "c")
    button.click()  # from the start again, and a second press stops
    sees(page, "a")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    plays(page)


def test_two_sliders_reach_every_place(opened):
    stops = {(a, b): player(f"{a}{b}") for a in "xy" for b in "123"}
    page = opened(md.explorer(stops, ("letter", "number")))
    letter, number = page.locator("md-slides input").all()
    letter.focus()
    page.keyboard.press("ArrowRight")
    number.focus()
    for expected in ("y2", "y3"):
        page.keyboard.press("ArrowRight")
        sees(page, expected)


def test_a_slider_may_hold_another(opened):
    inner = {n: md.trajectory([player(n + m) for m in "12"], "12", "in") for n in "ab"}
    page = opened(md.trajectory(list(inner.values()), list(inner), "out"))
    outer = page.locator("md-slides input").first
    outer.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("output").first).to_have_text("b")
    page.locator("md-slides md-slides input").last.focus()
    page.keyboard.press("ArrowRight")
    inside = page.locator("md-slides md-slides").last
    expect(inside.locator("figcaption").nth(1)).to_be_visible()
    expect(outer).to_have_value("1")


def test_arrow_keys_go_through_the_gallery(opened):
    notes = [(tone(200 * i), f"note {i}") for i in range(1, 7)]
    page = opened(md.gallery(notes, RATE, alt="Six notes.", columns=3))
    cells = page.locator("md-gallery button")
    assert [c.get_attribute("tabindex") for c in cells.all()] == ["0"] + 5 * ["-1"]
    cells.first.click()
    for key, name in (("ArrowRight", 2), ("ArrowDown", 5), ("ArrowLeft", 4)):
        page.keyboard.press(key)
        expect(page.locator("output")).to_have_text(f"note {name}")
        expect(page.locator(":focus")).to_have_attribute("aria-label", f"note {name}")
        page.wait_for_function("document.querySelector('audio').currentTime > 0")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("output")).to_have_text("note 3")  # reading order
    expect(page.locator("[aria-pressed=true]")).to_have_count(1)


def test_the_blind_test_counts_and_is_fair(opened):
    page = opened(md.abx((tone(300), "low"), (tone(900), "high"), RATE))
    drawn = set()
    for tries in range(1, 13):
        page.click("[data-x]")
        source = page.evaluate("document.querySelector('md-abx > audio').src")
        clips = [a.get_attribute("src") for a in page.locator("md-clip audio").all()]
        x = clips.index(source)
        drawn.add(x)
        page.click(f"[data-answer='{x if tries != 2 else 1 - x}']")
        said = " ".join(page.locator("output").inner_text().split())
        right = tries - (tries > 1)
        assert f"X was {'AB'[x]}. {right} of {tries} right" in said
        luck = sum(math.comb(tries, k) for k in range(right, tries + 1)) / 2**tries
        assert f"in {math.floor(100 * luck + 0.5)} %" in said
    assert drawn == {0, 1}  # wrong once in 2048 runs, as a fair coin is


def test_without_a_script_the_first_of_everything_is_there(opened):
    page = opened(
        md.trajectory([player("first"), player("second")], "01", "t"),
        md.gallery([(tone(300), "a")], RATE, alt="One tone."),
        md.abx((tone(300), "low"), (tone(600), "high"), RATE),
        script=False,
    )
    assert page.locator("figcaption", has_text="first").is_visible()
    assert page.locator("figcaption", has_text="second").is_hidden()
    assert page.locator("md-gallery img").is_visible()
    assert page.locator("md-abx audio").count() == 2
    for dead in page.locator("input, button").all():
        assert dead.is_hidden()


def test_a_still_page_for_those_who_ask_for_it(opened, browser):
    page = opened(player("a"))
    page.emulate_media(reduced_motion="reduce")
    page.evaluate("""() => {
        window.moves = new Set();
        const line = document.querySelector(".md-picture i");
        new MutationObserver(() => window.moves.add(line.style.left))
            .observe(line, { attributes: true });
        document.querySelector("audio").play();
    }""")
    page.wait_for_function("document.querySelector('audio').ended")
    page.wait_for_function("window.moves.size >= 1")
    assert page.evaluate("window.moves.size") <= 6  # not once a frame
