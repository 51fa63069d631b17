"""Cutting long recordings: nothing is lost, nothing is overwritten."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from minidiff.data.clips import write
from minidiff.data.cut import cut

RATE = 8000


def noise(seconds, level=0.1, seed=0, channels=1):
    dice = np.random.default_rng(seed)
    wave = level * dice.standard_normal((round(seconds * RATE), channels))
    return wave.astype(np.float32)


def heard(out, name="*"):
    """The pieces in order: samples by name."""
    files = sorted(out.glob(f"{name}-[0-9]*.wav"))
    return {
        f.name: soundfile.read(f, dtype="float32", always_2d=True)[0] for f in files
    }


@pytest.mark.parametrize(
    ("form", "options"),
    [("wav", {"subtype": "FLOAT"}), ("wav", {"subtype": "PCM_16"}),
     ("flac", {"subtype": "PCM_24"}), ("ogg", {})],
)  # fmt: skip
@pytest.mark.parametrize("channels", [1, 2])
def test_the_pieces_are_the_whole(tmp_path, form, options, channels):
    source, out = tmp_path / f"rain.{form}", tmp_path / "out"
    soundfile.write(source, noise(3.3, channels=channels), RATE, **options)
    (said,) = cut([source], out, seconds=0.5)
    assert said == f"{source}: 7 pieces, rain-0000.wav to rain-0006.wav"
    whole, _ = soundfile.read(source, dtype="float32", always_2d=True)
    pieces = heard(out)
    assert [len(p) for p in pieces.values()] == [4000] * 6 + [2400]
    assert np.array_equal(np.concatenate(list(pieces.values())), whole)
    assert soundfile.info(out / "rain-0000.wav").samplerate == RATE


def test_peaks_above_one_are_kept(tmp_path):
    wave = noise(1.2, level=0.8)
    assert np.abs(wave).max() > 2
    soundfile.write(tmp_path / "hot.wav", wave, RATE, subtype="FLOAT")
    list(cut([tmp_path / "hot.wav"], tmp_path / "out", seconds=0.5))
    assert np.array_equal(np.concatenate(list(heard(tmp_path / "out").values())), wave)


def test_a_rest_too_short_to_be_used_stays_with_the_piece_before(tmp_path):
    soundfile.write(tmp_path / "x.wav", noise(1.01), RATE)
    list(cut([tmp_path / "x.wav"], tmp_path / "out", seconds=0.5))
    assert [len(p) for p in heard(tmp_path / "out").values()] == [4000, 4080]


@pytest.mark.parametrize("pauses", [False, True])
def test_a_short_recording_is_kept_whole_and_said(tmp_path, pauses):
    soundfile.write(tmp_path / "x.wav", noise(0.3), RATE)
    said = list(cut([tmp_path / "x.wav"], tmp_path / "out", pauses=pauses))
    assert said == [f"{tmp_path / 'x.wav'}: in one piece, x-0000.wav"]
    assert [len(p) for p in heard(tmp_path / "out").values()] == [2400]


def test_pieces_begin_with_a_sound_after_a_pause(tmp_path):
    wave, starts = noise(6, level=0.001), (0.5, 2.0, 4.4)
    for i, start in enumerate(starts):
        at = round(start * RATE)
        decay = np.exp(-np.arange(4000) / 1000)[:, None]
        wave[at : at + 4000] += noise(0.5, 0.3, seed=i) * decay
    soundfile.write(tmp_path / "doors.wav", wave, RATE, subtype="FLOAT")
    list(cut([tmp_path / "doors.wav"], tmp_path / "out", pauses=True))
    pieces = list(heard(tmp_path / "out").values())
    assert len(pieces) == 3
    together = np.concatenate(pieces)
    assert np.array_equal(together, wave[-len(together) :])  # but for the first pause
    at = len(wave) - len(together)
    for piece, start in zip(pieces, starts, strict=True):
        assert start - 0.04 <= at / RATE <= start
        at += len(piece)


def test_a_sound_that_goes_on_has_no_pauses(tmp_path):
    soundfile.write(tmp_path / "rain.wav", noise(5), RATE)
    (said,) = cut([tmp_path / "rain.wav"], tmp_path / "out", pauses=True)
    assert said.endswith("in one piece, rain-0000.wav")
    assert [len(p) for p in heard(tmp_path / "out").values()] == [5 * RATE]


def test_a_pipe_is_no_recording(tmp_path):
    os.mkfifo(tmp_path / "endless.wav")
    with pytest.raises(ValueError, match="neither a file nor a folder"):
        list(cut([tmp_path / "endless.wav"], tmp_path / "out"))


def test_of_two_sounds_of_one_name_the_first_stays(tmp_path, monkeypatch):
    """Whoever looks, sees nothing and then writes is too late: another was faster."""
    a, b = noise(0.1, seed=1), noise(0.1, seed=2)
    write(tmp_path / "x.wav", a, RATE)
    before = (tmp_path / "x.wav").read_bytes()
    monkeypatch.setattr(Path, "exists", lambda self: False)
    with pytest.raises(ValueError, match="another sound"):
        write(tmp_path / "x.wav", b, RATE)
    assert (tmp_path / "x.wav").read_bytes() == before
    assert [f.name for f in tmp_path.iterdir()] == ["x.wav"]


def test_nothing_is_overwritten(tmp_path):
    out = tmp_path / "out"
    for i, place in enumerate(("monday", "tuesday")):
        (tmp_path / place).mkdir()
        soundfile.write(tmp_path / place / "take.wav", noise(1, seed=i), RATE)
    list(cut([tmp_path / "monday" / "take.wav"], out, 0.4))
    before = {f: f.read_bytes() for f in out.iterdir()}
    with pytest.raises(ValueError, match=r"take-0000.wav is another sound.*folder"):
        list(cut([tmp_path / "tuesday" / "take.wav"], out, 0.4))
    assert {f: f.read_bytes() for f in out.iterdir()} == before
    list(cut([tmp_path / "monday" / "take.wav"], out, 0.4))  # again: the very same
    assert {f: f.read_bytes() for f in out.iterdir()} == before


def test_sources_of_one_name_make_pieces_of_two(tmp_path):
    for i, name in enumerate(("a/take.wav", "b/take.wav", "b/Take.flac", "b/one.wav")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        soundfile.write(tmp_path / name, noise(0.3, seed=i), RATE)
    list(
        cut([tmp_path / "a", tmp_path / "b", tmp_path / "b/one.wav"], tmp_path / "out")
    )
    assert sorted(heard(tmp_path / "out")) == [
        "a-take-wav-0000.wav", "b-Take-flac-0000.wav", "b-take-wav-0000.wav",
        "one-0000.wav",
    ]  # fmt: skip


def test_what_cannot_be_cut_is_named_and_the_rest_is_cut(tmp_path):
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), RATE)
    (tmp_path / "speech.m4a").write_bytes(b"\0\0\0\x18ftypM4A " + bytes(99))
    (tmp_path / "notes.txt").write_text("no sound")
    soundfile.write(tmp_path / "z.wav", noise(0.3), RATE)
    soundfile.write(tmp_path / "y.flac", noise(60), RATE)
    content = (tmp_path / "y.flac").read_bytes()
    (tmp_path / "y.flac").write_bytes(content[: len(content) * 2 // 3])
    said = list(cut([tmp_path, tmp_path / "none.wav"], tmp_path.with_name("out"), 10))
    said = [line.replace(f"{tmp_path}/", "") for line in said]
    assert said == [
        "empty.wav: not used: 0.000 s is too short",
        "speech.m4a: not used: not a sound that soundfile reads: convert it to WAV",
        "y.flac: not used to its end: it is damaged",
        "y.flac: 3 pieces, y-0000.wav to y-0002.wav",
        "z.wav: in one piece, z-0000.wav",
        "none.wav: not used: cannot be read: No such file or directory",
    ]
    with pytest.raises(ValueError, match="nothing that can be cut"):
        list(cut([tmp_path / "empty.wav"], tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_mistakes_are_told_before_anything_is_written(tmp_path):
    soundfile.write(tmp_path / "x.wav", noise(1), RATE)
    with pytest.raises(ValueError, match=r"out: .* lies in .*another folder"):
        list(cut([tmp_path], tmp_path / "out"))
    with pytest.raises(ValueError, match="out is empty"):
        list(cut([tmp_path], ""))
    with pytest.raises(ValueError, match="seconds must be"):
        list(cut([tmp_path / "x.wav"], tmp_path / "out", seconds=0.001))
    assert [f.name for f in tmp_path.iterdir()] == ["x.wav"]


def test_a_long_take_does_not_fill_the_memory(tmp_path):
    """Read a block at a time, whatever the length of the pieces."""
    import tracemalloc

    soundfile.write(tmp_path / "x.wav", noise(300), RATE)
    tracemalloc.start()
    list(cut([tmp_path / "x.wav"], tmp_path / "out", seconds=5))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300 * RATE * 4 / 2
