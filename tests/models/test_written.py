"""Long sounds on a disk: as they come, kept where it is full, gone on with."""

import errno
import os

import pytest
import soundfile
import torch

import minidiff as md
from minidiff.cli import main
from minidiff.models import written as rooms
from minidiff.models.written import Growing, written

WAYS = {"cond": "rain", "steps": 1}


@pytest.fixture(scope="module")
def garden():
    return md.load("environment")


@pytest.fixture(scope="module")
def whole(garden):
    return garden.generate("rain", seconds=8.0, steps=1, seed=5)[0]


def same(file, wave):
    found, rate = soundfile.read(file, dtype="int16")
    wanted = (32767 * wave).round().short().numpy()
    return rate == 16_000 and (found == wanted[: len(found)]).all() and len(found)


def test_a_wav_that_grows_is_one_at_any_moment(tmp_path):
    file, wave = tmp_path / "a.wav", torch.linspace(-1, 1, 1000)
    wav = Growing(file, 8000)
    for n in (0, 300, 1000):
        wav.add(wave[wav.samples : n])
        found, rate = soundfile.read(file, dtype="int16")
        assert rate == 8000
        assert len(found) == n
        assert found.tolist() == (32767 * wave[:n]).round().short().tolist()
    again = Growing(file, 8000, samples=300)  # what came after is written anew
    again.add(torch.zeros(5))
    assert len(soundfile.read(file)[0]) == 305
    with pytest.raises(ValueError, match=r"shorter.* delete it and a.part"):
        Growing(file, 8000, samples=900)
    file.write_bytes(file.read_bytes()[:100])  # as by another program
    with pytest.raises(ValueError, match="shorter"):
        again.add(torch.zeros(5))
    assert file.stat().st_size == 100


def test_what_is_written_is_the_whole_sound(garden, whole, tmp_path):
    told = list(written(garden, tmp_path, "rain", 8.0, range(5, 6), **WAYS))
    assert same(tmp_path / "rain-5.wav", whole) == 128_000
    assert told[-1][1] == 8.0
    assert [d for _, d in told] == sorted(d for _, d in told)
    assert not list(tmp_path.glob("*.part"))
    with pytest.raises(ValueError, match="there already"):
        list(written(garden, tmp_path, "rain", 8.0, range(5, 6), **WAYS))


@pytest.mark.parametrize("stop", [1, 2, 4])
def test_a_stopped_sound_goes_on_bit_for_bit(
    garden, whole, tmp_path, stop, monkeypatch
):
    monkeypatch.setattr(rooms, "OFTEN", 2.0)
    args = garden, tmp_path, "rain", 8.0, range(5, 6)
    walk = written(*args, **WAYS)
    for _ in range(stop):
        next(walk)
    walk.close()
    assert same(tmp_path / "rain-5.wav", whole) < 128_000
    with pytest.raises(ValueError, match="another run"):
        list(written(*args, **WAYS | {"cond": "sea"}))
    list(written(*args, **WAYS))
    assert same(tmp_path / "rain-5.wav", whole) == 128_000


