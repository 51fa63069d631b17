"""The bridge: exact marginals, the paper's samplers, the right answer at the end."""

import math

import pytest
import torch

from minidiff.control.bridge import Bridge, Regression, cross

W = torch.float64
TIMES = torch.tensor([1, 0.8, 0.5, 0.3, 0.1, 0], dtype=W)


class Knows:
    """Predicts what it was told, whatever it is asked."""

    def __init__(self, x0, sigma=0.7, k=2.6):
        self.x0, self.levels = x0, Bridge(torch.nn.Identity(), sigma, k).levels

    def __call__(self, x, t, cond):
        assert t.shape == (len(x),)
        return self.x0.expand_as(x)


class Posterior:
    """E[x0 | x_t, y] where x0 given y is a Gaussian of this mean and covariance."""

    def __init__(self, mean, cov, sigma=0.7):
        self.mean, self.cov = mean, cov
        self.levels = Bridge(torch.nn.Identity(), sigma).levels

    def __call__(self, x, t, cond):
        r, std = self.levels(t[0])
        seen = (1 - r) ** 2 * self.cov + std**2 * torch.eye(len(self.cov), dtype=W)
        if std == 0 and r == 1:
            return self.mean.expand_as(x)
        gain = (1 - r) * self.cov @ torch.linalg.inv(seen)
        return self.mean + (x - (1 - r) * self.mean - r * cond["noisy"]) @ gain.T


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


def last(walk):
    *_, x = walk
    return x


@pytest.mark.parametrize("k", [1.0, 2.6])
def test_levels_are_those_of_the_two_ends(k):
    bridge = Bridge(torch.nn.Identity(), sigma=0.7, k=k)
    t = torch.linspace(0, 1, 101, dtype=W)
    r, std = bridge.levels(t)
    assert (r[0], r[-1], std[0], std[-1]) == (0, 1, 0, 0)
    assert (r.diff() > 0).all()
    assert std.max() == pytest.approx(0.35, abs=1e-3)
    if k == 1:
        torch.testing.assert_close(r, t)
        return
    # the paper's: sigma_t^2 = c (k^2t - 1) / (2 log k), and its marginal variance
    c = 2 * math.log(k) * 0.7**2 / (k**2 - 1)
    up = c * (k ** (2 * t) - 1) / (2 * math.log(k))
    torch.testing.assert_close(r, up / up[-1])
    torch.testing.assert_close(std**2, up * (up[-1] - up) / up[-1])


@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_steps_are_the_papers(eta):
    """One step from the middle, in the symbols of Jukić et al. 2024."""
    x0, y = (torch.randn(4, 3, generator=dice(i), dtype=W) for i in (1, 2))
    knows = Knows(x0)
    path = [y, *cross(knows, y, TIMES, eta, dice(5))]
    again = dice(5)
    up = 0.7**2 * knows.levels(TIMES)[0]  # sigma_t^2; down is that from t to the end
    down = 0.7**2 - up
    for i in range(len(TIMES) - 1):
        x, (a, b), (da, db) = path[i], up[i : i + 2], down[i : i + 2]
        if eta == 1:
            share = b / a
            expected = share * x + (1 - share) * x0
            if b > 0:
                z = torch.randn(x.shape, generator=again)
                expected = expected + (b * (1 - share)).sqrt() * z
        elif i == 0:  # from a point; there the formula divides by nothing
            expected = (db * x0 + b * y) / 0.49
        else:
            along = (b * db / (a * da)).sqrt()
            to_x0 = db - da * (b * db / (a * da)).sqrt()
            to_y = b - a * (b * db / (a * da)).sqrt()
            expected = along * x + (to_x0 * x0 + to_y * y) / 0.49
        torch.testing.assert_close(path[i + 1], expected)


def test_a_walk_that_knows_the_end_has_the_marginals_of_the_bridge():
    x0, y = torch.tensor([[2.0, -1.0]], dtype=W), torch.tensor([[-1.0, 0.5]], dtype=W)
    knows, n = Knows(x0), 40_000
    path = list(cross(knows, y.expand(n, 2), TIMES, 1.0, dice()))
    shares, stds = knows.levels(TIMES)
    for x, r, std in zip(path, shares[1:], stds[1:], strict=True):
        error = 4 * std / math.sqrt(n) + 1e-9
        assert ((x.mean(0) - (1 - r) * x0[0] - r * y[0]).abs() < error).all()
        torch.testing.assert_close(x.std(0), std.expand(2), rtol=0.02, atol=1e-9)
    # and as a process: Cov(x_s, x_t) = sigma^2 r_s (1 - r_t)
    a, b = path[1] - path[1].mean(0), path[2] - path[2].mean(0)
    expected = 0.49 * shares[3] * (1 - shares[2])
    torch.testing.assert_close((a * b).mean(0), expected.expand(2), rtol=0.05, atol=0)


@pytest.fixture
def gaussian():
    """x0 of a Gaussian with y = x0 + noise: mean and covariance of x0 given y."""
    prior = torch.tensor([[1.0, 0.6], [0.6, 0.5]], dtype=W)
    noise = torch.tensor([[0.5, 0.0], [0.0, 0.2]], dtype=W)
    y = torch.tensor([1.5, -0.5], dtype=W)
    gain = prior @ torch.linalg.inv(prior + noise)
    return y, gain @ y, prior - gain @ prior


