"""The built pages, opened in a real browser that can reach nothing but the book."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
WIDTHS = (390, 1280)

# What sticks out of the window and cannot be reached by scrolling its own box.
STICKS_OUT = """() => {
  const wide = innerWidth + 1, scrolls = new Set(["auto", "scroll", "hidden", "clip"]);
  const boxed = (e) => {
    for (e = e.parentElement; e && !e.matches("main"); e = e.parentElement)
      if (scrolls.has(getComputedStyle(e).overflowX)
          && e.getBoundingClientRect().right <= wide) return true;
    return false;
  };
  const out = [...document.querySelectorAll(".bd-article-container *")].filter((e) =>
    e.checkVisibility() && e.getBoundingClientRect().right > wide
    && !e.closest("mjx-assistive-mml, .headerlink, nav") && !boxed(e));
  const page = document.documentElement.scrollWidth - innerWidth;
  return [...(page > 0 ? [`the page is ${page} px too wide`] : []),
          ...out.slice(0, 5).map((e) => e.outerHTML.slice(0, 160))];
}"""

UNLABELLED = """() => {
  const named = (e) => e.getAttribute("aria-label") || e.getAttribute("aria-labelledby")
    || e.title || e.querySelector(":scope > title, :scope > desc")
    || e.closest("[aria-hidden=true], label, button, a, figure[aria-label]")
    || (e.id && document.querySelector(`label[for="${CSS.escape(e.id)}"]`));
  const images = [...document.querySelectorAll("img")].filter((e) =>
    !e.alt?.trim() && !e.closest("[aria-hidden=true]"));
  const others = [...document.querySelectorAll(
    "main svg, main [role=img], main canvas, main audio, main input[type=range]"
  )].filter((e) => !named(e) && !e.closest(".jupyter-widgets, mjx-container"));
  return [...images, ...others].map((e) => e.outerHTML.slice(0, 160));
}"""

RAW_MATH = """() => [...document.querySelectorAll(".math")].filter((e) =>
    !e.querySelector("mjx-container")
    || e.querySelector("mjx-merror, merror, [mathcolor=red], [style*='color: red']")
  ).map((e) => e.textContent.slice(0, 160))"""

SILENT = """() => Promise.all([...document.querySelectorAll("audio")].map((audio) =>
    new Promise((done) => {
      const say = () => done(audio.duration > 0 ? null :
        `${audio.error?.message ?? "no sound"}: ${audio.outerHTML.slice(0, 160)}`);
      if (!audio.src && !audio.querySelector("source")) return done(null);  // not yet
      if (audio.readyState > 0 || audio.error) return say();
      audio.onloadedmetadata = audio.onerror = say;
      setTimeout(say, 10000);
      audio.preload = "metadata";
      audio.load();
    }))).then((all) => all.filter(Boolean))"""

PLAYS = """async () => {
  const audio = [...document.querySelectorAll("audio")].find((a) => a.currentSrc);
  if (!audio) return "no sound";
  audio.muted = true;
  await audio.play();
  for (let i = 0; i < 50 && !audio.currentTime; i++)
    await new Promise((next) => setTimeout(next, 100));
  audio.pause();
  return audio.currentTime > 0 ? "plays" : "does not move";
}"""

# Move every slider of our own (not ipywidgets') by one step, as the arrow keys do; the
# element around it must look different afterwards.
STUCK = """() => [...document.querySelectorAll("main input[type=range]")]
  .filter((e) => !e.closest(".jupyter-widgets"))
  .filter((slider) => {
    const box = slider.parentElement.parentElement;
    const look = () => box.innerHTML + [...box.querySelectorAll("audio, img")]
      .map((e) => e.src).join() + [...box.querySelectorAll("output")]
      .map((e) => e.value).join();
    const before = look();
    slider.value = slider.value === slider.max ? slider.min : slider.max;
    for (const kind of ["input", "change"])
      slider.dispatchEvent(new Event(kind, {bubbles: true}));
    return look() === before;
  }).map((e) => e.outerHTML.slice(0, 160))"""


def pages():
    """Every page that the table of contents names, then the ones made by Sphinx."""

    def files(node):
        if isinstance(node, list):
            return [name for item in node for name in files(item)]
        if not isinstance(node, dict):
            return []
        own = [node[key] for key in ("root", "file") if key in node]
        return own + [name for value in node.values() for name in files(value)]

    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    return [*files(toc), "search", "genindex"]


@dataclass
class Visit:
    """What was seen when a page was opened."""

    errors: list = field(default_factory=list)  # console and script errors
    outside: list = field(default_factory=list)  # addresses that are not the book's
    missing: list = field(default_factory=list)  # files of the book that are not there
    facts: dict = field(default_factory=dict)  # what the scripts above return


def visit(browser, site, name):
    seen = Visit()
    context = browser.new_context(viewport={"width": WIDTHS[1], "height": 900})

    def gate(route):
        if route.request.url.startswith(site):
            return route.continue_()
        seen.outside.append(route.request.url)
        return route.abort()

    def answer(response):
        if response.status >= 400:
            seen.missing.append(response.url)

    def message(line):
        if line.type == "error":
            seen.errors.append(line.text)

    context.route("**/*", gate)
    page = context.new_page()
    page.on("response", answer)
    page.on("console", message)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.goto(f"{site}{name}.html", wait_until="networkidle")
    page.evaluate("() => window.MathJax?.startup?.promise")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(200)
        seen.facts[width] = page.evaluate(STICKS_OUT)
    scripts = dict(alt=UNLABELLED, math=RAW_MATH, silent=SILENT, plays=PLAYS)
    for fact, script in scripts.items():
        seen.facts[fact] = page.evaluate(script)
    seen.facts["stuck"] = page.evaluate(STUCK)
    context.close()
    return seen


@pytest.fixture(scope="module")
def visits(browser, site):
    """A function from a page's name to its visit; each page is opened once."""
    seen = {}

    def look(name):
        if name not in seen:
            seen[name] = visit(browser, site, name)
        return seen[name]

    return look


