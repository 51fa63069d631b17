"""On a GPU: all that runs on the CPU runs there, and says the same.

Nothing here needs what a bare machine lacks; `bench/gpu.sh` runs it there.
"""

import copy
from dataclasses import fields

import pytest
import tiny
import torch
from torch.utils.data import DataLoader, TensorDataset

import minidiff as md
from minidiff.control.enhance import Enhancer, enhancing
from minidiff.fast.consistency import Tuned
from minidiff.fast.distillation import Distilled
from minidiff.models import recipes, run, shelf
from minidiff.models.card import settings_in
from minidiff.models.fast import FastRecipe
from minidiff.nets import Autoencoder
from minidiff.samplers import SAMPLERS
from minidiff.sound.spectrum import Spectrum

pytestmark = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="no CUDA device here"
)
SCHEDULES = [md.LinearBeta(), md.ScaledLinear(), md.Cosine(), md.Flow(), md.Karras()]


def points(n=1024):
    dice = torch.Generator().manual_seed(0)
    return torch.randn(n, 2, generator=dice) * 0.2 + 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny model, trained on the GPU."""
    out = tmp_path_factory.mktemp("tiny")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(recipes.RECIPES, "tiny", tiny.RECIPE)
        list(run.train("tiny", out, device="cuda"))
    return out


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)
def test_levels_are_float64_and_those_of_the_cpu(schedule):
    t = torch.linspace(0, 1, 33, dtype=torch.float64)
    for here, there in zip(schedule(t), schedule(t.cuda()), strict=True):
        assert there.device.type == "cuda"
        assert there.dtype == torch.float64
        torch.testing.assert_close(here, there.cpu(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", SAMPLERS)
def test_samplers_walk_as_on_the_cpu(name):
    schedule = md.Cosine()
    world = md.GaussianMixture([[-1.0, 0.0], [1.0, 0.5]], 0.3).denoiser(schedule)
    x = torch.randn(64, 2, generator=torch.Generator().manual_seed(1)).double()
    ends = []
    for device in ("cpu", "cuda"):
        dice = torch.Generator().manual_seed(2)
        walk = SAMPLERS[name](
            world, x.to(device), md.noise_times(schedule, 12), generator=dice
        )
        *_, end = walk
        assert end.device.type == device
        ends.append(end.cpu())
    torch.testing.assert_close(*ends, rtol=1e-6, atol=1e-8)


def test_the_ideal_denoiser_answers_where_it_is_asked():
    data, schedule = torch.randn(20, 1, 4, 4), md.LinearBeta()
    x = torch.randn(5, 1, 4, 4)
    here = md.IdealDenoiser(data, schedule)(x, 0.4)
    there = md.IdealDenoiser(data.cuda(), schedule)(x.cuda(), 0.4)
    torch.testing.assert_close(here, there.cpu(), rtol=1e-4, atol=1e-5)


def test_mels_there_are_mels_here():
    spec, wave = md.MelSpec(8000, 512, 160), 0.1 * torch.randn(3, 4000)
    torch.testing.assert_close(
        spec.encode(wave), spec.encode(wave.cuda()).cpu(), rtol=1e-3, atol=1e-3
    )
    assert spec.decode(spec.encode(wave.cuda())).device.type == "cuda"


def test_it_learns():
    model = md.Denoiser(md.MLP(2), md.Flow(), "velocity").to("cuda")
    loader = DataLoader(TensorDataset(points()), 128)
    losses = [step.loss for step in md.fit(model, loader, 200)]
    assert sum(losses[-20:]) < sum(losses[:20])
    x = torch.randn(512, 2, device="cuda")
    *_, y = md.ddim(model, x, md.Flow().times(20))
    assert y.device.type == "cuda"
    assert (y.mean(0) - 1).abs().max() < 0.2


def test_the_scale_is_measured_where_the_net_is():
    net = Autoencoder(channels=(8, 16), latent=2).to("cuda")
    net.measure_scale(torch.randn(4, 1, 8, 8))
    assert net.scale.isfinite()
    assert net.scale.device.type == "cuda"


def test_a_seed_is_the_same_sound(folder):
    here = md.load(folder).generate("low", seed=3)
    there = md.load(folder).generate("low", seed=3, device="cuda")
    assert there.device.type == "cpu"
    assert (here - there).norm() / here.norm() < 0.05


@pytest.mark.parametrize("name", shelf.shipped())
def test_shipped_models_work_there(name):
    model = md.load(name, "cuda")
    if hasattr(model, "generate"):
        wave = model.generate(n=2, steps=3)
        assert wave.device.type == "cpu"
    elif hasattr(model, "enhance"):
        wave = model.enhance(0.1 * torch.randn(1, 6400), steps=3)
        assert wave.device.type == "cpu"
    elif hasattr(model, "fit"):
        wave = model.fit(0.1 * torch.randn(2, 32_768), ["rain", "a bell"])
        assert wave.device.type == "cpu"
    else:
        front = getattr(model, "spec", model)
        mel = front.encode(0.1 * torch.randn(1, 6400, device="cuda"))
        wave = model.decode(model.encode(0.1 * torch.randn(1, 6400, device="cuda"))
                            if hasattr(model, "encode") else mel)  # fmt: skip
        assert wave.device.type == "cuda"
    assert wave.isfinite().all()
    assert wave.square().mean() > 1e-8


@pytest.mark.parametrize("way", ["bridge", "regression", "diffusion"])
def test_sounds_are_cleaned_as_on_the_cpu(way):
    size = {"in_channels": 2, "channels": (8, 16), "classes": {"noisy": ("picture", 2)}}
    net, spec = md.UNet(**size), Spectrum(4000, n_fft=64, hop_length=16)
    for p in net.parameters():  # else it says nothing
        torch.nn.init.normal_(p, std=0.2)
    told = {"way": way, "sigma": 1.0, "k": 2.6, "schedule": "Cosine"}
    whole = enhancing(net, spec, told)
    settings, steps = {"steps": 1, "eta": 1.0}, 1 if way == "regression" else 3
    clean, noisy = 0.1 * torch.randn(2, 2, 1000)
    losses, made = [], []
    for device in ("cpu", "cuda"):
        whole.to(device)
        dice = torch.Generator().manual_seed(0)
        told = {"noisy": noisy.to(device)}
        losses.append(whole.loss(clean.to(device), told, dice).detach().cpu())
        model = Enhancer(whole, settings, {})
        made.append(model.enhance(noisy, steps=steps, seed=1))
        assert made[-1].device.type == "cpu"
    torch.testing.assert_close(*losses, rtol=1e-3, atol=1e-4)
    assert (made[0] - made[1]).norm() / made[0].norm() < 0.05


def test_a_training_changes_hands(tmp_path, monkeypatch):
    """Begun on the CPU, gone on there, ended on the CPU."""
    monkeypatch.setitem(recipes.RECIPES, "tiny", tiny.RECIPE)
    for stop, device in ((20, "cpu"), (40, "cuda"), (60, "cpu")):
        first = None
        for step in run.train("tiny", tmp_path, 60, every=10, device=device):
            first = first or step.index
            if step.index == stop < 60:
                break
        assert first == max(1, stop - 19)
    assert settings_in(tmp_path / "model.safetensors")["kind"] == "sounds"
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("kind", [Tuned, Distilled])
def test_jumps_are_learned_on_cuda_as_on_the_cpu(kind):
    torch.manual_seed(0)
    start = md.Denoiser(md.MLP(width=32), md.Cosine(), "v")
    losses = {}
    for device in ("cpu", "cuda"):
        learner = kind(copy.deepcopy(start), halve=10).to(device)
        walk = md.fit(learner, [points(256)], 40, lr=1e-3)
        losses[device] = [step.loss for step in walk]
        assert learner.gaps.seen.item() == 40
        assert all(p.device.type == device for p in learner.parameters())
        assert learner(points(8).to(device), 0.5).device.type == device
    assert losses["cuda"] == pytest.approx(losses["cpu"], rel=0.05)


def test_a_recipe_of_few_steps_runs_on_cuda(folder, tmp_path, monkeypatch):
    same = {f.name: getattr(tiny.RECIPE, f.name) for f in fields(tiny.RECIPE)}
    few = {"teacher": str(folder), "sampler": "renoise", "sampler_steps": 2}
    recipe = FastRecipe(**same | few | {"stops": ((), (0.5,))})
    monkeypatch.setitem(recipes.RECIPES, "quick", recipe)
    list(run.train("quick", tmp_path, 20, device="cuda"))
    model = md.load(tmp_path)
    for steps in (1, 2):
        here, there = (
            model.generate("high", n=2, steps=steps, device=d) for d in ("cpu", "cuda")
        )
        assert (here - there).square().mean() < 1e-3 * here.square().mean()
