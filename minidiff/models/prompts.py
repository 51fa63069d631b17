"""Models that are asked in words: how a prompt is read."""

import warnings

from torch import Tensor

from .. import valid
from ..data.tokens import Tokenizer


class Prompts:
    """What may be asked of a model that learned captions.

    settings: the model's. names: the words it knows, by the name of the condition.
    """

    def __init__(self, settings: dict):
        self.tokenizer = Tokenizer(**settings["caption"])
        self.names = {"caption": self.tokenizer.words}

    def check(self, prompt: str) -> str:
        """Return this prompt. Raises ValueError for one that cannot be read."""
        self.tokenizer.encode(prompt)
        return prompt

    def read(self, cond, n: int, dice: list) -> dict[str, Tensor]:
        """Tokens (n, length) of one prompt or of n; none at all where none is given."""
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
        if not tokens.any(1).all():
            said = "an empty prompt asks for nothing: the model makes what it likes"
            warnings.warn(said, stacklevel=4)  # past `generate` and no_grad
        if not tokens.any():
            return {}
        return {"caption": tokens}
