"""Masked diffusion: its bound against counting out, and what it writes."""

from itertools import permutations

import pytest
import torch
from torch.utils.data import DataLoader

import minidiff as md
from minidiff.rivals import orders
from minidiff.rivals.masked import Masked, fill, hide
from minidiff.rivals.orders import Known, sequences


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


def toy(words=3, length=3):
    """How likely each of a few sequences is: some likelier, some impossible."""
    p = torch.rand((words,) * length, generator=dice(4)).double() ** 3
    p.view(-1)[::5] = 0
    return p / p.sum()


def small(words=3, length=4, classes=None):
    torch.manual_seed(0)
    net = Masked(words, length, classes, width=16, depth=2).double()
    net.out.weight.data *= 3  # opinions
    return net


def step_by_step(net, tokens, words, order):
    """-log p of writing these tokens in this order, as naively as can be."""
    x, told = torch.full_like(tokens, words), 0.0
    for i in order:
        told -= net(x[None])[0].log_softmax(1)[i, tokens[i]].item()
        x[i] = tokens[i]
    return told


def test_the_exact_filler_knows_conditionals():
    p = toy()
    x = torch.tensor([[3, 1, 3]])
    found = Known(p)(x)[0].exp()
    torch.testing.assert_close(found[0], p[:, 1].sum(1) / p[:, 1].sum())
    torch.testing.assert_close(found[2], p[:, 1].sum(0) / p[:, 1].sum())
    assert found[1].tolist() == [0, 1, 0]


def test_with_exact_conditionals_the_bound_is_the_likelihood():
    p = toy()
    for x in sequences(3, 3):
        if (q := p[tuple(x)]) > 0:
            told = orders.bound(Known(p), x, 3), -orders.log_likelihood(Known(p), x, 3)
            assert told == pytest.approx((-q.log().item(),) * 2)


def test_a_nets_bound_is_the_mean_over_all_orders():
    net, x = small(), torch.tensor([2, 0, 1, 1])
    told = [step_by_step(net, x, 3, order) for order in permutations(range(4))]
    told = torch.tensor(told, dtype=torch.float64)
    assert orders.bound(net, x, 3) == pytest.approx(told.mean().item())
    likely = (-told).exp().mean().log().item()
    assert orders.log_likelihood(net, x, 3) == pytest.approx(likely)
    assert orders.bound(net, x, 3) > -likely + 1e-3  # a bound, and here not the thing


def test_a_nets_likelihoods_add_up():
    net = small(length=3)
    total = sum(
        torch.tensor(orders.log_likelihood(net, x, 3)).exp() for x in sequences(3, 3)
    )
    assert abs(total - 1) < 1e-6


def test_the_estimated_bound_is_the_exact_one():
    net, x = small(), torch.tensor([[2, 0, 1, 1]])
    told = torch.stack([net.bound(x, generator=dice(k)) for k in range(100)])
    exact = orders.bound(net, x[0], 3)
    error = told.std().item() / 10
    assert abs(told.mean().item() - exact) < 4 * error < 0.1 * exact


def test_the_loss_is_the_bound_for_a_token():
    net, x = small(), torch.tensor([[2, 0, 1, 1]]).expand(64, -1)
    told = torch.stack([net.loss(x, generator=dice(k)) for k in range(60)]).detach()
    exact = orders.bound(net, x[0], 3) / 4
    assert abs(told.mean().item() - exact) < 4 * told.std().item() / 60**0.5


def test_a_weight_of_one_over_t_is_the_same():
    """The papers' form: t drawn, each token hidden with it, divided by it."""
    net, x = small(), torch.tensor([2, 0, 1, 1])
    told, n = orders.surprises(net, x, 3), 4
    t = (torch.arange(4000, dtype=torch.float64) + 0.5) / 4000
    total = 0.0
    for shown in range(2**n - 1):
        hidden = [i for i in range(n) if not shown >> i & 1]
        m = len(hidden)
        often = (t**m * (1 - t) ** (n - m) / t).mean()
        total += often.item() * told[shown, hidden].sum().item()
    assert total == pytest.approx(orders.bound(net, x, 3), rel=1e-5)


def test_hidden_with_probability_t():
    x = torch.zeros(4, 2000).long()
    t = torch.tensor([0.0, 0.2, 0.7, 1.0])
    share = (hide(x, t, 3, dice()) == 3).double().mean(1)
    assert share[0] == 0
    assert share[3] == 1
    assert (share - t).abs().max() < 0.04


