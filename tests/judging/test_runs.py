"""Copies in melodies, and what comes back in them."""

from minidiff.judging.runs import longest_runs, returns

SCALE = [(p, 0.5) for p in (60, 62, 64, 65, 67, 69, 71, 72)]


def moved(tune, by):
    return [(None if p is None else p + by, beats) for p, beats in tune]


def test_longest_runs():
    other = [(60, 1.0), (60, 1.0), (61, 1.0)]
    assert longest_runs([SCALE], [other]) == [0]
    assert longest_runs([SCALE], [other, moved(SCALE, 5)]) == [8]
    part = [(40, 1.0), *SCALE[2:6], (40, 2.0)]
    assert longest_runs([part], [SCALE]) == [4]
    assert longest_runs([part, SCALE], [SCALE]) == [4, 8]
    slow = [(p, 2 * beats) for p, beats in SCALE]
    assert longest_runs([slow], [SCALE]) == [0]
    assert longest_runs([[], SCALE[:1]], [SCALE]) == [0, 0]


def test_a_rest_breaks_the_steps_but_is_a_note():
    tune = [(60, 0.5), (None, 0.5), (64, 0.5), (65, 0.5)]
    assert longest_runs([tune], [moved(tune, 7)]) == [4]
    assert longest_runs([tune], [[(60, 0.5), (62, 0.5), (64, 0.5), (65, 0.5)]]) == [2]


def test_what_comes_back():
    bar = [(60, 1.0), (62, 1.0)]
    other = [(64, 1.0), (65, 0.5), (67, 0.5)]
    assert returns(bar * 4, 2.0) == [1, 1, 1]
    assert returns((bar + other) * 2, 2.0) == [0, 1, 0]
    assert returns(bar, 2.0) == []
    half = [(60, 1.0), (69, 1.0)]
    assert returns(bar + half, 2.0) == [0.5]
    assert returns([(None, 2.0), (None, 2.0)], 2.0) == [1]
