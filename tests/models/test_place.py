"""Where a training writes: nobody's model is replaced, nobody writes beside it."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from minidiff.models import place
from minidiff.models.card import save

RUN = {"title": "Doors", "recipe": "sounds", "steps": 9, "seed": 0, "data_sha256": "a"}


@pytest.fixture
def made(tmp_path):
    """A folder that holds the model of the run."""
    save(tmp_path, torch.nn.Linear(2, 2), {}, RUN)
    return tmp_path


def test_a_model_is_that_of_its_run(made):
    assert place.finished(made, RUN)
    assert place.finished(made, RUN | {"title": "other words", "machine": "another"})
    assert not place.finished(made / "elsewhere", RUN)


@pytest.mark.parametrize(
    "other", [{"recipe": "digits"}, {"steps": 10}, {"seed": 1}, {"data_sha256": None}]
)
def test_the_model_of_another_run_is_refused_by_name(made, other):
    (key, value), *_ = other.items()
    says = rf"out: .*another model, 'Doors' \({key}: {RUN[key]}, not {value}\)"
    with pytest.raises(ValueError, match=says):
        place.finished(made, RUN | other)


def test_a_model_without_a_readable_card_is_refused(made):
    (made / "card.json").write_text("{")
    with pytest.raises(ValueError, match=r"out: card.json .* line 1, column 2"):
        place.finished(made, RUN)
    (made / "card.json").unlink()
    with pytest.raises(ValueError, match=r"out: .*no card.json.*another folder"):
        place.finished(made, RUN)


def test_damaged_weights_may_be_made_again(made):
    content = (made / "model.safetensors").read_bytes()
    (made / "model.safetensors").write_bytes(content[:-1])
    assert not place.finished(made, RUN)


@pytest.mark.parametrize("out", ["", "door", "door/inner", "../clips/out"])
def test_a_model_does_not_lie_among_the_recordings(tmp_path, out):
    clips = tmp_path / "clips"
    clips.mkdir()
    with pytest.raises(ValueError, match=r"out: .*take it for a class: choose another"):
        place.apart(clips / out, clips)
    place.apart(tmp_path, clips)
    place.apart(tmp_path / "clips-out", clips)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_takes_nothing(tmp_path, monkeypatch, code):
    def full(path, content):
        os.close(os.open(path, os.O_CREAT))  # a full disk still makes the name
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ValueError, match=f"out: cannot write .*{os.strerror(code)}"):
        place.writable(tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_a_claim_is_of_one_and_ends_with_its_process(tmp_path):
    code = f"""
import sys
from pathlib import Path
from minidiff.models import place
with place.claimed(Path({str(tmp_path)!r})):
    print("claimed", flush=True)
    sys.stdin.read()
"""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "env": environment}
    other = subprocess.Popen([sys.executable, "-c", code], **pipes)
    assert other.stdout.readline() == b"claimed\n"
    with (
        pytest.raises(ValueError, match="out: another command writes to"),
        place.claimed(tmp_path),
    ):
        pass
    other.kill()
    other.wait()
    other.stdin.close()
    other.stdout.close()
    for _ in range(2):
        with place.claimed(tmp_path):
            assert not list(tmp_path.iterdir())  # it leaves nothing behind


def test_weights_are_never_there_without_their_card(tmp_path, monkeypatch):
    """Killed between any two moves: no model, or one with its card."""
    seen, move = [], os.replace

    def replace(*arguments):
        seen.append(sorted(f.name for f in tmp_path.iterdir()))
        move(*arguments)

    monkeypatch.setattr(os, "replace", replace)
    save(tmp_path, torch.nn.Linear(2, 2), {}, RUN)
    assert len(seen) == 3
    assert not any("model.safetensors" in names for names in seen)
    assert "card.json" in seen[-1]
    left = sorted(f.name for f in tmp_path.iterdir())
    assert left == ["card.json", "model.safetensors"]
    card = json.loads((tmp_path / "card.json").read_text())
    assert card == RUN | {"sha256": card["sha256"]}
