"""Recipes of models that are asked in words."""

from dataclasses import dataclass

from torch.utils.data import Dataset

from ..data.tokens import Tokenizer
from .encoded import Captioned
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
        words, length = examples.tokenizer.words, examples.tokenizer.length
        return super().settings(examples) | {
            "caption": {"words": words, "length": length}
        }
