"""Build `_build/html` from the executed chapters: `python tools/build.py [--all]`.

A page is read again when its source has changed. When something has that Sphinx does
not watch, the outputs of the chapters or what the book adds to Sphinx, all begins anew.
Warnings are errors. A page with a warning is not read again by the next build, which
would then pass; so after a failure the parsed pages are thrown away. At the end stands
what each page weighs; one that is too heavy is an error too.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STRICT = ["-W", "-n", "--keep-going"]
HTML, PARSED = ROOT / "_build" / "html", ROOT / "_build" / ".doctrees"
UNWATCHED = ["_build/.jupyter_cache/fingerprint", "book/_ext/*", "node_modules/.ready"]
HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Diffusion by Ear</title>
<link rel="icon" href="_static/favicon.svg">
"""
sys.path.insert(0, str(ROOT / "book" / "_ext"))


def stale():
    """Whether something that Sphinx does not watch is newer than the parsed pages."""
    read = PARSED / "environment.pickle"
    files = [file for pattern in UNWATCHED for file in ROOT.glob(pattern)]
    newest = max((file.stat().st_mtime for file in files), default=0)
    return read.exists() and newest > read.stat().st_mtime


if __name__ == "__main__":
    import weight

    jupyter_book = Path(sys.executable).parent / "jupyter-book"
    if stale():
        shutil.rmtree(HTML, ignore_errors=True)
        shutil.rmtree(PARSED)
    command = [jupyter_book, "build", ".", *STRICT]
    done = subprocess.run([*command, *sys.argv[1:]], cwd=ROOT)
    if done.returncode:
        shutil.rmtree(PARSED, ignore_errors=True)
        sys.exit("The book stops here: see the warnings above.")
    first = HTML / "index.html"  # sends the reader on to the preface
    if "icon" not in (sends_on := first.read_text()):
        first.write_text(HEAD + sends_on)
    if heavy := weight.report(HTML):
        sys.exit("\n".join(["Too heavy:", *heavy]))
