"""The extensions that make pages strict and light, on a page as small as can be."""

import base64
import re
from urllib.parse import quote

import access
import cells
import docutils.utils
import fonts
import hoist
import maths
import policy
import pytest
import thin
import weight
from docutils import nodes
from fontTools.ttLib import TTFont

SOUND = base64.b64encode(b"not really a sound").decode()
SVG = (
    "<svg width='72pt' height='36pt' xmlns='http://www.w3.org/2000/svg'>"
    "<path d='M 0 0 L 1 1'/></svg>"
)
OUTPUT = f"""<style data-minidiff>md-clip{{display:block}}</style>
<md-clip><audio controls src="data:audio/mpeg;base64,{SOUND}"></audio>
<button data-src="data:audio/flac;base64,{SOUND}">B</button>
<img alt="a line" src="data:image/svg+xml,{quote(SVG, safe=" '")}">
<input type="range"></md-clip><script data-minidiff>let once = 1;</script>"""


def test_outputs_move_to_files_named_by_their_contents(tmp_path):
    lift = hoist.Hoist(tmp_path, "../")
    page = lift(OUTPUT) + lift(OUTPUT)
    assert "data:" not in page.replace("data-", "")
    assert page.count("<script defer") == page.count("<link rel") == 1
    (mp3,) = tmp_path.glob("_sounds/*.mp3")
    (flac,) = tmp_path.glob("_sounds/*.flac")
    assert mp3.read_bytes() == flac.read_bytes() == b"not really a sound"
    assert page.count(f'src="../_sounds/{mp3.name}"') == 2
    assert page.count(f'data-src="../_sounds/{flac.name}"') == 2
    assert page.count('<audio preload="none" controls') == 2
    (picture,) = tmp_path.glob("_pictures/*.svg")
    assert picture.read_text() == SVG
    assert page.count('width="96" height="48" loading="lazy"') == 2
    (script,) = tmp_path.glob("_display/*.js")
    assert script.read_text() == "let once = 1;"


def test_paths_are_rounded_and_nothing_else(tmp_path):
    path = '<path d="M 1.23456 7" style="a: 0.015625"/>'
    svg = f'<svg width="1pt" height="1pt">{path}</svg>'
    hoist.Hoist(tmp_path, "")(f'<img src="data:image/svg+xml,{quote(svg)}">')
    (picture,) = tmp_path.glob("_pictures/*.svg")
    assert picture.read_text() == svg.replace("1.23456", "1.23")


def test_an_unknown_kind_of_sound_stops_the_build(tmp_path):
    with pytest.raises(ValueError, match="audio/midi"):
        hoist.Hoist(tmp_path, "")('<audio src="data:audio/midi;base64,AAAA">')


