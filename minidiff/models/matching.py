"""Recipes of models that match sounds and captions."""

from dataclasses import dataclass

from torch import nn

from ..data.tokens import Tokenizer
from ..nets import build
from ..nets.clap import Towers
from .encoded import Captioned, Contrasted
from .prompted import numbered
from .recipe import Recipe


@dataclass(frozen=True)
class ClapRecipe(Recipe):
    """Of two towers.

    hard: whether every sound has wrong captions of its own to refuse.
    """

    hard: bool = False

    kind = "clap"
    decisive = (*Recipe.decisive, "hard")

    def examples(self, waves) -> Captioned:
        return (Contrasted if self.hard else Captioned)(waves, self.front)

    def size(self, names: dict[str, list[str]]) -> dict:
        tokenizer = Tokenizer()
        words = {"vocabulary": len(tokenizer.words), "length": tokenizer.length}
        return {"type": "Towers", **words, **self.net}

    def build(self, names: dict) -> Towers:
        return build(**self.size(names))

    def finish(self, trained: Towers, examples: Captioned) -> nn.Module:
        return trained

    def settings(self, examples: Captioned) -> dict:
        return super().settings(examples) | numbered(examples.tokenizer)
