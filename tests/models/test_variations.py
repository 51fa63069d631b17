"""Every model of sounds varies a reference: all at 0, nothing of it at 1."""

import pytest
import torch
from typer.testing import CliRunner

import minidiff as md
from minidiff.cli import app
from minidiff.control.reference import times_from
from minidiff.data.clips import read, write

MODELS = [
    "digits",
    "sounds",
    "drums",
    "drums-waveform",
    "sounds-latent",
    "environment",
    "notes",
    "prompts-clap",
]
RAIN = md.example("rain")


@pytest.fixture(scope="module", params=MODELS)
def model(request):
    return md.load(request.param)


class TestEvery:
    def test_at_0_it_is_the_reference_and_at_1_it_is_ignored(self, model):
        n = model.settings["samples"]
        wave = 0.1 * torch.randn(1, n, generator=torch.Generator().manual_seed(0))
        assert torch.equal(
            model.generate(n=2, reference=wave, strength=0), wave.expand(2, -1)
        )
        with_it = model.generate(steps=2, seed=3, reference=wave, strength=1)
        assert torch.equal(with_it, model.generate(steps=2, seed=3))
        assert with_it.shape == wave.shape

    def test_the_stronger_the_farther(self, model):
        """In what the front end makes of it."""
        steps = {"steps": 6, "seed": 1, "reference": RAIN}
        x0 = model.spec.encode(model.generate(reference=RAIN, strength=0))
        far = []
        for strength in (0.05, 0.6, 0.98):
            made = model.generate(strength=strength, **steps)
            far.append((model.spec.encode(made) - x0).square().mean().item())
        assert far[0] < far[1] < far[2]

    def test_one_seed_is_one_sound(self, model):
        ask = {"reference": RAIN, "strength": 0.7, "steps": 2}
        two = model.generate(n=2, seed=5, **ask)
        torch.testing.assert_close(
            two[1:], model.generate(seed=6, **ask), atol=1e-3, rtol=0
        )
        assert (two[0] - two[1]).abs().max() > 1e-3


voice = pytest.fixture(scope="module")(lambda: md.load("digits"))


def test_what_is_asked_counts(voice):
    seven = md.example("seven", 4)
    asked = {"digit": "nine", "speaker": "theo"}
    ask = {"reference": seven, "strength": 0.9, "steps": 6}
    free, nine = voice.generate(**ask), voice.generate(asked, **ask)
    assert (free - nine).abs().max() > 1e-3


def test_without_a_wish_no_label_is_drawn(voice):
    """The walk is that of the null: of no class, and not of a chance one."""
    seven = md.example("seven", 4)
    made = voice.generate(reference=seven, strength=0.6, steps=4, sampler="ddim")
    times = times_from(md.noise_times(voice.denoiser.schedule, 4), 0.6)
    x0 = voice.spec.encode(seven.fitted(6400))
    eps = torch.randn(x0.shape, generator=torch.Generator().manual_seed(0))
    x = md.diffuse(x0, 0.6, eps, voice.denoiser.schedule)
    with torch.no_grad():
        *_, x = md.ddim(voice.denoiser, x, times)
    torch.testing.assert_close(
        made, voice.spec.decode(x).clamp(-1, 1), atol=1e-4, rtol=0
    )


