"""Words in noise: the ratio is right, nothing but the number decides, none is known."""

import importlib

import pytest
import torch

import minidiff as md
from minidiff.data.noisy import ROUNDS, Noisy, mixed


class Words:
    """Four words of falling length, in place of `Digits`."""

    def __init__(self, split, samples):
        self.waves = torch.zeros(4, samples)
        for i in range(4):
            turn = torch.arange(samples - 100 * i) * (0.2 + 0.1 * i)
            self.waves[i, : samples - 100 * i] = 0.5 * (turn + 0.1).sin()

    def __len__(self):
        return 4

    def __getitem__(self, i):
        return self.waves[i], {"digit": torch.tensor(i), "speaker": torch.tensor(0)}


class Hiss:
    """Cuts of two recordings, one much longer, in place of `Noise`."""

    credits = ["a", "b"]

    def __init__(self, split, samples, sample_rate):
        assert sample_rate == 8000
        dice = torch.Generator().manual_seed({"train": 0, "test": 1}[split])
        self.waves = 0.1 * torch.randn(12, samples, generator=dice)
        self.origin = torch.tensor([0] * 11 + [1])

    def __getitem__(self, i):
        return self.waves[i], self.origin[i]


@pytest.fixture(autouse=True)
def made(request, monkeypatch):
    if "recordings" not in request.fixturenames:
        module = importlib.import_module("minidiff.data.noisy")  # not its class
        monkeypatch.setattr(module, "Digits", Words)
        monkeypatch.setattr(module, "Noise", Hiss)


def ratio(both, lasts):
    clean, noisy = both.double()
    noise = noisy - clean
    speech = clean.square().sum() / lasts
    return 10 * (speech / noise.square().mean()).log10().item()


def test_the_ratio_counts_the_word_as_long_as_it_lasts():
    clean, noise = torch.zeros(1000), torch.full((1000,), 0.3)
    clean[:250] = 0.4
    noise[::2] *= -1
    out = mixed(clean, noise, 6.0)
    torch.testing.assert_close(
        (out - clean).square().mean(), torch.tensor(0.16 / 10**0.6)
    )
    added = (out - clean).abs()
    torch.testing.assert_close(added, added[:1].expand(1000))


def test_the_test_hears_every_word_at_three_ratios():
    data = Noisy("test", 800)
    assert len(data) == 12
    for i in range(12):
        both, labels = data[i]
        assert labels["digit"] == i % 4
        assert ratio(both, 800 - 100 * (i % 4)) == pytest.approx(5 * (i // 4), abs=0.01)
        assert labels["ratio"] == 5 * (i // 4)
    # in the same noise each time, only softer
    noises = [(data[i][0][1] - data[i][0][0]) / data[i][0].abs().max() for i in (1, 5)]
    likeness = torch.cosine_similarity(*noises, dim=0)
    assert likeness > 0.9999
    other = Noisy("test", 800, ratios=[3])
    assert len(other) == 4
    assert ratio(other[0][0], 800) == pytest.approx(3, abs=0.01)


def test_the_training_hears_them_in_ever_other_noises():
    data = Noisy("train", 800)
    assert len(data) == 4 * ROUNDS
    ratios = [ratio(data[i][0], 800 - 100 * (i % 4)) for i in range(len(data))]
    assert -2.01 < min(ratios) < 0
    assert 13 < max(ratios) < 15.01
    names = [data[i][1]["noise"].item() for i in range(len(data))]
    assert 0.35 < sum(names) / len(names) < 0.65  # every recording as often
    noises = torch.stack([data[i][0][1] - data[i][0][0] for i in range(0, 200, 4)])
    alike = torch.corrcoef(noises) - torch.eye(len(noises))
    assert alike.abs().max() < 0.999


def test_nothing_but_the_number_decides():
    a, b = Noisy("train", 800), Noisy("train", 800)
    backwards = {i: b[i] for i in reversed(range(len(b)))}
    torch.rand(5)
    for i in range(len(a)):
        assert torch.equal(a[i][0], backwards[i][0])
        assert a[i][1]["noise"] == backwards[i][1]["noise"]
    assert not torch.equal(a[0][0][1], a[4][0][1])


def test_none_is_too_loud_and_the_end_is_the_end():
    data = Noisy("train", 800)
    both = torch.stack([data[i][0] for i in range(len(data))])
    assert 0.98 < both.abs().max() < 0.9901
    assert torch.equal(data[-1][0], data[len(data) - 1][0])
    with pytest.raises(IndexError):
        data[len(data)]
    with pytest.raises(ValueError, match="ratios"):
        Noisy("test", 800, ratios=[])


def test_the_real_ones(recordings):
    train, test = md.data.noisy("train"), md.data.noisy("test")
    assert (len(train), len(test)) == (2700 * ROUNDS, 900)
    both, labels = test[450]
    assert both.shape == (2, 6400)
    assert labels["digit"] == test.words[150][1]["digit"]
    heard = [{int(d[i][1]["noise"]) for i in range(300)} for d in (train, test)]
    assert (len(heard[0]), len(heard[1])) == (11, 3)
    assert not heard[0] & heard[1]
    assert len(train.credits) == 6 + 10  # two noises are of one collection
