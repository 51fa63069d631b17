"""Classes are taken out whole, and nothing else."""

import pytest
import torch
from tiny import Tones

import minidiff as md
from minidiff.data.without import Part, parted, without


def test_what_is_left_and_what_was_taken():
    whole = Tones()
    left, taken = parted(whole, "tone", ["middle"])
    assert (len(left), len(taken)) == (32, 16)
    assert sorted(left.index + taken.index) == list(range(48))
    assert {int(y["tone"]) for _, y in left} == {0, 2}
    assert {int(y["tone"]) for _, y in taken} == {1}
    assert torch.equal(left[5][0], whole[left.index[5]][0])
    assert left.label_names == whole.label_names


def test_of_a_set_with_one_label_or_stored_ones():
    left = without(md.data.sounds(24), "sound", ["rain", "bell"])
    assert len(left) == 20
    assert not {0, 5} & {int(y) for _, y in left}
    assert left.sample_rate == 16_000

    class Stored(Tones):
        def __init__(self):
            super().__init__()
            self.labels = torch.stack([self.tone, self.level], 1)
            self.origin = torch.arange(48) // 2

    for label, name in (("tone", "low"), ("level", "soft")):
        one, other = without(Stored(), label, [name]), without(Tones(), label, [name])
        assert one.index == other.index
    assert torch.equal(Part(Stored(), [3, 5]).origin, torch.tensor([1, 2]))


def test_bad_names():
    with pytest.raises(ValueError, match="tone"):
        without(Tones(), "tune", ["low"])
    with pytest.raises(ValueError, match="middle"):
        without(Tones(), "tone", ["midle"])
    with pytest.raises(ValueError, match="nothing is left"):
        without(Tones(), "tone", ["low", "middle", "high"])
