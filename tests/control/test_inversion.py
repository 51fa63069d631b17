"""Inversion against exact walks, and what the noise of silence is like."""

from itertools import pairwise

import pytest
import torch

import minidiff as md
from minidiff.control.inversion import dusted, looks

SCHEDULE = md.Cosine()


def dice(seed):
    return torch.Generator().manual_seed(seed)


def gaussian(*stds):
    covs = torch.tensor(stds).double().diag()[None] ** 2
    return md.GaussianMixture([[0.0] * len(stds)], covs=covs)


def stops(n, low=1e-3):
    down = md.noise_times(SCHEDULE, n)
    return torch.cat([down[down > 2 * low], torch.tensor([low, 0.0])])


def test_the_noise_of_a_gaussian_is_the_sound_over_its_spread_to_first_order():
    stds = torch.tensor([1.5, 0.5]).double()
    world = gaussian(1.5, 0.5)
    x0, _ = world.sample(200, dice(0))
    errors = []
    for n in (40, 80, 160):
        down = stops(n)
        *_, noise = md.invert(world.denoiser(SCHEDULE), x0, down[:-1].flip(0))
        *_, back = md.ddim(world.denoiser(SCHEDULE), noise, down)
        errors.append((back - x0).square().mean().sqrt().item())
    assert (noise - x0 / stds).abs().max() < 0.1
    for coarse, fine in pairwise(errors):
        assert 1.7 < coarse / fine < 2.3


class Two:
    """A denoiser whose guesses do not depend on x."""

    schedule = SCHEDULE

    def __call__(self, x, t, cond=None):
        return torch.full_like(x, 0.2 if cond is None else 1.0)


def test_a_step_of_cfgpp_up_by_hand():
    x, up = torch.tensor([[0.7]]).double(), torch.tensor([0.2, 0.5]).double()
    (a_t, s_t), (a_s, s_s) = SCHEDULE(0.2), SCHEDULE(0.5)
    *_, found = md.invert_cfgpp(Two(), x, up, 0.25, torch.tensor([1]))
    eps = (0.7 - a_t * (0.2 + 0.25 * 0.8)) / s_t
    torch.testing.assert_close(found[0, 0], a_s * 0.2 + s_s * eps)


@pytest.mark.parametrize("scale", [0.0, 0.25, 1.0])
def test_cfgpp_backwards_is_its_own_step_solved_for_the_other_end(scale):
    """Where the guesses are the same at both ends it comes back exactly."""
    x, up = torch.tensor([[0.7]]).double(), torch.tensor([0.2, 0.5, 0.8]).double()
    *_, noise = md.invert_cfgpp(Two(), x, up, scale, torch.tensor([1]))
    *_, back = md.cfgpp(Two(), noise, up.flip(0), scale, torch.tensor([1]))
    torch.testing.assert_close(back, x)


def test_cfgpp_profits_from_finer_steps_up_and_down():
    world = md.GaussianMixture([[-1.5], [1.5]], 0.3)
    x0, kinds = world.sample(200, dice(8))
    lost = []
    for n in (20, 40):
        down = stops(n, low=0.01)
        ask = world.denoiser(SCHEDULE), 0.1, kinds
        *_, noise = md.invert_cfgpp(ask[0], x0, down[:-1].flip(0), *ask[1:])
        *_, back = md.cfgpp(ask[0], noise, down, *ask[1:])
        lost.append((back - x0).abs().mean().item())
    assert lost[1] < 0.6 * lost[0] < 0.1


def test_without_a_scale_it_is_plain_inversion_without_a_condition():
    world = md.GaussianMixture([[-1.0], [1.0]], 0.3).denoiser(SCHEDULE)
    x = torch.linspace(-1.5, 1.5, 7).double()[:, None]
    up = stops(10)[:-1].flip(0)
    labels = torch.ones(7, dtype=torch.int64)
    *_, plain = md.invert(world, x, up)
    *_, none = md.invert_cfgpp(world, x, up, 0.0, labels)
    *_, some = md.invert_cfgpp(world, x, up, 0.4, labels)
    torch.testing.assert_close(none, plain)
    assert (some - plain).abs().max() > 0.05


