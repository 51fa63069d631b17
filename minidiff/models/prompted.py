"""Recipes of models that are asked in words."""

from dataclasses import dataclass

from torch.utils.data import Dataset

from ..data.tokens import Tokenizer
from . import model as models
from .encoded import Captioned, Heard
from .recipe import SoundRecipe


@dataclass(frozen=True)
class PromptRecipe(SoundRecipe):
    """Of a model of sounds that reads captions, word by word."""

    def examples(self, waves: Dataset) -> Captioned:
        return Captioned(waves, self.front)

    def size(self, names: dict[str, list[str]]) -> dict:
        tokenizer = Tokenizer()
        words = "words", len(tokenizer.words), tokenizer.length
        return {**self.net, "classes": {"caption": words}}

    def settings(self, examples: Captioned) -> dict:
        return super().settings(examples) | numbered(examples.tokenizer)


@dataclass(frozen=True)
class HeardRecipe(SoundRecipe):
    """Of a model of sounds that learns what they are from a CLAP's ear.

    It never reads a caption in training; in use the words' embedding stands for the
    sound's (AudioLDM, Liu et al. 2023). clap: its name or folder.
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
