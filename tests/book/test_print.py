"""The book on paper: a small page by itself, and the whole PDF where Chromium is."""

import re
import subprocess
import sys
import unicodedata
from collections import Counter

import paper
import pdf
import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

SMALL = """<html><head><link rel="stylesheet" href="../_static/pygments.css">
<link rel="stylesheet" href="../_static/theme.css"></head><body>
<article class="bd-article"><section id="a"><h1>1. A<a class="headerlink">#</a></h1>
<p><a href="https://colab.research.google.com/x">Open in Colab</a></p>
<section id="deep"><h2>Deep</h2>
<figure><figcaption>a bell</figcaption><audio src="../_sounds/12.mp3"></audio></figure>
<figure><audio src="data:audio/mpeg;base64,AA" aria-label="a bird"></audio></figure>
<md-gallery><div class="md-sheet"><img src="../_pictures/s.png" alt="sheet">
<div class="md-cells"><button data-src="a"></button><button data-src="b"></button></div>
</div><output>Click</output></md-gallery>
<md-slides><div class="md-controls" hidden><input type="range"></div>
<div class="md-stage"><div class="md-stop">first
<audio src="../_sounds/34.mp3" aria-label="stop 1"></audio></div>
<div class="md-stop" hidden>second<audio src="../_sounds/56.mp3"></audio></div></div>
</md-slides>
<md-blind><div class="md-controls" hidden>A or B</div><details><summary>Names</summary>
<audio src="m1"></audio><audio src="r1"></audio>
<audio src="m2"></audio><audio src="r2"></audio></details></md-blind>
<div class="cell tag_hide-input"><details><summary>Show</summary>import drawing
</details><div class="cell_output">a figure</div></div>
<p><a href="b.html#there">b</a> <a href="b.html">B</a> <a href="#deep">here</a>
<a href="../_sources/notebooks/01-a.ipynb">source</a></p>
<details><summary>Hint</summary>Look.</details>
<div class="cell tag_hide-cell"><details><summary>Show</summary># Solution 1.1</details>
</div><p>the last words</p></section></section></article></body></html>"""


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.setattr(paper, "HTML", tmp_path)
    monkeypatch.setattr(paper, "published", lambda: "https://o.github.io/r/")
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "01-a.html").write_text(SMALL)
    return paper.Page("notebooks/01-a", ["notebooks/01-a", "notebooks/b"])


def marks(page):
    return {
        mark.get_text(): mark["href"] for mark in page.body.select("a.mark:has(svg)")
    }


def test_each_sound_is_a_mark_with_its_address(page):
    here = "https://o.github.io/r/notebooks/01-a.html"
    assert marks(page) == {
        "▶ this page online": here,
        "a bell▶ listen online": "https://o.github.io/r/_sounds/12.mp3",
        "a bird▶ listen online": f"{here}#deep",
        "▶ 2 sounds to listen to online": f"{here}#deep",
        "stop 1▶ listen online": "https://o.github.io/r/_sounds/34.mp3",
        "▶ 2 positions of this slider, online": f"{here}#deep",
        "▶ a blind test, recorded or made: 2 pairs, online": f"{here}#deep",
    }


def test_what_needs_a_screen_is_gone_and_the_first_frame_stays(page):
    left = page.html()
    for gone in (
        "A or B",
        "Names",
        "second",
        "colab",
        "Click",
        "import drawing",
        "headerlink",
        "<audio",
    ):
        assert gone not in left
    for stays in ("first", "a figure", 'alt="sheet"'):
        assert stays in left
    assert not page.body.select("input, button, details, script")
    assert [url.rpartition("/")[2] for url in page.styles()] == ["pygments.css"]


def test_hints_stand_open_and_solutions_come_last(page):
    text = page.body.get_text()
    assert text.index("Hint. Look.") < text.index("the last words")
    assert text.index("the last words") < text.index("# Solution 1.1")
    assert page.headings() == ["1. A", "Deep", "Solutions"]


