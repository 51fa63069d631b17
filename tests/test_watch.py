"""From a shell: how strange is this file, and where."""

from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from minidiff import cli
from minidiff.data.clips import write


@pytest.fixture
def files(tmp_path):
    dice = torch.Generator().manual_seed(0)
    names = []
    for k, level in enumerate((300, 9000)):
        wave = (level * torch.randn(8000, generator=dice)).round().short()
        names.append(str(tmp_path / f"{k}.wav"))
        write(tmp_path / f"{k}.wav", wave.numpy(), 8000)
    return names


@pytest.mark.parametrize("score", ["error", "rebuilt"])
@pytest.mark.filterwarnings("ignore:waves")
def test_a_line_a_sound(files, score):
    done = CliRunner().invoke(cli.app, ["anomaly", "digits", *files, "--score", score])
    assert done.exit_code == 0, done.exception
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    scores = [float(line.split()[0]) for line in lines]
    assert scores[1] > 0
    for line, file in zip(lines, files, strict=True):
        assert file in line
        assert " s, " in line


@pytest.mark.filterwarnings("ignore:waves")
def test_a_smaller_share_is_stranger(files):
    scores = []
    for share in ("1", "0.01"):
        words = ["anomaly", "digits", files[0], "--share", share]
        done = CliRunner().invoke(cli.app, words)
        assert done.exit_code == 0, done.exception
        scores.append(float(done.stdout.split()[0]))
    assert scores[1] > scores[0]


def test_where_is_not_beyond_the_end(tmp_path):
    dice = np.random.default_rng(0)
    for n in (40, 2000):
        file = tmp_path / f"{n}.wav"
        write(file, dice.integers(-9000, 9000, n).astype(np.int16), 8000)
        done = CliRunner().invoke(cli.app, ["anomaly", "digits", str(file)])
        assert done.exit_code == 0, done.exception
        assert float(done.stdout.split()[-4]) <= n / 8000


@pytest.mark.filterwarnings("ignore:waves")
def test_mistakes(files):
    def said(*arguments):
        done = CliRunner().invoke(cli.app, ["anomaly", *arguments])
        assert isinstance(done.exception, ValueError)
        return str(done.exception)

    assert "score" in said("digits", *files, "--score", "errors")
    assert "rebuilt" in said("digits", *files, "--strength", "0.5")
    for share in ("0", "2"):
        assert "share" in said("digits", *files, "--share", share)
    assert "share" in said("digits", *files, "--score", "likelihood", "--share", "0.1")
    assert "no file" in said("digits", "nowhere.wav")
    assert "sounds is empty" in said("digits", "")
    silent = Path(files[0]).with_name("silent.wav")
    write(silent, np.zeros(8000, np.int16), 8000)
    told = said("digits", files[0], str(silent))
    assert told.startswith("waves: silent.wav: nothing is heard")
    assert "makes sounds" in said("digits-vocoder", *files)


def test_help_has_an_example():
    said = CliRunner().invoke(cli.app, ["anomaly", "--help"]).output
    assert "python -m minidiff anomaly " in said
