"""Packs: arrays instead of files, and the same sounds."""

import json
import sys

import numpy as np
import pytest
import soundfile
import torch

from minidiff.data import clips, fetch, pack


@pytest.fixture
def folder(tmp_path):
    """Recordings of two rates: mono, stereo, one that reaches both ends."""
    here, dice = tmp_path / "set" / "wavs", np.random.default_rng(0)
    (here / "deep").mkdir(parents=True)
    full = np.array([32767, -32768] * 400, dtype=np.int16)
    soundfile.write(here / "full.wav", full, 8000)
    stereo = dice.integers(-9000, 9000, (900, 2), dtype=np.int16)
    soundfile.write(here / "deep" / "two.wav", stereo, 16_000)
    return here


@pytest.fixture
def packed(folder, tmp_path):
    files = {f.relative_to(folder).as_posix(): f for f in sorted(folder.rglob("*.wav"))}
    out = tmp_path / "packs" / "set" / "wavs.safetensors"
    out.parent.mkdir(parents=True)
    pack.write(out, files, clips.decoded, "a digest")
    return out


def test_16_bits_come_back_exactly(folder, packed):
    for file in pack.listed(packed, "a digest"):
        original = folder / file.relative_to(packed)
        wave, rate = pack.read(file)
        expected, at = clips.decoded(original)
        assert rate == at
        assert wave.dtype == np.float32
        np.testing.assert_array_equal(wave, expected)
        for seconds in (None, 0.01):
            a, b = (clips.read(f, 8000, seconds) for f in (file, original))
            torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_peaks_beyond_one_are_kept(tmp_path):
    loud = np.array([[1.25], [-1.5], [0.1]], dtype=np.float32)
    out = tmp_path / "loud.safetensors"
    pack.write(out, {"a.wav": tmp_path}, lambda _: (loud, 8000), "d")
    wave, _ = pack.read(out / "a.wav")
    np.testing.assert_allclose(wave, loud, atol=1.5 / 32767)


def test_a_pack_stands_for_its_folder(packed, tmp_path, monkeypatch):
    monkeypatch.setenv("MINIDIFF_DATA", str(tmp_path / "packs"))
    for name in ("soundfile", "pooch"):  # where nothing decodes and nothing fetches
        monkeypatch.setitem(sys.modules, name, None)
    found = fetch.recordings("me/set", "0" * 40, "set/wavs", "a digest", ".wav")
    assert [f.name for f in found] == ["two.wav", "full.wav"]
    assert clips.read(found[1], 8000).abs().max() == 1


def test_another_pack_or_half_of_one_is_refused(packed):
    with pytest.raises(ValueError, match="other recordings"):
        pack.listed(packed, "another digest")
    packed.write_bytes(packed.read_bytes()[:-1])
    with pytest.raises(ValueError, match="altered or cut short"):
        pack.listed(packed, "a digest")
    packed.with_suffix(".sha256").unlink()
    with pytest.raises(ValueError, match="altered or cut short"):
        pack.listed(packed, "a digest")


def test_the_real_recordings_in_packs(recordings, tmp_path, monkeypatch):
    """`tools/pack.py`, and a data set that is read from what it wrote."""
    import minidiff as md
    from tools.pack import main

    whole = md.data.digits("test", samples=6400)
    main(tmp_path)
    monkeypatch.setenv("MINIDIFF_DATA", str(tmp_path))
    again = md.data.digits("test", samples=6400)
    assert torch.equal(whole.waves, again.waves)
    assert torch.equal(whole.labels, again.labels)
    told = json.dumps(pack._told(tmp_path / "drum-machines.safetensors"))
    assert told.count(".ogg") == 228
