"""Bad input is told at once, with the argument's name, and nothing is lost."""

import math

import numpy as np
import pytest
import torch

import minidiff as md
from minidiff.models.model import Model
from minidiff.nets import WaveGrad
from minidiff.process import randn
from minidiff.sound.mel import MelSpec
from minidiff.sound.waveform import Waveform

pytestmark = pytest.mark.usefixtures("unhooked")
NAN = math.nan
FLOW, LINEAR = md.Flow(), md.LinearBeta()
X, LONG = torch.zeros(3, 2), torch.zeros(3, 5)
WHOLE = torch.zeros(3, 2, dtype=torch.int64)
HOLED = torch.tensor([[0.0, NAN]])
TIMES = [1.0, 0.5, 0.0]
LABELS = torch.tensor([0, 1, 2])
MIXTURE = md.GaussianMixture([[0.0, 0.0]], 1.0)
EXACT = MIXTURE.denoiser(FLOW)
PLAIN = md.Denoiser(md.MLP(), FLOW, "v")
DIGITS = md.Denoiser(md.MLP(classes=3), FLOW, "v")
MANY = md.Denoiser(
    md.UNet(1, channels=(8,), classes={"d": 3, "s": ("vectors", 4), "m": ("mel", 5)}),
    FLOW,
)
GRAD = md.Denoiser(
    WaveGrad(md.Cosine(), n_mels=2, factors=(2, 2), channels=(8, 8)), md.Cosine(), "v"
)
WAVE = torch.zeros(3, 1, 16)
SPEC = MelSpec(8000, 256, 64, 32)
VOICE = Model(
    md.Denoiser(md.UNet(channels=(8,), classes={"digit": 3}), md.Cosine(), "v"),
    {
        "spec": {"type": "MelSpec", **SPEC.settings()},
        "labels": {"digit": ["one", "two", "three"]},
        "counts": {"digit": [1, 1, 1]}, "loudest": 1.0, "samples": 256,
        "sampler": "ddim", "steps": 2, "scale": 1.0, "vocoder": None,
    },
    {},
)  # fmt: skip


def many(**cond):
    return lambda: MANY(torch.zeros(3, 1, 8), 0.5, cond)


