"""Build `_build/html` from the executed chapters: `python tools/build.py [--all]`.

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
sys.path.insert(0, str(ROOT / "book" / "_ext"))

if __name__ == "__main__":
    import weight

    jupyter_book = Path(sys.executable).parent / "jupyter-book"
    command = [jupyter_book, "build", ".", *STRICT]
    done = subprocess.run([*command, *sys.argv[1:]], cwd=ROOT)
    if done.returncode:
        shutil.rmtree(ROOT / "_build" / ".doctrees", ignore_errors=True)
        sys.exit("The book stops here: see the warnings above.")
    if heavy := weight.report(ROOT / "_build" / "html"):
        sys.exit("\n".join(["Too heavy:", *heavy]))
