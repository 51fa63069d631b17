"""Does a shipped model copy? Asked by mels where no ears are."""

import pytest
import torch

from bench import shipped
from minidiff.data.sounds import Sounds
from minidiff.sound.mel import MelSpec

TRAIN, TEST = Sounds(60, "train"), Sounds(40, "test")


class Copier:
    """It answers with sounds of the training, or with new ones of the garden."""

    spec = MelSpec(16_000, n_fft=1024, hop_length=256, mean=-40.0, std=15.0)
    conditions = {"sound": TRAIN.names}

    def __init__(self, honest: bool):
        self.data = Sounds(60, "test", seed=7) if honest else TRAIN

    def generate(self, cond, n, seed):
        assert cond["sound"].shape == (n,)
        return torch.stack([self.data[(seed + i) % 60][0] for i in range(n)])


@pytest.mark.parametrize(("honest", "least", "most"), [(True, 0, 0.2), (False, 1, 1)])
def test_who_copies_is_found_out(monkeypatch, honest, least, most):
    monkeypatch.setattr(shipped, "MADE", 30)
    found = shipped.by_mel(Copier(honest), TRAIN, TEST)
    assert least <= found["made"] <= most
    assert found["planted"] > 0.9
    assert found["n"] == {"made": 30, "recorded": 40}
