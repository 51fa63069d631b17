"""Two towers that meet: the loss by hand, and what it does not depend on."""

import math

import pytest
import torch
import torch.nn.functional as F

from minidiff.nets.clap import COLDEST, Towers, contrast


def units(*shape, seed=0):
    dice = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(shape, generator=dice), dim=-1)


def test_the_loss_by_hand():
    sounds = torch.tensor([[1.0, 0.0], [0.6, 0.8]])
    texts = torch.tensor([[0.8, 0.6], [0.0, 1.0]])
    s = [[0.8 / 0.5, 0.0], [0.96 / 0.5, 0.8 / 0.5]]  # cosines over the temperature

    def log_share(x, others):
        return math.log(math.exp(x) / sum(map(math.exp, others)))

    rows = log_share(s[0][0], s[0]) + log_share(s[1][1], s[1])
    columns = log_share(s[0][0], [s[0][0], s[1][0]])
    columns += log_share(s[1][1], [s[0][1], s[1][1]])
    expected = -(rows / 2 + columns / 2) / 2
    assert contrast(sounds, texts, 0.5).item() == pytest.approx(expected, abs=1e-6)


def test_a_wrong_caption_by_hand():
    """One pair alone: there is nothing to choose but the wrong caption."""
    sound, text, wrong = units(3, 8)
    gap = ((sound @ text - sound @ wrong) / 0.1).item()
    found = contrast(sound[None], text[None], 0.1, wrong[None, None])
    assert found.item() == pytest.approx(math.log1p(math.exp(-gap)) / 2, rel=1e-5)
    assert contrast(sound[None], text[None], 0.1) == 0


def test_it_is_symmetric_and_blind_to_the_order_of_the_batch():
    sounds, texts, wrong = units(6, 8), units(6, 8, seed=1), units(6, 3, 8, seed=2)
    both = contrast(sounds, texts, 0.07)
    torch.testing.assert_close(both, contrast(texts, sounds, 0.07))
    order = torch.randperm(6, generator=torch.Generator().manual_seed(3))
    for more in (None, wrong):
        kept = contrast(sounds, texts, 0.07, more)
        other = None if more is None else more[order].flip(1)
        mixed = contrast(sounds[order], texts[order], 0.07, other)
        torch.testing.assert_close(kept, mixed)
    assert contrast(sounds, texts.roll(1, 0), 0.07) != both


def test_chance_costs_the_logarithm_of_the_batch():
    same = units(1, 8).expand(32, 8)
    assert contrast(same, same, 0.07).item() == pytest.approx(math.log(32), rel=1e-5)
    wrong = same[:, None].expand(32, 3, 8)
    half = (math.log(32) + math.log(32 + 3)) / 2
    assert contrast(same, same, 0.07, wrong).item() == pytest.approx(half, rel=1e-5)


def test_towers_learn_which_belongs_to_which():
    torch.manual_seed(0)
    net = Towers(9, 4, d=16)
    mels = torch.randn(8, 1, 64, 128)
    tokens = torch.randint(1, 10, (8, 4), generator=torch.Generator().manual_seed(0))
    cond = {"caption": tokens, "wrong": tokens[:, None].flip(2)}
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    losses = []
    for seed in range(25):
        optimizer.zero_grad()
        loss = net.loss(mels, cond, torch.Generator().manual_seed(seed))
        loss.backward()
        assert all(p.grad is not None and p.grad.any() for p in net.parameters())
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
    fit = net.hear(mels) @ net.read(tokens).T
    assert fit.argmax(1).tolist() == list(range(8))
    torch.testing.assert_close(net.hear(mels).norm(dim=1), torch.ones(8))
    assert net.temperature >= COLDEST


def test_chance_comes_from_the_generator_alone():
    torch.manual_seed(0)
    net, mels = Towers(9, 4, d=16), torch.randn(4, 1, 64, 128)
    cond = {"caption": torch.arange(16).view(4, 4) % 10}
    a, b, c = (
        net.loss(mels, cond, torch.Generator().manual_seed(s)) for s in (1, 1, 2)
    )
    assert a == b
    assert a != c
