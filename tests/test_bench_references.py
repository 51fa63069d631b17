"""The rulers of chapter 15's tables, on crowds whose answers are known."""

import json
import math

import pytest
import torch

import minidiff as md
from bench import edits, nearby, variations
from minidiff.measured import FOLDER
from minidiff.models.card import card_in
from minidiff.models.shelf import WEIGHTS


class Ear:
    """Hears the first two numbers of a wave."""

    samples = 4

    def embed(self, waves):
        return waves[:, :2]


def test_a_share_and_its_error():
    assert variations.share(torch.tensor([True, False])) == (
        0.5,
        round(math.sqrt(1 / 8), 3),
    )
    p, error = variations.share(torch.ones(8, dtype=torch.bool))
    assert p == 1
    assert 0 < error < 0.12


def test_a_mean_and_its_error():
    assert variations.mean(torch.tensor([1.0, 3.0])) == (2.0, 1.0)


def test_who_is_nearest_to_its_own():
    real = torch.randn(6, 8, generator=torch.Generator().manual_seed(0))
    same = nearby.numbers({"A": Ear()}, real, real)
    assert same["metrics"] == {"found": 1.0, "among_five": 1.0, "alike": 0.0}
    other = nearby.numbers({"B": Ear()}, real, real.roll(1, 0))["metrics"]
    assert other["found_b"] == 0
    assert other["alike_b"] > 0.5


SPEC = md.MelSpec(8000, n_fft=256, hop_length=80, n_mels=8, mean=-50.0, std=20.0)


def test_levels_and_how_long_they_sound():
    db = torch.full((1, 1, 8, 20), -200.0)  # below the floor, which is -80
    db[..., :12] = -20 - 10 * math.log10(8)
    found = edits.levels((db - SPEC.mean) / SPEC.std, SPEC)
    assert found.shape == (1, 20)
    loud, soft = -20.0, -80 + 10 * math.log10(8)
    torch.testing.assert_close(found[0, [0, 19]], torch.tensor([loud, soft]))
    assert edits.sounding(found).item() == 12
    assert edits.loudest(found).item() == pytest.approx(-20)
    torch.testing.assert_close(edits.correlation(found, found), torch.ones(1))
    torch.testing.assert_close(edits.correlation(found, -found), -torch.ones(1))
    half = torch.where(found > -30, found - 6, found)
    half[:, 8:12] = soft
    kept = edits.kept(half, found, 0.01)
    assert kept["level"].item() == pytest.approx(6)
    assert kept["length"].item() == pytest.approx(0.04)
    assert 0 < kept["shape"].item() < 0.9


def test_the_distance_of_two_mels_is_in_decibels():
    a = torch.randn(3, 1, 8, 20, generator=torch.Generator().manual_seed(0))
    b = a + torch.tensor([0.0, 0.1, -0.2])[:, None, None, None]
    torch.testing.assert_close(
        edits.distance(a, b, SPEC), torch.tensor([0.0, 2.0, 4.0]), atol=1e-4, rtol=0
    )


@pytest.mark.parametrize(("name", "label"), [("digits", "seven"), ("notes", "flute")])
def test_a_recording_keeps_its_shape_and_another_does_not(name, label):
    """Even through Griffin-Lim and back, whose ripple once counted as lost."""
    model = md.load(name)
    n, spec = model.settings["samples"], model.spec
    x = torch.cat([spec.encode(md.example(label, k).fitted(n)) for k in (0, 1)])
    real = edits.levels(x, spec)
    again = edits.levels(spec.encode(spec.decode(x)), spec)
    own = edits.kept(again, real, 0.01)["shape"]
    assert own.min() > 0.95
    assert (edits.kept(again.roll(1, 0), real, 0.01)["shape"] < own).all()


def test_calls_are_counted():
    denoiser = edits.Counting(md.GaussianMixture([[0.0]], 1.0).denoiser(md.Cosine()))
    *_, _ = md.ddim(denoiser, torch.zeros(5, 1), md.noise_times(md.Cosine(), 7))
    assert denoiser.calls == 7


def test_clips_of_one_recording_are_one_source():
    class Cuts:
        credits, origin = ["b", "a"], torch.tensor([0, 0, 1, 1])

        def __len__(self):
            return 4

    class Made:
        def __len__(self):
            return 4

    sources = variations.origins(Cuts())
    assert sources == ["b", "b", "a", "a"]
    found = variations.apart(torch.tensor([1, 0, 3, 2]), sources)
    assert found.tolist() == [1, 3]
    assert variations.apart(torch.arange(4), variations.origins(Made())).tolist() == [
        0, 1, 2, 3,
    ]  # fmt: skip


def test_json_with_short_lists():
    held = {"a": [1.5, 2, [3, 4]], "b": {"c": [True, "x, y"]}}
    text = variations.on_one_line(json.dumps(held, indent=1))
    assert json.loads(text) == held
    assert "[ 3, 4 ]" in text
    assert len(text.splitlines()) < len(json.dumps(held, indent=1).splitlines())


TABLES = {
    "variations-environment": "environment",
    "edits-digits": "digits",
    "edits-notes": "notes",
    "nearby": "prompts-clap",
}


@pytest.mark.parametrize(("table", "model"), TABLES.items())
def test_a_table_is_of_the_model_that_ships(table, model):
    stored = json.loads((FOLDER / f"{table}.json").read_text())
    assert stored["model"] == card_in(WEIGHTS / model)["sha256"]
    for row in stored["rows"].values():
        assert row["n"] == stored["n"]["made"]
        assert row["spread"]
        assert row["machine"]


@pytest.mark.parametrize("table", ["edits-digits", "edits-notes"])
def test_a_table_has_all_its_ways(table):
    stored = json.loads((FOLDER / f"{table}.json").read_text())
    assert list(stored["rows"]) == list(edits.WAYS)


def test_the_table_of_strengths_is_whole():
    stored = json.loads((FOLDER / "variations-environment.json").read_text())
    strengths = [f"strength {s:g}" for s in variations.STRENGTHS]
    assert list(stored["rows"]) == strengths
