"""Engines: every fault is what it says, and all else is as it was."""

import itertools

import numpy as np
import pytest
import torch

import minidiff as md
from minidiff.data import garden
from minidiff.data.engines import DOMAINS, FAULTS, LEVELS, STRENGTHS, Engines, rattle


def power(wave):
    return wave.double().square().mean().item()


def spectrum(wave):
    return torch.fft.rfft(wave.double() * torch.hann_window(len(wave))).abs().square()


def test_contract():
    dataset = md.data.engines(4)
    wave, label = dataset[3]
    assert (wave.shape, wave.dtype) == ((garden.SAMPLES,), torch.float32)
    assert wave.abs().max() <= 0.991
    assert (label.item(), label.dtype) == (0, torch.int64)
    assert len(dataset) == 4
    with pytest.raises(IndexError, match="4"):
        dataset[4]


def test_an_item_depends_on_seed_split_and_index_alone():
    first = Engines(5, seed=3)
    long = Engines(500, seed=3)
    for i in (4, 0, 2):
        assert torch.equal(long[i][0], first[i][0])
    for other in (Engines(5, seed=4), Engines(5, "test", seed=3)):
        assert not any(torch.equal(other[i][0], first[i][0]) for i in range(5))


@pytest.mark.parametrize("fault", FAULTS)
def test_the_fault_is_all_that_differs(fault):
    plain = Engines(3, "test", domain="source")
    ill = Engines(3, "test", fault=fault, strength="strong", domain="source")
    for i in range(3):
        a, b = plain.parts(i), ill.parts(i)
        assert not a.fault.any()
        scale = (power(b.engine) / power(a.engine)) ** 0.5  # 1 unless a peak was large
        assert scale <= 1 + 1e-6
        torch.testing.assert_close(b.engine, scale * a.engine, rtol=0, atol=1e-5)
        torch.testing.assert_close(b.behind, scale * a.behind, rtol=0, atol=1e-5)
        whole = ill[i][0] - scale * plain[i][0]
        torch.testing.assert_close(whole, b.fault, rtol=0, atol=1e-5)
        assert power(b.fault) > 0


@pytest.mark.parametrize("fault", FAULTS)
def test_stronger_faults_are_the_same_louder(fault):
    three = [Engines(2, "test", fault=fault, strength=s).parts(1) for s in STRENGTHS]
    levels = [power(p.fault) / power(p.engine) for p in three]
    assert levels == sorted(levels)
    for a, b in itertools.pairwise(three):
        gain = (power(b.fault) / power(a.fault)) ** 0.5
        assert gain > 1.3
        torch.testing.assert_close(b.fault, gain * a.fault, rtol=0, atol=1e-4)
    if fault in LEVELS:
        found = [10 * np.log10(x) for x in levels]
        assert found == pytest.approx(list(LEVELS[fault].values()), abs=0.1)


def test_a_misfire_is_one_bang_of_four():
    """Of an engine at an even speed: what is missing comes once in four bangs."""
    ill = Engines(1, "test", fault="misfire", strength="strong")
    wrong = ill.parts(0).fault
    pitch = ill.params(0)["pitch"]
    f = torch.arange(garden.SAMPLES // 2 + 1) * garden.SAMPLE_RATE / garden.SAMPLES
    lines = spectrum(wrong)
    near = (f > pitch / 4 * 0.8) & (f < pitch / 4 * 1.2)
    between = (f > pitch * 0.3) & (f < pitch * 0.42)
    assert lines[near].max() > 3 * lines[between].max()


def test_a_rattle_is_high_and_short_and_comes_with_one_cylinder():
    phase = garden.cycles(40.0)
    wave = rattle(np.random.default_rng(0), phase)
    loud = np.abs(wave) > 0.3 * np.abs(wave).max()
    starts = np.flatnonzero(np.diff(loud.astype(int)) > 0)
    starts = starts[np.r_[True, np.diff(starts) > 400]]
    gaps = np.diff(starts) / garden.SAMPLE_RATE
    assert np.abs(gaps - 0.1).max() < 0.0065  # ten times a second, a few ms late
    lines = spectrum(torch.from_numpy(wave))
    assert lines[: 1500 * 1024 // 1000].sum() < 0.1 * lines.sum()


def test_a_whine_follows_the_engine():
    whine = Engines(6, "test", fault="bearing whine")
    for i in range(6):
        lines = spectrum(whine.parts(i).fault)
        top = lines.argmax().item() * garden.SAMPLE_RATE / garden.SAMPLES
        assert 900 < top < 3400
        near = slice(int(0.85 * top), int(1.15 * top * 1.024 * 1.1))
        octave = slice(int(1.7 * top), int(2.3 * top * 1.024 * 1.1))
        assert lines[near].sum() + lines[octave].sum() > 0.9 * lines.sum()


def test_domains_differ_in_what_is_behind_alone():
    a, b = (Engines(2, "test", domain=d).parts(1) for d in DOMAINS)
    ratio = (power(b.engine) / power(a.engine)) ** 0.5
    torch.testing.assert_close(b.engine, ratio * a.engine, rtol=0, atol=1e-5)
    assert not torch.allclose(a.behind, b.behind)
    for parts in (a, b):
        loud, soft = (garden.loudness(w.numpy()) for w in (parts.engine, parts.behind))
        assert 17 < loud - soft < 25


def test_there_is_little_of_the_target_to_learn_from():
    domains = [Engines(300).domain_of(i) for i in range(300)]
    assert domains.count("target") == 3
    assert domains[99] == "target"
    target = Engines(300, domain="target")
    assert torch.equal(target[99][0], Engines(300)[99][0])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"fault": "misfires"}, "misfire"),
        ({"strength": "loud"}, "strength"),
        ({"domain": "sauce"}, "source"),
        ({"split": "tset"}, "test"),
        ({"n": 0}, "n must"),
        ({"seed": -1}, "seed"),
    ],
)
@pytest.mark.usefixtures("unhooked")
def test_bad_input(options, words):
    with pytest.raises(ValueError, match=words):
        md.data.engines(**options)
