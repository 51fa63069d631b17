"""The real sounds that ship: whole, credited, from test splits, as their sources."""

import csv
import dataclasses
import hashlib
import shutil
import sys
from pathlib import Path

import make_examples
import pytest
import soundfile
import torch
from IPython.core.formatters import DisplayFormatter
from torchaudio.functional import resample

import minidiff as md
from minidiff.data import drums
from minidiff.data.digits import DIGITS, SPEAKERS
from minidiff.data.drums import TEST, WORDS
from minidiff.data.environment import NAMES, TEST_FOLD
from minidiff.data.notes import INSTRUMENTS, chosen

MODULE = sys.modules[md.example.__module__]
FOLDER = MODULE.FOLDER
ALL = list(md.examples())


def of(name):
    return [e for e in ALL if e.set == name]


def test_every_set_is_there():
    digits = of("digits")
    spoken = {(e.label, e.speaker) for e in digits}
    assert spoken == {(word, who) for word in DIGITS for who in SPEAKERS}
    assert len(digits) == 60
    assert {e.label for e in of("drums")} == set(WORDS)
    assert {(e.label, e.detail) for e in of("drums")} >= {
        (kind, machine) for kind in set(WORDS) - {"conga"} for machine in TEST
    }
    assert {e.label for e in of("environment")} == set(NAMES)
    assert {e.label for e in of("noise")} == {"coffee-shop", "running-tap"}
    notes = of("notes")
    assert {e.label for e in notes} == set(INSTRUMENTS)
    assert len({(e.label, e.pitch) for e in notes}) == len(notes) == 28
    assert all((e.pitch is None) == (e.set != "notes") for e in ALL)
    assert all((e.speaker is None) == (e.set != "digits") for e in ALL)


def test_names_are_unique_and_mean_one_thing():
    assert len({(e.label, e.k) for e in ALL}) == len(ALL) == 127
    for takes in md.examples().by_label().values():
        assert [e.k for e in takes] == list(range(len(takes)))
        assert len({e.set for e in takes}) == 1
        assert len({e.credit for e in takes}) == 1 or takes[0].set == "environment"
        assert len({e.sha256 for e in takes}) == len(takes)


def test_the_folder_holds_what_is_listed_and_no_more():
    listed = {e.file for e in ALL} | {"table.csv", "LICENSE-FluidR3.txt"}
    files = {f.relative_to(FOLDER).as_posix(): f for f in FOLDER.rglob("*.*")}
    assert set(files) == listed
    assert sum(f.stat().st_size for f in files.values()) <= 2_000_000
    for e in ALL:
        assert hashlib.sha256(files[e.file].read_bytes()).hexdigest() == e.sha256


@pytest.mark.parametrize("e", ALL, ids=lambda e: e.file)
def test_a_recording_can_be_heard(e):
    wave = md.example(e.label, e.k).wave
    assert (wave.dtype, wave.shape[0]) == (torch.float32, 1)
    assert e.sample_rate == (8000 if e.set == "digits" else 16_000)
    assert wave.shape[1] == pytest.approx(e.seconds * e.sample_rate, abs=8)
    assert 0.05 < e.seconds <= 5
    assert 0.01 < wave.abs().max() <= 1


def test_every_recording_may_be_passed_on_and_says_how():
    for e in ALL:
        assert e.licence in make_examples.LICENCES
        assert min(len(e.credit), len(e.detail), len(e.changes)) > 1
        assert e.origin.startswith("https://")
        assert " " not in e.origin
    assert {e.licence for e in of("digits")} == {"CC BY-SA 4.0"}
    ours = Path(__file__).parents[2].joinpath("pyproject.toml").read_text()
    spdx = {e.licence.replace(" ", "-") for e in ALL}
    for name in spdx - {"public-domain"}:
        assert name in ours
    fluid = (FOLDER / "LICENSE-FluidR3.txt").read_text()
    assert "this permission notice shall be" in fluid
    assert {e.credit for e in ALL if e.licence == "MIT"} == {"FluidR3 GM by Frank Wen"}


def test_pages_show_the_table():
    for path, text in make_examples.pages().items():
        assert path.read_text() == text, "python tools/make_examples.py --pages"
        assert len(text.split(make_examples.BEGIN)[1]) > 500
    long = make_examples.long_table()
    assert all(e.credit in long and e.label in long for e in ALL)


def test_a_stale_page_is_noticed():
    page = f"before {make_examples.BEGIN} old {make_examples.END} after"
    new = make_examples.filled(page, "| new |")
    assert "old" not in new
    assert new.startswith("before ")
    assert new.endswith(" after")
    assert make_examples.filled(new, "| new |") == new


def test_a_wave_is_nobody_elses():
    md.example("seven").wave.zero_()
    assert md.example("seven").wave.any()


def test_examples_are_a_table_in_a_notebook_and_as_text():
    shown = md.examples()
    data, _ = DisplayFormatter().format(shown)
    lines = data["text/markdown"].splitlines()
    assert len(lines) == 2 + len({e.label for e in ALL})
    assert {line.count("|") for line in lines} == {7}
    assert data["text/plain"] == repr(shown)
    assert len(repr(shown).splitlines()) == len(lines) - 2
    for name in ("seven", "coffee-shop", "CC BY-SA 4.0"):
        assert name in repr(shown)
        assert name in data["text/markdown"]
    said = repr(md.example("violin"))
    assert said == "<example: violin (E5), 3.00 s at 16000 Hz, CC0 1.0>"


