"""DiffWave: how far it sees, what it is told, and where a frame of the mel goes."""

import math

import pytest
import torch
import torch.nn.functional as F

import minidiff as md
from minidiff.nets import DiffWave
from minidiff.nets.diffwave import ResidualLayer, Upsample


@pytest.fixture
def small(awake):
    def make(**options):
        torch.manual_seed(0)
        return awake(DiffWave(**{"channels": 8, "layers": 4, "cycle": 3} | options))

    return make


def touched(a):
    """First and last place with a gradient, and whether all between have one."""
    places = a.abs().sum(tuple(range(a.dim() - 1))).nonzero().flatten()
    first, last = places[0].item(), places[-1].item()
    return first, last, len(places) == last - first + 1


@pytest.mark.parametrize(
    ("layers", "cycle", "samples"), [(1, 1, 3), (3, 3, 15), (7, 3, 31), (6, 5, 65)]
)
def test_the_receptive_field_is_what_the_gradient_says(small, layers, cycle, samples):
    net = small(layers=layers, cycle=cycle).double()
    assert net.receptive_field == samples
    x = torch.randn(1, 1, 201).double().requires_grad_()
    net(x, torch.tensor([0.5]).double())[0, 0, 100].backward()
    reach = (samples - 1) // 2
    assert touched(x.grad) == (100 - reach, 100 + reach, True)


def test_the_paper_s_receptive_field():
    assert DiffWave(layers=30).receptive_field == 6139  # itself, and 3 times 2046


@pytest.mark.parametrize("factors", [(4, 4), (5, 3), (2, 3, 2)])
def test_a_frame_reaches_its_samples_and_a_stated_neighbourhood(small, factors):
    net = small(n_mels=3, factors=factors).double()
    mel = torch.randn(1, 3, 15).double().requires_grad_()
    samples = 15 * net.hop
    x, t = torch.randn(1, 1, samples).double(), torch.tensor([0.5]).double()
    slopes = torch.autograd.functional.jacobian(lambda m: net(x, t, m), mel)
    for k in range(6, 9):  # the ends are further away than the reach
        first, last = k * net.hop - net.mel_reach, (k + 1) * net.hop + net.mel_reach - 1
        assert 0 < first
        assert last < samples - 1
        found = slopes[0, 0, :, 0, :, k].T  # (n_mels, samples)
        assert touched(found) == (first, last, True)


@pytest.mark.parametrize("samples", [1, 2, 15, 16, 17, 100])
@pytest.mark.parametrize("mel", [True, False])
def test_any_length_comes_back_in_its_length(small, samples, mel):
    net = small(n_mels=3 if mel else None, factors=(4, 4))
    x = torch.randn(2, 1, samples)
    cond = torch.randn(2, 3, math.ceil(samples / 16)) if mel else None
    y = net(x, torch.tensor([0.1, 0.9]), cond)
    assert y.shape == x.shape
    assert y.isfinite().all()
    assert (y[0] - y[1]).norm() > 1e-3


def test_starts_by_saying_nothing():
    net = DiffWave(8, 2, n_mels=3)
    assert (net(torch.randn(2, 1, 300), torch.rand(2), torch.randn(2, 3, 2)) == 0).all()


def test_labels_and_time_matter_and_none_is_null(small):
    net, x = small(classes=3), torch.randn(1, 1, 40).expand(5, -1, -1)
    same = torch.full((5,), 0.5)
    y = net(x, same, torch.tensor([0, 1, 2, 3, 3]))
    assert all((y[0] - y[i]).norm() > 1e-3 for i in (1, 2, 3))
    assert torch.allclose(net(x, same), y[[3]].expand_as(y), atol=1e-5)
    z = net(x, torch.linspace(0, 1, 5))
    assert all((z[0] - z[i]).norm() > 1e-3 for i in range(1, 5))


