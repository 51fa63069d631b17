"""The listening test, alive in a real browser, with a sheet and sounds of its own."""

import csv
import functools
import io
import re
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import policy
import pytest
import torch

from minidiff.judging.listened import heard, read
from minidiff.judging.sheets import lay_out

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "book" / "listening-test.md").read_text()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


# What is played, by how long it is: the page's own sounds, told apart by their lengths.
SPY = """
window.played = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (...rest) {
  window.played.push(Math.round(this.buffer.duration * 100));
  return start.apply(this, rest);
};
const plug = GainNode.prototype.connect;
GainNode.prototype.connect = function (...rest) {
  window.gain = this.gain.value;
  return plug.apply(this, rest);
};
"""


def tone(hundredths, size=0.2):
    """So many hundredths of a second of 500 Hz."""
    return size * (torch.arange(80 * hundredths) * 2 * torch.pi / 16).sin()


SOUNDS = {
    "made": {"a, 1": tone(10), "b": tone(20, 0.1), "c": tone(30)},
    "recorded": {"a, 1": tone(15), "b": tone(25), "c": tone(35)},
}
LONG = {
    len(x) // 80: (name, label)
    for label, each in SOUNDS.items()
    for name, x in each.items()
}


@pytest.fixture
def page(browser, tmp_path):
    """The page's own element, script and policy; when it is there, no network."""
    tags = re.findall(r"^<(?:link|md-listening|script).*$", PAGE, re.MULTILINE)
    assert len(tags) == 3
    site = tmp_path / "site"
    shutil.copytree(ROOT / "book" / "_static", site / "_static")
    (site / "book").mkdir()
    icon = '<link rel="icon" href="data:,">'
    head = f'<!doctype html><head><meta charset="utf-8">{icon}<title>t</title></head>'
    html = policy.strict(head + "".join(tags))
    (site / "book" / "page.html").write_text(html, encoding="utf-8")
    handler = functools.partial(Quiet, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        context = browser.new_context(accept_downloads=True)
        page, asked, complaints = context.new_page(), [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text))
        page.add_init_script(SPY)
        page.goto(address + "book/page.html")
        context.set_offline(True)
        server.shutdown()
    yield page
    context.close()
    assert not complaints
    known = {address + name for name in ("book/page.html",)}
    known |= {f"{address}_static/listening.{kind}" for kind in ("js", "css")}
    assert not {url for url in asked if not url.startswith("blob:")} - known


def begin(page, folder, test, rounds=1, sheet=None, files=None, equal=True):
    path = lay_out(folder, SOUNDS, 8000)
    if sheet is not None:
        path.write_text(sheet, encoding="utf-8")
    if files is None:
        files = sorted(folder.glob("*.wav"))
    page.select_option("[name=test]", test)
    page.fill("[name=listener]", "an ear")
    page.fill("[name=rounds]", str(rounds))
    page.set_input_files("[name=sheet]", path)
    page.set_input_files("[name=sounds]", files)
    page.set_checked("[name=equal]", equal)
    page.click("text=Begin")


def hear(page, name):
    """Which sound is played under this name, and its label."""
    page.click(f"text=▶ hear {name}")
    return LONG[page.evaluate("window.played.at(-1)")]


def saved(page, folder):
    with page.expect_download() as download:
        page.click("a[download]")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def said(page):
    return page.locator("md-listening output").inner_text()


def test_abx_from_the_sheet_to_the_table(page, tmp_path):
    begin(page, tmp_path / "files", "abx", rounds=3)
    expected, places = [], set()
    for k in range(9):
        page.wait_for_selector("text=▶ hear X")
        assert said(page) == f"{k + 1} of 9"
        answers = page.locator("md-listening .trial button:has-text('X is')")
        played = {}
        for name in "ABX":
            assert answers.first.is_disabled()  # until all has been heard
            played[name] = hear(page, name)
        assert answers.first.is_enabled()
        assert played["A"][0] == played["B"][0] == played["X"][0]
        assert {played["A"][1], played["B"][1]} == {"made", "recorded"}
        truth = "A" if played["X"] == played["A"] else "B"
        places.add((truth, played["A"][1]))
        answer = truth if k != 4 else "BA"["AB".index(truth)]
        page.click(f"text=X is {answer}")
        expected.append((*played["X"], played[answer][1], answer == truth))
    assert len(places) > 1
    assert said(page).startswith("That was all: 9 answers.")
    path = saved(page, tmp_path)
    assert path.name == "abx-an-ear.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    assert expected == [
        (r["sound"], r["label"], r["answer"], r["right"] == "1") for r in rows
    ]
    for first in (0, 3, 6):  # every round has every sound once
        assert {r["sound"] for r in rows[first : first + 3]} == {"a, 1", "b", "c"}
    assert [r["trial"] for r in rows] == [str(k) for k in range(1, 10)]
    told = heard(path)
    assert (told.right, told.tries) == (8, 9)
    assert told.listeners == {"an ear": (8, 9)}


