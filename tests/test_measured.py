"""Measured comparisons: read as they were written, tables without a number typed."""

import json

import pytest
import torch
from torch.utils.data import Dataset

import minidiff as md
from bench.budget import GROUPS, multiplications, stated
from bench.guidance import MIDDLE, WAYS, made
from bench.settings import KNOWN as TRIED
from bench.settings import SETTINGS, titled
from minidiff.data.digits import Digits
from minidiff.data.drums import Drums
from minidiff.data.sounds import Sounds
from minidiff.measured import FOLDER
from minidiff.measured.rows import Measured, short
from minidiff.models.recipe import SoundRecipe
from minidiff.models.recipes import RECIPES
from minidiff.models.shelf import shipped

CONTENT = {
    "again": "python -m bench.budget rules",
    "rows": {
        "long": {
            "steps": 12_345,
            "machine": "a slide rule",
            "seeds": 3,
            "metrics": {"error": 0.123456, "far": {"away": 5678.9}},
            "spread": {"error": 0.0123, "far": {"away": 139.5}},
        },
        "short": {"steps": 12_345, "machine": "an abacus", "metrics": {}},
    },
}
KNOWN = {"by hand": {"metrics": {"error": 0.5}, "n": 25}}


def test_a_column_may_lack_numbers():
    rows = Measured(CONTENT)
    assert rows.column("steps") == [12_345, 12_345]
    assert rows.column("metrics.error") == [0.123456, None]
    assert rows.column("metrics.error.deeper") == [None, None]


def test_table_shows_three_digits_spreads_and_gaps():
    columns = {
        "steps": "steps",
        "how wrong": "metrics.error",
        "away": "metrics.far.away",
    }
    table = Measured(CONTENT | {"yardsticks": KNOWN}).table(columns)
    assert table.splitlines() == [
        "| | steps | how wrong | away |",
        "|---|---|---|---|",
        "| long | 12,345 | 0.123 ± 0.012 | 5,679 ± 140 |",
        "| short | 12,345 |  |  |",
        "| *by hand* |  | 0.5 |  |",
    ]


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.0, 3, "0"),
        (99.96, 3, "100"),
        (999.6, 3, "1,000"),
        (-1234.5, 3, "-1,234"),
        (1_281_385, 3, "1.28 M"),
        (39_082_000_384, 3, "39.1 G"),
        (99.7, 2, "100"),
    ],
)
def test_a_number_is_never_a_power_of_ten(value, digits, text):
    assert short(value, digits) == text


def test_the_budget_is_in_steps_or_if_they_differ_in_seconds():
    assert Measured(CONTENT).seeds == 1  # the fewest
    assert (
        Measured(CONTENT).budget
        == "12,345 steps each, one seed, on a slide rule, an abacus"
    )
    rows = CONTENT["rows"]
    uneven = {"long": rows["long"], "short": rows["short"] | {"steps": 7, "seeds": 3}}
    assert Measured(CONTENT | {"rows": uneven, "seconds": 120}).budget == (
        "120 seconds each, which were 7 to 12,345 steps, 3 seeds, on a slide rule, "
        "an abacus"
    )


def test_a_gap_has_the_error_of_both_means_and_a_leader_must_exceed_it_twice():
    rows = {
        name: {"seeds": 4, "metrics": metrics, "spread": {"error": spread}}
        for name, metrics, spread in (
            ("a", {"error": 1.0, "cost": 3.0}, 0.6),
            ("b", {"error": 1.9, "cost": 1.0}, 0.8),
            ("c", {"error": 2.2, "cost": 2.0}, 0.8),
        )
    }
    known = {"ruler": {"metrics": {"error": 0.5}}}
    rows = Measured({"again": "", "rows": rows, "yardsticks": known})
    assert rows.gap("metrics.error", "b", "a") == pytest.approx((0.9, 0.5))
    assert rows.gap("metrics.error", "a", "ruler") == (0.5, 0.3)  # 0.6 / 2
    assert rows.gap("metrics.cost", "a", "b") == (2.0, None)
    assert rows.best("metrics.error") == "a or b"
    assert rows.best("metrics.error", least=False) == "b or c"
    assert rows.best("metrics.cost") == "a or b or c"  # no spread, no leader
    with pytest.raises(ValueError, match="row"):
        rows.gap("metrics.error", "a", "d")


def test_sounds_are_of_full_scale():
    kept = torch.tensor([[-32767, 0, 32767]], dtype=torch.int16)
    rows = Measured(CONTENT, {"long": kept})
    assert rows.sounds("long").tolist() == [[-1, 0, 1]]
    with pytest.raises(ValueError, match="long"):
        rows.sounds("log")


def test_unknown_comparison_names_the_near_one():
    assert callable(md.measured)  # the function, not the folder of the same name
    with pytest.raises(ValueError, match="name of a comparison"):
        md.measured("no such thing")


TABLES = pytest.mark.parametrize("name", GROUPS)


@TABLES
def test_every_row_says_how_it_was_made(name):
    content = json.loads((FOLDER / f"{name}.json").read_text())
    rows = md.measured(name)
    assert name in rows.again
    assert min(rows.n["made"], rows.n["test"]) > 0
    for row in rows.values():
        assert row["machine"]
        assert row["recipe"]["net"]
        assert row["seeds"] >= 1
        assert set(row.get("spread", row["metrics"])) == set(row["metrics"])
        assert ("spread" in row) == (row["seeds"] > 1)
        if "seconds" in content:  # of equal length
            assert abs(row["seconds"] / content["seconds"] - 1) < 0.25
        else:
            assert row["steps"] == next(iter(rows.values()))["steps"]
    for known in rows.yardsticks.values():
        assert known["n"] > 1
        assert known["metrics"]