@pytest.mark.parametrize(
    ("times", "scale", "words"),
    [
        ([0.5, 0.2], 0.5, "increase"),
        ([0.0, 0.2], 0.5, "from above 0"),
        ([0.2, 0.5], 1.5, "scale must be in"),
        ([0.2, 0.5], float("nan"), "scale must be in"),
    ],
)
def test_what_cannot_be_walked_up(times, scale, words):
    world = gaussian(1.0).denoiser(SCHEDULE)
    with pytest.raises(ValueError, match=words):
        list(md.invert_cfgpp(world, torch.ones(1, 1).double(), times, scale))


def test_silence_has_no_noise_and_dust_has():
    world = gaussian(1.0, 1e-4)
    x0, _ = world.sample(2000, dice(1))
    x0[:, 1] = 0
    down = stops(40, low=0.01)
    up = down[:-1].flip(0)
    *_, bare = md.invert(world.denoiser(SCHEDULE), x0, up)
    start = dusted(x0, 0.01, SCHEDULE, dice(2))
    *_, dusty = md.invert(world.denoiser(SCHEDULE), start, up)
    assert bare[:, 1].std() < 0.02
    assert abs(dusty[:, 1].std() - 1) < 0.05
    assert abs(dusty[:, 0].std() - 1) < 0.15
    *_, back = md.ddim(world.denoiser(SCHEDULE), dusty, down)
    assert (back[:, 1] - x0[:, 1]).abs().max() < 1e-3


def test_dust_is_the_noise_of_that_time():
    x0 = torch.zeros(1, 20_000)
    found = dusted(x0, 0.3, SCHEDULE, dice(3))
    assert abs(found.std() - SCHEDULE(0.3)[1]) < 0.02
    assert torch.equal(found, dusted(x0, 0.3, SCHEDULE, dice(3)))
    assert torch.equal(dusted(x0, 0.0, SCHEDULE, dice(3)), x0)


def test_what_noise_looks_like():
    noise = 2 * torch.randn(40_000, generator=dice(4)) + 0.5
    found = looks(noise)
    assert abs(found["mean"] - 0.5) < 0.05
    assert abs(found["spread"] - 2) < 0.05
    assert abs(found["kurtosis"] - 3) < 0.15
    assert abs(found["next"]) < 0.03
    two = looks(torch.tensor([-1.0, 1.0, -1.0, 1.0]))
    assert two == pytest.approx({"mean": 0, "spread": 1, "kurtosis": 1, "next": -1})


def test_neighbours_are_along_the_last_dimension_and_within_the_part():
    white = torch.randn(50, 400, generator=dice(9))
    smooth = white[:, 1:] + white[:, :-1]  # a correlation of one half
    assert abs(looks(smooth)["next"] - 0.5) < 0.03
    assert abs(looks(smooth.T.contiguous())["next"]) < 0.03
    part = torch.arange(smooth.shape[1]).expand_as(smooth) < 200
    both = torch.where(part, white[:, 1:], smooth)
    assert abs(looks(both, part)["next"]) < 0.03
    assert abs(looks(both, ~part)["next"] - 0.5) < 0.03


def test_parts_of_noise():
    noise = torch.tensor([[0.0, 0.0, 5.0], [2.0, 2.0, 5.0]])
    part = torch.tensor([[True, True, False], [True, True, False]])
    same = {"mean": 1, "spread": 1, "kurtosis": 1, "next": 1}
    assert looks(noise, part) == pytest.approx(same)
    with pytest.raises(ValueError, match="two numbers"):
        looks(noise, torch.zeros(2, 3, dtype=torch.bool))
    with pytest.raises(ValueError, match="NaN"):
        looks(torch.full((4,), torch.nan))


def test_a_spoken_digit_there_and_back():
    """The shipped model, in 30 steps: within a sixth of the spread of the mel."""
    voice, seven = md.load("digits"), md.example("seven", 4)
    x0 = voice.spec.encode(seven.fitted(6400))
    told = {"digit": torch.tensor([7]), "speaker": torch.tensor([4])}
    down = md.noise_times(voice.denoiser.schedule, 30)
    down = torch.cat([down[down > 0.02], torch.tensor([0.01, 0.0])])
    with torch.no_grad():
        *_, noise = md.invert(voice.denoiser, x0, down[:-1].flip(0), cond=told)
        *_, back = md.ddim(voice.denoiser, noise, down, cond=told)
    assert (back - x0).square().mean().sqrt() < x0.std() / 6
