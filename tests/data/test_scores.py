"""Melodies as numbers and back; every moment has its place."""

import pytest
import torch

from minidiff.data.melodies import Melodies
from minidiff.data.scores import BARS, END, START, Scores, Written

TUNE = [(62, 0.5), (64, 0.5), (None, 1.0), (62, 2.0), (64, 0.5)]
SCORES = Scores.of([TUNE])


def test_there_and_back():
    numbers = SCORES.encode(TUNE)
    assert len(SCORES) == 3 + 4
    assert numbers.tolist()[::6] == [START, END]
    assert numbers[2] == numbers[5] != numbers[1]
    assert SCORES.decode(numbers) == TUNE
    assert Scores(SCORES.notes).encode(TUNE).tolist() == numbers.tolist()


def test_the_nearest_note_stands_for_one_that_never_was():
    heard = SCORES.decode(SCORES.encode([(62, 1.9), (63, 0.5), (90, 9.0), (None, 4)]))
    assert heard == [(62, 2.0), (62, 0.5), (64, 0.5), (None, 1.0)]


def test_places():
    """After each note: part of eight bars, bar, moment; a jig's bar has three beats."""
    place = SCORES.places(SCORES.encode(TUNE)[:-1], "jig")
    ticks = [0, 12, 24, 48, 96, 108]
    assert place.tolist() == [[0, t // 72, t % 72 // 3] for t in ticks]
    later = SCORES.places(SCORES.encode(TUNE)[:-1], "jig", since=9 * 72 + 3)
    assert later[0].tolist() == [1, 1, 1]
    assert SCORES.places(torch.tensor([START]), "reel", 10**6)[0, 0] == 7
    with pytest.raises(ValueError, match="rhythm"):
        SCORES.places(torch.tensor([START]), "waltz")


def test_cuts_know_where_they_begin():
    tune = TUNE * 4
    tunes = Melodies.__new__(Melodies)  # without its file
    tunes.tunes, tunes.rhythms = [tune, TUNE], ["reel", "jig"]
    cuts = Written(tunes, SCORES, length=8)
    assert len(cuts) == 6  # of 22 numbers, every four, and of 7
    whole = SCORES.encode(tune)
    places = SCORES.places(whole, "reel")
    for i in range(5):
        numbers, cond = cuts[i]
        part = whole[4 * i : 4 * i + 9]
        assert numbers[: len(part)].tolist() == part.tolist()
        n = min(8, len(part))
        assert cond["place"][:n].tolist() == places[4 * i : 4 * i + n].tolist()
        assert cond["kind"] == list(BARS).index("reel")
    numbers, cond = cuts[5]
    assert numbers.tolist() == [*SCORES.encode(TUNE).tolist(), 0, 0]
    assert cond["kind"] == list(BARS).index("jig")
