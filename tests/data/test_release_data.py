"""Zips of the data release: the same bytes wherever they are made, and all inside."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from minidiff.data.prepared import DIGESTS
from minidiff.digest import digest
from tools import release_data

ROOT = Path(__file__).parents[2]
FILES = {"b/2.flac": "two", "a.ogg": "one", "LICENSE-x.txt": "may", "README.md": "read"}


def filled(folder, names, mode, when):
    for name in names:
        file = folder / "sounds" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(FILES[name])
        file.chmod(mode)
        os.utime(file, (when, when))


def test_the_same_files_make_the_same_bytes(tmp_path, release):
    filled(tmp_path, FILES, 0o644, 1_000_000_000)
    (first,) = release("sounds")
    before = (tmp_path / "digests" / "zips.sha256").read_text()
    (tmp_path / "sounds").rename(tmp_path / "gone")
    filled(tmp_path, reversed(FILES), 0o600, 1_700_000_000)
    (tmp_path / "sounds" / ".DS_Store").write_text("hidden")
    (again,) = release("sounds")
    assert again == first
    assert (tmp_path / "digests" / "zips.sha256").read_text() == before
    filled(tmp_path, ["a.ogg"], 0o644, 0)
    (tmp_path / "sounds" / "a.ogg").write_text("uno")
    assert release("sounds") != [first]


def test_readme_and_licences_are_inside_and_nothing_is_packed(tmp_path, release):
    filled(tmp_path, FILES, 0o644, 0)
    release("sounds")
    with zipfile.ZipFile(tmp_path / "zips" / "sounds.zip") as archive:
        names = archive.namelist()
        assert names == sorted([f"sounds/{f}" for f in (*FILES, "LICENCES.txt")])
        for info in archive.infolist():
            assert info.compress_type == zipfile.ZIP_STORED
            assert (info.date_time[0], info.external_attr >> 16) == (1980, 0o100644)
        told = archive.read("sounds/LICENCES.txt").decode()
    assert "MIT: https://spdx.org/licenses/MIT.html" in told
    table = (tmp_path / "digests" / "sounds.sha256").read_text()
    assert [line.split("  ")[1] for line in table.splitlines()] == ["a.ogg", "b/2.flac"]
    assert table.split()[0] == digest([tmp_path / "sounds" / "a.ogg"])


def test_a_set_that_is_not_there_is_named(tmp_path, release):
    with pytest.raises(ValueError, match="sounds is no whole set"):
        release("sounds")


def test_the_tool_prints_the_digests(tmp_path, release, monkeypatch, capsys):
    filled(tmp_path, FILES, 0o644, 0)
    release("sounds")
    monkeypatch.setattr(sys, "argv", ["x", "--out", str(tmp_path / "zips")])
    release_data.main()
    printed = capsys.readouterr().out
    assert f"{digest([tmp_path / 'zips' / 'sounds.zip'])}  sounds.zip\n" in printed
    assert "gh release create data-1" in printed


def test_it_runs_from_a_shell():
    command = [sys.executable, ROOT / "tools" / "release_data.py", "--help"]
    paths = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=paths, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--out" in done.stdout


def test_the_package_holds_a_table_of_each_set():
    names = {file.stem for file in DIGESTS.iterdir()}
    assert names == {*release_data.SETS, "zips"}
    zips = (DIGESTS / "zips.sha256").read_text().split()[1::2]
    assert zips == [f"{name}.zip" for name in release_data.SETS]
    assert sum(file.stat().st_size for file in DIGESTS.iterdir()) < 70_000
    assert '"data/digests/*"' in (ROOT / "pyproject.toml").read_text()


def test_the_real_sets_make_the_tables_of_the_package(
    recordings, tmp_path, monkeypatch
):
    monkeypatch.setattr(release_data, "DIGESTS", tmp_path / "digests")
    release_data.make(recordings, tmp_path)
    for file in DIGESTS.iterdir():
        made = (tmp_path / "digests" / file.name).read_text()
        assert made == file.read_text(), file.name
