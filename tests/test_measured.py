"""Measured comparisons: read as they were written, tables without a number typed."""

import json
import math

import pytest
import torch
from torch.utils.data import Dataset

import minidiff as md
from bench import asked, blind, prompts
from bench.budget import GROUPS, multiplications, stated
from bench.guidance import MIDDLE, WAYS, made
from bench.settings import KNOWN as TRIED
from bench.settings import SETTINGS, titled
from minidiff.control.listening import CROWDS
from minidiff.control.matched import KINDS
from minidiff.data.digits import Digits
from minidiff.data.drums import Drums
from minidiff.data.sounds import Sounds
from minidiff.exercises.ch14 import SEED
from minidiff.measured import FOLDER, shares
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
    rows = Measured(CONTENT | {"yardsticks": KNOWN})
    some = rows.table(columns, ["by hand", "short"]).splitlines()
    assert some == [*table.splitlines()[:2], *table.splitlines()[:2:-1]]
    with pytest.raises(ValueError, match="row"):
        rows.table(columns, ["by foot"])


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


def test_a_pair_on_the_same_recordings_has_the_error_of_its_differences():
    rows = {"a": {"each": {"shape": [1.0, 3.0, 8.0]}}, "b": {"metrics": {}}}
    known = {"ruler": {"each": {"shape": [0.0, 1.0, 5.0]}}}
    rows = Measured({"again": "", "rows": rows, "yardsticks": known})
    found = rows.paired("shape", "a", "ruler")
    assert found == pytest.approx((2.0, (1 / 3) ** 0.5))
    with pytest.raises(ValueError, match="each of b"):
        rows.paired("shape", "a", "b")
    with pytest.raises(ValueError, match="row"):
        rows.paired("shape", "a", "c")


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


def test_what_was_made_of_prompts_was_heard_in_every_way():
    rows = md.measured("prompts")
    assert list(rows) == [way for way in prompts.WAYS if way in rows]
    assert {"words, reader of the CLAP", "embedding of the caption"} <= set(rows)
    kinds = {"sounds", "relation", "order", "traits", "traits heard", "all"}
    *known, guess = rows.yardsticks.values()
    for row in [*rows.values(), *known]:
        assert ("spread" in row) == (row.get("seeds", 1) > 1)
        for crowd in ("every", *CROWDS):
            found, n = row["metrics"][crowd], row["asked"][crowd]
            assert set(found) == set(row["error"][crowd]) == set(n)
            assert kinds - {"order"} <= set(found)
            for kind, share in found.items():
                assert 0 <= share <= 1
                assert share * n[kind] == pytest.approx(round(share * n[kind]), abs=0.1)
    for row in (next(iter(rows.values())), *known):
        assert {"name_a", "name_b", *asked.TRAITS, "plain"} <= set(row["metrics"])
    assert set(guess["metrics"]) == {"name_a", "name_b", *asked.TRAITS}
    claps = md.measured("claps")
    assert list(claps) == list(prompts.CLAPS)
    for row in claps.values():
        for how in ("refused", "elsewhere"):
            kinds = set(KINDS) - ({"relation"} if how == "elsewhere" else set())
            assert set(row["metrics"][how]) == set(row["error"][how]) == kinds


def test_trainings_are_pooled():
    one, other = {"a": {"b": (1, 4), "c": (1, 1)}}, {"a": {"b": (3, 4)}, "d": (0, 2)}
    row = prompts.pooled([one, other])
    assert row["metrics"] == {"a": {"b": 0.5, "c": 1.0}, "d": 0.0}
    assert row["asked"] == {"a": {"b": 8, "c": 1}, "d": 2}
    assert row["spread"]["a"]["b"] == pytest.approx(0.5 / 2**0.5, abs=1e-4)
    assert row["error"]["a"]["b"] == prompts.error(0.5, 4)
    assert "spread" not in prompts.pooled([one])


def test_all_trainings_of_a_model_are_found(tmp_path):
    assert prompts.trained("clap", None) == ["clap"]
    assert prompts.trained("no such model", tmp_path) == []
    for name in ("clap", "clap-2", "clap-plain"):
        (tmp_path / name).mkdir()
    folders = prompts.trained("clap", tmp_path)
    assert folders == [str(tmp_path / name) for name in ("clap", "clap-2")]


def test_a_standard_error_is_never_none():
    assert prompts.error(1.0, 36) == pytest.approx((37 / 38 / 38 / 36) ** 0.5, abs=1e-4)
    assert prompts.error(0.5, 100) == pytest.approx(0.05, abs=1e-4)


