"""Wrappers: identities that hold for any denoiser, and exact mixtures."""

import math

import pytest
import torch

import minidiff as md

MIXTURE = md.GaussianMixture([[-1.0, 0.0], [1.0, 0.5]], [0.3, 0.6], [0.3, 0.7])
SCHEDULE = md.LinearBeta()
DENOISER = MIXTURE.denoiser(SCHEDULE)
X = torch.randn(6, 2, generator=torch.Generator().manual_seed(0)).double()
COND = torch.tensor([0, 1, 0, 1, 1, 0])


class Recorder:
    """A denoiser that remembers the conditions it was asked with."""

    schedule = md.Flow()

    def __init__(self):
        self.asked = []

    def __call__(self, x, t, cond=None):
        self.asked.append(cond)
        return x


def test_scale_one_is_plain_and_zero_is_unconditional():
    assert torch.equal(md.Guided(DENOISER, 1)(X, 0.5, COND), DENOISER(X, 0.5, COND))
    assert torch.equal(md.Guided(DENOISER, 0)(X, 0.5, COND), DENOISER(X, 0.5))
    assert not torch.equal(DENOISER(X, 0.5, COND), DENOISER(X, 0.5))


@pytest.mark.parametrize("scale", [0, 1, 3.5])
def test_no_condition_is_unconditional_at_any_scale(scale):
    assert torch.equal(md.Guided(DENOISER, scale)(X, 0.5), DENOISER(X, 0.5))


@pytest.mark.parametrize("scale", [0, 0.5, 3.5])
def test_away_from_a_null_that_is_told_something(scale):
    null, plain = DENOISER(X, 0.5, COND), DENOISER(X, 0.5)
    away = md.Guided(DENOISER, scale, null=COND)(X, 0.5)
    torch.testing.assert_close(away, null + scale * (plain - null))


@pytest.mark.parametrize("scale", [-1, 0.5, 2, 7])
def test_scores_are_mixed_in_the_same_way(scale):
    """Ho & Salimans: score = (1 + w) score_cond - w score_null, with w = scale - 1."""
    x, w = X.clone().requires_grad_(), scale - 1
    t, (alpha, sigma) = 0.4, SCHEDULE(0.4)
    null = torch.autograd.grad(MIXTURE.log_prob(x, t, SCHEDULE).sum(), x)[0]
    each = []
    for k in range(2):
        alone = md.GaussianMixture(MIXTURE.means[[k]], [0.3, 0.6][k])
        each.append(torch.autograd.grad(alone.log_prob(x, t, SCHEDULE).sum(), x)[0])
    cond = torch.where(COND[:, None] == 0, *each)
    guided = md.Guided(DENOISER, scale)(X, t, COND)
    score = (alpha * guided - X) / sigma**2
    assert torch.allclose(score, (1 + w) * cond - w * null, atol=1e-10)


def test_guides_only_between():
    t = torch.tensor([0.05, 0.3, 0.5, 0.7, 0.9, 1.0], dtype=torch.float64)
    alpha, sigma = SCHEDULE(t)
    plain, full = DENOISER(X, t, COND), md.Guided(DENOISER, 3)(X, t, COND)
    low, high = (sigma / alpha)[[1, 3]]
    some = md.Guided(DENOISER, 3, between=(low.item(), high.item()))
    expected = torch.cat([plain[:1], full[1:4], plain[4:]])
    torch.testing.assert_close(some(X, t, COND), expected)
    inner = Recorder()
    guided = md.Guided(inner, 3, between=(0.5, 2))
    for t in (0.2, 0.5, 0.9):  # of md.Flow: sigma / alpha is 0.25, 1 and 9
        guided(X, t, COND)
    assert len(inner.asked) == 1 + 2 + 1


@pytest.mark.parametrize("between", [(2, 1), (1, 1), (-1, 1), (math.nan, 1)])
def test_between_must_rise(between):
    with pytest.raises(ValueError, match="between must be two that rise from 0 on"):
        md.Guided(DENOISER, 2, between=between)


def test_asks_no_more_than_it_needs():
    for scale, asked in ((0, [None]), (1, [COND]), (2, [None, COND])):
        inner = Recorder()
        md.Guided(inner, scale)(X, 0.5, COND)
        assert list(map(id, inner.asked)) == list(map(id, asked))


def test_null_replaces_only_what_it_names():
    inner, digit, speaker, other = Recorder(), COND, COND + 1, COND + 2
    cond = {"digit": digit, "speaker": speaker}
    for null in ({"digit": other}, {"digit": None}):
        md.Guided(inner, 2, null)(X, 0.5, cond)
        told, full = inner.asked[-2:]
        assert full is cond
        assert told.get("digit") is null["digit"]
        assert told["speaker"] is speaker
    assert set(cond) == {"digit", "speaker"}  # the caller's dict is left alone


def test_clip_keeps_the_range_and_eps_follows():
    start = 3 * X
    clipped = md.Clip(DENOISER, -0.5, 0.25)
    x0 = clipped(start, 0.5)
    assert (x0.min(), x0.max()) == (-0.5, 0.25)
    inside = (DENOISER(start, 0.5) > -0.5) & (DENOISER(start, 0.5) < 0.25)
    assert torch.equal(x0[inside], DENOISER(start, 0.5)[inside])
    (a_t, a_s), (s_t, s_s) = (
        level.tolist() for level in SCHEDULE(torch.tensor([0.5, 0.2]).double())
    )
    (x,) = md.ddim(clipped, start, [0.5, 0.2])
    eps = (start - a_t * DENOISER(start, 0.5).clamp(-0.5, 0.25)) / s_t
    assert torch.allclose(x, a_s * x0 + s_s * eps, atol=1e-7)


def test_clip_of_guided_is_a_denoiser_too():
    denoiser = md.Clip(md.Guided(DENOISER, 3))
    assert denoiser.schedule is SCHEDULE
    *_, x = md.dpmpp_2m(denoiser, X, SCHEDULE.times(5), cond=COND)
    assert x.abs().max() <= 1
