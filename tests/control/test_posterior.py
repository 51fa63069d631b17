"""Posteriors against those that are known: Gaussians exactly, mixtures in numbers."""

import math

import pytest
import torch

import minidiff as md
from minidiff.control.daps import drawn, walked
from minidiff.control.given import given
from minidiff.control.posterior import conjugate_gradients
from minidiff.control.replacement import placed

W = torch.float64
RHO = 0.9
PAIR = md.GaussianMixture(torch.zeros(1, 2), covs=[[[1.0, RHO], [RHO, 1.0]]])
FIRST = torch.tensor([[1.0, 0.0]], dtype=W)  # the first number is seen
ONE = torch.ones(1, 1, dtype=W)
SCHEDULES = [md.Cosine(), md.LinearBeta(), md.Flow(), md.Karras(sigma_max=20.0)]


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=dice(seed), dtype=W)


def many(d=12, k=1, seed=0):
    """A mixture of k Gaussians in d dimensions, correlated at random."""
    root = randn(k, d, d, seed=seed) / d**0.5
    covs = root @ root.mT + 0.1 * torch.eye(d, dtype=W)
    return md.GaussianMixture(randn(k, d, seed=seed + 1), covs=covs)


def walk(sampler, denoiser, n=20_000, steps=100, d=2, **options):
    times = md.noise_times(denoiser.schedule, steps, sigma_min=0.005)
    a, s = denoiser.schedule(times[0])
    x = torch.hypot(a, s) * randn(n, d, seed=5)
    *_, x = sampler(denoiser, x, times, **options)
    return x


def near(x, truth, share=0.05):
    """Mean and covariance within 5 % of the truth, the smallest variance as well.

    Of the sizes of mean and covariance; of every variance along an axis of the truth;
    and of the mean along each, in units of its own spread.
    """
    cov = (truth.axes * truth.variances[:, None] @ truth.axes.mT)[0]
    off = x.mean(0) - truth.means[0]
    mean_off = off.norm() / truth.means[0].norm()
    cov_off = torch.linalg.matrix_norm(torch.cov(x.T) - cov)
    cov_off = cov_off / torch.linalg.matrix_norm(cov)
    along = (x - x.mean(0)) @ truth.axes[0]
    var_off = (along.var(0) / truth.variances[0] - 1).abs().max()
    each_off = (off @ truth.axes[0] / truth.variances[0].sqrt()).abs().max()
    return max(mean_off, cov_off, var_off, each_off) < share


class TestGiven:
    """The exact posterior of a mixture, which the others are measured with."""

    def test_a_pair(self):
        truth = given(PAIR, FIRST, ONE[0], noise=0.5)
        torch.testing.assert_close(truth.means, torch.tensor([[0.8, 0.72]], dtype=W))
        # by the product rule log p(x | y) - log p(x) - log p(y | x) is always the same
        x = randn(50, 2)
        like = -((x[:, 0] - 1) ** 2) / (2 * 0.25)
        rest = truth.log_prob(x) - PAIR.log_prob(x) - like
        torch.testing.assert_close(rest, rest[:1].expand(50))

    def test_a_mixture(self):
        mixture, matrix = many(4, 3), randn(2, 4, seed=9)
        y = randn(2, seed=10)
        truth = given(mixture, matrix, y, noise=0.3)
        x = randn(50, 4)
        like = -((x @ matrix.T - y) ** 2).sum(1) / (2 * 0.09)
        rest = truth.log_prob(x) - mixture.log_prob(x) - like
        torch.testing.assert_close(rest, rest[:1].expand(50))

    def test_bad_ones(self):
        for matrix, y in ((torch.eye(3), ONE[0]), (FIRST, torch.ones(2))):
            with pytest.raises(ValueError, match=r"matrix and y must be \(m, 2\)"):
                given(PAIR, matrix, y, 0.1)
        with pytest.raises(ValueError, match="noise"):
            given(PAIR, FIRST, ONE[0], 0)


