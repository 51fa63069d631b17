"""Nets of the rivals: there and back in size, and no dead end."""

import pytest
import torch

from minidiff.nets.rival import Lower, Raise, stack


def test_sizes():
    torch.manual_seed(0)
    up, down = Raise(5, (24, 16, 8), 8, 12), Lower(3, (8, 16, 24), 8, 12)
    mel = up(torch.randn(2, 5))
    assert mel.shape == (2, 1, 8, 12)
    assert down(mel).shape == (2, 3)
    assert stack(4, 6)(torch.randn(2, 4)).shape == (2, 6)


@pytest.mark.parametrize(
    ("net", "given"),
    [
        (lambda: Raise(5, (24, 16, 8), 8, 12), (2, 5)),
        (lambda: Lower(3, (8, 16, 24), 8, 12), (2, 1, 8, 12)),
        (lambda: stack(4, 6, 16, 2), (2, 4)),
    ],
)
def test_everything_is_heard(net, given):
    torch.manual_seed(0)
    net, x = net(), torch.randn(given, requires_grad=True)
    before = net(x)
    for p in net.parameters():  # some begin at zero
        p.data += 0.1 * torch.randn(p.shape)
    assert not torch.allclose(net(x), before)
    net(x).square().sum().backward()
    assert (x.grad.abs() > 0).all()
    assert all(p.grad.abs().sum() > 0 for p in net.parameters())


def test_layers_are_as_many_as_asked():
    assert sum(isinstance(m, torch.nn.Linear) for m in stack(2, 2, 16, 3)) == 5
