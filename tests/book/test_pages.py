"""The built pages, opened in a real browser that can reach nothing but the book."""

import functools
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import weight
import yaml
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
WIDTHS = (1280, 768, 390)
KATEX = ROOT / "node_modules" / "katex" / "dist" / "fonts"
AXE_CORE = ROOT / "node_modules" / "axe-core" / "axe.min.js"

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
    && !e.closest(".katex-mathml, .headerlink, nav") && !boxed(e));
  const page = document.documentElement.scrollWidth - innerWidth;
  return [...(page > 0 ? [`the page is ${page} px too wide`] : []),
          ...out.slice(0, 5).map((e) => e.outerHTML.slice(0, 160))];
}"""

# What scrolls in a box of its own: its kind, and how much of it is hidden.
CUT = """() => {
  for (const fold of document.querySelectorAll("main details")) fold.open = true;
  return [...document.querySelectorAll("main :is(pre, table, div.math)")]
    .filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)
    .map((e) => [e.closest(".stream:not(.columns)") ? "text" : e.localName,
                 `${e.scrollWidth - e.clientWidth}px: ${e.textContent.slice(0, 120)}`]);
}"""

UNLABELLED = """() => {
  const named = (e) => e.getAttribute("aria-label") || e.getAttribute("aria-labelledby")
    || e.title || e.querySelector(":scope > title, :scope > desc")
    || e.closest("[aria-hidden=true], label, button, a, figure[aria-label]")
    || (e.id && document.querySelector(`label[for="${CSS.escape(e.id)}"]`));
  const says = (e) => e.alt?.trim().length > 20
    && !/\\.(png|svg|webp|jpe?g)$/i.test(e.alt.trim());
  const images = [...document.querySelectorAll("main img")].filter((e) =>
    !says(e) && !e.closest("[aria-hidden=true]"));
  const others = [...document.querySelectorAll(
    "main svg, main [role=img], main canvas, main audio, main input[type=range]"
  )].filter((e) => !named(e) && !e.closest(".katex"));
  return [...images, ...others].map((e) => e.outerHTML.slice(0, 160));
}"""

RAW_MATH = """() => [...document.querySelectorAll(".math")].filter((e) =>
    !e.querySelector(".katex-html") || !e.querySelector("math semantics")
    || e.querySelector(".katex-error, [style*='color:#cc0000']")
  ).map((e) => e.textContent.slice(0, 160))"""

# Every sound of the page, also those that a button holds ready, is decoded in full.
SILENT = """async () => {
  const sources = [...document.querySelectorAll("audio, audio source, [data-src]")]
    .flatMap((e) => [e.getAttribute("src"), e.dataset.src]).filter(Boolean);
  const context = new OfflineAudioContext(1, 1, 44100), silent = [];
  for (const source of new Set(sources)) {
    try {
      const file = await fetch(source);
      const sound = await context.decodeAudioData(await file.arrayBuffer());
      if (!(sound.duration > 0)) silent.push(`${source}: no length`);
    } catch (error) { silent.push(`${source}: ${error}`); }
  }
  return silent;
}"""

PLAYS = """async () => {
  const audio = [...document.querySelectorAll("audio")].find((a) => a.currentSrc);
  if (!audio) return "no sound";
  audio.muted = true;
  await audio.play();
  for (let i = 0; i < 200 && !audio.currentTime; i++)
    await new Promise((next) => setTimeout(next, 50));
  audio.pause();
  return audio.currentTime > 0 ? "plays" : "does not move";
}"""

# Move every slider of our own by one step, as the arrow keys do; the element around it
# must look different afterwards.
STUCK = """() => [...document.querySelectorAll("main input[type=range]")]
  .filter((slider) => {
    const box = slider.closest("md-clip, md-abx, md-gallery, md-slides")
      ?? slider.parentElement.parentElement;
    const look = () => box.innerHTML + [...box.querySelectorAll("audio, img")]
      .map((e) => e.src).join() + [...box.querySelectorAll("output")]
      .map((e) => e.value).join();
    const before = look();
    slider.value = slider.value === slider.max ? slider.min : slider.max;
    for (const kind of ["input", "change"])
      slider.dispatchEvent(new Event(kind, {bubbles: true}));
    return look() === before;
  }).map((e) => e.outerHTML.slice(0, 160))"""

# Press every button that holds a sound; one that starts nothing is broken.
DEAD = """async () => {
  const dead = [];
  for (const button of document.querySelectorAll("main button[data-src]")) {
    let heard = false;
    const listen = (event) => { heard = true; event.target.muted = true; };
    document.addEventListener("play", listen, true);
    button.click();
    for (let i = 0; i < 400 && !heard; i++)
      await new Promise((next) => setTimeout(next, 25));
    document.removeEventListener("play", listen, true);
    if (!heard) dead.push(button.outerHTML.slice(0, 160));
    document.querySelectorAll("audio").forEach((audio) => audio.pause());
  }
  return dead;
}"""

# Until the page has been drawn, and looks the same for some frames.
SETTLED = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const look = () => [document.documentElement.scrollHeight,
    document.querySelectorAll("main .rows, main [style*='font-size']").length].join();
  for (let same = 0, old = ""; same < 5; same = look() === old ? same + 1 : 0) {
    old = look();
    await frame();
  }
}"""

