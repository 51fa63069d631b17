"""Background noises: cut, levelled, credited; none on both sides."""

import csv

import numpy as np
import pytest
import soundfile
import torch

import minidiff as md

RATE = 16_000
SPLITS = {"rain": "train", "wind": "train", "running-tap": "test"}


@pytest.fixture
def made(tmp_path, release):
    """Two seconds of hiss each, one a tenth as loud, one half silent."""
    here, dice = tmp_path / "noise", np.random.default_rng(0)
    here.mkdir()
    with open(here / "labels.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["file", "class", "split", "licence", "author", "url"])
        for name, split in SPLITS.items():
            table.writerow([f"{name}.wav", name, split, "CC0", f"by {name}", "page"])
            hiss = dice.uniform(-0.1, 0.1, 2 * RATE)
            hiss *= 0.1 if name == "wind" else 1
            hiss[RATE:] *= name != "rain"
            soundfile.write(here / f"{name}.wav", hiss, RATE)
    release("noise")


def test_cuts_overlap_in_training_and_follow_each_other_in_the_test(made):
    train, test = md.data.noise("train", 8000), md.data.noise("test", 8000)
    # of 2 s in steps of 1/4 s: seven; of the rain those from 1 s on are silent
    assert torch.bincount(train.origin).tolist() == [4, 7]
    torch.testing.assert_close(  # but for the level, which each cut has alone
        train.waves[4, 4000:], train.waves[5, :4000], rtol=0.02, atol=0
    )
    assert len(test) == 4
    assert test.sample_rate == RATE
    wave, label = test[3]
    assert (wave.shape, label.dtype) == ((8000,), torch.int64)
    assert test.names[label] == "running-tap"
    assert not set(train.labels.tolist()) & set(test.labels.tolist())


def test_levels_are_alike_and_credit_is_kept(made):
    train = md.data.noise("train", 8000)
    rms = 20 * train.waves.square().mean(1).sqrt().log10()
    assert (rms[[0, 4]] + 23).abs().max() < 1e-3
    for i in (0, 4):
        name = train.names[train.labels[i]]
        assert train.credits[train.origin[i]] == f"by {name}, CC0: page"


def test_at_another_rate_and_longer_than_a_recording(made):
    slow = md.data.noise("test", 24_000, sample_rate=8000)
    assert (len(slow), slow.sample_rate) == (1, 8000)
    assert slow.waves[0, :16_000].square().mean() > 1e-3
    assert (slow.waves[0, 16_000:] == 0).all()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"samples": 0}, "samples must.*1.*0"),
        ({"sample_rate": 10}, "sample_rate must.*1000.*10"),
    ],
)
def test_bad_arguments_are_named(arguments, says):
    with pytest.raises(ValueError, match=says):
        md.data.noise(**arguments)


SPEECH_COMMANDS = (  # three recordings of one collection have the same credit
    "Speech Commands (P. Warden, Google), CC BY 4.0: https://arxiv.org/abs/1804.03209"
)


def test_the_real_ones(recordings):
    train, test = md.data.noise("train"), md.data.noise("test")
    assert len(train.labels.unique()) == len(train.credits) == 11
    assert len(test.labels.unique()) == len(test.credits) == 3
    assert not set(train.credits) & set(test.credits) - {SPEECH_COMMANDS}
    for data in (train, test):
        assert data.waves.abs().max() < 0.99 + 1e-6
        assert (data.waves.abs().amax(1) > 0.01).all()
