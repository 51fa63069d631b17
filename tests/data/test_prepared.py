"""Prepared sets: whole and as released, or refused by name; fetched once."""

import io
import os
import signal
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

import minidiff as md
from minidiff.data import prepared
from minidiff.data.prepared import difference, listed
from minidiff.digest import digest

FILES = {
    "labels.csv": "file,class\n",
    "rain/1.ogg": "drip",
    "rain/2.ogg": "drop",
    "sea/1.ogg": "wash",
    "README.md": "who to thank",
}


@pytest.fixture
def folder(tmp_path, release):
    """A set called "sounds" under MINIDIFF_DATA, which is released."""
    for file, text in FILES.items():
        (tmp_path / "sounds" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "sounds" / file).write_text(text)
    release("sounds")
    return tmp_path / "sounds"


@pytest.fixture
def online(folder, tmp_path, server, empty_cache, monkeypatch):
    """The same set on a server in the release's place; nothing at hand."""
    server.body = (tmp_path / "zips" / "sounds.zip").read_bytes()
    url = f"http://127.0.0.1:{server.server_port}/{{tag}}/{{name}}.zip"
    monkeypatch.setattr(prepared, "RELEASE", url)
    return server


def left(tmp_path):
    """All that lies where the set would be."""
    return [file.name for file in (tmp_path / "cache" / "sounds").iterdir()]


def test_what_is_at_hand_is_used(folder):
    assert prepared.prepared("sounds") == folder


def test_words_may_differ_and_more_may_lie_there(folder):
    (folder / "README.md").write_text("notes of my own")
    (folder / "._1.ogg").write_text("Mac OS X")
    assert prepared.prepared("sounds") == folder


def test_half_of_the_files_is_refused(folder):
    for file in ("rain/1.ogg", "sea/1.ogg"):
        (folder / file).unlink()
    says = r"sounds does not hold the set sounds of data-1 \(2 of 4 files missing: "
    with pytest.raises(ValueError, match=says + r"rain/1.ogg, sea/1.ogg\).*delete"):
        prepared.prepared("sounds")


def test_an_empty_folder_is_refused_and_names_a_few_files(folder):
    for file in FILES:
        (folder / file).unlink()
    with pytest.raises(ValueError, match=r"4 of 4 files missing: [^,]*(, \S*){3}\)"):
        prepared.prepared("sounds")


def test_an_altered_recording_is_named_with_its_digests(folder):
    was = digest([folder / "rain/2.ogg"])[:12]
    (folder / "rain/2.ogg").write_text("drap")
    now = digest([folder / "rain/2.ogg"])[:12]
    says = rf"1 of 4 files altered: rain/2.ogg: SHA-256 {now}, expected {was}\)"
    with pytest.raises(ValueError, match=says):
        prepared.prepared("sounds")


def test_both_are_told(folder):
    (folder / "labels.csv").unlink()
    (folder / "sea/1.ogg").write_text("")
    told = difference(folder, listed("sounds"))
    assert told.startswith(
        "1 of 4 files missing: labels.csv; 1 of 4 files altered: sea"
    )


def test_fetched_once_and_kept(online, folder, empty_cache):
    found = prepared.prepared("sounds")
    assert found == empty_cache / "sounds" / "data-1"
    assert online.asked == ["/data-1/sounds.zip"]
    for file, text in FILES.items():
        assert (found / file).read_text() == text
    assert "MIT" in (found / "LICENCES.txt").read_text()
    online.body = None
    assert prepared.prepared("sounds") == found
    assert len(online.asked) == 1
    (found / "rain/1.ogg").unlink()
    with pytest.raises(ValueError, match=r"missing: rain/1.ogg.*delete the folder"):
        prepared.prepared("sounds")


def test_other_data_at_hand_do_no_harm(online, tmp_path, monkeypatch):
    monkeypatch.setenv("MINIDIFF_DATA", str(tmp_path / "elsewhere"))
    assert prepared.prepared("sounds").is_relative_to(tmp_path / "cache")


def altered(body):
    at = body.index(b"drop")
    return body[:at] + b"drap" + body[at + 4 :]