def test_the_mel_matters_and_none_is_null(small):
    net = small(n_mels=3, factors=(2, 2), classes={"drum": 2})
    x, t, mel = torch.randn(3, 1, 40), torch.rand(3), torch.randn(3, 3, 10)
    y, null = net(x, t, {"mel": mel}), net(x, t)
    assert (y - null).flatten(1).norm(dim=1).min() > 1e-2
    assert (y - net(x, t, {"mel": mel.flip(0)}))[[0, 2]].norm() > 1e-2
    assert (y - net(x, t, {"mel": mel, "drum": torch.tensor([0, 1, 0])})).norm() > 1e-2
    mel[1] = torch.nan
    mixed = net(x, t, {"mel": mel})
    assert torch.allclose(mixed[[0, 2]], y[[0, 2]], atol=1e-5)
    assert torch.allclose(mixed[1], null[1], atol=1e-5)
    dropped = net.conditions.null({"mel": mel})
    assert torch.allclose(net(x, t, dropped), null, atol=1e-5)


def test_upsampling_starts_as_linear_interpolation():
    mel = torch.rand(2, 5, 9)
    expected = mel
    for s in (3, 4):
        expected = F.interpolate(expected, scale_factor=s, mode="linear")
    found = Upsample((3, 4))(mel)
    assert found.shape == (2, 5, 9 * 12)
    inner = slice(12, -12)  # at the ends frames beyond count as silence
    assert torch.allclose(found[..., inner], expected[..., inner], atol=1e-5)


def test_a_shut_gate_lets_only_the_residual_through(awake):
    layer = awake(ResidualLayer(8, 2, 16, None))
    layer.dilated.bias.data[8:] = -1e4
    x = torch.randn(2, 8, 10)
    out, skip = layer(x, torch.randn(2, 16), None)
    residual, skipped = layer.out.bias[:, None].chunk(2)
    assert torch.allclose(out, (x + residual) / math.sqrt(2))
    assert torch.allclose(skip, skipped.expand_as(skip))


def test_the_answer_is_the_skips_over_the_root_of_their_number(small):
    net = small(layers=5)
    for layer in net.layers:
        layer.dilated.bias.data[8:] = -1e4  # shut: what skips is the bias alone
    skips = sum(layer.out.bias[8:, None] for layer in net.layers)
    expected = net.out(F.relu(net.skip(skips / math.sqrt(5))))
    y = net(torch.randn(2, 1, 10), torch.rand(2))
    assert torch.allclose(y, expected.expand_as(y), atol=1e-5)


def test_a_batch_is_its_items_one_by_one(small):
    net = small(n_mels=3, factors=(4,))
    x, t, mel = torch.randn(4, 1, 30), torch.rand(4), torch.randn(4, 3, 8)
    together = net(x, t, mel)
    for i in range(4):
        assert torch.allclose(net(x[[i]], t[[i]], mel[[i]])[0], together[i], atol=1e-5)


def test_every_weight_is_used(small):
    net = small(n_mels=3, factors=(4,), classes=2)
    mel = torch.randn(3, 3, 8)
    mel[2] = torch.nan
    cond = {"mel": mel, "label": torch.tensor([0, 1, 2])}
    net(torch.randn(3, 1, 30), torch.rand(3), cond).square().sum().backward()
    assert all(p.grad.abs().max() > 0 for p in net.parameters())


@pytest.mark.usefixtures("unhooked")
def test_a_mel_of_other_settings_is_told_with_both():
    denoiser = md.Denoiser(DiffWave(8, 2, n_mels=3, factors=(4, 4)), md.Cosine(), "v")
    x = torch.randn(2, 1, 64)
    with pytest.raises(ValueError, match=r"shape \(2, 3, frames\), got \(2, 5, 4\)"):
        denoiser(x, 0.5, torch.randn(2, 5, 4))
    with pytest.raises(ValueError, match=r"8 frames.*64 samples.*hop of 16.*4 frames"):
        denoiser(x, 0.5, torch.randn(2, 3, 8))
    with pytest.raises(RuntimeError, match="1 channels, but got 3 channels"):
        denoiser(torch.randn(2, 3, 64), 0.5, torch.randn(2, 3, 4))


def test_learns_on_any_device(learned, device):
    torch.manual_seed(0)
    net = DiffWave(16, 6, 6, n_mels=4, factors=(4, 4)).to(device)
    mel = torch.randn(4, 4, 8).to(device)  # the same on every device
    x0 = mel[:, :1].repeat_interleave(16, dim=2)  # a wave that its mel spells out
    right, wrong = learned(net, x0, mel)
    assert right < 0.85
    assert wrong > 1.1 * right
