"""The local ideal denoiser: its ends are known, and so is what lies between them."""

import math

import pytest
import torch

import minidiff as md
from minidiff.judging.local import LocalIdealDenoiser, explained, same_edges

SCHEDULE = md.Cosine()
dice = torch.Generator().manual_seed(0)


def some(*shape):
    return torch.randn(shape, generator=dice, dtype=torch.float64)


DATA = some(12, 2, 4, 5)
T = torch.tensor([0.05, 0.3, 0.6, 0.9], dtype=torch.float64)
X_T = md.diffuse(DATA[:4], T, some(4, 2, 4, 5), SCHEDULE)


@pytest.mark.parametrize("equivariant", [False, True])
def test_a_patch_as_large_as_the_picture_sees_all(equivariant):
    """From every place everything is seen, and no other place sees the same edges."""
    local = LocalIdealDenoiser(DATA, SCHEDULE, 9, equivariant)
    ideal = md.IdealDenoiser(DATA, SCHEDULE)
    assert torch.allclose(local(X_T, T), ideal(X_T, T), atol=1e-9)


def test_a_patch_of_one_is_every_place_by_itself():
    found = LocalIdealDenoiser(DATA, SCHEDULE, 1)(X_T, T)
    for i in range(4):
        for j in range(5):
            alone = md.IdealDenoiser(DATA[:, :, i, j], SCHEDULE)
            assert torch.allclose(found[:, :, i, j], alone(X_T[:, :, i, j], T))


def test_a_patch_of_one_anywhere_knows_no_place():
    """All places are one crowd of pixels."""
    pixels = DATA.permute(0, 2, 3, 1).flatten(0, 2)
    found = LocalIdealDenoiser(DATA, SCHEDULE, 1, equivariant=True)(X_T, T)
    for i in range(4):
        alone = md.IdealDenoiser(pixels, SCHEDULE)(X_T[:, :, i, 2], T)
        assert torch.allclose(found[:, :, i, 2], alone)


@pytest.mark.parametrize("equivariant", [False, True])
def test_a_patch_of_three_by_hand(equivariant):
    data, t = DATA[:, :1], 0.5
    a, s = SCHEDULE(t)
    x = X_T[:1, :1]
    found = LocalIdealDenoiser(data, SCHEDULE, 3, equivariant)(x, t)[0, 0]

    def seen(picture, i, j):
        return picture[max(0, i - 1) : i + 2, max(0, j - 1) : j + 2]

    def by_hand(i, j, places):
        """Where the same is seen, each example's patch with its weight."""
        weights, values = [], []
        for picture in data[:, 0]:
            for p, q in places:
                gap = (seen(x[0, 0], i, j) - a * seen(picture, p, q)).square().sum()
                weights.append(math.exp(-gap / (2 * s**2)))
                values.append(picture[p, q].item())
        total = sum(w * v for w, v in zip(weights, values, strict=True))
        return total / sum(weights)

    inner = [(p, q) for p in (1, 2) for q in (1, 2, 3)]
    top = [(0, q) for q in (1, 2, 3)]
    for i, j, alike in ((1, 1, inner), (0, 2, top), (0, 0, [(0, 0)])):
        expected = by_hand(i, j, alike if equivariant else [(i, j)])
        assert found[i, j].item() == pytest.approx(expected, rel=1e-6)


def test_anywhere_it_follows_what_moves():
    """Away from the edges a shifted picture is denoised to a shifted answer."""
    data = torch.zeros(3, 1, 9, 9, dtype=torch.float64)
    data[:, :, 3:6, 3:6] = some(3, 1, 3, 3)
    x = data[:1] + 0.1 * some(1, 1, 9, 9) * (data[:1] != 0)
    local = LocalIdealDenoiser(data, SCHEDULE, 3, equivariant=True)
    moved = local(x.roll((1, 1), (2, 3)), 0.3)
    here = local(x, 0.3).roll((1, 1), (2, 3))
    assert torch.allclose(moved[..., 3:7, 3:7], here[..., 3:7, 3:7])


def test_it_makes_what_no_example_is():
    """Rows that are all bright or all dark, one by one: patches mix, the ideal does
    not."""
    rows = torch.tensor([[1.0] * 6, [-1.0] * 6]).double()
    two = rows[:, None, :, None].expand(2, 1, 6, 6).clone()
    noise = torch.randn(40, 1, 6, 6, generator=dice).double()
    times = SCHEDULE.times(40)

    def new(denoiser):
        *_, x = md.ddim(denoiser, noise, times)
        far = torch.cdist(x.flatten(1), two.flatten(1)).min(1).values
        return (far > 1).double().mean().item()

    assert new(md.IdealDenoiser(two, SCHEDULE)) == 0
    assert new(LocalIdealDenoiser(two, SCHEDULE, 1)) > 0.9


def test_edges_of_a_small_picture():
    groups = same_edges(3, 4, 1)
    assert sorted(torch.cat(groups).tolist()) == list(range(12))
    assert sorted(map(len, groups)) == [1, 1, 1, 1, 1, 1, 2, 2, 2]
    assert len(same_edges(3, 3, 0)) == 1


def test_without_noise_it_gives_back_what_came():
    local = LocalIdealDenoiser(DATA, SCHEDULE, 3)
    assert torch.allclose(local(DATA[:2], 0.0), DATA[:2])
    assert local(X_T.float(), T).dtype == torch.float32


def test_how_much_is_explained():
    y = some(50, 3)
    assert explained(y, y) == pytest.approx(1)
    assert explained(y, y.mean(0).expand(50, 3)) == pytest.approx(0)
    half = y.mean(0) + 0.5 * (y - y.mean(0))
    assert explained(y, half) == pytest.approx(0.75)
    assert explained(y, -y) < 0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: LocalIdealDenoiser(DATA, SCHEDULE, 2), "odd"),
        (lambda: LocalIdealDenoiser(DATA, SCHEDULE, 0), "patch must be"),
        (lambda: LocalIdealDenoiser(DATA[0], SCHEDULE, 3), "data must be"),
        (lambda: LocalIdealDenoiser(DATA * torch.nan, SCHEDULE, 3), "NaN"),
        (lambda: LocalIdealDenoiser(DATA, SCHEDULE, 3)(X_T[:, :1], T), "x must have"),
        (lambda: LocalIdealDenoiser(DATA, SCHEDULE, 3)(X_T, T[:2]), "t must be"),
        (lambda: LocalIdealDenoiser(DATA, SCHEDULE, 3)(X_T, T, T), "no labels"),
        (lambda: explained(DATA[:1], DATA[:1]), "differ"),
    ],
)
def test_bad_input(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()
