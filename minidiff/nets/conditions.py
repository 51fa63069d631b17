"""All that a net is told, by name, and the one mechanism that brings it in."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .embed import (
    Frames,
    Labels,
    Mels,
    Pictures,
    Sequences,
    Vectors,
)
from .text import Words

SIZES = {"frames": 2, "words": 2}  # numbers that say how large; of others one
KINDS = {
    "labels": Labels, "vectors": Vectors, "sequence": Sequences,
    "mel": Mels, "frames": Frames, "picture": Pictures, "words": Words,
}  # fmt: skip


class Conditions(nn.Module):
    """All the conditions of a net, each by name.

    kinds: name -> number of classes, or ("vectors" | "sequence" | "mel", size), which
    add up to one vector; or what `beside` gives, for nets that say of how many
    dimensions their x is: ("frames", n_mels, hop) for dims = 1, ("picture", channels)
    for 2; or, at most once and for nets that ask for single words (asks), ("words",
    vocabulary, length). A condition that is not given is null, and so is everything for
    cond=None. Raises ValueError for other kinds and sizes below 1.
    """

    optional = True

    def __init__(
        self,
        kinds: dict[str, int | tuple | list],
        width: int,
        dims: int = 0,
        asks: bool = False,
    ):
        super().__init__()
        self.width, self.embedders = width, nn.ModuleDict()
        for name, kind in kinds.items():
            if name in dir(self.embedders) or "." in name:
                raise ValueError(f"classes: {name!r} cannot be a name, choose another")
            kind, *size = ("labels", kind) if isinstance(kind, int) else kind
            known = [k for k, e in KINDS.items() if getattr(e, "dims", dims) == dims]
            if not asks or self.reads:
                known.remove("words")
            right = len(size) == SIZES.get(kind, 1)
            right = right and all(isinstance(n, int) and n >= 1 for n in size)
            if kind not in known or not right:
                raise ValueError(
                    f"classes: {name!r} must be a number of classes or one of "
                    f"{', '.join(known)} with its size, got {kind, *size}"
                )
            size += [] if kind in ("frames", "picture") else [width]
            self.embedders[name] = KINDS[kind](*size)

    @property
    def frames(self) -> dict[str, Frames]:
        """Those that stand beside x."""
        return {k: e for k, e in self.embedders.items() if isinstance(e, Frames)}

    @property
    def reads(self) -> bool:
        """Whether there are words among them."""
        return any(isinstance(embed, Words) for embed in self.embedders.values())

    def by_name(self, cond: Tensor | dict | None) -> dict[str, Tensor]:
        """The conditions as a dict; a bare tensor belongs to the net's only name."""
        if cond is None or isinstance(cond, dict):
            return cond or {}
        return {next(iter(self.embedders)): cond}

    def null(self, cond: Tensor | dict) -> Tensor | dict:
        """Null conditions in the form of `cond`."""
        if not isinstance(cond, dict):
            (cond,) = self.null(self.by_name(cond)).values()
            return cond
        return {
            name: self.embedders[name].null(len(value)) for name, value in cond.items()
        }

    def forward(
        self, cond: Tensor | dict | None, batch: int, said: tuple | None = None
    ) -> Float[Tensor, "batch width"] | float:
        """said: what `words` gives, from a net that has asked for it."""
        given, parts = self.by_name(cond), []
        for name, embed in self.embedders.items():
            if isinstance(embed, Words):
                parts.append(embed(*(said or self.words(cond, batch))))
            elif name not in self.frames:
                parts.append(embed(given[name] if name in given else embed.null(batch)))
        return sum(parts, start=0.0)

    def words(
        self, cond: Tensor | dict | None, batch: int
    ) -> tuple[Tensor, Tensor] | None:
        """What is said word by word, and which of these count; None without `Words`."""
        given = self.by_name(cond)
        for name, embed in self.embedders.items():
            if isinstance(embed, Words):
                return embed.text(given[name] if name in given else embed.null(batch))
        return None

    def beside(
        self, cond: Tensor | dict | None, x: Float[Tensor, "batch c *size"]
    ) -> list[Float[Tensor, "batch _ *frames"]]:
        """What stands beside x, one for each `Frames` or `Pictures`.

        Raises ValueError for those of another size than x's.
        """
        given, found = self.by_name(cond), []
        for name, embed in self.frames.items():
            c = given[name] if name in given else embed.null(len(x))
            try:
                found.append(embed.beside(c, x))
            except ValueError as error:
                raise ValueError(f"cond {name!r} has {error}") from None
        return found

    def joined(
        self, cond: Tensor | dict | None, x: Float[Tensor, "batch c *size"]
    ) -> Float[Tensor, "batch channels *size"]:
        """x and all that stands beside it, every frame held for its samples."""
        hops = [embed.hop for embed in self.frames.values()]
        mels = zip(self.beside(cond, x), hops, strict=True)
        held = [mel.repeat_interleave(n, 2)[:, :, : x.shape[2]] for mel, n in mels]
        return torch.cat([x, *held], dim=1)
