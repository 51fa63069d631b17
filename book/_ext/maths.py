"""Maths that is typeset when the book is built, by KaTeX.

Each formula becomes HTML for the eye and MathML for screen readers; a page needs a
style sheet and some fonts for it, no script. A formula that KaTeX cannot read stops
the build: nothing red reaches a page.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.math import get_node_equation_number

# One line of JSON in, [formula, display]; one line out, {html} or {error}.
SERVER = """
const katex = require(process.argv[1]);
const typeset = ([tex, displayMode]) => {
  try { return {html: katex.renderToString(tex, {displayMode, strict: "error"})}; }
  catch (error) { return {error: error.message}; }
};
require("readline").createInterface({input: process.stdin}).on("line", (line) =>
  console.log(JSON.stringify(typeset(JSON.parse(line)))));
"""
MARK = re.compile(r"[,.;:!?)”’]+")
# Every browser that runs the pages knows woff2: the older two formats are not named.
OLD_FORMATS = re.compile(r',url\([^)]*\.(?:woff|ttf)\) format\("[^"]*"\)')


@cache
def server(script: Path) -> subprocess.Popen:
    """Node with KaTeX; it ends with the build, when its input is closed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    node = shutil.which("node", path=path)
    if not node:
        raise ExtensionError("Node.js is missing: run `make book`, or put it on PATH")
    command = [node, "-e", SERVER, str(script)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)


def typeset(script: Path, tex: str, display: bool) -> str:
    """A formula's HTML; ValueError if KaTeX cannot read it."""
    node = server(script)
    print(json.dumps([tex, display]), file=node.stdin, flush=True)
    answer = json.loads(node.stdout.readline())
    if "error" in answer:
        raise ValueError(f"{answer['error']} in the formula: {tex}")
    return answer["html"]


def katex(config) -> Path:
    return Path(config.katex) / "katex.min.js"


def inline(self, node):
    html = typeset(katex(self.config), node.astext(), display=False)
    self.body.append(f'<span class="math">{html}</span>')
    raise nodes.SkipNode


def block(self, node):
    html = typeset(katex(self.config), node.astext(), display=True)
    # wide formulas scroll in their own box, also by the arrow keys
    self.body.append(self.starttag(node, "div", CLASS="math", tabindex="0"))
    if node["number"]:
        number = escape(get_node_equation_number(self, node))
        self.body.append(f'<span class="eqno">({number})</span>')
    self.body.append(f"{html}</div>\n")
    raise nodes.SkipNode


def together(app, doctree, page):
    """Keep a comma on the line of the short formula before it."""
    for math in list(doctree.findall(nodes.math)):
        row, place = math.parent, math.parent.index(math)
        after = row[place + 1] if place + 1 < len(row) else None
        mark = MARK.match(after) if isinstance(after, nodes.Text) else None
        if mark and len(math.astext()) <= 40:
            pair = nodes.inline("", "", math.deepcopy(), nodes.Text(mark[0]))
            pair["classes"].append("together")
            row[place : place + 2] = [pair, nodes.Text(after[mark.end() :])]


def prepare(app, config):
    """Copy KaTeX's styles and fonts into `_build/vendor`, served as `_static/katex`."""
    dist = Path(app.srcdir, "node_modules", "katex", "dist")
    if not dist.is_dir():
        raise ExtensionError("node_modules/katex is missing: run `make book`")
    config.katex = str(dist)
    vendor = Path(app.srcdir, "_build", "vendor")
    shutil.rmtree(vendor, ignore_errors=True)
    fonts = vendor / "katex" / "fonts"
    fonts.mkdir(parents=True)
    for font in dist.glob("fonts/*.woff2"):
        shutil.copy2(font, fonts)
    css = (dist / "katex.min.css").read_text()
    (vendor / "katex" / "katex.css").write_text(OLD_FORMATS.sub("", css))
    config.html_static_path.append(str(vendor))


def setup(app):
    app.add_config_value("katex", "", "")
    app.add_html_math_renderer("katex", (inline, None), (block, None))
    app.add_css_file("katex/katex.css", priority=400)
    app.connect("config-inited", prepare)
    app.connect("doctree-resolved", together)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
