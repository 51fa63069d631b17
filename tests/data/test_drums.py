"""Drum machines: on hits made here, and on the real ones where they are."""

import collections
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from minidiff.data import drums
from minidiff.data.drums import TEST, Drums, drum, held_out, machine

needs_recordings = pytest.mark.skipif(
    not os.environ.get("MINIDIFF_DATA"),
    reason="set MINIDIFF_DATA to a folder with drum-machines to test these",
)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("LM-2/kick-alt", "kick"),
        ("TR-808/kick/bd0025", "kick"),
        ("Micro-Rhythmer-12/univox-sd", "snare"),
        ("Casio-SK1/hithat", "closed hi-hat"),
        ("TR-808/hihat-close/ch", "closed hi-hat"),
        ("Yamaha-MR10/ohihat", "open hi-hat"),
        ("Sequential-Circuits-Drumtraks/DT_Openhat", "open hi-hat"),
        ("TR-808/mid-tom/mt10", "tom"),
        ("LM-2/conga-lll", "conga"),
        ("TR-808/clap/cp", "clap"),
        ("Roland-CR-8000/cymball", "cymbal"),
        ("808-mini/ride", "cymbal"),
        ("TR-808/maraca/ma", "percussion"),
        ("Yamaha-MR10/brush", "percussion"),
    ],
)
def test_classes_and_machines_come_from_the_names(file, name):
    for above in ("/data/drum-machines", "/cache/a894cb8/drum-machines-a894cb8"):
        path = Path(above, file + ".ogg")
        assert Drums.names[drum(path)] == name
        assert machine(path) == file.split("/")[0]


def test_resampled_cut_padded_and_one_gain_for_all(tmp_path, monkeypatch):
    time = np.arange(48_000) / 48_000
    loud, quiet = (a * np.sin(2 * np.pi * 440 * time) for a in (0.9, 0.09))
    files = []
    hits = {
        "LM-2/kick": loud, "LM-2/snare": quiet, "LM-2/clap": quiet[:4800],
        "Casio-RZ1/crash": np.stack([loud, quiet], 1),
    }  # fmt: skip
    for name, hit in hits.items():
        files.append(tmp_path / f"{name}.flac")
        files[-1].parent.mkdir(exist_ok=True)
        soundfile.write(files[-1], hit, 48_000)
    monkeypatch.setattr(sys.modules[Drums.__module__], "recordings", lambda *_: files)
    data = drums(samples=8000, sample_rate=16_000)
    assert data.machines == ["LM-2"] * 3
    assert data.credits[2].startswith("LM-2, clap: public domain")
    assert [data.names[k] for k in data.labels] == ["kick", "snare", "clap"]
    assert data.sample_rate == 16_000
    expected = 0.9 * 0.9 * torch.sin(2 * torch.pi * 440 * torch.arange(8000) / 16_000)
    middle = slice(100, 7600)
    assert torch.allclose(data.waves[0][middle], expected[middle], atol=2e-3)
    ratio = data.waves[0].norm() / data.waves[1].norm()
    assert ratio.item() == pytest.approx(10, rel=1e-3)  # the level is as recorded
    assert (data.waves[2][1600:] == 0).all()
    assert data.waves[0][-1] == 0
    test = drums("test", samples=8000)
    assert test.machines == ["Casio-RZ1"]
    mean = 0.55 * expected  # of the two channels
    assert torch.allclose(test.waves[0][middle], mean[middle], atol=2e-3)


def test_of_a_kind_on_a_machine_every_second_hit_is_held_out():
    files = [Path("TR-808/kick", f"bd{k}.ogg") for k in range(5)]
    files += [Path("LM-2/kick.ogg"), Path("LM-2/kick-alt.ogg"), Path("LM-2/clap.ogg")]
    files += [Path("Casio-RZ1/kick.ogg")]
    held = [f.as_posix() for f in files if f in held_out(files)]
    assert held == [
        "TR-808/kick/bd1.ogg", "TR-808/kick/bd3.ogg", "LM-2/kick-alt.ogg",
        "Casio-RZ1/kick.ogg",
    ]  # fmt: skip


def test_varied_hits_are_ten_for_one(tmp_path, monkeypatch):
    time = np.arange(16_000) / 16_000
    file = tmp_path / "LM-2" / "kick.flac"
    file.parent.mkdir()
    soundfile.write(file, 0.5 * np.sin(2 * np.pi * 1000 * time), 16_000)
    monkeypatch.setattr(sys.modules[Drums.__module__], "recordings", lambda *_: [file])
    data, plain = drums(samples=8000, vary=True), drums(samples=8000)
    assert (len(data), len(data.labels), len(data.machines)) == (10, 10, 10)
    assert data.origin.tolist() == [0] * 10
    assert torch.equal(data.waves[0], plain.waves[0])
    assert torch.equal(data.waves[1::2], -data.waves[::2])
    peak = torch.fft.rfft(data.waves[::2]).abs().argmax(1) * 2.0  # Hz
    steps = 12 * (peak / 1000).log2()
    assert torch.allclose(steps, torch.tensor([0.0, -2, -1, 1, 2]), atol=0.05)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"split": "all"}, "split: 'all'.*train, test"),
        ({"samples": 0}, "samples must.*1.*0"),
        ({"sample_rate": 0}, "sample_rate must.*1000.*0"),
    ],
)
def test_bad_arguments_are_named(arguments, says):
    with pytest.raises(ValueError, match=says):
        drums(**arguments)


@needs_recordings
def test_the_real_recordings():
    train, test = drums(), drums("test")
    assert (len(train), len(test)) == (120, 108)
    assert not set(train.machines) & set(TEST)
    assert set(TEST) < set(test.machines)
    of_each = [collections.Counter(data.machines)["TR-808"] for data in (train, test)]
    assert abs(of_each[0] - of_each[1]) <= len(train.names)
    assert of_each[0] > 120 / 2.5
    assert not set(train.credits) & set(test.credits)
    for data, least in ((train, 4), (test, 2)):
        assert data.waves.shape == (len(data), 16_384)
        assert data.waves.dtype == torch.float32
        assert data.waves.abs().max() <= 1
        assert (data.waves.abs().amax(1) > 0.05).all()
        assert data.labels.bincount(minlength=len(data.names)).min() >= least
    wave, label = test[3]
    assert torch.equal(wave, test.waves[3])
    assert (label.dtype, label.shape) == (torch.int64, ())
    # Kicks are low and closed hi-hats are high, on the test machines too.
    energy = torch.fft.rfft(torch.cat([train.waves, test.waves])).abs().square()
    low = energy[:, :512].sum(1) / energy.sum(1)  # below 500 Hz
    labels = torch.cat([train.labels, test.labels])
    assert low[labels == data.names.index("kick")].median() > 0.9
    assert low[labels == data.names.index("closed hi-hat")].median() < 0.1
