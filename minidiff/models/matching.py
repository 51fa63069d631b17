"""Recipes of models that match sounds and captions, and that judge them."""

from dataclasses import dataclass

from torch import nn

from ..control.listening import ORDER
from ..data.captions import NOUNS, TRAITS
from ..data.tokens import Tokenizer
from ..nets import build
from ..nets.clap import Towers
from ..nets.listener import Listener
from .encoded import Captioned, Contrasted, Known
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


@dataclass(frozen=True)
class ListenerRecipe(Recipe):
    """Of a net that says what is in a scene."""

    kind = "listener"

    def examples(self, waves) -> Known:
        return Known(waves, self.front)

    def size(self, names: dict[str, list[str]]) -> dict:
        counts = {"relations": len(ORDER), "names": len(NOUNS)}
        return {"type": "Listener", **counts, "parameters": len(TRAITS), **self.net}

    def build(self, names: dict) -> Listener:
        return build(**self.size(names))

    def finish(self, trained: Listener, examples: Known) -> nn.Module:
        return trained