class TestPosterior:
    @pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)
    @pytest.mark.parametrize("noise", [0.05, 1.0])
    def test_exact_for_gaussians_at_every_level(self, schedule, noise):
        for gaussian, matrix in ((PAIR, FIRST), (many(12), randn(5, 12, seed=3))):
            y = randn(1, len(matrix), seed=4)
            exact = given(gaussian, matrix, y[0], noise).denoiser(schedule)
            operator = md.Linear(matrix)
            guess = md.Posterior(gaussian.denoiser(schedule), operator, y, noise=noise)
            guess.tolerance = 1e-12
            for t in (0.01, 0.4, 0.9, 0.999):
                a, s = schedule(t)
                x = torch.hypot(a, s) * randn(8, matrix.shape[1], seed=7)
                torch.testing.assert_close(guess(x, t), exact(x, t), atol=1e-6, rtol=0)
            # at much noise, y is nearly all that is known
            plain = gaussian.denoiser(schedule)(x, t)
            assert (plain - exact(x, t)).abs().max() > 0.3

    def test_samples_of_a_pair_within_5_percent(self):
        truth = given(PAIR, FIRST, ONE[0], 0.05)
        plain = PAIR.denoiser(md.Cosine())
        guess = md.Posterior(plain, md.Linear(FIRST), ONE, noise=0.05)
        assert near(walk(md.dpmpp_2m, guess, 5000, 50), truth)
        assert not near(walk(md.dpmpp_2m, plain, 5000, 50), truth)

    def test_samples_in_twelve_dimensions_within_5_percent(self):
        gaussian, matrix = many(12), randn(5, 12, seed=3)
        y = randn(1, 5, seed=4)
        truth = given(gaussian, matrix, y[0], 0.1)
        plain = gaussian.denoiser(md.Cosine())
        guess = md.Posterior(plain, md.Linear(matrix), y, noise=0.1)
        assert near(walk(md.dpmpp_2m, guess, 20_000, 50, 12), truth)

    def test_a_mixture_nearly(self):
        """Where two Gaussians may explain y, p(x0 | x_t) is none: how far it is off."""
        mixture = md.GaussianMixture([[-1.0, -1.0], [1.0, 1.0]], stds=0.3)
        matrix, y = torch.tensor([[1.0, 0.0]], dtype=W), torch.full((1, 1), 0.1)
        truth = given(mixture, matrix, y[0], 0.5)
        plain = mixture.denoiser(md.Cosine())
        guess = md.Posterior(plain, md.Linear(matrix), y.double(), noise=0.5)
        made = walk(md.dpmpp_2m, guess, 8000, 50)
        real, _ = truth.sample(8000, dice())
        share = (made[:, 0] > 0).double().mean()
        assert share == pytest.approx(truth.weights[1].item(), abs=0.08)
        for half in (1, -1):  # and in each of them, where it is and how wide
            a, b = (x[half * x[:, 0] > 0] for x in (made, real))
            assert (a.mean(0) - b.mean(0)).abs().max() < 0.2
            assert (a.std(0) / b.std(0) - 1).abs().max() < 0.4

    def test_a_gap_in_a_sound_of_neighbours_alike(self):
        """On (batch, 1, samples): a random walk's bridge, as it is known."""
        n = 24
        at = torch.arange(n, dtype=W)
        cov = 0.9 ** (at[:, None] - at).abs()
        gaussian = md.GaussianMixture(torch.zeros(1, n), covs=cov[None])
        schedule = md.Cosine()

        def denoiser(x, t, cond=None):
            return gaussian.denoiser(schedule)(x.flatten(1), t).view_as(x)

        denoiser.schedule = schedule
        gap = md.Gap(10, 14, sample_rate=1)
        x, _ = gaussian.sample(1, dice())
        y = gap(x[:, None])
        guess = md.Posterior(denoiser, gap, y, noise=0.05)
        exact = given(gaussian, torch.diag(gap.mask(x)), y[0, 0], 0.05)
        noisy = randn(4, 1, n)
        want = exact.denoiser(schedule)(noisy[:, 0], 0.5)
        torch.testing.assert_close(guess(noisy, 0.5)[:, 0], want, atol=1e-3, rtol=0)

    def test_items_have_their_own_y_and_chance_no_part(self):
        y = torch.tensor([[1.0], [-2.0]], dtype=W)
        plain = PAIR.denoiser(md.Cosine())
        x = randn(2, 2)
        both = md.Posterior(plain, md.Linear(FIRST), y, noise=0.1)(x, 0.5)
        for i in (0, 1):
            one = md.Posterior(plain, md.Linear(FIRST), y[i : i + 1], noise=0.1)
            torch.testing.assert_close(one(x[i : i + 1], 0.5), both[i : i + 1])
        assert not both.requires_grad
        with torch.no_grad():
            both_again = md.Posterior(plain, md.Linear(FIRST), y, noise=0.1)(x, 0.5)
        assert torch.equal(both, both_again)

    def test_noise_is_the_operator_s_unless_told_otherwise(self):
        plain, y = PAIR.denoiser(md.Cosine()), randn(1, 2)
        assert md.Posterior(plain, md.Noisy(0.3), y).noise == 0.3
        assert md.Posterior(plain, md.Noisy(0.3), y, noise=0.1).noise == 0.1
        assert md.Posterior(plain, md.Linear(FIRST), ONE).noise == 0
        want = given(PAIR, torch.eye(2), y[0], 0.3).denoiser(md.Cosine())
        x = randn(5, 2, seed=1)
        guess = md.Posterior(plain, md.Noisy(0.3), y)
        torch.testing.assert_close(guess(x, 0.5), want(x, 0.5), atol=1e-4, rtol=0)

    def test_bad_ones(self):
        plain = PAIR.denoiser(md.Cosine())
        with pytest.raises(ValueError, match="Clipped has no adjoint"):
            md.Posterior(plain, md.Clipped(0.5), randn(1, 2))
        with pytest.raises(ValueError, match="NaN"):
            md.Posterior(plain, md.Linear(FIRST), ONE * math.nan)
        for noise in (-1, math.nan):
            with pytest.raises(ValueError, match="noise"):
                md.Posterior(plain, md.Linear(FIRST), ONE, noise=noise)
        for y in (torch.ones(1, 2), torch.ones(3, 1), torch.ones(1, 1, 1)):
            with pytest.raises(ValueError, match="y must have shape"):
                md.Posterior(plain, md.Linear(FIRST), y, noise=0.1)(randn(2, 2), 0.5)


