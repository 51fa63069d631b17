"""Judging: an ear that hears what it should, and numbers of models that are known."""

import math

import pytest
import tiny
import torch

from minidiff import MelSpec
from minidiff.judging.cleanliness import cleanliness
from minidiff.judging.crowds import like
from minidiff.judging.disturbances import louder_and_later, through_another_room
from minidiff.judging.ear import stacked, train_ear
from minidiff.judging.evaluate import evaluate
from minidiff.judging.levelled import Levelled
from minidiff.judging.table import table
from minidiff.models import shelf
from minidiff.models.card import EARS, card_in, write_card
from minidiff.models.ears import load_ear, new_ear, save_ear
from minidiff.models.model import Model
from minidiff.nets.judge import MelJudge, SpectrumJudge

dice = torch.Generator().manual_seed(0)


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


def test_the_disturbances_of_ear_a_are_small():
    """A constant shows all three: where it begins, its level, and its noise."""
    waves = torch.full((400, 1600), 0.1)
    found = louder_and_later(waves, dice.manual_seed(1))
    start = (found > 0.03).int().argmax(1)
    assert start.min() <= 2
    assert 90 < start.max() <= 100
    gain = 20 * (found[:, 800:].mean(1) / 0.1).log10()
    assert -6.1 < gain.min() < -5
    assert 5 < gain.max() < 6.1
    noise = 20 * found[:, 800:].std(1).log10()
    assert -81 < noise.min() < -77
    assert -53 < noise.max() < -49


def test_the_disturbances_of_ear_b_are_others():
    """A burst in the middle: where it goes, which way up, how bright, in what noise."""
    waves = torch.zeros(400, 2400)
    waves[:, 1200] = 1.0
    found = through_another_room(waves, dice.manual_seed(1))
    peak = found.abs().argmax(1)
    assert 1000 <= peak.min() < 1020
    assert 1380 < peak.max() <= 1400
    size = found.gather(1, peak[:, None])[:, 0]
    assert 150 < (size < 0).sum() < 250  # about every second upside down
    after = found.gather(1, peak[:, None] + 1)[:, 0] / size
    assert -0.45 < after.min() < -0.3
    assert 0.3 < after.max() < 0.45
    rest = torch.cat([found[:, :900], found[:, 1500:]], 1)
    noise = 20 * rest.square().mean(1).sqrt().log10() + 20 * math.log10(2400**0.5)
    assert -71 < noise.min() < -66
    assert -24 < noise.max() < -19
    slow = (rest.diff(dim=1).std(1) / rest.std(1)) < 0.5
    assert 150 < slow.sum() < 250  # about every second a rumble


def test_ear_b_does_not_hear_the_level():
    front = Levelled(8000)
    waves = torch.randn(2, 1600, generator=dice)
    assert torch.allclose(front.encode(waves), front.encode(0.01 * waves), atol=1e-4)
    assert front.encode(torch.zeros(1, 1600)).isfinite().all()
    assert front.encode(waves).shape[1] == 3
    window = front.spectrum.n_fft, front.spectrum.hop_length
    assert window == (200, 66)  # 25 ms, which no mel of ours has


@pytest.fixture(scope="module", params=["A", "B"])
def ear(request):
    return tones(request.param)


@pytest.fixture(scope="module")
def ears():
    return {which: tones(which) for which in EARS}


def tones(which):
    """An ear that has learned three tones."""
    torch.manual_seed(0)
    ear = new_ear(which, tiny.RECIPE.spec, 3, 1600)
    losses = list(train_ear(ear, tiny.Tones(), 20))
    assert losses[-1] < 0.7 * losses[0]
    return ear


def test_an_ear_hears_tones(ear):
    data = tiny.Tones("test")
    waves, labels = stacked(data)
    assert torch.equal(labels, data.tone)
    assert torch.equal(waves, data.waves)
    assert torch.equal(ear.label(waves), data.tone)
    assert ear.embed(waves).shape == (48, 128)
    assert torch.allclose(ear.embed(waves[:1]), ear.embed(waves)[:1], atol=1e-4)


def test_the_ears_share_nothing(ears):
    kinds = {which: (type(e.front), type(e.judge)) for which, e in ears.items()}
    assert kinds == {"A": (MelSpec, MelJudge), "B": (Levelled, SpectrumJudge)}


def test_an_ear_refuses_what_it_does_not_know(ear):
    waves = tiny.Tones("test").waves
    with pytest.raises(ValueError, match=r"1600 samples at 4000 Hz, and got 800 samp"):
        ear.label(waves[:, :800])
    with pytest.raises(ValueError, match=r"at 4000 Hz, and got 1600 samples at 8000"):
        ear.embed(waves, sample_rate=8000)


