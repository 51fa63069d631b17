"""The comparison's own arithmetic: what a step costs, what a table says of several."""

import math
from statistics import mean, stdev

import pytest
import torch
from torch import nn

from bench.budget import known, multiplications, over, place, stated
from bench.judged import Held, crowds, kept_mel, wanted
from minidiff import MelSpec, data
from minidiff.data.sounds import Sounds
from minidiff.models.card import save
from minidiff.models.recipes import RECIPES


class Straight(nn.Module):
    """Two convolutions, whose multiplications are known."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(1, 4, 3, padding=1)
        self.second = nn.Conv1d(4, 1, 3, padding=1)

    def loss(self, x0, cond, generator):
        return self.second(self.first(x0)).square().mean()


def test_a_step_is_counted_there_and_back():
    examples = [(torch.randn(1, 100), {"label": torch.tensor(0)})] * 5
    one = 3 * 4 * 5 * 100  # of either layer: kernel, channels, batch, samples
    # back: the gradients of both weights, and of what stands between the layers
    assert multiplications(Straight(), examples, batch=5) == one * (2 + 3)


def test_attention_is_counted():
    recipe = RECIPES["sounds-latent"]
    learner = recipe.build({"sound": ["a", "b"]})
    cond = {"sound": torch.tensor(0)}
    side, more = (
        multiplications(learner, [(torch.randn(4, n, n), cond)], 1) for n in (16, 32)
    )
    assert more > 4.2 * side  # linear layers alone: four times, for four times as many


def test_numbers_are_put_together_place_by_place():
    numbers = [{"a": 1.0, "b": {"c": 2.0}}, {"a": 3.0, "b": {"c": 2.0}}]
    assert over(numbers, mean) == {"a": 2.0, "b": {"c": 2.0}}
    assert over(numbers, stdev) == {"a": round(math.sqrt(2), 4), "b": {"c": 0.0}}


def test_a_training_is_known_by_recipe_and_steps(tmp_path):
    recipe = RECIPES["sounds-autoencoder"]
    folder = place(tmp_path, "autoencoders", "U-Net, prior", 3)
    assert folder == tmp_path / "autoencoders" / "u-net-prior" / "3"
    assert not known(folder, recipe, 5)
    card = {"budget": {"recipe": stated(recipe), "steps": 5}}
    settings = {"kind": "autoencoder"}
    save(folder, nn.Linear(1, 1), settings, card)
    assert known(folder, recipe, 5)
    assert not known(folder, recipe, 6)
    assert not known(folder, RECIPES["sounds"], 5)


def test_what_is_held_is_what_there_was():
    garden = data.sounds(3)
    for whole in (garden, torch.utils.data.Subset(garden, [0, 1, 2])):
        kept = Held(whole)
        assert len(kept) == 3
        assert kept.names == Sounds.names
        assert torch.equal(kept[1][0], garden[1][0])
        with pytest.raises(AttributeError):
            _ = kept.origin


def test_one_crowd_twice_is_not_zero_apart_if_it_is_small():
    """The bias of a Fréchet distance: what few sounds alone bring about."""
    dice = torch.Generator().manual_seed(0)
    known = torch.randn(400, 8, generator=dice)
    labels, origin = torch.arange(400) % 2, torch.arange(400)
    rows = [crowds(known, known[:n], labels, labels[:n], origin) for n in (10, 100)]
    few, many = (r["training sounds, to each other"] for r in rows)
    assert (few["n"], many["n"]) == (10, 100)
    assert few["metrics"]["frechet"] > 4 * many["metrics"]["frechet"] > 0
    assert rows[0]["training sounds"]["n"] == 10


def test_a_few_rounds_bring_a_waveform_back_to_its_mel():
    spec = MelSpec(8000, n_fft=256, hop_length=64, n_mels=20)
    sound = torch.randn(1, 3200, generator=torch.Generator().manual_seed(0))
    mel = spec.encode(sound)

    def hoarse(mel):
        return sound + 0.3 * torch.randn(
            1, 3200, generator=torch.Generator().manual_seed(1)
        )

    def error(wave):
        return (spec.encode(wave) - mel).abs().mean()

    assert error(kept_mel(hoarse, spec, mel)) < error(hoarse(mel)) / 2


def test_a_perfect_net_answers_for_each_recording_in_turn():
    spec = MelSpec(8000, n_fft=256, hop_length=64, n_mels=20)
    dice = torch.Generator().manual_seed(0)
    real = torch.randn(3, 3200, generator=dice) * torch.rand(3, 1, generator=dice)
    mel, decode = spec.encode(real), wanted(spec, real)
    made = torch.cat([decode(mel[:2]), decode(mel[2:])])
    plain = spec.decode(mel)

    def off(wave):  # per recording, so that none may stand in for another
        size = spec.stft(real).abs()
        return ((spec.stft(wave).abs() - size).square().sum((1, 2))).sqrt()

    assert (off(made) < 0.7 * off(plain)).all()
