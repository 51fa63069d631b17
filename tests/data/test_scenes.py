"""Scenes: captions are true of them, and training lacks what it is to lack."""

import numpy as np
import pytest
import torch

import minidiff as md
from minidiff.data import captions, garden
from minidiff.data.scenes import MARGIN, NAMES, SAMPLES, Scenes, render, unseen_pair


def rms(wave):
    return wave.double().square().mean().sqrt().item()


def test_contract():
    dataset = md.data.scenes(13)
    wave, labels = dataset[12]
    assert (wave.shape, wave.dtype) == ((SAMPLES,), torch.float32)
    assert wave.abs().max() <= 0.99
    assert labels["sound"].item() == 0
    assert labels["caption"].dtype == torch.int64
    (words,) = dataset.tokenizer.decode(labels["caption"][None])
    assert words.split() == captions.split(dataset.caption(12))
    with pytest.raises(IndexError, match="13"):
        dataset[13]
    with pytest.raises(ValueError, match="split"):
        Scenes(3, "tset")


def test_an_item_depends_on_seed_split_and_index_alone():
    first = [Scenes(5, seed=3)[i] for i in range(5)]
    long = Scenes(500, seed=3)
    for i in (4, 0, 2):
        long.scene(i), long.caption(i)
        assert torch.equal(long[i][0], first[i][0])
        assert torch.equal(long[i][1]["caption"], first[i][1]["caption"])
    for other in (Scenes(5, seed=4), Scenes(5, "test", seed=3)):
        assert not any(torch.equal(other[i][0], first[i][0]) for i in range(5))


@pytest.mark.parametrize("split", ["train", "test"])
def test_captions_are_true(split):
    dataset, kinds = Scenes(600, split), set()
    for i in range(600):
        scene, asked = dataset.scene(i), captions.parse(dataset.caption(i))
        assert asked == dataset.asked(i)
        assert asked.relation == scene.relation
        kinds.add(scene.relation)
        for part, (name, params) in zip(asked.parts, scene.parts, strict=True):
            assert part.name == name
            assert part.traits.items() <= captions.traits(name, params).items()
        if scene.relation == "over":
            above, below = (params["loudness"] for _, params in scene.parts)
            assert MARGIN[0] <= above - below <= MARGIN[1]
            assert asked.parts[0].name != asked.parts[1].name
    assert kinds == {"", "over", "then"}


def test_training_lacks_what_the_test_has():
    train, test = Scenes(2400), Scenes(600, "test")
    assert not any(train.unseen(i) for i in range(2400))
    assert 0.3 < np.mean([test.unseen(i) for i in range(600)]) < 0.7

    def pairs(dataset):
        scenes = map(dataset.scene, range(len(dataset)))
        return {frozenset(n for n, _ in s.parts) for s in scenes if s.relation}

    held = {frozenset((a, b)) for a in NAMES for b in NAMES if unseen_pair(a, b)}
    assert not pairs(train) & held
    assert held <= pairs(test)


def test_what_comes_when():
    params = {"pitch": 800.0, "brightness": 0.5, "decay": 1.0, "loudness": -20.0}
    for relation, both in (("then", True), ("", False), ("over", False)):
        bell = ("bell", params)
        scene = (
            md.data.scenes(1)
            .scene(0)
            ._replace(relation=relation, parts=(bell, bell) if relation else (bell,))
        )
        wave = render(scene, np.random.default_rng(0))
        assert rms(wave[: garden.SAMPLES]) > 0.01
        assert (rms(wave[garden.SAMPLES :]) > 0.01) == both


def test_wrong_captions_come_along_and_change_nothing_else():
    plain, both = Scenes(20), Scenes(20, wrong=True)
    for i in range(20):
        (wave, labels), (again, more) = plain[i], both[i]
        assert torch.equal(wave, again)
        assert torch.equal(labels["caption"], more["caption"])
        assert more["wrong"].shape == (4, 16)
        for text in both.tokenizer.decode(more["wrong"]):
            assert captions.parse(text) != both.asked(i)
