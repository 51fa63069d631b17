"""Trained models: kept, checked, and the same sound for the same seed."""

import json
import pickle
import shutil
import unicodedata
import warnings

import pytest
import tiny
import torch

import minidiff as md
from minidiff.control.clap import Clap
from minidiff.control.enhance import Enhancer
from minidiff.control.listening import Listening
from minidiff.control.writing import Writer
from minidiff.models import card, recipes, run, shelf
from minidiff.models import model as models
from minidiff.models.labels import Classes, beyond, indices, ranges
from minidiff.samplers import from_noise
from minidiff.sound.latents import Latents


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model trained for a few seconds, as `train` leaves it."""
    out = tmp_path_factory.mktemp("tiny")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(recipes.RECIPES, "tiny", tiny.RECIPE)
        list(run.train("tiny", out, device="cpu"))
    return out


@pytest.fixture(scope="module")
def voice(folder):
    return md.load(folder)


def test_what_a_model_knows(voice, folder):
    assert voice.labels == ["low", "middle", "high"]
    assert voice.conditions == tiny.NAMES
    assert voice.sample_rate == 4000
    assert voice.spec == tiny.RECIPE.spec
    assert voice.card["title"] == "Three tones"
    assert voice.card["steps"] == 200
    assert "| title | Three tones |" in voice.card._repr_markdown_()
    assert json.loads((folder / "card.json").read_text()) == voice.card


def test_it_says_what_it_is_told(voice):
    tones = voice.generate(["low", "middle", "high"] * 4, seed=3)
    assert tones.shape == (12, 1600)
    assert tones.dtype == torch.float32
    assert tones.abs().max() <= 1
    peak = torch.fft.rfft(tones).abs().argmax(1) * 4000 / 1600
    wanted = torch.tensor([250.0, 500.0, 1000.0] * 4)
    right = (peak / wanted).log2().abs() < 0.3
    assert right.sum() >= 11


def test_both_labels_count(voice):
    """Guided: how far so short a training keeps the two apart differs by processor."""

    def power(level):
        asked = {"tone": "low", "level": level}
        return voice.generate(asked, n=12, scale=2).square().mean()

    assert power("loud") > 3 * power("soft")


def test_a_seed_is_a_sound(voice):
    a, b, c = (voice.generate("low", seed=s) for s in (1, 1, 2))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)
    torch.rand(3)  # the global source of chance has no part in it
    assert torch.equal(voice.generate("low", seed=1), a)


def test_what_it_made_is_the_readers(voice):
    wave = voice.generate("low")
    wave *= 0.5  # may be edited, and stand where gradients flow
    loud = torch.ones(1, requires_grad=True)
    (loud * wave).square().sum().backward()
    assert loud.grad > 0
    voice.spec.encode(loud * wave).sum().backward()


@pytest.mark.parametrize("sampler", ["ddim", "ddpm", "heun", "dpmpp_2m", "renoise"])
def test_item_i_is_the_seed_plus_i(voice, sampler):
    options = {"sampler": sampler, "steps": 3}
    together = voice.generate("middle", n=3, seed=10, **options)
    for i in range(3):
        alone = voice.generate("middle", seed=10 + i, **options)
        gap = (alone[0] - together[i]).norm() / together[i].norm()
        assert gap < 1e-2


def test_labels_in_every_form_are_the_same(voice):
    expected = voice.generate("high", n=2, seed=4)
    for cond in (2, ["high", "high"], [2, "high"], {"tone": "high"}, {"tone": [2, 2]}):
        assert torch.equal(voice.generate(cond, n=2, seed=4), expected)
    assert torch.equal(
        voice.generate({"tone": torch.tensor([2, 2])}, n=2, seed=4), expected
    )


def test_a_label_not_given_is_drawn_as_often_as_in_training(voice):
    dice = [torch.Generator().manual_seed(i) for i in range(4000)]
    drawn = voice.asks.read("low", 4000, dice)
    assert (drawn["tone"] == 0).all()
    assert drawn["level"].double().mean().item() == pytest.approx(0.25, abs=0.03)
    every = voice.asks.read(None, 4000, dice)["tone"].bincount() / 4000
    assert (every - 1 / 3).abs().max() < 0.03


def test_scale_steps_and_sampler_have_their_effect(voice):
    plain = voice.generate("low")
    assert torch.equal(voice.generate("low", steps=4, scale=1.0), plain)
    for other in ({"scale": 4.0}, {"steps": 8}, {"sampler": "ddim"}):
        assert not torch.equal(voice.generate("low", **other), plain)


def test_nothing_is_louder_than_what_was_learned(voice, monkeypatch):
    def rms(waves):
        return waves.square().mean(1, keepdim=True).sqrt()

    def waves(loudest):
        monkeypatch.setitem(voice.settings, "loudest", loudest)
        return voice.generate({"level": "soft"}, n=12)

    learned = rms(tiny.Tones().waves).max().item()
    assert voice.settings["loudest"] == pytest.approx(learned, rel=1e-6)
    free = waves(torch.inf)
    bound = rms(free).median().item()
    quiet = (rms(free) <= bound)[:, 0]
    assert torch.equal(waves(bound)[quiet], free[quiet])
    soft = waves(0.02)
    torch.testing.assert_close(rms(soft), torch.full((12, 1), 0.02))
    torch.testing.assert_close(waves(0.04), 2 * soft)  # a gain, nothing else


RANGE = 1.0, 0.0, -100.0, 150.0, 1e6, -1e6


@pytest.mark.parametrize("sampler", ["ddim", "ddpm", "heun", "dpmpp_2m", "renoise"])
@pytest.mark.parametrize("steps", [1, 2, 3, 7])
def test_whatever_may_be_asked_for_is_a_sound(voice, sampler, steps):
    for scale in RANGE:
        waves = voice.generate(n=2, steps=steps, scale=scale, sampler=sampler)
        assert audible(waves).all()


def audible(waves):
    """Which of them are finite, in [-1, 1], and loud enough to be heard."""
    rms = waves.square().mean(1).sqrt()
    return (waves.isfinite() & (waves.abs() <= 1)).all(1) & (rms > 5e-4)


@pytest.mark.parametrize(
    ("name", "options"),
    [("digits", {"sampler": "heun", "steps": 2}), ("sounds", {"scale": 130.0}),
     ("sounds", {"scale": 1e6}), ("drums-waveform", {"scale": 1e6, "sampler": "heun"}),
     ("sounds-latent", {"scale": 130.0}), ("sounds-latent", {"scale": 1e6})],
)  # fmt: skip
def test_shipped_models_overshoot_without_silence_or_nan(name, options):
    """Latents may end so far out that nothing is left: those are named, others kept."""
    model, said = md.load(name), ""
    try:
        waves = model.generate(n=3, seed=5, **{"steps": 4} | options)
    except models.Overshot as error:
        waves, said = error.waves, str(error)
    lost = waves.isnan().any(1)
    assert audible(waves[~lost]).all()
    assert not lost.any() or name == "sounds-latent"
    seeds = ", ".join(str(5 + i) for i in lost.nonzero()[:, 0].tolist())
    assert said.startswith(f"seed {seeds}: no sound is left, as 4 steps") == lost.any()


def test_the_good_ones_are_kept(voice, monkeypatch):
    """One of four whose numbers are no longer finite, and one that is only silence."""
    good = voice.generate("low", n=4, seed=3)

    def broken(*walk, plain=models.from_noise):
        x = plain(*walk)
        x[1, 0, 0, 0], x[3] = torch.nan, -1e5
        return x

    monkeypatch.setattr(models, "from_noise", broken)
    says = r"seed 4, 6: no sound is left, as 4 steps of dpmpp_2m with scale 1 oversh"
    with pytest.raises(models.Overshot, match=says) as caught:
        voice.generate("low", n=4, seed=3)
    assert torch.equal(caught.value.waves[[0, 2]], good[[0, 2]])
    assert caught.value.waves[[1, 3]].isnan().all()


@pytest.mark.parametrize(
    "name", ["digits", "sounds", "drums-waveform", "sounds-latent"]
)
def test_ordinary_sounds_are_not_touched(name):
    """Bit for bit what front end and gain alone make of the same x."""
    model, seeds = md.load(name), (0, 7)
    settings = model.settings
    between = tuple(settings.get("between") or (0.0, torch.inf))
    guided = md.Guided(model.denoiser, settings["scale"], between=between)
    for seed in seeds:
        dice = [torch.Generator().manual_seed(seed)]
        cond, shape = model.asks.read(None, 1, dice), (1, *model.shape)
        with torch.no_grad():
            walk = settings["sampler"], settings["steps"], cond, dice
            wave = model.spec.decode(from_noise(guided, shape, *walk))
        rms = wave.square().mean(1, keepdim=True).sqrt()
        wave = (wave * (settings["loudest"] / rms).clamp(max=1)).clamp(-1, 1)
        assert torch.equal(model.generate(seed=seed), wave)


def test_an_rms_beyond_float32_is_no_silence(voice, monkeypatch):
    loud = 1e25 * torch.randn(1, 99, generator=torch.Generator().manual_seed(0))
    monkeypatch.setattr(voice.spec.__class__, "decode", lambda *_: loud)
    wave = voice.generate("low")
    assert audible(wave).all()
    learned = voice.settings["loudest"]
    assert wave.square().mean().sqrt().item() == pytest.approx(learned, rel=0.1)


def test_silence_stays_silence(voice, monkeypatch):
    monkeypatch.setattr(voice.spec.__class__, "decode", lambda *_: torch.zeros(1, 9))
    assert torch.equal(voice.generate("low"), torch.zeros(1, 9))


def test_weights_are_kept_in_half_precision(voice, folder):
    size = (folder / "model.safetensors").stat().st_size
    n = sum(p.numel() for p in voice.denoiser.parameters())
    assert 2 * n < size < 2 * n + 20_000
    for p in voice.denoiser.parameters():
        assert p.dtype == torch.float32
        assert torch.equal(p, p.half().float())


def test_numbers_for_names_of_classes():
    names = ["1", "10", "2"]
    assert indices("2", names, 1, "class").tolist() == [2]
    assert indices(0, names, 1, "class").tolist() == [0]
    assert indices(torch.tensor([1, 2]), names, 2, "class").tolist() == [1, 2]
    for given in (1, [0, 1]):
        with pytest.raises(ValueError, match=r"class: 1 is .* as text, '1'"):
            indices(given, names, 2, "class")
    for given in (1, 1.0, [1]):
        with pytest.raises(ValueError, match=r"class: 1 is .* as text, '01'"):
            indices(given, ["01", "02", "03"], 1, "class")
    with pytest.raises(ValueError, match="a tensor holds numbers of classes"):
        indices(torch.tensor([1.0]), names, 1, "class")
    assert indices(1, ["0", "1", "2"], 1, "class").tolist() == [1]


def test_names_that_count_are_meant_by_numbers():
    names = [str(midi) for midi in range(24, 109)]
    assert indices([69, "70", 24], names, 3, "pitch").tolist() == [45, 46, 0]
    assert indices(torch.tensor([45]), names, 1, "pitch").tolist() == [45]
    for wrong in (23, 109, 0):
        with pytest.raises(ValueError, match=r"pitch must be in .24, 108., got"):
            indices(wrong, names, 1, "pitch")


def test_a_pitch_that_was_not_learned_is_told_with_the_range():
    names = {"instrument": ["flute", "bass"], "pitch": ["60", "61", "62", "63"]}
    learned = {
        "instrument": torch.tensor([0, 0, 1]),
        "pitch": torch.tensor([1, 3, 0]),
    }
    known = ranges(learned, names)
    assert known == {"pitch": {"flute": [61, 63], "bass": [60, 60]}}
    asked = {"instrument": torch.tensor([0, 1]), "pitch": torch.tensor([2, 0])}
    assert beyond(asked, names, known) == ""
    asked["pitch"] = torch.tensor([0, 3])
    said = beyond(asked, names, known)
    assert said.endswith(
        "a guess: flute, pitch 60 (61 to 63); bass, pitch 63 (60 to 60)"
    )
    assert beyond(asked, names, None) == ""
    assert ranges({"digit": torch.tensor([0])}, {"digit": ["0", "1"]}) == {}


def test_notes_are_asked_for_by_midi_number():
    notes = md.load("notes")
    dice = [torch.Generator()]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = notes.asks.read({"instrument": "violin", "pitch": 69}, 1, dice)
        many = [torch.Generator().manual_seed(i) for i in range(200)]
        drawn = notes.asks.read({"instrument": "violin"}, 200, many)["pitch"] + 24
    assert notes.conditions["pitch"][found["pitch"].item()] == "69"
    low, high = notes.settings["ranges"]["pitch"]["violin"]
    assert low <= drawn.min() < low + 6
    assert high - 6 < drawn.max() <= high
    with pytest.warns(UserWarning, match=r"violin, pitch 30 \(5\d to \d+\)"):
        notes.asks.read({"instrument": "violin", "pitch": 30}, 1, dice)
    with pytest.raises(ValueError, match="'vilin' is unknown; did you mean 'violin'"):
        notes.asks.read({"instrument": "vilin"}, 1, dice)


def test_names_in_either_form():
    names = [unicodedata.normalize("NFC", "Türe"), "Tor"]
    for form in ("NFC", "NFD"):
        typed = unicodedata.normalize(form, "Türe")
        assert indices(typed, names, 1, "class").tolist() == [0]


@pytest.fixture
def copied(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "copied")


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig"])
def test_a_card_may_be_edited(copied, coding):
    card = json.loads((copied / "card.json").read_text())
    card["title"] = "Drei Töne"
    text = json.dumps(card, ensure_ascii=False, indent=2)
    (copied / "card.json").write_text(text.replace("\n", "\r\n"), encoding=coding)
    assert md.load(copied).card["title"] == "Drei Töne"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{\n  "a": 1\n  "b": 2\n}', r"line 3, column 3: Expecting ',' delimiter"),
        (b'\xef\xbb\xbf{\n  "a": 1,\n}', r"line (2|3), column \d+: "),
        (b'{\n  "a": "\xfc"\n}', r"line 2, column 9: .* not UTF-8; save it as UTF-8"),
        (b"[1, 2]", "it does not hold a list of keys and values"),
        (b"", "line 1, column 1"),
    ],
)
def test_mistakes_in_a_card_are_found(copied, content, says):
    (copied / "card.json").write_bytes(content)
    where = "card.json of 'copied' was altered or cut short: "
    with pytest.raises(ValueError, match=where + says):
        md.load(copied)


def test_a_folder_without_a_model(tmp_path):
    with pytest.raises(ValueError, match=rf"there is none in the folder {tmp_path}"):
        md.load(tmp_path)
    with pytest.raises(ValueError, match="name of a model is empty"):
        md.load("")


@pytest.mark.parametrize(
    "harm", ["cut", "altered", "no card", "another card", "half a card"]
)
def test_harmed_files_are_refused(folder, tmp_path, harm):
    content = bytearray((folder / "model.safetensors").read_bytes())
    card = (folder / "card.json").read_text()
    if harm == "cut":
        del content[len(content) // 2 :]
    if harm == "altered":
        content[-100] ^= 1
    if harm == "another card":
        card = json.dumps({"title": "no digest"})
    if harm == "half a card":
        card = card[: len(card) // 2]
    (tmp_path / "model.safetensors").write_bytes(content)
    if harm != "no card":
        (tmp_path / "card.json").write_text(card)
    says = "no card" if harm == "no card" else "altered or cut short"
    with pytest.raises(ValueError, match=says):
        md.load(tmp_path)


def test_a_card_that_cannot_be_written_leaves_the_old_one(
    folder, tmp_path, monkeypatch
):
    for file in folder.glob("*.*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())

    def full(*_):
        raise OSError("no space left on device")

    before = md.load(tmp_path).card
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", full)
        with pytest.raises(OSError, match="no space"):
            card.write_card(tmp_path, {**before, "title": "new"})
    assert md.load(tmp_path).card == before
    assert not list(tmp_path.glob("*.part"))


def test_nothing_is_unpickled(folder, monkeypatch):
    def never(*args, **options):
        raise AssertionError("unpickled")

    for module, name in [(torch, "load"), (pickle, "load"), (pickle, "loads")]:
        monkeypatch.setattr(module, name, never)
    monkeypatch.setattr(pickle, "Unpickler", never)
    assert md.load(folder).generate(steps=1).isfinite().all()


def test_a_name_is_that_of_the_model_that_ships(folder, tmp_path, monkeypatch):
    shutil.copytree(folder, tmp_path / "digits")
    monkeypatch.chdir(tmp_path)
    assert md.load("digits").labels[0] == "zero"
    assert md.load("./digits").labels == md.load(folder).labels


def test_unknown_models_are_named():
    with pytest.raises(ValueError, match=r"name of a model: 'digist'.*Known"):
        md.load("digist")


SHIPPED = shelf.shipped()


def test_all_weights_are_within_64_megabytes():
    """Those of the models, their ears, and the small ones that tables come with."""
    files = shelf.WEIGHTS.parents[1].rglob("*.safetensors")
    assert sum(file.stat().st_size for file in files) <= 64e6


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_models_speak(name):
    file = shelf.WEIGHTS / name / "model.safetensors"
    assert file.stat().st_size <= 8e6
    model = md.load(name)
    for key in ("title", "licence", "data", "recipe", "steps", "seconds", "machine"):
        assert key in model.card
    if isinstance(model, Clap):
        hiss = 0.1 * torch.randn(1, 32_768, generator=torch.Generator().manual_seed(0))
        fit = model.fit(hiss, ["rain", "a flute"])[0]
        assert fit[0] > fit[1]
        return
    if isinstance(model, Writer):
        assert len(model.write("jig", bars=2)) > 4
        return
    if isinstance(model, Listening):
        waves = torch.stack([md.data.scenes(6, "test")[i][0] for i in range(6)])
        told = [md.data.scenes(6, "test").caption(i) for i in range(6)]
        right = model.judge(waves, told)["every"]["sounds"]
        assert right > model.judge(waves, told[1:] + told[:1])["every"]["sounds"]
        return
    if isinstance(model, models.Model):
        asked = "a bell" if "caption" in model.conditions else 0
        wave = model.generate(asked, steps=4)  # in two no spectrum has its phases
    elif isinstance(model, Enhancer):
        buzz = torch.arange(8000)[None] % 80 / 800
        wave = model.enhance(buzz + 0.01 * torch.randn(1, 8000), steps=2)
    else:  # there and back
        noise = 0.1 * torch.randn(1, 8000, generator=torch.Generator().manual_seed(0))
        front = model if isinstance(model, Latents) else model.spec
        wave = model.decode(front.encode(noise))
    assert wave.shape[0] == 1
    assert wave.isfinite().all()
    assert 1e-3 < wave.square().mean().sqrt() < 0.7


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_net_is_its_recipes(name):
    settings = card.settings_in(shelf.WEIGHTS / name / "model.safetensors")
    size = recipes.RECIPES[name].size(settings.get("labels", {}))
    assert settings["net"] == json.loads(json.dumps(size))


def test_wild_spectra_stay_sounds_and_take_no_vocoder():
    model = md.load("drums")
    x = torch.full((2, *model.shape), 1e30)
    x[1] = torch.nan
    waves, lost = model.heard(x)
    assert waves.isfinite().all()
    assert waves.abs().max() <= 1
    assert lost[1]
    with pytest.raises(ValueError, match="drums makes waveforms, not mels"):
        model.generate(0, vocoder="digits-vocoder-64")


def test_a_shell_asks_for_any_label():
    names = {"instrument": ["flute", "a=b"], "pitch": ["60", "61"]}
    asks = Classes({"labels": names, "counts": {}})
    assert asks.asked(["flute"]) == {"instrument": "flute"}
    assert asks.asked(["pitch=61"]) == {"pitch": "61"}
    both = {"instrument": "a=b", "pitch": "60"}
    assert asks.asked(["pitch=60", "a=b"]) == both
    assert asks.asked(["instrument=a=b", "pitch=60"]) == both
    for texts, says in {
        ("pitch=62",): "pitch: '62'",
        ("60",): "instrument: '60'",
        ("flute", "instrument=a=b"): "instrument was asked for twice",
    }.items():
        with pytest.raises(ValueError, match=says):
            asks.asked(list(texts))
