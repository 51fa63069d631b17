"""Models that are asked in words: how a prompt is read."""

import warnings

import torch
from torch import Tensor

from .. import valid
from ..control.clap import Clap
from ..control.free import Free
from ..data.captions import parse, split
from ..data.tokens import Tokenizer


class Prompts:
    """What may be asked of a model that learned captions.

    settings: the model's. names: the words it knows, by the name of the condition.
    clap: of a model that learned from one; it turns prompts into embeddings. free: what
    makes a caption of a prompt that cannot be read; default: nothing, it raises.
    """

    def __init__(self, settings: dict, clap: Clap | None = None):
        self.tokenizer, self.clap = Tokenizer(**settings["caption"]), clap
        self.free: Free | None = None
        self.names = {"caption": self.tokenizer.words}

    def asked(self, texts: list[str]) -> str:
        """The one prompt of a shell. Raises ValueError for an unreadable one."""
        if len(texts) > 1:
            raise ValueError(f"label: one prompt at a time, got {len(texts)}")
        self._readable(texts[0])
        return texts[0]

    def _readable(self, prompt) -> str:
        """The prompt, or the caption that it is taken for."""
        if not isinstance(prompt, str):
            raise TypeError(f"a prompt is text, got {prompt!r}")
        try:
            self.tokenizer.encode(prompt)
            if split(prompt):  # an empty one asks for nothing
                parse(prompt)
        except ValueError:
            if self.free is None:
                raise
            caption = self.free(prompt)
            warnings.warn(f"{prompt!r} is read as {caption!r}", stacklevel=5)
            return caption
        return prompt

    def read(self, cond, n: int, dice: list) -> dict[str, Tensor]:
        """What the net is told of one prompt or of n; nothing where none is given.

        Tokens (n, length), or with a clap embeddings (n, d), NaN for an empty prompt.
        Such a model may also be told {"heard": embeddings}, (d,), (1, d) or (n, d), as
        its clap hears a sound: then it makes what is like that sound.
        """
        if isinstance(cond, dict):
            known = [*self.names, *(["heard"] if self.clap else [])]
            for name in cond:
                valid.choice(name, known, "cond")
            if cond.get("heard") is not None:
                if cond.get("caption") is not None:
                    raise ValueError("cond: a caption or what is heard, not both")
                return {"heard": directions(cond["heard"], n, self.clap.towers.d)}
            cond = cond.get("caption")
        if cond is None:
            return {}
        prompts = list(cond) if isinstance(cond, list | tuple) else [cond] * n
        if len(prompts) != n:
            raise ValueError(f"caption: expected {n} prompts, got {len(prompts)}")
        prompts = [self._readable(prompt) for prompt in prompts]
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


def directions(heard: Tensor, n: int, d: int) -> Tensor:
    """One embedding for all or n of them, as (n, d) of length 1.

    Raises ValueError for another shape, NaN and one without a direction.
    """
    valid.real(heard, "heard")
    heard = heard[None] if heard.dim() == 1 else heard
    if heard.dim() != 2 or heard.shape[1] != d or len(heard) not in (1, n):
        shape = tuple(heard.shape)
        raise ValueError(f"heard: expected ({d},), (1, {d}) or ({n}, {d}), got {shape}")
    length = heard.norm(dim=1, keepdim=True)
    if not (length > 1e-6).all():
        raise ValueError("heard: an embedding of zeros says nothing")
    return (heard / length).float().expand(n, -1)