@TABLES
def test_what_was_measured_is_what_the_recipes_say_today(name):
    rows = json.loads((FOLDER / f"{name}.json").read_text())["rows"]
    said = {title: stated(recipe) for title, recipe in GROUPS[name].items()}
    assert {title: row["recipe"] for title, row in rows.items()} == said


@TABLES
def test_the_price_of_a_step_is_that_of_the_net_today(name):
    """Counted anew, on data of the right shape."""
    rows = md.measured(name)
    for title, recipe in GROUPS[name].items():
        examples = recipe.examples(Silence(recipe))
        learner = recipe.build(examples.names)
        assert sum(p.numel() for p in learner.parameters()) == rows[title]["parameters"]
        counted = multiplications(learner, examples, recipe.batch)
        assert counted == rows[title]["multiplications"]


def test_the_speed_of_every_shipped_model_of_sounds_was_measured():
    rows = json.loads((FOLDER / "shipped.json").read_text())["rows"]
    models = [name for name in shipped() if isinstance(RECIPES[name], SoundRecipe)]
    assert set(rows) == set(models)
    for row in rows.values():
        assert row["seconds_per_second"] > 0


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_was_heard_by_both_ears(name):
    rows = md.measured(f"settings-{name}")
    assert list(rows) == [titled(*setting) for setting in SETTINGS[name]]
    asked = [(r["sampler"], r["steps"], r["scale"]) for r in rows.values()]
    assert asked == [setting[:3] for setting in SETTINGS[name]]
    ears = {"recognised", "frechet", "recognised_b", "frechet_b"}
    for row in [*rows.values(), *rows.yardsticks.values()]:
        assert set(row["metrics"]) == set(row["spread"])
        assert set(row["metrics"]) - {"in_tune"} == ears
        assert row["n"] == rows.n["made"] >= 100
        assert min(row["metrics"].values()) > 0
    for title in rows:
        assert ("in_tune" in rows[title]["metrics"]) == (name == "notes")
        samples = TRIED[name].samples
        assert rows.sounds(title).shape == (2, samples)


def test_what_ships_is_what_both_ears_prefer():
    """The default of `digits` is among the nearest, by ear B, of all that was tried."""
    recipe, rows = RECIPES["digits"], md.measured("settings-digits")
    ours = f"{recipe.sampler}, {recipe.sampler_steps} steps, scale {recipe.scale:g}"
    assert ours in rows.best("metrics.frechet_b")
    assert rows[ours]["metrics"]["recognised"] > 0.97
    assert rows[ours]["metrics"]["recognised_b"] > 0.97


def test_what_ships_of_environment_is_nearest_by_the_ears_together():
    recipe, rows = RECIPES["environment"], md.measured("settings-environment")
    ours = titled(recipe.sampler, recipe.sampler_steps, recipe.scale, recipe.between)
    assert recipe.between == MIDDLE

    def far(title):
        m = rows[title]["metrics"]
        return m["frechet"] + m["frechet_b"]

    assert ours == min(rows, key=far)


class Silence(Dataset):
    """As many sounds as a batch has, and the labels of a recipe's data set."""

    def __init__(self, recipe):
        kind = {8000: Digits, 16_000: Drums if "drum" in recipe.judge else Sounds}
        self.kind, self.recipe = kind[recipe.hears.sample_rate], recipe
        self.names, self.label_names = self.kind.names, self.kind.label_names

    def __len__(self):
        return self.recipe.batch

    def __getitem__(self, i):
        clean_and_noisy = (2,) if self.recipe.kind == "enhancer" else ()
        wave = 0.1 * torch.randn(*clean_and_noisy, self.recipe.samples)
        return wave, {name: torch.tensor(0) for name in self.label_names}


def test_the_ways_to_guide_are_those_of_the_bench():
    rows = md.measured("guidance-environment")
    assert list(rows) == [way for way in WAYS if way in rows]
    assert len(rows) == len(WAYS)
    assert rows.again.startswith("python -m bench.guidance environment")
    yardstick = rows.yardsticks["as many training recordings"]
    for row in [*rows.values(), yardstick]:
        assert row["n"] == rows.n["made"]
        shares = ("recognised", "precision", "recall")
        assert all(0 <= row["metrics"][k + e] <= 1 for k in shares for e in ("", "_b"))
    calls = {way: row["metrics"]["calls"] for way, row in rows.items()}
    assert calls["scale 1"] == 20 < calls["scale 4, in the middle"] < 40
    assert calls["CFG++, scale 0.7"] == calls["autoguidance, scale 2"] == 40


def test_ways_are_made_from_the_same_noises():
    model, wanted = Toy(), torch.tensor([0, 1])
    plain, once = made(model, {"scale": 1.0}, wanted)
    some, _ = made(model, {"scale": 1.0, "between": MIDDLE}, wanted)
    other, twice = made(model, 0.0, wanted)  # CFG++ without a label
    assert torch.equal(plain, some)
    assert not torch.equal(plain, other)
    assert twice == 2 * once


class Toy:
    """A model of two numbers, whose sounds are the numbers."""

    shape = (2,)

    def __init__(self):
        world = md.GaussianMixture([[-0.5, 0.0], [0.5, 0.0]], 0.2)
        self.denoiser = world.denoiser(md.Cosine())

    def heard(self, x):
        return x, None