VALUE = {  # what is called -> what the message must say
    "t below 0": (lambda: LINEAR(-0.1), r"t must be in \[0, 1\].*-0\.1"),
    "t above 1": (lambda: FLOW(torch.tensor([0.5, 1.1])), r"t must be in \[0, 1\]"),
    "eps without signal": (
        lambda: md.Denoiser(md.MLP(), FLOW, "eps")(torch.zeros(3, 2), [0.5, 1, 0]),
        "t is a time without any signal.*velocity",
    ),
    "t NaN": (lambda: md.Karras()(NAN), "t must be in.*nan"),
    "times n": (lambda: LINEAR.times(0), r"n must be in \[1, 1000\], got 0"),
    "times n above T": (lambda: LINEAR.times(1001), "n must be in.*1001"),
    "times n, Karras": (lambda: md.Karras().times(0), "n must be"),
    "times n, Flow": (lambda: FLOW.times(0), "n must be"),
    "spacing": (lambda: LINEAR.times(5, "trail"), "spacing: 'trail'.*'trailing'"),
    "beta_start": (lambda: md.LinearBeta(10, 0.0), r"beta_start must be in \(0, 1\)"),
    "beta_end": (lambda: md.ScaledLinear(10, 0.1, 1.0), "beta_end must be.*1"),
    "beta NaN": (lambda: md.LinearBeta(10, NAN), "beta_start must be.*nan"),
    "steps": (lambda: md.LinearBeta(0), "steps must be.*0"),
    "steps, Cosine": (lambda: md.Cosine(0), "steps must be.*0"),
    "sigma_min": (lambda: md.Karras(90.0), "sigma_min must be.*90"),
    "rho": (lambda: md.Karras(rho=0), "rho must be"),
    "diffuse t": (lambda: md.diffuse(X, 2.0, X, FLOW), "t must be.*2"),
    "diffuse length": (lambda: md.diffuse(X, [0.1] * 2, X, FLOW), r"t must.*\(3,\)"),
    "diffuse shapes": (lambda: md.diffuse(X, 0.1, X[:2], FLOW), r"x0 and.*\(2, 2\)"),
    "diffuse NaN": (lambda: md.diffuse(HOLED, 0.1, HOLED, FLOW), "x0 holds NaN"),
    "predicts": (lambda: md.Denoiser(md.MLP(), FLOW, "vel"), "predicts: 'vel'.*Known"),
    "drop": (lambda: md.Denoiser(md.MLP(), FLOW, drop=1.5), "drop must be.*1.5"),
    "denoiser t": (lambda: PLAIN(X, 1.5), "t must be in.*1.5"),
    "denoiser t NaN": (lambda: PLAIN(X, torch.full((3,), NAN)), "t must be in"),
    "denoiser t length": (lambda: PLAIN(X, torch.full((2,), 0.5)), r"t must.*\(3,\)"),
    "denoiser t of one": (lambda: PLAIN(X, torch.tensor([0.5])), r"t must.*\(1,\)"),
    "diffuse eps": (lambda: md.diffuse(X[:1], 0.1, HOLED, FLOW), "eps holds NaN"),
    "denoiser size": (lambda: PLAIN(LONG, 0.5), r"x must.*2\), got \(3, 5\)"),
    "loss size": (lambda: PLAIN.loss(LONG), r"x must.*2\), got \(3, 5\)"),
    "channels": (lambda: MANY(torch.zeros(3, 2, 8), 0.5), r"\(batch, 1, w\), got"),
    "dims": (lambda: md.UNet(3), "dims must be 1 or 2, got 3"),
    "classes": (lambda: md.MLP(classes=-3), "'label' must be a number of classes"),
    "sizes": (lambda: md.MLP(classes={"a": ("vectors", "x")}), "'a' must be.*'x'"),
    "no size": (lambda: md.MLP(classes={"a": ("frames", 3)}), "'a' must be.*frames"),
    "kind": (lambda: md.MLP(classes={"a": ("vector", 3)}), "'a' must be.*vectors"),
    "null": (
        lambda: md.Guided(DIGITS, 3, {"labe": None})(X, 0.5, {"label": LABELS}),
        "null: 'labe'.*'label'"),
    "null by name": (
        lambda: md.Guided(DIGITS, 3, {"label": None})(X, 0.5, LABELS), "null is a d"),
    "loss NaN": (lambda: PLAIN.loss(HOLED), "x0 holds NaN"),
    "loss empty": (lambda: PLAIN.loss(X[:0]), "x0 is empty"),
    "label high": (lambda: DIGITS(X, 0.5, LABELS + 2), r"labels must be in 0\.\.2.*4"),
    "label low": (lambda: DIGITS.loss(X, LABELS - 1), "labels must be in.*-1"),
    "labels short": (lambda: DIGITS(X, 0.5, LABELS[:2]), r"one label.*\(3,\).*\(2,\)"),
    "no labels known": (lambda: PLAIN(X, 0.5, LABELS), "cond was given"),
    "name": (lambda: DIGITS(X, 0.5, {"labl": LABELS}), "cond: 'labl'.*'label'"),
    "which": (lambda: MANY(X[:, None], 0.5, LABELS), "cond must be a dict.*d, s, m"),
    "vector size": (many(s=torch.zeros(3, 5)), r"cond 's'.*\(3, 4\), got \(3, 5\)"),
    "vector batch": (many(s=torch.zeros(2, 4)), r"cond 's'.*\(3, 4\), got \(2, 4\)"),
    "mel bands": (many(m=torch.zeros(3, 4, 9)), r"cond 'm'.*\(3, 5, frames\)"),
    "mel dims": (many(m=torch.zeros(3, 5)), r"cond 'm'.*\(3, 5, frames\)"),
    "vector NaN": (many(s=torch.tensor([[NAN, 1, 1, 1]] * 3)), "cond 's' holds NaN"),
    "needed mel": (
        lambda: GRAD(WAVE, 0.5, {"mel": torch.full((3, 2, 4), NAN)}), "'mel' is null"),
    "levels": (lambda: md.Denoiser(GRAD.net, FLOW), "schedule.*denoiser's Flow"),
    "ideal label": (
        lambda: md.IdealDenoiser(X, FLOW, LABELS)(X, 0.5, LABELS + 2), "cond.*labels"),
    "ideal size": (lambda: md.IdealDenoiser(X, FLOW)(LONG, 0.5), r"x must.*2\), got"),
    "ideal, no example": (
        lambda: md.IdealDenoiser(X, FLOW, 2 * LABELS)(X, 0.5, LABELS), "no example.*1"),
    "mixture size": (lambda: EXACT(X[:, :1], 0.5), r"x must have shape \(batch, 2\)"),
    "score size": (lambda: MIXTURE.score(X[:, :1], 0.5, FLOW), r"x must have shape"),
    "mixture label": (lambda: EXACT(X, 0.5, LABELS), "cond.*labels must be"),
    "stds": (lambda: md.GaussianMixture([[0.0]], -1.0), "stds must not"),
    "weights": (lambda: md.GaussianMixture([[0.0]], 1.0, [0.0]), "weights must"),
    "means": (lambda: md.GaussianMixture([[NAN]], 1.0), "means holds NaN"),
    "no means": (lambda: md.GaussianMixture(torch.zeros(0, 2), 1.0), "means is empty"),
    "many stds": (lambda: md.GaussianMixture([[0.0]], [1.0, 1.0]), "stds must be 1 or"),
    "lopsided": (
        lambda: md.GaussianMixture([[0.0, 0]], covs=[[[1.0, 1], [0, 1]]]), "symmetric"),
    "covs NaN": (lambda: md.GaussianMixture([[0.0]], covs=[[[NAN]]]), "covs holds NaN"),
    "covs": (lambda: md.GaussianMixture([[0.0]], covs=[[[-1.0]]]), "covs must"),
    "scale": (lambda: md.Guided(EXACT, NAN), "scale must be.*nan"),
    "clip": (lambda: md.Clip(EXACT, 1, -1), "low must be below high"),
    "generators": (lambda: randn((3, 2), [torch.Generator()]), "generator.*3.*1"),
    "eta": (lambda: md.ddim(EXACT, X, TIMES, eta=1.1), r"eta must be in \[0, 1\].*1.1"),
    "eta NaN": (lambda: md.ddim(EXACT, X, TIMES, eta=NAN), "eta must be"),
    "invert down": (lambda: md.invert(EXACT, X, TIMES), "times must increase"),
    "invert from 0": (lambda: md.invert(EXACT, X, [0.0, 1.0]), "times must increase"),
    "fit steps": (lambda: md.fit(PLAIN, [X], 0), "steps must be.*0"),
    "fit empty": (lambda: next(md.fit(PLAIN, [], 1)), "loader gave no batch"),
    "fit lr": (lambda: md.fit(PLAIN, [X], 1, lr=-1), "lr must be.*-1"),
    "fit decay": (lambda: md.fit(PLAIN, [X], 1, decay=NAN), "decay must be.*nan"),
    "fit seed": (lambda: md.fit(PLAIN, [X], 1, seed=-1), "seed must be.*-1"),
    "no weights": (
        lambda: md.fit(md.Denoiser(torch.nn.Identity(), md.Flow()), [X], 1),
        "denoiser: it has no weights"),
    "weights inf": (lambda: md.GaussianMixture([[0.0]], 1, [math.inf]), "weights must"),
    "no schedule": (
        lambda: md.GaussianMixture([[0.0]], 1.0).log_prob(X[:, :1], 0.9),
        "schedule: without one.*0.9"),
    "a name": (lambda: md.MLP(classes={"keys": 3}), "classes: 'keys' cannot be"),
    "no mid": (lambda: md.UNet(mid=0), "mid must be at least 1, got 0"),
    "no std": (lambda: Waveform(std=0), "std must be"),
    "meta": (lambda: md.load("digits", "meta"), "device: 'meta' cannot be used"),
    "fit clip": (lambda: md.fit(PLAIN, [X], 1, clip=-1), "clip must be.*-1"),
    "fit once": (lambda: list(md.fit(PLAIN, iter([X]), 2)), "no batch after 1"),
    "fit NaN": (lambda: next(md.fit(PLAIN, [HOLED], 1)), "x0 holds NaN"),
    "hop": (lambda: MelSpec(hop_length=0), "hop_length must be.*0"),
    "odd n_fft": (lambda: MelSpec(n_fft=65, hop_length=16), "n_fft must be even"),
    "mean": (lambda: MelSpec(mean=NAN), "mean must be.*nan"),
    "mels": (lambda: MelSpec(n_fft=64, hop_length=16, n_mels=34), "n_mels.*33.*34"),
    "rate": (lambda: SPEC.encode(torch.zeros(1, 99), 16_000), "sample_rate is 16000"),
    "empty": (lambda: SPEC.encode(torch.zeros(1, 0)), "wave is empty"),
    "NaN": (lambda: SPEC.encode(HOLED), "wave holds NaN"),
    "stereo": (lambda: SPEC.encode(torch.zeros(1, 2, 99)), "wave must.*stereo"),
    "no batch": (lambda: SPEC.encode(torch.zeros(99)), r"wave must be \(batch, samp"),
    "mel shape": (lambda: SPEC.decode(torch.zeros(1, 1, 31, 9)), r"mel must be.*32"),
    "mel NaN": (lambda: SPEC.decode(torch.full((1, 1, 32, 9), NAN)), "mel holds NaN"),
    "n": (lambda: VOICE.generate(n=0), "n must be.*0"),
    "generate steps": (lambda: VOICE.generate(steps=0), "steps must be.*0"),
    "too many steps": (lambda: VOICE.generate(steps=1001), r"steps must be.*1000\]"),
    "device": (lambda: VOICE.generate(device="gpu"), "device: 'gpu' cannot be used"),
    "load to": (lambda: md.load("digits", "gpu"), "device: 'gpu' cannot be used"),
    "sampler": (lambda: VOICE.generate(sampler="dimm"), "sampler: 'dimm'.*'ddim'"),
    "LABEL": (lambda: VOICE.generate("THREE"), "digit: 'THREE'.*'three'"),
    "label": (lambda: VOICE.generate("thre"), "digit: 'thre'.*'three'"),
    "label number": (lambda: VOICE.generate(3), r"digit must be in \[0, 2\], got 3"),
    "labels": (lambda: VOICE.generate([0, 1], n=3), "digit: expected 3 labels, got 2"),
    "label's name": (lambda: VOICE.generate({"digits": 1}), "cond: 'digits'.*'digit'"),
    "model": (lambda: md.load("digitz"), "name of a model: 'digitz'"),
}  # fmt: skip
TYPE = {
    "denoiser": (lambda: PLAIN(WHOLE, 0.5), "x must hold floating-point.*int64"),
    "ideal": (lambda: md.IdealDenoiser(X, FLOW)(WHOLE, 0.5), "x must hold.*int64"),
    "schedule": (lambda: md.Denoiser(md.MLP(), "linear"), "schedule must.*'linear'"),
    "classes": (lambda: md.MLP(classes=[3]), "classes must be a number or a dict"),
    "floor": (lambda: MelSpec(floor="a"), "floor must be a number, got 'a'"),
    "t is text": (lambda: LINEAR("half"), "t must be a number.*half"),
    "t is None": (lambda: PLAIN(X, None), "t must be a number.*None"),
    "t is bool": (lambda: FLOW(torch.tensor(True)), "t must be real.*bool"),
    "n is half": (lambda: LINEAR.times(2.5), "n must be a whole.*2.5"),
    "n is text": (lambda: LINEAR.times("5"), "n must be a number.*'5'"),
    "diffuse": (lambda: md.diffuse(WHOLE, 0.5, WHOLE, FLOW), "x0 must.*int64"),
    "drop is text": (lambda: md.Denoiser(md.MLP(), FLOW, drop="a"), "drop.*'a'"),
    "a seed": (lambda: md.ddpm(EXACT, X, TIMES, generator=0), "generator must be.*0"),
    "half a wave": (lambda: SPEC.encode(torch.ones(1, 999).half()), "wave must be f"),
    "eta is text": (lambda: md.ddim(EXACT, X, TIMES, eta="1"), "eta must.*'1'"),
    "scale is text": (lambda: md.Guided(EXACT, "2"), "scale must be a number.*'2'"),
    "float labels": (lambda: DIGITS(X, 0.5, LABELS / 1), "must be an int64.*float"),
    "listed labels": (lambda: DIGITS(X, 0.5, [0, 1, 2]), "int64 tensor, got list"),
    "whole vectors": (many(s=torch.zeros(3, 4).long()), "cond 's'.*floating.*int64"),
    "loss": (lambda: PLAIN.loss(WHOLE), "x0 must.*int64"),
    "audio": (lambda: SPEC.encode(WHOLE), "wave must.*int64"),
    "array": (lambda: SPEC.encode(X.numpy()), "wave must be a torch.Tensor.*ndarray"),
    "samples": (lambda: VOICE.generate(n=1.5), "n must be a whole.*1.5"),
    "half a label": (lambda: VOICE.generate(0.5), "digit must be a whole.*0.5"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "says"), VALUE.values(), ids=VALUE)
