"""Enhancing: the front end loses nothing, level and length stay, silence is left."""

import pytest
import torch

from minidiff import UNet
from minidiff.control.bridge import Bridge, Regression
from minidiff.control.enhance import LEVEL, Enhancer, Enhancing, enhancing
from minidiff.sound.spectrum import Spectrum

SPEC = Spectrum(4000, n_fft=64, hop_length=16, size=(0.5, 0.2))
TOLD = {"sigma": 0.5, "k": 2.6, "schedule": "Cosine"}


class Same(torch.nn.Module):
    """A net that makes its bridge answer with the noisy spectrum, and keeps what it
    was asked."""

    def __init__(self):
        super().__init__()
        self.gain = torch.nn.Parameter(torch.ones(()))
        self.asked = []

    def forward(self, x, t, cond):
        self.asked.append((x, t, cond["noisy"]))
        skip, scale = Bridge(torch.nn.Identity(), TOLD["sigma"], TOLD["k"])._scales(
            t, x
        )
        return self.gain * (cond["noisy"] - skip * x) / scale


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


def noise(n=2, samples=1000, size=0.05, seed=0):
    return size * torch.randn(n, samples, generator=dice(seed))


def enhancer(net, way="bridge"):
    whole = enhancing(net, SPEC, TOLD | {"way": way})
    return Enhancer(whole, {"steps": 1, "eta": 1.0}, {})


@pytest.fixture(scope="module")
def random():
    """A U-Net that was never trained, but does something."""
    torch.manual_seed(0)
    net = UNet(in_channels=2, channels=(8, 16), classes={"noisy": ("picture", 2)})
    for p in net.parameters():
        torch.nn.init.normal_(p, std=0.3)
    return net


@pytest.mark.parametrize("steps", [1, 4])
@pytest.mark.parametrize("samples", [40, 1000, 1024, 5000])
def test_a_net_that_changes_nothing_gives_the_sound_back(samples, steps):
    waves = noise(samples=samples)
    made = enhancer(Same()).enhance(waves, steps=steps)
    assert made.shape == waves.shape
    torch.testing.assert_close(made, waves, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("way", ["bridge", "regression", "diffusion"])
def test_louder_in_is_louder_out(random, way):
    model = enhancer(random, way)
    waves = noise()
    made = model.enhance(waves, seed=3)
    assert made.square().mean() > 1e-8
    torch.testing.assert_close(model.enhance(10 * waves, seed=3), 10 * made)
    torch.testing.assert_close(model.enhance(waves.double(), seed=3), made)


@pytest.mark.parametrize(("way", "steps"), [("bridge", 3), ("diffusion", 2)])
def test_an_item_depends_on_its_own_seed(random, way, steps):
    model, waves = enhancer(random, way), noise(3)
    whole = model.enhance(waves, steps=steps, seed=5)
    alone = model.enhance(waves[2:], steps=steps, seed=7)
    torch.testing.assert_close(whole[2:], alone, atol=1e-5, rtol=1e-4)
    other = model.enhance(waves[2:], steps=steps, seed=8)
    assert (other - alone).abs().max() > 1e-3
    if way == "bridge":  # by its deterministic walk, chance plays no part
        a, b = (model.enhance(waves, steps=3, seed=s, eta=0) for s in (1, 2))
        assert torch.equal(a, b)


def test_silence_stays_silent(random):
    waves = noise()
    waves[1] = 0
    made = enhancer(random).enhance(waves)
    assert torch.equal(made[1], waves[1])
    torch.testing.assert_close(made[:1], enhancer(random).enhance(waves[:1]))


@pytest.mark.parametrize("way", [Bridge, Regression])
def test_the_training_sees_spectra_of_one_level(way):
    net, waves = Same(), noise(4)
    clean = noise(4, seed=1)
    told = {"noisy": waves * torch.tensor([0.1, 1, 1, 20])[:, None]}
    loss = Enhancing(way(net, sigma=0.5), SPEC).loss(clean, told, dice())
    x, _, y = net.asked[-1]
    loud = SPEC.decode(y)[:, :1000].square().mean(1).sqrt()
    torch.testing.assert_close(loud, torch.full((4,), LEVEL), rtol=1e-4, atol=0)
    # the same for the clean sound, which no level of its own may betray
    rms = told["noisy"].square().mean(1, keepdim=True).sqrt()
    x0 = SPEC.encode(clean * LEVEL / rms)
    (_, t, _), bridge = net.asked[-1], Bridge(torch.nn.Identity(), 0.5)
    _, scale = bridge._scales(t, x0)
    torch.testing.assert_close(loss, ((y - x0) / scale).square().mean())
    if way is Regression:
        torch.testing.assert_close(x, y)


def test_the_diffusion_is_always_told(random):
    whole = enhancing(random, SPEC, TOLD | {"way": "diffusion"})
    assert (whole.way.drop, whole.way.predicts) == (0.0, "v")


def test_bad_input_is_named(random, unhooked):
    model, waves = enhancer(random), noise()
    for wave, options, says in [
        (waves, {"sample_rate": 8000}, "sample_rate is 8000, but 4000"),
        (waves[None], {}, "mono"),
        (waves[0], {}, "wave must be"),
        (waves * torch.nan, {}, "wave holds NaN"),
        (waves[:, :0], {}, "wave is empty"),
        (waves, {"steps": 0}, "steps must"),
        (waves, {"steps": 1001}, "steps must"),
        (waves, {"seed": -1}, "seed must"),
        (waves, {"eta": 2}, "eta must"),
    ]:
        with pytest.raises(ValueError, match=says):
            model.enhance(wave, **options)
    with pytest.raises(TypeError, match="floating-point"):
        model.enhance(waves.long())
    with pytest.raises(ValueError, match="steps must"):
        enhancer(random, "regression").enhance(waves, steps=2)