class TestPiGDM:
    def test_exact_without_correlations(self):
        plain = md.GaussianMixture(torch.zeros(1, 6), stds=1.0)
        matrix, y = randn(3, 6), randn(1, 3, seed=1)
        for schedule in SCHEDULES[:2]:
            exact = given(plain, matrix, y[0], 0.2).denoiser(schedule)
            one = md.PiGDM(plain.denoiser(schedule), md.Linear(matrix), y, noise=0.2)
            for t in (0.1, 0.5, 0.9):
                x = randn(5, 6, seed=2)
                torch.testing.assert_close(one(x, t), exact(x, t), atol=1e-4, rtol=0)

    def test_with_them_its_mean_is_off(self):
        truth = given(PAIR, FIRST, ONE[0], 0.05)
        plain = PAIR.denoiser(md.Cosine())
        made = md.PiGDM(plain, md.Linear(FIRST), ONE, noise=0.05)
        made = walk(md.dpmpp_2m, made, 5000, 50)
        assert not near(made, truth)
        assert (made.mean(0) - truth.means[0]).abs().max() < 0.1

    def test_bad_ones(self):
        with pytest.raises(ValueError, match="Clipped has no adjoint"):
            md.PiGDM(PAIR.denoiser(md.Cosine()), md.Clipped(0.5), randn(1, 2))


