"""A trained denoiser as the start of an average velocity."""

import pytest
import torch

import minidiff as md
from minidiff.fast.average import Average
from minidiff.fast.meanflow import MeanFlow
from minidiff.fast.straight import Straight, as_noisy

WAY = {"way": ("vectors", 2)}


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


def mlp(classes=None, width=64):
    torch.manual_seed(0)
    return md.MLP(width=width, classes=classes)


@pytest.mark.parametrize("schedule", [md.Cosine(), md.Flow(), md.Karras()])
def test_the_same_times_have_as_much_noise(schedule):
    t = torch.tensor([0.1, 0.3, 0.7, 0.95])
    alpha, sigma = schedule(as_noisy(schedule, t).double())
    assert torch.allclose(sigma / alpha, (t / (1 - t)).double(), rtol=2e-3)
    ends = as_noisy(schedule, torch.tensor([0.0, 1.0]))
    assert ends.tolist() == pytest.approx([0, 1], abs=1e-6)


def test_it_begins_as_the_denoiser_walked_with_on_flow():
    """Trained first: a net of chance hears in its fast sines what no slope tells."""
    voice, schedule = md.load("digits"), md.Flow()
    settings = dict(voice.settings["net"])
    classes = settings["classes"] | WAY
    net = md.UNet(dims=2, channels=settings["channels"], classes=classes)
    before = {k: v.clone() for k, v in voice.denoiser.net.state_dict().items()}
    learner = Average(Straight(net, voice.denoiser)).eval()
    wave = md.load("digits").generate("seven", n=3, steps=4)
    x0, eps = voice.spec.encode(wave), torch.randn(3, *voice.shape, generator=dice())
    cond = {"digit": torch.full((3,), 7), "speaker": torch.tensor([0, 1, 2])}
    for t in (0.1, 0.5, 0.9):
        time = torch.full((3,), t)
        x = md.diffuse(x0, t, eps, schedule)
        scale = torch.hypot(*schedule(t)).item()
        same = as_noisy(voice.denoiser.schedule, time)
        with torch.no_grad():
            u = learner.velocity(x, time, torch.zeros(3), cond)
            wanted = (x - voice.denoiser(x / scale, same, cond)) / t
        assert (u - wanted).square().mean() < 0.02**2 * wanted.square().mean()
        gap = learner.velocity(x, time, time, cond)
        assert torch.allclose(gap, u, atol=1e-5)  # the gap is not heard yet
    after = voice.denoiser.net.state_dict()
    assert all(torch.equal(before[k], after[k]) for k in before)


def test_what_cannot_begin_so_is_refused():
    denoiser = md.Denoiser(mlp(), md.Cosine(), "v")
    with pytest.raises(ValueError, match="predict v"):
        Straight(mlp(WAY), md.Denoiser(mlp(), md.Cosine(), "eps"))
    for net in (mlp(), mlp(WAY | {"label": 3})):
        with pytest.raises(ValueError, match="net"):
            Straight(net, denoiser)
    with pytest.raises(RuntimeError, match="size mismatch"):
        Straight(mlp(WAY, 32), denoiser)


def test_a_slope_goes_forwards_through_a_unet_of_pictures():
    """Also where its weights lay in the layout in which CPUs convolve fastest."""
    torch.manual_seed(0)
    net = md.UNet(dims=2, channels=(8, 16), classes=WAY)
    for p in net.parameters():
        torch.nn.init.normal_(p, std=0.3)
    learner = MeanFlow(net).eval()
    x, v = torch.randn(2, 2, 1, 8, 8, generator=dice())
    t, gap = torch.full((2,), 0.8), torch.full((2,), 0.5)
    with torch.autocast("cpu", torch.bfloat16):
        found = learner.slope(x, t, gap, v, None)
    h = 1e-3
    with torch.no_grad():
        ends = [learner.velocity(x + k * v, t + k, gap + k) for k in (h, -h)]
    wanted = v - 0.5 * (ends[0] - ends[1]) / (2 * h)
    assert torch.allclose(found, wanted, rtol=1e-2, atol=2e-2)
    assert not torch.allclose(found, v, atol=5e-2)
    assert learner.loss(x, generator=dice()).isfinite()
