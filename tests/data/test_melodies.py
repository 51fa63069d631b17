"""Tunes as notes, and no variant of one on both sides."""

import json
import sys
from collections import Counter

import pytest
import torch

import minidiff as md
from minidiff.data.melodies import TEST, read
from tools import melody_split

SCALE = [60, 62, 64, 65, 67, 69, 71, 72]


def tune(notes, title="A", key="C", rhythm="reel", source=""):
    return {
        "title": title, "rhythm": rhythm, "meter": "4/4", "key": key, "bpm": 180,
        "source": source, "notes": [[p, 12] for p in notes],
    }  # fmt: skip


@pytest.fixture
def made(tmp_path, release, monkeypatch):
    (tmp_path / "melodies").mkdir()
    tunes = [tune([69, 0, 72], "One"), tune(SCALE, "Two, The", "Em", "jig")]
    tunes[0]["notes"][0][1] = 36
    text = "".join(json.dumps(t) + "\n" for t in tunes)
    (tmp_path / "melodies" / "melodies.jsonl").write_text(text)
    release("melodies")
    (tmp_path / "test.txt").write_text("Two, The\n")
    module = sys.modules[md.data.melodies.__module__]
    monkeypatch.setattr(module, "TEST", tmp_path / "test.txt")


def test_a_tune_is_pitches_and_beats(made):
    train, test = md.data.melodies("train"), md.data.melodies("test")
    assert (len(train), len(test)) == (1, 1)
    assert train[0] == [(69, 1.5), (None, 0.5), (72, 0.5)]
    assert test.titles == ["Two, The"]
    assert (test.rhythms, test.meters, test.keys) == (["jig"], ["4/4"], ["Em"])
    assert test.tempos == [180]
    assert test.credits[0].startswith("Two, The: Ceol Rince na hEireann")
    assert "CC BY 4.0" in test.credits[0]


def resemblance(a, b):
    """The most of one that is found in the other."""
    return max(
        melody_split.shared([i], [a, b], keynote).max().item()
        for keynote in (True, False)
        for i in (0, 1)
    )


def test_variants_resemble_each_other():
    dice = torch.Generator().manual_seed(0)
    draw = torch.randint(0, 8, (2, 64), generator=dice).tolist()
    one, other = ([SCALE[i] for i in each] for each in draw)
    assert resemblance(tune(one), tune(other)) == 0
    assert resemblance(tune(one), tune(one)) == 1
    assert resemblance(tune(one), tune([p + 2 for p in one], key="D")) == 1
    assert resemblance(tune(one), tune(one, key="Am")) == 1  # another key note
    assert resemblance(tune(one), tune([p + 12 for p in one[3:]])) == 1
    turned = [p + 1 if i % 8 == 0 else p for i, p in enumerate(one)]  # two of 16
    assert resemblance(tune(one), tune(turned)) == 1
    half = other[:32] + one[32:]
    assert 0.3 < resemblance(tune(one), tune(half)) < 0.7
    assert resemblance(tune(one), tune(one, rhythm="jig")) == 0  # other bars


def test_only_what_stands_alone_is_for_the_test():
    dice = torch.Generator().manual_seed(1)
    songs = torch.randint(0, 8, (5, 64), generator=dice).tolist()
    songs = [[SCALE[i] for i in song] for song in songs]
    tunes = [
        tune(songs[0], "Alone"), tune(songs[1], "Rakes (1), The"),
        tune(songs[2], "Rakes 2"), tune(songs[3], "Kane's", source="CRE4.1"),
        tune(songs[4], "Pillar", source="CRE4.1"), tune(songs[0][::-1], "Back"),
        tune([p + 7 for p in songs[0][::-1]], "Forth", key="G"),
    ]  # fmt: skip
    assert melody_split.alone(tunes) == [0]


def test_titles_of_versions_are_one():
    versions = ["Mossy Banks (b), The", "Mossy Banks [ii]", "The Mossy Banks 3"]
    assert {melody_split.named(title) for title in versions} == {"mossy banks"}


def test_the_real_ones(recordings):
    train, test = md.data.melodies("train"), md.data.melodies("test")
    assert (len(train), len(test)) == (917, 116)
    assert set(test.rhythms) == set(train.rhythms)
    for data in (train, test):
        pitches = {pitch for notes in data for pitch, _ in notes if pitch}
        assert 54 <= min(pitches) <= max(pitches) <= 86
        lengths = [
            sum(beats for _, beats in notes) * 60 / tempo
            for notes, tempo in zip(data, data.tempos, strict=True)
        ]
        assert 14 < min(lengths) < max(lengths) <= 192


def test_no_real_tune_or_variant_is_on_both_sides(recordings):
    tunes = read()
    test = TEST.read_text().splitlines()
    titles = Counter(melody_split.named(t["title"]) for t in tunes)
    assert {titles[melody_split.named(title)] for title in test} == {1}
    chosen = [i for i, t in enumerate(tunes) if t["title"] in test]
    assert len(chosen) == len(test) == 116
    others = [tunes[i]["source"] for i in range(len(tunes)) if i not in chosen]
    assert not {tunes[i]["source"] for i in chosen} & set(others) - {""}
    some = chosen[::12]  # all of them take a while
    shared = melody_split.shared(some, tunes, keynote=True)
    assert shared.max() < melody_split.SHARED
    wren = [i for i, t in enumerate(tunes) if t["title"].startswith("Wren Hornpipe")]
    assert melody_split.shared(wren[:1], tunes, keynote=True).max() > 0.9
