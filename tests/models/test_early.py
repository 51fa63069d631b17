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


def test_two_numbers_a_byte():
    for n in (1, 2, 7, 16):
        numbers = torch.randint(16, (n,), dtype=torch.uint8)
        pairs = early.packed(numbers)
        assert len(pairs) == (n + 1) // 2
        assert torch.equal(early.unpacked(pairs, n), numbers)


def test_steps_of_a_seventh_come_back_exactly():
    late = {"w": torch.randn(4, 3, 2), "b": torch.randn(5).half().float()}
    steps = torch.randint(-7, 8, (4, 3, 2)).float()
    steps[:, 0, 0] = 7
    gaps = {"w": steps * 0.25, "b": torch.full((5,), 0.5)}
    known = {k: late[k] + gaps[k] for k in late}
    kept = early.difference(known, late)
    assert kept["w"].numel() == 12
    for k, w in early.applied(kept, late).items():
        torch.testing.assert_close(w, known[k], rtol=0, atol=1e-6)


def test_no_weight_is_off_by_more_than_half_a_step():
    dice = torch.Generator().manual_seed(0)
    late, known = ({"w": torch.randn(9, 50, generator=dice)} for _ in range(2))
    kept = early.difference(known, late)
    off = (early.applied(kept, late)["w"] - known["w"]).abs()
    step = (known["w"] - late["w"]).abs().amax(1, keepdim=True) / early.LARGEST
    assert (off <= 0.505 * step).all()  # the step itself is a float16
    assert 0.02 < early.error(kept, known, late) < 0.2


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
    file = early.save_early(folder, folder / "early-5.safetensors")
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
    early.save_early(folder, folder / "early-5.safetensors")
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
    file = early.save_early(folder, folder / "early-5.safetensors")
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(ValueError, match=r"early.safetensors of 'model' was altered"):
        md.load(folder).early  # noqa: B018
    file.unlink()
    with pytest.raises(ValueError, match=r"early.safetensors of 'model' was altered"):
        md.load(folder).early  # noqa: B018


def test_a_snapshot_of_another_net_is_refused(folder, tmp_path):
    other = write_weights(tmp_path / "x.safetensors", torch.nn.Linear(2, 2), {})
    with pytest.raises(ValueError, match="other names or shapes"):
        early.save_early(folder, other)
    assert not (folder / "early.safetensors").exists()
    (folder / "model.safetensors").write_bytes(b"")
    with pytest.raises(ValueError, match=r"model.safetensors of 'model' was altered"):
        early.save_early(folder, folder / "early-5.safetensors")