@pytest.mark.parametrize("change", [altered, lambda b: b[:-99], lambda _: b"<html>"])
def test_a_wrong_file_is_named_by_its_digest(online, tmp_path, change):
    good, online.body = online.body, change(online.body)
    (tmp_path / "wrong").write_bytes(online.body)
    now, was = digest([tmp_path / "wrong"])[:12], listed("zips")["sounds.zip"][:12]
    with pytest.raises(ValueError, match=f"SHA-256 {now}, expected {was}.*nothing was"):
        prepared.prepared("sounds")
    assert left(tmp_path) == []
    online.body = good
    assert prepared.prepared("sounds").is_dir()


def test_a_release_that_does_not_fit_the_tables_is_not_kept(online, tmp_path):
    """As if the tool had written one table and not the other."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("sounds/labels.csv", FILES["labels.csv"])
    online.body = memory.getvalue()
    (tmp_path / "zip").write_bytes(online.body)
    zips = tmp_path / "digests" / "zips.sha256"
    zips.write_text(f"{digest([tmp_path / 'zip'])}  sounds.zip\n")
    with pytest.raises(ValueError, match=r"3 of 4 files missing.*nothing was kept"):
        prepared.prepared("sounds")
    assert left(tmp_path) == []


def test_a_cut_connection_leaves_nothing_and_says_so(online, tmp_path):
    online.cut = True
    with pytest.raises(ConnectionError, match=r"the connection to http.* broke off"):
        prepared.prepared("sounds")
    assert left(tmp_path) == []
    online.cut = False
    assert prepared.prepared("sounds").is_dir()


@pytest.mark.parametrize("given", ["", "elsewhere"])
def test_where_the_release_cannot_be_reached(online, tmp_path, monkeypatch, given):
    monkeypatch.setenv("MINIDIFF_DATA", given)
    online.shutdown()
    online.server_close()
    with pytest.raises(ConnectionError) as caught:
        prepared.prepared("sounds")
    message = str(caught.value)
    assert "the set sounds of data-1" in message
    assert "no connection to http://127.0.0.1" in message
    now = " (now elsewhere)" if given else ""
    assert f"let the variable MINIDIFF_DATA{now} point to a folder" in message
    assert message.endswith("that holds a copy, called sounds")
    assert "\n" not in message
    assert left(tmp_path) == []


def test_a_release_that_is_not_there(online):
    online.body = None
    with pytest.raises(ConnectionError, match=r"404.*sounds.zip"):
        prepared.prepared("sounds")


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("environment", "environment"),
        ("notes", "instrument-notes"),
        ("noise", "noise"),
        ("melodies", "melodies"),
    ],
)
def test_each_set_says_what_is_missing(name, folder, server, empty_cache, monkeypatch):
    url = f"http://127.0.0.1:{server.server_port}/{{tag}}/{{name}}.zip"
    monkeypatch.setattr(prepared, "RELEASE", url)
    with pytest.raises(ConnectionError, match=f"MINIDIFF_DATA.*called {folder}$"):
        getattr(md.data, name)()
    assert server.asked == [f"/data-1/{folder}.zip"]


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_download_leaves_no_set(online, tmp_path, sign):
    online.stall.set()
    code = f"""
from pathlib import Path

import pooch

from minidiff.data import prepared

prepared.RELEASE = {prepared.RELEASE!r}
prepared.DIGESTS = Path({str(prepared.DIGESTS)!r})
pooch.os_cache = lambda _: Path({str(tmp_path / "cache")!r})
prepared.prepared("sounds")
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stderr=subprocess.DEVNULL,
        # what a shell starts in the background ignores Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert online.stalled.wait(100)
    process.send_signal(sign)
    process.wait(30)
    assert process.returncode != 0
    assert "data-1" not in left(tmp_path)
    for old in (tmp_path / "cache" / "sounds").iterdir():  # SIGKILL leaves its part
        os.utime(old, (0, 0))
    online.stall.clear()
    online.go_on.set()
    assert prepared.prepared("sounds").is_dir()
    assert left(tmp_path) == ["data-1"]


def test_three_at_a_time(online, tmp_path):
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(prepared.prepared("sounds")))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [tmp_path / "cache" / "sounds" / "data-1"] * 3
    assert left(tmp_path) == ["data-1"]


def test_the_address_is_that_of_the_book():
    settings = Path(__file__).parents[2].joinpath("_config.yml").read_text()
    assert f"\n  url: {prepared.REPOSITORY}\n" in settings
    url = prepared.RELEASE.format(tag="data-1", name="noise")
    assert url == f"{prepared.REPOSITORY}/releases/download/data-1/noise.zip"
