"""Distances of crowds beside what other libraries say, and beside closed forms."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import NearestNeighbors

from minidiff import frechet, kernel_distance, precision_recall
from minidiff.judging.coverage import density_coverage, expected_coverage
from minidiff.judging.gaussian import gaussian_distance, median_width
from minidiff.judging.limit import frechet_infinity, line

dice = torch.Generator().manual_seed(0)


def normal(*shape):
    return torch.randn(shape, generator=dice, dtype=torch.float64)


def reach(crowd, k):
    """To the k-th nearest other of the crowd, by scikit-learn."""
    near = NearestNeighbors(n_neighbors=k + 1).fit(crowd.numpy())
    return torch.tensor(near.kneighbors(crowd.numpy())[0][:, k])


def test_frechet_is_torchmetrics():
    fid = pytest.importorskip("torchmetrics.image.fid")
    a, b = normal(80, 6) @ normal(6, 6), normal(90, 6) + 1
    args = (a.mean(0), a.T.cov(), b.mean(0), b.T.cov())
    assert frechet(a, b) == pytest.approx(fid._compute_fid(*args).item())


def test_the_kernel_distance_is_torchmetrics():
    kid = pytest.importorskip("torchmetrics.image.kid")
    a, b = normal(40, 6), normal(40, 6) + 0.5  # there both must be as many
    assert kernel_distance(a, b) == pytest.approx(kid.poly_mmd(a, b).item())


def test_the_gaussian_distance_is_scikit_learns_kernel():
    a, b = normal(30, 5), 2 * normal(50, 5)
    gamma = 1 / (2 * 1.7**2)
    kaa, kbb, kab = (
        rbf_kernel(x.numpy(), y.numpy(), gamma) for x, y in ((a, a), (b, b), (a, b))
    )
    np.fill_diagonal(kaa, 0)
    np.fill_diagonal(kbb, 0)
    expected = kaa.sum() / 30 / 29 + kbb.sum() / 50 / 49 - 2 * kab.mean()
    assert gaussian_distance(a, b, 1.7) == pytest.approx(expected)


def test_the_gaussian_distance_of_gaussians_far_apart():
    """Within one E k = (w² / (w² + 2))^(d/2); across, exp(-m² / 2 (w² + 2)) of it."""
    d, w, m = 3, 1.5, 2.0
    within = (w**2 / (w**2 + 2)) ** (d / 2)
    expected = 2 * within * (1 - math.exp(-(m**2) / (2 * (w**2 + 2))))
    shift = torch.tensor([m, 0, 0])
    found = [
        gaussian_distance(normal(400, d), normal(400, d) + shift, w) for _ in range(10)
    ]
    assert sum(found) / 10 == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("n", [6, 30, 120])
def test_the_gaussian_distance_has_no_bias(n):
    draws = torch.tensor(
        [gaussian_distance(normal(n, 4), normal(n, 4), 2.0) for _ in range(60)]
    )
    assert abs(draws.mean()) < 3 * draws.std() / 60**0.5
    assert draws.min() < 0 < draws.max()


def test_the_width_is_the_reference_sets():
    real, made = normal(40, 3), 5 * normal(60, 3)
    width = median_width(real)
    pairs = torch.cdist(real, real)[*torch.triu_indices(40, 40, 1)]
    assert width == pytest.approx(pairs.sort().values[(len(pairs) - 1) // 2].item())
    assert gaussian_distance(real, made) == gaussian_distance(real, made, width)
    assert gaussian_distance(real, made) != gaussian_distance(
        real, made, median_width(made)
    )


def test_precision_and_recall_are_scikit_learns_neighbours():
    real, made = normal(60, 4), 1.3 * normal(50, 4) + 0.3
    far = torch.cdist(made, real)
    precision = (far <= reach(real, 3)).any(1).double().mean().item()
    recall = (far.T <= reach(made, 3)).any(1).double().mean().item()
    assert precision_recall(real, made) == pytest.approx((precision, recall))


def test_density_and_coverage_are_scikit_learns_neighbours():
    real, made = normal(60, 4), 0.7 * normal(50, 4)
    inside = torch.cdist(real, made) <= reach(real, 5)[:, None]
    density = inside.double().sum().item() / 5 / 50
    coverage = inside.any(1).double().mean().item()
    assert density_coverage(real, made) == pytest.approx((density, coverage))


@pytest.mark.parametrize(("n", "m", "k"), [(30, 30, 1), (20, 40, 3), (50, 10, 5)])
def test_coverage_of_one_kind_is_what_the_lemma_says(n, m, k):
    found = [density_coverage(normal(n, 3), normal(m, 3), k) for _ in range(150)]
    density, coverage = torch.tensor(found).T
    error = coverage.std() / 150**0.5
    assert abs(coverage.mean() - expected_coverage(n, m, k)) < 3.5 * error
    assert density.mean() == pytest.approx(1, abs=0.12)


def test_expected_coverage_by_counting():
    """One neighbour: among n - 1 real and m made ones a made one is the nearest."""
    assert expected_coverage(4, 6, 1) == pytest.approx(6 / 9)
    by_hand = 1 - Fraction(3 * 2, 9 * 8)
    assert expected_coverage(4, 6, 2) == pytest.approx(float(by_hand))


def test_a_stray_real_sound_fools_precision_and_not_density():
    real, noise = normal(100, 2), 3 * normal(200, 2) + 20
    stray = torch.cat([real, torch.tensor([[40.0, 40.0]]).double()])
    assert precision_recall(real, noise, 5)[0] == 0
    assert precision_recall(stray, noise, 5)[0] > 0.9
    assert density_coverage(stray, noise, 5)[0] < 0.25
    assert density_coverage(stray, noise, 5)[1] < 0.02


def test_a_line_is_found_exactly():
    a, b = normal(240, 2), normal(300, 2)
    found = line(lambda x, y: 3 + 50 / len(x) + 0 * len(y), a, b)
    assert found.value == pytest.approx(3)
    assert found.slope == pytest.approx(50)
    assert found.sizes[0] == 240
    assert found.sizes[-1] == 80
    whole = line(lambda x, y: x.sum().item() + len(y), a, b, sizes=2)
    assert whole.means[0] == pytest.approx(a.sum().item() + 240)


def test_frechet_infinity_has_less_bias_and_knows_its_error():
    """One kind on both sides: the truth is 0."""
    plain, limits, errors = [], [], []
    for _ in range(8):
        a, b = normal(150, 8), normal(150, 8)
        found = frechet_infinity(a, b, sizes=3, draws=1)
        plain.append(frechet(a, b))
        limits.append(found.value)
        errors.append(found.error)
    plain, limits, errors = map(torch.tensor, (plain, limits, errors))
    assert limits.mean().abs() < 0.4 * plain.mean()
    assert limits.mean().abs() < 3.5 * limits.std() / 8**0.5 + 0.01
    assert 0.4 < errors.mean() / limits.std() < 4


def test_frechet_infinity_of_a_shift():
    found = frechet_infinity(normal(600, 3), normal(600, 3) + 1)
    assert abs(found.value - 3) < 3.5 * found.error
    assert found.error < 0.5


BAD = {
    "one sound": normal(1, 4),
    "NaN": torch.full((20, 4), torch.nan),
    "other dimensions": normal(20, 5),
    "no sounds": normal(0, 4),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(
    "measure",
    [
        frechet,
        kernel_distance,
        precision_recall,
        density_coverage,
        gaussian_distance,
        frechet_infinity,
    ],
)
def test_bad_crowds_are_refused(measure, bad):
    if (measure, bad) == (density_coverage, "one sound"):
        assert 0 <= density_coverage(normal(20, 4), BAD[bad])[1] <= 1  # enough to cover
    else:
        with pytest.raises(ValueError, match="embeddings"):
            measure(normal(20, 4), BAD[bad])
    with pytest.raises(ValueError, match=r"embeddings|real|k"):
        measure(BAD[bad], normal(20, 4))


def test_equal_sounds():
    """Thirty times one sound: distances are known, a width there is none."""
    same = normal(1, 4).expand(30, 4)
    crowd = normal(30, 4)
    assert frechet(same, same) == pytest.approx(0, abs=1e-12)
    gap = (same[0] - crowd.mean(0)).square().sum() + crowd.T.cov().trace()
    assert frechet(same, crowd) == pytest.approx(gap.item())
    assert kernel_distance(same, same) == pytest.approx(0, abs=1e-12)
    assert precision_recall(same, same) == (1, 1)
    assert density_coverage(same, same)[1] == 1
    with pytest.raises(ValueError, match="width is 0"):
        gaussian_distance(same, crowd)
    assert gaussian_distance(crowd, same) > 0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: density_coverage(normal(5, 2), normal(5, 2)), "k = 5 needs 6"),
        (lambda: density_coverage(normal(9, 2), normal(9, 2), 0), "k must be"),
        (lambda: expected_coverage(5, 5, 5), "n must be"),
        (lambda: expected_coverage(5, 0, 1), "m must be"),
        (lambda: gaussian_distance(normal(5, 2), normal(5, 2), 0), "width must be"),
        (lambda: median_width(normal(1, 2)), "at least 2"),
        (lambda: line(frechet, normal(9, 2), normal(9, 2), sizes=1), "sizes must be"),
        (lambda: line(frechet, normal(9, 2), normal(9, 2), draws=0), "draws must be"),
        (lambda: frechet_infinity(normal(9, 2), normal(90, 2)), "at least 12"),
    ],
)
def test_bad_arguments_are_named(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()
