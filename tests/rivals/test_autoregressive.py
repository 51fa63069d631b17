"""Autoregression: probabilities that add up, no look ahead, nothing read twice."""

from itertools import product

import pytest
import torch
from torch.utils.data import DataLoader

import minidiff as md
from minidiff.rivals.autoregressive import Autoregressive


def small(words=3, length=4, classes=2):
    torch.manual_seed(0)
    return Autoregressive(words, length, classes, width=16, depth=2).double()


def every(words=3, length=4):
    """All sequences that there are."""
    return torch.tensor(list(product(range(words), repeat=length)))


@pytest.mark.parametrize("cond", [None, 0, 1])
def test_all_sequences_together_are_certain(cond):
    tokens = every()
    cond = None if cond is None else torch.full((len(tokens),), cond)
    p = small().log_likelihood(tokens, cond).exp()
    assert abs(p.sum().item() - 1) < 1e-12
    assert p.std() > 1e-4  # and are not all alike


def test_beginnings_are_as_likely_as_all_that_goes_on_from_them():
    net = small(classes=None)
    begun = net.log_likelihood(every(length=2)).exp()
    p = net.log_likelihood(every()).exp()
    torch.testing.assert_close(p.view(9, 9).sum(1), begun)


@pytest.mark.parametrize("k", [0, 2, 4])
def test_no_score_knows_its_token_or_a_later_one(k):
    net = small(words=5, length=5)
    tokens = torch.tensor([[0, 1, 2, 3, 4]])
    before = net(tokens)
    tokens[0, k] = (tokens[0, k] + 1) % 5
    after = net(tokens)
    assert torch.equal(before[:, : k + 1], after[:, : k + 1])
    if k < 4:
        assert (before[:, k + 1 :] - after[:, k + 1 :]).abs().amax(2).min() > 1e-6


def test_the_loss_is_the_likelihood_of_a_token():
    net = small(classes=None)
    tokens = every()[5:9]
    expected = -net.log_likelihood(tokens).mean() / 4
    torch.testing.assert_close(net.loss(tokens), expected)


def test_it_draws_as_often_as_it_thinks():
    net = small(words=2, length=3, classes=None)
    net.out.weight.data *= 3  # opinions
    made = net.sample(20_000, generator=torch.Generator().manual_seed(0))
    found = torch.bincount(made @ torch.tensor([4, 2, 1]), minlength=8) / 20_000
    p = net.log_likelihood(every(2, 3)).exp()
    assert p.max() > 2 * p.min()
    assert ((found - p).abs() < 4 * (p * (1 - p) / 20_000).sqrt()).all()


def test_with_a_cache_it_writes_what_it_would_without():
    net, cond = small(length=6), torch.tensor([0, 1, 1])
    made = net.sample(3, cond, torch.Generator().manual_seed(7))
    dice, slow = torch.Generator().manual_seed(7), torch.zeros(3, 0).long()
    for _ in range(6):
        more = torch.cat([slow, torch.zeros(3, 1).long()], 1)
        p = net(more, cond)[:, -1].softmax(1)
        slow = torch.cat([slow, torch.multinomial(p, 1, generator=dice)], 1)
    assert torch.equal(made, slow)


def test_cold_it_takes_the_likeliest():
    net = small(classes=None)
    made = net.sample(20, temperature=1e-6)
    assert (made == made[0]).all()
    first = net(made[:1])[0, 0].argmax()
    assert made[0, 0] == first


def test_it_learns_what_each_class_writes():
    net = small().float()
    tokens, labels = torch.tensor([[0, 1, 2, 0], [2, 2, 1, 1]]), torch.tensor([0, 1])
    loader = DataLoader([(tokens[k], labels[k]) for k in (0, 1)] * 8, 16)
    losses = [s.loss for s in md.fit(net, loader, 60, lr=2e-2, decay=0.9)]
    assert losses[-1] < 0.3 < losses[0]
    dice = torch.Generator().manual_seed(0)
    made = net.sample(40, torch.arange(2).repeat(20), dice)
    right = (made == tokens.repeat(20, 1)).all(1)
    assert right.float().mean() > 0.8
    free = net.sample(40, generator=dice)
    assert {tuple(x) for x in free.tolist()} >= {tuple(x) for x in tokens.tolist()}


@pytest.mark.usefixtures("unhooked")
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (torch.tensor([[0, 3]]), r"x0: tokens must be in 0\.\.2, got 0\.\.3"),
        (torch.tensor([[-1, 0]]), r"x0: tokens must be in 0\.\.2"),
        (torch.zeros(1, 5).long(), "x0: expected shape .* at most 4 tokens"),
        (torch.zeros(4).long(), "x0: expected shape"),
        (torch.tensor([[0.0, 1.0]]), "x0: tokens must be an int64 tensor"),
        (torch.tensor([[torch.nan, 1.0]]), "x0: tokens must be an int64 tensor"),
        ([[0, 1]], "x0: tokens must be an int64 tensor, got list"),
    ],
)
def test_what_are_no_tokens(wrong, said):
    with pytest.raises((ValueError, TypeError), match=said):
        small().loss(wrong)


def test_bad_classes():
    tokens = torch.zeros(2, 4).long()
    with pytest.raises(ValueError, match="cond: labels must be in"):
        small().loss(tokens, torch.tensor([0, 3]))
    with pytest.raises(ValueError, match="cond was given"):
        small(classes=None).log_likelihood(tokens, torch.tensor([0, 0]))
    with pytest.raises(ValueError, match="cond: expected one label per item"):
        small().sample(3, torch.tensor([0]))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"n": 0}, "n must"), ({"n": 2, "temperature": 0}, "temperature"),
     ({"n": 2, "temperature": float("nan")}, "temperature")],
)  # fmt: skip
def test_bad_wishes(wrong, said):
    with pytest.raises(ValueError, match=said):
        small().sample(**wrong)
