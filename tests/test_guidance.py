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


WIDE = md.GaussianMixture([[-1.0, 0.0], [1.0, 0.5]], [0.6, 0.9], [0.3, 0.7])
WORSE = WIDE.denoiser(SCHEDULE)


@pytest.mark.parametrize("cond", [None, COND], ids=["null", "asked"])
def test_autoguidance_leads_away_from_the_worse(cond):
    good, bad = DENOISER(X, 0.5, cond), WORSE(X, 0.5, cond)
    for scale in (0, 0.5, 3):
        got = md.Guided(DENOISER, scale, worse=WORSE)(X, 0.5, cond)
        torch.testing.assert_close(got, bad + scale * (good - bad))
    assert torch.equal(md.Guided(DENOISER, 1, worse=WORSE)(X, 0.5, cond), good)


def test_autoguidance_of_one_gaussian_in_closed_form():
    """A spread of s, a worse one of S: the score is that of another spread."""
    s, S, scale, t = 0.4, 0.8, 2.5, 0.45
    good = md.GaussianMixture([[0.2, -0.1]], s).denoiser(SCHEDULE)
    bad = md.GaussianMixture([[0.2, -0.1]], S).denoiser(SCHEDULE)
    alpha, sigma = SCHEDULE(t)
    guided = md.Guided(good, scale, worse=bad)(X, t)
    score = (alpha * guided - X) / sigma**2
    precision = scale / (alpha**2 * s**2 + sigma**2)
    precision += (1 - scale) / (alpha**2 * S**2 + sigma**2)
    mean = alpha * torch.tensor([0.2, -0.1])
    torch.testing.assert_close(score, -precision * (X - mean))


def test_the_worse_is_told_the_same():
    good, bad = Recorder(), Recorder()
    md.Guided(good, 2, worse=bad)(X, 0.5, COND)
    assert [a is COND for a in good.asked + bad.asked] == [True, True]
    cond = {"digit": COND, "speaker": COND}
    md.Guided(good, 2, worse=bad, between=(0.5, 2))(X, 0.9, cond)  # 9: plain
    md.Guided(good, 2, worse=bad, between=(0.5, 2))(X, 0.5, cond)
    assert len(bad.asked) == 2
    assert bad.asked[1] is cond


def test_the_worse_must_mean_the_same_by_a_time():
    other = WIDE.denoiser(md.Cosine())
    with pytest.raises(ValueError, match=r"worse: its schedule, Cosine, has other"):
        md.Guided(DENOISER, 2, worse=other)
    same = WIDE.denoiser(md.LinearBeta())
    assert md.Guided(DENOISER, 2, worse=same)(X, 0.5).shape == X.shape
    with pytest.raises(ValueError, match="null: with worse there is none"):
        md.Guided(DENOISER, 2, null=COND, worse=WORSE)


@pytest.mark.parametrize("phi", [0.3, 1.0])
def test_rescaled_has_the_spread_of_the_conditional_guess(phi):
    x = torch.randn(6, 50, generator=torch.Generator().manual_seed(1)).double()
    means = torch.stack([torch.linspace(-1, 1, 50), torch.linspace(1, 2, 50) ** 2])
    exact = md.GaussianMixture(means, 0.5).denoiser(SCHEDULE)
    plain, full = exact(x, 0.5, COND), md.Guided(exact, 4)(x, 0.5, COND)
    got = md.Guided(exact, 4, rescale=phi)(x, 0.5, COND)
    wide, narrow, mixed = (y.std(1, correction=0) for y in (full, plain, got))
    torch.testing.assert_close(mixed, phi * narrow + (1 - phi) * wide)
    torch.testing.assert_close(got / full, (mixed / wide)[:, None].expand(6, 50))
    assert ((wide - narrow).abs() > 0.5).sum() == 3
    weak = md.Guided(exact, 0, rescale=1.0)(x, 0.5, COND)  # of the other spread
    torch.testing.assert_close(weak.std(1, correction=0), narrow)


def test_rescale_asks_no_more_and_changes_nothing_at_scale_one():
    inner = Recorder()
    md.Guided(inner, 3, rescale=0.7)(X, 0.5, COND)
    assert len(inner.asked) == 2
    plain = md.Guided(DENOISER, 1, rescale=0.7)(X, 0.5, COND)
    assert torch.equal(plain, DENOISER(X, 0.5, COND))
    silence = md.Guided(inner, 3, rescale=1.0)(torch.zeros(6, 2), 0.5, COND)
    assert torch.equal(silence, torch.zeros(6, 2))
    with pytest.raises(ValueError, match=r"rescale must be in \[0, 1\]"):
        md.Guided(DENOISER, 2, rescale=1.5)


def test_nulls_drop_together():
    """One lot an item, whatever the number of conditions."""
    torch.manual_seed(0)
    net = md.UNet(1, channels=(8,), classes={"digit": 10, "speaker": 6})
    denoiser, seen = md.Denoiser(net, md.Cosine(), "v", drop=0.3), []
    net.register_forward_pre_hook(lambda _, told: seen.append(told[2]))
    cond = {"digit": torch.full((2000,), 3), "speaker": torch.full((2000,), 4)}
    denoiser.loss(torch.zeros(2000, 1, 4), cond, torch.Generator().manual_seed(0))
    digit, speaker = seen[0]["digit"] == 10, seen[0]["speaker"] == 6
    assert torch.equal(digit, speaker)
    assert 0.26 < digit.double().mean() < 0.34
