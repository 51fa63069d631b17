"""What a CLAP is asked: one that knows everything, and one that hears no order."""

import zlib

import torch

import minidiff as md
from minidiff.control.clap import Clap
from minidiff.control.matched import KINDS, matched
from minidiff.data import captions
from minidiff.data.captions import parse
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
    assert [found["refused"][kind]["refused"] for kind in KINDS] == [1, 1, 1, 1]


def test_who_hears_no_order_cannot_refuse_another():
    dataset = md.data.scenes(60, "test")
    refused = matched(Oracle(dataset, deaf=True), dataset)["refused"]
    assert refused["order"]["refused"] == 0
    assert refused["one trait"]["refused"] == 1
    assert refused["order"]["n"] < 60  # one sound has no order
