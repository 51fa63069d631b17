"""Long sounds: windows joined, exact where all is Gaussian; in pieces or at once."""

import pytest
import torch

import minidiff as md
from minidiff.control.long import (
    JOINS,
    Continued,
    Windows,
    joined,
    laid,
    length,
    shares,
    windows,
)  # fmt: skip
from minidiff.control.stream import Stream
from minidiff.exercises.ch17 import ACROSS
from minidiff.process import randn

schedule = md.Cosine()


class Gaussian:
    """The exact denoiser of a window of a stationary Gaussian, (batch, 1, n)."""

    def __init__(self, rho, size):
        place = torch.arange(size, dtype=torch.float64)
        self.cov = rho ** (place[:, None] - place).abs()
        self.schedule = schedule

    def __call__(self, x, t, cond=None):
        a, s = (level.reshape(-1)[0] for level in self.schedule(t))
        x = x.double()
        gain = (
            a
            * self.cov
            @ torch.linalg.inv(
                a**2 * self.cov + s**2 * torch.eye(len(self.cov), dtype=torch.float64)
            )
        )
        return x @ gain.T


def covariance(denoiser, frames, steps=60):
    """Of what DDIM makes of white noise: everything is linear, so it is exact."""
    x = torch.eye(frames, dtype=torch.float64)[:, None]
    *_, x = md.ddim(denoiser, x, md.noise_times(schedule, steps))
    return x[:, 0].T @ x[:, 0]


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


def test_shares_of_the_later_window():
    assert shares("swap", 5).tolist() == [0, 1, 0, 1, 0]
    assert shares("average", 2).tolist() == [0.5, 0.5]
    assert shares("fade", 4).tolist() == [0.125, 0.375, 0.625, 0.875]
    assert shares("hard", 4).tolist() == [0, 0, 1, 1]
    assert shares("follow", 3).tolist() == [0, 0, 0]
    for join in JOINS:
        assert shares(join, 0).shape == (0,)
    power = {join: shares(join, 9) ** 2 + (1 - shares(join, 9)) ** 2 for join in JOINS}
    assert all((power[join] == 1).all() for join in ("swap", "hard", "follow"))
    assert (power["average"] == 0.5).all()
    assert power["fade"].min() == 0.5


