"""Drawings: true shapes at the right places, nothing on another, all of it in words."""

import re
from collections import Counter
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import torch
from parts import drawing, soup
from PIL import ImageFont
from scipy.integrate import solve_ivp
from torch import nn

import minidiff as md
from minidiff.nets import Autoencoder, DiffWave, DiT, WaveGrad
from minidiff.nets.clap import Towers
from minidiff.nets.rival import stack
from minidiff.nets.text import Text
from minidiff.nets.unet import Block
from minidiff.rivals.autoregressive import Autoregressive
from minidiff.rivals.coded import Coded
from minidiff.rivals.gan import GAN
from minidiff.rivals.masked import Masked
from minidiff.rivals.vae import VAE
from minidiff.sound.fine import FineMagnitudes

SVG = "{http://www.w3.org/2000/svg}"
SHAPE = re.compile(r"\d+(?:×\d+)+")
SCHEDULE = md.Cosine()
FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"  # wider than most others
DIGITS = {"digit": 10, "speaker": 6}
UNETS = {
    "two levels": (dict(dims=2, channels=(32, 64), mid=2, classes=10), (8, 8)),
    "three levels": (dict(dims=2, classes=DIGITS), (64, 40)),
    "patches, along": (dict(dims=2, channels=(16, 24), patch=2, along=True), (8, 12)),
    "one level": (dict(dims=2, channels=(8,), mid=1, classes=3), (6, 6)),
    "a waveform": (dict(dims=1, channels=(8, 16, 16, 24, 24, 128), mid=5), (8192,)),
    "a mel beside it": (
        dict(dims=1, channels=(8, 16), mid=1, attention=False,
             classes={"mel": ("frames", 64, 160), "start": ("frames", 1, 1)}),
        (6400,),
    ),
    "of another length": (dict(dims=1, channels=(8, 16, 16)), (101,)),
}  # fmt: skip
DIFFWAVES = {
    "nine layers": (dict(channels=16, layers=9, cycle=9, classes=3), 4096),
    "thirty layers, mel": (dict(channels=8, layers=30, cycle=10, n_mels=64), 4096),
    "half a cycle": (dict(channels=8, layers=15, cycle=10), 512),
}


@cache
def unet(name):
    settings, size = UNETS[name]
    return md.UNet(**settings), size


@cache
def diffwave(name):
    settings, size = DIFFWAVES[name]
    return DiffWave(**settings), size


@cache
def net(kind):
    return {
        "wavegrad": lambda: WaveGrad(SCHEDULE),
        "short wavegrad": lambda: WaveGrad(
            SCHEDULE, n_mels=8, factors=(4, 2), channels=(16, 16)
        ),
        "dit": lambda: DiT(width=160, classes=12),
        "autoencoder": lambda: Autoencoder((24, 48, 96)),
        "towers": lambda: Towers(76, 16),
        "mlp": lambda: md.MLP(dim=2, width=64, layers=2, classes=3),
    }[kind]()


def row():
    return nn.Sequential(nn.Sequential(nn.Linear(3, 128), nn.SiLU()), nn.Linear(128, 2))


@cache
def vocoder():
    return md.load("digits-vocoder-64")


def vocoding(prior, start):
    whole = vocoder().vocoding
    return type(whole)(whole.spec, prior, start)


def of_each(kind, table, make):
    """Drawings of all nets in a table."""
    return {f"{kind}: {name}": lambda name=name: md.draw(*make(name)) for name in table}


