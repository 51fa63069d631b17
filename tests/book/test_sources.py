"""What the book's sources must be, read from the files alone."""

import ast
import re
import tomllib
from collections import Counter
from pathlib import Path

import execute
import nbformat
import pytest
import yaml
from packaging.requirements import Requirement

from tools import notebooks

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = notebooks.chapters()
FOLDED = {"hide-input", "hide-cell", "remove-cell", "remove-input"}

# Colab's own versions on 2026-08-19 (Python 3.13.15), for the packages that we need.
COLAB = {
    "ipython": "7.34",
    "ipywidgets": "7.7.1",
    "librosa": "0.11.0",
    "matplotlib": "3.10.0",
    "numpy": "2.1.3",
    "scipy": "1.16.3",
    "soundfile": "0.14",
    "torch": "2.11.0",
    "torchaudio": "2.11.0",
}
COLAB_PYTHON = "3.13.15"

each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


class StrictLoader(yaml.SafeLoader):
    """PyYAML keeps the last of two equal keys and says nothing; this one objects."""

    def construct_mapping(self, node, deep=False):
        counts = Counter(self.construct_object(key) for key, _ in node.value)
        twice = [key for key, count in counts.items() if count > 1]
        assert not twice, f"keys given twice, line {node.start_mark.line + 1}: {twice}"
        return super().construct_mapping(node, deep)


def load_yaml(text):
    return yaml.load(text, StrictLoader)


def read(path):
    return nbformat.read(path, as_version=4)


def toc_files(node):
    """Every file that the table of contents names, in order."""
    if isinstance(node, list):
        return [name for item in node for name in toc_files(item)]
    if not isinstance(node, dict):
        return []
    own = [node[key] for key in ("root", "file") if key in node]
    return own + [name for value in node.values() for name in toc_files(value)]


def test_no_yaml_key_is_given_twice():
    with pytest.raises(AssertionError, match="given twice"):
        load_yaml("a: 1\nb: {c: 1, c: 2}")
    names = ["_config.yml", "_toc.yml", ".pre-commit-config.yaml"]
    for path in [*map(ROOT.joinpath, names), *(ROOT / ".github").rglob("*.yml")]:
        assert load_yaml(path.read_text()), path


def test_contents_and_pages_are_the_same():
    listed = toc_files(load_yaml((ROOT / "_toc.yml").read_text()))
    pages = [p for p in (ROOT / "book").rglob("*.md") if "_" not in p.parent.name]
    pages += notebooks.pages()
    files = {str(p.relative_to(ROOT).with_suffix("")) for p in pages}
    assert sorted(listed) == sorted(files)


def test_the_repository_address_has_one_home():
    url = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
    for path in [*ROOT.glob("*.toml"), *ROOT.glob("tools/*"), *ROOT.glob("book/**/*")]:
        if path.is_file() and path.suffix in {".py", ".toml", ".md", ".js", ".css"}:
            assert url not in path.read_text(), f"{path} repeats the address"


def test_installing_on_colab_downgrades_nothing():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needs = {r.name: r.specifier for r in map(Requirement, project["dependencies"])}
    python = Requirement(f"python{project['requires-python']}").specifier
    assert python.contains(COLAB_PYTHON)
    assert {"torch", "numpy"} <= set(needs)
    for name, version in COLAB.items():
        if name in needs:
            assert needs[name].contains(version), f"{name} {version} is not admitted"
    for name, ranges in needs.items():
        bounds = {part.operator for part in ranges}
        assert bounds <= {">="}, f"{name}: an upper bound may downgrade ({ranges})"


def test_the_lock_pins_every_dependency():
    lock = (ROOT / "requirements.txt").read_text()
    pins = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {Requirement(line).name for line in project["dependencies"]}
    assert names - pins == set()


@pytest.mark.parametrize("path", notebooks.pages(), ids=lambda path: path.stem)
@pytest.mark.parametrize("job", notebooks.JOBS)
def test_notebook_is_as_the_tool_leaves_it(path, job):
    assert notebooks.tidy(path, {job}) == path.read_text(), (
        f"run: .venv/bin/python tools/notebooks.py {job}"
    )


