"""Recipes: a training that is killed goes on to the very same model."""

import dataclasses
import hashlib
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
from safetensors.torch import load_file

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


def recordings(place, n=3):
    """Two classes of n recordings each, at `place`."""
    for name, hertz in (("owl", 300), ("wren", 1200)):
        (place / name).mkdir(parents=True)
        for i in range(n):
            turn = 2 * np.pi * (hertz + i) * np.arange(4000) / 8000
            soundfile.write(place / name / f"{i}.wav", 0.1 * np.sin(turn), 8000)
    return place


def told(out, **options):
    """What a training of three steps says, and how many steps it took."""
    said = []
    options = {"every": 2, "tell": said.append} | options
    return said, len(list(train(out, 3, **options)))


@pytest.fixture
def stopped(tmp_path):
    """A training on recordings that stands at its second step."""
    options = {"folder": recordings(tmp_path / "birds", 6), "every": 2}
    for step in train(tmp_path / "out", 3, tell=str, **options):
        if step.index == 2:
            break
    return tmp_path


STRAY = [".DS_Store", "Thumbs.db", "desktop.ini", "._0.wav", "0.wav.asd", "notes.txt"]


@pytest.mark.parametrize("place", ["birds", "birds/owl"])
def test_a_stray_file_ends_no_training(stopped, place):
    for name in STRAY:
        (stopped / place / name).write_text("no sound")
    held = [f"{i}.wav" for i in range(99) if held_out(f"owl/{i}.wav") and i > 5]
    new = stopped / "birds" / "owl" / held[0]  # nobody learns from it
    turn = 2 * np.pi * 500 * np.arange(4000) / 8000
    soundfile.write(new, 0.1 * np.sin(turn), 8000)
    _, steps = told(stopped / "out", folder=stopped / "birds")
    assert steps == 1


def held_out(name):
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10 == 0


def learned(stopped):
    """The recordings that the training knows, without their folder."""
    files = md.data.folder(stopped / "birds", 4000, 1600).files
    return sorted(file for file in files if file.parent.name == "owl")


def test_recordings_that_changed_are_named(stopped):
    a, b, c, *_ = learned(stopped)
    a.rename(new := a.with_name("x.wav"))
    c.write_bytes(b.read_bytes()[:-2])
    says = (
        r"another run \(recordings new: owl/x.wav; "
        rf"gone: owl/{a.name}; different: owl/{c.name}\); choose another folder"
    )
    with pytest.raises(ValueError, match=says):
        told(stopped / "out", folder=stopped / "birds")
    with pytest.raises(ValueError, match=r"data: .* recordings, not None"):
        told(stopped / "out")
    assert not held_out("owl/x.wav")
    assert new.exists()


