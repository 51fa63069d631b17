"""The recipe of a model that cleans sounds, and what its training sees."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from ..control.bridge import NOISY
from ..control.enhance import LEVEL, Enhancer, Enhancing, enhancing
from ..control.wiener import filtered, guessed, levelled, power
from ..judging import enhanced
from ..judging.ear import Ear
from ..nets import build
from ..sound.spectrum import Spectrum
from .encoded import label_names
from .recipe import Recipe


class Pairs(Dataset):
    """Pairs (clean, {"noisy": noisy}) of waveforms, of a set such as `Noisy`."""

    def __init__(self, waves: Dataset):
        self.names, self.waves = label_names(waves), waves

    def __len__(self) -> int:
        return len(self.waves)

    def __getitem__(self, i: int) -> tuple[Tensor, dict[str, Tensor]]:
        both, _ = self.waves[i]
        if both.dim() != 2:
            raise ValueError(
                "data: a model that cleans sounds learns from `noisy` only"
            )
        clean, noisy = both
        return clean, {NOISY: noisy}


@dataclass(frozen=True)
class EnhancerRecipe(Recipe):
    """Of a model that takes noise out of sounds; its data are clean and noisy ones.

    way: "bridge", or what it is measured against, "regression" or "diffusion". sigma,
    k, eta: of the bridge and its walk. schedule: of the diffusion, which predicts v.
    sampler_steps: unless told otherwise.
    """

    way: str = "bridge"
    sigma: float = 1.0
    k: float = 2.6
    eta: float = 0.0
    schedule: str = "Cosine"
    sampler_steps: int = 2

    kind, endless = "enhancer", True
    decisive = (*Recipe.decisive, "way", "sigma", "k", "schedule")

    def examples(self, waves: Dataset) -> Pairs:
        return Pairs(waves)

    def size(self, names: dict) -> dict:
        return {**self.net, "in_channels": 2, "classes": {NOISY: ("picture", 2)}}

    def build(self, names: dict) -> Enhancing:
        told = {"way": self.way, "sigma": self.sigma, "k": self.k}
        told["schedule"] = self.schedule
        return enhancing(build(**self.size(names)), self.spec, told)

    def finish(self, trained: Enhancing, examples: Pairs) -> nn.Module:
        return trained.way.net

    def settings(self, examples: Pairs) -> dict:
        once = self.way == "regression"
        return super().settings(examples) | {
            "way": self.way,
            "sigma": self.sigma,
            "k": self.k,
            "schedule": self.schedule,
            "eta": self.eta,
            "steps": 1 if once else self.sampler_steps,
        }

    @property
    def counts(self) -> tuple[int, ...]:
        """Steps in which it is measured."""
        return (1,) if self.way == "regression" else (1, 2, 5, 30)

    def walks(self, model: Enhancer, ears: dict[str, Ear]) -> dict:
        """What the model makes of the test's words, in each count of steps."""
        clean, noisy, words, ratios = spoken(self.data("test"))
        rows = {}
        for n in self.counts:
            parts = noisy.split(50)
            made = torch.cat([model.enhance(p, steps=n, seed=0) for p in parts])
            rows[f"steps_{n}"] = enhanced.compare(made, clean, words, ratios, ears)
        return rows

    def yardsticks(self, ears: dict[str, Ear]) -> dict:
        """The same of what needs no training: nothing, and Wiener filters.

        They know the long-term spectra of just this word and this noise (an oracle), or
        guess them, or have those of all training words and noises at guessed levels.
        """
        clean, noisy, words, ratios = spoken(self.data("test"))
        oracle = power(clean, self.spec), power(noisy - clean, self.spec)
        guess = guessed(noisy, self.spec)
        train = self.data("train")
        usual = (usually(w, self.spec) for w in (train.words.waves, train.noises.waves))
        trained = map(levelled, usual, guess)
        rows = {
            "noisy": noisy,
            "wiener_oracle": filtered(noisy, *oracle, self.spec),
            "wiener_guessed": filtered(noisy, *guess, self.spec),
            "wiener_trained": filtered(noisy, *trained, self.spec),
        }
        return {
            name: enhanced.compare(made, clean, words, ratios, ears)
            for name, made in rows.items()
        }

    def measure(self, model: Enhancer, ears: dict[str, Ear]) -> dict:
        return self.yardsticks(ears) | self.walks(model, ears)


def spoken(test: Dataset) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Clean and noisy waveforms, words and ratios: of the test's words a third, since
    thirty calls of a net for all of them take longer than its training."""
    items = [test[i] for i in range(0, len(test), 3)]
    clean, noisy = torch.stack([both for both, _ in items]).unbind(1)
    words, ratios = (torch.stack([y[k] for _, y in items]) for k in ("digit", "ratio"))
    return clean, noisy, words, ratios


def usually(waves: Tensor, spec: Spectrum) -> Tensor:
    """The usual spectrum of sounds, (1, bins, 1), the soft ones counted as the loud."""
    loud = waves.square().mean(1, keepdim=True).sqrt().clamp(min=1e-5) / LEVEL
    return power(waves / loud, spec).mean(0, keepdim=True)
