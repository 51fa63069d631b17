"""The recipe of a model of what is usual is judged by what it finds strange."""

from dataclasses import replace

import torch
from normal import Normal

import minidiff as md
from minidiff.data.engines import DOMAINS, FAULTS
from minidiff.models.recipes import RECIPES
from minidiff.models.watching import ENGINES, waves


class Usual(torch.nn.Module):
    """The ideal denoiser of silence, more or less: louder is stranger."""

    schedule = md.Cosine()

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))

    def forward(self, x, t, cond=None):
        return Normal(self.weight - 2, 0.5**2, self.schedule)(x, t)


class Model:
    sample_rate, settings, shape = 16_000, {"samples": 16_384}, (1, 64, 64)
    spec = ENGINES

    def __init__(self):
        self.denoiser = Usual()


def test_every_fault_in_both_domains_with_errors():
    recipe = replace(RECIPES["engines"], data=lambda split: md.data.engines(3, split))
    found = recipe.measure(Model(), {})
    assert found.pop("sounds") == 3
    assert list(found) == [f"{fault}, {d}" for d in DOMAINS for fault in FAULTS]
    for told in found.values():
        assert set(told) == {
            "auc",
            "auc_error",
            "partial_auc",
            "partial_auc_error",
        }
        assert 0 <= told["auc"] <= 1
    # what sounds where no engine does adds to its level, a misfire takes from it
    assert found["bearing whine, source"]["auc"] >= found["misfire, source"]["auc"]


def test_crowds_are_of_other_engines_than_the_usual():
    usual, ill = waves(2, "source"), waves(2, "source", 1, "rattle")
    assert usual.shape == ill.shape == (2, 16_384)
    assert not torch.allclose(usual, ill, atol=1e-2)


def test_the_recipe():
    recipe = RECIPES["engines"]
    assert not recipe.by_ears
    names = recipe.data("test").label_names
    weights = sum(p.numel() for p in recipe.build(names).parameters())
    assert 2 * weights < 3e6  # in float16