class TestDPS:
    plain = PAIR.denoiser(md.Cosine())

    def test_a_step_is_as_long_as_it_says_and_leads_to_y(self):
        operator, y = md.Linear(FIRST), torch.full((1, 1), 5.0, dtype=W)
        x = randn(4, 2)
        moved = md.DPS(self.plain, operator, y, xi=0.1)(x, 0.5) - self.plain(x, 0.5)
        a, s = md.Cosine()(0.5)
        length = 0.1 * s / torch.hypot(a, s) * math.sqrt(2)
        torch.testing.assert_close(moved.norm(dim=1), length.expand(4))
        # along the row of the Jacobian that y sees
        want = (given(PAIR, FIRST, y[0], 1.0).denoiser(md.Cosine())(x, 0.5)) - (
            self.plain(x, 0.5)
        )
        cosine = torch.cosine_similarity(moved, want)
        torch.testing.assert_close(cosine, torch.ones(4, dtype=W))

    def test_no_step_goes_beyond_what_explains_y(self):
        x = randn(4, 2)
        y = self.plain(x, 0.05)[:, :1] + 1e-3
        made = md.DPS(self.plain, md.Linear(FIRST), y, xi=100.0)(x, 0.05)
        torch.testing.assert_close(made[:, :1], y, atol=2e-4, rtol=0)
        there = md.DPS(self.plain, md.Linear(FIRST), self.plain(x, 0.05)[:, :1])
        torch.testing.assert_close(there(x, 0.05), self.plain(x, 0.05))

    @pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)
    def test_one_xi_for_every_schedule(self, schedule):
        guess = md.DPS(PAIR.denoiser(schedule), md.Linear(FIRST), ONE)
        x = walk(md.ddim, guess, 4000, 50)
        torch.testing.assert_close(
            x.mean(0), torch.tensor([0.92, 0.87], dtype=W), atol=0.03, rtol=0
        )

    def test_it_declips(self):
        """No adjoint is needed: beyond the level, a neighbour alike tells how far."""
        clipped, y = md.Clipped(1.0), torch.tensor([[1.0, 0.9]], dtype=W)
        made = walk(md.ddim, md.DPS(self.plain, clipped, y), 4000, 50)
        assert made[:, 0].median() > 1  # in truth all are
        assert made[:, 0].quantile(0.9) > 1.2
        assert made.mean(0).min() > 0.8  # from 0, where they are without

    def test_bad_ones(self):
        for xi in (0, -1, math.nan):
            with pytest.raises(ValueError, match="xi"):
                md.DPS(self.plain, md.Linear(FIRST), ONE, xi=xi)
        with pytest.raises(ValueError, match="y must have shape"):
            md.DPS(self.plain, md.Linear(FIRST), torch.ones(1, 3))(randn(2, 2), 0.5)


class TestDaps:
    def test_exact_without_correlations(self):
        data = md.GaussianMixture(torch.zeros(1, 2), stds=1.0)
        truth = given(data, FIRST, ONE[0], 0.3)
        x = walk(
            md.daps, data.denoiser(md.Cosine()), steps=20, operator=md.Linear(FIRST),
            y=ONE, noise=0.3, generator=dice(),
        )  # fmt: skip
        assert near(x, truth)

    def test_langevin_draws_what_is_drawn_at_once(self):
        guess, y = torch.zeros(20_000, 2, dtype=W), ONE
        one = drawn(md.Linear(FIRST), guess, y, 0.5, 0.5, 0, dice())
        other = walked(md.Linear(FIRST), guess, y, 0.5, 0.5, 300, dice(1))
        torch.testing.assert_close(one.mean(0), FIRST[0] / 2, atol=0.02, rtol=0)
        torch.testing.assert_close(one.mean(0), other.mean(0), atol=0.02, rtol=0)
        want = torch.tensor([0.125, 0.25], dtype=W)
        torch.testing.assert_close(one.var(0), want, rtol=0.05, atol=0)
        torch.testing.assert_close(other.var(0), want, rtol=0.1, atol=0)

    def test_operators_without_adjoint(self):
        x = walk(
            md.daps, PAIR.denoiser(md.Cosine()), 2000, 20, operator=md.Clipped(1.0),
            y=torch.tensor([[1.0, 0.9]], dtype=W), noise=0.1, langevin=30,
            generator=dice(),
        )  # fmt: skip
        assert x[:, 0].mean() > 1.05
        assert x[:, 1].mean() == pytest.approx(0.9, abs=0.05)

    def test_bad_ones(self):
        plain = PAIR.denoiser(md.Cosine())
        with pytest.raises(ValueError, match=r"noise must be in \(0"):
            walk(md.daps, plain, 2, 2, operator=md.Linear(FIRST), y=ONE)
        told = {"operator": md.Noisy(0.1), "y": randn(1, 2), "inner": 0}
        with pytest.raises(ValueError, match="inner"):
            walk(md.daps, plain, 2, 2, **told)


