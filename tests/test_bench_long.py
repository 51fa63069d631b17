"""The rulers of chapter 17's tables, on sounds and tunes whose answers are known."""

import json
import math
from types import SimpleNamespace

import pytest
import torch

import minidiff as md
from bench import long, music, textures
from minidiff.measured.rows import Measured


def test_how_much_a_level_varies():
    rate = 1600
    steady = torch.full((rate,), 0.1)
    assert textures.varies(steady, rate) == pytest.approx(0, abs=1e-4)
    halves = torch.cat([steady[: rate // 2], 10 * steady[: rate // 2]])  # 20 dB apart
    assert textures.varies(halves, rate) == pytest.approx(10 * math.sqrt(8 / 7), 1e-4)
    assert math.isfinite(textures.varies(torch.zeros(rate), rate))


def test_the_middle_and_its_quarters():
    row = textures.row([5.0, 1.0, 2.0, 3.0, 4.0])
    assert row["n"] == 5
    assert list(row["metrics"].values()) == [3, 2, 4]


def test_a_stopped_bench_goes_on_only_with_the_same_question(tmp_path):
    file, content = tmp_path / "a.json", {"again": "x", "model": "y"}
    assert long.begun(file, content) == ({}, {})
    left = {"rows": {"swap": 1}, "yardsticks": {"one window": 2}}
    file.write_text(json.dumps(content | left))
    assert long.begun(file, content) == ({"swap": 1}, {"one window": 2})
    assert long.begun(file, content | {"model": "z"}) == ({}, {})


def test_a_mean_over_seams_errs_by_its_sounds():
    x = torch.tensor([[1.0, 3.0], [3.0, 5.0]])  # two seams of two sounds
    assert long.mean(x) == 3
    assert long.error(x) == pytest.approx(1.0)
    assert long.error(x[:, :1]) == 0


def test_how_far_a_sound_wanders():
    """Half seconds that are 20 dB apart, in a low tone, a high one, or in neither."""
    rate = 1600
    time = torch.arange(6 * rate) / rate
    loud = torch.where(time % 1 < 0.5, 1.0, 0.1)
    low, high = (torch.sin(2 * math.pi * f * time) for f in (100.0, 600.0))
    far = 10 * math.sqrt(10 / 9)  # of ten levels, five 20 dB above the others
    for wave, all_of_it, above in (
        (low + 0.01 * high, 0, 0),
        (high * loud, far, far),
        (3 * low + 0.03 * high * loud, 0, far),
    ):
        found = long.wanders(wave[None], rate)
        assert found["wanders"].item() == pytest.approx(all_of_it, abs=0.05)
        assert found["wanders_above"].item() == pytest.approx(above, abs=0.05)
    silent = long.wanders(torch.zeros(1, 9000), rate)
    assert all(x.isfinite().all() for x in silent.values())


class Seams(long.Seams):
    """Of windows of 4096 samples, without a model or an ear."""

    def __init__(self):
        self.window, self.overlap, self.hop, self.ears = 4096, 1024, 3072, {}
        spec = md.MelSpec(16_000, 512, 128, 32)
        self.model = SimpleNamespace(audible=spec, sample_rate=16_000)


def test_a_seam_is_measured_against_the_middle_between_two():
    seams, noise = Seams(), torch.randn(4, 4 * 4096, generator=dice(3))
    assert abs(seams.numbers(noise, [0])["metrics"]["level"]) < 0.5
    at = 3072 + 512  # the middle of the first overlap
    softer = noise.clone()
    for k in range(4):
        softer[:, at + 3072 * k - 300 :][:, :600] *= 0.1
    found = seams.numbers(softer, [0])
    assert found["metrics"]["level"] < -10
    assert found["spread"]["level"] > 0
    assert set(found["each"]) == {"level", "flux"}
    of_each = found["each"]["level"]  # of four sounds
    assert len(of_each) == 4
    assert sum(of_each) / 4 == pytest.approx(found["metrics"]["level"], abs=1e-3)
    assert found["metrics"]["flux"] > 0.1
    assert "wanders" not in found["metrics"]  # it is too short for it
    elsewhere = seams.numbers(softer, [0], first=at + 1536)
    assert elsewhere["metrics"]["level"] > 10


def test_sounds_are_paired_by_what_each_gave():
    """An error that all sounds share is none of the difference."""
    seams, noise = Seams(), torch.randn(3, 90_000, generator=dice(5))
    other = noise * torch.tensor([[0.5], [1.0], [2.0]])
    rows = {"a": seams.numbers(noise, [0]), "b": seams.numbers(other, [0])}
    assert set(rows["a"]["each"]) == set(long.EACH)
    read = Measured({"rows": rows, "again": ""})
    far, error = read.paired("level", "a", "b")
    assert far == pytest.approx(0, abs=1e-3)
    assert error < 1e-3 < rows["a"]["spread"]["level"]


def test_one_window_is_measured_as_if_it_had_a_seam():
    seams, middle = Seams(), (4096 - 1536) // 2
    noise = torch.randn(3, 4096, generator=dice(4))
    assert abs(seams.numbers(noise, [0], middle)["metrics"]["level"]) < 1.5
    noise[:, middle - 256 : middle + 256] *= 0.1
    level = seams.numbers(noise, [0], middle)["metrics"]["level"]
    assert level == pytest.approx(-20, abs=2)


def dice(seed):
    return torch.Generator().manual_seed(seed)


def test_shuffled_tunes_keep_their_notes():
    tune = [(60 + k, 0.5) for k in range(12)]
    mixed = music.shuffled(tune, 3)
    assert sorted(mixed) == tune
    assert mixed != tune
    assert mixed == music.shuffled(tune, 3)


def test_a_tune_moves_by_octaves_into_a_range():
    tune = [(62, 1.0), (None, 1.0), (74, 1.0), (50, 8.0)]
    assert music.fitting(tune, 70, 90, 3) == [(74, 1.0), (None, 1.0), (86, 1.0)]
    assert music.fitting(tune, 60, 65, 3) == []


def test_the_nearest_recording_is_bent_to_a_pitch():
    rate = 16_000
    time = torch.arange(rate) / rate
    tones = [torch.sin(2 * math.pi * f * time) for f in (440.0, 880.0, 440.0)]
    recorded = object.__new__(music.Recorded)
    recorded.rate = rate
    recorded.notes = SimpleNamespace(
        names=["flute", "violin"],
        waves=tones,
        labels=torch.tensor([[0, 9], [0, 21], [1, 10]]),
        label_names={"pitch": ["60"]},
    )
    bent = recorded.note(72, "flute")  # of 69 and 81, the first is nearer
    peak = torch.fft.rfft(bent).abs().argmax().item() * rate / len(bent)
    assert peak == pytest.approx(440 * 2 ** (3 / 12), rel=0.01)
    assert len(bent) == pytest.approx(rate / 2 ** (3 / 12), rel=0.01)


def test_two_of_three_pairs():
    x = torch.tensor([[0.0, 0], [3, 4], [0, 0]])
    assert music.apart(x) == pytest.approx(10 / 3, abs=1e-3)


def test_a_tune_is_cut_at_its_notes():
    tune = [(60, 1.0), (None, 0.5), (62, 1.0), (64, 1.0)]
    assert music.until(tune, 2.5) == tune[:3]
    assert music.until(tune, 2.4) == tune[:2]
    assert music.until(tune, 9) == tune
    assert music.until([], 9) == []


def test_both_crowds_of_reels_are_cut_alike(monkeypatch):
    """A line of eight bars, thrice; and the same, four times or twice."""
    bar = [[(60 + 2 * k + j, 1.0) for j in range(4)] for k in range(8)]
    line = [note for notes in bar for note in notes]
    writer = SimpleNamespace(write=lambda kind, bars, seed: line * (3 - seed))
    test = SimpleNamespace(tunes=[line * 4, line * 2], rhythms=["reel", "reel"])
    monkeypatch.setattr(music, "load", lambda name: writer)
    monkeypatch.setattr(music.data, "melodies", lambda split: test)
    rows = music.coherence(3)  # the last one is too short
    assert [row["n"] for row in rows.values()] == [2, 2, 2]
    assert rows["written"]["each"] == {"bars": [24.0, 16.0], "8": [1.0, 1.0]}
    assert rows["recorded"]["each"] == {"bars": [24.0, 16.0], "8": [1.0, 1.0]}
    assert rows["recorded"]["metrics"]["4"] < 0.5
    assert rows["shuffled"]["metrics"]["8"] < 0.5
