"""Captions that are nearly right: each wrong, none that words alone give away."""

import numpy as np

from minidiff.data import twins
from minidiff.data.captions import Asked, Part, parse
from minidiff.data.scenes import Scenes, true, unseen, wrong_of

BELL = Part("bell", {"pitch": "high", "brightness": "high"})
RAIN = Part("rain", {"loudness": "low"})
OVER = Asked("over", (BELL, RAIN))


def test_wrong_captions_are_wrong_and_near():
    rng = np.random.default_rng(0)
    assert twins.swapped(OVER) == Asked("over", (RAIN, BELL))
    assert twins.swapped(Asked("", (BELL,))) is None
    assert twins.swapped(Asked("then", (BELL, BELL))) is None
    both = Part("rain", BELL.traits | RAIN.traits)  # the fainter one stays so
    assert twins.rebound(OVER) == Asked("over", (Part("bell", {}), both))
    then = twins.rebound(OVER._replace(relation="then"))
    assert then.parts == (Part("bell", RAIN.traits), Part("rain", BELL.traits))
    assert twins.rebound(Asked("over", (BELL, Part("kick", {"decay": "low"}))))
    slow = Asked("over", (BELL, Part("bird", {"rate": "low"})))
    assert twins.rebound(slow) is None  # a bell has no rate
    other = twins.flipped(Asked("", (RAIN,)), rng)
    assert other.parts[0].traits == {"loudness": "high"}
    assert twins.flipped(Asked("", (Part("bell", {}),)), rng) is None
    for _ in range(20):
        names = [part.name for part in twins.replaced(OVER, rng).parts]
        assert len({"bell", "rain"} & set(names)) == 1


def test_a_soft_sound_is_not_over_another():
    soft = Asked("over", (RAIN, BELL))
    assert not twins.possible(soft)
    assert twins.possible(soft._replace(relation="then"))
    assert twins.possible(OVER)
    swapped, *others = twins.nearly(OVER, np.random.default_rng(0))
    assert swapped is None
    assert all(others)


def test_no_wrong_caption_is_true_or_told_apart_by_its_words():
    """In training none says what is never said as a right one."""
    train, rng = Scenes(80, wrong=True), np.random.default_rng(0)
    for i in range(80):
        scene = train.scene(i)
        assert true(train.asked(i), scene)
        assert not unseen(train.asked(i))
        for text in train.tokenizer.decode(train[i][1]["wrong"]):
            wrong = parse(text)
            assert not true(wrong, scene)
            assert not unseen(wrong)
            assert twins.possible(wrong)
        wider = [o for o in twins.nearly(train.asked(i), rng, wrong_of(scene)) if o]
        assert not any(true(other, scene) for other in wider)


def test_what_is_there_unsaid_is_true_as_well():
    train = Scenes(200)
    found = 0
    for i in range(200):
        other = twins.rebound(train.asked(i))
        found += other is not None and true(other, train.scene(i))
    assert found  # without looking at the scene some "wrong" captions would be right


def test_every_trait_is_flipped_once():
    ones = [one.parts for one in twins.flips(OVER)]
    assert ones == [
        (Part("bell", {"pitch": "low", "brightness": "high"}), RAIN),
        (Part("bell", {"pitch": "high", "brightness": "low"}), RAIN),
        (BELL, Part("rain", {"loudness": "high"})),
    ]
    assert twins.flips(parse("a bell")) == []
