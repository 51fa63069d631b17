"""log p(x) by the flow against closed forms, and where likelihood misleads."""

import math

import pytest
import torch

import minidiff as md
from minidiff.control.likelihood import log_likelihood, probing, traced

MIXTURE = md.GaussianMixture([[-1.0, 0.5], [1.0, -0.5]], [0.3, 0.6], [0.7, 0.3])
POINTS = torch.tensor([[-1.0, 0.5], [0.0, 0.0], [2.0, 1.0], [3.0, -3.0]]).double()
COV = torch.tensor([[1.0, 0.72, 0.2], [0.72, 0.81, 0.1], [0.2, 0.1, 0.4]]).double()
GAUSSIAN = md.GaussianMixture([[0.3, -0.2, 0.1]], covs=COV[None])


@pytest.mark.parametrize("schedule", [md.Cosine(), md.Flow()])
def test_of_a_gaussian(schedule):
    x, _ = GAUSSIAN.sample(20, torch.Generator().manual_seed(0))
    found = log_likelihood(GAUSSIAN.denoiser(schedule), x)
    torch.testing.assert_close(found, GAUSSIAN.log_prob(x), rtol=0, atol=1e-3)


@pytest.mark.parametrize("schedule", [md.Cosine(), md.Flow()])
def test_of_a_mixture(schedule):
    x, _ = MIXTURE.sample(20, torch.Generator().manual_seed(0))
    x = torch.cat([x, POINTS])  # between the two and far outside as well
    found = log_likelihood(MIXTURE.denoiser(schedule), x)
    torch.testing.assert_close(found, MIXTURE.log_prob(x), rtol=0, atol=1e-3)


def test_of_a_schedule_that_keeps_its_signal():
    """Karras' levels end at 80: there x_t is noise of 80 beside a signal of about 1."""
    found = log_likelihood(MIXTURE.denoiser(md.Karras()), POINTS)
    torch.testing.assert_close(found, MIXTURE.log_prob(POINTS), rtol=0, atol=0.05)


def test_of_one_class_alone():
    found = log_likelihood(MIXTURE.denoiser(md.Cosine()), POINTS, torch.full((4,), 1))
    alone = md.GaussianMixture([[1.0, -0.5]], 0.6).log_prob(POINTS)
    torch.testing.assert_close(found, alone, rtol=0, atol=1e-3)


def test_twice_the_steps_have_a_sixteenth_of_the_error():
    exact = MIXTURE.log_prob(POINTS, 0.0)
    errors = [
        log_likelihood(
            MIXTURE.denoiser(md.Cosine()), POINTS, steps=n, between=(1e-4, 1e4)
        )
        - exact
        for n in (40, 80)
    ]
    assert errors[1].abs().max() < errors[0].abs().max() / 8


def test_the_density_integrates_to_one():
    """Of a denoiser that is nobody's own: a flow has a density all the same."""

    class Bent:
        schedule = md.Cosine()

        def __call__(self, x, t, cond=None):
            alpha, sigma = (level.to(x)[:, None] for level in self.schedule(t))
            return 0.5 * x.tanh() * alpha / (alpha**2 + sigma**2)

    line = torch.linspace(-12, 12, 2401, dtype=torch.float64)[:, None]
    p = log_likelihood(Bent(), line).exp()
    assert p.sum().item() * 0.01 == pytest.approx(1, abs=2e-3)


def test_probes_are_right_on_the_average():
    x = POINTS[:2]
    some = torch.stack([
        log_likelihood(GAUSSIAN.denoiser(md.Cosine()), torch.zeros(1, 3).double(),
                       steps=30, probes=1, seed=k) for k in range(16)
    ])  # fmt: skip
    true = GAUSSIAN.log_prob(torch.zeros(1, 3).double())
    assert some.std() > 0.05  # one probe alone is not exact
    assert abs(some.mean() - true) < 4 * some.std() / math.sqrt(16)
    # where dx0_hat/dx is diagonal every probe is exact
    round_ = md.GaussianMixture([[0.0, 0.0]], 0.5)
    found = log_likelihood(round_.denoiser(md.Cosine()), x, probes=1)
    torch.testing.assert_close(found, round_.log_prob(x), rtol=0, atol=1e-3)


def test_a_trace_is_a_trace():
    A = torch.tensor([[1.0, 5.0], [-3.0, 2.0]]).double()
    z = torch.zeros(3, 2).double().requires_grad_()
    found = traced(z @ A.T, z, None)
    torch.testing.assert_close(found, torch.full((3,), 3.0).double())
    v = probing(torch.zeros(1, 100), None, 0)
    assert v.shape == (8, 100)
    assert set(v.unique().tolist()) == {-1, 1}
    assert probing(torch.zeros(1, 64), None, 0) is None


def test_simple_sounds_look_likely():
    """Nalisnick et al. 2019: what is learned is rough; what is smooth and soft, and was
    never heard, has the higher density, all of it; by the exact numbers."""
    d, dice = 24, torch.Generator().manual_seed(0)
    rough = md.GaussianMixture([[0.0] * d], 1.0)
    usual, _ = rough.sample(12, dice)
    turn = torch.arange(d) / d * 2 * torch.pi
    phase = 6.28 * torch.rand(12, 1, generator=dice)
    tones = (turn + phase).sin().double() * 0.5
    ideal = rough.denoiser(md.Cosine())
    score = [-log_likelihood(ideal, x, steps=30) for x in (usual, tones)]
    torch.testing.assert_close(score[0], -rough.log_prob(usual), rtol=0, atol=5e-3)
    assert score[1].max() < score[0].min()  # an AUC of 0: every tone is "more usual"
    # by 1/2 (E|x|^2 - |tone|^2), as of two variances: 1/2 d (1 - 1/8)
    gap = (score[0].mean() - score[1].mean()).item()
    assert gap == pytest.approx(0.5 * d * (1 - 0.125), abs=4)
    # how far from the usual likelihood it is, whichever side, tells them apart
    middle = d / 2 * (1 + math.log(2 * math.pi))  # the entropy
    assert (score[1] - middle).abs().min() > (score[0] - middle).abs().max()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"steps": 0}, "steps"),
        ({"probes": 0}, "probes"),
        ({"between": (1.0, 0.5)}, "between"),
        ({"between": (0.0, 5.0)}, "between"),
    ],
)
def test_bad_options(options, words):
    with pytest.raises(ValueError, match=words):
        log_likelihood(MIXTURE.denoiser(md.Cosine()), POINTS, **options)
