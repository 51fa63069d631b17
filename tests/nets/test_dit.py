"""DiT: patches and back, blocks that begin as the identity, places that count."""

import pytest
import torch

import minidiff as md
from minidiff.nets import DiT, dit
from minidiff.nets.dit import DiTBlock, patchify, positions, unpatchify


@pytest.fixture
def small(awake):
    def make(**options):
        torch.manual_seed(0)
        return awake(DiT(**{"width": 16, "depth": 2, "heads": 2} | options))

    return make


@pytest.mark.parametrize(("p", "h", "w"), [(1, 3, 2), (2, 4, 6), (3, 9, 3)])
def test_patches_and_back(p, h, w):
    x = torch.randn(2, 3, h, w)
    tokens = patchify(x, p)
    assert tokens.shape == (2, h * w // p**2, 3 * p * p)
    assert torch.equal(unpatchify(tokens, p, h // p, w // p), x)


def test_patches_go_row_by_row():
    x = torch.arange(24).view(1, 1, 4, 6).float()
    tokens = patchify(x, 2)[0].tolist()
    assert tokens[0] == [0, 1, 6, 7]
    assert tokens[1] == [2, 3, 8, 9]
    assert tokens[3] == [12, 13, 18, 19]


def test_positions_are_all_different_and_do_not_depend_on_the_size():
    few, many = positions(3, 4, 16), positions(5, 9, 16)
    assert torch.equal(few.view(3, 4, 16), many.view(5, 9, 16)[:3, :4])
    apart = torch.cdist(many, many) + 9 * torch.eye(45)
    assert apart.min() > 0.3
    # how alike two are depends only on how far they are apart, along each axis
    alike = (many @ many.T).view(5, 9, 5, 9)
    assert torch.allclose(alike[0, 0, 2, 3], alike[2, 5, 4, 8], atol=1e-5)
    assert torch.allclose(alike[0, 3, 2, 0], alike[2, 5, 4, 8], atol=1e-5)
    assert not torch.allclose(alike[1, 1, 2, 3], alike[2, 5, 4, 8], atol=1e-2)


def test_a_new_block_is_the_identity(awake):
    block, x, emb = DiTBlock(16, 2), torch.randn(3, 5, 16), torch.randn(3, 16)
    assert torch.equal(block(x, emb), x)
    assert (awake(block)(x, emb) - x).flatten(1).norm(dim=1).min() > 1e-2


def test_a_new_net_leaves_its_tokens_alone_and_says_nothing():
    net, seen = DiT(width=16, depth=3, heads=2, classes=2), []
    net.embed.register_forward_hook(lambda *a: seen.append(a[2]))
    net.final.register_forward_pre_hook(lambda _, a: seen.append(a[0]))
    y = net(torch.randn(2, 4, 6, 4), torch.rand(2), torch.tensor([0, 1]))
    assert torch.equal(seen[0] + positions(3, 2, 16), seen[1])
    assert (y == 0).all()


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 7), (16, 4), (3, 16)])
@pytest.mark.parametrize("patch", [1, 2, 4])
def test_any_size_comes_back_in_its_size(small, size, patch):
    x = torch.randn(2, 4, *size)
    y = small(patch=patch)(x, torch.tensor([0.1, 0.9]))
    assert y.shape == x.shape
    assert y.isfinite().all()
    assert y.std() > 0


def test_a_batch_in_another_order_and_one_by_one(small):
    net, order = small(classes=3), torch.tensor([2, 0, 3, 1])
    x, t, label = torch.randn(4, 4, 4, 6), torch.rand(4), torch.arange(4)
    y = net(x, t, label)
    assert torch.allclose(net(x[order], t[order], label[order]), y[order], atol=1e-5)
    for i in range(4):
        assert torch.allclose(net(x[[i]], t[[i]], label[[i]])[0], y[i], atol=1e-5)


def swapped(x):
    """Its left and its right half change places."""
    return torch.cat([x[..., 2:], x[..., :2]], dim=3)


def test_where_a_patch_stands_matters_and_only_positions_say_it(small, monkeypatch):
    net, x, t = small(), torch.randn(1, 4, 4, 4), torch.tensor([0.5])
    assert (swapped(net(swapped(x), t)) - net(x, t)).norm() > 1e-2
    nowhere = torch.zeros(4, 16)
    monkeypatch.setattr(dit, "positions", lambda *a: nowhere)
    assert torch.allclose(swapped(net(swapped(x), t)), net(x, t), atol=1e-5)


def test_every_patch_asks_every_other(small):
    net, x = small(), torch.randn(1, 4, 6, 6, requires_grad=True)
    net(x, torch.tensor([0.5]))[0, 0, 0, 0].backward()
    assert (x.grad.abs() > 0).all()


def test_labels_and_time_matter_and_none_is_null(small):
    net, x = small(classes={"sound": 3}), torch.randn(1, 4, 4, 4).expand(4, -1, -1, -1)
    same = torch.full((4,), 0.5)
    y = net(x, same, {"sound": torch.tensor([0, 1, 2, 3])})
    assert all((y[0] - y[i]).norm() > 1e-3 for i in (1, 2, 3))
    assert torch.allclose(net(x, same), y[[3]].expand_as(y), atol=1e-5)
    z = net(x, torch.linspace(0, 1, 4))
    assert all((z[0] - z[i]).norm() > 1e-3 for i in (1, 2, 3))


def test_every_weight_is_used(small):
    net = small(classes=2)
    cond = torch.tensor([0, 1, 2])
    net(torch.randn(3, 4, 4, 4), torch.rand(3), cond).square().sum().backward()
    assert all(p.grad.abs().max() > 0 for p in net.parameters())


@pytest.mark.usefixtures("unhooked")
def test_bad_input_names_what_came_and_what_was_expected():
    with pytest.raises(ValueError, match="heads=3, got 16"):
        DiT(width=16, heads=3)
    with pytest.raises(ValueError, match=r"multiple of 4.*got 18"):
        DiT(width=18, heads=2)
    denoiser = md.Denoiser(DiT(width=16, heads=2), md.Cosine(), "v")
    with pytest.raises(ValueError, match=r"\(batch, 4, h, w\), got \(2, 3, 4, 4\)"):
        denoiser(torch.randn(2, 3, 4, 4), 0.5)
    with pytest.raises(ValueError, match="made without conditions"):
        denoiser(torch.randn(2, 4, 4, 4), 0.5, torch.tensor([0, 1]))


def test_the_size_of_its_default():
    assert 0.5e6 < sum(p.numel() for p in DiT(classes=12).parameters()) < 2e6


def test_learns_on_any_device(learned, device):
    torch.manual_seed(0)
    net = DiT(width=32, depth=2, classes=2).to(device)
    label = torch.arange(8, device=device) % 2
    x0 = (2.0 * label - 1).view(8, 1, 1, 1).expand(8, 4, 8, 8)
    right, wrong = learned(net, x0, label)
    assert right < 0.85
    assert wrong > 1.1 * right
