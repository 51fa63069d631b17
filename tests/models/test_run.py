"""Recipes: a training that is killed goes on to the very same model."""

import dataclasses
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import tiny
import torch

import minidiff as md
from minidiff.models import encoded, recipes, run

STEPS = 40


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setitem(recipes.RECIPES, "tiny", tiny.RECIPE)


def train(out, steps=STEPS, **options):
    return run.train("tiny", out, steps, device="cpu", **options)


def model(folder):
    return (folder / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The model of a training that nothing disturbed."""
    out = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(recipes.RECIPES, "tiny", tiny.RECIPE)
        list(train(out))
    return out


def test_a_training_can_be_repeated(whole, tmp_path):
    torch.rand(7)  # whatever chance did before
    list(train(tmp_path, every=7))
    assert model(tmp_path) == model(whole)
    list(train(tmp_path / "other", seed=1))
    assert model(tmp_path / "other") != model(whole)


@pytest.mark.parametrize("stop", [5, 17, 39])
def test_stopped_and_gone_on(whole, tmp_path, stop):
    for step in train(tmp_path, every=5):
        if step.index == stop:
            break
    assert not (tmp_path / "model.safetensors").exists()
    done = [step.index for step in train(tmp_path, every=5)]
    assert done == list(range(stop // 5 * 5 + 1, STEPS + 1))
    assert model(tmp_path) == model(whole)


def test_killed_and_gone_on(whole, tmp_path):
    """SIGKILL, twice, at a moment that nobody chose."""
    script = Path(__file__).parents[1] / "tiny.py"
    command = [sys.executable, script, "train", "tiny", "--out", tmp_path]
    command += ["--steps", str(STEPS), "--every", "1", "--device", "cpu"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    before = -1
    for _ in range(2):
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        checkpoint = tmp_path / "checkpoint.pt"
        while process.poll() is None and changed(checkpoint) <= before:
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, "it ended before it was killed"
        before = changed(checkpoint)
    assert not (tmp_path / "model.safetensors").exists()
    rest = [step.index for step in train(tmp_path)]
    assert 1 < rest[0] <= STEPS
    assert model(tmp_path) == model(whole)


def changed(file):
    return file.stat().st_mtime_ns if file.exists() else -1


def test_a_checkpoint_of_another_run_is_left_alone(tmp_path, monkeypatch):
    for step in train(tmp_path, every=2):
        if step.index == 3:
            break
    for other in ({"seed": 1}, {"steps": 41}, {"folder": tmp_path}):
        with pytest.raises(ValueError, match=r"out: .*another run.*another folder"):
            next(train(tmp_path, **other))
    bolder = dataclasses.replace(tiny.RECIPE, lr=0.5)
    monkeypatch.setitem(recipes.RECIPES, "tiny", bolder)
    with pytest.raises(ValueError, match=r"another run \(lr: .*, not 0.5\)"):
        next(train(tmp_path))


@pytest.mark.parametrize(
    "harm", ["300", "1000", "9000", "junk", "another dict", "one bit"]
)
def test_a_damaged_checkpoint(tmp_path, harm):
    walk, checkpoint = train(tmp_path, every=1), tmp_path / "checkpoint.pt"
    next(walk), next(walk)
    whole = checkpoint.read_bytes()
    if harm == "another dict":
        torch.save({"weights": 3}, checkpoint)
    elif harm == "one bit":
        middle = len(whole) // 2
        bit = bytes([whole[middle] ^ 1])
        checkpoint.write_bytes(whole[:middle] + bit + whole[middle + 1 :])
    else:
        checkpoint.write_bytes(whole[: int(harm)] if harm.isdigit() else b"a" * 999)
    with pytest.raises(ValueError, match=r"out: .*altered or cut short"):
        next(train(tmp_path))


def test_a_folder_that_takes_no_files(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match=r"out: cannot write to .*file"):
        next(train(tmp_path / "file"))


@pytest.fixture
def full_disk():
    """No file may grow beyond 20 kB, as on a disk that is almost full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def full(limit=20_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))

    yield full
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_loses_nothing(whole, tmp_path, full_disk):
    walk = train(tmp_path, every=10)
    while next(walk).index < 15:
        pass
    kept = (tmp_path / "checkpoint.pt").read_bytes()
    full_disk()
    with pytest.raises(ValueError, match=r"out: could not write .*checkpoint is kept"):
        list(walk)
    assert (tmp_path / "checkpoint.pt").read_bytes() == kept
    full_disk(resource.RLIM_INFINITY)
    assert next(train(tmp_path)).index == 11
    walk = train(tmp_path)
    while next(walk).index < STEPS:
        pass
    full_disk()
    with pytest.raises(ValueError, match="could not write to"):
        list(walk)
    full_disk(resource.RLIM_INFINITY)
    left = sorted(f.name for f in tmp_path.iterdir())
    assert left == ["checkpoint.pt"]
    list(train(tmp_path))
    assert model(tmp_path) == model(whole)


