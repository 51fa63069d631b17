"""The benches of chapter 19: small runs say what is known, and can be resumed."""

import json
import sys

import pytest
import torch

import minidiff as md
from bench import copying, local
from minidiff.measured.orders import Orders, orders
from minidiff.measured.rows import Measured


def run(monkeypatch, module, folder):
    monkeypatch.setattr(sys, "argv", ["bench", "--out", str(folder)])
    module.main()


def test_copies_of_few_examples(monkeypatch, tmp_path):
    monkeypatch.setattr(copying, "SIZES", (10, 12))
    monkeypatch.setattr(copying, "NETS", {"small net": (8, 8)})
    monkeypatch.setattr(copying, "STEPS", 3)
    monkeypatch.setattr(copying, "HELD", 20)
    monkeypatch.setattr(copying, "MADE", 30)
    run(monkeypatch, copying, tmp_path)
    file = tmp_path / "copying.json"
    found = Measured(json.loads(file.read_text()))
    assert found["ideal, 10"]["metrics"]["copies"] == 1
    assert found["small net, 12"]["metrics"]["copies"] < 0.3  # three steps teach little
    assert found["small net, 12"]["multiplications"] > 1000
    assert found.yardsticks["planted, 12"]["metrics"]["copies"] > 0.9
    # a row that is there is not made again
    content = json.loads(file.read_text())
    content["rows"]["small net, 10"]["metrics"]["copies"] = 0.123
    del content["rows"]["small net, 12"]
    file.write_text(json.dumps(content))
    run(monkeypatch, copying, tmp_path)
    again = json.loads(file.read_text())["rows"]
    assert again["small net, 10"]["metrics"]["copies"] == 0.123
    assert again["small net, 12"] == found["small net, 12"] | {
        "seconds": again["small net, 12"]["seconds"]
    }


def test_patches_of_a_net_that_is_one(monkeypatch, tmp_path):
    """In place of a trained net a local ideal denoiser: which the bench must find."""
    x = md.data.pictures().x[:60]
    monkeypatch.setattr(local, "TASKS", {"pictures": (8, (0, 1), False, True)})
    monkeypatch.setattr(local, "SIDES", (1, 3, 15))
    monkeypatch.setattr(local, "CHOICE", 12)
    monkeypatch.setattr(local, "ASKED", 12)
    monkeypatch.setattr(local, "WALK", 3)
    monkeypatch.setattr(local, "data", lambda task: (x, md.data.pictures("test").x))
    known = local.LocalIdealDenoiser(x, local.SCHEDULE, 3)
    monkeypatch.setattr(local, "trained", lambda task, x, seed: known)
    run(monkeypatch, local, tmp_path)
    row = json.loads((tmp_path / "local.json").read_text())["rows"]["pictures"]
    assert row["sides"]["local"] == [[3] * 5] * 2
    levels = row["metrics"]["local"]
    assert set(levels) == {"0.2", "0.5", "1", "2", "4", "walk"}
    assert min(levels.values()) == pytest.approx(1)
    assert row["metrics"]["ideal"]["0.5"] < 0.99
    assert row["spread"]["local"]["walk"] == 0


def test_the_gaussian_of_a_gaussian_is_exact():
    dice = torch.Generator().manual_seed(0)
    x = torch.randn(4000, 1, 2, 2, generator=dice)
    t = torch.full((3,), 0.5)
    alpha, sigma = local.SCHEDULE(0.5)
    shrunk = alpha / (alpha**2 + sigma**2) * x[:3]
    assert torch.allclose(local.gaussian(x)(x[:3], t), shrunk.float(), atol=0.1)


def rows(*numbers):
    """Rows with two rulers, each a value and its spread."""
    made = {
        str(k): {
            "metrics": {"a": a, "b": b},
            "spread": {"a": e, "b": f},
        }
        for k, (a, e, b, f) in enumerate(numbers)
    }
    return Measured({"again": "", "rows": made})


def test_orders_are_counted():
    table = rows((1, 0.1, 5, 0.1), (2, 0.1, 6, 0.1), (3, 0.1, 5.9, 0.1))
    assert orders(table, "metrics.a", "metrics.b") == (2, 1, 2, 0)
    assert orders(table, "metrics.a", "metrics.b", same=False) == (1, 2, 0, 2)
    level = rows((1, 0, 5, 0), (1, 0, 6, 0))
    assert orders(level, "metrics.a", "metrics.b") == (0, 0, 0, 0)
    assert Orders(1, 2, 3, 4) + Orders(1, 1, 1, 1) == (2, 3, 4, 5)