def test_an_ear_goes_to_disk_and_back(ear, tmp_path, monkeypatch):
    monkeypatch.setattr(shelf, "WEIGHTS", tmp_path)
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "model.safetensors").write_bytes(b"the model it judges")
    write_card(tmp_path / "tiny", {"title": "tones"})
    file = save_ear(ear, tmp_path / "tiny")
    which = "A" if isinstance(ear.front, MelSpec) else "B"
    assert file.name == EARS[which]
    assert card_in(tmp_path / "tiny")["title"] == "tones"
    again = load_ear("tiny", which)
    waves = tiny.Tones("test").waves
    assert (again.front, again.samples) == (ear.front, ear.samples)
    assert torch.equal(again.label(waves), ear.label(waves))
    assert torch.allclose(again.embed(waves), ear.embed(waves), atol=0.05)
    other = "B" if which == "A" else "A"
    with pytest.raises(ValueError, match=f"ear {other} of: 'tiny'"):
        load_ear("tiny", other)
    with pytest.raises(ValueError, match=r"ear: 'C'.*A, B"):
        load_ear("tiny", "C")
    harmed = bytearray(file.read_bytes())
    harmed[-1] ^= 1
    file.write_bytes(harmed)
    with pytest.raises(ValueError, match=rf"{file.name} of 'tiny' was altered"):
        load_ear("tiny", which)


class Player(Model):
    """Not a model at all: it plays a data set."""

    def __init__(self, data):
        self.data, self.labels, self.sample_rate = data, data.names, 4000
        self.spec = tiny.RECIPE.spec
        self.conditions, self.seeds = tiny.NAMES, []

    def generate(self, cond, n, seed):
        self.seeds += range(seed, seed + n)
        mine = self.data.waves[: self.seeds[-1] + 1][-n:]
        assert cond["tone"].tolist() == self.data.tone[self.seeds[-n:]].tolist()
        return mine


def in_order(data):
    """As `evaluate` asks for them, so that a player may play one after the other."""
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(0))
    for name in ("waves", "tone", "level"):
        setattr(data, name, getattr(data, name)[order])
    return data


def test_a_perfect_model_has_perfect_numbers(ears):
    train, test = tiny.Tones("train", n=120), tiny.Tones("test", n=120)
    model = Player(in_order(tiny.Tones("test", n=120)))
    found = evaluate(model, ears, train, test)
    assert model.seeds == list(range(120))
    assert found["n"] == dict.fromkeys(found["n"], 120)
    for key in ("ear_a", "ear_b"):
        rows = found[key]
        assert rows["made"]["recognised"] == rows["recorded"]["recognised"] == 1
        assert rows["made"]["frechet"] == pytest.approx(0, abs=1e-3)
        assert rows["training"]["frechet"] > 10 * rows["made"]["frechet"]
        assert rows["made"]["recall"] == rows["made"]["precision"] == 1
        assert rows["made"]["directions"] == 16  # 120 are few for 128
        assert rows["front_end"]["frechet"] > rows["training"]["frechet"]
    clean = found["cleanliness"]
    assert clean["made"] == clean["recorded"]
    told = table(found, "B").splitlines()
    assert len(told) == 2 + 4
    assert told[0].count("|") == told[1].count("|") == told[-1].count("|")
    assert "| 120 | 100.0% ± 0.8% | " in told[-1]


def test_a_wrong_model_has_wrong_numbers(ears):
    class Wrong(Player):
        def generate(self, cond, n, seed):
            waves = super().generate(cond, n, seed)
            return waves.roll(1, 0) if n == 1 else waves[torch.arange(n) // 3 * 3]

    train, test = tiny.Tones("train", n=120), tiny.Tones("test", n=120)
    model = Wrong(in_order(tiny.Tones("test", n=120)))
    found = evaluate(model, ears, train, test)
    for key in ("ear_a", "ear_b"):
        assert found[key]["made"]["recognised"] < 0.7
        p = found[key]["made"]["recognised"]
        likely = (120 * p + 1) / 122
        error = (likely * (1 - likely) / 120) ** 0.5
        assert found[key]["made"]["recognised_error"] == pytest.approx(error, abs=1e-3)


def test_a_small_test_set_is_asked_for_several_times(ears):
    class Quiet(Player):
        def generate(self, cond, n, seed):
            self.asked = getattr(self, "asked", []) + cond["tone"].tolist()
            return torch.zeros(n, 1600)

    test = tiny.Tones("test")  # of 48
    model = Quiet(test)
    found = evaluate(model, ears, tiny.Tones("train"), test)
    assert found["n"]["made"] == 144
    assert found["n"]["recorded"] == 48
    assert sorted(model.asked) == [0] * 48 + [1] * 48 + [2] * 48


def test_a_crowd_like_another():
    labels = torch.tensor([0, 1, 1, 2, 1, 0, 1])
    origin = torch.tensor([0, 1, 1, 2, 3, 4, 1])
    wanted = torch.tensor([1, 0, 1, 2, 2])
    for seed in range(20):
        found = like(wanted, labels, origin, seed)
        assert torch.equal(labels[found], wanted)
        assert {origin[i].item() for i in found[[0, 2]]} == {1, 3}  # each once
        assert found[3] == found[4] == 3  # there is only one
    drawn = {tuple(like(wanted, labels, origin, seed).tolist()) for seed in range(20)}
    assert len(drawn) > 4


def test_silence_is_not_an_error():
    found = cleanliness(torch.zeros(3, 8000), 8000)
    assert math.isnan(found["level_db"])
    assert found["silence"] == 1
    half = torch.cat([torch.zeros(1, 8000), 0.1 * torch.ones(1, 8000)])
    assert cleanliness(half, 8000)["level_db"] == -20
