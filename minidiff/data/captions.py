"""Captions: a small grammar of the garden that says what is asked, and reads it back.

    a high bright bell          one sound
    a bell over soft rain       two at once, the first the louder one
    rain, then a bell           one after the other

A trait, such as a high pitch, is in the outer third of what a sound may have; the
middle has no word. Every noun, trait and relation has several words, and some
relations name the second sound first: "soft rain behind a bell", "a bell after rain".
"""

import re
from typing import NamedTuple

import numpy as np

from .. import valid
from . import garden

NOUNS = {  # sound -> its names, the plainest first
    "rain": ("rain", "rainfall"),
    "crowd": ("crowd", "people"),
    "engine": ("engine", "motor"),
    "wind": ("wind", "breeze"),
    "bird": ("bird", "songbird"),
    "bell": ("bell", "chime"),
    "plucked string": ("plucked string", "guitar"),
    "flute": ("flute", "recorder"),
    "organ": ("organ", "harmonium"),
    "kick": ("kick", "bass drum"),
    "snare": ("snare", "snare drum"),
    "hi-hat": ("hi-hat", "cymbal"),
}
UNCOUNTED = {"rain", "rainfall", "people", "wind"}  # without "a"
SIDES = ("low", "high")  # thirds of a range
TRAITS = {  # parameter -> words for its lowest and for its highest third
    "loudness": (("soft", "quiet", "faint"), ("loud", "strong")),
    "pitch": (("low", "deep"), ("high", "high-pitched")),
    "brightness": (("dull", "dark", "muffled"), ("bright", "clear")),
    "rate": (("slow",), ("quick", "fast")),
    "decay": (("short", "brief"), ("long", "lasting")),
}
OWN_TRAITS = {  # of one sound, beside those
    ("rain", "rate"): (("sparse", "light"), ("dense", "heavy")),
    ("rain", "decay"): (("dry",), ("ringing",)),
    ("crowd", "rate"): (("calm",), ("chattering", "busy")),
    ("crowd", "decay"): (("dry",), ("echoing",)),
    ("engine", "rate"): (("steady",), ("surging",)),
    ("wind", "rate"): (("steady",), ("gusty",)),
    ("bell", "decay"): (("damped",), ("ringing",)),
    ("plucked string", "decay"): (("damped",), ("ringing",)),
    ("flute", "rate"): (("swaying",), ("trembling",)),
    ("organ", "rate"): (("swaying",), ("trembling",)),
    ("hi-hat", "decay"): (("closed",), ("open",)),
}
RELATIONS = {  # words between two sounds -> relation, whether the second comes first
    ("over",): ("over", False),
    ("above",): ("over", False),
    ("under",): ("over", True),
    ("behind",): ("over", True),
    ("then",): ("then", False),
    ("followed", "by"): ("then", False),
    ("before",): ("then", False),
    ("after",): ("then", True),
}
ARTICLES = ("a", "an", "the")
MOST = 3  # traits that are said of one sound
LENGTH = 16  # words of the longest caption


class Part(NamedTuple):
    """One sound as it is asked for: traits are parameter -> "low" or "high"."""

    name: str
    traits: dict[str, str]


class Asked(NamedTuple):
    """What a caption asks for.

    relation: "" of one sound; "over": the first part is the louder one; "then": it is
    the earlier one.
    """

    relation: str
    parts: tuple[Part, ...]


def adjectives(name: str) -> dict[str, tuple[str, str]]:
    """Every word for a trait of this sound -> parameter, side; the plainest first."""
    words = {}
    for key in (key for key in TRAITS if key in garden.ranges(name)):
        both = OWN_TRAITS.get((name, key), ((), ()))
        for side, own, general in zip(SIDES, both, TRAITS[key], strict=True):
            words |= dict.fromkeys((*own, *general), (key, side))
    return words


def traits(name: str, params: dict[str, float]) -> dict[str, str]:
    """What may be said of a sound with these parameters."""
    found = {}
    for key, range_ in garden.ranges(name).items():
        place = range_.place(params[key])
        if not 1 / 3 <= place <= 2 / 3:
            found[key] = SIDES[place > 0.5]
    return found


# Saying.