def test_as_many_as_there_are_references(voice):
    two = [md.example("seven", 4), md.example("nine", 1)]
    found = voice.generate(["seven", "nine"], reference=two, strength=0)
    assert torch.equal(found[1:], two[1].fitted(6400))
    assert voice.generate(reference=two, strength=0).shape == (2, 6400)
    with pytest.raises(ValueError, match="reference: expected 1 or 3"):
        voice.generate(["seven", "nine", "one"], reference=two)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"strength": 0.5}, "give one"),
        ({"reference": RAIN, "strength": 1.5}, r"strength must be in \[0, 1\]"),
        ({"reference": torch.zeros(1, 6400)}, "nothing is heard"),
        ({"reference": torch.ones(2, 6400) / 2}, "mono"),
        ({"reference": torch.full((1, 6400), torch.nan)}, "NaN"),
        ({"reference": "no.wav"}, "there is no file"),
        ({"reference": []}, "the list is empty"),
        ({"reference": RAIN, "strength": 0, "steps": -3}, "steps must be"),
        ({"reference": RAIN, "strength": 0, "steps": 0}, "steps must be"),
        ({"reference": RAIN, "strength": 0, "sampler": "nope"}, "is unknown"),
    ],
)
def test_bad_input(voice, options, words):
    with pytest.raises(ValueError, match=words):
        voice.generate("seven", **options)


def test_a_loud_reference_comes_back_at_0_and_is_made_softer_above(voice):
    loud = 0.99 * torch.sign(torch.sin(0.3 * torch.arange(6400)))
    assert torch.equal(voice.generate(reference=loud, strength=0)[0], loud)
    made = voice.generate(reference=loud, strength=0.01, steps=4)
    assert made.square().mean().sqrt() <= voice.settings["loudest"] + 1e-4


def test_a_model_of_few_steps_begins_where_it_learned_to(voice, monkeypatch):
    monkeypatch.setitem(voice.settings, "stops", {"2": [0.99, 0.5]})
    ask = {"reference": RAIN, "steps": 2}
    assert voice.generate("six", strength=0.5, **ask).isfinite().all()
    with pytest.raises(ValueError, match=r"0\.99, 0\.5 only, got 0\.7"):
        voice.generate("six", strength=0.7, **ask)


def test_from_a_shell(tmp_path):
    wave = md.example("seven", 4).wave[0]
    write(tmp_path / "in.wav", (32_767 * wave).round().short().numpy(), 8000)
    call = ["sample", "digits", "--label", "nine", "--steps", "2"]
    there = ["--reference", str(tmp_path / "in.wav"), "--out", str(tmp_path)]
    done = CliRunner().invoke(app, [*call, *there, "--strength", "0"])
    assert done.exit_code == 0, done.output
    found = read(tmp_path / "nine-0.wav", 8000)
    torch.testing.assert_close(found[: len(wave)], wave, atol=1e-4, rtol=0)
    done = CliRunner().invoke(app, [*call, *there, "--strength", "2"])
    assert "strength must be in [0, 1]" in str(done.exception)


class TestHeard:
    """A model that was told what a CLAP hears may be told it again."""

    model = staticmethod(lambda: md.load("prompts-clap"))

    def test_what_is_heard_decides(self):
        model = self.model()
        scenes = md.data.scenes(4, "test")
        heard = model.asks.clap.hear(torch.stack([scenes[i][0] for i in (0, 1)]))
        ask = {"steps": 2, "seed": 0}
        both = model.generate({"heard": heard}, n=2, **ask)
        one = model.generate({"heard": 3 * heard[0]}, **ask)  # the length says nothing
        torch.testing.assert_close(both[:1], one, atol=1e-3, rtol=0)
        other = model.generate({"heard": heard[1:]}, **ask)
        assert (other - one).abs().max() > 1e-2

    @pytest.mark.parametrize(
        ("heard", "words"),
        [
            (torch.zeros(64), "of zeros"),
            (torch.ones(63), r"expected \(64,\)"),
            (torch.ones(3, 64), r"got \(3, 64\)"),
            (torch.full((64,), torch.nan), "NaN"),
        ],
    )
    def test_bad_input(self, heard, words):
        with pytest.raises(ValueError, match=words):
            self.model().generate({"heard": heard}, steps=2)

    def test_a_caption_or_a_sound(self):
        with pytest.raises(ValueError, match="not both"):
            self.model().generate({"heard": torch.ones(64), "caption": "rain"})
        with pytest.raises(ValueError, match="unknown"):
            md.load("prompts").generate({"heard": torch.ones(64)})