ALL = {
    **of_each("U-Net", UNETS, unet),
    **of_each("DiffWave", DIFFWAVES, diffwave),
    "block": lambda: md.draw(unet("two levels")[0].up[0], (8, 8)),
    "block, along": lambda: md.draw(Block(2, 32, 32, 64, along=True), (8, 8)),
    "block, listen": lambda: md.draw(Block(2, 32, 32, 64, listen=True), (8, 8)),
    "words": lambda: md.draw(
        md.UNet(channels=(8, 16), classes={"caption": ("words", 9, 4)}), (8, 8)
    ),
    "layer": lambda: md.draw(diffwave("nine layers")[0].layers[3], 4096),
    "layer, mel": lambda: md.draw(diffwave("thirty layers, mel")[0].layers[9], 16_384),
    "wavegrad": lambda: md.draw(net("wavegrad"), 16_384),
    "short wavegrad": lambda: md.draw(net("short wavegrad"), 800),
    "dit": lambda: md.draw(net("dit"), (16, 16)),
    "dit block": lambda: md.draw(net("dit").blocks[0], 64),
    "autoencoder": lambda: md.draw(net("autoencoder"), (64, 64)),
    "towers": lambda: md.draw(net("towers"), (64, 128)),
    "reader": lambda: md.draw(Text(76, 16), 16),
    "short towers": lambda: md.draw(Towers(9, 4, d=8), (32, 20)),
    "mlp": lambda: md.draw(net("mlp")),
    "row": lambda: md.draw(row(), 3),
    "chain": lambda: md.draw(md.LinearBeta()),
    "chain, Karras": lambda: md.draw(md.Karras()),
    "windows": lambda: md.draw(md.MelSpec()),
    "windows, odd hop": lambda: md.draw(md.MelSpec(8000, n_fft=512, hop_length=150)),
    "model": lambda: md.draw(md.load("digits")),
    "model of waveforms": lambda: md.draw(md.load("drums-waveform")),
    "model of latents": lambda: md.draw(md.load("sounds-latent")),
    "vocoder": lambda: md.draw(vocoder()),
    "vocoding": lambda: md.draw(vocoding(True, False), 16_384),
    "fine vocoder": lambda: md.draw(md.load("digits-vocoder")),
    "fine": lambda: md.draw(FineMagnitudes(md.MelSpec(n_mels=20)), 8192),
    "picture beside": lambda: md.draw(
        md.UNet(channels=(8, 16), classes={"seen": ("picture", 2)}), (32, 8)
    ),
    "model of spectra": lambda: md.draw(md.load("drums")),
    "plain vocoding": lambda: md.draw(vocoding(False, False), 640),
    "guidance": lambda: md.draw(md.Guided(SOME, 3.0)),
    "little guidance": lambda: md.draw(md.Guided(SOME, 0.5)),
    "guidance away": lambda: md.draw(md.Guided(SOME, -1.0)),
    "autoguidance": lambda: md.draw(md.Guided(SOME, 2.0, worse=SOME)),
    "step": lambda: md.draw("step", schedule=SCHEDULE),
    "step, fresh": lambda: md.draw("step", schedule=SCHEDULE, t=0.8, s=0.1, eta=1.0),
    "solvers": lambda: md.draw("solvers"),
    "variation": lambda: md.draw("variation", whole=md.load("digits"), strength=0.6),
    "variation of a waveform": lambda: md.draw(
        "variation", whole=md.load("drums-waveform")
    ),
    "edit": lambda: md.draw("edit", whole=md.load("digits")),
    "repair": lambda: md.draw("repair", whole=md.load("digits")),
    "scores": lambda: md.draw("scores", whole=md.load("engines")),
    "rulers": lambda: md.draw("rulers", samples=16_384, numbers=128),
    "codes": lambda: md.draw(Coded(256, 8, 16, 12, width=192, depth=5)),
    "codes at once": lambda: md.draw(Coded(1024, 4, 160, lag=0)),
    "masks": lambda: md.draw(Masked(77, 16)),
    "GAN": lambda: md.draw(GAN(stack(2, 2), stack(2, 1), 2)),
    "GAN with R1": lambda: md.draw(GAN(stack(48, 2), stack(2, 1), 48, gamma=0.1)),
    "VAE": lambda: md.draw(VAE(stack(2, 32), stack(16, 2), 16)),
    "a row of tokens": lambda: md.draw(Autoregressive(256, 80, width=88, depth=3)),
    **{
        f"training: {predicts}": lambda predicts=predicts: md.draw(
            md.Denoiser(unet("two levels")[0], md.Flow(), predicts), (1, 8, 8)
        )
        for predicts in ("eps", "x0", "v", "velocity")
    },
    "training, no cond": lambda: md.draw(md.Denoiser(md.MLP(), SCHEDULE), 2),
}
SOME = md.GaussianMixture([[-1.0], [1.0]], 0.3).denoiser(SCHEDULE)


@cache
def drawn(name):
    return ALL[name]()


def font(mono):
    file = "DejaVuSansMono.ttf" if mono else "DejaVuSans.ttf"
    return ImageFont.truetype(str(FONTS / file), 110 if mono else 120)


@cache
def wide(text, mono):
    return font(mono).getlength(text) / 10


def texts(shown):
    """Each line of words in a drawing: what it says, its left, top, right, bottom."""
    found = []
    for element in drawing(shown)[1].iter(f"{SVG}text"):
        pieces = [(element.text or "", False)]
        pieces += [(t.text, t.get("class") == "m") for t in element]
        w = sum(wide(*piece) for piece in pieces)
        x, y = float(element.get("x")), float(element.get("y"))
        left = x - w * {None: 0, "middle": 0.5, "end": 1}[element.get("text-anchor")]
        words = "".join(text for text, _ in pieces)
        found.append((words, left, y - 9, left + w, y + 2.5))
    return found


def codes(shown):
    """The names from the code that stand in a drawing."""
    spans = drawing(shown)[1].iter(f"{SVG}tspan")
    return [span.text for span in spans if span.get("class") == "m"]


def shapes(shown, left=-1.0, right=1e9):
    """All shapes whose middle is between left and right, from top to bottom."""
    rows = [
        (top, shape)
        for words, x0, top, x1, _ in texts(shown)
        for shape in SHAPE.findall(words)
        if left <= (x0 + x1) / 2 < right
    ]
    return [shape for _, shape in sorted(rows, key=lambda row: row[0])]


def dots(shown, kind):
    """The middles of all round marks of a kind."""
    marks = drawing(shown)[1].iter(f"{SVG}circle")
    marks = [mark for mark in marks if mark.get("class") == f"dot-{kind}"]
    return [(float(mark.get("cx")), float(mark.get("cy"))) for mark in marks]