def say(asked: Asked, rng: np.random.Generator | None = None) -> str:
    """A caption; with `rng` its words and their order vary, without it is plain."""
    phrases = [_phrase(part, rng) for part in asked.parts]
    if not asked.relation:
        return phrases[0]
    ways = [
        (w, swap) for w, (kind, swap) in RELATIONS.items() if kind == asked.relation
    ]
    words, swapped = _pick(ways, rng)
    first, second = reversed(phrases) if swapped else phrases
    comma = "," if words[0] in ("then", "followed") else ""
    return f"{first}{comma} {' '.join(words)} {second}"


def _phrase(part: Part, rng) -> str:
    known, said = adjectives(part.name), []
    for key, side in part.traits.items():
        ways = [word for word, trait in known.items() if trait == (key, side)]
        said.append(_pick(ways, rng))
    noun = _pick(NOUNS[part.name], rng)
    if rng is not None:
        rng.shuffle(said)
    phrase = " ".join([*said, noun])
    article = "an" if phrase[0] in "aeiou" else "a"
    article = "" if noun in UNCOUNTED else article
    chance = 0.5 if rng is None else rng.random()
    if chance < 0.1:  # as people write, too
        article = "the"
    elif chance > 0.9:
        article = ""
    return f"{article} {phrase}".strip()


def _pick(ways, rng):
    return ways[0] if rng is None else ways[rng.integers(len(ways))]


# Reading.


def split(caption: str) -> list[str]:
    """The words of a caption, small letters, without commas and stops."""
    if not isinstance(caption, str):
        raise TypeError(f"a caption is text, got {caption!r}")
    return re.findall(r"[^\s,.;:!?\"]+", caption.lower())


def parse(caption: str) -> Asked:
    """What a caption asks for; the way back from `say`.

    Raises ValueError for words and orders that the grammar does not have.
    """
    words = known(split(caption), VOCABULARY)
    relation, halves = halved(words)
    return Asked(relation, tuple(map(_part, halves)))


def halved(words: list[str]) -> tuple[str, list[list[str]]]:
    """Relation, and the words of each sound, in the order of `Asked`.

    Raises ValueError for more than two sounds.
    """
    found = [
        (i, between)
        for between in RELATIONS
        for i in range(len(words))
        if tuple(words[i : i + len(between)]) == between
    ]
    if not found:
        return "", [words]
    if len(found) > 1:
        raise ValueError(f"caption: more than two sounds in {' '.join(words)!r}")
    i, between = found[0]
    relation, swapped = RELATIONS[between]
    halves = [words[:i], words[i + len(between) :]]
    return relation, halves[::-1] if swapped else halves


def _part(words: list[str]) -> Part:
    words = words[1:] if words and words[0] in ARTICLES else words
    names = {noun: name for name, nouns in NOUNS.items() for noun in nouns}
    for size in (2, 1):  # "bass drum" before "drum"
        noun = " ".join(words[-size:])
        if len(words) >= size and noun in names:
            break
    else:
        here = " ".join(words) or "nothing"
        raise ValueError(f"caption: a sound should end {here!r}: {', '.join(names)}")
    name, said = names[noun], {}
    ways = adjectives(name)
    for word in words[:-size]:
        key, side = ways[valid.choice(word, ways, f"caption: what a {noun} can be")]
        if said.setdefault(key, side) != side:
            raise ValueError(f"caption: {key} of the {noun} is asked both ways")
    return Part(name, said)


def known(words: list[str], vocabulary) -> list[str]:
    """These words. Raises ValueError for one that was never learned."""
    for word in words:
        if word not in vocabulary:
            near = " or ".join(map(repr, valid.near(word, vocabulary)))
            hint = (
                f"did you mean {near}?"
                if near
                else (f"it knows {len(vocabulary)} words, and {', '.join(NOUNS)}")
            )
            raise ValueError(f"caption: {word!r} is a word it has not learned; {hint}")
    return words


def _vocabulary() -> list[str]:
    words = {word for between in RELATIONS for word in between} | set(ARTICLES)
    for name, nouns in NOUNS.items():
        words |= {*" ".join(nouns).split(), *adjectives(name)}
    return sorted(words)


VOCABULARY = _vocabulary()
