"""The benches of tokens: trainings that resume, texts that are right or not, counts."""

import json

import pytest
import torch

from bench import discrete
from bench.tokens import gap, nearest
from bench.watched import trained
from minidiff.models.place import claimed
from minidiff.rivals.masked import Masked


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


def small():
    torch.manual_seed(0)
    return Masked(5, 4, width=8, depth=1)


DATA = (torch.randint(5, (64, 4), generator=dice()),)
HOW = {"steps": 6, "batch": 16, "every": 2}


def test_a_killed_training_goes_on_to_the_same_weights(tmp_path):
    """Surprise falls, so that the best are the last."""
    falling = iter(range(9, 0, -1))
    whole = small()
    log = trained(whole, DATA, tmp_path / "a", lambda _: next(falling), **HOW)
    assert log["told"] == [[2, 9], [4, 8], [6, 7]]
    assert log["best"] == 6

    class Killed(Exception):
        pass

    def once(net, asked=[]):  # noqa: B006
        asked.append(0)
        if len(asked) == 3:
            raise Killed
        return 9 - len(asked)

    with pytest.raises(Killed):
        trained(small(), DATA, tmp_path / "b", once, **HOW)
    torch.manual_seed(1)  # whatever the weights were before
    again = Masked(5, 4, width=8, depth=1)
    trained(again, DATA, tmp_path / "b", lambda _: 0, **HOW)
    for a, b in zip(whole.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)
    assert not list(tmp_path.glob("*/checkpoint*"))


def test_it_keeps_the_least_surprised(tmp_path):
    told = iter([3.0, 1.0, 2.0])
    seen = []

    def surprise(net):
        seen.append([p.clone() for p in net.parameters()])
        return next(told)

    net = small()
    log = trained(net, DATA, tmp_path, surprise, **HOW)
    assert (log["best"], log["nats"]) == (4, 1.0)
    for a, b in zip(net.parameters(), seen[1], strict=True):
        assert torch.equal(a, b)
    # and a further call computes nothing
    other = small()
    assert trained(other, DATA, tmp_path, None, **HOW)["best"] == 4
    assert json.loads((tmp_path / "log.json").read_text())["run"]["steps"] == 6


def test_another_run_is_not_taken_for_this_one(tmp_path):
    asked = []

    def surprise(net):
        asked.append(net)
        return float(len(asked))

    trained(small(), DATA, tmp_path / "a", surprise, **HOW)
    trained(small(), DATA, tmp_path / "a", surprise, **HOW)
    assert len(asked) == 3
    trained(small(), (1 - DATA[0] % 2,), tmp_path / "a", surprise, **HOW)
    assert len(asked) == 6
    with pytest.raises(ValueError, match="surprise: nan at step 2"):
        trained(small(), DATA, tmp_path / "b", lambda _: float("nan"), **HOW)


def test_a_log_that_was_cut_is_learned_again(tmp_path):
    trained(small(), DATA, tmp_path, lambda _: 1.0, **HOW)
    log = tmp_path / "log.json"
    log.write_text(log.read_text()[:20])
    assert trained(small(), DATA, tmp_path, lambda _: 1.0, **HOW)["best"] == 2
    assert json.loads(log.read_text())["told"] == [[2, 1.0], [4, 1.0], [6, 1.0]]


def test_two_cannot_train_into_one_folder(tmp_path):
    with claimed(tmp_path), pytest.raises(ValueError, match="another command"):
        trained(small(), DATA, tmp_path, lambda _: 1.0, **HOW)


@pytest.fixture(scope="module")
def captions():
    task = discrete.Captions.__new__(discrete.Captions)
    task.tokenizer = discrete.Scenes.tokenizer
    task.words, task.length = len(task.tokenizer.words) + 1, task.tokenizer.length
    return task


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("a high bright bell over soft rain", True),
        ("a bell over", False),
        ("bell a", False),
        ("a high low bell", False),
    ],
)
def test_captions_are_read_by_the_grammar(captions, text, right):
    row = captions.tokenizer.encode(text)[0]
    assert captions.valid(row) is right
    assert captions.shown(row) == text


def test_words_after_the_end_are_no_caption(captions):
    row = captions.tokenizer.encode("a bell")[0]
    row[4] = row[0]
    assert not captions.valid(row)
    assert not captions.valid(torch.zeros_like(row))


def test_half_is_hidden_and_no_padding(captions):
    rows = captions.tokenizer.encode(["a high bright bell over soft rain", "rain"])
    begun = discrete.hidden_half(rows, captions.words)
    hidden = begun == captions.words
    assert hidden.sum(1).tolist() == [3, 0]
    assert not (hidden & (rows == 0)).any()
    assert torch.equal(begun[~hidden], rows[~hidden])


def test_a_share_is_never_certain():
    assert discrete.share([True] * 10)[0] == 1
    assert 0 < discrete.share([True] * 10)[1] < 0.2


def test_what_all_codes_have_in_common():
    known = torch.tensor([[[0, 1], [2, 3]], [[4, 4], [4, 4]]])
    made = torch.tensor([[[0, 1], [2, 9]], [[4, 4], [4, 4]], [[8, 8], [8, 8]]])
    assert nearest(made, known).tolist() == [0.75, 1, 0]


def test_a_gap_is_nothing_between_a_crowd_and_itself():
    x = torch.randn(50, 3, generator=dice())
    assert gap(x, x) == 0
    moved = gap(x + x.std(0), x)
    assert moved == pytest.approx(1, abs=1e-5)
