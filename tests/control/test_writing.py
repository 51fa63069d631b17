"""A model that writes: what ends, what repeats, what is its own."""

import pytest
import torch

import minidiff as md
from minidiff.control.writing import LONGEST, Writer, lasting
from minidiff.data.scores import BARS, END, PLACES, Scores
from minidiff.nets import build
from minidiff.nets.melody import Melody

SCORES = Scores([(60, 12), (62, 12), (64, 24)])


class Told(Melody):
    """Goes up the table, from the last to the first, or ends there."""

    def __init__(self, ends=False):
        torch.nn.Module.__init__(self)
        self.table, self.ends = torch.nn.Embedding(6, 1), ends

    def forward(self, notes, place, kind, heard=None):
        last = notes[0, -1].item()
        next = END if self.ends and last == 5 else 3 if last in (1, 5) else last + 1
        scores = torch.full((1, notes.shape[1], 6), -50.0)
        scores[0, -1, next] = 50
        return scores


def test_it_writes_what_is_likeliest():
    up = [(60, 0.5), (62, 0.5), (64, 1.0)]
    assert Writer(Told(True), SCORES).write("reel") == up
    assert Writer(Told(), SCORES).write("reel", bars=1) == up * 2
    assert Writer(Told(), SCORES).write("jig", bars=1) == up + up[:2]
    assert Writer(Told(), SCORES).write("reel", bars=0.5, begin=up[:2]) == up
    assert len(Writer(Told(), SCORES).write("reel", bars=999)) == LONGEST


def random():
    torch.manual_seed(0)
    net = build("Melody", words=6, places=PLACES, kinds=len(BARS), width=8, depth=1)
    return Writer(net, SCORES)


def test_seeds_and_temperature():
    writer = random()
    tunes = [writer.write(bars=4, seed=s) for s in (0, 0, 1)]
    assert tunes[0] == tunes[1] != tunes[2]
    cold = {tuple(writer.write(bars=2, seed=s, temperature=0.001)) for s in range(3)}
    cold |= {tuple(writer.write(bars=2, temperature=1e-300))}
    assert len(cold) == 1
    for made in tunes:
        assert made
        assert set(made) <= {(60, 0.5), (62, 0.5), (64, 1.0)}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"rhythm": "waltz"}, "rhythm"),
        ({"bars": 0}, "bars"),
        ({"bars": float("nan")}, "bars"),
        ({"temperature": 0}, "temperature"),
        ({"temperature": -1}, "temperature"),
        ({"seed": -1}, "seed"),
    ],
)
def test_what_it_cannot_write(wrong, said):
    with pytest.raises(ValueError, match=said):
        random().write(**wrong)


def test_the_model_that_ships():
    writer = md.load("melodies")
    assert writer.labels == list(BARS)
    assert sum(p.numel() for p in writer.net.parameters()) < 1_000_000
    reel = writer.write("reel", bars=8, seed=0)
    assert lasting(reel, "reel") <= 8.5
    assert len({pitch for pitch, _ in reel}) > 4
    eighths = sum(beats == 0.5 for _, beats in reel) / len(reel)
    assert eighths > 0.5  # as in the corpus
    assert writer.write("reel", bars=8, seed=1) != reel


def test_it_is_less_surprised_than_by_chance_and_by_frequency(recordings):
    writer = md.load("melodies")
    tunes = md.data.melodies("test")
    tunes.tunes, tunes.rhythms = tunes.tunes[:10], tunes.rhythms[:10]
    found = writer.surprise(tunes)
    counts = torch.zeros(len(writer.scores))
    for tune in md.data.melodies("train").tunes:
        counts += torch.bincount(writer.scores.encode(tune), minlength=len(counts))
    share = (counts + 1) / (counts + 1).sum()
    coming = torch.cat([writer.scores.encode(t)[1:] for t in tunes.tunes])
    by_frequency = -share[coming].log().mean().item()
    assert found["nats"] < 0.6 * by_frequency
    assert found["guessed"] > 0.3
