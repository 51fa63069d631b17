"""What each page weighs on the wire; `tools/build.py` prints it after the build.

Text is counted as gzip sends it, what is compressed already as it is. "Read" is all
that a page can load until a sound is played: HTML, styles, scripts, the fonts that its
words need, and every picture, also those that wait for the reader to scroll; "heard"
adds all sounds. A page over the limits stops the build.
"""

import gzip
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from thin import alive, class_words, rules, selectors

LIMITS = {"read": 300, "heard": 1500}  # kB
TEXT = {".html", ".css", ".js", ".svg", ".json"}
LINK = re.compile(r'<link\b[^>]*rel="(?:stylesheet|icon)"[^>]*>')
SCRIPT = re.compile(r'<script\b[^>]*\ssrc="([^"]+)"')
SOURCE = re.compile(r'<img\b[^>]*\ssrc="(?!data:)([^"]+)"')
SOUND = re.compile(r'(?:^|[\s"])(?:data-)?src="([^"]*_sounds/[^"]*)"')


@cache
def size(path: Path) -> int:
    """Bytes on the wire."""
    data = path.read_bytes()
    return len(gzip.compress(data, 6)) if path.suffix in TEXT else len(data)


@cache
def split(sheet: Path) -> list:
    """A style sheet's rules at any depth, as pairs (head, body)."""
    found, todo = [], [sheet.read_text()]
    while todo:
        for head, body in rules(todo.pop()):
            if body and "{" in body:
                todo.append(body)
            else:
                found.append((head, body or ""))
    return found


def face(body: str) -> tuple:
    """The font that a rule names: family, bold, italic."""
    family = re.search(r"KaTeX_\w+", body)
    bold = re.search(r"font-weight:\s*(?:700|bold)", body)
    italic = re.search(r"font-style:\s*italic", body)
    return family and family[0], bool(bold), bool(italic)


def fonts(sheet: Path, words: set) -> set:
    """The files of those KaTeX fonts that a page with these classes may ask for."""
    files, wanted = {}, set()
    for head, body in split(sheet):
        if head == "@font-face":
            address = re.search(r'url\("?([^")]+)', body)[1]
            files[face(body)] = sheet.parent / address
        elif any(alive(selector, words) for selector in selectors(head)):
            wanted.add(face(body))
    return {files[key] for key in wanted if key in files}


def weigh(page: Path) -> dict:
    """Bytes of one page: read, heard; and the number of its sounds."""
    html = page.read_text()

    def files(addresses, start=page):
        ways = (unquote(urlsplit(address).path) for address in addresses)
        return {(start.parent / way).resolve() for way in ways if way}

    links = [re.search(r'href="([^"]+)"', link)[1] for link in LINK.findall(html)]
    read = files(links) | files(SCRIPT.findall(html)) | {page.resolve()}
    for sheet in [file for file in read if file.suffix == ".css"]:
        heads = " ".join(head for head, _ in split(sheet))
        read |= files(re.findall(r'@import "([^"]+)"', heads), sheet)
        read |= fonts(sheet, class_words(html))
    read |= files(SOURCE.findall(html))
    sounds = files(SOUND.findall(html))
    return {
        "read": sum(map(size, read)),
        "heard": sum(map(size, read | sounds)),
        "sounds": len(sounds),
    }


def report(out: Path) -> list[str]:
    """Print the table of all pages; the answer names those over a limit."""
    heavy = []
    print(f"\n{'kB on the wire':36}{'read':>8}{'heard':>8}{'sounds':>8}")
    for page in sorted(out.rglob("*.html")):
        if "_static" in page.parts:
            continue
        got, name = weigh(page), str(page.relative_to(out))
        row = "".join(f"{got[n] / 1000:8.0f}" for n in LIMITS)
        print(f"{name:36}{row}{got['sounds']:8}")
        for part, limit in LIMITS.items():
            if got[part] > 1000 * limit:
                heavy.append(f"{name}: {got[part] / 1000:.0f} kB {part}, over {limit}")
    return heavy
