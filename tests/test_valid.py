"""The checks themselves."""

import re
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import torch

from minidiff import valid

pytestmark = pytest.mark.usefixtures("unhooked")


def test_choice_suggests_what_is_near():
    assert valid.choice("heun", ("ddim", "heun"), "sampler") == "heun"
    near = "sampler: 'huen' is unknown; did you mean 'heun'? Known: ddim, heun"
    with pytest.raises(ValueError, match=f"^{re.escape(near)}$"):
        valid.choice("huen", ("ddim", "heun"), "sampler")
    far = "sampler: 7 is unknown. Known: ddim, heun"
    with pytest.raises(ValueError, match=f"^{re.escape(far)}$"):
        valid.choice(7, ("ddim", "heun"), "sampler")


def test_a_choice_is_the_known_one():
    found = valid.choice(np.int64(44_100), (8000, 44_100), "rate")
    assert (found, type(found)) == (44_100, int)
    composed, decomposed = (unicodedata.normalize(f, "Türe") for f in ("NFC", "NFD"))
    for known in (composed, decomposed):
        for typed in (composed, decomposed):
            assert valid.choice(typed, ["Tor", known], "class") == known
    with pytest.raises(ValueError, match=f"did you mean '{composed}'"):
        valid.choice(decomposed[:-1], [composed], "class")


def test_numbers_are_not_near_each_other():
    with pytest.raises(ValueError, match=r"rate: 96000 is unknown\. Known: 16000"):
        valid.choice(96_000, (16_000, 48_000), "rate")
    with pytest.raises(ValueError, match="'16000' is unknown; did you mean '16000'"):
        valid.choice("16000", (16_000, 48_000), "rate")


def test_paths(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert valid.path("~/a", "out") == tmp_path / "a"
    assert valid.path(Path("~/a"), "out") == tmp_path / "a"
    assert valid.path(".", "out") == Path(".")
    with pytest.raises(ValueError, match=r"out is empty; the current folder .* '\.'"):
        valid.path("", "out")
    with pytest.raises(TypeError, match="out must be a path, got 3"):
        valid.path(3, "out")


def test_seeds():
    assert valid.seed(2**63 - 1) == 2**63 - 1
    for seed in (-1, 2**63):
        with pytest.raises(ValueError, match="seed must be in"):
            valid.seed(seed)


@pytest.mark.parametrize("value", [3, 3.0, np.int64(3), np.float32(3), torch.tensor(3)])
def test_whole_numbers_of_every_kind(value):
    found = valid.whole(value, "n", 1)
    assert (found, type(found)) == (3, int)


@pytest.mark.parametrize("value", [True, "3", None, 2.5, [3], float("inf")])
def test_what_is_no_whole_number(value):
    with pytest.raises(TypeError, match="n must be a"):
        valid.whole(value, "n", 1)


def test_ends_are_in_or_out():
    assert valid.number(0, "x", 0, 1) == 0
    assert valid.number(0.5, "x", 0, 1, open_ends=True) == 0.5
    for value in (0, 1, float("nan"), -1):
        with pytest.raises(ValueError, match=r"x must be in \(0, 1\), got"):
            valid.number(value, "x", 0, 1, open_ends=True)


def test_times_keep_their_precision():
    t = torch.rand(3)
    assert valid.unit_time(t) is t
    assert valid.unit_time(0.3).item() == 0.3
    assert valid.unit_time(np.array([0.25])).tolist() == [0.25]


def test_labels_may_be_null():
    valid.labels(torch.tensor([0, 3]), 3, 2, "cond")
    with pytest.raises(ValueError, match=r"cond: .*0\.\.2 \(3 = null\), got 0\.\.4"):
        valid.labels(torch.tensor([0, 4]), 3, 2, "cond")
