"""Noising: step by step is the closed form, item by item, in every precision."""

import pytest
import torch

import minidiff as md
from minidiff.process import randn, starting_noise

dice = torch.Generator().manual_seed(0)


@pytest.mark.parametrize("schedule", [md.LinearBeta(), md.Flow(), md.Karras()])
@pytest.mark.parametrize("size", [(2,), (1, 5), (2, 3, 4)])
def test_each_item_has_its_own_time(schedule, size):
    x0, eps = torch.randn(2, 3, *size, generator=dice, dtype=torch.float64)
    t = torch.tensor([0.0, 0.31, 1.0], dtype=torch.float64)
    x_t = md.diffuse(x0, t, eps, schedule)
    for i in range(3):
        alpha, sigma = (level.item() for level in schedule(t[i].item()))
        assert torch.allclose(x_t[i], alpha * x0[i] + sigma * eps[i], rtol=1e-14)
        together = md.diffuse(x0, t[i].item(), eps, schedule)
        assert torch.equal(together[i], x_t[i])
    assert torch.equal(x_t[0], x0[0])  # t = 0 is the clean sound


def test_step_by_step_is_the_closed_form():
    """x_i = sqrt(1 - beta) x + sqrt(beta) eps keeps a mean and a variance."""
    schedule, mean, variance = md.LinearBeta(50, 0.01, 0.2), 1.0, 0.0
    one, none = torch.ones(1, 1).double(), torch.zeros(1, 1).double()
    for i in range(50):
        beta = 0.01 + 0.19 * i / 49
        mean, variance = (1 - beta) ** 0.5 * mean, (1 - beta) * variance + beta
        t = (i + 1) / 50
        assert md.diffuse(one, t, none, schedule).item() == pytest.approx(mean)
        noise = md.diffuse(none, t, one, schedule).item()
        assert noise**2 == pytest.approx(variance)


def test_a_schedule_may_be_any_function_of_t():
    x0, eps = torch.randn(2, 3, 5, generator=dice, dtype=torch.float64)
    found = md.diffuse(x0, 0.3, eps, lambda t: (torch.tensor(1 - t), torch.tensor(t)))
    torch.testing.assert_close(found, md.diffuse(x0, 0.3, eps, md.Flow()))


@pytest.mark.parametrize("schedule", [md.LinearBeta(), md.Cosine(), md.Karras()])
def test_a_walk_begins_as_wide_as_its_schedule_ends(schedule):
    alpha, sigma = schedule(1.0)
    noise = starting_noise((4, 1000), 1.0, schedule, torch.Generator().manual_seed(5))
    unit = randn((4, 1000), torch.Generator().manual_seed(5))
    torch.testing.assert_close(noise, unit * (alpha**2 + sigma**2).sqrt().item())
    if isinstance(schedule, md.LinearBeta):
        assert torch.equal(noise, unit)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_keeps_the_precision_of_x0(dtype):
    x0 = torch.ones(2, 1, dtype=dtype)
    times = torch.tensor([0.2, 0.4], dtype=torch.float64)
    assert md.diffuse(x0, times, torch.ones(2, 1), md.Flow()).dtype == dtype


@pytest.mark.parametrize("n", [1, 2, 4])
def test_never_broadcasts_times(n):
    x0 = torch.zeros(3, 4)
    with pytest.raises(ValueError, match=rf"t must be .*\(3,\).*\({n},\)"):
        md.diffuse(x0, torch.full((n,), 0.5), x0, md.Flow())


def test_noise_is_one_draw_from_its_generator():
    ours, theirs = (torch.Generator().manual_seed(3) for _ in range(2))
    assert torch.equal(randn((2, 5), ours), torch.randn(2, 5, generator=theirs))
    assert torch.equal(ours.get_state(), theirs.get_state())


def test_item_i_depends_on_generator_i_only():
    def noise(*seeds):
        return randn((len(seeds), 4), [torch.Generator().manual_seed(s) for s in seeds])

    a, b = noise(1, 2, 3), noise(9, 2, 8)
    assert torch.equal(a[1], b[1])
    assert torch.equal(a[1], noise(2)[0])
    assert not torch.equal(a[0], b[0])
    assert len({tuple(row) for row in a.tolist()}) == 3
