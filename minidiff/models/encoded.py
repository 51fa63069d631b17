"""What a training sees: a data set's sounds, encoded once."""

import torch
from torch import Tensor
from torch.utils.data import Dataset

from ..sound.fine import FineMagnitudes
from ..sound.vocoder import Vocoding


class Encoded(Dataset):
    """Pairs (x, cond): waves encoded once, and their labels by name.

    loudest: the rms of the loudest wave.
    """

    def __init__(self, waves: Dataset, spec):
        self.names, self.front = label_names(waves), spec
        pairs = [waves[i] for i in range(len(waves))]
        self.loudest = max(x.square().mean().sqrt().item() for x, _ in pairs)
        self.labels = {
            name: torch.stack([by_name(y, self.names)[name] for _, y in pairs])
            for name in self.names
        }
        parts = [pairs[i : i + 100] for i in range(0, len(pairs), 100)]
        parts = [self.encoded(torch.stack([x for x, _ in part])) for part in parts]
        self.x = torch.cat([x for x, _ in parts])
        conds = [cond for _, cond in parts]
        told = {name: torch.cat([c[name] for c in conds]) for name in conds[0]}
        self.cond = told or self.labels

    def encoded(self, waves: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """x0 of some waves, and what the net is told; nothing: their labels."""
        return self.front.encode(waves), {}

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, i: int) -> tuple[Tensor, dict[str, Tensor]]:
        return self.x[i], {name: y[i] for name, y in self.cond.items()}

    def counts(self) -> dict[str, list[int]]:
        """How often each class occurs, label by label."""
        return {
            name: torch.bincount(self.labels[name], minlength=len(names)).tolist()
            for name, names in self.names.items()
        }


def label_names(waves: Dataset) -> dict[str, list[str]]:
    """Class names by label; a data set with one label calls it "label"."""
    return getattr(waves, "label_names", None) or {"label": list(waves.names)}


def by_name(labels, names: dict) -> dict[str, Tensor]:
    return labels if isinstance(labels, dict) else {next(iter(names)): labels}


class Waves(Encoded):
    """Pairs (x0, cond) for a vocoder: what it shall make, and what it is given."""

    def __init__(self, waves: Dataset, vocoding: Vocoding | FineMagnitudes):
        self.vocoding = vocoding
        super().__init__(waves, vocoding.spec)

    def encoded(self, waves: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        cond, base, unit = self.vocoding.given(self.front.encode(waves))
        return self.vocoding.wanted(waves, base, unit), cond