@pytest.mark.usefixtures("unhooked")
@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (("sevn",), ValueError, "name: 'sevn' is unknown; did you mean 'seven'"),
        (("hi-hat",), ValueError, "did you mean.*'open hi-hat'"),
        (("train",), ValueError, "name: 'train' is unknown"),
        ((7,), ValueError, "name: 7 is unknown"),
        (("seven", 6), ValueError, "there are 6 recordings of 'seven'.*got k=6"),
        (("conga", 1), ValueError, "there is 1 recording of 'conga'.*got k=1"),
        (("seven", -1), ValueError, "k must be"),
        (("seven", 0.5), TypeError, "k must be a whole number"),
    ],
)
def test_bad_arguments_are_named(arguments, error, says):
    with pytest.raises(error, match=says):
        md.example(*arguments)


def test_a_changed_file_is_refused(tmp_path, monkeypatch):
    e = md.example("kick")
    file = tmp_path / e.file
    file.parent.mkdir()
    shutil.copy(FOLDER / e.file, file)
    monkeypatch.setattr(MODULE, "FOLDER", tmp_path)
    assert torch.equal(e.wave, md.example("kick").wave)
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(ValueError, match=r"kick-0\.flac is not the recording"):
        md.example("kick")


def test_without_soundfile_it_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(ImportError, match=r"need the package soundfile.*pip install"):
        md.example("kick")


def test_an_ogg_stream_gets_its_number_and_stays_whole(tmp_path):
    wave = of("noise")[0].wave[0].numpy()
    kind, one = make_examples.vorbis(wave, 16_000)
    assert (kind, one) == make_examples.vorbis(wave, 16_000)  # nothing is drawn
    (tmp_path / "a.ogg").write_bytes(one)
    heard, _ = soundfile.read(tmp_path / "a.ogg")
    assert len(heard) == len(wave)
    assert (
        make_examples.crc(b"123456789") == 0x89A1897F
    )  # as CRC-32/POSIX, begun with 0


# --- where the recordings are at hand


def likeness(a, b):
    """The largest correlation of two sounds over their lags, from 0 to 1."""
    size, norms = len(a) + len(b), (a.double().norm(), b.double().norm())
    a, b = torch.fft.rfft(a.double(), size), torch.fft.rfft(b.double(), size)
    match = torch.fft.irfft(a * b.conj(), size).abs().max()
    return (match / (norms[0] * norms[1])).item()


def source(e, recordings):
    wave, rate = soundfile.read(recordings / e.source, dtype="float32", always_2d=True)
    wave = torch.from_numpy(wave).mean(1)
    return wave if rate == e.sample_rate else resample(wave, rate, e.sample_rate)


@pytest.mark.parametrize("e", ALL, ids=lambda e: e.file)
def test_a_recording_is_its_source(e, recordings):
    own, theirs = e.wave[0], source(e, recordings)[: e.wave.shape[1]]
    assert likeness(own, theirs) > 0.98


def test_a_recording_is_not_anothers_source(recordings):
    for name in ("digits", "drums", "notes"):
        one, other = of(name)[:2]
        assert likeness(one.wave[0], source(other, recordings)) < 0.9


def test_digits_and_environment_are_exactly_the_prepared_recordings(recordings):
    for e in of("digits"):
        theirs, _ = soundfile.read(recordings / e.source, dtype="float32")
        assert torch.equal(e.wave[0], torch.from_numpy(theirs))
    for e in of("environment"):
        assert (FOLDER / e.file).read_bytes() == (recordings / e.source).read_bytes()


def test_all_are_of_test_splits(recordings):
    def listed(folder):
        with open(recordings / folder / "labels.csv", newline="") as table:
            return {f"{folder}/{row['file']}": row for row in csv.DictReader(table)}

    for e in of("digits"):
        word, who, index = Path(e.source).stem.split("_")
        assert (DIGITS[int(word)], who) == (e.label, e.speaker)
        assert int(index) < 5
    test = drums("test")
    for e in of("drums"):
        assert Path(e.source).parent.name == e.detail
        assert e.detail in TEST
        there = torch.cat([e.wave[0], torch.zeros(len(test.waves[0]))])[:16_384]
        near = (test.waves - there).abs().amax(1)
        # as the data set has it, but for its last bits
        assert near.min() < 2e-4
        assert test.names[test.labels[near.argmin()]] == e.label
    clips = listed("environment")
    for e in of("environment"):
        row = clips[e.source]
        assert (row["class"], row["fold"]) == (
            e.label,
            str(TEST_FOLD),
        )
        assert row["url"] == e.origin
        assert row["author"] in e.credit
    sounds = listed("noise")
    for e in of("noise"):
        assert (sounds[e.source]["class"], sounds[e.source]["split"]) == (
            e.label,
            "test",
        )
    rows = chosen(recordings / "instrument-notes", "test")
    notes = {f"instrument-notes/{row['file']}": row for row in rows}
    for e in of("notes"):
        row = notes[e.source]
        assert (row["instrument"], row["note"]) == (e.label, e.detail)
        assert int(row["midi"]) == e.pitch
        assert row["licence"].startswith(e.licence)


def test_the_tool_makes_them_again(recordings, tmp_path, monkeypatch):
    """The same samples, and the same words of the table, whatever the libraries."""
    monkeypatch.setattr(make_examples, "FOLDER", tmp_path)
    make_examples.make(recordings)
    with open(tmp_path / "table.csv", newline="") as table:
        rows = list(csv.DictReader(table))
    for e, cells in zip(ALL, rows, strict=True):
        again = dataclasses.replace(MODULE.row(cells), sha256=e.sha256)
        assert again == e
        wave, _ = soundfile.read(tmp_path / e.file, dtype="float32")
        assert (torch.from_numpy(wave) - e.wave[0]).abs().max() < 1e-3