@each_chapter
def test_chapter_opens_with_title_box_badge_and_install(path):
    first, badge, install, *_ = read(path).cells
    assert first.source.startswith("# ")
    for part in ("In this chapter", "You need", "Cost:"):
        assert re.search(rf"^> \*\*{part}\*\*", first.source, re.MULTILINE), (
            f'the title cell needs a block quote with a paragraph "**{part}**"'
        )
    assert re.search(r"\*\*[^*]+\?\*\*", first.source), "its question is not bold"
    assert (badge.id, install.id) == ("colab", "install")


@each_chapter
def test_chapter_has_one_title(path):
    text = [c.source for c in read(path).cells if c.cell_type == "markdown"]
    prose = re.sub(r"^```.*?^```", "", "\n\n".join(text), flags=re.M | re.S)
    assert len(re.findall(r"^# ", prose, re.MULTILINE)) == 1


@each_chapter
def test_shown_cells_are_short(path):
    long = []
    for cell in notebooks.code_cells(read(path)):
        lines = cell.source.splitlines()
        if FOLDED & set(notebooks.tags(cell)):
            continue
        if len(lines) > 15 or max(map(len, lines), default=0) > 70:
            long.append(cell.source)
    shown = "\n---\n".join(long)
    assert not long, f"over 15 lines or 70 columns, and not folded:\n{shown}"


@pytest.mark.parametrize("path", notebooks.pages(), ids=lambda path: path.stem)
def test_what_a_cell_shows_is_its_last_expression(path):
    """Only that is displayed; `md.check` prints, and may stand anywhere."""
    for cell in notebooks.code_cells(read(path)):
        if "%pip" in cell.source:
            continue
        for line in ast.parse(cell.source).body[:-1]:
            called = line.value if isinstance(line, ast.Expr) else None
            if isinstance(called, ast.Call):
                name = ast.unparse(called.func)
                lost = name.startswith("md.") and name != "md.check"
                assert not lost, ast.unparse(line)


@each_chapter
def test_every_chapter_draws_what_it_builds(path):
    drawn = [c for c in notebooks.code_cells(read(path)) if "md.draw(" in c.source]
    assert drawn
    assert all("hide-input" in notebooks.tags(cell) for cell in drawn)


@pytest.mark.parametrize("number", ["01", "09", "10", "11"])
def test_made_stands_beside_recorded_blind(number):
    (path,) = (path for path in notebooks.pages() if path.name.startswith(number))
    assert any("md.blind(" in c.source for c in notebooks.code_cells(read(path)))
    assert "md.example(" in path.read_text()


@each_chapter
def test_six_exercises_each_with_a_folded_solution(path):
    exercises = {}
    title = None
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            for line in re.findall(r"^#{2,4} .*", cell.source, re.MULTILINE):
                title = line if re.match(r"#{2,4} Exercise \d", line) else None
                if title:
                    assert title not in exercises, f"two times {title}"
                    exercises[title] = 0
        elif title and "hide-cell" in notebooks.tags(cell) and cell.source.strip():
            exercises[title] += 1
    assert len(exercises) >= 6
    assert not [t for t, solutions in exercises.items() if not solutions]


@each_chapter
def test_stored_text_is_small(path):
    for cell in notebooks.code_cells(read(path)):
        for output in cell.outputs:
            assert output.output_type != "error", "an error is caught and printed"
            text = output.get("text", "") + "".join(output.get("data", {}).values())
            assert len(text) < 2000, f"print less: {text[:200]}"


@each_chapter
def test_no_cell_warned_in_the_last_build(path):
    """The pages leave stderr out (progress bars); a warning must not hide in it."""
    try:
        cells = notebooks.code_cells(execute.executed(path))
    except KeyError:
        pytest.skip("not executed yet: run `make book` first")
    said = [o.text for c in cells for o in c.outputs if o.get("name") == "stderr"]
    assert not [text for text in said if "Warning" in text]
