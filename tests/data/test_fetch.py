"""Downloads, from a server on this machine: whole and as expected, or not there."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile

import numpy as np
import pytest
import soundfile

from minidiff.data import fetch
from minidiff.digest import digest

COMMIT = "0123456789abcdef"
SOUNDS = {"b/kick.wav": 0.5, "a/snare.wav": -0.5, "a/clap.wav": 0.1}


def archive(sounds):
    """A zip as GitHub makes them: one folder on top, other files beside the sounds."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as zip_file:
        zip_file.writestr(f"set-{COMMIT}/README.md", "sounds")
        for name, value in sounds.items():
            wave = io.BytesIO()
            soundfile.write(wave, np.full(4000, value), 8000, format="WAV")
            zip_file.writestr(f"set-{COMMIT}/{name}", wave.getvalue())
    return memory.getvalue()


@pytest.fixture
def get(server, empty_cache, tmp_path, monkeypatch):
    """Fetches the set into a cache under tmp_path."""
    server.body = archive(SOUNDS)
    url = f"http://127.0.0.1:{server.server_port}/{{repository}}/{{commit}}.zip"
    monkeypatch.setattr(fetch, "ARCHIVE", url)
    good = tmp_path / "good"
    with zipfile.ZipFile(io.BytesIO(archive(SOUNDS))) as zip_file:
        zip_file.extractall(good)
    made = digest(sorted(good.rglob("*.wav")), fetch.NAME)
    return lambda: fetch.recordings("me/set", COMMIT, "set/wavs", made, ".wav")


def left(tmp_path):
    """All that lies where the set would be."""
    return list((tmp_path / "cache" / "set" / "wavs").iterdir())


def test_fetched_once_and_kept(get, server, capfd):
    files = get()
    assert [f.name for f in files] == ["clap.wav", "snare.wav", "kick.wav"]
    assert soundfile.read(files[2])[0] == pytest.approx(0.5, abs=1e-4)
    assert server.asked == [f"/me/set/{COMMIT}.zip"]
    assert "100%" in capfd.readouterr().err  # progress is visible
    server.body = None
    assert get() == files
    assert len(server.asked) == 1
    assert fetch.place("set/wavs", COMMIT).is_dir()


def test_what_is_at_hand_is_not_fetched(get, server, tmp_path, monkeypatch):
    (tmp_path / "data" / "set").mkdir(parents=True)
    os.replace(tmp_path / "good" / f"set-{COMMIT}", tmp_path / "data" / "set" / "wavs")
    monkeypatch.setenv("MINIDIFF_DATA", str(tmp_path / "data"))
    assert get()[0] == tmp_path / "data" / "set" / "wavs" / "a" / "clap.wav"
    assert not server.asked


@pytest.mark.parametrize("given", ["", "elsewhere"])
def test_a_variable_that_points_nowhere_does_no_harm(get, given, monkeypatch, tmp_path):
    monkeypatch.setenv("MINIDIFF_DATA", given)
    assert not fetch.place("set/wavs", COMMIT).is_dir()
    assert all(f.is_relative_to(tmp_path / "cache") for f in get())


def alter(file):
    data = bytearray(file.read_bytes())
    data[-7] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize(
    "change", [alter, os.unlink, lambda f: f.rename(f.with_name("klap.wav"))]
)
def test_altered_contents_are_noticed(get, change):
    file = get()[0]
    change(file)
    with pytest.raises(
        ValueError,
        match=r"not hold the recordings of me/set at 0123456 \(. files, digest.*delete",
    ):
        get()


def test_what_macos_leaves_beside_recordings_is_none(get):
    files = get()
    for file in files:
        file.with_name(f"._{file.name}").write_bytes(b"Mac OS X")
    assert get() == files


def test_other_contents_are_not_kept(get, server, tmp_path):
    server.body = archive({**SOUNDS, "a/clap.wav": 0.2})
    with pytest.raises(ValueError, match=r"does not hold the recordings.*nothing"):
        get()
    assert left(tmp_path) == []
    server.body = archive(SOUNDS)
    assert len(get()) == 3


@pytest.mark.parametrize("damage", ["cut short", "another page", "empty"])
def test_a_damaged_archive_is_not_kept(get, server, damage, tmp_path):
    bodies = {"cut short": server.body[:-100], "another page": b"<html>", "empty": b""}
    server.body = bodies[damage]
    with pytest.raises(ConnectionError, match="arrived damaged"):
        get()
    assert left(tmp_path) == []


def test_no_network_is_said_in_one_plain_line(get, server, tmp_path):
    server.shutdown()
    server.server_close()
    with pytest.raises(ConnectionError) as caught:
        get()
    message = str(caught.value)
    assert "me/set" in message
    assert "no connection to http://127.0.0.1" in message
    assert "MINIDIFF_DATA" in message
    assert "\n" not in message
    assert "HTTPConnectionPool" not in message
    assert caught.value.__suppress_context__  # and no other traceback before it
    assert left(tmp_path) == []


def test_a_server_that_has_it_not(get, server):
    server.body = None
    with pytest.raises(ConnectionError, match="404"):
        get()


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_download_leaves_nothing(get, server, tmp_path, sign):
    server.stall.set()
    code = f"""
from pathlib import Path

import pooch

from minidiff.data import fetch

fetch.ARCHIVE = {fetch.ARCHIVE!r}
pooch.os_cache = lambda _: Path({str(tmp_path / "cache")!r})
fetch.recordings("me/set", {COMMIT!r}, "set/wavs", "", ".wav")
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stderr=subprocess.DEVNULL,
        # what a shell starts in the background ignores Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert server.stalled.wait(100)
    time.sleep(0.2)
    process.send_signal(sign)
    process.wait(30)
    assert process.returncode != 0
    assert not fetch.place("set/wavs", COMMIT).is_dir()
    if sign == signal.SIGINT:
        assert left(tmp_path) == []
    for old in left(tmp_path):  # SIGKILL gives no time to tidy up: the next one does
        os.utime(old, (0, 0))
    server.stall.clear()
    server.go_on.set()
    assert len(get()) == 3
    assert [f.name for f in left(tmp_path)] == [COMMIT]


def test_two_at_a_time(get):
    results = []
    threads = [threading.Thread(target=lambda: results.append(get())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 3
    assert results[0] == results[1] == results[2]