def test_links_lead_into_the_document_or_to_the_online_book(page):
    links = {link.get_text(): link["href"] for link in page.body.select("p > a")}
    assert links == {
        "b": "#p-b--there",
        "B": "#p-b",
        "here": "#p-01-a--deep",
        "source": "https://o.github.io/r/_sources/notebooks/01-a.ipynb",
    }
    assert page.body.find(id="p-01-a--deep")


def test_the_address_is_made_from_the_repositorys():
    url = paper.settings()["repository"]["url"]
    owner, name = url.split("/")[-2:]
    assert paper.published() == f"https://{owner}.github.io/{name}/"


@pytest.fixture(scope="module")
def book(html):
    """The printed book, made anew."""
    if not pdf.chromium():
        pytest.skip("no Chromium here: the book was not printed")
    pytest.importorskip("playwright.sync_api")
    # in a process of its own: one browser's driver does not bear another beside it
    subprocess.run([sys.executable, pdf.__file__], check=True)
    return PdfReader(pdf.OUT)


@pytest.fixture(scope="module")
def sources(html):
    """The built pages, in the order of the table of contents."""
    names = [name for part in paper.parts() for name in part.names]
    read = {name: (html / f"{name}.html").read_text() for name in names}
    return {
        name: BeautifulSoup(text, "html.parser").article for name, text in read.items()
    }


def words(page):
    """A page's text, its ligatures as letters, its lines as one."""
    text = unicodedata.normalize("NFKC", page.extract_text())
    return f" {' '.join(text.split())} "


@pytest.mark.timeout(900)
def test_every_page_of_the_book_is_in_the_outline_and_in_the_contents(book, sources):
    tops = [item for item in book.outline if not isinstance(item, list)]
    titles = [page.h1.get_text().removesuffix("#") for page in sources.values()]
    assert [item.title for item in tops] == titles
    contents = words(book.pages[1])
    before = 2
    for item in tops:
        number = book.get_destination_page_number(item) + 1
        assert number > before, "each begins on a page of its own"
        before = number
        assert f" {item.title} {number} " in contents
        assert item.title in words(book.pages[number - 1])[:200]


@pytest.mark.timeout(900)
def test_each_sound_has_its_link(book, sources):
    online = Counter()
    for page in book.pages:
        for link in page.get("/Annots") or []:
            action = link.get_object().get("/A", {})
            online[action.get("/URI")] += 1
    for name, page in sources.items():
        here = f"{paper.published()}{name}.html"
        assert online[here], f"{name} has no mark"
        for test in page.select("md-blind"):  # its sounds are many: one link for all
            section = test.find_parent("section", id=True)["id"]
            assert online[f"{here}#{section}"]
            test.extract()
        shown = [a for a in page.select("audio") if not a.find_parent(hidden=True)]
        inline = [a for a in shown if (a.get("src") or "").startswith("data:")]
        places = sum(n for url, n in online.items() if str(url).startswith(f"{here}#"))
        assert places >= len(inline)
        for player in shown:
            if player not in inline:
                file = player["src"].rpartition("/")[2]
                assert online[f"{paper.published()}_sounds/{file}"], f"{name}: {file}"


@pytest.mark.timeout(900)
def test_no_page_is_empty(book):
    """Beside the running head, which is at most some fifty strokes of the pen."""
    for number, page in enumerate(book.pages, start=1):
        drawn = re.findall(rb"\b(?:Tj|TJ|Do)\b", page.get_contents().get_data())
        assert len(drawn) > 60, f"page {number} draws {len(drawn)} things"


def embedded(font):
    font = font.get_object()
    if font["/Subtype"] == "/Type3":  # its glyphs are drawings in the file itself
        return True
    inner = (
        font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
    )
    descriptor = inner.get("/FontDescriptor")
    return descriptor and any(
        f"/FontFile{kind}" in descriptor.get_object() for kind in ("", "2", "3")
    )


@pytest.mark.timeout(900)
def test_fonts_are_in_the_file_and_it_says_what_it_is(book):
    for page in book.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            assert embedded(font), font
    config = paper.settings()
    assert (book.metadata.title, book.metadata.author) == (
        config["title"],
        config["author"],
    )
    root = book.root_object
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].startswith("en")