WATCH = """document.addEventListener("securitypolicyviolation", (event) =>
  (window.refused ??= []).push(`${event.violatedDirective} ${event.blockedURI}`));"""

AXE = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
  .filter(({impact}) => ["serious", "critical"].includes(impact))
  .map(({id, nodes}) => [id, ...nodes.map((n) => n.html.slice(0, 120))].join("; "))"""


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
    loaded: list = field(default_factory=list)  # addresses, before any scrolling
    facts: dict = field(default_factory=dict)  # what the scripts above return


def visit(browser, site, axe, name, mode):
    seen, facts, urls = Visit(), {}, set()
    size = {"width": WIDTHS[0], "height": 900}
    context = browser.new_context(viewport=size, color_scheme=mode)
    context.add_init_script(WATCH)

    def gate(route):
        if route.request.url.startswith(site):
            return route.continue_()
        seen.outside.append(route.request.url)
        return route.abort()

    def answer(response):
        urls.add(response.url)
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
    page.goto(f"{site}{name}.html", wait_until="load")
    page.evaluate("() => document.fonts.ready")
    page.evaluate(SETTLED)
    seen.loaded = sorted(urls)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(SETTLED)
        facts[width] = page.evaluate(STICKS_OUT)
        facts["cut", width] = page.evaluate(CUT)
    page.evaluate(axe)
    facts["axe"] = page.evaluate(AXE)
    if mode == "light":
        scripts = dict(alt=UNLABELLED, math=RAW_MATH, silent=SILENT, plays=PLAYS)
        scripts |= dict(stuck=STUCK, dead=DEAD)
        facts |= {fact: page.evaluate(script) for fact, script in scripts.items()}
    facts["refused"] = page.evaluate("() => window.refused ?? []")
    context.close()
    seen.facts = facts
    return seen


@pytest.fixture(scope="module")
def visits(browser, site):
    """A function from a page's name and mode to its visit; each is opened once."""
    seen = {}
    axe = AXE_CORE.read_text()

    def look(name, mode="light"):
        if (name, mode) not in seen:
            seen[name, mode] = visit(browser, site, axe, name, mode)
        return seen[name, mode]

    return look


each_page = pytest.mark.parametrize("name", pages())
each_mode = pytest.mark.parametrize("mode", ["light", "dark"])


@each_page
@each_mode
def test_page_loads_without_error_and_alone(visits, name, mode):
    seen = visits(name, mode)
    assert seen.outside == [], "asked for something from elsewhere"
    assert seen.missing == [], "files that are not there"
    assert seen.facts["refused"] == [], "against the page's own policy"
    assert seen.errors == [], "said in the browser's console"


@each_page
@each_mode
@pytest.mark.parametrize("width", WIDTHS)
def test_page_never_scrolls_sideways(visits, name, mode, width):
    assert visits(name, mode).facts[width] == []