def test_values(call, says):
    with pytest.raises(ValueError, match=says) as caught:
        call()
    assert type(caught.value) is ValueError


@pytest.mark.parametrize(("call", "says"), TYPE.values(), ids=TYPE)
def test_types(call, says):
    with pytest.raises(TypeError, match=says) as caught:
        call()
    assert type(caught.value) is TypeError


@pytest.mark.parametrize("walk", [md.ddim, md.ddpm, md.heun, md.dpmpp_2m, md.renoise])
@pytest.mark.parametrize(
    ("x", "times", "kind", "says"),
    [
        (WHOLE, TIMES, TypeError, "x must hold floating-point.*int64"),
        (HOLED, TIMES, ValueError, "x holds NaN"),
        (X[:0], TIMES, ValueError, "x is empty"),
        (X, [0.5, 1.0], ValueError, "times must decrease"),
        (X, [0.5, 0.5], ValueError, "times must decrease"),
        (X, [1.5, 0.5], ValueError, r"times must be in \[0, 1\]"),
        (X, [0.5, NAN], ValueError, r"times must be in \[0, 1\]"),
        (X, [0.5], ValueError, "times must be at least 2"),
        (X, [[1.0, 0.0]], ValueError, "times must be at least 2"),
        (X, "all", TypeError, "times must be a number"),
    ],
)
def test_samplers_check_before_the_first_step(walk, x, times, kind, says):
    with pytest.raises(kind, match=says):
        walk(EXACT, x, times)


def test_a_rate_may_come_from_numpy():
    wave, rate = torch.sin(torch.arange(8000) / 5), np.int64(8000)
    one, many = md.player(wave, rate, "t"), md.gallery([(wave, "t")], rate, alt="a")
    assert repr(one) == repr(md.player(wave, 8000, "t"))
    assert many._repr_html_() == md.gallery([(wave, "t")], 8000, alt="a")._repr_html_()
    for show in (lambda: md.player(wave, 96_000, "t"),
                 lambda: md.gallery([(wave, "t")], 96_000, alt="a")):  # fmt: skip
        with pytest.raises(
            ValueError, match=r"rate: 96000 is unknown\. Known: 8000, 11"
        ):
            show()
