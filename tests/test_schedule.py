"""Schedules: closed forms, exact ends, and the time grids of Lin et al. 2023."""

import math
from fractions import Fraction

import pytest
import torch

import minidiff as md
from minidiff.schedule import Table, noise_times

TABLES = [md.LinearBeta(), md.ScaledLinear(), md.Cosine(), md.Cosine(10)]
ALL = [*TABLES, md.Flow(), md.Karras()]
tables = pytest.mark.parametrize("schedule", TABLES)
every = pytest.mark.parametrize("schedule", ALL)


def alpha_bar_exactly(steps, start, end, n, power=1):
    """The product of the first n (1 - beta), in whole fractions."""
    product = Fraction(1)
    a, b = Fraction(start ** (1 / power)), Fraction(end ** (1 / power))
    for i in range(n):
        product *= 1 - (a + (b - a) * i / (steps - 1)) ** power
    return product


@every
def test_starts_clean(schedule):
    alpha, sigma = schedule(0)
    assert (alpha.item(), sigma.item()) == (1, 0)
    assert (alpha / sigma).item() == math.inf  # and not -inf, by way of -0


@every
@pytest.mark.parametrize("t", [0.3, 1, torch.tensor(0.3), torch.rand(3, 2)])
def test_shape_and_precision(schedule, t):
    for level in schedule(t):
        assert level.dtype == torch.float64
        assert level.shape == torch.as_tensor(t).shape


def test_a_plain_number_is_not_rounded_to_float32():
    assert md.Flow()(0.3)[1].item() == 0.3


@every
def test_noise_only_grows(schedule):
    alpha, sigma = schedule(torch.linspace(0, 1, 5001, dtype=torch.float64))
    assert (alpha.diff() <= 0).all()
    assert (sigma.diff() > 0).all()


@tables
def test_tables_preserve_variance(schedule):
    alpha, sigma = schedule(torch.rand(1000, dtype=torch.float64))
    assert (alpha**2 + sigma**2 - 1).abs().max() < 1e-15


@tables
def test_entry_i_is_time_i_over_T(schedule):
    T = schedule.steps
    assert schedule.alpha_bar[0] == 1
    assert len(schedule.alpha_bar) == T + 1
    alpha, _ = schedule(torch.arange(T + 1, dtype=torch.float64) / T)
    assert torch.allclose(alpha**2, schedule.alpha_bar, rtol=1e-11, atol=0)


@tables
def test_log_alpha_bar_is_linear_in_between(schedule):
    ab = schedule.alpha_bar
    middle = (torch.arange(schedule.steps, dtype=torch.float64) + 0.5) / schedule.steps
    alpha, _ = schedule(middle)
    assert torch.allclose(alpha**2, (ab[1:] * ab[:-1]).sqrt(), rtol=1e-11, atol=0)


@pytest.mark.parametrize("n", [1, 2, 500, 1000])
def test_linear_beta_is_exact(n):
    expected = alpha_bar_exactly(1000, 1e-4, 0.02, n)
    alpha, sigma = md.LinearBeta()(n / 1000)
    assert alpha.item() == pytest.approx(float(expected) ** 0.5, rel=1e-13)
    # where float32 is 1.7e-4 wrong: the first sigma**2 is 1e-4, not 1 - 0.9999
    assert sigma.item() == pytest.approx(float(1 - expected) ** 0.5, rel=1e-13)


@pytest.mark.parametrize("n", [1, 2, 500, 1000])
def test_scaled_linear_is_exact(n):
    expected = alpha_bar_exactly(1000, 0.00085, 0.012, n, power=2)
    alpha, sigma = md.ScaledLinear()(n / 1000)
    assert alpha.item() == pytest.approx(float(expected) ** 0.5, rel=1e-12)
    assert sigma.item() == pytest.approx(float(1 - expected) ** 0.5, rel=1e-12)


def test_cosine_follows_the_paper_up_to_its_clip():
    schedule = md.Cosine()

    def f(i):
        return math.cos((i / 1000 + 0.008) / 1.008 * math.pi / 2) ** 2

    for i in (1, 300, 999):
        assert schedule.alpha_bar[i].item() == pytest.approx(f(i) / f(0), rel=1e-10)
    assert (schedule.alpha_bar[1000] / schedule.alpha_bar[999]).item() == (
        pytest.approx(0.001)
    )
    alpha, sigma = schedule(1)
    assert 19_000 < sigma / alpha < 21_000


