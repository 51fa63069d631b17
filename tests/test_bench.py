"""The prepared run for a GPU, rehearsed on the CPU; and the table of the bench."""

import json
import os
import subprocess
import sys
from pathlib import Path

from bench import compare

ROOT = Path(__file__).parents[1]


def test_the_run_for_a_gpu_is_rehearsed(tmp_path):
    command = ["bash", "bench/gpu.sh", "--out", tmp_path, "--device", "cpu"]
    command += ["--minutes", "1", "--skip", "compare", "--train", "sounds-autoencoder"]
    environment = os.environ | {"PYTHON": sys.executable}
    done = subprocess.run(
        list(map(str, command)), cwd=ROOT, env=environment, timeout=200,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert list(summary) == ["tests", "same", "handed-over", "sounds-autoencoder"]
    for name, stage in summary.items():
        log = (tmp_path / "logs" / f"{name}.txt").read_text()
        assert stage["ended"] == 0 or "no time" in str(stage["ended"]), log
    assert sum(stage["seconds"] for stage in summary.values()) < 60 + 30


def test_the_table_shows_what_was_measured():
    rows = [
        {"device": "x", "precision": "p", "work": "w", "ms": {"ours": 2.0}},
        {"device": "x", "precision": "p", "work": "v",
         "ms": {"ours": 2.0, "diffusers": 5.0}},
    ]  # fmt: skip
    measured = {"device": "x", "machine": "an abacus", "sizes": "1.", "rows": rows}
    lines = compare.table([measured]).splitlines()
    assert lines[0].startswith("| device | precision | work | ours, ms | diffusers, ms")
    assert lines[2] == "| x | p | w | 2.0 |  |  |"
    assert lines[3] == "| x | p | v | 2.0 | 5.0 | 2.50 |"
    assert "an abacus" in lines[-1]


def test_the_readme_is_made_of_the_rows():
    before = compare.README.read_text(encoding="utf-8")
    measured = [json.loads(f.read_text()) for f in sorted(compare.ROWS.glob("*.json"))]
    assert before == f"{compare.INTRO}\n{compare.table(measured)}\n"
