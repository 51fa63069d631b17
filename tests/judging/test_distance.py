"""Distances of crowds whose distance is known, and how far few sounds lead astray."""

import math

import pytest
import scipy.linalg
import torch

from minidiff import frechet, kernel_distance, precision_recall
from minidiff.judging.copies import copied, copies
from minidiff.judging.distance import directions, matrix_root, nearest, nearest_other
from minidiff.judging.halves import halves

dice = torch.Generator().manual_seed(0)


def normal(*shape):
    return torch.randn(shape, generator=dice, dtype=torch.float64)


def test_frechet_of_a_shift_and_a_stretch():
    a = normal(500, 4)
    shift = torch.tensor([1.0, -2.0, 0.0, 0.5])
    assert frechet(a, a) == pytest.approx(0, abs=1e-9)
    assert frechet(a, a + shift) == pytest.approx(5.25)
    a = a - a.mean(0)
    # b = 3 a: tr(A + 9 A - 2 * 3 A) = 4 tr A
    assert frechet(a, 3 * a) == pytest.approx(4 * a.T.cov().trace().item())


def test_frechet_is_symmetric_and_scipys():
    a, b = normal(50, 6) @ normal(6, 6), normal(70, 6) @ normal(6, 6) + 1
    A, B = a.T.cov().numpy(), b.T.cov().numpy()
    root = scipy.linalg.sqrtm(A @ B).real
    expected = (a.mean(0) - b.mean(0)).square().sum().item()
    expected += (A + B - 2 * root).trace()
    assert frechet(a, b) == pytest.approx(expected, rel=1e-6)
    assert frechet(a, b) == pytest.approx(frechet(b, a), rel=1e-6)


def test_frechet_of_fewer_sounds_than_dimensions():
    assert math.isfinite(frechet(normal(5, 40), normal(6, 40)))


def test_matrix_root():
    m = normal(6, 4)
    m = m @ m.T  # of rank 4
    root = matrix_root(m)
    assert torch.allclose(root @ root, m, atol=1e-6)
    assert torch.allclose(root, root.T)


def test_frechet_of_known_gaussians():
    """Two diagonal Gaussians: sum of (m - n)^2 + (s - t)^2, drawn so often that it
    shows."""
    s, t = torch.tensor([1.0, 2.0, 0.5]), torch.tensor([2.0, 1.0, 0.5])
    a, b = normal(100_000, 3) * s, normal(100_000, 3) * t + torch.tensor([0, 0, 3.0])
    assert frechet(a, b) == pytest.approx(9 + 1 + 1, rel=0.02)


@pytest.mark.parametrize("d", [4, 16])
def test_the_bias_of_frechet_falls_as_one_over_n(d):
    """Same crowd on both sides: the truth is 0. The halves know what is too much."""
    found = {}
    for n in (100, 200, 400):
        draws = [halves(frechet, normal(n, d), normal(n, d)) for _ in range(10)]
        found[n] = torch.tensor(draws).mean(0)
    distance, bias, _ = torch.stack(list(found.values())).T
    assert distance[0] / distance[1] == pytest.approx(2, rel=0.35)
    assert distance[1] / distance[2] == pytest.approx(2, rel=0.35)
    assert bias.tolist() == pytest.approx(distance.tolist(), rel=0.35)


@pytest.mark.parametrize("n", [20, 80, 320])
def test_the_kernel_distance_has_no_bias(n):
    draws = torch.tensor(
        [kernel_distance(normal(n, 8), normal(n, 8)) for _ in range(60)]
    )
    assert abs(draws.mean()) < 3 * draws.std() / 60**0.5
    assert draws.min() < 0 < draws.max()
    far = torch.tensor(
        [kernel_distance(normal(n, 8), normal(n, 8) + 0.5) for _ in range(20)]
    )
    assert far.mean() > 5 * far.std() / 20**0.5


