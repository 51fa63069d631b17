"""Models that are asked in words, trained for a moment: every way to ask."""

import dataclasses
import functools

import pytest
import torch

import minidiff as md
from minidiff.models import recipes, run, shelf
from minidiff.models.encoded import Encoded
from minidiff.models.recipes import RECIPES

WAYS = "prompts", "prompts-clap"


def few(split, wrong=False):
    return md.data.scenes(24, split, wrong=wrong)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """All three recipes, their nets and data small."""
    home, found = tmp_path_factory.mktemp("prompts"), {}
    small = {"type": "UNet", "channels": (8, 16), "patch": 4, "mid": 1}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)  # where "clap" is a folder
        for name in ("clap", *WAYS):
            data = functools.partial(few, wrong=RECIPES[name].data != recipes.scenes)
            options = {"net": small} if name in WAYS else {}
            options |= {"data": data, "batch": 8}
            options |= {"sampler_steps": 2} if name in WAYS else {}
            options |= {"clap": "./clap"} if name == "prompts-clap" else {}
            recipe = dataclasses.replace(RECIPES[name], **options)
            patch.setitem(recipes.RECIPES, name, recipe)
            list(run.train(name, home / name, steps=3, device="cpu"))
            found[name] = md.load(home / name)
    return found


@pytest.fixture(params=WAYS)
def model(trained, request):
    return trained[request.param]


def test_what_it_knows(trained):
    for name in WAYS:
        model = trained[name]
        assert model.labels == md.data.scenes(1).names
        assert model.conditions == {"caption": md.data.scenes(1).tokenizer.words}
        assert model.card["title"] == shelf.TITLES[name]
    assert trained["clap"].card["title"] == shelf.TITLES["clap"]
    assert trained["clap"].sample_rate == 16_000


def test_prompts_in_every_form_are_the_same(model):
    prompt = "a high bright bell over soft rain"
    waves = model.generate(prompt, n=2, seed=4)
    assert waves.shape == (2, 32_768)
    assert waves.isfinite().all()
    for cond in ([prompt, prompt], {"caption": prompt}, prompt.upper() + "."):
        assert torch.equal(model.generate(cond, n=2, seed=4), waves)
    assert torch.equal(model.generate([prompt] * 2, seed=4), waves)
    assert not torch.equal(model.generate("a snare", n=2, seed=4), waves)


def test_an_empty_prompt_is_no_prompt_and_says_so(model):
    with pytest.warns(UserWarning, match="empty prompt"):
        waves = model.generate(["", " "], seed=1)
    assert torch.equal(waves, model.generate(n=2, seed=1))
    with pytest.warns(UserWarning, match="empty prompt"):
        mixed = model.generate(["a bell", ""], seed=0)
    assert (mixed[1] - waves[0]).norm() < 1e-2 * waves[0].norm()


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        ("a bel over rain", "'bel'.*did you mean 'bell'"),
        ("rain " * 17, r"17 words.*longest.*16"),
        (["a bell"] * 3, "expected 2 prompts, got 3"),
        ({"captoin": "rain"}, "'captoin'.*'caption'"),
    ],
)
def test_wrong_prompts_are_told(model, prompt, says):
    with pytest.raises(ValueError, match=says):
        model.generate(prompt, n=2)
    assert model.asks.asked(["a bell"]) == "a bell"
    with pytest.raises(ValueError, match="one prompt at a time, got 2"):
        model.asks.asked(["a bell", "rain"])


def test_words_and_sounds_meet(trained):
    clap, data = trained["clap"], few("test")
    waves = torch.stack([wave for wave, _ in data])
    fit = clap.fit(waves, [data.caption(i) for i in range(24)])
    assert fit.shape == (24, 24)
    assert fit.abs().max() <= 1.001


def test_another_clap_is_refused(trained, monkeypatch, tmp_path):
    settings = trained["prompts-clap"].settings
    told = settings["clap"] | {"sha256": "0" * 64}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("minidiff.models.model.load", lambda name: trained["clap"])
    model = trained["prompts-clap"]
    again = type(model)(model.denoiser, settings, model.card)
    assert again.asks.clap is trained["clap"]
    with pytest.raises(
        ValueError, match=r"clap: the model learned from another \./clap"
    ):
        type(model)(model.denoiser, settings | {"clap": told}, model.card)


def test_captions_are_needed():
    with pytest.raises(ValueError, match="captions"):
        RECIPES["prompts"].examples(md.data.sounds(12))


def test_encoding_in_parts_changes_nothing():
    waves = md.data.sounds(130)
    found = Encoded(waves, RECIPES["sounds"].spec)
    assert len(found) == 130
    x, labels = found[110]
    wave, label = waves[110]
    torch.testing.assert_close(x, found.front.encode(wave[None])[0])
    assert labels["sound"] == label
    loudest = max(wave.square().mean().sqrt().item() for wave, _ in waves)
    assert found.loudest == pytest.approx(loudest, rel=1e-5)


def test_free_words_are_read_as_the_nearest_caption_and_said(model, monkeypatch):
    monkeypatch.setattr(model.asks, "free", lambda prompt: "a bell over rain")
    with pytest.warns(UserWarning, match="'a gong' is read as 'a bell over rain'"):
        waves = model.generate(["a gong", "rain"], seed=3)
    expected = model.generate(["a bell over rain", "rain"], seed=3)
    assert torch.equal(waves, expected)


@pytest.mark.parametrize("prompt", [0, 1.5, b"a bell", ["a bell"]])
def test_a_prompt_is_text(prompt):
    with pytest.raises(TypeError, match="a prompt is text, got"):
        md.load("prompts").generate([prompt], steps=1)
