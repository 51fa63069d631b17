"""Captions: what is said is what is meant, and is read back."""

import numpy as np
import pytest

from minidiff.data import captions, garden
from minidiff.data.captions import Asked, Part, parse, say, traits
from minidiff.data.tokens import Tokenizer

BELL = Part("bell", {"pitch": "high", "brightness": "high"})
RAIN = Part("rain", {"loudness": "low"})
OVER = Asked("over", (BELL, RAIN))


@pytest.mark.parametrize(
    ("caption", "asked"),
    [
        ("a high bright bell", Asked("", (BELL,))),
        ("a bright, high bell over soft rain.", OVER),
        ("Quiet rainfall behind the clear high-pitched chime", OVER),
        ("faint rain under a high clear bell", OVER),
        ("rain, then a bell", Asked("then", (Part("rain", {}), Part("bell", {})))),
        ("a bell after rain", Asked("then", (Part("rain", {}), Part("bell", {})))),
        ("bass drum before a snare drum",
         Asked("then", (Part("kick", {}), Part("snare", {})))),
        ("dry plucked string", None),
        ("a damped plucked string", Asked("", (Part("plucked string",
                                                    {"decay": "low"}),))),
        ("a bell over rain over wind", None),
        ("a high low bell", None),
        ("over rain", None),
        ("a high", None),
        ("", None),
        ("bell rain", None),
    ],
)  # fmt: skip
def test_what_a_caption_means(caption, asked):
    if asked is None:
        with pytest.raises(ValueError, match="caption"):
            parse(caption)
    else:
        assert parse(caption) == asked


def anything(rng):
    """Something that may be asked, drawn evenly."""
    parts, names = [], list(garden.GARDEN)
    relation = ("", "over", "then")[rng.integers(3)]
    for _ in range(1 + bool(relation)):
        name = names[rng.integers(12)]
        may = list(captions.adjectives(name).values())
        said = [may[rng.integers(len(may))] for _ in range(rng.integers(4))]
        parts.append(Part(name, dict(said)))
    return Asked(relation, tuple(parts))


def test_every_caption_is_read_back_and_is_short_enough():
    rng, tokenizer, said = np.random.default_rng(0), Tokenizer(), set()
    for _ in range(3000):
        asked = anything(rng)
        caption = say(asked, rng)
        assert parse(caption) == asked
        (again,) = tokenizer.decode(tokenizer.encode(caption))
        assert parse(again) == asked  # commas do not matter
        said |= set(again.split())
        plain = say(asked)
        assert parse(plain) == asked
        assert plain == say(asked)
    assert said == set(captions.VOCABULARY)  # there is no word that nobody says


def test_no_word_of_a_sound_means_two_things():
    for name in garden.GARDEN:
        words = captions.adjectives(name)
        assert set(words.values()) == {
            (key, side) for key in garden.ranges(name) for side in ("low", "high")
        }
        for other in words:
            assert other not in sum(captions.NOUNS.values(), ())


def test_a_trait_is_an_outer_third():
    params = {"pitch": 410, "brightness": 0.5, "decay": 4.9, "loudness": -25}
    assert traits("bell", params) == {"pitch": "low", "decay": "high"}
    params |= {"pitch": 400 * 4 ** (2 / 3 + 0.01), "loudness": -29}
    assert traits("bell", params) == {
        "pitch": "high", "decay": "high", "loudness": "low",
    }  # fmt: skip


def test_tokens():
    tokenizer = Tokenizer()
    tokens = tokenizer.encode(["a bell", "", "rain, then a bell"])
    assert tokens.shape == (3, 16)
    assert (tokens > 0).sum(1).tolist() == [2, 0, 4]
    assert tokenizer.decode(tokens) == ["a bell", "", "rain then a bell"]
    assert len(tokenizer.words) < 120
    assert (tokenizer.encode("rain")[0, 1:] == 0).all()


def test_unknown_words_suggest_near_ones():
    encode = Tokenizer().encode
    with pytest.raises(ValueError, match=r"'bel' .* did you mean 'bell'"):
        encode("a high bel over rain")
    with pytest.raises(ValueError, match=r"'xyz' .* rain, crowd"):
        encode("xyz")
    with pytest.raises(ValueError, match=r"17 words.*16"):
        encode("rain " * 17)
    with pytest.raises(TypeError, match="text"):
        encode([3])
