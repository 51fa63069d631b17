"""Early snapshots: four bits a weight, near the truth, and vouched for."""

import json
import shutil

import pytest
import tiny
import torch
from safetensors.torch import load_file

import minidiff as md
from minidiff.models import early, recipes, run
from minidiff.models.card import write_weights


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model of few steps, with the snapshot that its training leaves."""
    import dataclasses

    out = tmp_path_factory.mktemp("early")
    recipe = dataclasses.replace(tiny.RECIPE, steps=30, early=(5,))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(recipes.RECIPES, "tiny", recipe)
        list(run.train("tiny", out, device="cpu"))
    return out


@pytest.fixture
def folder(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "model")


def test_small_numbers_take_few_bits_and_come_back():
    dice = torch.Generator().manual_seed(0)
    steps = (6 * torch.randn(20_000, generator=dice)).round().to(torch.int8)
    packed = early.deflated(steps)
    assert torch.equal(early.inflated(packed), steps)
    assert 4.6 < 8 * len(packed) / len(steps) < 4.8  # their entropy is 4.63 bits


def test_whole_steps_come_back_exactly():
    late = {"w": torch.zeros(4, 3, 2), "b": torch.randn(5).half().float()}
    steps = torch.tensor([-127, -9, -1, 0, 2, 30]).repeat(4).view(4, 3, 2)
    gap = 0.01 * steps
    known = {"w": gap, "b": late["b"] + 0.5}
    kept = early.difference(known, late)
    size = early.STEP * gap.square().mean().sqrt()
    assert kept["w.size"] == pytest.approx(size.item())
    off = (early.applied(kept, late)["w"] - gap).abs()
    assert off.max() <= 0.5001 * size
    kept["w.size"] = torch.tensor(0.01)
    kept["w"] = early.deflated(steps.to(torch.int8).flatten())
    for k, w in early.applied(kept, late).items():
        torch.testing.assert_close(w, known[k], rtol=0, atol=1e-6)


def test_the_error_is_that_of_rounding():
    dice = torch.Generator().manual_seed(0)
    late, known = ({"w": torch.randn(90, 50, generator=dice)} for _ in range(2))
    kept = early.difference(known, late)
    rounding = early.STEP / 12**0.5
    assert early.error(kept, known, late) == pytest.approx(rounding, rel=0.05)


def test_no_difference_is_none():
    late = {"w": torch.randn(3, 4), "b": torch.randn(3), "n": torch.tensor(7)}
    same = early.applied(early.difference(late, late), late)
    assert all(torch.equal(same[k], late[k]) for k in late)
    with pytest.raises(ValueError, match="other names or shapes"):
        early.difference({"w": late["w"]}, late)
    with pytest.raises(ValueError, match="other names or shapes"):
        early.difference({"w": late["w"]}, {"w": torch.randn(3, 5)})


def test_a_snapshot_ships_beside_the_weights(folder):
    before = load_file(folder / "model.safetensors")
    file = early.save_early(folder, folder / "early-5.safetensors", "step 5")
    assert file == folder / "early.safetensors"
    assert file.stat().st_size < (folder / "model.safetensors").stat().st_size
    model = md.load(folder)
    assert (
        model.card["early"] == json.loads((folder / "card.json").read_text())["early"]
    )
    true = load_file(folder / "early-5.safetensors")
    found = model.early.net.state_dict()
    off, far = (
        sum((w[k].float() - true[k].float()).square().sum() for k in true)
        for w in (found, before)
    )
    assert 0 < off < 0.02 * far
    assert model.early is model.early  # made once
    assert not model.early.training
    assert model.early.schedule is model.denoiser.schedule
    late = model.denoiser.net.state_dict()
    assert all(torch.equal(late[k], before[k].float()) for k in before)


def test_it_guides(folder):
    early.save_early(folder, folder / "early-5.safetensors", "step 5")
    model = md.load(folder)
    guided = md.Guided(model.denoiser, 2.0, worse=model.early)
    x = torch.randn(2, *model.shape)
    cond = {"tone": torch.tensor([0, 1]), "level": torch.tensor([0, 1])}
    with torch.no_grad():
        good, bad = model.denoiser(x, 0.5, cond), model.early(x, 0.5, cond)
        torch.testing.assert_close(guided(x, 0.5, cond), 2 * good - bad)
    assert (good - bad).abs().max() > 1e-3


def test_a_model_without_one_says_so(folder):
    with pytest.raises(ValueError, match="'model' has no early snapshot"):
        md.load(folder).early  # noqa: B018
    model = md.load(folder)
    loose = type(model)(model.denoiser, model.settings, dict(model.card))
    with pytest.raises(ValueError, match="not loaded from a folder"):
        loose.early  # noqa: B018


def test_harmed_snapshots_are_refused(folder):
    file = early.save_early(folder, folder / "early-5.safetensors", "step 5")
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(ValueError, match=r"early.safetensors of 'model' was altered"):
        md.load(folder).early  # noqa: B018
    file.unlink()
    with pytest.raises(ValueError, match=r"early.safetensors of 'model' was altered"):
        md.load(folder).early  # noqa: B018


def test_a_snapshot_of_another_net_is_refused(folder, tmp_path):
    other = write_weights(tmp_path / "x.safetensors", torch.nn.Linear(2, 2), {})
    with pytest.raises(ValueError, match="other names or shapes"):
        early.save_early(folder, other, "step 5")
    assert not (folder / "early.safetensors").exists()
    (folder / "model.safetensors").write_bytes(b"")
    with pytest.raises(ValueError, match=r"model.safetensors of 'model' was altered"):
        early.save_early(folder, folder / "early-5.safetensors", "step 5")