def test_the_kernel_distance_of_two_pairs():
    """By hand: k(x, y) = (xy / 2 + 1)^3, no item with itself."""
    a = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    b = torch.tensor([[2.0, 0.0], [2.0, 2.0]])
    across = [(1 + 1) ** 3, (1 + 1) ** 3, 1, (1 + 1) ** 3]
    expected = 1 + (2 + 1) ** 3 - 2 * sum(across) / 4
    assert kernel_distance(a, b) == pytest.approx(expected)
    assert kernel_distance(b, a) == pytest.approx(expected)


def test_precision_and_recall_of_what_is_missing_and_of_what_is_strange():
    """Ten kinds far apart: a crowd of one of them is precise, and recalls a tenth."""
    kinds = 100 * normal(10, 6)
    real, made = (kinds.repeat_interleave(30, 0) + normal(300, 6) for _ in range(2))
    precision, recall = precision_recall(real, made)
    assert precision > 0.8
    assert recall > 0.8
    one = kinds[:1] + normal(300, 6)
    precision, recall = precision_recall(real, one)
    assert precision > 0.8
    assert recall < 0.11
    strange = torch.cat([made[:150], 1e4 + normal(150, 6)])
    precision, recall = precision_recall(real, strange)
    assert 0.35 < precision < 0.51
    assert precision_recall(real, real) == (1, 1)


def test_precision_and_recall_hardly_depend_on_n():
    found = torch.tensor(
        [precision_recall(normal(n, 4), normal(n, 4)) for n in (50, 200, 800)]
    )
    assert found.std(0).max() < 0.1


@pytest.mark.parametrize(
    ("measure", "least"), [(frechet, 2), (kernel_distance, 2), (precision_recall, 4)]
)
def test_crowds_that_are_too_small_or_differ_are_named(measure, least):
    measure(normal(least, 3), normal(least, 3))
    with pytest.raises(ValueError, match=rf"n at least {least} on both.*\(5, 3\)"):
        measure(normal(5, 3), normal(least - 1, 3))
    with pytest.raises(ValueError, match="of 3 and of 4 numbers"):
        measure(normal(5, 3), normal(5, 4))


def test_what_is_no_crowd_is_named():
    a, b = normal(9, 3), normal(9, 3)
    for value in (math.nan, math.inf):
        for measure in (frechet, kernel_distance, precision_recall):
            b[0, 0] = value
            with pytest.raises(ValueError, match="hold NaN or infinite"):
                measure(a, b)
    for k in (0, -1):
        with pytest.raises(ValueError, match="k must be"):
            precision_recall(a, a, k)
    with pytest.raises(ValueError, match="one for each item of every crowd"):
        halves(frechet, a, a, labels=(torch.zeros(9), torch.zeros(4)))
    with pytest.raises(ValueError, match=r"d. with n at least"):
        frechet(a[:, :0], a[:, :0])


def test_frechet_in_one_dimension():
    a = normal(400, 1)
    assert frechet(a, 2 * a + 3) == pytest.approx(
        (a.mean() + 3).item() ** 2 + a.var().item(), rel=1e-6
    )


def test_halves_know_the_error_of_a_mean():
    """Of a mean it is known: s / sqrt(n), and no bias."""
    spreads = []
    for _ in range(20):
        value, bias, spread = halves(lambda x: x.mean().item(), normal(400, 1) + 3)
        assert value == pytest.approx(3, abs=0.3)
        assert abs(bias) < 0.05
        spreads.append(spread)
    assert sum(spreads) / 20 == pytest.approx(1 / 20, rel=0.2)
    # both sides count
    both = [
        halves(
            lambda a, b: (a.mean() - b.mean()).item(), normal(400, 1), normal(400, 1)
        )
        for _ in range(20)
    ]
    assert sum(s for *_, s in both) / 20 == pytest.approx(2**0.5 / 20, rel=0.2)


def test_halves_of_every_class():
    labels = torch.tensor([0, 1, 1, 0, 1, 1, 0, 0, 2])
    kept = []
    halves(lambda x: kept.append(x.long()) or 0.0, labels.double(), labels=[labels])
    counts = torch.stack([k.bincount(minlength=3) for k in kept[1:]])
    assert (counts[:, :2] == 2).all()
    assert set(counts[:, 2].tolist()) == {0, 1}


