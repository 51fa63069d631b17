"""The gap between sounds and captions: measured, and mended."""

import pytest
import torch
import torch.nn.functional as F

from minidiff import MelSpec
from minidiff.control.clap import Clap
from minidiff.control.modality import Carrying, carried, gap
from minidiff.data.tokens import Tokenizer
from minidiff.nets.clap import Towers


def crowds(n=4000, d=8, away=0.5):
    """Captions around the origin, and sounds as many but moved along one axis."""
    dice = torch.Generator().manual_seed(0)
    texts, sounds = 0.1 * torch.randn(2, n, d, generator=dice).double()
    sounds[:, 2] += away
    return sounds, texts


def test_the_gap_is_the_way_between_the_middles():
    sounds, texts = crowds()
    way = gap(sounds, texts)
    expected = torch.zeros(8).double()
    expected[2] = 0.5
    assert (way - expected).abs().max() < 0.01
    assert torch.equal(gap(texts, texts), torch.zeros(8).double())
    torch.testing.assert_close(gap(texts, sounds), -way)


def test_carried_captions_have_length_one_and_lie_nearer():
    dice = torch.Generator().manual_seed(1)
    texts = F.normalize(torch.randn(500, 8, generator=dice), dim=1)
    pull = torch.tensor([0.0, 0.5, 0, 0, 0, 0, 0, 0])
    sounds = F.normalize(texts + pull, dim=1)
    moved = carried(texts, gap(sounds, texts))
    torch.testing.assert_close(moved.norm(dim=1), torch.ones(500))
    assert gap(sounds, moved).norm() < 0.2 * gap(sounds, texts).norm()
    assert (sounds * moved).sum(1).mean() > (sounds * texts).sum(1).mean()


def test_a_clap_that_carries_hears_as_before():
    torch.manual_seed(0)
    tokenizer, spec = Tokenizer(), MelSpec(16_000, n_fft=1024, hop_length=256)
    clap = Clap(Towers(len(tokenizer.words), 16), spec, tokenizer, {"sha256": "1"})
    way = 0.3 * torch.randn(64)
    carrying = Carrying(clap, way)
    waves = 0.1 * torch.randn(2, 16_384)
    assert torch.equal(carrying.hear(waves), clap.hear(waves))
    torch.testing.assert_close(
        carrying.read(["a bell", "rain"]), carried(clap.read(["a bell", "rain"]), way)
    )
    assert carrying.card == clap.card
    with pytest.raises(ValueError, match="did you mean 'bell'"):
        carrying.read("a bel")
