"""Recipes of models that are asked in words."""

from dataclasses import dataclass

from torch.utils.data import Dataset

from ..control.listening import followed
from ..data.tokens import Tokenizer
from ..denoiser import Denoiser
from . import model as models
from .encoded import Captioned, Heard
from .recipe import SoundRecipe


@dataclass(frozen=True)
class Asked(SoundRecipe):
    """Of a model of scenes that is asked in words.

    listener: who judges what it makes.
    """

    listener: str = "scenes-listener"

    by_ears = False

    def measure(self, model, ears: dict) -> dict:
        return followed(model, models.load(self.listener), self.data("test"))


@dataclass(frozen=True)
class PromptRecipe(Asked):
    """Of one that reads captions, word by word.

    clap: name or folder of the CLAP whose reader of captions it begins with, as large
    models take a trained one (Saharia et al. 2022, Imagen); None: it begins at random.
    """

    clap: str | None = None

    decisive = (*SoundRecipe.decisive, "clap")

    def build(self, names: dict[str, list[str]]) -> Denoiser:
        denoiser = super().build(names)
        if self.clap:
            read = models.load(self.clap).towers.text.text
            words = denoiser.net.conditions.embedders["caption"].text
            words.load_state_dict(read.state_dict())
        return denoiser

    def examples(self, waves: Dataset) -> Captioned:
        return Captioned(waves, self.front)

    def size(self, names: dict[str, list[str]]) -> dict:
        tokenizer = Tokenizer()
        words = "words", len(tokenizer.words), tokenizer.length
        return {**self.net, "classes": {"caption": words}}

    def settings(self, examples: Captioned) -> dict:
        return super().settings(examples) | numbered(examples.tokenizer)


@dataclass(frozen=True)
class HeardRecipe(Asked):
    """Of one that learns what sounds are from a CLAP's ear.

    It never reads a caption in training; in use the words' embedding stands for the
    sound's (Liu et al. 2023, AudioLDM). clap: its name or folder.
    """

    clap: str = "clap"

    decisive = (*SoundRecipe.decisive, "clap")

    def examples(self, waves: Dataset) -> Heard:
        clap = models.load(self.clap, models.device())
        return Heard(waves, self.front, clap)

    def size(self, names: dict[str, list[str]]) -> dict:
        d = models.load(self.clap).towers.d
        return {**self.net, "classes": {"heard": ("vectors", d)}}

    def settings(self, examples: Heard) -> dict:
        digest = examples.clap.card["sha256"]
        return (
            super().settings(examples)
            | numbered(examples.clap.tokenizer)
            | {"clap": {"name": self.clap, "sha256": digest}}
        )


def numbered(tokenizer: Tokenizer) -> dict:
    """What a model file must hold so that words keep their numbers."""
    return {"caption": {"words": tokenizer.words, "length": tokenizer.length}}