each_page = pytest.mark.parametrize("name", pages())


@each_page
def test_page_loads_without_error_and_alone(visits, name):
    seen = visits(name)
    assert seen.outside == [], "asked for something from elsewhere"
    assert seen.missing == [], "files that are not there"
    assert seen.errors == [], "said in the browser's console"


@each_page
@pytest.mark.parametrize("width", WIDTHS)
def test_page_never_scrolls_sideways(visits, name, width):
    assert visits(name).facts[width] == []


@each_page
def test_pictures_and_players_have_a_text(visits, name):
    assert visits(name).facts["alt"] == []


@each_page
def test_maths_is_typeset(visits, name):
    assert visits(name).facts["math"] == []


@each_page
def test_sounds_play_and_sliders_move(visits, name):
    facts = visits(name).facts
    assert facts["silent"] == []
    assert facts["plays"] != "does not move"
    assert facts["stuck"] == []


def test_the_first_page_is_where_a_reader_lands(browser, site):
    page = browser.new_page()
    page.goto(site)
    page.wait_for_url("**/book/preface.html")
    assert page.locator("h1").count() == 1
    page.close()


@each_page
def test_page_has_one_title_and_no_dead_link(html, name):
    path = html / f"{name}.html"
    soup = BeautifulSoup(path.read_text(), "html.parser")
    assert len(soup.select("main h1")) == 1
    assert soup.html["lang"]
    for link in soup.select("a[href], img[src], script[src], link[href], source[src]"):
        target = urlsplit(link.get("href") or link.get("src"))
        if target.scheme or target.netloc:
            continue
        file = (path.parent / unquote(target.path)).resolve() if target.path else path
        assert file.exists(), f"dead link {target.geturl()}"
        if target.fragment and file.suffix == ".html":
            other = BeautifulSoup(file.read_text(), "html.parser")
            anchor = unquote(target.fragment)
            found = other.find(id=anchor) or other.find(attrs={"name": anchor})
            assert found, f"no such place: {target.geturl()}"


def test_the_search_finds_words_of_the_book(browser, site):
    page = browser.new_page()
    page.goto(f"{site}search.html?q=noise")
    page.locator("#search-results li").first.wait_for(timeout=10_000)
    page.close()
