"""A net that writes: it never looks ahead, and learns what can be learned."""

import pytest
import torch
import torch.nn.functional as F

from minidiff.nets import build
from minidiff.nets.melody import causal

PLACES = (2, 3, 4)


def small(words=7):
    torch.manual_seed(0)
    return build("Melody", words=words, places=PLACES, kinds=2, width=16, depth=2)


def given(batch, n, words=7):
    dice = torch.Generator().manual_seed(1)
    notes = torch.randint(3, words, (batch, n), generator=dice)
    place = torch.stack([torch.randint(0, k, (batch, n)) for k in PLACES], 2)
    return notes, place, torch.zeros(batch, dtype=torch.int64)


def test_a_triangle_of_those_before():
    assert causal(3)[0].tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]


@pytest.mark.parametrize("k", [0, 3, 8])
def test_no_note_hears_those_after_it(k):
    net, (notes, place, kind) = small(), given(2, 9)
    before = net(notes, place, kind)
    notes[:, k] = 3 + (notes[:, k] - 2) % 4
    place[:, k] = (place[:, k] + 1) % torch.tensor(PLACES)
    after = net(notes, place, kind)
    assert torch.equal(before[:, :k], after[:, :k])
    assert (before[:, k:] - after[:, k:]).abs().amax(2).min() > 1e-5


def test_alone_or_with_others_after_it():
    net, (notes, place, kind) = small(), given(2, 9)
    alone = net(notes[:, :4], place[:, :4], kind)
    torch.testing.assert_close(net(notes, place, kind)[:, :4], alone)


def test_a_hidden_note_says_nothing():
    net, (notes, place, kind) = small(), given(1, 5)
    heard = torch.tensor([[True, True, False, True, True]])
    before = net(notes, place, kind, heard)
    notes[0, 2] = 3 + (notes[0, 2] - 2) % 4
    torch.testing.assert_close(net(notes, place, kind, heard), before)


def test_the_loss_is_the_surprise_at_the_next_note():
    net, (notes, place, kind) = small(), given(2, 6)
    notes[1, 4:] = 0
    cond = {"place": place[:, :-1], "kind": kind}
    made = net.loss(notes, cond, torch.Generator().manual_seed(5))
    hidden = torch.rand(2, 5, generator=torch.Generator().manual_seed(5)) < 0.1
    logs = F.log_softmax(net(notes[:, :-1], cond["place"], kind, ~hidden), 2)
    each = [logs[b, i, notes[b, i + 1]] for b in (0, 1) for i in range(5 - 2 * b)]
    torch.testing.assert_close(made, -torch.stack(each).mean())


def test_it_learns_a_scale():
    net = small()
    notes = torch.tensor([[3, 4, 5, 6] * 4])
    cond = {
        "place": torch.zeros(1, 15, 3, dtype=torch.int64),
        "kind": torch.tensor([0]),
    }
    optimizer = torch.optim.Adam(net.parameters(), 1e-2)
    for _ in range(60):
        optimizer.zero_grad()
        net.loss(notes, cond, torch.Generator().manual_seed(0)).backward()
        optimizer.step()
    shown = net(notes[:, :-1], cond["place"], cond["kind"])
    assert (shown.argmax(2) == notes[:, 1:]).all()
