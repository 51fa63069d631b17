"""The ears that ship: on recordings that ship, and on an attempt to please them."""

import functools

import pytest
import torch

import minidiff as md
from minidiff.judging.distance import frechet
from minidiff.models.ears import load_ears

LEAST = {"digits": 0.95, "environment": 0.6, "notes": 0.85}  # recognised


@functools.cache
def recordings(name):
    """The examples of a set, none of which was learned from, and their classes."""
    ears, names = load_ears(name), md.load(name).labels
    held = [e for e in md.examples() if e.set == name and e.label in names]
    waves = torch.cat([e.fitted(ears["A"].samples) for e in held])
    return ears, waves, torch.tensor([names.index(e.label) for e in held])


@pytest.mark.parametrize("name", LEAST)
@pytest.mark.parametrize("which", ["A", "B"])
def test_an_ear_knows_recordings_that_it_has_not_learned(name, which):
    ears, waves, labels = recordings(name)
    right = (ears[which].label(waves) == labels).double().mean().item()
    assert right >= LEAST[name], f"{right:.1%} of {len(labels)}"


@pytest.mark.parametrize("much", [0.25, 0.5])
def test_adding_the_mean_mel_cannot_please_both(much):
    """Mels with the mean of all mels added: more of what is usual, like no voice.

    Ear A, which hears mels, knows nearly as many words as before. But one ear puts the
    crowd far away, many times as far as the way through the mel does.
    """
    ears, waves, labels = recordings("digits")
    spec = ears["A"].front
    mel = spec.encode(waves)
    found = {}
    for name, tried in (("plain", mel), ("attack", mel + much * mel.mean(0))):
        made = spec.decode(tried)[:, : waves.shape[1]].clamp(-1, 1)
        found[name] = {w: (e.embed(made), e.embed(waves)) for w, e in ears.items()}
    knows = (ears["A"].named(found["attack"]["A"][0]) == labels).double().mean()
    assert knows > 0.9
    times = {
        w: frechet(*found["attack"][w]) / frechet(*found["plain"][w]) for w in ears
    }
    assert max(times.values()) > 10, times
