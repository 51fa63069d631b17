"""The ear that was never trained: cosines that are scipy's, and what it cannot hear."""

import pytest
import scipy.fft
import torch

import minidiff as md
from minidiff.judging.plain import PlainEar, cosines

SPEC = md.MelSpec(16_000, n_fft=512, hop_length=128, n_mels=32)
dice = torch.Generator().manual_seed(0)
WAVES = 0.1 * torch.randn(4, 128 * 40, generator=dice)


def test_cosines_are_scipys():
    x = torch.randn(5, 12, generator=dice, dtype=torch.float64)
    expected = scipy.fft.dct(x.numpy(), norm="ortho")
    assert torch.allclose(x @ cosines(12).T, torch.tensor(expected))
    assert torch.allclose(cosines(7) @ cosines(7).T, torch.eye(7).double())


def test_it_is_means_and_spreads_of_cepstra():
    found = PlainEar(SPEC, 5).embed(WAVES)
    mels = SPEC.encode(WAVES)[:, 0].double().transpose(1, 2)
    cepstra = torch.tensor(scipy.fft.dct(mels.numpy(), norm="ortho"))[..., :5]
    expected = torch.cat([cepstra.mean(1), cepstra.std(1, correction=0)], 1)
    assert torch.allclose(found.double(), expected, atol=1e-4)


def test_it_hears_no_order_in_time():
    """Blocks of silence between bursts, so that frames do not mix when they move."""
    bursts = torch.zeros(1, 8, 2048)
    bursts[..., 512:1536] = 0.1 * torch.randn(1, 8, 1024, generator=dice)
    order = torch.randperm(8, generator=dice)
    ear = PlainEar(SPEC)
    one, other = (ear.embed(x.flatten(1)) for x in (bursts, bursts[:, order]))
    assert not torch.equal(bursts, bursts[:, order])
    assert torch.allclose(one, other, atol=1e-4)


def test_it_hears_loudness_in_its_first_number_alone():
    loud, soft = PlainEar(SPEC).embed(WAVES), PlainEar(SPEC).embed(0.5 * WAVES)
    assert (loud - soft)[:, 0].min() > 0.5
    assert torch.allclose(loud[:, 1:], soft[:, 1:], atol=1e-3)


def test_bad_input():
    with pytest.raises(ValueError, match="coefficients must be"):
        PlainEar(SPEC, 33)
    with pytest.raises(ValueError, match="NaN"):
        PlainEar(SPEC).embed(torch.full((2, 512), torch.nan))
