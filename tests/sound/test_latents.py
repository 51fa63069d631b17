"""Latents as a front end: there, back, and a model that learns to make them."""

import pytest
import tiny
import torch

import minidiff as md
from minidiff.models import card, recipe, recipes, run
from minidiff.nets import Autoencoder
from minidiff.sound.latents import Latents
from minidiff.sound.vocoder import Vocoder, Vocoding

SHARED = dict(data=tiny.Tones, samples=1600, batch=8, lr=4e-3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An autoencoder of the tones, and a model of its latents."""
    out = tmp_path_factory.mktemp("latents")
    compress = recipe.AutoencoderRecipe(
        spec=tiny.RECIPE.spec, net={"channels": (8, 16), "latent": 2}, steps=300,
        about={"title": "Tones, smaller"}, **SHARED,
    )  # fmt: skip
    make = recipe.SoundRecipe(
        spec=str(out / "autoencoder"), steps=300, about={"title": "Latent tones"},
        net={"type": "DiT", "in_channels": 2, "width": 32, "depth": 2, "heads": 2},
        scale=1.0, **SHARED,
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(recipes.RECIPES, "autoencoder", compress)
        patch.setitem(recipes.RECIPES, "latent", make)
        list(run.train("autoencoder", out / "autoencoder", device="cpu"))
        list(run.train("latent", out / "latent", device="cpu"))
    return out


def test_what_comes_back_is_like_what_went(folder):
    latents = md.load(folder / "autoencoder")
    assert isinstance(latents, Latents)
    assert latents.card["title"] == "Tones, smaller"
    waves = tiny.Tones("test", 12).waves
    mel, z = latents.spec.encode(waves), latents.encode(waves)
    assert z.shape == (12, 2, 8, 8) == (12, *latents.shape(1600))
    assert 0.7 < z.std() < 1.3  # the scale was measured
    assert (latents.mel(z) - mel).square().mean() < 0.1 * mel.var()
    assert latents.decode(z).shape == (12, 1600)


@pytest.mark.parametrize("samples", [1, 100, 1601, 16_384])
def test_shapes_are_those_of_encode(samples):
    spec = md.MelSpec(4000, n_fft=256, hop_length=100, n_mels=18)
    latents = Latents(Autoencoder(channels=(8, 8, 8), latent=3), spec)
    z = latents.encode(torch.randn(1, samples))
    assert z.shape[1:] == latents.shape(samples)
    assert latents.mel(z).shape[2] == 18


def test_doubles_come_back_as_doubles():
    """As `Denoiser` does it: the net computes in its own precision."""
    spec = md.MelSpec(4000, n_fft=256, hop_length=100, n_mels=18)
    latents = Latents(Autoencoder(channels=(8, 8, 8), latent=3), spec)
    wave = torch.randn(2, 1600)
    z, plain = latents.encode(wave.double()), latents.encode(wave)
    assert z.dtype == torch.float64
    assert torch.allclose(z, plain.double(), atol=1e-3)
    assert latents.decode(z).isfinite().all()
    assert torch.allclose(latents.mel(z), latents.mel(plain).double(), atol=1e-2)


def test_a_model_of_latents_says_what_it_is_told(folder):
    voice = md.load(folder / "latent")
    assert voice.shape == (2, 8, 8)
    tones = voice.generate(["low", "middle", "high"] * 4, seed=3)
    assert tones.shape == (12, 1600)
    peak = torch.fft.rfft(tones).abs().argmax(1) * 4000 / 1600
    wanted = torch.tensor([250.0, 500.0, 1000.0] * 4)
    assert ((peak / wanted).log2().abs() < 0.3).sum() >= 10


def test_a_vocoder_speaks_the_mels_behind_the_latents(folder):
    voice = md.load(folder / "latent")

    class Zero(torch.nn.Module):
        schedule = md.Cosine()

        def forward(self, x, t, cond=None):
            return torch.zeros_like(x)

    settings = {"sampler": "ddim", "steps": 1}
    speak = Vocoder(Zero(), Vocoding(voice.spec.spec, start=False), settings, {})
    assert voice.generate("low").any()
    assert not voice.generate("low", vocoder=speak).any()
    speak = Vocoder(Zero(), Vocoding(voice.spec.spec), settings, {})
    made = voice.generate("low", vocoder=speak)  # nothing is added to the start
    assert torch.allclose(made, voice.generate("low"), atol=1e-4)


def test_another_autoencoder_of_that_name_is_told(folder):
    place = folder / "autoencoder"
    kept = {file: file.read_bytes() for file in place.iterdir()}
    latents = md.load(place)
    settings = card.settings_in(place / "model.safetensors")
    latents.autoencoder.scale *= 2
    card.save(place, latents.autoencoder, settings, latents.card)
    with pytest.raises(ValueError, match=r"latents of another .*autoencoder"):
        md.load(folder / "latent")
    for file, content in kept.items():
        file.write_bytes(content)
    md.load(folder / "latent")


@pytest.mark.parametrize("shape", [(1, 3, 8, 8), (1, 2, 20, 8), (1, 2, 4, 8)])
def test_latents_of_another_shape_are_told(folder, shape):
    with pytest.raises(ValueError, match=r"z must be \(batch, 2, 8, w\)"):
        md.load(folder / "autoencoder").decode(torch.zeros(shape))