@each_page
def test_code_tables_and_formulas_fit(visits, name):
    """Beside both side bars all fits; on a phone code and some formulas scroll."""
    facts = visits(name).facts
    assert facts["cut", 1280] == []
    scrolls = {"pre", "div"}
    assert [cut for cut in facts["cut", 390] if cut[0] not in scrolls] == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_table_on_a_phone_is_still_a_table(browser, site, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(f"{site}book/only-noise.html", wait_until="load")
    table = page.get_by_role("table").first
    heads = table.get_by_role("columnheader").all_inner_texts()
    assert len(heads) > 3
    row = table.get_by_role("row").nth(1)
    cells = row.get_by_role("cell").all()
    assert len(cells) == len(heads) - 1
    assert row.get_by_role("rowheader").is_visible()
    shown = [
        c.evaluate("(e) => getComputedStyle(e, '::before').content") for c in cells
    ]
    if width == 390:  # row by row, each cell beside its heading
        assert shown == [f'"{head}"' for head in heads[1:]]
    else:
        assert shown == ["none"] * len(cells)
    page.close()


@each_page
@each_mode
def test_page_is_accessible(visits, name, mode):
    assert visits(name, mode).facts["axe"] == []


@each_page
def test_page_is_light_until_a_sound_is_played(visits, site, html, name):
    seen = visits(name).loaded
    files = [html / unquote(urlsplit(url).path).lstrip("/") for url in seen]
    total = sum(weight.size(file) for file in files)
    assert total <= 300_000, f"{total} bytes: {seen}"
    assert not [file for file in files if file.parent.name == "_sounds"]
    # the table that the build prints promises no less than what is loaded
    assert total <= weight.weigh(html / f"{name}.html")["read"]


@each_page
def test_pictures_and_players_have_a_text(visits, name):
    assert visits(name).facts["alt"] == []


@each_page
def test_maths_is_typeset(visits, name):
    assert visits(name).facts["math"] == []


@each_page
def test_a_formula_has_its_letters(html, name):
    """Those that KaTeX has a glyph for; the fonts were cut to what the pages use."""
    soup = BeautifulSoup((html / f"{name}.html").read_text(), "html.parser")
    asked = set("".join(e.text for e in soup.select(".katex-html")))
    assert {chr(c) for c in glyphs(KATEX, "ttf")} & asked <= {
        chr(c) for c in glyphs(html / "_static" / "katex" / "fonts", "woff2")
    }


@functools.cache
def glyphs(folder, kind):
    """The characters that a folder's fonts can show."""
    return {c for file in folder.glob(f"*.{kind}") for c in TTFont(file).getBestCmap()}


@each_page
def test_sounds_play_and_sliders_move(visits, name):
    facts = visits(name).facts
    assert facts["silent"] == []
    assert facts["plays"] != "does not move"
    if name.startswith("notebooks/"):
        assert facts["plays"] == "plays"
    assert facts["stuck"] == []
    assert facts["dead"] == []


def test_the_first_page_is_where_a_reader_lands(browser, site, html):
    page = browser.new_page()
    page.goto(site)
    page.wait_for_url("**/book/preface.html")
    assert page.locator("h1").count() == 1
    page.close()
    # a browser asks for an icon on the way, too, and reports where none is
    assert 'rel="icon"' in (html / "index.html").read_text()


@functools.cache
def anchors(file):
    """All places of a page that a link may point to."""
    return set(re.findall(r'\s(?:id|name)="([^"]*)"', file.read_text()))


@each_page
def test_page_has_one_title_and_no_dead_link(html, name):
    path = html / f"{name}.html"
    soup = BeautifulSoup(path.read_text(), "html.parser")
    assert len(soup.select("main h1")) == 1
    assert soup.html["lang"]
    links = "a[href], img[src], audio[src], script[src], link[href], source[src]"
    for link in soup.select(f"{links}, [data-src]"):
        address = link.get("href") or link.get("src") or link["data-src"]
        target = urlsplit(address)
        if target.scheme or target.netloc:
            continue
        file = (path.parent / unquote(target.path)).resolve() if target.path else path
        assert file.exists(), f"dead link {target.geturl()}"
        if target.fragment and file.suffix == ".html":
            found = unquote(target.fragment) in anchors(file)
            assert found, f"no such place: {target.geturl()}"


@each_page
def test_a_fold_says_what_it_hides(html, name):
    soup = BeautifulSoup((html / f"{name}.html").read_text(), "html.parser")
    assert "code cell" not in soup.main.text
    for cell in soup.select(".tag_hide-cell"):
        solution = cell.pre.text.startswith("# Solution")
        assert (cell.summary.p.text == "Solution") == solution
    for fold in soup.select(".tag_hide-input > details > summary"):
        assert fold.p.text.startswith("Show the code")


def test_the_search_finds_words_and_their_page_opens(browser, site):
    page = browser.new_page()
    page.goto(f"{site}search.html?q=vocoder")
    link = page.locator("#search-results li a").first
    link.wait_for()
    link.click()
    page.wait_for_url(lambda url: "search.html" not in url)
    assert page.locator("main h1").count() == 1
    assert "vocoder" in page.locator("main").inner_text().lower()
    page.close()


def test_every_button_of_the_theme_has_its_icon_and_works(browser, site):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{site}notebooks/01-noise-and-back.html", wait_until="networkidle")
    blank = page.evaluate("""() => [...document.querySelectorAll("[class*='fa-']")]
      .filter((e) => getComputedStyle(e).maskImage === "none")
      .map((e) => e.className)""")
    assert blank == []
    page.evaluate("() => { window.print = () => { window.printed = true; }; }")
    page.get_by_label("Download this page").click()
    page.locator(".btn-download-pdf-button").click()
    assert page.evaluate("() => window.printed")
    page.locator(".btn-fullscreen-button").click()
    page.wait_for_function("() => document.fullscreenElement")
    page.evaluate("() => document.exitFullscreen()")
    page.locator(".theme-switch-button").first.click()
    page.wait_for_function("() => document.documentElement.dataset.mode !== 'auto'")
    page.close()


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_page_needs_no_script_to_be_read(browser, site, mode):
    context = browser.new_context(color_scheme=mode, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}notebooks/01-noise-and-back.html", wait_until="load")
    for kind in ("p", ".katex-html", "img", "audio[controls]"):
        assert page.locator(f"main {kind}").first.is_visible(), kind
    colours = "({backgroundColor, color}) => [backgroundColor, color]"
    paper, ink = page.locator("body").evaluate(
        f"(e) => ({colours})(getComputedStyle(e))"
    )
    assert contrast(rgb(paper), rgb(ink)) > 7
    assert (luminance(rgb(paper)) < 0.2) == (mode == "dark")
    context.close()


def test_a_page_opens_from_the_disk_too(browser, html):
    page = browser.new_page()
    errors = []
    page.on("console", lambda m: m.type == "error" and errors.append(m.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((html / "notebooks" / "01-noise-and-back.html").as_uri())
    page.wait_for_function("() => document.documentElement.dataset.theme !== 'auto'")
    audio = page.locator("main audio").first
    audio.evaluate("async (a) => { a.muted = true; await a.play(); }")
    fonts = page.evaluate(
        "async () => [...await document.fonts.ready].map((f) => f.status)"
    )
    assert "loaded" in fonts
    assert errors == []
    page.close()


def rgb(text):
    """Red, green, blue from 0 to 1 of `rgb(1, 2, 3)` or `#010203`."""
    if text.startswith("#"):
        return [int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [int(n) / 255 for n in re.findall(r"\d+", text)[:3]]


def luminance(colour):
    """Relative luminance as WCAG defines it."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour
    ]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


PAPER = {"light": "#ffffff", "dark": "#121212"}  # the theme's pages


def inks(svg, mode):
    """The colours of a figure's letters and lines, in one mode."""
    ink = dict(zip(PAPER, re.findall(r"svg\{color:(#\w{6})", svg), strict=False))
    groups = []
    for axes in re.split(r'(?=<g id="axes_\d+">)', svg):
        found = re.findall(r'<g id="(?:text|line2d)_\d+">(.*?)</g>', axes, re.DOTALL)
        # what is drawn on a picture has that behind it, not the page
        groups += [g for g in found if "<image" not in axes or "clip-path" not in g]
    styles = " ".join(re.findall(r'style="([^"]*)"', " ".join(groups)))
    found = re.findall(r"(?:fill|stroke): (#\w{6}|currentColor)", styles)
    grid = "#808080"  # drawn faint on purpose
    return {ink[mode] if c == "currentColor" else c for c in found} - {grid}


@pytest.mark.parametrize("mode", PAPER)
def test_figures_are_legible(html, mode):
    figures = {f.name: inks(f.read_text(), mode) for f in html.glob("_pictures/*.svg")}
    assert len(figures) > 20
    for name, colours in figures.items():
        faint = [c for c in colours if contrast(rgb(c), rgb(PAPER[mode])) < 3]
        assert faint == [], name
    assert any(len(colours) > 1 for colours in figures.values())


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_figure_follows_the_page_not_the_system(browser, site, mode):
    """The page's own switch against the system's setting, seen in the pixels."""
    system = {"light": "dark", "dark": "light"}[mode]
    context = browser.new_context(color_scheme=system)
    page = context.new_page()
    page.goto(f"{site}notebooks/04-learning-to-denoise.html")
    page.evaluate(f"() => localStorage.setItem('mode', '{mode}')")
    page.evaluate(f"() => localStorage.setItem('theme', '{mode}')")
    page.reload()
    figure = page.locator("main img[src$='.svg']").first
    figure.scroll_into_view_if_needed()
    page.wait_for_function(
        "() => document.querySelector(\"main img[src$='.svg']\").complete"
    )
    picture = Image.open(io.BytesIO(figure.screenshot())).convert("L")
    counts = picture.histogram()
    paper = max(range(256), key=counts.__getitem__)
    assert (paper > 200) == (mode == "light"), paper
    ink = sum(counts[:90]) if mode == "light" else sum(counts[165:])
    assert ink > 0.003 * sum(counts)
    context.close()
