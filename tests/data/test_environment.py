"""Real sounds of the world, and notes: split by recording, level alike, labels true."""

import csv

import numpy as np
import pytest
import soundfile
import torch

import minidiff as md
from minidiff.data.clips import levelled
from minidiff.data.environment import NAMES
from minidiff.data.notes import INSTRUMENTS, LOWEST, chosen
from minidiff.data.prepared import rows

RATE = 16_000


def tone(seconds, hertz=440.0, amplitude=0.1):
    return amplitude * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)


def table(folder, rows):
    folder.mkdir()
    with open(folder / "labels.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def made(tmp_path, release):
    """Three clips of rain, one of them in the test fold; the last half silent."""
    here = tmp_path / "environment"
    rows = [
        {"file": f"{i}.wav", "class": "rain", "fold": fold, "author": f"author {i}",
         "licence": "CC0", "url": f"page {i}"}
        for i, fold in enumerate((1, 5, 2))
    ]  # fmt: skip
    table(here, rows)
    soundfile.write(here / "0.wav", tone(3), RATE)
    soundfile.write(here / "1.wav", tone(0.5), RATE)
    soundfile.write(here / "2.wav", np.r_[tone(1), np.zeros(2 * RATE)], RATE)
    release("environment")


def test_cuts_of_one_clip_are_told(made):
    train = md.data.environment("train", samples=RATE)
    # 3 s in steps of a quarter: nine cuts of 1 s; of the last clip four are not silent
    assert torch.bincount(train.origin).tolist() == [9, 4]
    assert train.credits == ["author 0, CC0: page 0", "author 2, CC0: page 2"]
    assert train.credits[train.origin[-1]].startswith("author 2")
    assert set(train.labels.tolist()) == {NAMES.index("rain")}
    rms = train.waves[:9].square().mean(1).sqrt()
    assert (20 * rms.log10() + 23).abs().max() < 0.2


def test_a_short_clip_is_followed_by_silence(made):
    test = md.data.environment("test", samples=RATE)
    assert len(test) == 1
    assert test.waves[0, : RATE // 2].abs().max() > 0.05
    assert test.waves[0, RATE // 2 :].abs().max() == 0


def test_next_to_nothing_is_left_out():
    assert levelled(torch.full((100,), 1e-3)) is None
    assert levelled(torch.tensor([0.0] * 9999 + [0.9])).abs().max() <= 0.99


@pytest.mark.parametrize("name", ["environment", "notes", "noise", "melodies"])
def test_an_unknown_split_is_named(name):
    with pytest.raises(ValueError, match=r"split: 'valid'.*train, test"):
        getattr(md.data, name)("valid")


@pytest.fixture
def played(tmp_path, release):
    """Seven notes of a flute."""
    here = tmp_path / "instrument-notes"
    rows = [
        {"file": f"{midi}.wav", "instrument": "flute", "midi": midi,
         "author": "me", "licence": "CC0"}
        for midi in range(60, 67)
    ]  # fmt: skip
    table(here, rows[::-1])
    for midi in range(60, 67):
        hertz = 440 * 2 ** ((midi - 69) / 12)
        soundfile.write(here / f"{midi}.wav", tone(2, hertz), RATE)
    release("instrument-notes")


def test_no_note_is_on_both_sides(played):
    train, test = md.data.notes("train"), md.data.notes("test")
    assert (train.labels[:, 1] + LOWEST).tolist() == [60, 61, 63, 64, 65, 66]
    assert (test.labels[:, 1] + LOWEST).tolist() == [62]
    assert set(train.labels[:, 0].tolist()) == {INSTRUMENTS.index("flute")}


def test_a_bent_note_has_the_pitch_that_it_is_given(played):
    varied = md.data.notes("train", vary=True)
    assert len(varied) == 7 * 6
    assert torch.bincount(varied.origin).tolist() == [7] * 6
    spectrum = torch.fft.rfft(varied.waves, 2**16).abs().argmax(1) * RATE / 2**16
    midi = 69 + 12 * (spectrum / 440).log2()
    assert (midi - varied.labels[:, 1] - LOWEST).abs().max() < 0.1
    _, label = varied[0]
    assert varied.label_names["pitch"][label["pitch"]] == "60"


def test_the_real_ones(recordings):
    sounds = md.data.environment("test")
    assert torch.bincount(sounds.labels).tolist() == [8] * 10
    assert sounds.waves.abs().max() < 0.99 + 1e-6
    train, test = md.data.notes("train"), md.data.notes("test")
    assert len(train) + len(test) == 284
    assert torch.bincount(test.labels[:, 0], minlength=14).min() >= 2
    assert all(train.credits + test.credits)


def test_splits_share_no_recording(recordings):
    folds = {}
    for row in rows(recordings / "environment"):
        folds.setdefault(row["freesound_id"], set()).add(row["fold"])
    assert len(folds) == 302
    assert {len(each) for each in folds.values()} == {1}
    folder = recordings / "instrument-notes"
    both = [row for split in ("train", "test") for row in chosen(folder, split)]
    assert len({(row["source"], row["origin"]) for row in both}) == len(both) == 284