def test_flow_is_a_straight_line():
    t = torch.rand(100, dtype=torch.float64)
    alpha, sigma = md.Flow()(t)
    assert torch.equal(alpha, 1 - t)
    assert torch.equal(sigma, t)


@pytest.mark.parametrize("n", [2, 10, 18])
def test_karras_times_are_his_levels(n):
    low, high, rho = 0.01, 50.0, 5.0
    schedule = md.Karras(low, high, rho)
    alpha, sigma = schedule(schedule.times(n))
    for i in range(n):  # EDM's equation 5
        root = high ** (1 / rho) + i / (n - 1) * (low ** (1 / rho) - high ** (1 / rho))
        assert sigma[i].item() == pytest.approx(root**rho, rel=1e-12)
    assert sigma[n] == 0
    assert (alpha == 1).all()


def test_one_karras_step_goes_all_the_way():
    assert md.Karras().times(1).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("spacing", "stops"),
    [  # table 2 of Lin et al. 2023
        ("trailing", [1000, 900, 800, 700, 600, 500, 400, 300, 200, 100]),
        ("leading", [901, 801, 701, 601, 501, 401, 301, 201, 101, 1]),
        ("linspace", [1000, 889, 778, 667, 556, 445, 334, 223, 112, 1]),
    ],
)
def test_spacings(spacing, stops):
    for schedule in (md.LinearBeta(), md.Flow()):
        times = schedule.times(10, spacing)
        assert (times * 1000).tolist() == pytest.approx([*stops, 0], abs=1e-9)


@pytest.mark.parametrize("spacing", ["trailing", "leading", "linspace"])
@pytest.mark.parametrize("schedule", [md.LinearBeta(), md.LinearBeta(37), md.Flow()])
def test_times_decrease_strictly_for_every_n(schedule, spacing):
    for n in range(1, schedule.steps + 1):
        times = schedule.times(n, spacing)
        assert times.dtype == torch.float64
        assert len(times) == n + 1
        assert times[-1] == 0
        assert times[0] <= 1
        assert (times.diff() < 0).all()


def test_trailing_uses_every_step_at_most():
    schedule = Table(torch.tensor([0.1, 0.2, 0.3], dtype=torch.float64))
    assert torch.allclose(schedule.times(3) * 3, torch.tensor([3.0, 2, 1, 0]).double())
    expected = torch.tensor([0.9, 0.72, 0.504], dtype=torch.float64)
    assert torch.allclose(schedule.alpha_bar[1:], expected)


@every
def test_noise_times_fall_through_the_levels_of_karras(schedule):
    times = noise_times(schedule, 20)
    assert times.dtype == torch.float64
    assert (times.diff() < 0).all()
    assert times[-1] == 0
    alpha, sigma = schedule(times[:-1])
    ratio = sigma / alpha
    top, low = min(160, (schedule(1.0)[1] / schedule(1.0)[0]).item()), 0.02
    ends = [top ** (1 / 7), low ** (1 / 7)]
    expected = torch.linspace(*ends, 20, dtype=torch.float64) ** 7
    assert torch.allclose(ratio, expected, rtol=0.1)
    assert len(noise_times(schedule, 1)) == 2
    with pytest.raises(ValueError, match="n"):
        noise_times(schedule, 0)


def test_few_steps_keep_the_spread_of_what_is_settled_early():
    """The mean of 64 x 64 pixels meets 1/64 of the noise: like a Gaussian of std 9."""
    wide = md.GaussianMixture(torch.zeros(1, 1), torch.tensor([9.0]), torch.ones(1))
    denoiser = wide.denoiser(md.Cosine())
    noise = torch.randn(2000, 1, generator=torch.Generator().manual_seed(0)).double()

    def spread(times):
        *_, x = md.dpmpp_2m(denoiser, noise, times)
        return (x.std() / noise.std() / 9).item()

    assert spread(denoiser.schedule.times(20)) < 0.9
    assert spread(noise_times(denoiser.schedule, 20)) == pytest.approx(1, abs=0.05)
