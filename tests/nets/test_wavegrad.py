"""WaveGrad: it is told levels, not times, and begins at the mel."""

import math

import pytest
import torch

import minidiff as md
from minidiff.nets import WaveGrad
from minidiff.nets.wavegrad import DBlock, FiLM, waves

SCHEDULES = [md.LinearBeta(), md.ScaledLinear(), md.Cosine(), md.Flow(), md.Karras()]


@pytest.fixture
def small(awake):
    def make(schedule=None, factors=(3, 2, 2), channels=(24, 16, 16)):
        torch.manual_seed(0)
        return awake(WaveGrad(schedule or md.Cosine(), 3, factors, channels))

    return make


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_level_is_the_schedule_s(small, schedule):
    t = torch.tensor([0.0, 0.1, 0.3, 0.8, 1.0])
    alpha, sigma = schedule(t)
    level = small(schedule).level(t)
    assert torch.equal(level, alpha / torch.hypot(alpha, sigma))
    assert (level.diff() < 0).all()
    assert level[0] == 1


def test_only_the_level_counts_not_the_time(small):
    """Two schedules that have the same levels at different times."""

    def slow(t):
        return 1 - t**2, (1 - (1 - t**2) ** 2).sqrt()

    def fast(t):
        return 1 - t, (1 - (1 - t) ** 2).sqrt()

    def louder(t):  # the same, multiplied by 8
        return tuple(8 * level for level in slow(t))

    x, mel = torch.randn(2, 1, 40), torch.randn(2, 3, 4)
    t = torch.tensor([0.5, 0.25])
    y = small(slow)(x, t, mel)
    assert torch.equal(small(fast)(x, t**2, mel), y)
    assert torch.equal(small(louder)(x, t, mel), y)
    other = small(fast)(x, t, mel)
    assert (other - y).flatten(1).norm(dim=1).min() > 1e-3


def test_levels_of_neighbouring_times_are_told_apart():
    alpha, _ = md.LinearBeta()(torch.linspace(0, 1, 1001))
    w = waves(alpha.float(), 16)
    assert w.shape == (1001, 16)
    assert (w[1:] - w[:-1]).norm(dim=1).min() > 0.1


@pytest.mark.parametrize("factors", [(3, 2, 2), (2, 5, 1), (4, 2, 3)])
def test_a_frame_reaches_its_samples_and_a_stated_neighbourhood(small, factors):
    net = small(factors=factors).double()
    frames = 2 * math.ceil(net.mel_reach / net.hop) + 3
    mel = torch.randn(1, 3, frames).double()
    x = torch.randn(1, 1, frames * net.hop).double()
    k = frames // 2

    def answer(frame):
        changed = torch.cat([mel[..., :k], frame[..., None], mel[..., k + 1 :]], dim=2)
        return net(x, torch.tensor([0.5]).double(), changed)

    slopes = torch.autograd.functional.jacobian(answer, mel[..., k])  # (1,1,n,1,n_mels)
    places = slopes.abs().sum((0, 1, 3, 4)).nonzero().flatten().tolist()
    first, last = k * net.hop - net.mel_reach, (k + 1) * net.hop + net.mel_reach - 1
    assert 0 < first
    assert last < frames * net.hop - 1
    assert places == list(range(first, last + 1))


