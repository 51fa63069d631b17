"""The book as one PDF, `_build/diffusion-by-ear.pdf`, from the built pages.

Headless Chromium prints twice: the first time to learn on which page each chapter
begins, the second with these numbers in the table of contents.
"""

import shutil
import sys
import time

import paper
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, TextStringObject

BUILD = paper.HTML.parent
OUT = BUILD / "diffusion-by-ear.pdf"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def chromium():
    return next(filter(None, map(shutil.which, NAMES)), None)


# Fill in where the pages of the book begin, in the order of the table of contents.
NUMBER = """(numbers) => document.querySelectorAll(".contents b").forEach(
    (place, i) => { place.textContent = numbers[i]; })"""


def typeset(browser, html, work):
    """Print the book; returns the path of the PDF, with outline and tags."""
    source, out = work / "book.html", work / "book.pdf"
    source.write_text(html)
    tab = browser.new_page()
    tab.set_default_timeout(300_000)
    tab.goto(source.as_uri())
    tab.evaluate("() => document.fonts.ready")
    settings = dict(prefer_css_page_size=True, print_background=True)
    tab.pdf(path=out, outline=True, tagged=True, **settings)
    tab.evaluate(NUMBER, starts(out))
    tab.pdf(path=out, outline=True, tagged=True, **settings)
    return out


def starts(path):
    """The numbers of the pages on which the pages of the book begin."""
    reader = PdfReader(path)
    tops = [item for item in reader.outline if not isinstance(item, list)]
    return [reader.get_destination_page_number(item) + 1 for item in tops]


def bookmarks(item):
    """The outline's entries, in the order of the headings."""
    while item := item and item.get_object():
        yield item
        yield from bookmarks(item.get("/First"))
        item = item.get("/Next")


def finish(path, pages, out):
    """Add what Chromium does not know: the author, and titles that are said once.

    It writes the title of a heading at the top of a page twice into the outline.
    """
    config = paper.settings()
    writer = PdfWriter(path, incremental=True)
    titles = [title for page in pages for title in page.headings()]
    entries = bookmarks(writer.root_object["/Outlines"].get_object()["/First"])
    for entry, title in zip(entries, titles, strict=True):
        entry[NameObject("/Title")] = TextStringObject(title)
    about = {"/Title": config["title"], "/Author": config["author"]}
    writer.add_metadata({**about, "/Subject": paper.published()})
    writer.write(out)


def make(out=OUT):
    """Print the book; returns the path of the PDF."""
    from playwright.sync_api import sync_playwright

    work = BUILD / "print"
    work.mkdir(exist_ok=True)
    pages = paper.read_pages()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=FLAGS)
        path = typeset(browser, paper.document(pages), work)
        browser.close()
    finish(path, pages, out)
    return out


def main():
    if not (paper.HTML / "index.html").exists():
        sys.exit("No PDF: the pages are not built yet, type `make book` first.")
    if not chromium():
        sys.exit("No PDF: it is printed by Chromium, and there is none here.")
    begin = time.monotonic()
    path = make()
    count, size = len(PdfReader(path).pages), path.stat().st_size / 1e6
    seconds = time.monotonic() - begin
    print(f"{path}: {count} pages, {size:.1f} MB, in {seconds:.0f} s")


if __name__ == "__main__":
    main()
