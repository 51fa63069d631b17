"""Spoken digits: on recordings made here, and on the real ones where they are."""

import os
import sys

import numpy as np
import pytest
import soundfile
import torch

from minidiff.data import digits
from minidiff.data.digits import SPEAKERS

needs_recordings = pytest.mark.skipif(
    not os.environ.get("MINIDIFF_DATA"),
    reason="set MINIDIFF_DATA to a folder with fsdd/recordings to test these",
)


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Two speakers say 3 and 8, ten times each; lengths and levels tell them apart."""
    files = []
    for digit in (3, 8):
        for speaker in ("george", "theo"):
            for index in range(10):
                file = tmp_path / f"{digit}_{speaker}_{index}.wav"
                soundfile.write(file, np.full(1000 * digit + index, 0.01 * digit), 8000)
                files.append(file)
    monkeypatch.setattr(sys.modules[digits.__module__], "recordings", lambda *_: files)
    return files


def test_split_labels_and_lengths(made):
    train, test = digits(), digits("test")
    assert len(train) == len(test) == 20
    assert train.sample_rate == 8000
    wave, label = test[19]
    assert (wave.shape, wave.dtype) == ((6144,), torch.float32)
    assert label["digit"].item() == 8
    assert SPEAKERS[label["speaker"]] == "theo"
    assert label["digit"].dtype == torch.int64
    for data, first in ((test, 0), (train, 5)):  # indices 0 to 4 are for testing
        lengths = (data.waves != 0).sum(1)
        assert lengths[:5].tolist() == [3000 + first + i for i in range(5)]
        assert data.labels[:, 0].tolist() == [3] * 10 + [8] * 10
        credits = [data.credits[i] for i in data.origin]
        for credit, speaker in zip(credits, data.labels[:, 1], strict=True):
            assert f"{SPEAKERS[speaker]}, CC BY-SA 4.0" in credit
    batch, labels = next(iter(torch.utils.data.DataLoader(train, batch_size=4)))
    assert (batch.shape, labels["speaker"].shape) == ((4, 6144), (4,))


def test_short_ones_are_padded_and_long_ones_fade(made):
    waves = digits("test", samples=6144).waves
    step = 2 / 2**15  # as fine as 16 bits are
    short, long = waves[0], waves[-1]
    assert (short[:3000] - 0.03).abs().max() < step
    assert (short[3000:] == 0).all()
    assert (long[:-160] - 0.08).abs().max() < step
    assert long[-1] == 0
    assert (long[-160:].diff() < 0).all()
    assert long.diff().abs().max() < 0.08 / 150  # no click


def test_a_wave_that_just_fits_is_left_alone(made):
    assert (digits("test", samples=3000).waves[0] > 0.029).all()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"split": "valid"}, "split: 'valid'.*train, test"),
        ({"samples": 0}, "samples must.*1.*0"),
    ],
)
def test_bad_arguments_are_named(arguments, says):
    with pytest.raises(ValueError, match=says):
        digits(**arguments)


@needs_recordings
def test_the_real_recordings():
    train, test = digits("train"), digits("test")
    assert (len(train), len(test)) == (2700, 300)
    for data, each in ((train, 45), (test, 5)):
        pairs = (data.labels @ torch.tensor([6, 1])).bincount()
        assert pairs.tolist() == [each] * 60
        assert data.waves.isfinite().all()
        assert data.waves.abs().max() <= 1
        assert (data.waves.abs().amax(1) > 0.01).all()
    both = {w.numpy().tobytes() for w in torch.cat([train.waves, test.waves])}
    assert len(both) == 3000
    cut = (train.waves[:, -320:-160].abs().amax(1) > 0).double().mean()
    assert cut == pytest.approx(1 / 40, abs=0.01)  # as the docstring says
