"""Judging: distances in closed form, and a judge that hears what it should."""

import math
from dataclasses import replace

import pytest
import scipy.linalg
import tiny
import torch

from minidiff.judging.cleanliness import cleanliness
from minidiff.judging.distance import frechet, matrix_root, nearest, nearest_other
from minidiff.judging.ear import Ear, disturbed, stacked, train_ear
from minidiff.judging.evaluate import balanced, evaluate
from minidiff.models import shelf
from minidiff.models.card import card_in, write_card
from minidiff.models.ears import load_ear, save_ear
from minidiff.models.model import Model
from minidiff.nets.judge import Judge

dice = torch.Generator().manual_seed(0)


def normal(*shape):
    return torch.randn(shape, generator=dice, dtype=torch.float64)


def test_frechet_of_a_shift_and_a_stretch():
    a = normal(500, 4)
    shift = torch.tensor([1.0, -2.0, 0.0, 0.5])
    assert frechet(a, a) == pytest.approx(0, abs=1e-9)
    assert frechet(a, a + shift) == pytest.approx(5.25)
    a = a - a.mean(0)
    # b = 3 a: tr(A + 9 A - 2 * 3 A) = 4 tr A
    assert frechet(a, 3 * a) == pytest.approx(4 * a.T.cov().trace().item())


def test_frechet_is_symmetric_and_scipys():
    a, b = normal(50, 6) @ normal(6, 6), normal(70, 6) @ normal(6, 6) + 1
    A, B = a.T.cov().numpy(), b.T.cov().numpy()
    root = scipy.linalg.sqrtm(A @ B).real
    expected = (a.mean(0) - b.mean(0)).square().sum().item()
    expected += (A + B - 2 * root).trace()
    assert frechet(a, b) == pytest.approx(expected, rel=1e-6)
    assert frechet(a, b) == pytest.approx(frechet(b, a), rel=1e-6)


def test_frechet_of_fewer_sounds_than_dimensions():
    assert math.isfinite(frechet(normal(5, 40), normal(6, 40)))


def test_matrix_root():
    m = normal(6, 4)
    m = m @ m.T  # of rank 4
    root = matrix_root(m)
    assert torch.allclose(root @ root, m, atol=1e-6)
    assert torch.allclose(root, root.T)


def test_nearest():
    a, b = torch.tensor([[0.0, 0.0], [10.0, 0.0]]), torch.tensor([[3.0, 4.0], [10, 1]])
    assert nearest(a, b) == pytest.approx((5 + 1) / 2)


def test_nearest_of_another_origin():
    a = torch.tensor([[0.0], [0.1], [3.0], [5.0]])
    alone = nearest_other(a, torch.arange(4))
    assert alone == pytest.approx((0.1 + 0.1 + 2 + 2) / 4)
    twins = nearest_other(a, torch.tensor([0, 0, 1, 2]))
    assert twins == pytest.approx((3 + 2.9 + 2 + 2) / 4)


def test_cleanliness_of_known_sounds():
    rate, t = 8000, torch.arange(8000)
    tone = (0.1 * math.sqrt(2) * (2 * torch.pi * 1000 * t / rate).sin())[None]
    found = cleanliness(tone, rate)
    assert found["level_db"] == pytest.approx(-20, abs=0.1)
    assert found["floor_db"] == pytest.approx(-20, abs=0.1)
    assert found["silence"] == 0
    assert found["click"] == pytest.approx(1.0, abs=0.1)  # sqrt 2 * 2 pi / 8, sampled
    half = tone.clone()
    half[:, 4000:] *= 1e-4
    assert cleanliness(half, rate)["silence"] == 0.5
    assert cleanliness(half, rate)["floor_db"] == pytest.approx(-100, abs=1)
    click = tone.clone()
    click[:, 5000] = 1
    assert cleanliness(click, rate)["click"] > 5


def test_disturbances_are_small():
    """A constant shows all three: where it begins, its level, and its noise."""
    waves = torch.full((400, 1600), 0.1)
    found = disturbed(waves, dice.manual_seed(1))
    start = (found > 0.03).int().argmax(1)
    assert start.min() <= 2
    assert 90 < start.max() <= 100
    gain = 20 * (found[:, 800:].mean(1) / 0.1).log10()
    assert -6.1 < gain.min() < -5
    assert 5 < gain.max() < 6.1
    noise = 20 * found[:, 800:].std(1).log10()
    assert -81 < noise.min() < -77
    assert -53 < noise.max() < -49


@pytest.fixture(scope="module")
def ear():
    torch.manual_seed(0)
    ear = Ear(Judge(3), tiny.RECIPE.spec)
    losses = list(train_ear(ear, tiny.Tones(), 20))
    assert losses[-1] < 0.7 * losses[0]
    return ear


