"""The vocoder: what it is given, what it must make, and whose mels it takes."""

import pytest
import tiny
import torch

import minidiff as md
from minidiff import MelSpec
from minidiff.models import recipes, run
from minidiff.models.recipe import VocoderRecipe
from minidiff.sound.vocoder import Vocoder, Vocoding, loudness

SPEC = MelSpec(8000, n_fft=512, hop_length=128, n_mels=64)


def noise(n=2, samples=12_800, rms=0.1, seed=0):
    dice = torch.Generator().manual_seed(seed)
    return rms * torch.randn(n, samples, generator=dice)


def vocoder(denoiser, vocoding):
    settings = {"steps": 12, "sampler": "dpmpp_2m"}
    return Vocoder(denoiser, vocoding, settings, {"title": "a test"})


@pytest.mark.parametrize("rms", [0.01, 0.1, 0.5])
def test_loudness_is_the_rms(rms):
    loud = loudness(SPEC.encode(noise(rms=rms)), SPEC)
    assert loud.shape == (2, 1, 12_800)
    assert loud[..., 512:-512].mean().item() == pytest.approx(rms, rel=0.1)


def test_loudness_goes_where_the_sound_goes():
    wave = noise(1, 12_800)
    wave[:, 6400:] *= 0.01
    loud = loudness(SPEC.encode(wave), SPEC)[0, 0]
    ratio = loud[1024:5600].mean() / loud[7300:11_000].mean()
    assert ratio.item() == pytest.approx(100, rel=0.15)


def test_silence_counts_as_little_but_not_as_nothing():
    loud = loudness(SPEC.encode(torch.zeros(1, 1280)), SPEC, least=1e-6)
    assert torch.allclose(loud, torch.tensor(1e-6))


@pytest.mark.parametrize("prior", [True, False])
@pytest.mark.parametrize("start", [True, False])
def test_what_it_is_given(prior, start):
    mel = SPEC.encode(noise())
    cond, base, unit = Vocoding(SPEC, prior, start).given(mel)
    assert torch.equal(cond["mel"], mel[:, 0])
    assert ("start" in cond) == start
    assert (unit.min() < unit.max()) == prior
    assert torch.equal(
        base[:, 0], SPEC.decode(mel) if start else torch.zeros(2, 12_800)
    )


@pytest.mark.parametrize("prior", [True, False])
def test_without_a_start_the_recording_itself_is_wanted(prior):
    wave, vocoding = noise(), Vocoding(SPEC, prior, start=False)
    _, base, unit = vocoding.given(SPEC.encode(wave))
    x0 = vocoding.wanted(wave, base, unit)
    assert torch.allclose((base + unit * x0)[:, 0], wave)


def test_with_a_start_its_phases_and_the_recordings_magnitudes_are_wanted():
    turn = 2 * torch.pi * torch.arange(12_800) / 8000
    wave = sum((150.0 * k * turn).sin() / k for k in range(1, 9))[None] / 4
    vocoding = Vocoding(SPEC)
    _, base, unit = vocoding.given(SPEC.encode(wave))
    wanted = (base + unit * vocoding.wanted(wave, base, unit))[:, 0]

    def gap(a, b):
        return ((a - b).norm() / b.norm()).item()

    sizes = [SPEC.stft(x).abs() for x in (wanted, base[:, 0], wave)]
    assert gap(sizes[0], sizes[2]) < 0.9 * gap(sizes[1], sizes[2])
    assert gap(wanted, base[:, 0]) < 0.5 * gap(
        wanted, wave
    )  # near the start, as a wave


@pytest.mark.parametrize("prior", [True, False])
def test_who_knows_the_answer_gives_it(prior):
    wave, vocoding = noise(1), Vocoding(SPEC, prior, start=False)
    mel = SPEC.encode(wave)
    _, base, unit = vocoding.given(mel)
    x0 = vocoding.wanted(wave, base, unit)
    knows = md.IdealDenoiser(x0, md.Cosine())

    class Knows(torch.nn.Module):
        schedule = knows.schedule

        def forward(self, x, t, cond=None):
            return knows(x, t)

    assert torch.allclose(vocoder(Knows(), vocoding).decode(mel), wave, atol=1e-5)


def untrained(vocoding):
    torch.manual_seed(0)
    classes = {"mel": ("frames", 64, 128)} | (
        {"start": ("frames", 1, 1)} if vocoding.start else {}
    )
    net = md.UNet(1, channels=(8, 16), classes=classes, mid=1, attention=False)
    torch.nn.init.normal_(net.out.weight, std=0.1)
    return vocoder(md.Denoiser(net, md.Cosine(), "v"), vocoding)


