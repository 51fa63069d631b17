"""Tests of the bench of repairs, and of the tables it made."""

import json
import math
from statistics import mean

import pytest
import torch

import minidiff as md
from bench import repair
from minidiff.measured import FOLDER
from minidiff.models import shelf
from minidiff.models.card import card_in

NAMES = sorted(f.stem.removeprefix("repair-") for f in FOLDER.glob("repair-*.json"))


def test_three_models_were_measured():
    assert {"digits", "notes", "drums-waveform"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_repairs_are_those_of_what_ships_on_the_test_split(name):
    content = json.loads((FOLDER / f"repair-{name}.json").read_text())
    assert f"bench.repair {name}" in content["again"]
    assert content["split"] == "test"
    assert content["model"] == card_in(shelf.WEIGHTS / name)["sha256"]
    rows, known = content["rows"], content["yardsticks"]
    assert set(rows) in ({"gradient"}, set(repair.METHODS))
    assert {"nothing done", "plain", "the recording"} <= set(known)
    for title, row in (rows | known).items():
        for what, numbers in row["metrics"].items():
            each = row["each"][what]
            assert len(each) == content["n"]
            assert mean(each) == pytest.approx(numbers["lsd"], abs=0.01)
            assert all(map(math.isfinite, numbers.values()))
            assert (numbers["lsd"] == 0) == (title == "the recording")
    for row in rows.values():
        assert row["machine"]
        assert row["answers"] > 1
        assert all(m["apart"] > 0 for m in row["metrics"].values())


def test_a_cubic_finds_what_is_one():
    t = torch.linspace(-1, 1, 60, dtype=torch.float64)
    wave = torch.stack([t**3 - t, 2 * t**2 + 1])
    known = torch.ones(2, 60, dtype=torch.bool)
    known[:, 20:27] = False
    broken = torch.where(known, wave, 9.0)
    assert (repair.cubic(broken, known) - wave).abs().max() < 1e-6


def test_clipping_is_plainly_mended_where_it_was_cut():
    wave = torch.sin(torch.linspace(0, 20, 400))[None]
    clip = md.Clipped(0.8)
    flat = clip(wave)
    made = repair.plain(clip, flat, None)
    kept = clip.known(flat)
    assert torch.equal(made[kept], flat[kept])
    assert (made - wave).abs().max() < 0.5 * (flat - wave).abs().max()


def test_a_click_is_a_jump_at_an_edge():
    gap = md.Gap(0.25, 0.5).at(400)
    real = torch.sin(torch.arange(400) / 9)[None]
    torn = real.clone()
    torn[:, 100:200] = 3.0
    usual = real.diff(dim=1).abs().max()
    jump = (3 - real[0, 99]) / usual  # either edge: 99 to 100, 199 to 200
    other = (3 - real[0, 200]).abs() / usual
    assert repair.click(gap, torn, real).item() == pytest.approx(
        max(jump.item(), other.item()), 1e-5
    )
    inside = real.clone()
    inside[:, 150] = 9.0  # not at an edge
    assert repair.click(gap, inside, real).item() <= 1


def test_numbers_are_means_over_answers_with_errors_over_recordings():
    real = torch.randn(4, 2048, generator=torch.Generator().manual_seed(0))
    near, far = real + 0.1 * real.flip(0), real + real.flip(1)
    both = repair.over(repair.distance, [near, far], real)
    one, two = repair.distance(near, real), repair.distance(far, real)
    assert torch.allclose(both, (one + two) / 2)
    assert repair.distance(real, real).abs().max() == 0


def test_what_holds_no_speech_has_no_pesq(monkeypatch):
    def scored(made, real, rate):
        return mean(made[made > 0].tolist())  # a mean of nothing raises

    monkeypatch.setattr(repair.fidelity, "pesq", scored)
    found = repair.pesq(8000, torch.tensor([[0.5], [0.0]]), torch.zeros(2, 1))
    assert found[0] == 0.5
    assert found[1].isnan()