@torch.no_grad()
def passed(whole, *inputs):
    """What really goes through a net: shapes of all answers, and of what is given."""
    out, into = {}, {}

    def look(name):
        def hook(module, inputs, answer):
            answer = answer[0] if isinstance(answer, tuple) else answer
            for where, x in ((out, answer), (into, inputs[0])):
                if isinstance(x, torch.Tensor):
                    where[name] = "×".join(map(str, x.shape[1:]))

        return hook

    hooks = [m.register_forward_hook(look(n)) for n, m in whole.named_modules()]
    whole(*inputs)
    for hook in hooks:
        hook.remove()
    return out, into


@pytest.mark.parametrize("name", UNETS)
def test_the_shapes_of_a_unet_stand_where_they_belong(name):
    whole, size = unet(name)
    out, into = passed(whole, torch.randn(2, 1, *size), torch.rand(2))
    shown, n = drawn(f"U-Net: {name}"), len(whole.down)
    joined = [into["stem"]] if whole.conditions.frames else []
    beside = ["64×40", "1×6400"] if joined else []  # the mel's hop is 160
    down = [
        out["stem"],
        *(out[f"shrink.{i}"] for i in range(n - 1)),
        out[f"down.{n - 1}"],
    ]
    up = [*(out[f"up.{i}"] for i in range(n)), out[f"mid.{len(whole.mid) - 1}"]]
    bridges = [out[f"down.{i}"] for i in range(n)]
    assert shapes(shown, right=140) == [into[""], *joined, *down]
    assert shapes(shown, 140, 230) == [*beside[:1], *bridges]
    assert shapes(shown, left=230) == [*beside[1:], out[""], *up]


@pytest.mark.parametrize("name", UNETS)
def test_the_parts_of_a_unet_are_all_there(name):
    whole, _ = unet(name)
    words = " ".join(codes(drawn(f"U-Net: {name}")))
    parts = [f"{p}[{i}]" for p in ("down", "up") for i in range(len(whole.down))]
    parts += [f"{p}[{i}]" for p in ("shrink", "grow") for i in range(len(whole.grow))]
    parts += ["stem", "skips", "norm", "out", "mid[0", f"mid[{len(whole.mid) - 1}]"]
    assert all(part in words for part in parts)
    assert ("attend" in words) == (name != "a mel beside it")
    assert ("along" in words) == (name == "patches, along")
    labels = [
        name for name in whole.conditions.embedders if name not in ("mel", "start")
    ]
    assert all(label in words for label in labels)


@pytest.mark.parametrize("name", UNETS)
def test_emb_enters_every_block_of_a_unet_and_nothing_else(name):
    """An orange arrow ends at each block, whose words stand beside its end."""
    whole, _ = unet(name)
    shown = drawn(f"U-Net: {name}")
    heads = [
        tuple(map(float, path.get("d")[1:].split("L")[0].split()))
        for path in drawing(shown)[1].iter(f"{SVG}path")
        if path.get("class") == "dot-told"
    ]
    part = re.compile(r"(down|up|mid|shrink|grow)\[[\d.]+\]|attend|stem|skips|norm.*")
    lines = [line for line in texts(shown) if part.fullmatch(line[0])]
    entered = {
        words
        for x, y in heads
        for words, left, top, right, bottom in lines
        if left - 40 < x < right + 40 and top - 12 < y < bottom + 12
    }
    blocks = {f"{p}[{i}]" for p in ("down", "up") for i in range(len(whole.down))}
    blocks |= {f"mid[{i}]" for i in range(len(whole.mid))}
    if len(whole.mid) > 3:  # there is no room for so many
        last = len(whole.mid) - 2
        blocks -= {f"mid[{i}]" for i in range(last + 1)}
        blocks |= {f"mid[0...{last}]"}
    assert entered == blocks


