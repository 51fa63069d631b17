"""A CLAP as readers use it: recall by hand, captions and sounds in any form."""

import pytest
import torch

from minidiff import MelSpec
from minidiff.control.clap import Clap, recall
from minidiff.data.tokens import Tokenizer
from minidiff.nets.clap import Towers


def test_recall_by_hand():
    fit = torch.tensor([[0.9, 0.1, 0.2], [0.8, 0.5, 0.1], [0.3, 0.2, 0.1]])
    assert recall(fit, 1) == pytest.approx(1 / 3)
    assert recall(fit, 2) == pytest.approx(2 / 3)
    assert recall(fit, 3) == 1
    assert recall(fit.T, 1) == pytest.approx(2 / 3)
    same = torch.eye(3, dtype=torch.bool)
    same[1, 0] = True  # two sounds of one caption
    assert recall(fit, 1, same) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="k must"):
        recall(fit, 4)


def test_sounds_and_captions_in_one_space():
    torch.manual_seed(0)
    tokenizer, spec = Tokenizer(), MelSpec(16_000, n_fft=1024, hop_length=256)
    clap = Clap(Towers(len(tokenizer.words), 16), spec, tokenizer)
    waves = 0.1 * torch.randn(3, 32_768)
    captions = ["a bell", "rain", "wind over an engine"]
    fit = clap.fit(waves, captions)
    assert fit.shape == (3, 3)
    torch.testing.assert_close(
        clap.hear(waves[1:2]) @ clap.read("rain").T, fit[1:2, 1:2]
    )
    assert clap.classify(waves, captions).tolist() == fit.argmax(1).tolist()
    right, wrong = captions, ["rain", "a bell", "an engine over wind"]
    ahead = (fit.diag() > clap.fit(waves, wrong).diag()).tolist()
    assert clap.prefers(waves, right, wrong).tolist() == ahead
    with pytest.raises(ValueError, match="did you mean 'bell'"):
        clap.read("bel")
    with pytest.raises(ValueError, match="16000"):
        clap.hear(waves, 8000)
