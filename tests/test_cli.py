"""The command line: what it writes, and what it says when something is wrong."""

import os
import signal
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import soundfile
import tiny
import torch
from typer.testing import CliRunner

import minidiff as md
from minidiff import cli
from minidiff.models import model as models
from minidiff.models import recipes, shelf
from minidiff.models import run as runs


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


@pytest.mark.parametrize(
    "command", ["cut", "train", "sample", "evaluate", "judge", "list"]
)
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
    twice = "--label", "tone=high", "--label", "low"
    assert "tone was asked for twice" in said("sample", tmp_path, *twice, *out)
    assert "n must be" in said("sample", tmp_path, "-n", 0, *out)
    assert "sampler: 'dim'" in said("sample", tmp_path, "--sampler", "dim", *out)
    for option in ("sampler", "vocoder", "reference"):
        empty = f"--{option}", "", "--seconds", 3
        assert f"{option} is empty" in said("sample", tmp_path, *empty, *out)
    assert not list(tmp_path.glob("*.wav"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model of two classes, one of which no old code page can write."""
    place = tmp_path_factory.mktemp("trained")
    for i, name in enumerate(("Türe: 火", "low")):
        (place / "clips" / name).mkdir(parents=True)
        wave = 0.1 * np.sin(np.arange(4000) / (3 + i))
        soundfile.write(place / "clips" / name / "0.wav", wave, 8000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(recipes.RECIPES, "tiny", tiny.RECIPE)
        list(runs.train("tiny", place / "mine", 2, folder=place / "clips", tell=str))
    return place / "mine"


def program(*arguments, **variables):
    """The command line in a process of its own, with the tiny recipe."""
    script = Path(__file__).with_name("tiny.py")
    command = [sys.executable, script, *map(str, arguments)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"OMP_NUM_THREADS": "1"} | variables,
    )


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_class_may_have_any_name(trained, tmp_path, form):
    label = unicodedata.normalize(form, "Türe: 火")
    ask = "sample", trained, "--label", label, "-n", 2, "--out", tmp_path
    done = program(*ask, PYTHONIOENCODING="ascii")
    said, wrong = done.communicate()
    assert done.returncode == 0, wrong
    assert said.decode("ascii").count("T\\xfcre_ \\u706b-") == 2
    names = sorted(f.name for f in tmp_path.iterdir())
    assert names == ["Türe_ 火-0.wav", "Türe_ 火-1.wav"]


def test_no_sound_is_replaced_by_another(trained, tmp_path, capsys, monkeypatch):
    ask = "sample", trained, "--label", "low", "-n", 2, "--out", tmp_path
    run(*ask)
    before = {f: f.read_bytes() for f in tmp_path.iterdir()}
    run(*ask)  # the very same sounds
    for other in (("--scale", 4), ("--steps", 3)):
        said = fails(capsys, monkeypatch, *ask, *other)
        assert "low-0.wav is another sound: choose another folder" in said
    assert {f: f.read_bytes() for f in tmp_path.iterdir()} == before


def test_the_good_sounds_are_written(trained, tmp_path, capsys, monkeypatch):
    plain = models.from_noise

    def broken(*walk):
        x = plain(*walk)
        x[1] = torch.nan
        return x

    monkeypatch.setattr(models, "from_noise", broken)
    ask = "sample", trained, "--label", "low", "-n", 10, "--out", tmp_path
    said = fails(capsys, monkeypatch, *ask)
    assert said.startswith("error: seed 1: no sound is left")
    assert "seed 9: no sound is left" in said
    numbers = {int(f.stem.partition("-")[2]) for f in tmp_path.iterdir()}
    assert numbers == set(range(10)) - {1, 9}


def test_a_folder_called_as_a_model_that_ships(trained, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run("train", "tiny", "--steps", 1, "--out", "sounds", "--device", "cpu")
    assert "note: sounds is also a model that ships; yours is ./sounds" in done.output
    said = fails(capsys, monkeypatch, "sample", "sounds", "--out", "heard")
    assert "sounds is a model that ships and a folder of yours; write ./sounds" in said
    assert not Path("heard").exists()
    run("sample", "./sounds", "--label", "high", "--out", "heard")
    assert Path("heard/high-0.wav").exists()
    ask = "sample", "digits", "--vocoder", "sounds", "--out", "spoken"
    assert fails(capsys, monkeypatch, *ask).startswith("error: vocoder: sounds is a")


def test_an_unknown_label_leaves_nothing_behind(trained, tmp_path, capsys, monkeypatch):
    ask = "sample", trained, "--label", "lo", "--out", tmp_path / "new"
    assert "did you mean 'low'" in fails(capsys, monkeypatch, *ask)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_training_that_is_interrupted(tmp_path, capsys, monkeypatch, sign):
    ask = "train", "tiny", "--steps", 40_000, "--device", "cpu", "--out", tmp_path
    ask = (*ask, "--every", 25)
    going = program(*ask)
    while going.poll() is None and not (tmp_path / "checkpoint.pt").exists():
        time.sleep(0.01)
    time.sleep(0.1)
    going.send_signal(sign)
    _, wrong = going.communicate()
    assert going.returncode == 130
    last = wrong.decode().strip().splitlines()[-1]
    step = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["state"]["index"]
    says = f"stopped at step {step:,} of 40,000: run".replace(",", " ")
    says += " the same command to go on"
    assert last == says
    said = fails(capsys, monkeypatch, "sample", tmp_path, "--out", tmp_path / "heard")
    assert said.endswith(says)


def test_a_judge_does_not_move_in_with_another_model(trained, capsys, monkeypatch):
    said = fails(capsys, monkeypatch, "judge", "sounds", "--out", trained)
    assert said.endswith("is not that of sounds")


def test_cut_then_train(tmp_path, capsys, monkeypatch):
    wave = 0.1 * np.random.default_rng(0).standard_normal(8000 * 5)
    soundfile.write(tmp_path / "rain.wav", wave, 8000)
    clips, out = tmp_path / "clips", tmp_path / "out"
    done = run("cut", tmp_path / "rain.wav", "--out", clips / "rain")
    assert done.output.strip().endswith("5 pieces, rain-0000.wav to rain-0004.wav")
    ask = "train", "tiny", "--steps", 1, "--device", "cpu", "--out", out
    said = run(*ask, "--data", clips).output
    assert "1 class: rain 5; 0 held out; 5 longer than 0.40 s, cut" in said
    done = run("cut", tmp_path / "rain.wav", "--pauses", "--out", tmp_path / "pieces")
    assert "in one piece, rain-0000.wav" in done.output
    said = fails(capsys, monkeypatch, "cut", tmp_path / "no.wav", "--out", out)
    assert said == "error: recordings: nothing that can be cut"


def test_empty_names_are_not_the_current_folder(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ask = "train", "tiny", "--steps", 1
    said = fails(capsys, monkeypatch, *ask, "--data", "", "--out", "mine")
    assert "data is empty" in said
    assert "out is empty" in fails(capsys, monkeypatch, *ask, "--out", "")
    assert not list(tmp_path.iterdir())


def test_warnings_are_notes(capsys, monkeypatch):
    monkeypatch.setattr(cli, "app", lambda: cli.warnings.warn("some", stacklevel=1))
    with cli.warnings.catch_warnings(action="always"):
        cli.main()
    assert capsys.readouterr().err == "note: some\n"


def test_as_a_program():
    command = [sys.executable, "-m", "minidiff", "train", "nothing", "--out", "x"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(
        "error: name of a recipe: 'nothing' is unknown. Known"
    )