def test_what_is_wrong_with_the_folder_is_said_first(stopped, tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder"):
        told(stopped / "out", folder=stopped / "birdz")
    (stopped / "empty").mkdir()
    with pytest.raises(ValueError, match="no subfolders"):
        told(stopped / "out", folder=stopped / "empty")
    with pytest.raises(ValueError, match="data is empty"):
        told(stopped / "out", folder="")
    with pytest.raises(ValueError, match="out is empty"):
        told("", folder=stopped / "birds")


def test_a_failed_start_leaves_nothing_behind(tmp_path):
    birds = recordings(tmp_path / "birds")
    for out in (birds / "out", birds / "owl", birds):
        with pytest.raises(ValueError, match=r"out: .* choose another folder"):
            told(out, folder=birds)
    with pytest.raises(FileNotFoundError):
        told(tmp_path / "out", folder=tmp_path / "nowhere")
    assert sorted(f.name for f in birds.iterdir()) == ["owl", "wren"]
    assert not (tmp_path / "out").exists()


def test_home_is_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    recordings(tmp_path / "birds")
    told("~/out", folder="~/birds")
    assert (tmp_path / "out" / "model.safetensors").exists()


def test_it_says_what_it_will_learn(tmp_path):
    birds = recordings(tmp_path / "birds")
    (birds / "owl" / "note.txt").write_text("hoot")
    said, steps = told(tmp_path / "out", folder=birds)
    assert steps == 3
    assert len(said) == 1
    test = sum(
        held_out(f"{name}/{i}.wav") for name in ("owl", "wren") for i in range(3)
    )
    assert said[0].startswith("2 classes: owl ")
    assert f"; {test} held out; {6 - test} longer than 0.40 s, cut; " in said[0]
    assert "1 file not used: owl" in said[0]


def test_a_finished_model_is_not_replaced(tmp_path):
    birds, out = recordings(tmp_path / "birds"), tmp_path / "out"
    told(out, folder=birds, every=9)
    card = out / "card.json"
    card.write_text(card.read_text().replace("Sounds like your own", "My own"))
    before = {f.name: f.read_bytes() for f in out.iterdir()}
    said, steps = told(out, folder=birds, every=9)
    assert steps == 0
    assert "holds the model of this very run already" in said[-1]
    (birds / "owl" / "0.wav").write_bytes((birds / "owl" / "1.wav").read_bytes()[:-2])
    for other in ({"folder": birds}, {}, {"folder": birds, "seed": 1}):
        with pytest.raises(ValueError, match=r"out: .* another model, 'My own recor"):
            told(out, every=9, **other)
    assert {f.name: f.read_bytes() for f in out.iterdir()} == before


def test_asked_to_stop_it_leaves_a_checkpoint_first(whole, tmp_path):
    asked = iter([False] * 16 + [True])
    done = [step.index for step in train(tmp_path, stop=lambda: next(asked))]
    assert done[-1] == 17
    with pytest.raises(ValueError, match=r"stopped at step 17 of 40: run the same com"):
        md.load(tmp_path)
    first, *_ = train(tmp_path)
    assert first.index == 18
    assert model(tmp_path) == model(whole)


@pytest.mark.parametrize("seed", [10**13, 2**63 - 1])
def test_seeds_may_be_large(tmp_path, seed):
    list(train(tmp_path / "a", 2, seed=seed))
    list(train(tmp_path / "b", 2, seed=seed))
    assert model(tmp_path / "a") == model(tmp_path / "b")
    with pytest.raises(ValueError, match="seed must be in"):
        list(train(tmp_path / "c", 2, seed=2**63))


@pytest.mark.parametrize(
    "left",
    [{"RANK": "1"}, {"RANK": "1", "LOCAL_RANK": "1"}, {"WORLD_SIZE": "2"},
     {"WORLD_SIZE": "two", "RANK": ""}],
)  # fmt: skip
def test_what_a_launcher_left_behind_does_no_harm(tmp_path, monkeypatch, left):
    for name, value in left.items():
        monkeypatch.setenv(name, value)
    for step in train(tmp_path, 3, every=1):
        if step.index == 2:
            break
    assert (tmp_path / "checkpoint.pt").exists()
    list(train(tmp_path, 3))
    assert md.load(tmp_path).card["steps"] == 3
    assert {name: os.environ[name] for name in left} == left


def test_two_at_once(tmp_path):
    first = train(tmp_path)
    next(first)
    with pytest.raises(ValueError, match="out: another command writes to"):
        next(train(tmp_path))
    first.close()
    assert next(train(tmp_path)).index == 1


@pytest.mark.parametrize(
    "harm", ["300", "1000", "9000", "junk", "another dict", "its keys alone", "one bit"]
)
def test_a_damaged_checkpoint(tmp_path, harm):
    walk, checkpoint = train(tmp_path, every=1), tmp_path / "checkpoint.pt"
    next(walk), next(walk)
    walk.close()  # and with it its claim on the folder
    whole = checkpoint.read_bytes()
    if harm == "another dict":
        torch.save({"weights": 3}, checkpoint)
    elif harm == "its keys alone":
        torch.save({"run": {}, "state": {}, "seconds": 0}, checkpoint)
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


def test_an_early_snapshot_is_the_average_at_its_step(tmp_path, monkeypatch):
    early = dataclasses.replace(tiny.RECIPE, early=(7,))
    monkeypatch.setitem(recipes.RECIPES, "tiny", early)
    for step in train(tmp_path, 12):
        if step.index == 7:
            expected = {k: p.half() for k, p in step.ema.net.state_dict().items()}
    kept = load_file(tmp_path / "early-7.safetensors")
    assert kept.keys() == expected.keys()
    assert all(torch.equal(kept[k], expected[k]) for k in kept)
    late = load_file(tmp_path / "model.safetensors")
    assert any(not torch.equal(kept[k], late[k]) for k in kept)
