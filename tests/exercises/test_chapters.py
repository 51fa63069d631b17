"""What the exercises say of their chapters and of the package is true."""

import math
from pathlib import Path

import nbformat
import pytest
import torch
import torch.nn.functional as F
from exercises.ch04 import time_at
from exercises.ch05 import attend, forwards

import minidiff as md
from minidiff.exercises.ch02 import resolved
from minidiff.exercises.ch04 import error, two_hills, variance
from minidiff.exercises.ch05 import field
from minidiff.exercises.ch06 import final_width, levels, parts, price_of

FIRST = Path(__file__).parents[2] / "notebooks" / "01-noise-and-back.ipynb"


def test_the_complete_model_is_thirty_lines_and_works():
    cells = nbformat.read(FIRST, as_version=4).cells
    code = "\n".join(c.source for c in cells if "model" in c.metadata.get("tags", []))
    lines = [s for s in code.splitlines() if s.strip() and not s.startswith("#")]
    assert 25 <= len(lines) <= 30
    torch.manual_seed(0)
    names = {}
    exec(code, names)
    distance = torch.cdist(names["x"], names["centres"]).min(dim=1)
    assert (distance.values < 0.6).float().mean() > 0.8
    assert torch.bincount(distance.indices, minlength=4).min() > 150


def test_the_rule_of_thumb_gives_the_same_window():
    assert 2 ** math.ceil(math.log2(2 * 16_000 / 30)) == 2048


def test_no_shorter_window_parts_the_tones_and_every_longer_one_does():
    sizes = [2**k for k in range(4, 15)]
    assert [resolved(n) for n in sizes] == [n >= 2048 for n in sizes]


def test_the_squared_error_is_never_taken_for_the_error():
    assert time_at(0.5**0.5) - time_at(0.5) > 0.05
    assert torch.tensor(error(1.0)) > 0.5


def test_the_mended_attention_is_that_of_torch():
    q, k, v = torch.randn(3, 2, 7, 16).unbind()
    torch.testing.assert_close(attend(q, k, v), F.scaled_dot_product_attention(q, k, v))


def test_the_variance_of_two_hills_is_that_of_what_was_drawn():
    """Counted: many x0, and among their noisy ones those near a point."""
    dice, schedule, t = torch.Generator().manual_seed(0), md.Cosine(), 0.5
    x0, _ = two_hills().sample(1_000_000, dice)
    x_t = md.diffuse(x0, t, torch.randn(x0.shape, generator=dice), schedule)
    for point in (-0.5, 0.0, 0.7):
        kept = x0[(x_t - point).abs() < 0.02]
        exact = variance(torch.tensor([[point]]).double(), t, schedule).item()
        assert kept.var().item() == pytest.approx(exact, rel=0.05)


@pytest.mark.parametrize("seed", range(5))
def test_the_field_is_what_a_gradient_finds(seed):
    dice = torch.Generator().manual_seed(seed)
    wide = torch.randint(1, 6, (4,), generator=dice).tolist()
    strides = torch.randint(1, 4, (4,), generator=dice).tolist()
    layers = list(zip(wide, strides, strict=True))
    net = torch.nn.Sequential(*[torch.nn.Conv1d(1, 1, *layer) for layer in layers])
    x = torch.zeros(1, 1, field(layers), requires_grad=True)
    answer = net(x)
    assert answer.shape[-1] == 1  # one input less, and there would be none
    answer.sum().backward()
    seen = x.grad[0, 0].nonzero()
    assert seen[0] == 0
    assert seen[-1] == field(layers) - 1 == forwards(layers) - 1


def test_the_predicted_draws_are_those_of_the_package():
    """Ten steps use up 72 numbers of the generator, no more."""
    schedule = md.LinearBeta(1000)
    used, counted = (torch.Generator().manual_seed(0) for _ in range(2))
    world = md.GaussianMixture([[0.0, 0.0]], 1.0).denoiser(schedule)
    x = torch.zeros(4, 2)
    *_, _ = md.ddpm(world, x, schedule.times(10), generator=used)
    for _ in range(9):
        torch.randn(x.shape, generator=counted)
    assert torch.equal(used.get_state(), counted.get_state())


def test_the_exact_width_is_what_the_package_samples():
    schedule, n = md.LinearBeta(1000), 10
    world = md.GaussianMixture([[0.0]], 0.3).denoiser(schedule)
    dice = torch.Generator().manual_seed(0)
    x = torch.randn(200_000, 1, generator=dice, dtype=torch.float64)
    *_, x = md.ddpm(world, x, schedule.times(n), generator=dice)
    assert x.std().item() == pytest.approx(final_width(n, 0.3), rel=0.01)


def test_the_price_of_a_width_is_what_the_divergences_cost_on_average():
    """Data of width c, one step, over the x0 that one x_t may hide."""
    normal, divergence = torch.distributions.Normal, torch.distributions.kl_divergence
    at, c, x_t = levels(0.6, 0.4), 0.3, 0.7
    a_t, s_t, a_s, _ = at
    total = a_t**2 * c**2 + s_t**2
    guess, unsure = a_t * c**2 / total * x_t, c**2 * s_t**2 / total
    dice = torch.Generator().manual_seed(0)
    x0 = guess + unsure.sqrt() * torch.randn(400_000, generator=dice).double()
    mean, std, beta = parts(x_t, x0, *at)
    ours, _, _ = parts(x_t, guess, *at)
    best = (std**2 + (a_s * beta / s_t**2) ** 2 * unsure).sqrt()

    def cost(width):
        return divergence(normal(mean, std), normal(ours, width)).mean().item()

    for width in (0.8 * best, 1.3 * best, beta.sqrt(), std):
        price = price_of(width, best).item()
        assert cost(width) - cost(best) == pytest.approx(price, rel=0.02, abs=1e-5)