def test_the_policy_names_each_inline_script_and_no_other():
    page = (
        '<html><head>\n<meta charset="utf-8" /><script>let a = 1</script>'
        '<script src="b.js"></script><script type="application/json">{}</script>'
        '</head><body><button class="x" onclick="go()">go</button></body></html>'
    )
    strict = policy.strict(page)
    assert policy.strict(strict) == strict
    (meta,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', strict)
    rules = dict(rule.split(" ", 1) for rule in meta.split("; "))
    assert rules["script-src"] == f"'self' {policy.digest('let a = 1')}"
    assert rules["default-src"] == "'none'"
    assert "unsafe-eval" not in meta
    assert "onclick" not in strict
    assert strict.index("Content-Security-Policy") < strict.index("<script")


def test_style_sheets_lose_what_no_page_uses_and_nothing_else():
    css = (
        "/* c */@import 'a.css';p{a:b}.on p,.off p{c:d}.off{e:f}"
        "@media print{.off{g:h}}@media print{#on:not(.off){i:'}'}}"
        '.on[title=".off"]{j:k}html[data-theme="dark"] .on{l:m}'
    )
    assert thin.thin(css, {"on"}) == (
        "@import 'a.css';p{a:b}.on p{c:d}@media print{#on:not(.off){i:'}'}}"
        '.on[title=".off"]{j:k}html[data-theme="dark"] .on{l:m}'
        '@media (prefers-color-scheme: dark){html[data-theme="auto"] .on{l:m}}'
    )


def test_repairs_are_made_once():
    page = (
        '<table class="table"><summary aria-label="Toggle hidden content">'
        '0.5 ± 0.1, 5% ± 1%, f"{a} ± {b}"'
    )
    mended = access.mend(page)
    assert mended == (
        '<table tabindex="0" class="table"><summary>'
        '0.5\xa0±\xa00.1, 5%\xa0±\xa01%, f"{a} ± {b}"'
    )
    assert access.mend(mended) == mended


def test_a_formula_that_cannot_be_read_is_an_error():
    katex = weight.Path(__file__).parents[2] / "node_modules/katex/dist/katex.min.js"
    if not katex.exists():
        pytest.skip("KaTeX is not installed: run `make book` first")
    html = maths.typeset(katex, r"\frac{a}{b}", display=True)
    assert "katex-display" in html
    assert "<math" in html
    with pytest.raises(ValueError, match=r"\\nonsense"):
        maths.typeset(katex, r"\nonsense{a}", display=False)
    assert "katex" in maths.typeset(katex, "a", display=False)
    node = maths.server(katex)
    node.stdin.close()
    node.wait()
    node.stdout.close()
    maths.server.cache_clear()


@pytest.mark.parametrize(
    ("formula", "after", "parts"),
    [
        ("r/2", ", and", ["so ", "r/2,", " and"]),
        ("r/2", " and", ["so ", "r/2", " and"]),
        ("r" * 50, ", and", ["so ", "r" * 50, ", and"]),  # may have to break
    ],
)
def test_a_comma_stays_with_its_formula(formula, after, parts):
    page = docutils.utils.new_document("page")
    math = nodes.math("", formula)
    page += nodes.paragraph("", "", nodes.Text("so "), math, nodes.Text(after))
    maths.together(None, page, "page")
    assert [part.astext() for part in page[0]] == parts
    kept = [part["classes"] for part in page.findall(nodes.inline)]
    assert kept == ([["together"]] if parts[1].endswith(",") else [])


@pytest.mark.parametrize(
    ("source", "output", "closed", "open_"),
    [
        ("# Solution 3.1\nx", "<img>", "Solution", "Hide the solution"),
        ("x = 1", "", "Show the code", "Hide the code"),
        ("plot()", '<img src="a.svg">', "Show the code of this figure", None),
        ("a", "<md-clip><md-clip><img>", "Show the code of these sounds", None),
        ("a", "<md-gallery><img>", "Show the code of these sounds", None),
        ("a", "<md-clip></md-clip>", "Show the code of this sound", None),
    ],
)
def test_a_fold_says_what_it_hides(source, output, closed, open_):
    page = docutils.utils.new_document("page")
    cell = nodes.container("", nodes.literal_block(source, source), hide_mode="all")
    cell += nodes.raw("", output, format="html")
    page += [cell, nodes.container("", nodes.literal_block("b", "b"))]
    cells.name_folds(None, page)
    assert cell["prompt_show"] == closed
    assert cell["prompt_hide"] == (open_ or closed.replace("Show", "Hide"))
    assert "prompt_show" not in page[1]


def test_a_font_keeps_what_is_used_and_no_more(tmp_path):
    katex = weight.Path(__file__).parents[2] / "node_modules/katex/dist/fonts"
    if not katex.exists():
        pytest.skip("KaTeX is not installed: run `make book` first")
    tmp_path.joinpath("page.html").write_text(
        "<p>x&thinsp;&alpha; é \N{N-ARY SUMMATION}</p>"
    )
    used = fonts.letters(tmp_path)
    assert used >= set("xαé∑\u2009")
    new = tmp_path / "new.woff2"
    fonts.smaller(katex / "KaTeX_Main-Regular.ttf", used, new)
    with TTFont(katex / "KaTeX_Main-Regular.ttf") as whole, TTFont(new) as font:
        kept, known = set(font.getBestCmap()), set(whole.getBestCmap())
        assert kept == known & set(map(ord, used))
        same = font["hmtx"][font.getBestCmap()[ord("x")]]
        assert same == whole["hmtx"][whole.getBestCmap()[ord("x")]]
    assert new.stat().st_size < 4000


def test_a_page_weighs_what_it_loads(tmp_path):
    for name, length in dict(shown=100, hidden=200, lazy=400, no=800).items():
        tmp_path.joinpath(f"{name}.webp").write_bytes(bytes(length))
    tmp_path.joinpath("_sounds").mkdir()
    tmp_path.joinpath("_sounds", "a.mp3").write_bytes(bytes(1600))
    page = tmp_path / "page.html"
    page.write_text(
        '<article><img src="shown.webp"><div hidden><img src="hidden.webp"></div>'
        '<img loading="lazy" src="lazy.webp"><button data-src="_sounds/a.mp3">'
    )
    html = weight.size(page.resolve())
    assert weight.weigh(page) == {"read": html + 700, "heard": html + 2300, "sounds": 1}
