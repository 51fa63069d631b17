"""A rough picture is kept to the letter, and nothing else is."""

import pytest
import torch

import minidiff as md
from minidiff.control.rough import Rough, blurred

SCHEDULE = md.Cosine()
DICE = torch.Generator().manual_seed(0)


class Echo:
    """Answers with x, times 1 without a condition and 2 with one."""

    schedule = SCHEDULE

    def __call__(self, x, t, cond=None):
        return x if cond is None else 2 * x


def test_blocks_become_their_means():
    x = torch.arange(8.0).view(1, 1, 2, 4)
    means = [[2.5, 2.5, 4.5, 4.5]] * 2
    assert torch.equal(blurred(x, (2, 2)), torch.tensor([[means]]))
    assert torch.equal(blurred(x, (1, 1)), x)


def test_the_last_blocks_may_be_smaller():
    x = torch.randn(2, 1, 7, 5, generator=DICE)
    low = blurred(x, (3, 2))
    assert low.shape == x.shape
    torch.testing.assert_close(low[:, :, 6, 4], x[:, :, 6, 4])
    torch.testing.assert_close(
        low[:, :, :3, 4], x[:, :, :3, 4:].mean(2).expand(-1, -1, 3)
    )
    torch.testing.assert_close(blurred(low, (3, 2)), low)


def test_a_guess_keeps_the_low_part_and_its_own_rest():
    reference, x = torch.randn(2, 3, 1, 8, 6, generator=DICE)
    rough = Rough(Echo(), reference, (4, 3))
    guess = rough(x, 0.7)
    torch.testing.assert_close(blurred(guess, (4, 3)), blurred(reference, (4, 3)))
    rest = x - blurred(x, (4, 3))
    torch.testing.assert_close(guess - blurred(guess, (4, 3)), rest)
    told = rough(x, 0.7, torch.tensor([1, 1, 1]))
    torch.testing.assert_close(told - blurred(told, (4, 3)), 2 * rest)


def test_in_little_noise_the_denoiser_is_alone():
    reference, x = torch.randn(2, 1, 1, 4, 4, generator=DICE)
    rough = Rough(Echo(), reference, (2, 2), until=0.5)
    ratio = {t: (SCHEDULE(t)[1] / SCHEDULE(t)[0]).item() for t in (0.1, 0.9)}
    assert ratio[0.1] < 0.5 < ratio[0.9]
    assert torch.equal(rough(x, 0.1), x)
    assert not torch.allclose(rough(x, 0.9), x)
    both = rough(x.expand(2, -1, -1, -1), torch.tensor([0.1, 0.9]))
    assert torch.equal(both[:1], x)
    torch.testing.assert_close(both[1:], rough(x, 0.9))


def test_one_reference_serves_all_and_a_walk_ends_on_it():
    reference = torch.randn(1, 1, 4, 4, generator=DICE).double()
    rough = Rough(Echo(), reference, (2, 2))
    noise = torch.randn(5, 1, 4, 4, generator=DICE).double()
    *_, x = md.ddim(rough, noise, SCHEDULE.times(6))
    same = blurred(reference, (2, 2)).expand(5, -1, -1, -1)
    torch.testing.assert_close(blurred(x, (2, 2)), same)


def test_bad_input():
    reference = torch.zeros(1, 1, 4, 4)
    with pytest.raises(ValueError, match="size"):
        Rough(Echo(), reference, (0, 2))
    with pytest.raises(ValueError, match="NaN"):
        Rough(Echo(), torch.nan * reference, (2, 2))
    with pytest.raises(ValueError, match="until"):
        Rough(Echo(), reference, (2, 2), until=-1)
    with pytest.raises(ValueError, match=r"\(1, 1, 4, 4\), and x \(1, 1, 4, 6\)"):
        Rough(Echo(), reference, (2, 2))(torch.zeros(1, 1, 4, 6), 0.5)
