"""The built pages as one document for paper: what cannot be clicked becomes a mark.

A sound is a QR code and a link to where it plays in the published book. A slider shows
its first frame, a gallery its pictures. Hints stand open; solutions wait at the end of
the chapter, since on paper an unfolded answer is read with its question. Folded code,
which imports and draws, is left to the notebooks.
"""

import json
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from html import escape
from io import BytesIO
from pathlib import Path
from urllib.parse import urldefrag, urljoin
from urllib.request import urlopen

import segno
import yaml
from bs4 import BeautifulSoup
from matplotlib import get_data_path
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
STYLE = Path(__file__).with_name("paper.css")

# Only for a screen: controls, what loads or styles them, permalinks, folded code.
SCREEN_ONLY = (
    "script, style, link, input, .headerlink, .md-controls, .md-stop[hidden], "
    ".toctree-wrapper, md-ask, md-solved, .tag_hide-input > details, "
    "p:has(> a[href^='https://colab.research.google.com/'])"
)
FONTS = {  # matplotlib's own, so that the book looks the same on every machine
    "Book": {
        "": "STIXGeneral",
        "italic": "STIXGeneralItalic",
        "bold": "STIXGeneralBol",
        "bold italic": "STIXGeneralBolIta",
    },
    "Code": {
        "": "DejaVuSansMono",
        "italic": "DejaVuSansMono-Oblique",
        "bold": "DejaVuSansMono-Bold",
        "bold italic": "DejaVuSansMono-BoldOblique",
    },
}


@dataclass
class Part:
    """A part of the book: its caption and the names of its pages."""

    caption: str
    names: list


def parts():
    """The table of contents, the first page in a part without a caption."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    yield Part("", [toc["root"]])
    for part in toc["parts"]:
        yield Part(part["caption"], [page["file"] for page in part["chapters"]])


@cache
def settings():
    return yaml.safe_load((ROOT / "_config.yml").read_text())


def published():
    """The book's address: GitHub Pages, named by the repository's owner and name."""
    url = settings()["repository"]["url"]
    owner, name = url.removeprefix("https://github.com/").split("/")
    return f"https://{owner}.github.io/{name}/"


def slug(name):
    """A page's name as the beginning of its ids: notebooks/01-a -> p-01-a."""
    return "p-" + name.rpartition("/")[2]


class Page:
    """One page of the book, made ready for paper."""

    def __init__(self, name, names):
        self.name, self.names = name, set(names)
        self.online = f"{published()}{name}.html"
        path = HTML / f"{name}.html"
        self.file = path.as_uri()
        self.soup = BeautifulSoup(path.read_text(), "html.parser")
        self.body = self.soup.select_one("article.bd-article")
        self.title = self.body.h1.get_text().removesuffix("#")
        for test in self.body.select("md-blind"):  # first, for its sounds are many
            self.mark_test(test)
        for player in self.body.select("audio"):
            self.mark_player(player)
        for box in self.body.select("md-gallery, md-abx, md-slides"):
            self.mark_box(box)
        for element in self.body.select(SCREEN_ONLY):
            element.decompose()
        self.move_solutions()
        self.unfold()
        self.place()
        self.body.h1.insert_before(self.mark(self.online, "this page online"))

    def new(self, html):
        return BeautifulSoup(html, "html.parser").contents[0]

    def mark(self, url, text, title=""):
        """A QR code beside a few words, both a link."""
        code = segno.make(url, error="l", micro=False)
        image = code.svg_inline(border=0, omitsize=True, dark="#222", unit="")
        title = f"<b>{escape(title)}</b>" if title else ""
        words = f"<span>{title}<span>▶ {escape(text)}</span></span>"
        return self.new(f'<a class="mark" href="{escape(url)}">{image}{words}</a>')

    def place_of(self, element):
        """The address of the section that an element stands in, in the online book."""
        section = element.find_parent("section", id=True)
        return f"{self.online}#{section['id']}" if section else self.online

    def mark_player(self, player):
        """A mark in place of a player: to the sound itself where it is a file."""
        source = player.get("src") or player.source["src"]
        inline = source.startswith("data:")
        url = self.place_of(player) if inline else urljoin(self.online, source)
        figure = player.find_parent("figure")
        caption = figure.figcaption.extract() if figure and figure.figcaption else None
        title = caption.get_text() if caption else player.get("aria-label", "")
        player.replace_with(self.mark(url, "listen online", title))

    def mark_test(self, test):
        pairs = len(test.details.extract().select("audio")) // 2
        words = "a blind test, recorded or made: {} pair{}, online"
        text = words.format(pairs, "s" * (pairs > 1))
        test.append(self.mark(self.place_of(test), text))

    def mark_box(self, box):
        """A line that says what more the online book has."""
        if sounds := box.select("button[data-src]"):  # a gallery
            text = f"{len(sounds)} sounds to listen to online"
            box.select_one(".md-cells").decompose()
            box.output.decompose()
        elif box.name == "md-abx":
            text = "a blind test of these two, online"
        else:
            text = f"{len(box.select('.md-stop'))} positions of this slider, online"
        box.append(self.mark(self.place_of(box), text))

    def move_solutions(self):
        """Folded cells go to the end of the page, under a title of their own."""
        cells = self.body.select(".tag_hide-cell")
        if not cells:
            return
        section = self.new('<section id="solutions"><h2>Solutions</h2></section>')
        for cell in cells:
            cell.select_one("summary").decompose()
            cell.details.unwrap()
            section.append(cell.extract())
        self.body.find("section").append(section)

    def unfold(self):
        for details in self.body.select("details"):
            details.name, details["class"] = "div", "unfolded"
            details.summary.name = "strong"
            details.strong.string = f"{details.strong.get_text().strip()}. "
        for image in self.body.select("img[loading]"):
            del image["loading"]

    def place(self):
        """Make ids unique in the whole book, and lead each link to its place."""
        for element in self.body.find_all(id=True):
            if not element.find_parent("svg"):
                element["id"] = f"{slug(self.name)}--{element['id']}"
        for link in self.body.find_all("a", href=True):
            if "mark" not in link.get("class", []):  # those lead out of the PDF
                link["href"] = self.target(link["href"])
        for image in self.body.find_all("img"):
            image["src"] = printable(urljoin(self.file, image["src"]))

    def target(self, href):
        """A place of this document, if the page is in it, or an address online."""
        url, anchor = urldefrag(urljoin(self.online, href))
        name = url.removeprefix(published()).removesuffix(".html")
        if name not in self.names:
            return urljoin(self.online, href)
        return f"#{slug(name)}--{anchor}" if anchor else f"#{slug(name)}"

    def styles(self):
        """The style sheets of code and maths; the rest is for screens."""
        for link in self.soup.select("link[rel=stylesheet]"):
            if re.search("pygments|katex", link["href"]):
                yield urljoin(self.file, link["href"])

    def headings(self):
        return [h.get_text() for h in self.body.find_all(re.compile("h[1-6]"))]

    def html(self):
        inner = self.body.decode_contents()
        return f'<article id="{slug(self.name)}">{inner}</article>'


