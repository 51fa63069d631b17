"""Chapter 6: right answers pass, wrong ones get a hint of their own."""

import pytest
import torch

import minidiff as md
from minidiff.check import check
from minidiff.exercises.ch06 import final_width, first_close, parts


def step(x, x0, a_t, s_t, a_s, s_s, z):
    eps = (x - a_t * x0) / s_t
    fresh = s_s * (1 - (a_t * s_s / (s_t * a_s)) ** 2) ** 0.5
    return a_s * x0 + (s_s**2 - fresh**2) ** 0.5 * eps + fresh * z


def with_width(width):
    """A step whose noise is `width(beta, s_t, s_s)` wide."""

    def walk(x, x0, a_t, s_t, a_s, s_s, z):
        mean, _, beta = parts(x, x0, a_t, s_t, a_s, s_s)
        return mean + width(beta, s_t, s_s) * z

    return walk


def too_much(x, x0, a_t, s_t, a_s, s_s, z):
    fresh = parts(x, x0, a_t, s_t, a_s, s_s)[1]
    return a_s * x0 + s_s * (x - a_t * x0) / s_t + fresh * z


def no_root(x, x0, a_t, s_t, a_s, s_s, z):
    ratio = (a_t * s_s / (s_t * a_s)) ** 2
    return a_s * x0 + s_s * ratio * (x - a_t * x0) / s_t + s_s * (1 - ratio) * z


def stale_eps(x, x0, a_t, s_t, a_s, s_s, z):
    fresh = parts(x, x0, a_t, s_t, a_s, s_s)[1]
    old = (s_s**2 - fresh**2) ** 0.5
    return a_s * x0.clamp(-1, 1) + old * (x - a_t * x0) / s_t + fresh * z


def clipped(x, x0, *rest):
    return step(x, x0.clamp(-1, 1), *rest)


posterior = with_width(lambda beta, s_t, s_s: s_s / s_t * beta**0.5)
spared = with_width(lambda beta, s_t, s_s: beta**0.5 * (s_s > 0))
RIGHT = [
    ("ex-06-1", 72),
    ("ex-06-2", step),
    ("ex-06-2", posterior),
    ("ex-06-3", posterior),
    ("ex-06-3", step),
    ("ex-06-3", spared),
    ("ex-06-4", first_close(0.6)),
    ("ex-06-5", clipped),
    ("ex-06-6", "BCA"),
    ("ex-06-6", ["b", "c", "a"]),
]
WRONG = [
    ("ex-06-1", 80, "last step"),
    ("ex-06-1", 9, "number in x"),
    ("ex-06-1", 8, "times steps"),
    ("ex-06-2", too_much, "powers add up to more"),
    ("ex-06-2", no_root, "square root"),
    ("ex-06-2", lambda *a: too_much(*a[:-1], 0 * a[-1]), "z is not used"),
    ("ex-06-2", lambda *a: a[0], "equation"),
    ("ex-06-3", with_width(lambda beta, s_t, s_s: beta**0.5), "still noise"),
    ("ex-06-3", with_width(lambda beta, s_t, s_s: 0), "no noise at all"),
    ("ex-06-3", with_width(lambda beta, s_t, s_s: s_s * beta**0.5), "s_s alone"),
    ("ex-06-3", with_width(lambda beta, s_t, s_s: s_s), "posterior's"),
    ("ex-06-3", lambda *a: a[0], "mean was right"),
    ("ex-06-4", first_close(0.3), "c = 0.3"),
    ("ex-06-4", 5, "Too few"),
    ("ex-06-4", 1000, "Fewer"),
    ("ex-06-4", 7, "counts"),
    ("ex-06-5", stale_eps, "before the clip"),
    ("ex-06-5", step, "not clipped yet"),
    ("ex-06-5", lambda *a: step(*a).clamp(-1, 1), "not the noisy result"),
    ("ex-06-5", lambda *a: a[0], "Clip x0 first"),
    ("ex-06-6", "BAC", "larger last step"),
    ("ex-06-6", "ACB", "Turned round"),
    ("ex-06-6", "CBA", "end of the bell"),
]


@pytest.mark.parametrize(("name", "answer"), RIGHT)
def test_right(name, answer, capsys):
    check(name, answer)
    assert capsys.readouterr().out.startswith(f"{name}: right. ")


@pytest.mark.parametrize("name", [f"ex-06-{i}" for i in range(1, 7)])
def test_stub(name, capsys):
    check(name, ...)
    assert capsys.readouterr().out == f"{name}: not attempted yet\n"


@pytest.mark.parametrize(("name", "answer", "hint"), WRONG)
def test_wrong(name, answer, hint, capsys):
    check(name, answer)
    out = capsys.readouterr().out
    assert out.startswith(f"{name}: not yet. ")
    assert hint in out


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
