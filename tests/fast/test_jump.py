"""The exact map of a mixture: that of one Gaussian, one with itself, and the truth."""

import pytest
import torch

import minidiff as md
from minidiff.fast.jump import GaussianJump, MixtureJump

ONE = md.GaussianMixture([[0.4, -0.3]], covs=[[[1.0, 0.6], [0.6, 0.5]]])
EIGHT = md.data.points("gaussians", 8).mixture
schedules = pytest.mark.parametrize("schedule", [md.Cosine(), md.Flow(), md.Karras()])


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


def noisy(mixture, t, schedule, n=20, seed=0):
    """x_t of n points, float64."""
    x, _ = mixture.sample(n, dice(seed))
    eps = torch.randn(x.shape, generator=dice(seed + 1)).double()
    return md.diffuse(x, t, eps, schedule)


@schedules
@pytest.mark.parametrize(("t", "s"), [(0.9, 0.0), (0.9, 0.4), (0.3, 0.8), (1.0, 0.0)])
def test_of_one_gaussian_both_know_the_same_way(schedule, t, s):
    x = noisy(ONE, t, schedule)
    known = GaussianJump(ONE, schedule)(x, t, s=s)
    found = MixtureJump(ONE, schedule)(x, t, s=s)
    assert torch.allclose(found, known, rtol=1e-6, atol=1e-6)


@schedules
def test_every_item_has_a_time_of_its_own(schedule):
    x = noisy(EIGHT, 0.7, schedule, n=3)
    jump = MixtureJump(EIGHT, schedule, 20)
    t, s = torch.tensor([0.7, 0.5, 0.9]), torch.tensor([0.0, 0.2, 0.9])
    found = jump(x, t, s=s)
    for i in range(3):
        alone = jump(x[i : i + 1], t[i].item(), s=s[i].item())
        assert torch.allclose(found[i : i + 1], alone, atol=1e-6)
    assert torch.allclose(found[2], x[2])


@schedules
def test_two_jumps_are_one(schedule):
    """Self-consistency: where a path ends does not depend on where one gets on."""
    x, jump = noisy(EIGHT, 0.9, schedule), MixtureJump(EIGHT, schedule)
    half = jump(x, 0.9, s=0.3)
    assert torch.allclose(jump(half, 0.3), jump(x, 0.9), atol=1e-6)
    assert torch.allclose(jump(half, 0.3, s=0.9), x, atol=1e-4)
    mean = EIGHT.denoiser(schedule)
    assert not torch.allclose(mean(half, 0.3), mean(x, 0.9), atol=0.1)


@schedules
def test_it_is_where_a_fine_walk_comes_to(schedule):
    x = noisy(EIGHT, 0.6, schedule, 20)
    times = torch.linspace(0.6, 0.2, 201).double()
    *_, end = md.heun(EIGHT.denoiser(schedule), x, times)
    assert torch.allclose(MixtureJump(EIGHT, schedule)(x, 0.6, s=0.2), end, atol=1e-3)


def test_at_the_end_nothing_moves_and_dtypes_stay():
    jump, x = MixtureJump(EIGHT, md.Cosine(), 20), torch.randn(5, 2, generator=dice())
    assert torch.allclose(jump(x, 0.0), x)
    assert jump(x, 0.5).dtype == torch.float32


def test_from_pure_noise_it_makes_the_mixture():
    z = torch.randn(2000, 2, generator=dice()).double()
    made, true = (
        MixtureJump(EIGHT, md.Flow(), 40)(z, 1.0),
        EIGHT.sample(2000, dice(1))[0],
    )
    far = torch.cdist(made, EIGHT.means).min(1).values
    truly = torch.cdist(true, EIGHT.means).min(1).values
    assert far.square().mean().item() == pytest.approx(
        truly.square().mean().item(), rel=0.15
    )
    share = torch.cdist(made, EIGHT.means).argmin(1).bincount(minlength=8) / 2000
    assert (share - 1 / 8).abs().max() < 0.04


def test_with_a_label_it_leads_to_that_gaussian():
    z = torch.randn(50, 2, generator=dice()).double()
    label = torch.full((50,), 3)
    made = MixtureJump(EIGHT, md.Flow())(z, 1.0, label)
    assert (torch.cdist(made, EIGHT.means).argmin(1) == 3).all()


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="steps"):
        MixtureJump(EIGHT, md.Flow(), 0)
    with pytest.raises(ValueError, match="needs a width"):
        MixtureJump(md.GaussianMixture([[0.0, 0.0]], 0.0), md.Flow())
    with pytest.raises(ValueError, match="t must"):
        MixtureJump(EIGHT, md.Flow())(torch.ones(2, 2), 1.5)


@pytest.mark.parametrize("kind", [GaussianJump, MixtureJump])
def test_points_of_another_space_are_refused(kind):
    jump = kind(md.GaussianMixture([[0.0, 1.0]], 0.5), md.Flow())
    for x in (torch.ones(4, 1), torch.ones(4, 3)):
        with pytest.raises(ValueError, match="x must have shape"):
            jump(x, 0.5)