def test_one_by_one_an_exact_filler_writes_what_is_likely():
    p = toy()
    nothing = torch.full((20_000, 3), 3)
    made = fill(Known(p), nothing, 3, generator=dice())
    found = torch.bincount(made @ torch.tensor([9, 3, 1]), minlength=27) / 20_000
    q = p.flatten()
    assert ((found - q).abs() <= 4 * (q * (1 - q) / 20_000).sqrt()).all()


def test_all_at_once_it_writes_the_product_of_the_margins():
    p = torch.eye(2).double() / 2  # two tokens that are always alike
    nothing = torch.full((4000, 2), 2)
    at_once, in_turn = (fill(Known(p), nothing, 2, s, dice()) for s in (1, 2))
    assert (in_turn[:, 0] == in_turn[:, 1]).all()
    alike = (at_once[:, 0] == at_once[:, 1]).double().mean()
    assert abs(alike - 0.5) < 4 * 0.5 / 4000**0.5


def test_what_is_shown_is_kept_and_what_is_hidden_fits():
    p = toy()
    begun = torch.tensor([[3, 1, 3], [3, 1, 0], [3, 3, 3]]).repeat(200, 1)
    made = fill(Known(p), begun, 3, generator=dice())
    assert torch.equal(made[begun < 3], begun[begun < 3])
    assert (p[tuple(made.T)] > 0).all()
    full = torch.tensor([[0, 1, 2]])
    assert torch.equal(fill(Known(p), full, 3, generator=dice()), full)


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 8])
def test_every_step_calls_the_net_once_and_opens_as_many(steps):
    left = []

    def net(x):
        left.append((x == 2).sum(1).tolist())
        return torch.zeros(*x.shape, 2)

    made = fill(net, torch.full((2, 8), 2), 2, steps, dice())
    assert (made < 2).all()
    assert len(left) == steps
    opened = [a[0] - b[0] for a, b in zip(left, [*left[1:], [0, 0]], strict=True)]
    assert max(opened) - min(opened) <= 1


def test_it_learns_what_each_class_writes():
    net = small(3, 4, 2).float()
    tokens, labels = torch.tensor([[0, 1, 2, 0], [2, 2, 1, 1]]), torch.tensor([0, 1])
    loader = DataLoader([(tokens[k], labels[k]) for k in (0, 1)] * 8, 16)
    losses = [s.loss for s in md.fit(net, loader, 100, lr=2e-2, decay=0.8)]
    assert losses[-1] < 0.4 < losses[0]
    made = net.sample(40, cond=torch.arange(2).repeat(20), generator=dice())
    assert (made == tokens.repeat(20, 1)).all(1).float().mean() > 0.8


@pytest.mark.usefixtures("unhooked")
@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda n: n.loss(torch.tensor([[0, 3]])), r"x0 must be in 0\.\.2, got 0\.\.3"),
        (lambda n: n.loss(torch.zeros(1, 5).long()), "x0: expected .* at most 4"),
        (lambda n: n.loss(torch.zeros(1, 4)), "x0 must be an int64"),
        (lambda n: n.bound(torch.zeros(1, 4).long(), rounds=0), "rounds must"),
        (lambda n: n.sample(0), "n must"),
        (lambda n: n.sample(1, steps=0), "steps must"),
        (lambda n: n.sample(1, steps=5), "steps must"),
        (lambda n: n.sample(1, steps=1.5), "steps must be a whole"),
        (lambda n: n.sample(2, cond=torch.tensor([0, 0])), "no classes"),
        (lambda n: fill(n, torch.tensor([[4, 0]]), 3), r"tokens must be in 0\.\.3"),
        (lambda n: fill(n, torch.tensor([3, 0]), 3), "tokens must be .batch"),
        (lambda n: hide(torch.zeros(1, 4).long(), 1.1, 3), "t must be in"),
        (lambda n: Known(torch.ones(2, 2)), "p must"),
        (lambda n: Known(torch.ones(2, 3) / 6), "p must"),
        (lambda n: orders.bound(n, torch.zeros(13).long(), 3), "the number of tokens"),
        (lambda n: orders.bound(n, torch.tensor([0, 3]), 3), "tokens must be in"),
    ],
)
def test_bad_wishes(ask, said):
    with pytest.raises((ValueError, TypeError), match=said):
        ask(small())


def test_an_impossible_sequence_is_impossible():
    exact = Known(torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
    assert orders.log_likelihood(exact, torch.tensor([0, 1]), 2) == -torch.inf
    assert orders.bound(exact, torch.tensor([0, 1]), 2) == torch.inf
    assert orders.log_likelihood(exact, torch.tensor([0, 0]), 2) == 0
    with pytest.raises(ValueError, match="tokens must have shape"):
        exact(torch.zeros(1, 1).long())