def test_with_the_exact_predictor_the_end_is_the_posterior(gaussian):
    y, mean, cov = gaussian
    errors = []
    for steps in (50, 200):
        times = torch.linspace(1, 0, steps + 1, dtype=W)
        start = y.expand(60_000, 2)
        x = last(cross(Posterior(mean, cov), start, times, 1.0, dice(steps)))
        assert (x.mean(0) - mean).abs().max() < 0.01
        errors.append((x.T.cov() - cov).abs().max() / cov.max())
    assert errors[1] < 0.03
    assert errors[1] < errors[0] / 2  # it is the steps that are too few


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_without_noise_it_ends_in_the_mean(gaussian, steps):
    y, mean, cov = gaussian
    times = torch.linspace(1, 0, steps + 1, dtype=W)
    x = last(cross(Posterior(mean, cov), y[None], times, eta=0.0))
    torch.testing.assert_close(x[0], mean)


class Line(torch.nn.Module):
    """A net of two numbers, which keeps what it was asked."""

    def __init__(self):
        super().__init__()
        self.gain, self.shift = (torch.nn.Parameter(torch.ones(())) for _ in range(2))
        self.asked = []

    def forward(self, x, t, cond):
        self.asked.append((x, t))
        return self.gain * x + self.shift


def test_one_step_is_the_answer_of_the_regression():
    y = torch.randn(3, 4, generator=dice())
    net = Line()
    for eta in (0.0, 1.0):
        x = last(cross(Bridge(net), y, torch.tensor([1.0, 0.0]), eta, dice()))
        torch.testing.assert_close(x, Regression(net)(y, 1.0, {"noisy": y}))
        # at the far end x_t = y is x0 and as much of something else
        torch.testing.assert_close(x, y / 2 + (y + 1) / math.sqrt(2))


def test_the_net_is_asked_for_what_is_missing_in_unit_variance():
    """Where x0 and y - x0 have unit variance, and so at the best linear guess."""
    n, bridge = 400_000, Bridge(Line(), sigma=1.5)
    x0, other, z = (torch.randn(n, generator=dice(i)) for i in range(3))
    for t in (0.01, 0.3, 0.7, 1.0):
        r, std = bridge.levels(t)
        x = x0 + r * other + std * z
        skip, scale = bridge._scales(torch.tensor(t), x)
        assert ((x0 - skip * x) / scale).std() == pytest.approx(1, abs=0.01)
        # what is missing has nothing of x_t left
        assert abs(((x0 - skip * x) * x).mean()) < 0.01
    skip, scale = bridge._scales(torch.tensor(0.0), x)
    assert (skip.item(), scale.item()) == pytest.approx((1, 0), abs=2e-3)


def test_the_loss_asks_at_points_of_the_bridge():
    n = 50_000
    x0, y = torch.full((n, 1), 2.0), torch.full((n, 1), -1.0)
    net = Line()
    bridge = Bridge(net, sigma=0.7)
    loss = bridge.loss(x0, {"noisy": y}, dice())
    x, t = net.asked[-1]
    assert t.min() < 0.01
    assert t.max() > 0.99
    r, std = bridge.levels(t[:, None])
    z = (x - (1 - r) * x0 - r * y) / std
    assert abs(z.mean()) < 0.02
    assert abs(z.std() - 1) < 0.02
    beside = r**2 + std**2
    guess = x / (1 + beside) + (x + 1) * (beside / (1 + beside)).sqrt()
    error = (guess - x0).square() * (1 + beside) / beside
    torch.testing.assert_close(loss, error.mean().float(), rtol=1e-3, atol=0)
    torch.testing.assert_close(loss, bridge.loss(x0, {"noisy": y}, dice()))

    loss = Regression(net, sigma=0.7).loss(x0, {"noisy": y}, dice())
    x, t = net.asked[-1]
    assert (t == 1).all()
    torch.testing.assert_close(x, y)
    # the net says 0 of y = -1, so x0_hat is -1/2, 2.5 from x0, of a scale of 1/sqrt(2)
    torch.testing.assert_close(loss, torch.tensor(12.5))


def test_an_item_depends_on_its_own_dice():
    y = torch.randn(3, 4, generator=dice())
    bridge = Bridge(Line())
    whole = last(cross(bridge, y, TIMES, 1.0, [dice(i) for i in range(3)]))
    alone = last(cross(bridge, y[2:], TIMES, 1.0, [dice(2)]))
    torch.testing.assert_close(whole[2:], alone)


def test_bad_input_is_named():
    y, bridge = torch.zeros(2, 3), Bridge(Line())
    for times in ([0.5, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0]):
        with pytest.raises(ValueError, match="times must decrease strictly from 1"):
            cross(bridge, y, torch.tensor(times))
    with pytest.raises(ValueError, match="eta"):
        cross(bridge, y, torch.tensor([1.0, 0.0]), eta=1.5)
    with pytest.raises(ValueError, match="y holds NaN"):
        cross(bridge, y * torch.nan, torch.tensor([1.0, 0.0]))
    with pytest.raises(ValueError, match="cond must be a dict with 'noisy'"):
        bridge(y, 0.5, None)
    with pytest.raises(ValueError, match="same shape"):
        bridge.loss(y, {"noisy": y[:1]})
    with pytest.raises(ValueError, match="sigma"):
        Bridge(Line(), sigma=0)
    with pytest.raises(ValueError, match="k must"):
        Bridge(Line(), k=0.5)