def printable(address):
    """A WebP picture as JPEG, which a PDF can hold as it is: a quarter of the size."""
    if not re.search(r"^data:image/webp|\.webp$", address):
        return address
    with urlopen(address) as file, Image.open(file) as picture:
        jpeg = BytesIO()
        picture.convert("RGB").save(jpeg, "JPEG", quality=88)
    return f"data:image/jpeg;base64,{b64encode(jpeg.getvalue()).decode()}"


def fonts():
    folder = Path(get_data_path(), "fonts", "ttf")
    for family, files in FONTS.items():
        for style, name in files.items():
            weight = "bold" if "bold" in style else "normal"
            slant = "italic" if "italic" in style else "normal"
            yield (
                f"@font-face {{ font-family: {family}; font-weight: {weight}; "
                f"font-style: {slant}; src: url({(folder / name).as_uri()}.ttf) }}"
            )


def running_heads(pages):
    """The book's name on left pages, the chapter's on right ones."""
    for page in pages:
        yield (
            f"#{slug(page.name)} {{ page: {slug(page.name)} }}\n"
            f"@page {slug(page.name)}:right {{ "
            f"@top-right {{ content: {json.dumps(page.title, ensure_ascii=False)} }} }}"
        )


def title_page(config):
    url = published()
    mark = segno.make(url, error="m", micro=False).svg_inline(border=0, omitsize=True)
    logo = (ROOT / config["logo"]).as_uri()
    return f"""
<header class="title-page"><img src="{logo}" alt="">
<p class="title">{config["title"]}</p>
<p>An executable textbook on audio diffusion models</p>
<p class="author">by {config["author"]}</p>
<div class="imprint"><a href="{url}">{mark}</a><div>
<p><b>This is the printed form of <a href="{url}">{url}</a>.</b> There everything
sounds and moves. Here each sound has a square beside it: point a phone at it, or click
it, and listen. A slider shows its first frame, hints stand open, and solutions are at
the end of each chapter. Folded code, which imports and draws, is in the notebooks.</p>
<p>Text and figures: CC BY 4.0. Code: MIT licence.</p></div></div></header>"""


def contents(pages):
    """The table of contents; the printer fills in the numbers."""
    titles = {page.name: page.title for page in pages}
    rows = ""
    for part in parts():
        rows += f"<li class=part>{part.caption}</li>" if part.caption else ""
        for name in part.names:
            row = f"<span>{titles[name]}</span><i></i><b>0</b>"
            rows += f'<li><a href="#{slug(name)}">{row}</a></li>'
    return f"<nav class=contents><p>Contents</p><ul>{rows}</ul></nav>"


def read_pages():
    names = [name for part in parts() for name in part.names]
    return [Page(name, names) for name in names]


def document(pages):
    """The whole book as one HTML page."""
    config = settings()
    sheets = dict.fromkeys(url for page in pages for url in page.styles())
    links = "".join(f'<link rel="stylesheet" href="{url}">' for url in sheets)
    style = "\n".join([*fonts(), STYLE.read_text(), *running_heads(pages)])
    body = "".join(page.html() for page in pages)
    return f"""<!doctype html>
<html lang="en" data-theme="light"><head><meta charset="utf-8">
<title>{config["title"]}</title>{links}<style>{style}</style></head>
<body>{title_page(config)}{contents(pages)}<main>{body}</main></body></html>"""
