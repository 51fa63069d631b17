"""Links from the first use of a word on a page to its entry in the glossary.

The words are read from the glossary page itself: each of its innermost sections is an
entry, its title the word, and what an entry says in bold is another name for the same
thing. A page links each entry once. A link written by hand counts as that one.
"""

import re
import unicodedata
from dataclasses import dataclass

from docutils import nodes

GLOSSARY = "book/glossary"
WITHOUT = {GLOSSARY, "book/references"}  # pages where nothing is linked
SHORTEST = 3  # letters; `v` is a word only in formulas

# A word inside one of these is not linked.
CLOSED = (
    nodes.title,
    nodes.rubric,
    nodes.thead,
    nodes.reference,
    nodes.literal,
    nodes.FixedTextElement,  # code blocks, raw HTML, displayed maths
    nodes.math,
    nodes.math_block,
    nodes.figure,
    nodes.caption,
    nodes.Invisible,
)


@dataclass
class Entry:
    """A word of the glossary: its names, where it stands, what it says first."""

    id: str
    names: list
    about: str


def read(doctree):
    """The entries of the glossary page."""
    sections = doctree.findall(nodes.section)
    return [entry(s) for s in sections if not s.next_node(nodes.section)]


def entry(section):
    paragraph = section.next_node(nodes.paragraph).deepcopy()
    others = [strong.astext() for strong in section.findall(nodes.strong)]
    names = [section.next_node(nodes.title).astext(), *others]
    for math in list(paragraph.findall(nodes.math)):
        math.replace_self(nodes.Text(spoken(math.astext())))
    sentences = re.split(r"(?<=[.?!])\s+(?=[^\W\d]|[(])", paragraph.astext())
    return Entry(section["ids"][0], names, " ".join(sentences[0].split()))


# A tooltip holds no formula: the commands that first sentences use, as characters.
SIGNS = {"varepsilon": "ε", "nabla": "∇", "sqrt": "√", "mid": "|"}
RAISED = str.maketrans("0123456789-p", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵖ")
LOWERED = str.maketrans("0123456789xtsi", "₀₁₂₃₄₅₆₇₈₉ₓₜₛᵢ")


def spoken(latex):
    """A short formula as plain characters: `\\hat x_0` becomes x̂₀."""

    def sign(match):
        name = match[1]
        try:
            return SIGNS.get(name) or unicodedata.lookup(f"GREEK SMALL LETTER {name}")
        except KeyError:
            return name if name != "text" else ""

    text = re.sub(r"\\(?!hat)([a-z]+)", sign, re.sub(r"\\[,;]", " ", latex))
    text = re.sub(r"\\hat\s*(\w)", "\\1\N{COMBINING CIRCUMFLEX ACCENT}", text)
    text = re.sub(r"\^(\w|\{[-\w]+\})", lambda m: m[1].translate(RAISED), text)
    text = re.sub(r"_(\w|\{\w+\})", lambda m: m[1].translate(LOWERED), text)
    return re.sub(r"[{}]", "", text)


def form(name):
    """A regular expression for a name: either case of its first letter, its plural."""
    first, rest = name[0], re.escape(name[1:].replace("’", "'"))
    first = f"[{first.lower()}{first.upper()}]"
    rest = rest.replace(r"\ ", r"\s+").replace("'", "['’]")
    if name.endswith("y"):
        return f"{first}{rest[:-1]}(?:y|ies)"
    return f"{first}{rest}(?:{'es' if name.endswith('s') else 's'})?"


class Linker:
    """Finds the words of the glossary in a text, the longest first."""

    def __init__(self, entries):
        named = [(name, e) for e in entries for name in e.names]
        named = [pair for pair in named if len(pair[0]) >= SHORTEST]
        named.sort(key=lambda pair: len(pair[0]), reverse=True)
        self.entries = [entry for _, entry in named]
        forms = "|".join(f"({form(name)})" for name, _ in named)
        self.pattern = re.compile(rf"(?<![\w-])(?:{forms})(?![\w-])")

    def entry(self, match):
        return self.entries[match.lastindex - 1]

    def already(self, doctree):
        """The ids that links written by hand lead to."""
        for link in doctree.findall(nodes.reference):
            page, _, anchor = link.get("refuri", "").partition("#")
            if page.endswith("glossary.html"):
                word = self.pattern.fullmatch(link.astext())
                if anchor or word:
                    yield anchor or self.entry(word).id

    def link(self, doctree, uri):
        """Link the first use of each word to `uri`, the address of the glossary."""
        done = set(self.already(doctree))
        for text in list(doctree.findall(nodes.Text)):
            if not closed(text):
                parts = list(self.parts(str(text), uri, done))
                if len(parts) > 1:
                    text.parent.replace(text, parts)

    def parts(self, text, uri, done):
        """`text` cut into plain text and links, for the words that are not `done`."""
        end = 0
        for match in self.pattern.finditer(text):
            entry = self.entry(match)
            if entry.id in done:
                continue
            done.add(entry.id)
            yield nodes.Text(text[end : match.start()])
            target = dict(refuri=f"{uri}#{entry.id}", reftitle=entry.about)
            yield nodes.reference(
                "", match[0], internal=True, classes=["glossary-term"], **target
            )
            end = match.end()
        yield nodes.Text(text[end:])


def closed(node):
    """Whether a word here stays as it is: in code, a heading, a list of papers ..."""
    while node := node.parent:
        if isinstance(node, CLOSED):
            return True
        if isinstance(node, nodes.section) and "references" in node["names"]:
            return True
    return False


def note_changes(app, env, docnames):
    """Remember whether the glossary itself is read anew."""
    app.glossary_changed = GLOSSARY in docnames


def read_glossary(app, env):
    """Read the words; if they changed, every page has to be written again."""
    app.glossary_linker = Linker(read(env.get_doctree(GLOSSARY)))
    return env.found_docs if app.glossary_changed else None


def link_page(app, doctree, docname):
    if app.builder.format == "html" and docname not in WITHOUT:
        uri = app.builder.get_relative_uri(docname, GLOSSARY)
        app.glossary_linker.link(doctree, uri)


def setup(app):
    app.add_css_file("glossary.css")
    app.connect("env-before-read-docs", note_changes)
    app.connect("env-updated", read_glossary)
    app.connect("doctree-resolved", link_page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