@pytest.mark.parametrize("start", [True, False])
def test_item_i_is_the_seed_plus_i(start):
    speak, mel = untrained(Vocoding(SPEC, start=start)), SPEC.encode(noise(3, 1280))
    together = speak.decode(mel, steps=2, seed=5)
    assert together.shape == (3, 1280)
    for i in range(3):
        alone = speak.decode(mel[i : i + 1], steps=2, seed=5 + i)
        assert torch.allclose(alone[0], together[i], atol=1e-5)
    assert not torch.allclose(speak.decode(mel, steps=2, seed=6), together, atol=1e-3)


def test_bad_input_is_told():
    speak = untrained(Vocoding(SPEC, start=False))
    with pytest.raises(ValueError, match=r"mel must be \(batch, 1, 64, frames\)"):
        speak.decode(torch.zeros(1, 1, 32, 5))
    with pytest.raises(ValueError, match="steps must be"):
        speak.decode(torch.zeros(1, 1, 64, 5), steps=0)
    other = MelSpec(8000, n_fft=512, hop_length=160, n_mels=64)
    says = "digits makes mels with hop_length=160, .* trained on hop_length=128"
    with pytest.raises(ValueError, match=says):
        speak.check(other, "digits")
    with pytest.raises(ValueError, match="seed must be"):
        speak.decode(torch.zeros(1, 1, 64, 5), seed=-1)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_mels_of_any_precision_become_float32(dtype):
    speak, mel = untrained(Vocoding(SPEC, start=False)), SPEC.encode(noise(1, 640))
    wave = speak.decode(mel.to(dtype), steps=1)
    assert wave.dtype == torch.float32
    assert torch.allclose(wave, speak.decode(mel, steps=1), atol=1e-2)


TONES = dict(
    data=tiny.Tones, samples=1600, spec=tiny.RECIPE.spec, batch=8, lr=4e-3,
    about={"title": "Tones out of mels", "licence": "none"}, sampler_steps=6,
    net={"type": "UNet", "channels": (8, 16, 24), "mid": 1, "attention": False},
)  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model of mels and a vocoder for them, as `train` leaves them."""
    out = tmp_path_factory.mktemp("vocoder")
    recipe = VocoderRecipe(steps=300, start=False, **TONES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(recipes.RECIPES, "tiny", tiny.RECIPE)
        patch.setitem(recipes.RECIPES, "tiny-vocoder", recipe)
        list(run.train("tiny", out / "tiny", 100, device="cpu"))
        list(run.train("tiny-vocoder", out / "vocoder", device="cpu"))
    return md.load(out / "tiny"), md.load(out / "vocoder")


def test_a_mel_gives_its_sound_and_another_mel_another(trained):
    _, speak = trained
    tones = tiny.Tones("test", 12)
    made = speak.decode(speak.spec.encode(tones.waves))
    peak = torch.fft.rfft(made).abs().argmax(1) * 4000 / 1600
    wanted = 250 * 2.0**tones.tone
    assert ((peak / wanted).log2().abs() < 0.2).sum() >= 11


def test_generate_speaks_with_it(trained):
    voice, speak = trained
    by_default = voice.generate("low", n=2, seed=1)
    assert torch.equal(
        voice.generate("low", n=2, seed=1, vocoder="griffin-lim"), by_default
    )
    spoken = voice.generate("low", n=2, seed=1, vocoder=speak)
    assert spoken.shape == by_default.shape
    assert not torch.equal(spoken, by_default)
    alone = voice.generate("low", seed=2, vocoder=speak)
    assert torch.allclose(alone[0], spoken[1], atol=1e-3)


def test_generate_wants_a_vocoder_of_its_mels(trained):
    voice, _ = trained
    speak = untrained(Vocoding(SPEC, start=False))
    with pytest.raises(ValueError, match="tiny makes mels with sample_rate=4000"):
        voice.generate("low", vocoder=speak)
    with pytest.raises(ValueError, match=r"'A spoken digit.*takes no mels"):
        voice.generate("low", vocoder="digits")
    with pytest.raises(ValueError, match=r"'grifin-lim' is unknown.*'griffin-lim'"):
        voice.generate("low", vocoder="grifin-lim")
    with pytest.raises(ValueError, match="vocoder: drums makes waveforms, not mels"):
        md.load("drums").generate("kick", vocoder=speak)
    with pytest.raises(ValueError, match="sounds-latent makes mels with sample_rate"):
        md.load("sounds-latent").generate("bell", vocoder="digits-vocoder-64")


def test_a_net_for_another_hop_is_told(monkeypatch):
    net = {"type": "DiffWave", "channels": 8, "layers": 2, "factors": (4, 4)}
    recipe = VocoderRecipe(steps=1, start=False, **TONES | {"net": net})
    with pytest.raises(ValueError, match=r"hop of 16.*hop_length=100"):
        recipe.build(tiny.NAMES)
