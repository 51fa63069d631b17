"""Few steps: the recipe that begins with a teacher's weights, and what it leaves."""

import dataclasses
import json

import pytest
import tiny
import torch

import minidiff as md
from minidiff.models import card, recipes, run
from minidiff.models.fast import FastRecipe, with_steps

SAME = {f.name: getattr(tiny.RECIPE, f.name) for f in dataclasses.fields(tiny.RECIPE)}
STEPS = 30


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    out = tmp_path_factory.mktemp("teacher")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(recipes.RECIPES, "tiny", tiny.RECIPE)
        list(run.train("tiny", out, 60, device="cpu"))
    return out


def recipe_of(teacher, **changes):
    jumps = {"sampler": "renoise", "sampler_steps": 2, "halve": 10}
    jumps |= {"teacher": str(teacher), "stops": ((), (0.5,), (0.8, 0.5, 0.2))}
    return FastRecipe(**SAME | jumps | changes)


@pytest.fixture(autouse=True)
def registered(monkeypatch, teacher):
    monkeypatch.setitem(recipes.RECIPES, "quick", recipe_of(teacher))


def train(out, **options):
    return run.train("quick", out, STEPS, device="cpu", **options)


def weights(folder):
    return (folder / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory, teacher):
    out = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(recipes.RECIPES, "quick", recipe_of(teacher))
        list(train(out))
    return out


def test_speaks_in_as_many_steps_as_it_has_learned(whole):
    model = md.load(whole)
    made = {n: model.generate("high", n=2, steps=n) for n in (1, 2, 4)}
    assert torch.equal(model.generate("high", n=2), made[2])
    assert not torch.allclose(made[1], made[2], atol=1e-3)
    assert torch.allclose(model.generate("high", seed=1), made[2][1:], atol=1e-4)
    for wrong in (3, 20):
        with pytest.raises(ValueError, match=f"stops for 1, 2, 4 only, got {wrong}"):
            model.generate("high", steps=wrong)
    with pytest.raises(ValueError, match="steps"):
        model.generate("high", steps=0)


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_the_net_is_asked_at_the_stops(whole, steps):
    model, asked = md.load(whole), []
    hook = model.denoiser.net.register_forward_pre_hook(
        lambda net, args: asked.append(args[1][0].item())
    )
    model.generate("high", steps=steps)
    hook.remove()
    begin = md.noise_times(model.denoiser.schedule, 1)[0].item()
    after = {1: [], 2: [0.5], 4: [0.8, 0.5, 0.2]}[steps]
    assert asked == pytest.approx([begin, *after])


def test_a_teacher_makes_any_number_of_steps(teacher):
    assert md.load(teacher).generate("high", steps=3).isfinite().all()


def test_the_net_is_as_large_as_the_teachers(whole, teacher):
    ours, theirs = (
        card.settings_in(folder / "model.safetensors") for folder in (whole, teacher)
    )
    assert ours["net"] == theirs["net"]
    assert abs(len(weights(whole)) - len(weights(teacher))) < 1000
    before = md.load(teacher).denoiser.net.state_dict()
    after = md.load(whole).denoiser.net.state_dict()
    assert before.keys() == after.keys()
    assert any(not torch.equal(before[k], after[k]) for k in before)


def test_stopped_and_gone_on(whole, tmp_path):
    """Also in the middle of a gap: the count of the steps goes on."""
    for step in train(tmp_path, every=7):
        if step.index == 15:
            break
    assert [step.index for step in train(tmp_path, every=7)] == list(
        range(15, STEPS + 1)
    )
    assert weights(tmp_path) == weights(whole)


def test_another_teacher_is_another_run(tmp_path, teacher, monkeypatch):
    for _ in train(tmp_path, every=5, stop=lambda: True):
        pass
    monkeypatch.setitem(recipes.RECIPES, "tiny", tiny.RECIPE)
    list(run.train("tiny", tmp_path / "other", 5, device="cpu", seed=1))
    monkeypatch.setitem(recipes.RECIPES, "quick", recipe_of(tmp_path / "other"))
    with pytest.raises(ValueError, match="begun"):
        list(train(tmp_path))


def test_begins_as_the_teacher(teacher):
    learner = recipe_of(teacher).build(tiny.NAMES)
    model = md.load(teacher)
    x, t = torch.randn(2, *model.shape), torch.tensor([0.2, 0.9])
    assert torch.equal(learner(x, t), model.denoiser(x, t))


def test_other_labels_than_the_teachers_are_refused(teacher):
    with pytest.raises(ValueError, match="the labels must be those of"):
        recipe_of(teacher).build({"tone": ["low", "high"]})


def test_both_ways_can_be_followed(teacher):
    for way, kind in {"tuned": "Tuned", "distilled": "Distilled"}.items():
        learner = recipe_of(teacher, way=way).build(tiny.NAMES)
        assert type(learner).__name__ == kind


def test_another_default_leaves_the_model_alone(whole):
    model = md.load(whole)
    one = with_steps(model, 1)
    assert torch.equal(one.generate("low"), model.generate("low", steps=1))
    assert torch.equal(model.generate("low"), model.generate("low", steps=2))


def test_the_recipe_that_ships_is_its_teachers_but_for_the_way():
    ours, digits = recipes.RECIPES["digits-fast"], recipes.RECIPES["digits"]
    for key in ("samples", "spec", "schedule", "predicts", "scale", "batch"):
        assert getattr(ours, key) == getattr(digits, key), key
    names = md.load("digits").conditions
    assert json.loads(json.dumps(ours.size(names))) == md.load("digits").settings["net"]
    walks = ours.walks()
    assert list(walks) == ["1", "2", "4"]
    for n, times in walks.items():
        assert len(times) == int(n)
        assert times == sorted(set(times), reverse=True)
        assert times[0] == md.noise_times(md.Cosine(), 1)[0]


def test_every_number_of_steps_is_measured(whole, teacher, monkeypatch):
    def evaluate(model, *_):
        return {"steps": model.settings["steps"]}

    monkeypatch.setattr("minidiff.models.recipe.evaluate", evaluate)
    found = recipe_of(teacher).measure(md.load(whole), {})
    assert found == {"steps": 2, "steps_1": {"steps": 1}, "steps_4": {"steps": 4}}
