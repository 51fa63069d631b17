"""Recipes of models that clean sounds: trained, resumed, loaded, and better than none.

On tones in white noise, which a net of a few thousand weights learns in seconds.
"""

import dataclasses

import pytest
import tiny
import torch

import minidiff as md
from minidiff.data.noisy import mixed
from minidiff.judging.fidelity import si_sdr
from minidiff.models import recipes, run
from minidiff.models.enhancing import EnhancerRecipe
from minidiff.sound.spectrum import Spectrum


class Hissing(tiny.Tones):
    """The tones of `tiny`, and the same in white noise, 0 dB."""

    def __init__(self, split="train"):
        super().__init__(split, n=96)

    def __getitem__(self, i):
        clean, labels = super().__getitem__(i)
        clean = clean[:800]
        noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(i))
        return torch.stack([clean, mixed(clean, noise, 0.0)]), labels


RECIPE = EnhancerRecipe(
    data=Hissing,
    samples=800,
    spec=Spectrum(4000, n_fft=64, hop_length=20, size=0.5),
    net={"type": "UNet", "channels": (16, 32), "patch": 2},
    steps=150,
    about={"title": "Three tones in noise", "licence": "none"},
    batch=8,
    lr=8e-3,
    sigma=1.0,
)
WAYS = ("bridge", "regression", "diffusion")


@pytest.fixture
def registered(monkeypatch):
    def register(**changes):
        recipe = dataclasses.replace(RECIPE, **changes)
        monkeypatch.setitem(recipes.RECIPES, "hissing", recipe)

    return register


def train(out, steps, **options):
    return run.train("hissing", out, steps, device="cpu", **options)


@pytest.mark.parametrize("way", WAYS)
def test_stopped_and_gone_on(way, registered, tmp_path):
    registered(way=way)
    list(train(tmp_path / "whole", 6))
    for step in train(tmp_path / "parts", 6, every=2):
        if step.index == 5:
            break
    assert [s.index for s in train(tmp_path / "parts", 6)] == [5, 6]
    a, b = (
        (tmp_path / f / "model.safetensors").read_bytes() for f in ("whole", "parts")
    )
    assert a == b
    model = md.load(tmp_path / "whole")
    assert type(model.enhancing.way).__name__.lower() in (way, "denoiser")
    assert model.card["title"] == "Three tones in noise"
    assert (model.sample_rate, model.spec) == (4000, RECIPE.spec)


@pytest.mark.parametrize(
    ("way", "counts", "least", "lessons"),
    [("bridge", (1, 5), 7, 1), ("regression", (1,), 9, 1), ("diffusion", (9,), 5, 3)],
)
def test_a_trained_one_takes_noise_away(
    way, counts, least, lessons, registered, tmp_path
):
    registered(way=way)  # a diffusion learns all levels of noise, and so more slowly
    list(train(tmp_path, lessons * RECIPE.steps))
    model, test = md.load(tmp_path), Hissing("test")
    clean, noisy = torch.stack([test[i][0] for i in range(24)]).unbind(1)
    for steps in counts:
        made = model.enhance(noisy, steps=steps)
        gain = (si_sdr(made, clean) - si_sdr(noisy, clean)).mean()
        assert gain > least


def test_another_way_is_another_run(registered, tmp_path):
    registered()
    for step in train(tmp_path, 4, every=1):
        if step.index == 2:
            break
    for change in ({"way": "regression"}, {"sigma": 0.5}, {"k": 1.0}):
        registered(**change)
        with pytest.raises(ValueError, match="another run"):
            next(train(tmp_path, 4))


def test_other_data_are_refused(registered, tmp_path):
    registered(data=tiny.Tones)
    with pytest.raises(ValueError, match=r"data: .*noisy"):
        next(train(tmp_path, 2))


def test_the_recipe_that_ships_fits():
    recipe = recipes.RECIPES["digits-enhance"]
    learner = recipe.build({})
    weights = sum(p.numel() for p in learner.parameters())
    assert 2 * weights < 4.7e6  # bytes, in float16