def test_a_pitch_is_close_within_a_semitone_of_its_third():
    """The organ's thirds are of 8 semitones: 110 to 175 Hz, and 277 to 440 Hz."""
    t = torch.arange(16_000) / 16_000

    def tone(hertz):
        return 0.1 * sum(torch.sin(2 * torch.pi * k * hertz * t) / k for k in (1, 2, 3))

    for hertz, side, right in (
        (130.0, "low", True), (182.0, "low", True), (200.0, "low", False),
        (330.0, "low", False), (330.0, "high", True), (240.0, "high", False),
    ):  # fmt: skip
        assert asked.close(tone(hertz), "organ", side) == right, (hertz, side)


def test_a_guess_hears_no_pitch():
    """Organ and string: (8 + 1) of 24 semitones; a flute has 21.1."""
    guess = asked.Bench.guess()
    flute = 12 * math.log2(1760 / 520)
    string = 12 * math.log2(330 / 82)
    expected = [(wide / 3 + 1) / wide for wide in (24, flute, string)]
    assert guess["pitch"] == pytest.approx(sum(expected) / 3, abs=1e-4)


def test_a_rate_is_how_often_it_swells():
    t = torch.arange(16_384) / 16_000
    for rate in (3.0, 4.5, 7.0):
        sway = 1 + 0.2 * torch.sin(2 * torch.pi * rate * t)
        wave = 0.1 * sway * torch.sin(2 * torch.pi * 440 * t)
        assert asked.rate(wave) == pytest.approx(rate, abs=0.3)


def test_a_centre_is_the_mean_frequency_by_power():
    t = torch.arange(16_000) / 16_000
    a, b = (torch.sin(2 * torch.pi * hertz * t) for hertz in (1000, 2000))
    assert asked.centre(a) == pytest.approx(math.log2(1000), abs=1e-3)
    assert asked.centre(a + b) == pytest.approx(math.log2(1500), abs=1e-3)
    assert asked.centre(3 * (a + b)) == pytest.approx(asked.centre(a + b), abs=1e-6)


def test_analysis_tells_the_traits_of_true_sounds():
    bench = asked.Bench(1, 0, 4)
    right = bench.right({"traits": bench.true["traits"]}, None)
    assert set(right) == set(asked.TRAITS)
    for hits, n in right.values():
        assert n == 24
        assert hits >= 22


def test_shares_in_words():
    row = {
        "metrics": {"a": {"few": 0.5, "b": 0.5}, "c": 0.9},
        "error": {"a": {"few": 0.1, "b": 0.05}, "c": 0.01},
        "asked": {"a": {"few": 12, "b": 300}, "c": 300},
    }
    three = row | {"seeds": 3, "spread": {"a": {"few": 0.2, "b": 0.02}, "c": 0.5}}
    assert shares.share(row, "a", "b") == "50% ± 5%"
    assert shares.share(three, "a", "b") == "50% ± 5% (2%)"
    assert shares.share(row, "a", "few") == "6 of 12"
    assert shares.share(row, "a", "few", few=10) == "50% ± 10%"
    assert shares.share(row, "a", "never") == shares.share(row, "d", "b") == "–"
    assert shares.share({"metrics": {"c": 0.25}}, "c") == "25%"
    assert shares.table({"x": row}, {"b": "B", "few": "F"}, "a") == (
        "| | B | F |\n|---|---|---|\n| x | 50% ± 5% | 6 of 12 |"
    )
    assert shares.beside(row, "a", "b") == "not told from a guess (50%)"
    assert shares.beside(row, "a", "b", guess=0.35).startswith("better")
    assert shares.beside(row, "c", guess=0.95).startswith("worse")
    assert shares.beside(row, "d") == "never asked"


def test_a_lead_counts_trainings_too():
    row = {"metrics": {"a": 0.6}, "error": {"a": 0.03}}
    other = {"metrics": {"a": 0.5}, "error": {"a": 0.0}}
    assert shares.lead(row, other, "a") == "ahead by 10 points"
    assert shares.lead(other, row, "a") == "behind by 10 points"
    unsteady = row | {"spread": {"a": 0.16}, "seeds": 4}
    expected = "not told apart (+10 points; two errors: 17)"
    assert shares.lead(unsteady, other, "a") == expected
    assert shares.lead(row, other, "b") == "never asked"


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


@pytest.mark.skipif("scenes-listener" not in shipped(), reason="no listener ships yet")
def test_what_exercise_14_6_plays_is_what_was_asked():
    assert blind.fair(md.load("prompts"), md.load("scenes-listener"), SEED)