class TestReplacement:
    plain = PAIR.denoiser(md.Cosine())
    told = {"operator": md.Mask(torch.tensor([1.0, 0.0])), "y": torch.ones(1, 2)}

    @pytest.mark.parametrize(("eta", "mean"), [(0.0, 0.44), (1.0, 0.62)])
    def test_its_bias_in_numbers(self, eta, mean):
        """The second number, when the first is 1; in truth it is .9 on average."""
        x = walk(md.replacement, self.plain, eta=eta, generator=dice(), **self.told)
        assert (x[:, 0] == 1).all()
        assert x[:, 1].mean() == pytest.approx(mean, abs=0.02)

    def test_without_correlations_there_is_none(self):
        plain = md.GaussianMixture(torch.zeros(1, 2), stds=1.0).denoiser(md.Cosine())
        x = walk(md.replacement, plain, generator=dice(), **self.told)
        assert x[:, 1].mean() == pytest.approx(0, abs=0.02)
        assert x[:, 1].std() == pytest.approx(1, abs=0.04)

    def test_jumps_lead_to_the_truth(self):
        means = []
        for jumps in (1, 4, 16):
            told = self.told | {"jumps": jumps, "generator": dice()}
            means.append(walk(md.repaint, self.plain, 4000, 40, **told)[:, 1].mean())
        assert means[0] == pytest.approx(0.6, abs=0.05)
        assert means[0] < means[1] < means[2]
        assert means[2] == pytest.approx(RHO, abs=0.05)

    @pytest.mark.parametrize(("jumps", "length"), [(1, 1), (3, 1), (3, 4), (2, 100)])
    def test_calls_of_repaint(self, jumps, length):
        calls = []

        def counted(x, t, cond=None):
            calls.append(t[0].item())
            return self.plain(x, t, cond)

        counted.schedule = self.plain.schedule
        told = self.told | {"jumps": jumps, "length": length, "generator": dice()}
        walk(md.repaint, counted, 2, 10, **told)
        assert len(calls) == 10 * jumps
        first = [t for t in calls if t == calls[0]]
        assert len(first) == jumps

    def test_one_jump_is_replacement(self):
        told = self.told | {"eta": 1.0}
        one = walk(md.repaint, self.plain, 5, 10, jumps=1, generator=dice(), **told)
        other = walk(md.replacement, self.plain, 5, 10, generator=dice(), **told)
        assert torch.equal(one, other)

    def test_soft_edges_mix(self):
        mask = torch.tensor([1.0, 0.5])
        told = {"operator": md.Mask(mask), "y": torch.tensor([[1.0, 0.45]])}
        x = walk(md.replacement, self.plain, 50, 20, generator=dice(), **told)
        assert (x[:, 0] == 1).all()
        assert 0 < x[:, 1].std() < 1

    def test_a_soft_edge_fades_once(self):
        mask, x = torch.tensor([1.0, 0.5, 0.1, 0.0]).double(), randn(6, 4)
        assert torch.allclose(placed(mask, mask * x, 0.0, x, dice()), x)

    def test_bad_ones(self):
        for walker in (md.replacement, md.repaint):
            with pytest.raises(ValueError, match="Linear keeps no part"):
                walk(walker, self.plain, 2, 2, operator=md.Linear(FIRST), y=ONE)
            with pytest.raises(ValueError, match="y must have the shape"):
                walk(walker, self.plain, 2, 2, **self.told | {"y": torch.ones(1, 3)})
        with pytest.raises(ValueError, match="jumps"):
            walk(md.repaint, self.plain, 2, 2, **self.told | {"jumps": 0})


def test_conjugate_gradients():
    root = randn(4, 9, 9)
    matrix = root @ root.mT + 0.1 * torch.eye(9, dtype=W)
    b = randn(4, 9, seed=1)
    b[2] = 0  # nothing to explain
    u = conjugate_gradients(
        lambda v: torch.einsum("nij,nj->ni", matrix, v), b, 99, 1e-9
    )
    torch.testing.assert_close(u, torch.linalg.solve(matrix, b))
    assert not u[2].any()
    # not positive in any direction: nothing is claimed
    assert not conjugate_gradients(lambda v: -v, b, 9, 1e-9).any()
