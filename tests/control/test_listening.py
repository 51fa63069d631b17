"""Who judges prompts: what is right by hand, and truths that are true."""

from collections import Counter

import pytest
import torch
import torch.nn.functional as F

import minidiff as md
from minidiff import MelSpec
from minidiff.control.listening import (
    ORDER,
    Listening,
    compared,
    crowd,
    followed,
    shares,
)
from minidiff.data import captions, garden
from minidiff.data.captions import TRAITS, parse
from minidiff.nets.listener import Listener


def sure(caption):
    """What would be heard if exactly this were there, and all else were low."""
    asked = parse(caption)
    parts = tuple(
        captions.Part(name, dict.fromkeys(TRAITS, "low") | traits)
        for name, traits in asked.parts
    )
    return asked._replace(parts=parts)


@pytest.mark.parametrize(
    ("asked", "heard", "right"),
    [
        ("a high bell", "a high bell", ([1], [1], [], [1], [1])),
        ("a high bell", "a low bell", ([1], [1], [], [0], [0])),
        ("a bell", "a bell over rain", ([0], [0], [], [], [0])),
        ("a bell over rain", "a bell over rain", ([1], [1], [1], [], [1])),
        ("a bell over rain", "rain over a bell", ([1], [1], [0], [], [0])),
        ("a bell over rain", "a bell before rain", ([1], [0], [1], [], [0])),
        ("a bell over high rain", "high rain over a bell", ([1], [1], [0], [1], [0])),
        ("a high bell over rain", "a bell over high rain", ([1], [1], [1], [0], [0])),
        ("a high bell, then a bell", "a bell, then a high bell",
         ([1], [1], [], [0], [0])),
        ("a bell over high rain", "a bell over wind", ([0], [1], [], [0], [0])),
    ],
)  # fmt: skip
def test_what_is_right_by_hand(asked, heard, right):
    found = compared(parse(asked), sure(heard))
    kinds = "sounds", "relation", "order", "traits", "all"
    assert tuple(list(map(int, found[kind])) for kind in kinds) == right
    relation = {"then": "order in time", "over": "order in loudness"}
    for other, kind in relation.items():
        is_asked = parse(asked).relation == other
        assert found[kind] == (found["order"] if is_asked else [])


def test_a_trait_is_heard_of_a_sound_that_is_there():
    for asked, heard, right in (
        ("a high bell", "a high bell", [1]),
        ("a high bell", "a low bell over rain", [0]),
        ("a high bell over soft rain", "wind over a high bell", [1]),
        ("a high bell", "rain", []),
    ):
        found = compared(parse(asked), sure(heard))
        assert found["traits heard"] == right
        assert sum(found["traits"]) == sum(right)


def test_crowds_go_by_the_pair_alone():
    for caption, expected in (
        ("a bell", "one"),
        ("a high engine", "one"),  # a new trait
        ("a bell over rain", "two, known pair"),
        ("a bell, then a high engine", "two, known pair"),
        ("wind, then rain", "two, new pair"),
    ):
        assert crowd(parse(caption)) == expected


def test_shares():
    pairs = [("a high bell", "a high bell"), ("a bell over rain", "rain over a bell")]
    found = shares([(parse(a), sure(b)) for a, b in pairs])
    assert found["n"] == 2
    assert (found["sounds"], found["relation"], found["order"]) == (1, 1, 0)
    assert (found["traits"], found["all"]) == (1, 0.5)
    assert found["error"] == pytest.approx(0.5 / 2**0.5, abs=1e-4)
    assert found["asked"] == {"sounds": 2, "relation": 2, "order": 1,
                              "order in loudness": 1, "traits": 1, "traits heard": 1,
                              "all": 2}  # fmt: skip


def test_truth_is_what_the_scene_was_made_from():
    dataset = md.data.scenes(60, "test", truth=True)
    for i in range(60):
        scene, (_, labels) = dataset.scene(i), dataset[i]
        relation, *numbers = labels["scene"].tolist()
        assert ORDER[relation] == scene.relation
        names = [dataset.names[k] for k in numbers if k < 12]
        assert names == [name for name, _ in scene.parts]
        for (name, params), places in zip(scene.parts, labels["places"]):  # noqa: B905
            for key, place in zip(TRAITS, places.tolist(), strict=True):
                if key in params:
                    there = garden.ranges(name)[key].place(params[key])
                    assert place == pytest.approx(there, abs=1e-6)
                else:
                    assert place != place  # NaN
        assert labels["places"][len(scene.parts) :].isnan().all()


def test_the_loss_by_hand():
    torch.manual_seed(0)
    net, mel = Listener(3, 12, 5, noise=0.0), torch.randn(2, 1, 80, 205)
    places = torch.full((2, 2, 5), torch.nan)
    places[0, 0, 1], places[1, 1, 4] = 0.25, 1.0
    scene = torch.tensor([[0, 3, 12], [2, 5, 7]])
    found = net.eval()(mel)
    expected = F.cross_entropy(found.relation, scene[:, 0])
    expected = expected + F.cross_entropy(found.sounds[:, 0], scene[:, 1])
    expected = expected + F.cross_entropy(found.sounds[:, 1], scene[:, 2])
    errors = found.places[0, 0, 1] - 0.25, found.places[1, 1, 4] - 1
    expected = expected + 10 * (errors[0] ** 2 + errors[1] ** 2) / 2
    loss = net.loss(mel, {"scene": scene, "places": places})
    torch.testing.assert_close(loss, expected)


def test_judging_counts_every_caption_in_one_crowd_more():
    torch.manual_seed(0)
    spec = MelSpec(16_000, n_fft=512, hop_length=160, n_mels=80)
    listening = Listening(Listener(3, 12, 5), spec)
    dataset = md.data.scenes(40, "test")
    waves = torch.stack([wave for wave, _ in dataset])
    told = [dataset.caption(i) for i in range(40)]
    found = listening.judge(waves, told)
    crowds = [crowd(parse(caption)) for caption in told]
    assert found["every"]["n"] == 40
    assert {k: v["n"] for k, v in found.items() if k != "every"} == Counter(crowds)
    for asked, places in listening.heard(waves[:5]):
        assert len(asked.parts) == len(places) == 1 + (asked.relation != "")


def test_followed_asks_for_what_the_scenes_say():
    """A model that makes the very scene is as good as the recordings."""
    torch.manual_seed(0)
    spec = MelSpec(16_000, n_fft=512, hop_length=160, n_mels=80)
    listening = Listening(Listener(3, 12, 5), spec)
    dataset = md.data.scenes(70, "test")
    said = {dataset.caption(i): dataset[i][0] for i in range(70)}

    class Whole:
        def encode(self, waves):
            return waves

        decode = encode

    class Perfect:
        spec = Whole()

        def generate(self, cond, n, seed, scale):
            assert (n, scale) == (len(cond), 2.0)
            return torch.stack([said[caption] for caption in cond])

    found = followed(Perfect(), listening, dataset, n=65, scale=2.0)
    assert found["made"] == found["recorded"]
    assert found["front_end"] == found["recorded"]
    assert found["made"]["every"]["n"] == 65
