"""CFG++ on an exact mixture: what it is in the words of `Guided` and `ddim`."""

import pytest
import torch

import minidiff as md
from minidiff.control.cfgpp import stepwise

MIXTURE = md.GaussianMixture([[-1.0, 0.0], [1.0, 0.5]], [0.3, 0.6], [0.3, 0.7])
X = torch.randn(8, 2, generator=torch.Generator().manual_seed(0)).double()
COND = torch.tensor([0, 1, 0, 1, 1, 0, 0, 1])
SCHEDULES = [md.Cosine(), md.LinearBeta(), md.Flow(), md.Karras()]
schedules = pytest.mark.parametrize(
    "schedule", SCHEDULES, ids=lambda s: type(s).__name__
)


@schedules
def test_a_step_is_that_of_ddim_at_a_larger_scale(schedule):
    exact, stops = MIXTURE.denoiser(schedule), schedule.times(6)
    alpha, sigma = schedule(stops)
    x = sigma[0] * X
    scales = []
    walk = md.cfgpp(exact, x, stops, 0.4, COND)
    for i, after in enumerate(walk):
        at = alpha[i], sigma[i], alpha[i + 1], sigma[i + 1]
        scale = stepwise(0.4, *(level.item() for level in at))
        guided = md.Guided(exact, scale)
        (same,) = md.ddim(guided, x, stops[i : i + 2], cond=COND)
        torch.testing.assert_close(after, same, rtol=1e-9, atol=1e-9)
        scales.append(scale)
        x = after
    assert scales[-1] == 0.4
    assert max(scales) > 0.5


@schedules
def test_scale_zero_is_ddim_without_the_condition(schedule):
    exact, stops = MIXTURE.denoiser(schedule), schedule.times(6)
    x = schedule(stops[0])[1] * X
    ours = list(md.cfgpp(exact, x, stops, 0.0, COND))
    theirs = list(md.ddim(exact, x, stops))
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b)


def test_no_condition_is_ddim_at_any_scale():
    exact, stops = MIXTURE.denoiser(md.Cosine()), md.Cosine().times(6)
    *_, ours = md.cfgpp(exact, X, stops, 0.8)
    *_, theirs = md.ddim(exact, X, stops)
    torch.testing.assert_close(ours, theirs)


def test_one_step_from_pure_noise_is_the_guided_guess():
    schedule = md.Flow()  # without any signal at t = 1
    exact = MIXTURE.denoiser(schedule)
    (x,) = md.cfgpp(exact, X, schedule.times(1), 0.7, COND)
    torch.testing.assert_close(x, md.Guided(exact, 0.7)(X, 1.0, COND))


def test_scale_one_is_no_plain_conditional_walk():
    """Its sound is the conditional guess, its noise is not."""
    schedule = md.Cosine()
    exact = MIXTURE.denoiser(schedule)
    (ours,) = md.cfgpp(exact, X, [0.6, 0.4], 1.0, COND)
    (plain,) = md.ddim(exact, X, [0.6, 0.4], cond=COND)
    assert (ours - plain).abs().max() > 0.05
    (a_t, a_s), (s_t, s_s) = (
        level.tolist() for level in schedule(torch.tensor([0.6, 0.4]).double())
    )
    eps = (X - a_t * exact(X, 0.6)) / s_t
    torch.testing.assert_close(ours, a_s * exact(X, 0.6, COND) + s_s * eps)


def test_where_the_condition_changes_nothing_it_is_ddim():
    """Two classes of one kind."""
    same = md.GaussianMixture([[0.5, 0.0], [0.5, 0.0]], 0.4)
    exact, stops = same.denoiser(md.Cosine()), md.Cosine().times(5)
    *_, ours = md.cfgpp(exact, X, stops, 0.9, COND)
    *_, plain = md.ddim(exact, X, stops)
    torch.testing.assert_close(ours, plain)


def test_the_finer_the_steps_the_more_it_pushes():
    """At a fixed scale: one Gaussian at 1, in a world whose mean is 0."""
    world = md.GaussianMixture([[-1.0], [1.0]], 0.5)
    schedule, right = md.Cosine(), torch.ones(400, dtype=torch.int64)
    x = torch.randn(400, 1, generator=torch.Generator().manual_seed(1)).double()
    means = []
    for n in (5, 20, 80):
        *_, made = md.cfgpp(world.denoiser(schedule), x, schedule.times(n), 0.5, right)
        means.append(made.mean().item())
    assert means[0] < means[1] < means[2]


@pytest.mark.parametrize("scale", [-0.1, 1.1, float("nan")])
def test_its_scale_is_from_0_to_1(scale):
    with pytest.raises(ValueError, match=r"scale must be in \[0, 1\]"):
        next(md.cfgpp(MIXTURE.denoiser(md.Flow()), X, [1.0, 0.0], scale))


def test_it_follows_the_contract_of_samplers():
    exact = MIXTURE.denoiser(md.Cosine())
    with pytest.raises(ValueError, match="times must decrease"):
        md.cfgpp(exact, X, [0.1, 0.5])
    dice = torch.Generator().manual_seed(0)
    before = dice.get_state()
    walk = md.cfgpp(exact, X.float(), [0.8, 0.4, 0.0], cond=COND, generator=dice)
    assert [x.dtype for x in walk] == [torch.float32] * 2
    assert torch.equal(dice.get_state(), before)
