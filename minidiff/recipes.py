"""Recipes: everything that makes a model what it is, in one dataclass each."""

from collections.abc import Callable
from dataclasses import dataclass, field

from . import data
from .audio import MelSpec
from .denoiser import Denoiser
from .nets import UNet
from .schedule import Cosine, Schedule


@dataclass(frozen=True)
class Recipe:
    """Data set, front end, net, schedule and training of one model.

    data: called with split="train" or "test", gives the data set. spec: the front end.
    net: arguments of `UNet`. The rest as in `Denoiser`, `fit` and `Model.generate`.
    """

    data: Callable
    spec: MelSpec
    net: dict
    schedule: Callable[[], Schedule] = Cosine
    predicts: str = "v"
    batch: int = 16
    steps: int = 10_000
    lr: float = 1e-3
    seed: int = 0
    sampler: str = "dpmpp_2m"
    sampler_steps: int = 20
    scale: float = 1.5
    licence: str = "MIT"
    extra: dict = field(default_factory=dict)

    def denoiser(self) -> Denoiser:
        """A fresh denoiser, its weights still random."""
        return Denoiser(UNet(dims=2, **self.net), self.schedule(), self.predicts)


RECIPES: dict[str, Recipe] = {
    "digits": Recipe(
        data=data.digits,
        spec=MelSpec(8000, n_fft=512, hop_length=160, n_mels=64),
        net={"channels": (32, 64, 128), "classes": {"digit": 10, "speaker": 6}},
    ),
}