def test_the_spread_of_frechet_is_on_the_safe_side():
    """Told by halves of one draw, against what draws really do: not less, not far more.

    Ten classes far apart, as many of each in every draw: their shares cannot differ.
    """
    centres, labels = 10 * normal(10, 8), torch.arange(200) % 10
    draws = [(centres[labels] + normal(200, 8), centres[labels] + normal(200, 8))
             for _ in range(30)]  # fmt: skip
    true = torch.tensor([frechet(a, b) for a, b in draws]).std().item()
    told = [halves(frechet, a, b, labels=(labels, labels))[2] for a, b in draws[:10]]
    assert 0.9 < sum(told) / 10 / true < 3
    loose = [halves(frechet, a, b)[2] for a, b in draws[:10]]
    assert sum(loose) > 2 * sum(told)


def test_directions_are_those_of_the_largest_spread():
    x = normal(500, 4) * torch.tensor([1.0, 5.0, 0.1, 3.0])
    axes = directions(x, 2)
    assert axes.abs().argmax(0).tolist() == [1, 3]
    assert torch.allclose(axes.T @ axes, torch.eye(2).double(), atol=1e-6)


def test_nearest():
    a, b = torch.tensor([[0.0, 0.0], [10.0, 0.0]]), torch.tensor([[3.0, 4.0], [10, 1]])
    assert nearest(a, b).tolist() == pytest.approx([5, 1])


def test_nearest_of_another_origin():
    a = torch.tensor([[0.0], [0.1], [3.0], [5.0]])
    alone = nearest_other(a, torch.arange(4))
    assert alone.tolist() == pytest.approx([0.1, 0.1, 2, 2])
    twins = nearest_other(a, torch.tensor([0, 0, 1, 2]))
    assert twins.tolist() == pytest.approx([3, 2.9, 2, 2])


def test_planted_copies_are_found():
    known, real, new = normal(200, 6), normal(100, 6), normal(300, 6)
    planted = known[:100] + 0.01 * normal(100, 6)
    found = copies(new, real, planted, known)
    assert found["planted"] == 1
    assert found["made"] < 0.15  # as of new ones: 0.05
    half = torch.cat([new[:150], known[:150] + 0.01 * normal(150, 6)])
    assert 0.5 <= copies(half, real, planted, known)["made"] < 0.6


def test_a_measure_that_is_blind_says_so():
    """Planted ones that have moved far are not found: then `made` says nothing."""
    known, real = normal(200, 6), normal(100, 6)
    assert copies(real, real, known[:50] + 9, known)["planted"] == 0


def test_a_copy_is_much_nearer_to_one_than_to_any_other():
    known = torch.tensor([[0.0, 0], [10, 0], [10, 1]]).double()
    made = torch.tensor([[0.0, 2], [0, 4], [10, 0.2], [10, 0.5], [10, 0]]).double()
    # to the nearest and the second: 2 of 10.2, 4 of 10.8, .2 of .8, .5 of .5, 0 of 1
    assert copied(made, known).tolist() == [True, False, True, False, True]
    assert copied(made, known, 0.2).tolist() == [True, False, False, False, True]


def test_what_was_learned_twice_is_missed():
    known = normal(50, 6)
    planted = known[:20] + 0.01 * normal(20, 6)
    assert copied(planted, known).all()
    assert not copied(planted, torch.cat([known, known])).any()
    assert copied(normal(200, 6), known).double().mean() < 0.05


@pytest.mark.parametrize(
    ("made", "known", "ratio", "words"),
    [
        (normal(3, 2), normal(1, 2), 0.3, "second nearest"),
        (normal(3, 2), normal(5, 3), 0.3, "cannot be compared"),
        (normal(3, 2) * math.nan, normal(5, 2), 0.3, "NaN"),
        (normal(3, 2), normal(5, 2), 1.0, "ratio must be"),
    ],
)
def test_copied_refuses(made, known, ratio, words):
    with pytest.raises(ValueError, match=words):
        copied(made, known, ratio)
