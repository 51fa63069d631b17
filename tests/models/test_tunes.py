"""Tunes from a shell: written, and to be played."""

import functools

import pytest

import minidiff as md
from minidiff.cli import main
from minidiff.control.tune import timed
from minidiff.control.writing import Writer
from minidiff.data.sheets import read


def shell(monkeypatch, capsys, *words):
    command = ["minidiff", "sample", "melodies", *map(str, words)]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as done:
        main()
    return done.value.code or 0, "".join(capsys.readouterr())


def test_tunes_are_written_and_read(tmp_path, monkeypatch, capsys):
    short = functools.partialmethod(Writer.write, bars=3)
    monkeypatch.setattr(Writer, "write", short)
    ask = "--label", "jig", "--out", tmp_path / "out", "--seed", 3
    for _ in range(2):  # the same tune may be written again
        code, said = shell(monkeypatch, capsys, *ask, "-n", 2)
        assert code == 0
        files = [tmp_path / "out" / f"jig-{k}.abc" for k in (3, 4)]
        assert said.split() == list(map(str, files))
    assert sorted((tmp_path / "out").iterdir()) == files
    found, _ = timed(read(files[1]).melody, 120)
    wanted, _ = timed(md.load("melodies").write("jig", seed=4), 120)
    assert [n.pitch for n in found] == [n.pitch for n in wanted]
    starts = [n.start for n in wanted]
    assert [n.start for n in found] == pytest.approx(starts)
    files[0].write_text("X:1\nK:C\nC|]\n")
    code, said = shell(monkeypatch, capsys, *ask)
    assert code == 2
    assert "jig-3.abc is another tune" in said
    assert files[0].read_text() == "X:1\nK:C\nC|]\n"


def test_what_it_does_not_write(tmp_path, monkeypatch, capsys):
    for words, told in (
        (["--label", "waltz"], "label: 'waltz' is unknown"),
        (["--label", "jig", "--label", "reel"], "label: expected one rhythm, got 2"),
        (["--steps", 9, "--seconds", 3], "steps, seconds: this model writes tunes"),
        (["-n", 0], "n must be"),
    ):
        code, said = shell(monkeypatch, capsys, "--out", tmp_path / "out", *words)
        assert code == 2
        assert told in said
    assert not (tmp_path / "out").exists()
