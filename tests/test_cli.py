"""The command line: what it writes, and what it says when something is wrong."""

import subprocess
import sys

import pytest
import soundfile
import tiny
from typer.testing import CliRunner

import minidiff as md
from minidiff import cli
from minidiff.models import recipes, shelf


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setitem(recipes.RECIPES, "tiny", tiny.RECIPE)


def run(*arguments):
    done = CliRunner().invoke(cli.app, [str(a) for a in arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def fails(capsys, monkeypatch, *arguments):
    """What the whole program says in its one line."""
    monkeypatch.setattr(sys, "argv", ["minidiff", *map(str, arguments)])
    with pytest.raises(SystemExit) as exit:
        cli.main()
    assert exit.value.code == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("error: ")
    return said


def test_train_then_sample(tmp_path):
    out, sounds = tmp_path / "model", tmp_path / "sounds"
    done = run("train", "tiny", "--out", out, "--steps", 4, "--device", "cpu",
               "--every", 2)  # fmt: skip
    assert str(out / "model.safetensors") in done.output
    assert (out / "checkpoint.pt").exists()
    done = run("sample", out, "--label", "high", "-n", 3, "--steps", 2, "--scale", 2,
               "--seed", 7, "--out", sounds)  # fmt: skip
    names = ["high-7.wav", "high-8.wav", "high-9.wav"]
    assert sorted(f.name for f in sounds.iterdir()) == names
    assert [line.split("/")[-1] for line in done.stdout.split()] == names
    wave, rate = soundfile.read(sounds / "high-8.wav", dtype="float32")
    assert (rate, wave.shape) == (4000, (1600,))
    expected = md.load(out).generate("high", seed=8, steps=2, scale=2)
    assert wave == pytest.approx(expected[0].numpy(), abs=1e-2)


def test_list():
    lines = run("list").output
    assert list(shelf.TITLES) == [name for name in recipes.RECIPES if name != "tiny"]
    for name, title in shelf.TITLES.items():
        assert f"{name} " in lines
        assert title in lines


@pytest.mark.parametrize("command", ["train", "sample", "evaluate", "judge", "list"])
def test_help_has_an_example(command):
    said = run(command, "--help").output
    assert "Usage" in said
    assert command == "list" or f"python -m minidiff {command} " in said


def test_mistakes_are_one_line(tmp_path, capsys, monkeypatch):
    def said(*arguments):
        return fails(capsys, monkeypatch, *arguments)

    out = ("--out", tmp_path)
    assert "did you mean 'tiny'?" in said("train", "tinny", *out)
    assert "steps must be" in said("train", "tiny", "--steps", 0, *out)
    assert "every must be" in said("train", "tiny", "--every", 0, *out)
    assert "no folder" in said("train", "tiny", "--data", tmp_path / "none", *out)
    assert "name of a model" in said("sample", "nothing", *out)
    (tmp_path / "file").touch()
    assert "cannot write" in said("train", "tiny", "--out", tmp_path / "file")
    run("train", "tiny", "--steps", 1, "--device", "cpu", *out)
    assert "tone: 'hihg' is unknown; did you mean 'high'" in said(
        "sample", tmp_path, "--label", "hihg", *out
    )
    assert "n must be" in said("sample", tmp_path, "-n", 0, *out)
    assert "sampler: 'dim'" in said("sample", tmp_path, "--sampler", "dim", *out)
    assert not list(tmp_path.glob("*.wav"))


def test_as_a_program():
    command = [sys.executable, "-m", "minidiff", "train", "nothing", "--out", "x"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(
        "error: name of a recipe: 'nothing' is unknown. Known"
    )