def test_mels_are_encoded_once_and_counted():
    mels = encoded.Encoded(tiny.Tones(n=24), tiny.RECIPE.spec)
    wave, labels = tiny.Tones(n=24)[9]
    mel, found = mels[9]
    assert torch.allclose(mel, tiny.RECIPE.spec.encode(wave[None])[0], atol=1e-5)
    assert found == labels
    assert mels.counts() == {"tone": [8, 8, 8], "level": [18, 6]}


def test_recordings_of_ones_own(tmp_path):
    for name, hertz in (("owl", 300), ("wren", 1200)):
        (tmp_path / "birds" / name).mkdir(parents=True)
        turn = 2 * np.pi * hertz * np.arange(2000) / 8000
        for i in range(3):
            file = tmp_path / "birds" / name / f"{i}.wav"
            soundfile.write(file, 0.1 * np.sin(turn + i), 8000)
    out = tmp_path / "out"
    list(train(out, 2, folder=tmp_path / "birds"))
    voice = md.load(out)
    assert voice.labels == ["owl", "wren"]
    assert voice.generate("wren").shape == (1, 1600)
    assert voice.card["title"] != tiny.RECIPE.about["title"]  # nor its licence
    assert "birds" in voice.card["data"]


def test_recordings_of_ones_own_for_latents(tmp_path):
    """The sample rate is then that of the mels behind the latents."""
    (tmp_path / "birds" / "owl").mkdir(parents=True)
    hoot = 0.1 * np.sin(np.arange(4000) / 4)
    soundfile.write(tmp_path / "birds" / "owl" / "0.wav", hoot, 8000)
    waves = run.recorded(recipes.RECIPES["sounds-latent"], tmp_path / "birds")
    peak = torch.fft.rfft(waves[0][0]).abs().argmax() * 16_000 / 16_384
    assert peak.item() == pytest.approx(8000 / 4 / (2 * np.pi), rel=0.03)


class Few(torch.utils.data.Subset):
    """Some of a data set, with the names of all its labels."""

    @property
    def label_names(self):
        return encoded.label_names(self.dataset)


@pytest.mark.parametrize("name", ["digits", "sounds"])
def test_recipes_that_ship(name, request):
    recipe = recipes.RECIPES[name]
    if name == "digits":
        request.getfixturevalue("recordings")
        data = recipe.data("train")
    else:
        data = md.data.sounds(48)
    assert recipe.about.keys() >= {"title", "data", "licence"}
    wave, _ = data[0]
    assert wave.shape == (recipe.samples,)
    few = Few(data, range(0, len(data), len(data) // 48))
    examples = recipe.examples(few)
    assert abs(examples.x.mean()) < 0.6  # about unit variance, as a net likes it
    assert 0.6 < examples.x.std() < 1.5
    net = recipe.build(examples.names).net
    assert 2 * sum(p.numel() for p in net.parameters()) < 8e6
