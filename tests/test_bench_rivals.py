"""The bench of the rivals: one price for all, and nothing done twice."""

import json

import pytest
import torch

import minidiff as md
from bench import rivals, rivals_digits
from minidiff.judging.modes import modes
from minidiff.measured import FOLDER

POINTS = md.data.points("gaussians", 2000).x


def priced(rival, batch):
    torch.manual_seed(0)
    model = rival.build()
    return rivals.weights(model), rivals.multiplications(rival, model, batch)


@pytest.mark.parametrize("where", ["points", "digits"])
def test_all_have_as_many_weights(where):
    known = rivals.RIVALS if where == "points" else {
        name: rival for name, (rival, _) in rivals_digits.RIVALS.items()
    }  # fmt: skip
    sizes = [rivals.weights(rival.build()) for rival in known.values()]
    assert max(sizes) <= 1.1 * min(sizes)
    assert len(sizes) == 5


def test_a_step_is_counted_by_hand():
    """Each linear layer costs n x inp x out there, and twice that back."""
    inner, n = 4 * 64 * 64, 256
    # G and D: 2 -> 64, three of 64 -> 64 and one more, 64 -> 2 or 1
    G, D = 2 * 64 + inner - 64 * 64 + 64 * 2, 2 * 64 + inner - 64 * 64 + 64
    _, found = priced(rivals.RIVALS["GAN"], POINTS[:n])
    # D's turn: G once, D on both, back without a slope of x; G's turn: both there,
    # and back through D to G, whose z needs none
    first = 2 * 64
    critic = G + 2 * (3 * D - first)
    maker = G + D + D + 2 * G - first
    assert found == n * (critic + maker)


def test_r1_costs_more_and_a_gan_more_than_diffusion():
    prices = {
        name: priced(rival, rival.shown(POINTS[:64]))[1]
        for name, rival in rivals.RIVALS.items()
    }
    assert prices["GAN with R1"] > 1.3 * prices["GAN"]
    assert prices["GAN"] > prices["diffusion"]


@pytest.mark.parametrize("name", ["GAN", "autoregression"])
def test_a_training_is_looked_at_as_it_goes(name):
    torch.manual_seed(0)
    rival = rivals.RIVALS[name]
    price = rivals.multiplications(rival, rival.build(), rival.shown(POINTS[:256]))
    told, points = rivals.on_points(name, "gaussians", 1e-3, 0, 16 * price)
    assert told["steps"] == 16
    assert len(told["looks"]) == rivals.MOMENTS == len(points)
    assert points.shape == (8, rivals.KEPT, 2)
    assert points.dtype == torch.int16
    back = rivals.RANGE * points[-1] / 32767
    assert 0.1 < back.std() < 4


def test_a_training_that_breaks_is_a_row_of_zeros(monkeypatch):
    def breaks(model, loader, steps, **_):
        raise ValueError("the loss is nan")
        yield

    broken = rivals.RIVALS["GAN"]._replace(train=breaks)
    monkeypatch.setitem(rivals.RIVALS, "GAN", broken)
    monkeypatch.setattr(rivals, "multiplications", lambda *_: 10)
    told, _ = rivals.on_points("GAN", "gaussians", 1e-3, 0, 100)
    assert told["failed"] == "the loss is nan"
    assert told["looks"][-1] == {"quality": 0.0, "found": 0, "counts": [0] * 8}


def test_nothing_is_done_twice(tmp_path):
    calls = []

    def make():
        calls.append(1)
        return {"seconds": 1.0}, torch.arange(3)

    for _ in range(2):
        told, kept = rivals.once(tmp_path / "a", "GAN with R1 0.1", make)
        assert (told, kept.tolist()) == ({"seconds": 1.0}, [0, 1, 2])
    assert calls == [1]


def test_a_score_needs_both():
    assert rivals.score({"quality": 0.8, "found": 4, "counts": [0] * 8}) == 0.4
    mixture = md.data.points("grid", 1).mixture
    one = modes(mixture.means[:1].expand(50, 2).contiguous(), mixture)
    assert rivals.score(one) == pytest.approx(1 / 25)


def test_lists_stand_on_one_line():
    content = {"a": [1, 2], "b": {"c": [[1, 2], [3]]}}
    text = rivals.short(json.dumps(content, indent=1))
    assert json.loads(text) == content
    assert '"a": [1, 2]' in text


def test_how_far_apart_sounds_of_a_class_are():
    points = torch.tensor([[0.0, 0], [3, 4], [9, 9], [9, 10]])
    labels = torch.tensor([0, 0, 1, 1])
    assert rivals_digits.apart(points, labels) == pytest.approx(3)
    assert rivals_digits.apart(points, torch.tensor([0, 0, 1, 2])) == 5


@pytest.mark.parametrize("table", ["gaussians", "grid"])
def test_stored_rows_are_of_the_nets_and_prices_of_today(table):
    rows = json.loads((FOLDER / f"rivals-{table}.json").read_text())["rows"]
    assert list(rows) == list(rivals.RIVALS)
    for name, rival in rivals.RIVALS.items():
        weights, price = priced(rival, rival.shown(POINTS[:256]))
        assert rows[name]["parameters"] == weights
        assert rows[name]["multiplications"] == price
        assert rows[name]["steps"] == round(rivals.BUDGET / price)


def test_stored_rows_of_digits_are_of_the_nets_of_today():
    rows = json.loads((FOLDER / "rivals-digits.json").read_text())["rows"]
    assert list(rows) == list(rivals_digits.RIVALS)
    for name, (rival, _) in rivals_digits.RIVALS.items():
        assert rows[name]["parameters"] == rivals.weights(rival.build())


def test_each_row_of_points_has_the_rate_that_rates_chose():
    """By two seeds that no other table uses."""
    chosen = json.loads((FOLDER / "rivals-rates.json").read_text())["rows"]
    for table in ("gaussians", "grid"):
        rows = json.loads((FOLDER / f"rivals-{table}.json").read_text())["rows"]
        for name, row in rows.items():
            scores = {lr: m["score"] for lr, m in chosen[name]["metrics"].items()}
            assert row["lr"] == float(max(scores, key=scores.get))
