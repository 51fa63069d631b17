"""The reader's own recordings, made here: formats, levels, splits, and bad files."""

import hashlib
import math
import os
import subprocess
import sys
import warnings

import jaxtyping
import numpy as np
import pytest
import soundfile
import torch

from minidiff.data import folder


def tone(hertz, seconds, rate, level=0.1):
    return level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def write(file, wave, rate=16_000, **options):
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(file, wave, rate, **options)
    return file


def rms(wave):
    return 20 * math.log10(wave.double().square().mean().sqrt())


def hertz(wave, rate):
    """The strongest frequency, to about a hertz."""
    spectrum = torch.fft.rfft(wave * torch.hann_window(len(wave)), 8 * len(wave)).abs()
    return spectrum.argmax().item() * rate / (8 * len(wave))


@pytest.fixture
def garden(tmp_path):
    """Two classes of twenty tones each, low and high."""
    for i in range(20):
        write(tmp_path / "low" / f"{i}.wav", tone(200 + i, 0.5, 16_000))
        write(tmp_path / "high" / f"{i}.flac", tone(2000 + i, 0.5, 16_000))
    return tmp_path


def test_contract(garden):
    data = folder(garden)
    assert data.names == ["high", "low"]
    assert data.label_names == {"class": ["high", "low"]}
    assert data.sample_rate == 16_000
    wave, label = data[0]
    assert (wave.shape, wave.dtype) == ((16_384,), torch.float32)
    assert (label.shape, label.dtype, label.item()) == ((), torch.int64, 0)
    assert len(list(data)) == len(data) == len(data.files)
    for file, (wave, label) in zip(data.files, data, strict=True):
        assert data.names[label] == file.parent.name
        expected = int(file.stem) + (200 if file.parent.name == "low" else 2000)
        assert hertz(wave[:8000], 16_000) == pytest.approx(expected, abs=0.6)
    batch, labels = next(iter(torch.utils.data.DataLoader(data, batch_size=4)))
    assert (batch.shape, labels.shape) == ((4, 16_384), (4,))


@pytest.mark.parametrize("form", ["wav", "flac", "ogg", "mp3", "aiff"])
@pytest.mark.parametrize("rate", [8000, 16_000, 44_100, 48_000])
def test_formats_and_rates(tmp_path, form, rate):
    write(tmp_path / "a" / f"x.{form}", tone(440, 1.2, rate), rate)
    data = folder(tmp_path, sample_rate=16_000, samples=16_000)
    wave = data.waves[0]
    assert hertz(wave, 16_000) == pytest.approx(440, abs=1)
    assert rms(wave) == pytest.approx(-23, abs=0.01)
    middle = wave[2000:14_000].double()  # a pure tone, and no other sound
    turn = 2 * torch.pi * 440 * torch.arange(2000, 14_000).double() / 16_000
    waves = torch.stack([turn.sin(), turn.cos()], 1)
    fit = waves @ torch.linalg.lstsq(waves, middle[:, None]).solution
    assert (middle - fit[:, 0]).norm() / middle.norm() < 0.05


