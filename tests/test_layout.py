"""The arrows between modules run one way, and the core stays short."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import minidiff as md

PACKAGE = Path(__file__).parents[1] / "minidiff"
METHOD = {  # a file of the method -> the only files of ours it may import
    "schedule": set(),
    "process": {"schedule"},
    "denoiser": {"process", "schedule"},
    "guidance": {"denoiser", "process"},
    "samplers": {"denoiser", "process", "schedule"},
    "train": {"denoiser"},
    "exact": {"process", "schedule"},
}
CHECKS = {"valid", "digest"}  # which every file may use
ROOMS = {  # a room -> what it may know beside itself
    "nets": set(),
    "sound": {"nets", "samplers", "process", "schedule"},
    "data": {"exact"},
    "control": {*METHOD, "nets", "sound", "data"},
    "judging": {*METHOD, "nets", "sound"},
    "fast": {*METHOD},
    "rivals": {*METHOD, "nets", "sound", "data", "control", "judging"},
    "models": {
        *METHOD,
        "nets",
        "sound",
        "data",
        "control",
        "judging",
        "fast",
        "rivals",
    },
    "measured": set(),
    "display": {*METHOD, "sound"},
    "exercises": {
        *METHOD,
        "nets",
        "sound",
        "data",
        "control",
        "display",
        "judging",
        "fast",
        "rivals",
    },
}
# the garden: twelve sounds of a few lines each; the checks of a chapter stay together
LONG = {"data/garden.py", "exercises/ch09.py", "exercises/ch11.py"}


def parsed(file):
    return ast.parse(file.read_text(encoding="utf-8"))


def ours(file):
    """The modules of minidiff that a file imports, as names from the package's root."""
    parents = file.relative_to(PACKAGE).parts[:-1]
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "minidiff":
                    yield alias.name.partition(".")[2]
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                place = [*parents[: len(parents) + 1 - node.level]]
                place += node.module.split(".") if node.module else []
            elif node.module.split(".")[0] == "minidiff":
                place = node.module.split(".")[1:]
            else:
                continue
            names = [a.name for a in node.names]
            whole = PACKAGE.joinpath(*place).is_dir()  # then it names modules
            yield from (
                (".".join([*place, n]) for n in names) if whole else [".".join(place)]
            )


def lines_of_code(file):
    """Lines that hold code: no blank lines, comments, docstrings."""
    text, docs = file.read_text(encoding="utf-8"), set()
    for node in ast.walk(ast.parse(text)):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            value = body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                docs |= set(range(value.lineno, value.end_lineno + 1))
    return sum(
        bool(line.strip()) and not line.strip().startswith("#") and i not in docs
        for i, line in enumerate(text.splitlines(), 1)
    )


def rooms(file):
    """The rooms, or files of the root, that a file imports from."""
    return {name.split(".")[0] for name in ours(file) if name}


@pytest.mark.parametrize(("name", "allowed"), METHOD.items())
def test_arrows_of_the_method_run_one_way(name, allowed):
    assert rooms(PACKAGE / f"{name}.py") <= allowed | CHECKS


@pytest.mark.parametrize(("room", "allowed"), ROOMS.items())
def test_a_room_knows_only_what_it_may(room, allowed):
    files = sorted((PACKAGE / room).rglob("*.py"))
    assert files
    for file in files:
        assert rooms(file) <= allowed | CHECKS | {room}, file


def test_every_room_has_its_arrows():
    found = {f.parent.name for f in PACKAGE.glob("*/*.py")}
    assert found == set(ROOMS)


def test_the_house_is_drawn_as_it_is():
    """The list of rooms and arrows in CONTRIBUTING."""
    text = (PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for room, allowed in ROOMS.items():
        known = {"the method" if name in METHOD else name for name in allowed}
        line = next(x for x in text.splitlines() if x.startswith(f"| `{room}/`"))
        told = line.split("|")[3]
        words = {w.strip(" `/") for w in told.split(",")} - {"nothing"}
        assert words == known, line


def test_this_test_sees_imports():
    assert "valid" in set(ours(PACKAGE / "schedule.py"))
    assert "exact" in set(ours(PACKAGE / "data" / "points.py"))
    assert "models.shelf" in set(ours(PACKAGE / "cli.py"))


NETS = sorted(f.stem for f in (PACKAGE / "nets").glob("[a-z]*.py"))


@pytest.mark.parametrize("name", NETS)
def test_nets_import_nothing_of_ours_but_nets(name):
    assert all(m.startswith("nets.") for m in ours(PACKAGE / "nets" / f"{name}.py"))


def test_the_method_is_short():
    """Exact answers and checks stand beside it."""
    lines = {name: lines_of_code(PACKAGE / f"{name}.py") for name in METHOD}
    assert min(lines.values()) > 10
    assert sum(lines.values()) <= 800, lines


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=str)
def test_no_file_is_long(file):
    lines = len(file.read_text(encoding="utf-8").splitlines())
    assert lines <= 300 or file.relative_to(PACKAGE).as_posix() in LONG


def run(code, *flags):
    done = [sys.executable, *flags, "-c", code]
    return subprocess.run(done, capture_output=True, text=True, check=True)


def test_everything_public_hangs_on_md():
    code = "import minidiff as md; [getattr(md, n) for n in md.__all__]; "
    code += "assert callable(md.check) and callable(md.measured); "
    code += "import minidiff.exercises.check, minidiff.measured.rows; "
    code += "assert callable(md.check) and callable(md.measured); "
    code += "assert set(md.__all__) <= set(dir(md))"
    run(code)
    with pytest.raises(AttributeError, match="nonsense"):
        md.nonsense  # noqa: B018


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [(["--help"], "evaluate"), (["list"], "ships"), (["train", "--help"], "--data")],
)
def test_the_command_line_answers_without_torch(arguments, answer):
    code = f"""
import sys
from minidiff.cli import app
try:
    app({arguments})
except SystemExit as done:
    assert not done.code
assert "torch" not in sys.modules and "scipy" not in sys.modules
"""
    assert answer in run(code).stdout


def seconds(code):
    """Processor time of a fresh interpreter that runs this: the best of three."""
    before = "import resource as r; "
    after = "; u = r.getrusage(r.RUSAGE_SELF); print(u.ru_utime + u.ru_stime)"
    return min(float(run(before + code + after).stdout) for _ in range(3))


def test_starting_is_quick():
    assert seconds("import minidiff.cli") < 0.4
    assert seconds("import torch, minidiff") < seconds("import torch") + 0.3


def test_a_bare_machine_is_enough():
    """Where nothing can decode sound, fetch or move sliders, all else works."""
    code = """
import sys
for name in ("librosa", "soundfile", "pooch", "ipywidgets", "IPython", "diffusers"):
    sys.modules[name] = None
import torch, minidiff as md
for name in md.__all__:
    getattr(md, name)
import minidiff.cli, minidiff.models.run
voice = md.load("digits")
assert voice.generate("seven", steps=2).isfinite().all()
md.data.sounds(12)[0]
"""
    run(code)
