"""Recordings of no use are told with the reason, and what can be mended is."""

import math
import os
import struct

import numpy as np
import pytest
import soundfile
import torch

from minidiff.data import usable
from minidiff.data.usable import Unusable, clip

TONE = 0.1 * np.sin(np.arange(16_000) / 5)


def used(file, rate=16_000, samples=8000):
    return clip(file, rate, samples, -23.0)


def saved(file, wave=TONE, rate=16_000, **options):
    soundfile.write(file, wave, rate, **options)
    return file


def header(file, **fields):
    """A WAV file, its header changed: where -> four bytes."""
    places = {"rate": 24, "size": 40}
    content = bytearray(file.read_bytes())
    for name, value in fields.items():
        content[places[name] : places[name] + 4] = struct.pack("<I", value)
    file.write_bytes(content)
    return file


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100])
@pytest.mark.parametrize("form", ["wav", "ogg", "aiff"])
def test_a_file_without_samples(tmp_path, form, rate):
    file = saved(tmp_path / f"x.{form}", np.zeros(0), rate)
    with pytest.raises(Unusable, match=r"0.000 s is too short"):
        used(file)


def test_headers_that_cannot_be(tmp_path):
    with pytest.raises(Unusable, match=r"header says that it is empty"):
        used(header(saved(tmp_path / "x.wav"), size=0))
    for rate in (1, 12, 2**31 - 1):
        with pytest.raises(Unusable, match=f"header says {rate} Hz"):
            used(header(saved(tmp_path / "x.wav"), rate=rate))
    endless = header(saved(tmp_path / "x.wav"), size=2**32 - 1)
    assert torch.equal(used(endless).wave, used(saved(tmp_path / "y.wav")).wave)


def test_a_stream_does_not_say_how_long_it_is(tmp_path):
    for samples in (8000, 15_900, 16_384):
        whole = used(saved(tmp_path / "x.flac"), samples=samples)
        content = bytearray((tmp_path / "x.flac").read_bytes())
        content[21] &= 0xF0  # the 36 bits of FLAC's header that count samples
        content[22:26] = bytes(4)
        (tmp_path / "stream.flac").write_bytes(content)
        stream = used(tmp_path / "stream.flac", samples=samples)
        assert torch.equal(stream.wave, whole.wave)
        assert stream.seconds == whole.seconds == 1


@pytest.mark.parametrize("value", [2e19, 1e30, 1e6, -101])
def test_one_sample_that_no_sound_has(tmp_path, value):
    wave = TONE.copy()
    wave[777] = value
    file = saved(tmp_path / "x.wav", wave, subtype="FLOAT")
    with pytest.raises(Unusable, match=r"a sample of .*e|a sample of 1"):
        used(file)


def test_far_too_loud_is_not_called_whole_numbers(tmp_path):
    file = saved(tmp_path / "x.wav", 1e30 * TONE, subtype="FLOAT")
    with pytest.raises(Unusable, match=r"a sample of .*e\+2\d"):
        used(file)


def test_whole_numbers_are_no_samples(tmp_path):
    file = saved(tmp_path / "x.wav", (32_000 * TONE).round(), subtype="FLOAT")
    with pytest.raises(Unusable, match=r"whole numbers up to 3200: save .* 16-bit WAV"):
        used(file)


def test_hot_floats_are_sounds(tmp_path):
    hot = used(saved(tmp_path / "x.wav", 80 * TONE, subtype="FLOAT"))
    plain = used(saved(tmp_path / "y.wav", TONE, subtype="FLOAT"))
    assert torch.allclose(hot.wave, plain.wave, atol=1e-5)
    assert plain.gain - hot.gain == pytest.approx(20 * math.log10(80), abs=0.01)


@pytest.mark.parametrize("rate", [16_000, 44_100])
@pytest.mark.parametrize("seconds", [0.3, 1.0])
def test_an_offset_is_no_part_of_a_sound(tmp_path, rate, seconds):
    n = round(seconds * rate)
    wave = 0.1 * np.sin(2 * np.pi * 400 * np.arange(n) / rate)
    plain = used(saved(tmp_path / "x.wav", wave, rate, subtype="FLOAT"))
    moved = used(saved(tmp_path / "y.wav", wave + 0.3, rate, subtype="FLOAT"))
    assert (plain.wave - moved.wave).abs().max() < 1e-3
    with pytest.raises(Unusable, match="silent"):
        used(saved(tmp_path / "z.wav", np.full(n, 0.3), rate))


def test_channels_that_cancel_each_other(tmp_path):
    file = saved(tmp_path / "x.wav", np.stack([TONE, -TONE], 1))
    with pytest.raises(Unusable, match="channels cancel each other: keep one"):
        used(file)
    for offset in (0.0, 0.3):
        with pytest.raises(Unusable, match="silent"):
            used(saved(tmp_path / "y.wav", np.full((16_000, 2), offset)))


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    file = saved(tmp_path / "x.wav")

    def forbidden(*_):
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr(usable, "opened", forbidden)
    with pytest.raises(Unusable, match=r"^cannot be read: Permission denied$"):
        used(file)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.m4a", b"\0\0\0\x18ftypM4A " + bytes(99), "reads: convert it to WAV"),
        ("a.wav", b"\0\0\0\x18ftypM4A " + bytes(99), "reads: convert it to WAV"),
        ("a.WMA", b"0&\xb2u" + bytes(99), "reads: convert it to WAV"),
        ("a.flac", b"fLaC" + bytes(99), "reads: damaged?"),
        ("a.txt", b"notes", "reads$"),
        ("a.raw", bytes(999), "reads$"),
        ("a.wav", b"", "the file is empty"),
    ],
)
def test_what_soundfile_does_not_read(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Unusable, match=f"^not a sound.*{says}"):
        used(tmp_path / name)


def test_a_name_that_is_not_utf8(tmp_path):
    file = tmp_path / os.fsdecode(b"t\xfcr.wav")
    file.write_bytes(saved(tmp_path / "x.wav").read_bytes())
    assert torch.equal(used(file).wave, used(tmp_path / "x.wav").wave)