def test_wave_and_mel_move_together(small):
    """A sound that begins one frame later has the same answer one hop later."""
    net = small().double()
    frames = 4 * math.ceil(net.mel_reach / net.hop)
    x, mel = torch.randn(1, 1, frames * net.hop), torch.randn(1, 3, frames)
    x, mel, t = x.double(), mel.double(), torch.tensor([0.5]).double()
    y = net(x, t, mel)
    later = net(x.roll(net.hop, 2), t, mel.roll(1, 2)).roll(-net.hop, 2)
    inner = slice(frames * net.hop // 3, -frames * net.hop // 3)
    assert torch.allclose(later[..., inner], y[..., inner], atol=1e-9)
    only_mel = net(x, t, mel.roll(1, 2)).roll(-net.hop, 2)
    assert (only_mel[..., inner] - y[..., inner]).norm() > 1e-2


def test_down_is_the_mean_of_what_up_repeats(awake):
    """Repeating every place four times and taking it down again changes nothing."""
    block, plain = (awake(DBlock(8, 8, factor)) for factor in (4, 1))
    plain.load_state_dict(block.state_dict())
    x = torch.randn(2, 8, 10)
    assert torch.allclose(block(x.repeat_interleave(4, 2)), plain(x), atol=1e-5)
    tilt = torch.tensor([-1.5, -0.5, 0.5, 1.5]).repeat(10)
    assert torch.allclose(block(x.repeat_interleave(4, 2) + tilt), plain(x), atol=1e-5)


def test_film_starts_near_one_and_follows_wave_and_level():
    torch.manual_seed(0)
    film, h = FiLM(16, 24), torch.randn(1, 16, 50)
    gamma, xi = film(h, torch.tensor([0.5]))
    assert gamma.shape == xi.shape == (1, 24, 50)
    assert gamma.mean().item() == pytest.approx(1, abs=0.2)
    assert xi.mean().item() == pytest.approx(0, abs=0.2)
    assert (film(h, torch.tensor([0.6]))[0] - gamma).norm() > 0.1
    assert (film(h.flip(2), torch.tensor([0.5]))[0] - gamma).norm() > 0.1


@pytest.mark.parametrize("samples", [1, 11, 12, 13, 100])
def test_any_length_comes_back_in_its_length(small, samples):
    x, mel = torch.randn(2, 1, samples), torch.randn(2, 3, math.ceil(samples / 12))
    y = small()(x, torch.tensor([0.1, 0.9]), mel)
    assert y.shape == x.shape
    assert y.isfinite().all()


def test_the_size_of_its_default_and_a_start_at_nothing():
    net = WaveGrad(md.Cosine())
    assert net.hop == md.MelSpec().hop_length
    assert net.n_mels == md.MelSpec().n_mels
    assert 0.5e6 < sum(p.numel() for p in net.parameters()) < 2e6
    x, mel = torch.randn(2, 1, 300), torch.randn(2, 64, 2)
    assert (net(x, torch.rand(2), mel) == 0).all()


def test_mel_wave_and_level_matter(small):
    net, same = small(), torch.tensor([0.5, 0.5])
    x, mel = torch.randn(2, 1, 40), torch.randn(2, 3, 4)
    y = net(x, same, mel)
    assert torch.equal(net(x, same, {"mel": mel}), y)
    for other in (
        net(x, same, mel.flip(0)),
        net(x.flip(0), same, mel),
        net(x, torch.tensor([0.6, 0.4]), mel),
    ):
        assert (other - y).flatten(1).norm(dim=1).min() > 1e-3


def test_a_batch_is_its_items_one_by_one(small):
    net, x, t, mel = small(), torch.randn(4, 1, 30), torch.rand(4), torch.randn(4, 3, 3)
    together = net(x, t, mel)
    for i in range(4):
        assert torch.allclose(net(x[[i]], t[[i]], mel[[i]])[0], together[i], atol=1e-5)


def test_every_weight_is_used(small):
    net = small()
    y = net(torch.randn(2, 1, 30), torch.rand(2), torch.randn(2, 3, 3))
    y.square().sum().backward()
    unused = [n for n, p in net.named_parameters() if p.grad.abs().max() == 0]
    assert unused == ["conditions.embedders.mel.nothing"]  # the mel is always there


def test_training_never_drops_the_mel(small):
    x0, mel, net = torch.randn(2, 1, 24), torch.randn(2, 3, 2), small()
    losses = [
        md.Denoiser(net, md.Cosine(), "v", drop).loss(x0, mel, dice(7))
        for drop in (0.0, 1.0)
    ]
    assert torch.equal(*losses)


def dice(seed):
    return torch.Generator().manual_seed(seed)


@pytest.mark.usefixtures("unhooked")
def test_what_is_wrong_with_a_mel_is_told(small):
    denoiser, x = md.Denoiser(small(), md.Cosine(), "v"), torch.randn(2, 1, 24)
    with pytest.raises(ValueError, match=r"needs a mel.*shape \(2, 3, 2\), got None"):
        denoiser(x, 0.5)
    with pytest.raises(ValueError, match="needs a mel"):
        denoiser.loss(x)
    with pytest.raises(ValueError, match="'mle' is unknown; did you mean 'mel'"):
        denoiser(x, 0.5, {"mle": torch.randn(2, 3, 2)})
    with pytest.raises(ValueError, match=r"shape \(2, 3, frames\), got \(2, 5, 2\)"):
        denoiser(x, 0.5, torch.randn(2, 5, 2))
    with pytest.raises(ValueError, match=r"4 frames.*24 samples.*hop of 12.*2 frames"):
        denoiser(x, 0.5, torch.randn(2, 3, 4))
    with pytest.raises(RuntimeError, match="1 channels, but got 2 channels"):
        denoiser(torch.randn(2, 2, 24), 0.5, torch.randn(2, 3, 2))
    with pytest.raises(ValueError, match="equally many, got 2 and 1"):
        WaveGrad(md.Cosine(), factors=(4, 4), channels=(8,))


def test_learns_on_any_device(learned, device):
    torch.manual_seed(0)
    net = WaveGrad(md.Cosine(), 4, (4, 2, 2), (32, 32, 32)).to(device)
    mel = torch.randn(4, 4, 8).to(device)  # the same on every device
    x0 = mel[:, :1].repeat_interleave(16, dim=2)  # a wave that its mel spells out
    right, wrong = learned(net, x0, mel)
    assert right < 0.85
    assert wrong > 1.1 * right
