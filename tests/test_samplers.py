"""Samplers: the DDPM posterior, orders of convergence, draws, and what is kept."""

import math
from itertools import pairwise

import pytest
import torch

import minidiff as md
from minidiff.samplers import SAMPLERS

every = pytest.mark.parametrize("name", SAMPLERS)
SCHEDULES = [md.LinearBeta(), md.ScaledLinear(), md.Cosine(), md.Flow(), md.Karras()]
schedules = pytest.mark.parametrize("schedule", SCHEDULES)


def normal(*shape, seed=0):
    dice = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=dice, dtype=torch.float64)


def at(*times):
    return torch.tensor(times, dtype=torch.float64)


class Known:
    """A denoiser that has the answer, and remembers how it was asked."""

    def __init__(self, x0, schedule):
        self.x0, self.schedule, self.asked = x0, schedule, []

    def __call__(self, x, t, cond=None):
        self.asked.append((t, cond))
        return self.x0.to(x)


@pytest.mark.parametrize("step", [1, 20])
@pytest.mark.parametrize("i", [2, 400, 1000])
def test_eta_one_is_the_posterior_of_ddpm(i, step):
    """Its mean and variance from the betas alone (Ho et al. 2020, eq. 6 and 7)."""
    j = max(i - step, 1)
    bars = [1.0]
    for k in range(1000):
        bars.append(bars[-1] * (1 - (1e-4 + (0.02 - 1e-4) * k / 999)))
    bar, bar_next = bars[i], bars[j]
    beta = 1 - bar / bar_next  # of the i - j steps as one
    x0, x = normal(2, 3, 4)
    mean = math.sqrt(bar_next) * beta / (1 - bar) * x0
    mean += math.sqrt(1 - beta) * (1 - bar_next) / (1 - bar) * x
    variance = beta * (1 - bar_next) / (1 - bar)
    z = torch.randn(3, 4, generator=torch.Generator().manual_seed(7)).double()
    denoiser, times = Known(x0, md.LinearBeta()), at(i / 1000, j / 1000)
    for walk, options in ((md.ddpm, {}), (md.ddim, {"eta": 1})):
        dice = torch.Generator().manual_seed(7)
        (found,) = walk(denoiser, x, times, generator=dice, **options)
        assert torch.allclose(found, mean + math.sqrt(variance) * z, atol=1e-9)


@schedules
@pytest.mark.parametrize("eta", [0, 0.3, 1])
def test_every_step_lands_on_the_right_noise_level(schedule, eta):
    """With x0 known, what is left of x after a step has variance sigma**2."""
    x0, eps = torch.zeros(1, 50_000).double(), normal(1, 50_000)
    t, s = 0.6, 0.5
    x = md.diffuse(x0, t, eps, schedule)
    dice = torch.Generator().manual_seed(1)
    (x,) = md.ddim(Known(x0, schedule), x, at(t, s), eta=eta, generator=dice)
    assert x.var().item() == pytest.approx(schedule(s)[1].item() ** 2, rel=0.03)


@schedules
@every
def test_the_last_step_adds_no_noise(name, schedule):
    x0, x = normal(2, 2, 3)
    dice = torch.Generator().manual_seed(0)
    before = dice.get_state()
    (out,) = SAMPLERS[name](Known(x0, schedule), x, at(0.4, 0.0), generator=dice)
    assert torch.allclose(out, x0, atol=1e-12)
    assert torch.equal(dice.get_state(), before)


@schedules
@pytest.mark.parametrize(
    ("name", "options", "draws"),
    [("ddim", {"eta": 0.0}, 0), ("heun", {}, 0), ("dpmpp_2m", {}, 0),
     ("ddim", {"eta": 0.5}, 1), ("ddpm", {}, 1), ("renoise", {}, 1)],
)  # fmt: skip
@pytest.mark.parametrize("end", [0.0, 0.05])
def test_draws_are_counted(name, options, draws, schedule, end):
    """One float32 draw of x's shape a step that adds noise; no other, of any kind."""
    times, x = at(1.0, 0.7, 0.3, end), normal(2, 3)
    ours, theirs = (torch.Generator().manual_seed(5) for _ in range(2))
    state = torch.get_rng_state()
    walk = SAMPLERS[name](Known(x, schedule), x, times, generator=ours, **options)
    assert len(list(walk)) == 3
    for _ in range(draws * (3 if end else 2)):
        torch.randn(x.shape, generator=theirs, dtype=torch.float32)
    assert torch.equal(ours.get_state(), theirs.get_state())
    assert torch.equal(torch.get_rng_state(), state)


GAUSSIAN = md.GaussianMixture(
    [[0.3, -0.2]], covs=torch.tensor([[[0.5, 0.2], [0.2, 0.3]]]).double()
)


def exact(x, t, s, schedule):
    """The probability-flow ODE of a Gaussian: along each axis, x / std(t) is kept."""
    mean, (values, axes) = GAUSSIAN.means, (GAUSSIAN.variances[0], GAUSSIAN.axes[0])
    (a_t, a_s), (s_t, s_s) = schedule(torch.tensor([t, s]).double())
    ratio = ((a_s**2 * values + s_s**2) / (a_t**2 * values + s_t**2)).sqrt()
    return a_s * mean + ((x - a_t * mean) @ axes * ratio) @ axes.T


