"""Tokens: how much is lost on the way there and back, and what goes where."""

import math

import pytest
import torch

from minidiff.rivals.tokens import Levels, Patches


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


def test_a_number_comes_back_within_its_step():
    levels = Levels(16, 2.0)
    x = 4 * torch.rand(200, 3, generator=dice()) - 2
    tokens = levels.encode(x)
    assert (tokens.min(), tokens.max()) == (0, 15)
    back = levels.decode(tokens, dice(1))
    assert (back - x).abs().max() <= 0.25
    assert torch.equal(levels.encode(back), tokens)


def test_steps_by_hand():
    levels = Levels(4, 2.0)
    assert levels.encode(
        torch.tensor([[-9.0, -1.1, -0.9, 0.0, 1.5, 9.0]])
    ).tolist() == [[0, 0, 1, 2, 3, 3]]


def test_what_comes_back_is_even_in_the_step():
    levels = Levels(4, 2.0)
    back = levels.decode(torch.full((20_000, 1), 3), dice())
    assert back.mean().item() == pytest.approx(1.5, abs=0.01)
    assert back.std().item() == pytest.approx(1 / math.sqrt(12), abs=0.01)


@pytest.mark.parametrize(("words", "most"), [(1, 1.0), (4, 0.0), (4, math.nan)])
def test_bad_levels(words, most):
    with pytest.raises(ValueError, match=r"words must|most must"):
        Levels(words, most)


def test_no_level_for_nan():
    with pytest.raises(ValueError, match="x holds NaN"):
        Levels(4, 1.0).encode(torch.tensor([[math.nan]]))


def told():
    """Four patches of 2 by 2: 0, 1, 2, 3 all over."""
    patches = Patches(4, 2, 4, 6)
    patches.codebook.copy_(torch.arange(4.0)[:, None].expand(4, 4))
    return patches


def test_tokens_stand_in_the_order_of_time():
    patches = told()
    assert patches.length == 6
    tokens = torch.tensor([[0, 1, 2, 3, 0, 1]])
    mel = patches.decode(tokens)
    assert mel.shape == (1, 1, 4, 6)
    # low bands first, then the next frames
    assert mel[0, 0, ::2, ::2].tolist() == [[0, 2, 0], [1, 3, 1]]
    assert torch.equal(patches.encode(mel), tokens)
    near = mel + 0.4 * torch.rand(mel.shape, generator=dice()) - 0.2
    assert torch.equal(patches.encode(near), tokens)


def test_the_list_is_learned():
    patches = Patches(4, 2, 4, 6)
    which = torch.randint(4, (300, 6), generator=dice())
    mels = told().decode(which)
    mels = mels + 0.05 * torch.randn(mels.shape, generator=dice(1))
    patches.learn(mels)
    back = patches.decode(patches.encode(mels))
    assert (back - told().decode(which)).abs().max() < 0.1
    assert sorted(patches.codebook.mean(1).round().tolist()) == [0, 1, 2, 3]


@pytest.mark.usefixtures("unhooked")
def test_bad_mels():
    patches = told()
    with pytest.raises(ValueError, match="mels must have shape"):
        patches.encode(torch.zeros(1, 1, 4, 4))
    with pytest.raises(ValueError, match="mels holds NaN"):
        patches.encode(torch.full((1, 1, 4, 6), math.nan))
    with pytest.raises(ValueError, match="side"):
        Patches(4, 4, 6, 8)
