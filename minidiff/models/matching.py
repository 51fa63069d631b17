"""Recipes of models that match sounds and captions, and that judge them."""

from dataclasses import dataclass

import torch
from torch import nn

from ..control.listening import ORDER
from ..control.matched import matched
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
    by_ears = False
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

    def measure(self, model, ears: dict) -> dict:
        return matched(model, self.data("test"))


@dataclass(frozen=True)
class ListenerRecipe(Recipe):
    """Of a net that says what is in a scene."""

    kind = "listener"
    by_ears = False

    def examples(self, waves) -> Known:
        return Known(waves, self.front)

    def size(self, names: dict[str, list[str]]) -> dict:
        counts = {"relations": len(ORDER), "names": len(NOUNS)}
        return {"type": "Listener", **counts, "parameters": len(TRAITS), **self.net}

    def build(self, names: dict) -> Listener:
        return build(**self.size(names))

    def finish(self, trained: Listener, examples: Known) -> nn.Module:
        return trained

    def measure(self, model, ears: dict) -> dict:
        """What it finds in scenes that it has not heard, asked for as they are."""
        scenes = self.data("test")
        waves = torch.stack([wave for wave, _ in scenes])
        return model.judge(waves, [scenes.caption(i) for i in range(len(scenes))])
