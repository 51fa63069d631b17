"""A Transformer that reads onwards: nothing leaks back, nothing is read twice."""

import pytest
import torch

from minidiff.nets.causal import Causal


def small():
    torch.manual_seed(0)
    return Causal(width=16, depth=2).double()


def given(n):
    dice = torch.Generator().manual_seed(1)
    return torch.randn(2, n, 16, generator=dice, dtype=torch.float64)


@pytest.mark.parametrize("k", [0, 3, 7])
def test_the_future_does_not_leak(k):
    net, h = small(), given(8)
    before, _ = net(h)
    h[:, k] = -h[:, k]  # a step up alone would be taken out by the norms
    after, _ = net(h)
    assert torch.equal(before[:, :k], after[:, :k])
    assert (before[:, k:] - after[:, k:]).abs().amax(2).min() > 1e-5


@pytest.mark.parametrize("cuts", [[8], [1] * 8, [3, 1, 4]])
def test_in_pieces_as_in_one(cuts):
    net, h, past, pieces = small(), given(8), None, []
    for piece in h.split(cuts, dim=1):
        out, past = net(piece, past)
        pieces.append(out)
    whole, kept = net(h)
    torch.testing.assert_close(torch.cat(pieces, 1), whole)
    for pair, other in zip(past, kept, strict=True):
        torch.testing.assert_close(pair, other)
