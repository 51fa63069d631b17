"""Tunes from a shell."""

import pytest
import soundfile

from minidiff.cli import main

TUNE = "X:1\nT:Two\nL:1/4\nQ:1/4=120\nK:C\nA c|]\n"


def shell(monkeypatch, *words):
    monkeypatch.setattr("sys.argv", ["minidiff", "render", "notes", *map(str, words)])
    with pytest.raises(SystemExit) as done:
        main()
    return done.value.code or 0


def test_a_file_is_played(tmp_path, monkeypatch, capsys):
    (tmp_path / "two.abc").write_text(TUNE)
    ways = "--instrument", "flute,trumpet", "--steps", "1", "--out", tmp_path
    assert shell(monkeypatch, tmp_path / "two.abc", *ways) == 0
    file = tmp_path / "two-1-flute-trumpet-0.wav"
    assert capsys.readouterr().out.strip() == str(file)
    wave, rate = soundfile.read(file)
    assert (len(wave), rate) == (16_000, 16_000)


def test_a_wrong_file_is_told_in_a_line(tmp_path, monkeypatch, capsys):
    (tmp_path / "bad.abc").write_text(TUNE.replace("A c", "A §"))
    assert shell(monkeypatch, tmp_path / "bad.abc", "--out", tmp_path) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: tune: bad.abc, line 6, column 3")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--tempo", "0"], "tempo must be in [1, 1000]"),
        (["--instrument", ""], "instrument: '' is unknown"),
        (["--out", ""], "out is empty"),
        (["--number", "0"], "tune: its number in two.abc must be in [1, 1], got 0"),
    ],
)
def test_no_option_is_passed_over(tmp_path, monkeypatch, capsys, options, said):
    (tmp_path / "two.abc").write_text(TUNE)
    words = tmp_path / "two.abc", "--out", tmp_path / "out", *options
    assert shell(monkeypatch, *words) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.rglob("*.wav"))
