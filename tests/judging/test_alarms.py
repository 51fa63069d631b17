"""Areas under curves against scikit-learn, enumeration and known values."""

import itertools
import math

import pytest
import torch

from minidiff.judging.alarms import (
    auc,
    auc_error,
    auc_gap,
    curve,
    partial_auc,
    told_apart,
)

DICE = torch.Generator().manual_seed(0)


def normal(n, middle=0.0):
    return torch.randn(n, generator=DICE, dtype=torch.float64) + middle


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("most", [0.05, 0.1, 0.33, 1.0])
def test_against_scikit_learn(ties, most):
    metrics = pytest.importorskip("sklearn.metrics")
    for n, m, far in ((7, 5, 0.5), (40, 90, 1.0), (101, 13, -0.3)):
        a, b = normal(n), normal(m, far)
        if ties:
            a, b = (2 * a).round(), (2 * b).round()
        truth, score = [0] * n + [1] * m, torch.cat([a, b]).numpy()
        whole = metrics.roc_auc_score(truth, score)
        part = metrics.roc_auc_score(truth, score, max_fpr=most)
        assert auc(a, b) == pytest.approx(whole, abs=1e-12)
        assert partial_auc(a, b, most) == pytest.approx(part, abs=1e-12)


def test_known_values():
    a, b = torch.arange(10.0), torch.arange(10.0) + 100
    assert (auc(a, b), auc(b, a)) == (1, 0)
    assert partial_auc(a, b) == pytest.approx(1)
    assert partial_auc(b, a) == pytest.approx((1 - 0.005 / 0.095) / 2)
    same = torch.zeros(4)
    assert auc(same, same) == 0.5
    assert partial_auc(same, same) == pytest.approx(0.5)
    # half of the strange ones are over all, the others below: 0.5 whatever the alarms
    half = torch.cat([b, a - 100])
    assert auc(a, half) == 0.5
    area = (1 + (0.5 * 0.1 - 0.005) / 0.095) / 2
    assert partial_auc(a, half) == pytest.approx(area)


def test_it_is_the_share_of_pairs():
    a, b = (3 * normal(6)).round(), (3 * normal(8, 0.5)).round()
    pairs = [(y > x) + (y == x) / 2 for x, y in itertools.product(a, b)]
    assert auc(a, b) == pytest.approx(sum(p.item() for p in pairs) / 48)


def test_any_other_scale_is_the_same():
    a, b = normal(30), normal(20, 1)
    assert auc(a.exp(), b.exp()) == auc(a, b)
    assert partial_auc(a.exp(), b.exp()) == pytest.approx(partial_auc(a, b))


def test_of_two_gaussians():
    """P(y > x) is Phi(far / sqrt 2)."""
    a, b = normal(20_000), normal(3000, 1.0)
    wanted = 0.5 * (1 + math.erf(1.0 / 2))
    assert auc(a, b) == pytest.approx(wanted, abs=0.015)


def test_the_errors_are_those_of_other_crowds():
    crowds = [(normal(40), normal(60, 1.0)) for _ in range(400)]
    told = [told_apart(*pair, seed=k) for k, pair in enumerate(crowds[:20])]
    for measure, k in ((auc, 1), (partial_auc, 3)):
        spread = torch.tensor([measure(*pair) for pair in crowds]).std().item()
        mean = torch.tensor([one[k] for one in told]).mean().item()
        assert mean == pytest.approx(spread, rel=0.2)
    assert (told[0].usual, told[0].strange) == (40, 60)
    assert told[0].auc == auc(*crowds[0])
    assert told[0].partial == partial_auc(*crowds[0])


def test_the_error_by_delong_of_a_case_by_hand():
    # wins: usual 1 -> (1, 1), usual 3 -> (0, 1); by usual 1, 0.5; by strange 0.5, 1
    a, b = torch.tensor([1.0, 3.0]), torch.tensor([2.0, 4.0])
    assert auc_error(a, b) == pytest.approx(math.sqrt(0.125 / 2 + 0.125 / 2))


def test_the_error_of_a_gap_is_that_of_other_crowds():
    """Two scores of the same sounds, which have most of their chance in common."""

    def crowd(n, far):
        common = normal(n, far)
        return common + 0.3 * normal(n), common + 0.5 * normal(n)

    found = []
    for _ in range(200):
        usual, strange = crowd(60, 0.0), crowd(40, 1.0)
        one, other = zip(usual, strange, strict=True)
        found.append(auc_gap(one, other))
        assert found[-1][0] == pytest.approx(auc(*one) - auc(*other))
    gaps, errors = torch.tensor(found).double().T
    assert errors.mean().item() == pytest.approx(gaps.std().item(), rel=0.15)
    # as of separate crowds it would be more than twice as large
    apart = math.hypot(auc_error(*one), auc_error(*other))
    assert found[-1][1] < apart / 2


def test_a_gap_is_of_the_same_sounds():
    one = normal(5), normal(6)
    assert auc_gap(one, one) == (0, 0)
    with pytest.raises(ValueError, match="strange: expected scores of the same"):
        auc_gap(one, (normal(5), normal(7)))


def test_the_curve_has_its_corners():
    x, y = curve(torch.tensor([1.0, 2.0]), torch.tensor([2.0, 3.0]))
    assert x.tolist() == [0, 0, 0.5, 1]
    assert y.tolist() == [0, 0.5, 1, 1]


@pytest.mark.parametrize("most", [0.0, -0.1, 1.1, math.nan])
def test_bad_shares(most):
    with pytest.raises(ValueError, match="most"):
        partial_auc(normal(5), normal(5), most)


@pytest.mark.usefixtures("unhooked")
def test_bad_scores():
    with pytest.raises(ValueError, match="usual"):
        auc(torch.zeros(0), normal(3))
    with pytest.raises(ValueError, match="strange"):
        auc(normal(3), torch.tensor([1.0, math.nan]))
    with pytest.raises(ValueError, match="strange"):
        auc(normal(3), torch.zeros(3, 1))
    with pytest.raises(ValueError, match="at least 2"):
        told_apart(normal(1), normal(3))
