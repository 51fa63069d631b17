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

    told = ()  # what the net is told instead of the labels, of what stands beside them

    def __init__(self, waves: Dataset, spec):
        self.names, self.front = label_names(waves), spec
        self.loudest, parts, conds, labels = 0.0, [], [], []
        for first in range(0, len(waves), 100):  # the waves themselves are not kept
            here = range(first, min(first + 100, len(waves)))
            sounds, beside = zip(*(waves[i] for i in here), strict=True)
            sounds = torch.stack(sounds)
            loudest = sounds.square().mean(1).sqrt().max().item()
            self.loudest = max(self.loudest, loudest)
            x, cond = self.encoded(sounds)
            parts.append(x)
            conds.append(cond)
            labels += [by_name(y, self.names) for y in beside]
        self.x = torch.cat(parts)
        self.labels = {
            name: torch.stack([y[name] for y in labels])
            for name in (*self.names, *self.told)
        }
        told = {name: torch.cat([c[name] for c in conds]) for name in conds[0]}
        self.cond = told or {
            name: self.labels[name] for name in self.told or self.names
        }

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


class Captioned(Encoded):
    """Pairs (x, {"caption": tokens}) of sounds that come with captions.

    tokenizer: the one that made the tokens. Raises ValueError for sounds without.
    """

    told = ("caption",)

    def __init__(self, waves: Dataset, spec):
        if not hasattr(waves, "tokenizer"):
            raise ValueError("data: this recipe needs sounds with captions, as scenes")
        self.tokenizer = waves.tokenizer
        super().__init__(waves, spec)


class Heard(Encoded):
    """Pairs (x, {"heard": vectors}): what a CLAP hears in the sounds; no captions."""

    def __init__(self, waves: Dataset, spec, clap):
        self.clap = clap
        super().__init__(waves, spec)

    def encoded(self, waves: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        return self.front.encode(waves), {"heard": self.clap.hear(waves)}


class Contrasted(Captioned):
    """Pairs (x, {"caption": tokens, "wrong": tokens of captions that are not true})."""

    told = ("caption", "wrong")


class Known(Encoded):
    """Pairs (x, {"scene": numbers, "places": numbers}): what is in the scenes."""

    told = ("scene", "places")


class Waves(Encoded):
    """Pairs (x0, cond) for a vocoder: what it shall make, and what it is given."""

    def __init__(self, waves: Dataset, vocoding: Vocoding | FineMagnitudes):
        self.vocoding = vocoding
        super().__init__(waves, vocoding.spec)

    def encoded(self, waves: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        cond, base, unit = self.vocoding.given(self.front.encode(waves))
        return self.vocoding.wanted(waves, base, unit), cond