def test_a_judge_hears_tones(ear):
    data = tiny.Tones("test")
    waves, labels = stacked(data)
    assert torch.equal(labels, data.tone)
    assert torch.equal(waves, data.waves)
    assert torch.equal(ear.label(waves), data.tone)
    assert ear.embed(waves).shape == (48, 128)
    assert torch.allclose(ear.embed(waves[:1]), ear.embed(waves)[:1], atol=1e-4)


def test_a_judge_goes_to_disk_and_back(ear, tmp_path, monkeypatch):
    monkeypatch.setattr(shelf, "WEIGHTS", tmp_path)
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "model.safetensors").write_bytes(b"the model it judges")
    write_card(tmp_path / "tiny", {"title": "tones"})
    file = save_ear(ear, tmp_path / "tiny")
    assert card_in(tmp_path / "tiny")["title"] == "tones"
    again = load_ear("tiny", ear.spec)
    waves = tiny.Tones("test").waves
    assert torch.equal(again.label(waves), ear.label(waves))
    assert torch.allclose(again.embed(waves), ear.embed(waves), atol=0.05)
    other = replace(ear.spec, std=23.0)
    with pytest.raises(ValueError, match=r"std=23.0, but the judge of tiny .* std="):
        load_ear("tiny", other)
    harmed = bytearray(file.read_bytes())
    harmed[-1] ^= 1
    file.write_bytes(harmed)
    with pytest.raises(ValueError, match=r"judge.safetensors of 'tiny' was altered"):
        load_ear("tiny", ear.spec)


def test_silence_is_not_an_error():
    found = cleanliness(torch.zeros(3, 8000), 8000)
    assert math.isnan(found["level_db"])
    assert found["silence"] == 1
    half = torch.cat([torch.zeros(1, 8000), 0.1 * torch.ones(1, 8000)])
    assert cleanliness(half, 8000)["level_db"] == -20


class Perfect(Model):
    """Not a model at all: it plays the test set."""

    def __init__(self, data):
        self.data, self.labels, self.sample_rate = data, data.names, 4000

    def generate(self, cond, n, seed):
        mine = self.data.waves[self.data.tone == cond[0]]
        return mine[:n]


def test_a_perfect_model_has_perfect_numbers(ear):
    train, test = tiny.Tones("train"), tiny.Tones("test")
    found = evaluate(Perfect(test), ear, train, test, each=16)
    assert found["recognised"] == found["judge_on_test"] == 1
    assert found["frechet"] == pytest.approx(0, abs=1e-3)
    assert found["frechet_std"] == pytest.approx(0, abs=1e-3)
    assert found["frechet_of_training_sounds"] > 0.01
    assert found["generated"] == found["recorded"]
    near = found["nearest_training_sound"]
    assert near == found["nearest_training_sound_of_test"] > 0


def test_distances_are_means_over_draws_that_share_no_seed(ear):
    seeds = []

    class Uneven(Perfect):
        def generate(self, cond, n, seed):
            seeds.extend(range(seed, seed + n))
            return super().generate(cond, n, seed) * (1 if seed < 3 * 16 else 0.5)

    train, test = tiny.Tones("train", n=96), tiny.Tones("test")
    found = evaluate(Uneven(test), ear, train, test, each=16, draws=2)
    assert seeds == list(range(2 * 3 * 16))
    real = ear.embed(test.waves)
    halved = frechet(ear.embed(0.5 * test.waves), real)
    assert found["frechet"] == pytest.approx(halved / 2, rel=1e-2)
    assert found["frechet_std"] == pytest.approx(halved / 2**0.5, rel=1e-2)
    assert found["frechet_of_training_sounds_std"] > 0
    with pytest.raises(ValueError, match=r"draws must be in .2, inf., got 1"):
        evaluate(Uneven(test), ear, train, test, each=16, draws=1)


def test_balanced_draws():
    labels = torch.tensor([0, 1, 1, 2, 1, 0])
    drawn = {tuple(balanced(labels, 2, seed).tolist()) for seed in range(20)}
    assert {len(i) for i in drawn} == {5}  # class 2 has only one
    assert {tuple(labels[list(i)].tolist()) for i in drawn} == {(0, 0, 1, 1, 2)}
    assert {frozenset(i[2:4]) for i in drawn} == {
        frozenset(pair) for pair in ((1, 2), (1, 4), (2, 4))
    }


def test_a_wrong_model_has_wrong_numbers(ear):
    class Wrong(Perfect):
        def generate(self, cond, n, seed):
            return super().generate([(cond[0] + 1) % 3], n, seed)

    train, test = tiny.Tones("train"), tiny.Tones("test")
    assert evaluate(Wrong(test), ear, train, test, each=16)["recognised"] == 0
    copied = evaluate(Perfect(train), ear, train, test, each=16)
    assert copied["nearest_training_sound"] == pytest.approx(0, abs=0.05)
