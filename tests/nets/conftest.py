"""Nets as after some training, and a training that is short."""

import pytest
import torch
from torch import nn

import minidiff as md

CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=CUDA)])
def device(request):
    return request.param


@pytest.fixture
def awake():
    """Fills the layers of a net that begin at zero."""

    def fill(net):
        dice = torch.Generator().manual_seed(0)
        for p in net.parameters():
            if p.count_nonzero() == 0:
                nn.init.normal_(p, std=0.1, generator=dice)
        return net.eval()

    return fill


@pytest.fixture
def learned():
    """30 steps on one batch; then its loss, right and wrong, over that at the start.

    Right: with its own conditions; wrong: with those of the item before.
    """

    def train(net, x0, cond, lr=3e-3):
        denoiser = md.Denoiser(net, md.Cosine(), "v")
        optimizer = torch.optim.Adam(net.parameters(), lr)

        def loss(seed, told=cond):
            return denoiser.loss(x0, told, torch.Generator().manual_seed(seed))

        before = loss(0).item()
        for seed in range(1, 31):
            optimizer.zero_grad()
            loss(seed).backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)  # as `fit` does
            optimizer.step()
        return loss(0).item() / before, loss(0, cond.roll(1, 0)).item() / before

    return train
