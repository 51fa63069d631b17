"""The handwritten digits: their pixels, their labels, their split."""

import pytest
import torch
from sklearn.datasets import load_digits

from minidiff.data import pictures


def test_contract():
    train, test = pictures(), pictures("test")
    assert (len(train), len(test)) == (1500, 297)
    assert train.names[7] == "seven"
    assert train.sample_rate is None  # as all data sets say, and here is no sound
    for data in (train, test):
        assert (data.x.shape, data.x.dtype) == ((len(data), 1, 8, 8), torch.float32)
        assert (data.x.min(), data.x.max()) == (-1, 1)
        assert data.labels.bincount().min() > 0.08 * len(data)  # balanced
    picture, label = test[5]
    assert (picture.shape, label.shape, label.dtype) == ((1, 8, 8), (), torch.int64)
    assert len(list(test)) == 297


def test_pixels_and_labels_are_scikit_learns():
    original = load_digits()
    for data, start in ((pictures("train"), 0), (pictures("test"), 1500)):
        for i in (0, 100, len(data) - 1):
            picture, label = data[i]
            expected = torch.tensor(original.images[start + i])
            assert torch.equal((picture[0].double() + 1) * 8, expected)
            assert label == original.target[start + i]


def test_no_picture_is_in_both_splits():
    train, test = (
        {x.numpy().tobytes() for x in pictures(split).x} for split in ("train", "test")
    )
    assert not train & test


def test_bad_split():
    with pytest.raises(ValueError, match=r"split: 'tset'.*'test'"):
        pictures("tset")