@pytest.mark.parametrize("name", DIFFWAVES)
def test_the_shapes_and_dilations_of_diffwave(name):
    whole, size = diffwave(name)
    cond, shown = None, drawn(f"DiffWave: {name}")
    if whole.n_mels:
        cond = {"mel": torch.randn(1, whole.n_mels, -(-size // whole.hop))}
    out, into = passed(whole, torch.randn(1, 1, size), torch.rand(1), cond)
    expected = [into[""], out["inp"], out[""]]
    if whole.n_mels:
        expected += [into["upsample"], out["upsample"]]
    assert Counter(shapes(shown)) == Counter(expected)
    cycle = len(set(whole.dilations))
    numbers = [int(words) for words, *_ in texts(shown) if words.isdigit()]
    assert numbers[: 2 * cycle : 2] == [
        layer.dilated.dilation[0] for layer in whole.layers[:cycle]
    ]
    reach = np.cumsum([2 * d for d in whole.dilations]) + 1
    later = [*range(2 * cycle - 1, len(whole.layers), cycle), len(whole.layers) - 1]
    later = sorted({i for i in later if i >= cycle})
    seen = [*reach[:cycle], *(reach[i] for i in later)]
    assert numbers[1 : 2 * cycle : 2] + numbers[2 * cycle :] == seen
    assert seen[-1] == whole.receptive_field
    places = [x for x, _ in dots(shown, "data")]
    spans = [c - a for a, _, c in zip(*[iter(places)] * 3, strict=True)]
    assert len(spans) == cycle
    assert all(a < b for a, b in pairwise(spans))


@pytest.mark.parametrize("mel", [None, 64])
def test_the_shapes_in_a_layer_of_diffwave(mel):
    name = "thirty layers, mel" if mel else "nine layers"
    size, k = (16_384, 9) if mel else (4096, 3)
    part = diffwave(name)[0].layers[k]
    c, width = part.step.out_features, part.step.in_features
    told = torch.randn(1, mel, size) if mel else None
    out, into = passed(part, torch.randn(1, c, size), torch.randn(1, width), told)
    shown = drawn("layer, mel" if mel else "layer")
    expected = [into[""], out["dilated"], out["out"], out[""], out[""]]
    expected += [into["mel"]] if mel else []
    assert Counter(shapes(shown)) == Counter(expected)
    words = [words for words, *_ in texts(shown)]
    assert f"3 places, {2**k} apart" in words
    assert f"emb {width}" in words


@pytest.mark.parametrize(
    ("kind", "size"), [("wavegrad", 16_384), ("short wavegrad", 800)]
)
def test_the_shapes_on_wavegrads_arms(kind, size):
    whole, shown = net(kind), drawn(kind)
    mel = torch.randn(1, whole.n_mels, -(-size // whole.hop))
    out, into = passed(whole, torch.randn(1, 1, size), torch.rand(1), mel)
    n = len(whole.up)
    down = [into[""], out["wave"], *(out[f"down.{k}"] for k in range(n - 2))]
    up = [out[""], *(out[f"up.{k}"] for k in reversed(range(n))), out["mel"]]
    assert shapes(shown, right=140) == down
    assert shapes(shown, 140, 230) == [into["mel"]]
    assert shapes(shown, left=230) == up
    words = " ".join(words for words, *_ in texts(shown))
    for k in range(n):
        assert f"films[{k}]" in words
        assert f"up[{k}] ×{whole.factors[k]}" in words


def test_the_shapes_along_a_dit_and_in_its_block():
    whole, shown = net("dit"), drawn("dit")
    out, into = passed(whole, torch.randn(1, 4, 16, 16), torch.rand(1))
    p = f"{whole.patch}×{whole.patch}"
    expected = [into[""], p, into["embed"], out["embed"], out["blocks.5"], out["final"]]
    assert shapes(shown, right=250) == [*expected, out[""]]
    part, shown = whole.blocks[0], drawn("dit block")
    out, into = passed(part, torch.randn(1, 64, 160), torch.randn(1, 160))
    assert shapes(shown) == [into[""], out[""]]
    assert f"adaln {out['adaln']}" in codes(shown)
    faders = ["gamma1", "beta1", "alpha1", "gamma2", "beta2", "alpha2"]
    assert [word for word in codes(shown) if word[-1] in "12"] == faders
    assert len(dots(shown, "told")) == 6


def test_the_shapes_through_an_autoencoder():
    whole, shown = net("autoencoder"), drawn("autoencoder")
    out, into = passed(whole, torch.randn(1, 1, 64, 64))
    z = into["decoder"]
    down = [out["encoder.1"], out["encoder.3"], out["encoder"]]
    up = [out["decoder.6"], out["decoder.3"]]
    assert shapes(shown, right=140) == [into[""], *down]
    assert shapes(shown, 140, 230) == [z]
    assert shapes(shown, left=230) == [out[""], *up, z]
    layers = [type(part).__name__ for part in (*whole.encoder, *whole.decoder)]
    words = re.findall(r"[A-Z]\w+", " ".join(codes(shown)))
    assert Counter(words) == Counter(layers)


def test_the_shapes_in_two_towers():
    whole, shown = net("towers").eval(), drawn("towers")
    heard, mel = passed(whole.sound, torch.randn(2, 1, 64, 128))
    read, _ = passed(whole.text, torch.zeros(2, 16, dtype=torch.int64))
    halved = [heard[f"layers.{k}"] for k in (3, 7, 11, 15)]
    assert shapes(shown, right=190) == [mel[""], *halved]
    assert shapes(shown, left=190) == [read["text"], *[read["text.blocks.0"]] * 2]
    words = " ".join(words for words, *_ in texts(shown))
    assert f"tokens 16 {mel['out']}" not in words
    for number in (mel["out"], heard[""], read[""], "16"):
        assert number in re.findall(r"\d+", words)


def test_the_shapes_in_a_reader():
    text, shown = Text(9, 7, width=8, depth=3), md.draw(Text(9, 7, width=8, depth=3), 5)
    said, _ = text(torch.zeros(1, 5, dtype=torch.int64))
    assert codes(shown).count("×".join(map(str, said.shape[1:]))) == 1
    assert [w for w in codes(shown) if "blocks" in w] == [
        f"blocks[{k}]" for k in range(3)
    ]


def test_the_widths_of_plain_nets():
    mlp = net("mlp")
    out, into = passed(mlp, torch.randn(1, 2), torch.rand(1))
    words = codes(drawn("mlp"))
    assert [f"x {into['']}", out[""]] == [words[3], words[-1]]
    assert words.count(out["hidden.0"]) == 1 + len(mlp.hidden)
    whole = row()
    out, into = passed(whole, torch.randn(1, 3))
    expected = ["3", "Linear, SiLU", "Linear", out["0"], out[""]]
    assert sorted(codes(drawn("row"))) == sorted(expected)


@pytest.mark.parametrize("along", [False, True])
def test_a_block_has_its_own_shapes(along):
    part = Block(2, 32, 32, 64, along=True) if along else unet("two levels")[0].up[0]
    shown = drawn("block, along" if along else "block")
    c, width = part.norm1.num_channels, part.film.in_features
    out, into = passed(part, torch.randn(1, c, 8, 8), torch.randn(1, width))
    assert shapes(shown) == [into[""], out["conv1"], out[""]]
    assert f"emb {width}" in codes(shown)
    assert ("along" in codes(shown)) == along


def test_a_drawing_leaves_the_net_as_it_was():
    torch.manual_seed(3)
    whole = md.UNet(channels=(8, 16)).train()
    before = {name: p.clone() for name, p in whole.state_dict().items()}
    state = torch.get_rng_state()
    md.draw(whole, (5, 6))
    assert torch.equal(state, torch.get_rng_state())
    assert whole.training
    assert not any(part._forward_hooks for part in whole.modules())
    assert all(torch.equal(p, before[name]) for name, p in whole.state_dict().items())
    with pytest.raises(RuntimeError):  # too small a picture for a convolution
        md.draw(nn.Sequential(nn.Conv2d(1, 1, 9)), (1, 3, 3))
    half = md.UNet(channels=(8, 16)).to(torch.bfloat16)
    assert md.draw(half, (5, 6)).html == md.draw(whole, (5, 6)).html


@pytest.mark.parametrize("kind", ["digits", "drums-waveform", "drums", "sounds-latent"])
def test_a_model_tells_its_own_numbers(kind):
    model = md.load(kind)
    whole = {"digits": "model", "drums-waveform": "model of waveforms"}
    whole["drums"] = "model of spectra"
    shown = drawn(whole.get(kind, "model of latents"))
    words = " ".join(words for words, *_ in texts(shown))
    x = "×".join(map(str, model.shape))
    samples = model.settings["samples"]
    assert words.count(f"wave {samples}") == 2
    assert words.count(x) == 3
    wave = torch.randn(1, samples)
    assert x == "×".join(map(str, model.spec.encode(wave).shape[1:]))
    assert f"asked {model.settings['steps']} times" in words
    assert f"scale {model.settings['scale']:g}" in words
    assert model.settings["sampler"] in words
    assert type(model.denoiser.net).__name__ in words
    assert all(name in words for name in model.conditions)
    assert ("Griffin-Lim" in words) == (not kind.startswith("drums"))
    assert ("autoencoder.decoder" in words) == (kind == "sounds-latent")


@pytest.mark.parametrize("prior", [False, True])
@pytest.mark.parametrize("start", [False, True])
def test_a_vocoding_shows_what_it_gives(prior, start):
    recipe = vocoding(prior, start)
    cond, base, _ = recipe.given(torch.randn(1, *recipe.spec.shape(640)))
    shown = md.draw(recipe, 640)
    words = [words for words, *_ in texts(shown)]
    mel, long = ("×".join(map(str, x.shape[1:])) for x in (cond["mel"], base))
    assert f"mel 1×{mel}" in words
    assert {f"unit {long}", f"noise {long}", f"x0 {long}", f"wave {long}"} < set(words)
    assert ("loudness(mel)" in words) == prior
    assert ("0.1 everywhere" in words) != prior
    assert ("start = base / unit" in words) == ("start" in cond) == start
    assert (f"base {long}" in words) == ("Griffin-Lim" in words) == start


def test_fine_magnitudes_show_what_they_are_made_of():
    recipe = FineMagnitudes(md.MelSpec(n_mels=20))
    _, base, unit = recipe.given(torch.randn(1, *recipe.spec.shape(8192)))
    picture = "×".join(map(str, base.shape[1:]))
    words = [words for words, *_ in texts(md.draw(recipe, 8192))]
    assert {f"base {picture}", f"noise {picture}", f"x0 {picture}"} < set(words)
    assert {"mel 1×20×32", "wave 1×8192", f"base + {unit:g} * x0, dB"} < set(words)


def test_a_picture_beside_has_its_size():
    words = [words for words, *_ in texts(drawn("picture beside"))]
    assert "seen 2×32×8" in words
    assert "joined 3×32×8" in words


def test_the_shipped_vocoder_tells_how_often_it_asks():
    settings = vocoder().settings
    words = [words for words, *_ in texts(drawn("vocoder"))]
    assert f"denoiser: UNet, asked {settings['steps']} times" in words


@pytest.mark.parametrize("predicts", ["eps", "x0", "v", "velocity"])
def test_training_has_the_target_of_what_is_predicted(predicts):
    words = [words for words, *_ in texts(drawn(f"training: {predicts}"))]
    denoiser = md.Denoiser(nn.Identity(), md.Flow(), predicts)
    (x0, eps), (alpha, sigma) = torch.randn(2, 4), (0.6, 0.8)
    (loss,) = (i for i, line in enumerate(words) if line.startswith("loss"))
    formula = " ".join(words[words.index("target") + 1 : loss])
    said = eval(formula, {"x0": x0, "eps": eps, "alpha": alpha, "sigma": sigma})
    assert torch.allclose(said, denoiser._target(x0, eps, alpha, sigma, 1))
    assert "t, cond" in words
    assert "Flow" in words


def test_training_tells_no_condition_where_there_is_none():
    assert "t, cond" not in codes(drawn("training, no cond"))


@pytest.mark.parametrize(("t", "s", "eta"), [(0.6, 0.4, 0.0), (0.8, 0.1, 1.0)])
def test_a_step_has_the_levels_of_its_schedule(t, s, eta):
    words = [w for w, *_ in texts(drawn("step, fresh" if eta else "step"))]
    (a_t, s_t), (a_s, s_s) = SCHEDULE(t), SCHEDULE(s)
    levels = {"a_t": a_t, "s_t": s_t, "a_s": a_s, "s_s": s_s}
    assert all(f"{name} {level:.2f}" in words for name, level in levels.items())
    if eta:  # the width of DDPM's posterior
        fresh = s_s / s_t * (1 - (a_t / a_s) ** 2).sqrt()
        assert f"fresh {fresh:.2f}" in words
    # the words are code: they make the step that the sampler makes
    scope = {"x": torch.randn(3, 1).double(), "sqrt": torch.sqrt, "cond": None}
    scope |= {k: v.double() for k, v in levels.items()} | {"t": torch.tensor(t)}
    scope |= {"denoiser": SOME, "z": torch.randn(3, 1, generator=dice())}
    scope["fresh"] = fresh.double() if eta else None
    times, start = torch.tensor([t, s]).double(), scope["x"]
    (truth,) = md.ddim(SOME, start, times, eta, generator=dice())
    titles = [words.index(title) for title in ("guess", "read off", "rebuild")]
    for at, count in zip(titles, (1, 1, 3 if eta else 1), strict=True):
        exec(" ".join(words[at + 1 : at + 1 + count]).replace("²", "**2"), scope)
    assert torch.allclose(scope["x"], truth, atol=1e-6)


def dice():
    return torch.Generator().manual_seed(5)


def test_guidance_goes_so_far_as_its_scale():
    for name, scale in (
        ("guidance", 3),
        ("little guidance", 0.5),
        ("guidance away", -1),
    ):
        null, cond, end = (x for x, _ in dots(drawn(name), "data"))
        assert (end - null) / (cond - null) == pytest.approx(scale, abs=0.01)
        assert f"x0 at scale {scale:g}" in [words for words, *_ in texts(drawn(name))]


@pytest.mark.parametrize(
    ("name", "schedule"), [("chain", md.LinearBeta()), ("chain, Karras", md.Karras())]
)
def test_the_chain_has_the_levels_of_its_schedule(name, schedule):
    numbers = [w for w, *_ in texts(drawn(name)) if re.fullmatch(r"[\d.]+", w)]
    for k, t in enumerate((0, 0.25, 0.5, 0.75, 1)):
        assert numbers[2 * k : 2 * k + 2] == [f"{float(a):.2f}" for a in schedule(t)]
    waves = [
        p
        for p in drawing(drawn(name))[1].iter(f"{SVG}path")
        if p.get("class") == "to-data"
    ]
    waves = [np.array(re.findall(r"[\d.]+", w.get("d")), float)[1::2] for w in waves]
    clean, noise = waves[0], waves[-1]
    likeness = [np.corrcoef(clean, wave)[0, 1] for wave in waves]
    assert all(a > b - 0.05 for a, b in pairwise(likeness))
    assert abs(np.corrcoef(clean, noise)[0, 1]) < 0.3


def points(path):
    """The numbers of a path, in pairs."""
    return np.array(re.findall(r"-?[\d.]+", path.get("d")), float).reshape(-1, 2)


def marks(name, tag, *kinds):
    elements = drawing(drawn(name))[1].iter(SVG + tag)
    return [element for element in elements if element.get("class") in kinds]


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("windows", md.MelSpec()),
        ("windows, odd hop", md.MelSpec(8000, n_fft=512, hop_length=150)),
    ],
)
def test_windows_are_those_of_the_stft(name, spec):
    words = " ".join(words for words, *_ in texts(drawn(name)))
    assert f"n_fft = {spec.n_fft} samples" in words
    assert f"hop_length = {spec.hop_length}" in words
    for n in (spec.n_fft, spec.hop_length):
        assert f"{1000 * n / spec.sample_rate:.0f} ms" in words
    _, *bells = map(points, marks(name, "path", "to-part", "to-data"))
    bells.sort(key=lambda bell: bell[0, 0])
    wide = [bell[-1, 0] - bell[0, 0] for bell in bells]
    hops = np.diff([bell[0, 0] for bell in bells])
    assert len(bells) == 7
    assert np.ptp(wide) < 0.25
    assert np.ptp(hops) < 0.25
    assert hops.mean() / wide[0] == pytest.approx(
        spec.hop_length / spec.n_fft, rel=0.01
    )
    assert all(bell[0, 1] == bell[:, 1].max() for bell in bells)


@pytest.mark.parametrize("name", ["windows", "windows, odd hop"])
def test_each_column_stands_below_its_window(name):
    _, *bells = map(points, marks(name, "path", "to-part", "to-data"))
    tops = sorted(bell[bell[:, 1].argmin(), 0] for bell in bells)
    frames = marks(name, "rect", "hair")
    x, wide = (np.array([float(f.get(k)) for f in frames]) for k in ("x", "width"))
    assert x + wide / 2 == pytest.approx(tops, abs=0.2)
    low = float(frames[0].get("y")) + float(frames[0].get("height"))
    heard = []
    for left in x:
        cells = [
            c for c in marks(name, "rect", "dot-data") if float(c.get("x")) == left
        ]
        loudest = max(cells, key=lambda cell: float(cell.get("fill-opacity")))
        heard.append(round((low - float(loudest.get("y"))) / 4) - 1)
    assert heard == sorted(heard)
    assert heard[0] == 5  # swings in a window
    assert heard[-1] == 16


def test_the_samplers_miss_by_what_they_really_miss():
    means, stds, weights = np.array([-1.0, 0.6]), np.array([0.25, 0.4]), [0.3, 0.7]
    exact = md.GaussianMixture(means[:, None], stds, weights).denoiser(SCHEDULE)
    walk = torch.tensor([0.75, 0.6, 0.3]).double()
    start, two = md.dpmpp_2m(exact, torch.tensor([[-0.8]]).double(), walk)
    ends = [*md.ddim(exact, start, walk[1:]), *md.heun(exact, start, walk[1:]), two]

    def eps(rho, u):  # the probability flow of the mixture, in closed form
        wide = stds**2 + rho**2
        shares = weights * np.exp(-((u - means) ** 2) / 2 / wide) / np.sqrt(wide)
        x0 = shares @ (means + stds**2 / wide * (u - means)) / shares.sum()
        return (u - x0) / rho

    alpha, sigma = (level.numpy()[1:] for level in SCHEDULE(walk))
    begin = [start.item() / alpha[0]]
    goal = solve_ivp(eps, sigma / alpha, begin, rtol=1e-9, atol=1e-9).y[0, -1]
    misses = [f"misses by {abs(end.item() / alpha[1] - goal):.2f}" for end in ends]
    titles = [words for words, *_ in texts(drawn("solvers")) if "misses" in words]
    assert [title.split("; ")[1] for title in titles] == misses
    assert [title.split()[0] for title in titles] == ["ddim", "heun", "dpmpp_2m"]
    assert len(dots(drawn("solvers"), "data")) == 1 + 2 + 1  # questions


def test_the_samplers_arrows_are_as_long_as_they_say():
    gaps = [points(path)[:, 1] for path in marks("solvers", "path", "go")]
    gaps = [abs(end - goal) for end, goal in gaps]  # from an arrow's end to the curve
    titles = [words for words, *_ in texts(drawn("solvers")) if "misses" in words]
    misses = [float(title.split()[-1]) for title in titles]
    scale = gaps[0] / misses[0]
    assert gaps == pytest.approx([scale * miss for miss in misses], abs=0.02 * scale)
    curves = [points(path) for path in marks("solvers", "path", "to-data")]
    arrows = [points(path) for path in marks("solvers", "path", "to-told")]
    for curve, arrow in zip(curves, arrows, strict=True):
        assert arrow[0] == pytest.approx(curve[0])
        assert abs(curve[:, 0] - arrow[-1, 0]).min() < 7  # less its head


@pytest.mark.parametrize("name", ALL)
class TestEvery:
    def test_is_the_same_each_time(self, name):
        assert ALL[name]().html == drawn(name).html

    def test_says_all_its_names_in_words(self, name):
        alt = soup(drawn(name)).img["alt"]
        assert repr(drawn(name)) == f"<drawing: {alt}>"
        assert "TODO" not in alt
        assert "`" not in alt
        assert len(alt) > 60
        words = re.sub(r"\.\.\.\d+", "", " ".join(codes(drawn(name))))  # mid[0...3]
        names = re.findall(r"[A-Za-z_]\w*(?:\[\d+\])?", words)
        said = set(re.findall(r"[A-Za-z_]\w*(?:\[\d+\])?", alt))
        assert set(names) <= said

    def test_says_all_its_shapes_in_words(self, name):
        alt = soup(drawn(name)).img["alt"]
        assert set(shapes(drawn(name))) <= set(SHAPE.findall(alt))

    def test_no_words_touch(self, name):
        for (a, *one), (b, *other) in combinations(texts(drawn(name)), 2):
            apart = one[2] <= other[0] or other[2] <= one[0]
            apart = apart or one[3] <= other[1] or other[3] <= one[1]
            assert apart, (a, b)

    def test_all_words_are_inside(self, name):
        _, svg = drawing(drawn(name))
        _, _, width, height = map(float, svg.get("viewBox").split())
        assert (width, height) == (float(svg.get("width")), float(svg.get("height")))
        for words, left, top, right, bottom in texts(drawn(name)):
            assert 0 <= left < right <= width, words
            assert 0 <= top < bottom <= height, words

    def test_words_stay_within_their_box(self, name):
        boxes = [
            [float(r.get(k)) for k in ("x", "y", "width", "height")]
            for r in drawing(drawn(name))[1].iter(f"{SVG}rect")
            if r.get("class") in ("part", "data", "told")
        ]
        for words, left, top, right, bottom in texts(drawn(name)):
            for x, y, w, h in boxes:
                if x < (left + right) / 2 < x + w and y < (top + bottom) / 2 < y + h:
                    assert x < left, words
                    assert right < x + w, words
                    assert y <= top, words
                    assert bottom <= y + h, words

    def test_no_line_runs_through_words(self, name):
        boxes = np.array([box for _, *box in texts(drawn(name))])
        for path in drawing(drawn(name))[1].iter(f"{SVG}path"):
            if path.get("class") == "hair" or path.get("d").endswith("Z"):
                continue
            ends = points(path)
            places = [
                np.linspace(a, b, 2 + int(abs(b - a).max())) for a, b in pairwise(ends)
            ]
            x, y = np.concatenate(places).T[..., None]
            left, top, right, bottom = boxes.T
            inside = (left < x) & (x < right) & (top < y) & (y < bottom)
            crossed = inside.any(0).nonzero()[0]
            assert not len(crossed), [texts(drawn(name))[i][0] for i in crossed]

    def test_nothing_is_outside(self, name):
        _, svg = drawing(drawn(name))
        _, _, width, height = map(float, svg.get("viewBox").split())
        for path in svg.iter(f"{SVG}path"):
            if path.get("class") == "hair":
                continue
            assert (points(path) >= 0).all()
            assert (points(path) <= (width, height)).all()
        for rect in svg.iter(f"{SVG}rect"):
            x, y, w, h = (float(rect.get(k)) for k in ("x", "y", "width", "height"))
            assert min(x, y, w, h) >= 0
            assert x + w <= width
            assert y + h <= height

    def test_letters_are_large_enough_on_a_phone(self, name):
        text, svg = drawing(drawn(name))
        sizes = [int(size) for size in re.findall(r"font:(\d+)px", text)]
        assert len(sizes) == 2
        assert "font-size" not in text
        assert min(sizes) * (390 - 2 * 16) / float(svg.get("width")) >= 10

    def test_follows_the_page_with_colours_that_can_be_seen(self, name):
        text, _ = drawing(drawn(name))
        assert "prefers-color-scheme:dark" in text
        light, dark = re.findall(r"svg{color:(#\w{6})", text)
        assert contrast(light, "#ffffff") >= 4.5
        assert contrast(dark, "#14181e") >= 4.5
        for colour in set(re.findall(r"#[0-9a-f]{6}", text)) - {light, dark}:
            assert contrast(colour, "#ffffff") >= 3
            assert contrast(colour, "#14181e") >= 3

    def test_is_light(self, name):
        assert len(drawn(name).html) < 25_000
        assert "href" not in drawn(name).html


def contrast(a, b):
    """WCAG 2.2's ratio of two colours."""
    levels = []
    for colour in (a, b):
        rgb = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        levels.append(linear @ [0.2126, 0.7152, 0.0722])
    return (max(levels) + 0.05) / (min(levels) + 0.05)


def test_a_class_is_made_without_touching_chance():
    state = torch.get_rng_state()
    shown = md.draw(md.UNet, (8, 8), dims=2, channels=(32, 64), mid=2, classes=10)
    assert torch.equal(state, torch.get_rng_state())
    assert shown.html == drawn("U-Net: two levels").html


def test_bad_input(unhooked):
    with pytest.raises(ValueError, match="thing must be one of UNet"):
        md.draw(nn.Linear(1, 1))
    with pytest.raises(ValueError, match="thing must be one of UNet"):
        md.draw(nn.Linear, in_features=1, out_features=1)
    with pytest.raises(ValueError, match=r"thing must be one of .* got 'cat'"):
        md.draw("cat")
    with pytest.raises(ValueError, match="size: a UNet is drawn for x of some size"):
        md.draw(md.UNet())