def test_ratings_from_the_sheet_to_the_table(page, tmp_path):
    begin(page, tmp_path / "files", "rating")
    given = {}
    for k in range(6):
        page.wait_for_function(
            "k => document.querySelector('md-listening output').textContent"
            " === `${k} of 6`", arg=k + 1
        )  # fmt: skip
        sound = hear(page, "the sound")
        given[sound] = 1 + k % 5
        page.click(f".trial button:has-text('{given[sound]} ')")
    found = {(a.sound, a.label): a.answer for a in read(saved(page, tmp_path))}
    assert found == given
    assert len(given) == 6


def test_loudness_is_levelled_or_left(page, tmp_path):
    """b is half as loud as the others; all are played as loud as b, or as they are."""
    for equal, gains in ((True, {0.5, 1.0}), (False, {1.0})):
        begin(page, tmp_path / f"files {equal}", "rating", equal=equal)
        found = set()
        for _ in range(6):
            page.wait_for_selector("text=▶ hear the sound")
            sound = hear(page, "the sound")
            gain = page.evaluate("window.gain")
            if equal:
                assert gain == pytest.approx(
                    1.0 if sound == ("b", "made") else 0.5, abs=0.02
                )
            found.add(round(gain, 1))
            page.click(".trial button:has-text('3 fair')")
        assert found == gains
        page.click("text=Another test")


HEAD = "sound,label,file\n"


@pytest.mark.parametrize(
    ("test", "sheet", "words"),
    [
        ("abx", "sound,file\nrain,001.wav\n", "no column label"),
        ("abx", HEAD, "no rows"),
        ("abx", HEAD + "rain,made,999.wav\n", "999.wav, which is not among the sounds"),
        ("abx", HEAD + "rain,made,001.wav\n", "needs two labels, not 1"),
        (
            "abx",
            HEAD + "rain,made,001.wav\nrain,real,002.wav\nsea,real,003.wav\n",
            "sea has not both labels",
        ),
        ("rating", HEAD + "rain,made,001.wav\nrain,made,002.wav\n", "is there twice"),
        ("rating", HEAD + "rain,,001.wav\n", "has no label"),
    ],
)
def test_a_sheet_that_does_not_do_is_told(page, tmp_path, test, sheet, words):
    begin(page, tmp_path / "files", test, sheet=sheet)
    page.wait_for_function(
        "words => document.querySelector('md-listening output').textContent"
        ".includes(words)", arg=words
    )  # fmt: skip
    assert page.locator("form").is_visible()


def test_a_file_that_is_no_sound_is_told(page, tmp_path):
    broken = tmp_path / "001.wav"
    broken.write_text("no sound")
    sheet = HEAD + "rain,made,001.wav\n"
    begin(page, tmp_path / "files", "rating", sheet=sheet, files=[broken])
    page.wait_for_selector("text=001.wav is no sound")


def test_a_sheet_of_windows_is_read(page, tmp_path):
    """With a byte order mark, capitals, other columns and line ends."""
    sheet = '\ufeffFile,Note,Label,Sound\r\n001.wav,x,made,"a ""b"", c"\r\n'
    begin(page, tmp_path / "files", "rating", sheet=sheet)
    page.wait_for_selector("text=▶ hear the sound")
    page.click("text=▶ hear the sound")
    page.click(".trial button:has-text('5 excellent')")
    (only,) = read(saved(page, tmp_path))
    assert (only.sound, only.label, only.answer) == ('a "b", c', "made", 5)