def test_a_tone_above_half_the_rate_is_not_heard(tmp_path):
    both = tone(440, 1, 48_000) + tone(11_000, 1, 48_000)
    write(tmp_path / "a" / "x.wav", both, 48_000)
    wave = folder(tmp_path).waves[0][1000:15_000]
    spectrum = torch.fft.rfft(wave * torch.hann_window(len(wave))).abs()
    ours = spectrum[: 1000 * len(wave) // 16_000].max()
    assert spectrum[1000 * len(wave) // 16_000 :].max() < 1e-3 * ours


def test_an_odd_rate_costs_no_memory(tmp_path):
    write(tmp_path / "a" / "x.wav", tone(440, 1, 11_127), 11_127)
    wave = folder(tmp_path).waves[0][:16_000]
    assert hertz(wave, 16_000) == pytest.approx(440, rel=0.002)


def test_channels_are_averaged(tmp_path):
    left, right = tone(300, 1, 16_000), tone(1000, 1, 16_000)
    write(tmp_path / "a" / "x.wav", np.stack([left, right], 1))
    write(tmp_path / "b" / "x.wav", (left + right) / 2)
    stereo, mono = folder(tmp_path).waves
    assert torch.allclose(stereo, mono, atol=1e-4)


def test_padded_and_cut(tmp_path):
    write(tmp_path / "a" / "long.wav", tone(440, 3, 16_000))
    write(tmp_path / "b" / "short.wav", tone(440, 0.25, 16_000))
    long, short = folder(tmp_path, samples=8000).waves
    assert (short[4000:] == 0).all()
    assert rms(short[:4000]) == pytest.approx(-23, abs=0.01)  # without the silence
    assert rms(long) == pytest.approx(-23, abs=0.01)
    assert long[-1] == 0
    assert long[-320:].abs().max() <= long.abs().max()
    assert long[-20:].abs().max() < 0.1 * long.abs().max()  # it fades, no click
    assert rms(long[-640:-320]) == pytest.approx(rms(long[:320]), abs=0.5)


def test_loud_and_quiet_come_out_alike_but_never_clipped(tmp_path):
    write(tmp_path / "a" / "x.wav", tone(440, 1, 16_000, 0.9))
    write(tmp_path / "b" / "x.wav", tone(440, 1, 16_000, 0.01), subtype="FLOAT")
    click = np.zeros(16_000)
    click[5000:5003] = 0.5
    write(tmp_path / "c" / "x.wav", click)
    data = folder(tmp_path)
    assert torch.allclose(data.waves[0], data.waves[1], atol=1e-4)
    assert data.waves[2].max().item() == pytest.approx(0.99)
    assert rms(data.waves[2]) < -23
    louder = folder(tmp_path, loudness=-13).waves[0]
    assert rms(louder) - rms(data.waves[0]) == pytest.approx(10, abs=1e-3)


def test_splits_share_nothing_and_lose_nothing(garden):
    train, test = folder(garden), folder(garden, split="test")
    assert len(train) + len(test) == 40
    assert not set(train.files) & set(test.files)
    assert set(train.files + test.files) == {
        *garden.rglob("*.wav"),
        *garden.rglob("*.flac"),
    }
    assert set(train.labels.tolist()) == {0, 1}
    assert train.names == test.names


def test_a_tenth_is_for_testing(tmp_path):
    for i in range(200):
        write(tmp_path / "a" / f"{i}.wav", tone(440 + i, 0.05, 8000), 8000)
    assert 8 < len(folder(tmp_path, split="test", samples=800)) < 33


def test_a_file_stays_in_its_part(garden, tmp_path):
    def number(name):
        return int.from_bytes(hashlib.sha256(name.encode()).digest(), "big")

    def names(root):
        files = folder(root, split="test").files
        return {file.relative_to(root).as_posix() for file in files}

    first = names(garden)
    known = [
        f"{c}/{i}.{e}" for c, e in (("low", "wav"), ("high", "flac")) for i in range(20)
    ]
    assert first == {name for name in known if number(name) % 10 == 0}
    for i in range(20, 40):
        write(garden / "low" / f"{i}.wav", tone(200 + i, 0.5, 16_000))
    moved = garden.rename(tmp_path.with_name("moved"))
    added = names(moved) - first
    assert first < names(moved)
    assert all(int(name[4:-4]) >= 20 for name in added)


def test_every_class_has_something_to_train_on(tmp_path):
    for i in range(40):  # some of these names fall to the test part
        write(tmp_path / f"class {i}" / "only.wav", tone(440, 0.1, 16_000))
    assert len(folder(tmp_path)) == 40
    with pytest.raises(ValueError, match="no recording for the test part: too few"):
        folder(tmp_path, split="test")


def test_bad_files_are_skipped_and_named(garden):
    write(garden / "low" / "short.wav", tone(440, 0.01, 16_000))
    write(garden / "low" / "silent.wav", np.zeros(16_000))
    nan = tone(440, 1, 16_000)
    nan[77] = np.nan
    write(garden / "low" / "nan.wav", nan, subtype="FLOAT")
    write(garden / "high" / "none.wav", np.zeros(0))
    (garden / "high" / "empty.wav").touch()
    (garden / "high" / "notes.txt").write_text("tones")
    (garden / "high" / "speech.m4a").write_bytes(b"\0\0\0\x18ftypM4A " + bytes(100))
    (garden / "high" / "cut.flac").write_bytes(
        (garden / "high" / "3.flac").read_bytes()[:60]
    )
    (garden / "high" / "raw.raw").write_bytes(bytes(1000))
    (garden / "high" / ".DS_Store").write_bytes(b"hidden")
    (garden / ".git").mkdir()
    with pytest.warns(UserWarning, match="skipped") as caught:
        data = folder(garden)
    assert len(caught) == 1
    # the caller's line; under pytest the check of types stands in between
    assert caught[0].filename in (__file__, jaxtyping._decorator.__file__)
    message = str(caught[0].message)
    for part in (
        "low/short.wav (0.010 s is too short)",
        "low/silent.wav (the first 1.00 s are silent)",
        "low/nan.wav (it holds NaN",
        "high/none.wav (0.000 s is too short)",
        "high/empty.wav (not a sound",
        "high/notes.txt (not a sound",
        "high/speech.m4a (not a sound",
        "high/raw.raw (not a sound",
        "high/cut.flac (",
    ):
        assert part.replace("/", os.sep) in message
    assert ".DS_Store" not in message
    assert data.names == ["high", "low"]
    with warnings.catch_warnings(action="ignore"):
        assert len(data) + len(folder(garden, split="test")) == 40


def test_a_long_list_of_bad_files_is_cut(garden):
    for i in range(30):
        (garden / "low" / f"note{i}.txt").write_text("no sound")
    with pytest.warns(UserWarning, match=r"note0.txt.*and 20 more"):
        folder(garden)


def test_the_list_begins_with_what_looks_like_a_recording(garden):
    for i in range(28):
        (garden / "low" / f"take {i}.wav.asd").write_text("a sidecar")
    (garden / "low" / "take 7.m4a").write_bytes(b"\0\0\0\x18ftypM4A " + bytes(100))
    with pytest.warns(UserWarning, match=r"skipped low.take 7.m4a \(.*and 19 more"):
        folder(garden)


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no folder .*nowhere"):
        folder(tmp_path / "nowhere")
    (tmp_path / "clips.zip").touch()
    with pytest.raises(FileNotFoundError, match=r"a file, not a folder: .*clips.zip"):
        folder(tmp_path / "clips.zip")
    with pytest.raises(ValueError, match="path is empty"):
        folder("")
    with pytest.raises(ValueError, match=r"no subfolders.*class"):
        folder(tmp_path)
    write(tmp_path / "good" / "x.wav", tone(440, 1, 16_000))
    (tmp_path / "hollow").mkdir()
    with pytest.raises(ValueError, match=r"hollow has no usable.*the folder is empty"):
        folder(tmp_path)
    (tmp_path / "hollow" / "notes.txt").write_text("no sound")
    with pytest.raises(ValueError, match=r"hollow has no usable.*notes.txt \(not"):
        folder(tmp_path)


def test_equal_clips_are_on_one_side_under_whatever_name(garden):
    kept, *held = folder(garden, split="test").files
    for i, file in enumerate(held):
        wave, rate = soundfile.read(file)
        other = "low" if file.parent.name == "high" else "high"
        write(garden / other / f"copy {i}.wav", wave, rate)
        write(garden / file.parent.name / f"louder copy {i}.flac", 2 * wave, rate)
    train, test = folder(garden), folder(garden, split="test")
    assert not {w.numpy().tobytes() for w in train.waves} & {
        w.numpy().tobytes() for w in test.waves
    }
    assert len(train) + len(test) == 40 + 2 * len(held)
    assert set(held) & set(train.files)  # whose copies are learned
    assert kept in test.files


def summary(path, **options):
    """What a folder says, and what it warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        data = folder(path, **options)
    return data.summary, [str(warning.message) for warning in caught]


def test_it_says_what_will_be_learned(garden):
    write(garden / "low" / "long.wav", tone(440, 30, 8000), 8000)
    write(garden / "low" / "soft.wav", tone(440, 0.5, 8000, 0.001), 8000)
    (garden / "low" / "notes.txt").write_text("tones")
    said, warned = summary(garden, samples=8000)
    assert len(warned) == 1
    with warnings.catch_warnings(action="ignore"):
        test = folder(garden, samples=8000, split="test").labels.bincount(minlength=2)
    high, low = 20 - test[0], 22 - test[1]
    assert said == (
        f"2 classes: high {high}, low {low}; {test.sum()} held out; "
        "1 longer than 0.50 s, cut; low/long.wav lasts 30.0 s, and only its beginning "
        "is learned (`python -m minidiff cut` makes pieces); 1 so soft at the "
        "beginning that 30 dB and more are added, and to the noise too: low/soft.wav; "
        f"1 file not used: low{os.sep}notes.txt (not a sound that soundfile reads)"
    )


@pytest.mark.parametrize("kind", ["too deep", "parts", "loose", "links", "underscores"])
def test_what_looks_like_a_mistake_is_said(tmp_path, kind):
    root = {"too deep": tmp_path / "d", "parts": tmp_path / "train"}.get(kind, tmp_path)
    for name in ("door", "kettle"):
        write(root / name / "x.wav", tone(440, 0.1, 8000), 8000)
    if kind == "parts":
        write(tmp_path / "test" / "door" / "y.wav", tone(330, 0.1, 8000), 8000)
    if kind == "loose":
        write(tmp_path / "z.wav", tone(220, 0.1, 8000), 8000)
    if kind == "links":
        write(tmp_path.with_name("far") / "far.wav", tone(220, 0.1, 8000), 8000)
        (tmp_path / "door" / "more").symlink_to(tmp_path.with_name("far"))
        (tmp_path / "door" / "up").symlink_to(tmp_path)
        (tmp_path / "door" / "gone.wav").symlink_to("nowhere.wav")
        (tmp_path / "bell").symlink_to("another disk")
    if kind == "underscores":
        write(tmp_path / "__door" / "__1.wav", tone(220, 0.1, 8000), 8000)
    said, warned = summary(tmp_path)
    if kind == "too deep":
        assert "door, kettle are taken for one class, d" in said
        assert f"give {tmp_path / 'd'}" in said
    if kind == "parts":
        assert "test and train are taken for classes" in said
    if kind == "loose":
        assert "z.wav (beside the classes' folders, not in one)" in said
    if kind == "links":
        assert said.startswith("2 classes: door 2, kettle 1")
        assert "gone.wav (leads nowhere)" in said
        assert "bell (a link that leads nowhere)" in said
        assert "up (a link to a folder that is read anyway)" in said
    if kind == "underscores":
        assert said.startswith("3 classes: __door 1, door 1, kettle 1")
    assert len(warned) == (kind != "underscores")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"split": "dev"}, "split: 'dev'.*train, test"),
        ({"samples": 0}, "samples must.*1.*0"),
        ({"sample_rate": 16}, "sample_rate must.*1000.*16"),
        ({"loudness": 3}, "loudness.*-70.*0.*3"),
        ({"loudness": float("nan")}, "loudness.*nan"),
    ],
)
def test_bad_arguments_are_named(garden, arguments, says):
    with pytest.raises(ValueError, match=says):
        folder(garden, **arguments)


def test_what_is_slow_to_import_waits_until_it_is_needed():
    code = "import sys, minidiff; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    assert "minidiff" in found
    assert "torch" not in found
    assert {"sklearn", "requests", "librosa"}.isdisjoint(found)
