"""The U-Net: any size, every weight of use, items that do not see each other."""

import pytest
import torch
from torch import nn

import minidiff as md
from minidiff.nets.unet import Along, Block, padded


def awake(net):
    """A net whose zeroed layers are not zero, as after some training."""
    dice = torch.Generator().manual_seed(0)
    for p in net.parameters():
        if p.count_nonzero() == 0:
            nn.init.normal_(p, std=0.1, generator=dice)
    return net.eval()


def small(dims=2, **options):
    torch.manual_seed(0)
    return awake(md.UNet(dims=dims, channels=(8, 16, 24), **options))


@pytest.mark.parametrize(
    ("dims", "size"),
    [(1, (1,)), (1, (7,)), (1, (64,)), (2, (1, 1)), (2, (5, 7)), (2, (64, 41)),
     (2, (4, 12))],
)  # fmt: skip
@pytest.mark.parametrize("channels", [1, 2])
def test_any_size_comes_back_in_its_size(dims, size, channels):
    net, x = small(dims, in_channels=channels), torch.randn(2, channels, *size)
    y = net(x, torch.tensor([0.1, 0.9]))
    assert y.shape == x.shape
    assert y.dtype == x.dtype
    assert y.isfinite().all()
    assert y.std() > 0 or y.numel() == 1


def test_padding_repeats_the_edge_and_only_where_needed():
    x = torch.arange(6.0).view(1, 1, 2, 3)
    rows = [[0, 1, 2, 2], [3, 4, 5, 5], [3, 4, 5, 5], [3, 4, 5, 5]]
    assert padded(x, 4)[0, 0].tolist() == rows
    assert torch.equal(padded(x, 1), x)
    assert padded(torch.zeros(1, 1, 5), 4).shape == (1, 1, 8)


def test_a_patch_makes_a_square_of_the_picture_one_place():
    net = small(patch=2, classes=3)
    x, t, cond = torch.randn(2, 1, 24, 16), torch.rand(2), torch.tensor([0, 2])
    assert net.stem(x).shape == (2, 8, 12, 8)
    moved = (net.stem(x)[..., :-1, :], net.stem(x.roll(-2, 2))[..., :-1, :])
    torch.testing.assert_close(moved[0][..., 2:-1, :], moved[1][..., 1:-2, :])
    assert net(x[..., :13, :7], t, cond).shape == (2, 1, 13, 7)
    x = x.requires_grad_()  # each place of the output sees its own square
    for place in ((0, 0), (0, 1), (1, 0), (1, 1)):
        at = net(x, t, cond)[0, 0, 8 + place[0], 8 + place[1]]
        assert torch.autograd.grad(at, x)[0][0, 0, 8:10, 8:10].abs().min() > 0


