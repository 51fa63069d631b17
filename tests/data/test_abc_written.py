"""Tunes as ABC: what is written is read again."""

import pytest
import torch

from minidiff.control.tune import timed
from minidiff.data.abc_written import METERS, abc
from minidiff.data.scores import BARS
from minidiff.data.sheets import of_abc


def same(tune, rhythm):
    sheet = of_abc(abc(tune, rhythm, "A tune"))
    assert sheet.title == "A tune"
    found, wanted = timed(sheet.melody, 120)[0], timed(tune, 120)[0]
    assert [n.pitch for n in found] == [n.pitch for n in wanted]
    for k in (0, 1, 3):
        assert [n[k] for n in found] == pytest.approx([n[k] for n in wanted])


def test_a_text():
    tune = [(62, 0.5), (66, 1.5), (None, 1.0), (65, 2.0), (66, 0.5), (74, 1 / 3)]
    lines = abc(tune, "reel", "Up").splitlines()
    assert lines == [
        "X:1", "T:Up", "R:reel", "M:4/4", "L:1/8", "K:G",
        "DF3z2=F2- | =F2^Fd2/3 |]",
    ]  # fmt: skip
    assert abc([(69, 1.0)], "jig", "").endswith("M:6/8\nL:1/8\nK:C\nA2 |]\n")
    with pytest.raises(ValueError, match="rhythm"):
        abc(tune, "waltz", "Up")


@pytest.mark.parametrize("rhythm", list(BARS))
def test_it_is_read_again(rhythm):
    """Notes of all pitches and lengths, also across bars."""
    dice = torch.Generator().manual_seed(len(rhythm))
    pitch = torch.randint(40, 100, (300,), generator=dice).tolist()
    ticks = torch.randint(1, 200, (300,), generator=dice).tolist()
    tune = [(p if p < 95 else None, t / 24) for p, t in zip(pitch, ticks, strict=True)]
    same(tune, rhythm)
    same([(p and p % 12 + 60, 0.5) for p, _ in tune], rhythm)
    beats, unit = map(int, METERS[rhythm].split("/"))
    assert beats * 96 / unit == BARS[rhythm]
