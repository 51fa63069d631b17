"""The arrows between modules run one way, and the core stays short."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "minidiff"
CORE = {  # module -> the only modules of ours it may import
    "valid": set(),
    "schedule": {"valid"},
    "process": {"schedule", "valid"},
    "denoiser": {"process", "schedule", "valid"},
    "guidance": {"denoiser", "process", "valid"},
    "samplers": {"denoiser", "process", "valid"},
    "train": {"denoiser", "valid"},
    "exact": {"process", "schedule", "valid"},
}
BESIDE = {"audio": {"valid"}}
NETS = sorted(f.stem for f in (PACKAGE / "nets").glob("[a-z]*.py"))


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


@pytest.mark.parametrize(("name", "allowed"), (CORE | BESIDE).items())
def test_arrows_run_one_way(name, allowed):
    assert set(ours(PACKAGE / f"{name}.py")) <= allowed


def test_this_test_sees_imports():
    assert "valid" in set(ours(PACKAGE / "schedule.py"))
    assert "exact" in set(ours(PACKAGE / "data" / "points.py"))
    assert "models" in set(ours(PACKAGE / "__main__.py"))


@pytest.mark.parametrize("name", NETS)
def test_nets_import_nothing_of_ours_but_nets(name):
    assert all(m.startswith("nets.") for m in ours(PACKAGE / "nets" / f"{name}.py"))


@pytest.mark.parametrize("file", sorted((PACKAGE / "data").glob("*.py")))
def test_data_stand_beside(file):
    known = {"valid", "exact"}
    assert all(m in known or m.startswith("data") for m in ours(file))


def test_the_core_is_short():
    """The modules along the arrows; nets, exact answers and checks stand beside."""
    core = CORE.keys() - {"valid", "exact"}
    lines = {name: lines_of_code(PACKAGE / f"{name}.py") for name in core}
    assert min(lines.values()) > 10
    assert sum(lines.values()) <= 600, lines