@pytest.mark.parametrize("schedule", [md.Flow(), md.Karras(0.002, 5.0, 3.0)])
@pytest.mark.parametrize(("name", "order"), [("ddim", 1), ("heun", 2), ("dpmpp_2m", 2)])
def test_order_of_convergence(name, order, schedule):
    x, start, end = normal(20, 2), 0.8, 0.3
    truth = exact(x, start, end, schedule)
    errors = []
    for n in (32, 64, 128):
        times = torch.linspace(start, end, n + 1, dtype=torch.float64)
        *_, y = SAMPLERS[name](GAUSSIAN.denoiser(schedule), x, times)
        errors.append((y - truth).norm().item())
    for coarse, fine in pairwise(errors):
        assert math.log2(coarse / fine) == pytest.approx(order, abs=0.15)


@pytest.mark.parametrize("schedule", [md.LinearBeta(), md.Cosine(), md.Flow()])
def test_inversion_finds_the_noise_that_makes_the_sound(schedule):
    denoiser, x = GAUSSIAN.denoiser(schedule), normal(20, 2)
    up = torch.linspace(0.01, 0.9, 401, dtype=torch.float64)
    *_, noise = md.invert(denoiser, x, up)
    assert torch.allclose(noise, exact(x, 0.01, 0.9, schedule), atol=0.05)
    *_, back = md.ddim(denoiser, noise, up.flip(0))
    assert torch.allclose(back, x, atol=0.05)


@pytest.mark.parametrize(
    ("name", "steps"), [("ddim", 200), ("ddpm", 200), ("heun", 40), ("dpmpp_2m", 40)]
)
@pytest.mark.parametrize("schedule", [md.LinearBeta(), md.Flow(), md.Karras()])
def test_samples_have_the_right_mean_and_covariance(name, steps, schedule):
    dice = torch.Generator().manual_seed(3)
    noise = normal(5000, 2) * schedule(1)[1]
    options = {"generator": dice} if name == "ddpm" else {}
    times = schedule.times(steps)
    *_, x = SAMPLERS[name](GAUSSIAN.denoiser(schedule), noise, times, **options)
    assert torch.allclose(x.mean(0), GAUSSIAN.means[0], atol=0.04)
    cov = torch.tensor([[0.5, 0.2], [0.2, 0.3]]).double()
    assert torch.allclose(x.T.cov(), cov, atol=0.04)


@every
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_keeps_dtype_and_start_and_asks_as_agreed(name, dtype):
    x, cond = normal(3, 4).to(dtype), torch.tensor([0, 1, 2])
    denoiser, copy = Known(torch.zeros(3, 4), md.Flow()), x.clone()
    path = list(SAMPLERS[name](denoiser, x, at(1.0, 0.5, 0.25, 0.0), cond=cond))
    assert [y.dtype for y in path] == [dtype] * 3
    assert torch.equal(x, copy)
    wanted = [1.0, 0.5, 0.25] if name != "heun" else [1.0, 0.5, 0.25, 0.25]
    assert [t[0].item() for t, _ in denoiser.asked] == wanted
    assert all(t.shape == (3,) and c is cond for t, c in denoiser.asked)


@every
@schedules
def test_a_batch_is_its_items_one_by_one(name, schedule):
    x, denoiser = normal(3, 2), GAUSSIAN.denoiser(schedule)

    def sample(x, seeds):
        dice = [torch.Generator().manual_seed(s) for s in seeds]
        *_, y = SAMPLERS[name](denoiser, x, schedule.times(5), generator=dice)
        return y

    together = sample(x, [4, 5, 6])
    for i in range(3):
        assert torch.allclose(sample(x[[i]], [4 + i])[0], together[i], atol=1e-12)
    assert torch.equal(sample(x, [4, 5, 6]), together)


def test_renoise_follows_its_formula():
    schedule, x0 = md.LinearBeta(), normal(2, 3)
    dice, again = (torch.Generator().manual_seed(1) for _ in range(2))
    first, last = md.renoise(Known(x0, schedule), x0, at(1, 0.4, 0), generator=dice)
    alpha, sigma = schedule(0.4)
    z = torch.randn(2, 3, generator=again)
    assert torch.allclose(first, alpha * x0 + sigma * z, atol=1e-12)
    assert torch.equal(last, x0)


@pytest.mark.parametrize("walk", md.samplers.SAMPLERS.values())
def test_the_dtype_is_that_of_x_and_the_shape_is_looked_at(walk):
    def wide(x, t, cond=None):
        return torch.zeros(x.shape, dtype=torch.float64)

    def thin(x, t, cond=None):
        return x[:, :1]

    wide.schedule = thin.schedule = schedule = md.Cosine()
    x, times = torch.randn(3, 2, dtype=torch.bfloat16), schedule.times(4)
    assert all(y.dtype == x.dtype for y in walk(wide, x, times))
    with pytest.raises(ValueError, match="answer must have the same shape"):
        list(walk(thin, x, times))
    with pytest.raises(ValueError, match="generator must be"):
        walk(wide, x, times, generator=[torch.Generator()] * 2)
