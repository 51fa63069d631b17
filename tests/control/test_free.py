"""Free prompts, by a stub of a sentence encoder."""

import sys

import numpy as np
import pytest
import torch

from minidiff.control.free import Free, phrases, sentence_encoder
from minidiff.data.captions import NOUNS, parse, say

MEANS = {"drizzle": "rain", "gong": "bell", "shrill": "high", "hushed": "soft"}
WORDS = ["rain", "bell", "high", "soft", "low", "loud", "motor", "engine"]


def encode(texts):
    """A stub: one axis for each word, and the same one for words that mean the same."""
    rows = np.zeros((len(texts), len(WORDS) + 1), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        row[-1] = 0.1
        for word in map(lambda w: MEANS.get(w, w), text.split()):
            if word in WORDS:
                row[WORDS.index(word)] = 1
    return rows


@pytest.mark.parametrize(
    ("prompt", "caption"),
    [
        ("drizzle", "rain"),
        ("some hushed drizzle", "soft rain"),
        ("a shrill gong over drizzle", "a high bell over rain"),
        ("drizzle behind a shrill gong", "a high bell over rain"),
        ("Drizzle, then a gong.", "rain, then a bell"),
        ("a gong after drizzle", "rain, then a bell"),
    ],
)
def test_each_sound_becomes_the_nearest_one(prompt, caption):
    assert Free(encode)(prompt) == caption


def test_what_is_known_stays_what_it_is():
    free = Free(lambda texts: torch.eye(600)[[hash_of(t) for t in texts]])
    hash_of = {say_alone(p): i for name in NOUNS for i, p in numbered(name)}.get
    assert free("a high bell over soft rain") == "a high bell over soft rain"


def say_alone(part):
    from minidiff.data.captions import Asked

    return say(Asked("", (part,)))


def numbered(name):
    start = sum(len(phrases(other)) for other in list(NOUNS)[: list(NOUNS).index(name)])
    return enumerate(phrases(name), start)


def test_all_that_can_be_said_of_one_sound_is_read_back():
    for name in NOUNS:
        for part in phrases(name):
            assert parse(say_alone(part)).parts == (part,)
    # four parameters: none, one of two sides, two of four pairs of sides
    assert len(phrases("bell")) == 1 + 4 * 2 + 6 * 4


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        ("a gong, then", "a sound is missing"),
        ("", "a sound is missing"),
        ("a gong over drizzle over wind", "more than two"),
    ],
)
def test_what_cannot_be_understood_raises(prompt, says):
    with pytest.raises(ValueError, match=says):
        Free(encode)(prompt)


def test_without_the_package_it_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ValueError, match="pip install sentence-transformers"):
        sentence_encoder()


def test_with_the_package_its_encode_is_called(monkeypatch):
    class Package:
        class SentenceTransformer:
            def __init__(self, name):
                self.name = name

            def encode(self, texts, convert_to_tensor):
                assert convert_to_tensor
                return torch.from_numpy(encode(texts))

    monkeypatch.setitem(sys.modules, "sentence_transformers", Package)
    assert Free(sentence_encoder())("hushed drizzle") == "soft rain"
