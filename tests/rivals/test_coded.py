"""Codes of sound: no look ahead, certain in sum, nothing read twice, guided, begun."""

from itertools import product

import pytest
import torch
from torch.utils.data import DataLoader

import minidiff as md
from minidiff.rivals.coded import Coded
from minidiff.rivals.delay import delayed


def small(words=3, books=2, frames=3, classes=2, **sizes):
    torch.manual_seed(0)
    sizes = {"width": 16, "depth": 2} | sizes
    return Coded(words, books, frames, classes, **sizes).double()


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


def some(net, n=4):
    size = n, net.frames, net.books
    return torch.randint(net.words, size, generator=dice(5))


@pytest.mark.parametrize("lag", [0, 1])
@pytest.mark.parametrize("cond", [None, 1])
def test_all_sounds_together_are_certain(lag, cond):
    net = small(words=2, books=2, frames=3, lag=lag)
    every = torch.tensor(list(product(range(2), repeat=6))).view(-1, 3, 2)
    cond = None if cond is None else torch.full((64,), cond)
    p = net.log_likelihood(every, cond).exp()
    assert abs(p.sum().item() - 1) < 1e-12
    assert p.std() > 1e-4


@pytest.mark.parametrize("s", [0, 2, 3])
def test_no_score_knows_its_row_or_a_later_one(s):
    net = small()
    rows = delayed(some(net, 1), net.words)
    before = net(rows)
    for k in range(net.books):
        changed = rows.clone()
        changed[0, s, k] = (changed[0, s, k] + 1) % (net.words + 1)
        after = net(changed)
        assert torch.equal(before[:, : s + 1], after[:, : s + 1])
        if s < rows.shape[1] - 1:
            assert (before - after)[:, s + 1 :].abs().amax((2, 3)).min() > 1e-6


@pytest.mark.parametrize("how", [{}, {"scale": 3.0}, {"begin": 2}])
def test_with_a_cache_the_same_is_written(how):
    net = small(frames=9)
    cond = torch.tensor([0, 1, 1, 0])
    if "begin" in how:
        how = {"begin": some(net)[:, : how["begin"]]}
    fast, slow = (
        net.sample(4, cond, generator=dice(), cache=c, **how) for c in (True, False)
    )
    assert torch.equal(fast, slow)


def test_with_a_cache_it_thinks_the_same():
    net, rows = small(frames=9), delayed(some(small(frames=9)), 3)
    cond, past, pieces = torch.tensor([0, 1, 1, 0]), None, []
    before = torch.cat([torch.full_like(rows[:, :1], 3), rows[:, :-1]], 1)
    for s in range(rows.shape[1]):
        h, past = net.net(net.told(before[:, s : s + 1], s, cond), past)
        pieces.append(net.scores(h))
    torch.testing.assert_close(torch.cat(pieces, 1), net(rows, cond))


def test_it_draws_as_often_as_it_thinks():
    net = small(words=2, books=2, frames=2, classes=None)
    for head in net.heads:
        head.weight.data *= 3  # opinions
    made = net.sample(20_000, generator=dice()).flatten(1)
    found = torch.bincount(made @ torch.tensor([8, 4, 2, 1]), minlength=16) / 20_000
    every = torch.tensor(list(product(range(2), repeat=4))).view(-1, 2, 2)
    p = net.log_likelihood(every).exp()
    assert p.max() > 2 * p.min()
    assert ((found - p).abs() < 4 * (p * (1 - p) / 20_000).sqrt()).all()


def test_guidance_begins_at_none_and_passes_by_the_class():
    """Scores are linear in the scale: 0 is without class, 1 with it, 2 as far again."""
    net, n = small(frames=1, books=1), 6
    for head in net.heads:
        head.weight.data *= 4
    cond = torch.ones(n, dtype=torch.int64)
    without, with_class = (
        net(torch.zeros(1, 1, 1).long(), c)[0, 0, 0] for c in (None, cond[:1])
    )
    for scale in (0.0, 1.0, 2.5):
        p = (without + scale * (with_class - without)).softmax(0).expand(n, -1)
        drawn = torch.multinomial(p, 1, generator=dice(3))
        made = net.sample(n, cond, scale, dice(3))
        assert torch.equal(made[:, 0], drawn)
    assert not torch.allclose(without, with_class)


def test_what_begins_is_kept():
    net = small(frames=6)
    begin = some(net)[:, :4]
    made = net.sample(4, begin=begin, generator=dice())
    assert torch.equal(made[:, :4], begin)
    free = net.sample(4, begin=begin, generator=dice(1))
    assert not torch.equal(made, free)


def test_it_learns_what_each_class_sounds_like():
    net = small(words=4, books=2, frames=4).float()
    codes, labels = some(net, 2), torch.tensor([0, 1])
    loader = DataLoader([(codes[k], labels[k]) for k in (0, 1)] * 8, 16)
    losses = [s.loss for s in md.fit(net, loader, 100, lr=2e-2, decay=0.8)]
    assert losses[-1] < 0.3 < losses[0]
    made = net.sample(40, torch.arange(2).repeat(20), 2.0, dice())
    assert (made == codes.repeat(20, 1, 1)).all((1, 2)).float().mean() > 0.7


@pytest.mark.usefixtures("unhooked")
@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda n: n.loss(torch.full((1, 3, 2), 3)), r"x0 must be in 0\.\.2, got 3"),
        (lambda n: n.loss(torch.zeros(1, 3, 2)), "x0 must be an int64"),
        (lambda n: n.loss(torch.zeros(1, 4, 2).long()), "x0 must have shape"),
        (lambda n: n.loss(torch.zeros(1, 3, 3).long()), "x0 must have shape"),
        (lambda n: n.loss(some(n), torch.tensor([0, 1, 2, 3])), "cond: labels must"),
        (lambda n: n.sample(0), "n must"),
        (lambda n: n.sample(2, torch.tensor([0])), "cond: expected one label per"),
        (lambda n: n.sample(2, scale=float("nan")), "scale must"),
        (lambda n: n.sample(4, begin=some(n)), "3 frames leave nothing to go on with"),
        (lambda n: n.sample(2, begin=some(n)[:, :1]), r"begin must be \(2, frames, 2"),
        (lambda n: n.sample(4, begin=some(n)[:, :1] + 3), r"begin must be in 0\.\.2"),
        (lambda n: small(classes=None).sample(1, torch.tensor([0])), "no classes"),
    ],
)
def test_bad_wishes(ask, said):
    with pytest.raises((ValueError, TypeError), match=said):
        ask(small())