def test_a_full_disk_keeps_what_is_there_and_it_goes_on(
    garden, whole, tmp_path, monkeypatch
):
    monkeypatch.setattr(rooms, "OFTEN", 2.0)
    args = garden, tmp_path, "rain", 8.0, range(5, 6)
    full = [False]

    def fsync(_, real=os.fsync):
        if full[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    walk = written(*args, **WAYS)
    next(walk), next(walk)
    full[0] = True
    with pytest.raises(ValueError, match=r"No space left.* are kept.* to go on"):
        next(walk)
    assert 0 < same(tmp_path / "rain-5.wav", whole) < 128_000
    full[0] = False
    list(written(*args, **WAYS))
    assert same(tmp_path / "rain-5.wav", whole) == 128_000


def third_fails(error, real=torch.save):
    """`torch.save`, of which the third call leaves half a file."""
    calls = []

    def save(content, file):
        calls.append(content)
        if len(calls) == 3:
            file.write(b"half")
            raise error
        real(content, file)

    return save


def test_a_disk_that_is_full_for_a_checkpoint(garden, whole, tmp_path, monkeypatch):
    """The one before stays, and so does what was written."""
    monkeypatch.setattr(rooms, "OFTEN", 2.0)
    args = garden, tmp_path, "rain", 8.0, range(5, 6)
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(torch, "save", third_fails(full))
    says = r"No space left.*checkpoint is kept; \d\.\d s are kept, run .* to go on"
    with pytest.raises(ValueError, match=says):
        list(written(*args, **WAYS))
    assert {f.name for f in tmp_path.iterdir()} == {"rain-5.wav", "rain-5.part"}
    assert 0 < same(tmp_path / "rain-5.wav", whole) < 128_000
    list(written(*args, **WAYS))
    assert same(tmp_path / "rain-5.wav", whole) == 128_000
    assert [f.name for f in tmp_path.iterdir()] == ["rain-5.wav"]


def test_a_kill_while_a_checkpoint_is_written(garden, whole, tmp_path, monkeypatch):
    monkeypatch.setattr(rooms, "OFTEN", 2.0)
    args = garden, tmp_path, "rain", 8.0, range(5, 6)
    monkeypatch.setattr(torch, "save", third_fails(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        list(written(*args, **WAYS))
    list(written(*args, **WAYS))
    assert same(tmp_path / "rain-5.wav", whole) == 128_000
    assert [f.name for f in tmp_path.iterdir()] == ["rain-5.wav"]


def test_what_a_kill_left_is_removed_in_the_end(garden, tmp_path):
    args = garden, tmp_path, "rain", 2.2, range(5, 6)
    walk = written(*args, **WAYS)
    next(walk)
    walk.close()
    (tmp_path / "rain-5.part.new").write_bytes(b"half")
    list(written(*args, **WAYS))
    assert [f.name for f in tmp_path.iterdir()] == ["rain-5.wav"]


def test_it_goes_on_with_the_steps_of_the_model(garden, tmp_path, monkeypatch):
    monkeypatch.setitem(garden.settings, "steps", 1)
    args = garden, tmp_path, "rain", 2.2, range(5, 6)
    for ways in ({"steps": None}, {"steps": 1}):
        walk = written(*args, cond="rain", **ways)
        next(walk)
        walk.close()
    with pytest.raises(ValueError, match=r"another run .steps: 1, not 2"):
        next(written(*args, cond="rain", steps=2))


def test_two_at_once(garden, tmp_path):
    args = garden, tmp_path, "rain", 2.2
    walk = written(*args, range(5, 6), **WAYS)
    next(walk)
    before = (tmp_path / "rain-5.wav").read_bytes()
    with pytest.raises(ValueError, match=r"another command writes to .*rain-5.wav"):
        next(written(*args, range(5, 6), **WAYS))
    assert (tmp_path / "rain-5.wav").read_bytes() == before
    list(written(*args, range(6, 7), **WAYS))  # another one in the same folder
    for _ in walk:
        pass
    names = {"rain-5.wav", "rain-6.wav"}
    assert {f.name for f in tmp_path.iterdir()} == names


def test_several_sounds_go_on_where_some_are_finished(garden, tmp_path):
    args = garden, tmp_path, "rain", 2.2, range(5, 7)
    walk = written(*args, **WAYS)
    while next(walk)[0].name != "rain-6.wav":
        pass
    walk.close()
    changed = (tmp_path / "rain-5.wav").stat().st_mtime_ns
    told = list(written(*args, **WAYS))
    assert told[0] == (tmp_path / "rain-5.wav", 2.2)
    assert (tmp_path / "rain-5.wav").stat().st_mtime_ns == changed
    assert {f.name for f in tmp_path.iterdir()} == {"rain-5.wav", "rain-6.wav"}
    for k in (5, 6):
        wave = garden.generate("rain", seconds=2.2, steps=1, seed=k)[0]
        assert same(tmp_path / f"rain-{k}.wav", wave) == 35_200
    with pytest.raises(ValueError, match="there already"):
        list(written(*args, **WAYS))


def test_a_shell_shows_a_bar_once_there_is_something_to_show(
    tmp_path, monkeypatch, capsys
):
    command = ["minidiff", "sample", "environment", "--steps", "1", "--out"]
    more = [str(tmp_path), "--label", "rain", "--seconds"]

    def said(*words):
        monkeypatch.setattr("sys.argv", [*command, *more, *words])
        with pytest.raises(SystemExit) as done:
            main()
        return done.value.code, capsys.readouterr().err

    code, told = said("2.2", "-n", "2")
    assert not code
    assert "clamping" not in told
    assert "00000000" not in told
    assert said("0")[1].startswith("error: seconds")
    code, told = said("2.2")
    assert told.startswith("error: out: ")

    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(rooms, "written", stopped)
    code, told = said("2.3")
    assert code == 130
    assert "stopped: run the same command to go on" in told


def test_from_a_shell(tmp_path, monkeypatch, capsys):
    asked = [
        "sample",
        "environment",
        "--label",
        "rain",
        "--steps",
        "1",
        "--seconds",
        "3",
        "--out",
    ]
    monkeypatch.setattr("sys.argv", ["minidiff", *asked, str(tmp_path)])
    with pytest.raises(SystemExit) as done:
        main()
    assert not done.value.code
    assert len(soundfile.read(tmp_path / "rain-0.wav")[0]) == 48_000
    for bad in ("0", "nan", "-1", "86400"):
        words = ["minidiff", *asked, str(tmp_path / "b")]
        words[words.index("3")] = bad
        monkeypatch.setattr("sys.argv", words)
        with pytest.raises(SystemExit) as done:
            main()
        assert done.value.code == 2
        assert "seconds" in capsys.readouterr().err