@pytest.mark.parametrize(
    ("fade", "power"), [("amplitude", 0.5), ("power", 1.0), ("hard", 1.0)]
)
def test_independent_windows_lose_three_decibels_where_they_are_averaged(fade, power):
    """Sum of squares of the gains, read off by laying unit impulses."""
    n, overlap = 20, 9  # odd: there is a middle
    impulses = torch.zeros(2 * n, 2, n, dtype=torch.float64)
    for i in range(2 * n):
        impulses[i, i // n, i % n] = 1
    made = torch.stack([laid(parts, overlap, fade) for parts in impulses])
    variance = made.square().sum(0)
    assert variance[n - overlap // 2 - 1].item() == pytest.approx(power, abs=1e-6)
    assert torch.allclose(variance[: n - overlap], torch.ones(n - overlap).double())
    rain = laid(torch.randn(4000, 2, n, generator=dice()).movedim(1, 0), overlap, fade)
    level = rain.square().mean(0)[n - overlap // 2 - 1]
    assert level.item() == pytest.approx(power, abs=0.06)


def test_windows_that_share_their_noise_agree_on_white_noise():
    """An exact denoiser of independent places answers alike in both windows."""
    white = Gaussian(0.0, 8)
    alone = covariance(white, 8)[0, 0]
    for join in JOINS:
        cov = covariance(Windows(white, 8, 4, join), 20)
        assert torch.allclose(cov, alone * torch.eye(20).double(), atol=1e-9)


def test_where_places_depend_on_each_other_every_join_loses_level():
    """Each window hears only a part, guesses more timidly, and averaging adds to it."""
    exact = Gaussian(0.9, 16)
    alone = covariance(exact, 16).diagonal().mean().item()
    level = {}
    for join in JOINS:
        cov = covariance(Windows(exact, 16, 8, join), 40)
        level[join] = cov.diagonal()[8:32].mean().item() / alone
    assert level["average"] < level["swap"] < level["fade"] < level["hard"] < 1


def test_how_far_windows_have_to_overlap():
    """What exercise 17.7 knows."""
    found = []
    for overlap in range(9):
        hop = 16 - overlap
        walk = Windows(Gaussian(0.9, 16), 16, overlap, "hard")
        cov = covariance(walk, 16 + 3 * hop, 40)
        seams = [hop * (i + 1) + (overlap + 1) // 2 - 1 for i in range(3)]
        spread = cov.diagonal().sqrt()
        near = [cov[k, k + 1] / (spread[k] * spread[k + 1]) for k in seams]
        found.append(torch.stack(near).mean().item())
    assert found == pytest.approx(ACROSS, abs=6e-4)


def test_one_window_is_the_denoiser_itself():
    exact = Gaussian(0.7, 12)
    x = torch.randn(3, 1, 12, generator=dice()).double()
    assert torch.equal(Windows(exact, 12, 3)(x, 0.4), exact(x, 0.4))


def test_windows_are_denoised_by_themselves():
    """By hand, two windows of four that overlap by two."""

    def denoiser(x, t, cond=None):
        return x + 100 * x[..., :1]  # tells which window it was

    denoiser.schedule = schedule
    x = torch.arange(6.0)[None, None]
    made = {j: Windows(denoiser, 4, 2, j)(x, 0.5)[0, 0].tolist() for j in JOINS}
    assert made["hard"] == [0, 1, 2, 203, 204, 205]
    assert made["swap"] == [0, 1, 2, 203, 204, 205]
    assert made["average"] == [0, 1, 102, 103, 204, 205]
    assert made["follow"] == [0, 1, 2, 3, 204, 205]


def test_how_many_windows():
    assert [windows(n, 10, 4) for n in (1, 10, 11, 16, 17)] == [1, 1, 2, 2, 3]
    assert length(3, 10, 4) == 22
    with pytest.raises(ValueError, match=r"whole windows of 10.* 16, say, and not 15"):
        Windows(Gaussian(0, 10), 10, 4)(torch.zeros(1, 1, 15), 0.5)
    with pytest.raises(ValueError, match="overlap"):
        Windows(Gaussian(0, 10), 10, 6)
    with pytest.raises(ValueError, match="join"):
        Windows(Gaussian(0, 10), 10, 4, "glue")
    with pytest.raises(ValueError, match="fade"):
        laid(torch.zeros(2, 10), 4, "glue")


def test_joined_by_hand():
    made = joined(torch.tensor([1.0, 1]), torch.tensor([5.0, 5, 7]), shares("fade", 2))
    assert made.tolist() == [2, 4, 7]


def begin(seed, batch=2, dtype=torch.float64):
    """Noise and chance of each piece, its own."""

    def of(k, frames):
        noise = randn((batch, 1, frames), dice(1000 * seed + k)).to(dtype)
        return noise, lambda: [dice(k + 50 * i) for i in range(batch)]

    return of


@pytest.mark.parametrize("sampler", ["ddim", "heun", "dpmpp_2m"])
@pytest.mark.parametrize("join", JOINS)
def test_streamed_equals_whole(sampler, join):
    n, size, overlap = 7, 12, 4
    exact, times = Gaussian(0.9, size), md.noise_times(schedule, 6)
    at = begin(3)
    stream = Stream(exact, sampler, times, n, size, overlap, at, join=join)
    pieces = list(stream)
    assert [p.shape[-1] for p in pieces] == [8] * 6 + [12]
    start = [at(k, p.shape[-1])[0] for k, p in enumerate(pieces)]
    walk = getattr(md, sampler)
    whole = Windows(exact, size, overlap, join)
    *_, x = walk(whole, torch.cat(start, -1), times)
    assert torch.allclose(torch.cat(pieces, -1), x, atol=1e-9)


def test_a_stream_holds_few_pieces_and_calls_once_a_window_and_step():
    calls, most = [], 0
    exact = Gaussian(0.5, 12)

    def counting(x, t, cond=None):
        calls.append(x.shape)
        return exact(x, t)

    counting.schedule = schedule
    times = md.noise_times(schedule, 5)
    stream = Stream(counting, "ddim", times, 60, 12, 4, begin(0))
    for _ in stream:
        most = max(most, len(stream.walks))
    assert len(calls) == 60 * 5
    assert most <= 6


@pytest.mark.parametrize("sampler", ["ddpm", "dpmpp_2m", "renoise"])
@pytest.mark.parametrize("stop", [1, 5, 8])
def test_a_stream_goes_on_where_it_was(sampler, stop, tmp_path):
    args = Gaussian(0.9, 12), sampler, md.noise_times(schedule, 4), 9, 12, 4, begin(1)
    whole = list(Stream(*args))
    first = Stream(*args)
    made = [next(first) for _ in range(stop)]
    torch.save(first.state(), tmp_path / "state")
    state = torch.load(tmp_path / "state", weights_only=True)
    made += Stream(*args, state=state)
    assert all(torch.equal(a, b) for a, b in zip(made, whole, strict=True))


def test_a_walk_that_adds_noise_adds_that_of_its_piece():
    args = Gaussian(0.9, 12), "ddpm", md.noise_times(schedule, 4)
    one, two = (list(Stream(*args, n, 12, 4, begin(1))) for n in (30, 31))
    assert torch.equal(one[0], two[0])  # farther than a walk nothing reaches
    assert not torch.allclose(one[-1][..., :8], two[29], atol=1e-3)


def test_a_continuation_begins_as_told():
    exact = Gaussian(0.95, 12)
    start = torch.randn(2, 1, 4, generator=dice(1)).double()
    eps = torch.randn(2, 1, 4, generator=dice(2)).double()
    told = Continued(exact, start, eps)
    x = torch.randn(2, 1, 12, generator=dice(3)).double()
    *_, made = md.ddim(told, x, md.noise_times(schedule, 8))
    assert torch.allclose(made[..., :4], start)
    # the net is shown what it should see at this level
    a, s = schedule(0.5)
    seen = torch.cat([a * start + s * eps, x[..., 4:]], -1)
    assert torch.allclose(told(x, 0.5)[..., 4:], exact(seen, 0.5)[..., 4:])
    with pytest.raises(ValueError, match="same shape"):
        Continued(exact, start, eps[..., :2])
