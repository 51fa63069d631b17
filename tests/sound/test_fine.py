"""Fine magnitudes: what a mel leaves open, as a picture to be denoised."""

import pytest
import tiny
import torch

import minidiff as md
from minidiff.models import recipes, run
from minidiff.models.recipe import FineRecipe
from minidiff.sound.fine import FLOOR, MEAN, FineMagnitudes
from minidiff.sound.mel import MelSpec, griffin_lim
from minidiff.sound.vocoder import Vocoder

SPEC = MelSpec(8000, n_fft=512, hop_length=160, n_mels=32)


def harmonics(f0=140.0, samples=6400):
    n = torch.arange(samples) / 8000
    tones = [torch.sin(2 * torch.pi * f0 * k * n + k) / k for k in range(1, 25)]
    return 0.1 * sum(tones)[None]


def gap(a, b):
    """Mean difference of two sounds' magnitudes, dB, where there is anything."""
    a, b = (SPEC.stft(w).abs().clamp(min=1e-3).log10() * 20 for w in (a, b))
    return (a - b)[b > -20].abs().mean()


def test_what_is_wanted_brings_back_the_magnitudes():
    wave, fine = harmonics(), FineMagnitudes(SPEC)
    _, base, unit = fine.given(SPEC.encode(wave))
    level = base + unit * fine.wanted(wave, base, unit)
    truth = SPEC.stft(wave).abs()[:, None, :, :-1]
    assert torch.allclose(
        level, 20 * truth.clamp(min=10 ** (FLOOR / 20)).log10(), atol=1e-3
    )


def test_the_base_of_even_noise_is_its_level():
    """White noise has no fine structure: the bands tell all but its chance."""
    wave = 0.1 * torch.randn(4, 6400, generator=torch.Generator().manual_seed(0))
    fine = FineMagnitudes(SPEC)
    _, base, unit = fine.given(SPEC.encode(wave))
    x0 = fine.wanted(wave, base, unit)[:, :, 8:200, 2:-2]
    # log of an exponentially distributed power: -2.5 dB in the mean, 5.6 dB of spread;
    # the base is a mean of magnitudes, 1 dB below their rms, and follows them a little
    assert abs(x0.mean() * unit + MEAN - (-2.5 + 1.05)) < 0.5
    assert 4.5 < x0.std() * unit < 5.6


def test_knowing_the_magnitudes_is_better_than_not():
    wave, fine = harmonics(), FineMagnitudes(SPEC)
    mel = SPEC.encode(wave)
    _, base, unit = fine.given(mel)
    heard = fine.heard(fine.wanted(wave, base, unit), base, unit, mel)
    assert heard.shape == (1, 6400)
    assert gap(heard, wave) < 0.7 * gap(SPEC.decode(mel), wave)


def test_the_mel_is_kept():
    wave, fine = harmonics(), FineMagnitudes(SPEC)
    mel = SPEC.encode(wave)
    _, base, unit = fine.given(mel)
    wild = 2 * torch.randn(base.shape, generator=torch.Generator().manual_seed(0))
    heard = SPEC.encode(fine.heard(wild, base, unit, mel))
    assert (heard - mel)[..., 2:-2].abs().mean() < 0.15


def test_silence_stays_silent():
    fine, mel = FineMagnitudes(SPEC), SPEC.encode(torch.zeros(1, 6400))
    _, base, unit = fine.given(mel)
    assert not fine.heard(torch.zeros_like(base), base, unit, mel).any()


def test_overshooting_stays_finite():
    fine, mel = FineMagnitudes(SPEC), SPEC.encode(harmonics())
    _, base, unit = fine.given(mel)
    assert fine.heard(torch.full_like(base, 1e6), base, unit, mel).isfinite().all()


def test_a_vocoder_of_magnitudes_speaks():
    net = md.UNet(channels=(8, 16), classes={"mel": ("picture", 1)}, patch=2)
    settings = {"sampler": "ddim", "steps": 3}
    speak = Vocoder(
        md.Denoiser(net, md.Cosine(), "v"), FineMagnitudes(SPEC), settings, {}
    )
    mel = SPEC.encode(torch.cat([harmonics(), harmonics(200.0)]))
    both = speak.decode(mel, seed=4)
    assert both.shape == (2, 6400)
    alone = speak.decode(mel[1:], seed=5)
    assert torch.allclose(both[1:], alone, atol=1e-4)
    with pytest.raises(ValueError, match="mel must be"):
        speak.decode(mel[:, :, :20])


def test_griffin_lim_keeps_the_mel_only_when_it_is_told():
    """The magnitudes are where the search begins, not where it ends."""
    wave, fine = harmonics(), FineMagnitudes(SPEC)
    mel = SPEC.encode(wave)
    _, base, unit = fine.given(mel)
    plain = 10 ** ((base + 3 * unit)[:, 0] / 20)  # 18 dB too loud
    plain = torch.nn.functional.pad(plain, (0, 1))
    loud = griffin_lim(plain, SPEC, 16)
    kept = fine.heard(torch.full_like(base, 3.0), base, unit, mel, 16)
    assert loud.std() > 4 * wave.std()
    assert abs(kept.std() / wave.std() - 1) < 0.2


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A vocoder of magnitudes that learned three tones, in seconds."""
    keys = vars(tiny.RECIPE).keys() & FineRecipe.__dataclass_fields__.keys()
    same = {key: getattr(tiny.RECIPE, key) for key in keys} | {"steps": 100}
    recipes.RECIPES["tiny-fine"] = FineRecipe(**same)
    folder = tmp_path_factory.mktemp("fine")
    for step in run.train("tiny-fine", folder, device="cpu"):
        if step.index == 1:
            first = step.loss
    del recipes.RECIPES["tiny-fine"]
    return md.load(folder), first, step.loss


def test_a_recipe_makes_one_and_load_brings_it_back(trained):
    speak, first, last = trained
    assert isinstance(speak.vocoding, FineMagnitudes)
    assert last < 0.5 * first
    tones = tiny.Tones("test").waves[:12]
    mel = speak.spec.encode(tones)
    made, plain = speak.decode(mel), speak.spec.decode(mel)

    def off(waves):
        a, b = (speak.spec.stft(w).abs() for w in (waves[:, :1600], tones))
        return (a - b).square().mean()

    assert off(made) < 0.8 * off(plain)
