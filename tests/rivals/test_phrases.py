"""Phrases: four bars of a tune, there and back, in time or not."""

import pytest
import torch

from minidiff.data.scores import END, Scores
from minidiff.rivals.phrases import in_time, numbers, phrases, written

BAR = [(62, 0.5)] * 6 + [(64, 1.0)]  # of a reel, 4 beats
OTHER = [(66, 1.0)] * 4
LATE = [(66, 1.0)] * 3 + [(67, 2.0)] + [(66, 1.0)] * 3  # over the line


def test_a_tune_is_cut_every_four_bars_and_each_phrase_kept_once():
    tune = BAR * 4 + OTHER * 4 + BAR * 4 + OTHER * 2  # the last one is no whole phrase
    found = phrases([tune, OTHER * 4, LATE], ["reel", "reel", "jig"])
    assert found == [BAR * 4, OTHER * 4]
    assert phrases([tune], ["reel"], bars=2) == [BAR * 2, OTHER * 2]
    assert phrases([tune], ["reel"], "jig") == []


def test_a_phrase_whose_note_hangs_over_is_left_out():
    assert phrases([LATE * 2 + OTHER * 4], ["reel"]) == [OTHER * 4]


@pytest.mark.parametrize(
    ("phrase", "right"),
    [
        (BAR * 4, True),
        (BAR * 3, False),
        (BAR * 5, False),
        (BAR * 3 + OTHER[:3], False),
        (LATE + BAR * 2, False),
        (BAR[:-1] + [(64, 1.25)] + BAR * 3, False),
        ([], False),
        ([(None, 4.0)] + BAR * 3, True),
    ],
)
def test_in_time(phrase, right):
    assert in_time(phrase) is right


def test_there_and_back():
    scores = Scores.of([BAR, OTHER])
    rows = numbers([BAR * 4, OTHER * 4], scores)
    assert rows.shape == (2, 40)
    assert [written(row, scores) for row in rows] == [BAR * 4, OTHER * 4]


@pytest.mark.parametrize("wrong", [[3, 4, 0, 0], [3, END, 4, 0], [3, 0, END, 0],
                                   [3, 1, END, 0], [3, END, END, 0]])  # fmt: skip
def test_what_is_no_text(wrong):
    assert written(torch.tensor(wrong), Scores.of([BAR, OTHER])) is None


def test_too_long():
    with pytest.raises(ValueError, match="phrase 0 has 28 notes, at most 19 fit"):
        numbers([BAR * 4], Scores.of([BAR]), 20)
