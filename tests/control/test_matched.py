"""What a CLAP is asked: one that knows everything, and one that hears no order."""

import zlib

import torch

import minidiff as md
from minidiff.control.clap import Clap
from minidiff.control.matched import KINDS, by_chance, matched, needed
from minidiff.data import captions, garden
from minidiff.data.captions import parse
from minidiff.data.scenes import Scene
from minidiff.nets.clap import Towers


class Oracle(Clap):
    """It knows the captions of some waves, and embeds what they ask for.

    deaf: to the order of the parts.
    """

    class towers:
        temperature = torch.tensor(0.07)

    def __init__(self, dataset, deaf=False):
        self.deaf, self.towers = deaf, Towers(76, 16)
        self.known = {
            wave.numpy().tobytes(): dataset.asked(i) for i, (wave, _) in
            enumerate(dataset)
        }  # fmt: skip

    def hear(self, waves):
        alone = captions.Asked("", (captions.Part("bell", {}),))
        known = [self.known.get(wave.numpy().tobytes(), alone) for wave in waves]
        return torch.stack([self.embedded(asked) for asked in known])

    def read(self, texts):
        return torch.stack([self.embedded(parse(text)) for text in texts])

    def embedded(self, asked):
        parts = [(name, sorted(traits.items())) for name, traits in asked.parts]
        key = asked.relation, sorted(parts) if self.deaf else parts
        dice = torch.Generator().manual_seed(zlib.crc32(str(key).encode()))
        return torch.nn.functional.normalize(torch.randn(256, generator=dice), dim=0)


def test_who_knows_everything_misses_nothing():
    dataset = md.data.scenes(60, "test")
    found = matched(Oracle(dataset), dataset)
    assert found["n"] == 60
    for key in ("captions_at_1", "captions_at_5", "sounds_at_1", "sounds_at_5"):
        assert found[key] == 1
    assert found["zero_shot"] == round(1 / 12, 4)  # to it, all other sounds are bells
    assert [found["refused"][kind]["refused"] for kind in KINDS] == [1] * 5
    for kind in KINDS:  # of another scene it knows neither
        if kind != "relation":
            assert 0.3 < found["refused"][kind]["elsewhere"] < 0.7
    assert "elsewhere" not in found["refused"]["relation"]
    numbers = [found["refused"][kind]["n"] for kind in KINDS]
    assert numbers[0] + numbers[1] <= numbers[3] < 60  # two of one sound have no order


def test_who_hears_no_order_cannot_refuse_another():
    dataset = md.data.scenes(60, "test")
    refused = matched(Oracle(dataset, deaf=True), dataset)["refused"]
    assert refused["order in time"]["refused"] == 0
    assert refused["order in loudness"]["refused"] == 0
    assert refused["one trait"]["refused"] == 1


def placed(name, **places):
    """A sound whose parameters are at these places of their ranges, else midway."""
    ranges = garden.ranges(name)
    at = {key: places.get(key, 0.5) for key in ranges}
    return name, {
        key: low * (high / low) ** at[key] if log else low + (high - low) * at[key]
        for key, (low, high, _, log) in ranges.items()
    }


def test_what_must_be_heard_to_know_that_a_caption_is_wrong():
    parts = placed("bell", pitch=0.9), placed("flute", brightness=0.1, pitch=0.2)
    scene = Scene("then", parts)
    for caption, kinds in (
        ("a high bell, then a low flute", set()),  # true
        ("a low flute, then a high bell", {"order"}),
        ("a flute, then a bell", {"order"}),
        ("a flute, then a low bell", set()),  # and its pitch
        ("a low bell, then a high flute", {"traits exchanged"}),
        ("a bell, then a high flute", {"traits exchanged", "one trait"}),
        ("a dull bell, then a flute", {"traits exchanged"}),  # a bell in the middle
        ("a high bell over a flute", {"relation"}),
        ("a high bell, then a bright flute", {"one trait"}),
        ("a bell, then rain", set()),
        ("a bell", set()),
    ):
        assert needed(parse(caption), scene) == kinds, caption


def test_what_a_batch_asks_by_chance():
    class Twins:
        """Two scenes again and again, each the other one in another order."""

        split = "test"
        parts = placed("bell"), placed("rain")

        def scene(self, i):
            return Scene("then", self.parts[:: -1 if i % 2 else 1])

        def asked(self, i):
            return parse(("a bell, then rain", "rain, then a bell")[i % 2])

    found = by_chance(Twins(), batch=2, batches=3)
    assert found == {"order in time": 1, "relation": 0}
    assert by_chance(Twins(), batch=1, batches=3) == {"order in time": 0, "relation": 0}