def test_along_looks_along_its_own_row_only():
    layer = Along(8)
    nn.init.normal_(layer.attend.out.weight)
    x = torch.randn(2, 8, 5, 7, requires_grad=True)
    seen = torch.autograd.grad(layer(x)[1, :, 3, 2].sum(), x)[0].abs().sum(1)
    assert (seen[1, 3] > 0).all()
    seen[1, 3] = 0
    assert (seen == 0).all()
    order = torch.randperm(7, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(layer(x)[..., order], layer(x[..., order]))


def test_along_makes_the_whole_row_one_view():
    """Two 3-wide convolutions see two places to each side, and `along` the row."""
    for along in (False, True):
        block = Block(2, 8, 8, width=4, along=along)
        for p in block.parameters():
            nn.init.normal_(p, std=0.2)
        block.norm1 = block.norm2 = nn.Identity()
        if along:
            block.along.attend.norm = nn.Identity()
        x = torch.randn(1, 8, 9, 16, requires_grad=True)
        out = block(x, torch.randn(1, 4))[0, 0, 4, 8]
        seen = torch.autograd.grad(out, x)[0][0].abs().sum(0) > 0
        rows, columns = seen.any(1).sum(), seen.any(0).sum()
        assert (rows, columns) == (5, 16 if along else 5)


@pytest.mark.parametrize("wrong", [{"patch": 2}, {"along": True}])
def test_what_needs_rows_says_so(wrong):
    with pytest.raises(ValueError, match="need dims=2, got 1"):
        small(dims=1, **wrong)


def test_starts_by_saying_nothing():
    net = md.UNet(channels=(8, 16))
    assert (net(torch.randn(2, 1, 8, 8), torch.rand(2)) == 0).all()


@pytest.mark.parametrize(
    ("dims", "options"), [(1, {}), (2, {}), (2, {"patch": 2, "along": True})]
)
def test_a_batch_is_its_items_one_by_one(dims, options):
    net = small(dims, classes=3, **options)
    x, t = torch.randn(4, 1, *[10] * dims), torch.rand(4)
    cond = torch.tensor([0, 1, 2, 3])
    together = net(x, t, cond)
    for i in range(4):
        alone = net(x[[i]], t[[i]], cond[[i]])
        assert torch.allclose(alone[0], together[i], atol=1e-5)


def test_what_was_seen_on_the_way_down_is_handed_across():
    """With nothing let up from below, the output still follows the input."""
    net = small()
    for layer in net.grow:
        nn.init.zeros_(layer.weight)
    x = torch.randn(2, 1, 8, 8)
    a, b = net(x, torch.tensor([0.5, 0.5]))
    assert (a - b).norm() > 0.1


@pytest.mark.parametrize("options", [{}, {"patch": 2, "along": True}])
def test_every_weight_is_used(options):
    net = small(classes={"digit": 3, "text": ("sequence", 4)}, **options)
    x, cond = torch.randn(2, 1, 8, 8), {"text": torch.randn(2, 5, 4)}
    cond["digit"] = torch.tensor([0, 1])
    net(x, torch.rand(2), cond).square().sum().backward()
    unused = [n for n, p in net.named_parameters() if p.grad.abs().max() == 0]
    assert unused == ["conditions.embedders.text.nothing"]  # no item was null


def test_time_and_condition_matter_and_none_is_null():
    net, x = small(classes=3), torch.randn(1, 1, 8, 8).expand(5, -1, -1, -1)
    same = torch.full((5,), 0.5)
    y = net(x, same, torch.tensor([0, 1, 2, 3, 3]))
    assert all((y[0] - y[i]).norm() > 1e-3 for i in (1, 2, 3))
    assert torch.allclose(y[3], y[4], atol=1e-6)
    assert torch.allclose(net(x, same), y[[3]].expand_as(y), atol=1e-5)
    z = net(x, torch.linspace(0, 1, 5))
    assert all((z[0] - z[i]).norm() > 1e-3 for i in range(1, 5))


def reach(net):
    """How far to the sides one sample of the input is seen in the output."""
    x = torch.randn(2, 1, 128, generator=torch.Generator().manual_seed(0))
    x[1] = x[0]
    x[1, 0, 64] += 1
    a, b = net(x, torch.tensor([0.5, 0.5]))
    return ((a - b).abs() > 1e-7).sum().item()


def test_attention_sees_everything():
    """Group norms see all places too; without them only attention does."""
    seen = {}
    for attention in (True, False):
        net = small(1, attention=attention)
        for module in list(net.modules()):
            for name, child in module.named_children():
                if isinstance(child, nn.GroupNorm):
                    setattr(module, name, nn.Identity())
        seen[attention] = reach(net)
    assert seen[True] == 128
    assert seen[False] < 128


def test_half_precision_goes_through():
    net = small().to(torch.bfloat16)
    y = net(torch.randn(1, 1, 9, 9, dtype=torch.bfloat16), torch.rand(1).bfloat16())
    assert y.dtype == torch.bfloat16
    denoiser = md.Denoiser(net, md.Cosine(), "v")
    x, t = torch.randn(2, 1, 9, 9), torch.rand(2)
    half, full = denoiser(x, t), md.Denoiser(net.float(), md.Cosine(), "v")(x, t)
    assert half.dtype == x.dtype
    assert 0 < (half - full).abs().max() < 0.1


def test_weights_go_to_disk_and_back():
    net, twin = small(classes=3), md.UNet(channels=(8, 16, 24), classes=3).eval()
    twin.load_state_dict(net.state_dict())
    x, t = torch.randn(2, 1, 8, 8), torch.rand(2)
    assert torch.equal(net(x, t), twin(x, t))


def test_the_size_that_the_book_names():
    """Within 25 % of the peer in bench/: 2.2 million parameters."""
    n = sum(p.numel() for p in md.UNet(dims=2, classes=10).parameters())
    assert 1.5e6 < n < 3e6


def test_what_stands_beside_is_read_place_by_place():
    net = small(1, classes={"mel": ("frames", 3, 4)})
    mel, x = torch.randn(1, 3, 16), torch.randn(1, 1, 64)
    other = mel.clone()
    other[..., 8] += 1  # held for the samples 32 to 35
    read = [net.stem(net.conditions.joined({"mel": m}, x)) for m in (mel, other)]
    moved = (read[0] - read[1]).abs().amax((0, 1)) > 1e-6
    assert moved.nonzero()[:, 0].tolist() == [31, 32, 33, 34, 35, 36]
    t = torch.tensor([0.5])
    assert not torch.allclose(net(x, t, {"mel": mel}), net(x, t, {"mel": other}))
