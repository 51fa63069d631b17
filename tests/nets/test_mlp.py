"""The multilayer perceptron for points."""

import torch

import minidiff as md


def test_shape_time_and_condition():
    torch.manual_seed(0)
    net = md.MLP(dim=3, classes={"a": 2, "b": 4})
    x, t = torch.randn(1, 3).expand(4, -1), torch.tensor([0.1, 0.1, 0.9, 0.1])
    cond = {"a": torch.tensor([0, 1, 0, 2]), "b": torch.tensor([4, 4, 4, 4])}
    y = net(x, t, cond)
    assert y.shape == x.shape
    assert all((y[0] - y[i]).norm() > 1e-3 for i in (1, 2, 3))
    assert torch.allclose(net(x, t)[3], y[3], atol=1e-6)  # all null
    assert torch.allclose(net(x, t, {"a": cond["a"]}), y, atol=1e-6)


def test_every_weight_is_used():
    net = md.MLP(layers=4, classes=2)
    cond = torch.tensor([0, 1, 2])
    net(torch.randn(3, 2), torch.rand(3), cond).square().sum().backward()
    assert len(net.hidden) == 4
    assert all(p.grad.abs().max() > 0 for p in net.parameters())


def test_items_do_not_see_each_other():
    net, x, t = md.MLP(), torch.randn(5, 2), torch.rand(5)
    for i in range(5):
        assert torch.allclose(net(x[[i]], t[[i]])[0], net(x, t)[i], atol=1e-6)
