"""What the exercises say of their chapters and of the package is true."""

import math
from pathlib import Path

import nbformat
import pytest
import torch
import torch.nn.functional as F
from exercises.ch04 import time_at
from exercises.ch05 import attend

import minidiff as md
from minidiff.exercises.ch02 import resolved
from minidiff.exercises.ch04 import error
from minidiff.exercises.ch06 import final_width

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
