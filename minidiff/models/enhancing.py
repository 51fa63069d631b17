"""The recipe of a model that cleans sounds, and what its training sees."""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.utils.data import Dataset

from ..control.bridge import NOISY
from ..control.enhance import Enhancing, enhancing
from ..nets import build
from .encoded import label_names
from .recipe import Recipe

WAYS = ("bridge", "regression", "diffusion")


class Pairs(Dataset):
    """Pairs (clean, {"noisy": noisy}) of waveforms, of a set such as `Noisy`."""

    def __init__(self, waves: Dataset):
        self.names, self.waves = label_names(waves), waves

    def __len__(self) -> int:
        return len(self.waves)

    def __getitem__(self, i: int) -> tuple[Tensor, dict[str, Tensor]]:
        (clean, noisy), _ = self.waves[i]
        return clean, {NOISY: noisy}


@dataclass(frozen=True)
class EnhancerRecipe(Recipe):
    """Of a model that takes noise out of sounds; its data are clean and noisy ones.

    way: "bridge", or what it is measured against, "regression" or "diffusion". sigma,
    k, eta: of the bridge and its walk. schedule: of the diffusion, which predicts v.
    sampler_steps: unless told otherwise.
    """

    way: str = "bridge"
    sigma: float = 2.0
    k: float = 2.6
    eta: float = 1.0
    schedule: str = "Cosine"
    sampler_steps: int = 5

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
