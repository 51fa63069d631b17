"""Models that are asked in words: how a prompt is read."""

import warnings

import torch
from torch import Tensor

from .. import valid
from ..control.clap import Clap
from ..data.tokens import Tokenizer


class Prompts:
    """What may be asked of a model that learned captions.

    settings: the model's. names: the words it knows, by the name of the condition.
    clap: of a model that learned from one; it turns prompts into embeddings.
    """

    def __init__(self, settings: dict, clap: Clap | None = None):
        self.tokenizer, self.clap = Tokenizer(**settings["caption"]), clap
        self.names = {"caption": self.tokenizer.words}

    def asked(self, texts: list[str]) -> str:
        """The one prompt of a shell. Raises ValueError for an unreadable one."""
        if len(texts) > 1:
            raise ValueError(f"label: one prompt at a time, got {len(texts)}")
        self.tokenizer.encode(texts[0])
        return texts[0]

    def read(self, cond, n: int, dice: list) -> dict[str, Tensor]:
        """What the net is told of one prompt or of n; nothing where none is given.

        Tokens (n, length), or with a clap embeddings (n, d), NaN for an empty prompt.
        """
        if isinstance(cond, dict):
            for name in cond:
                valid.choice(name, self.names, "cond")
            cond = cond.get("caption")
        if cond is None:
            return {}
        prompts = list(cond) if isinstance(cond, list | tuple) else [cond] * n
        if len(prompts) != n:
            raise ValueError(f"caption: expected {n} prompts, got {len(prompts)}")
        tokens = self.tokenizer.encode(prompts)
        empty = ~tokens.any(1)
        if empty.any():
            said = "an empty prompt asks for nothing: the model makes what it likes"
            warnings.warn(said, stacklevel=4)  # past `generate` and no_grad
        if empty.all():
            return {}
        if self.clap is None:
            return {"caption": tokens}
        heard = self.clap.read(prompts)
        return {"heard": torch.where(empty[:, None], torch.nan, heard)}
