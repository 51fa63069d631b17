"""Numbers as tokens, for a model that can only choose from a list."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from .. import valid
from ..nets.dit import patchify, unpatchify


class Levels:
    """Each number as the one of `words` equal steps from -most to most it lies in.

    What lies beyond takes the last step.
    """

    def __init__(self, words: int, most: float):
        self.words = valid.whole(words, "words", 2)
        self.most = valid.number(most, "most", 0, 1e6, open_ends=True)
        self.step = 2 * self.most / self.words

    def encode(self, x: Float[Tensor, "n d"]) -> Int[Tensor, "n d"]:
        """Raises ValueError for NaN."""
        place = ((valid.real(x, "x") + self.most) / self.step).floor()
        return place.clamp(0, self.words - 1).long()

    def decode(
        self, tokens: Int[Tensor, "n d"], generator: torch.Generator | None = None
    ) -> Float[Tensor, "n d"]:
        """Somewhere in each step, drawn evenly: a token says no more."""
        inside = torch.rand(tokens.shape, generator=generator)
        return (tokens + inside) * self.step - self.most


class Patches(nn.Module):
    """A mel (n, 1, rows, columns) as patches, each the nearest of a list of `words`.

    The list, or codebook, is the means of as many heaps of training patches (k-means),
    as in a VQ-VAE (van den Oord et al. 2017) whose encoder is the identity. side: of a
    patch; rows and columns are multiples of it. Tokens stand column by column of
    patches, each from low bands to high: in the order of time.
    """

    def __init__(self, words: int, side: int, rows: int, columns: int):
        super().__init__()
        if rows % side or columns % side:
            raise ValueError(f"side: {rows} x {columns} cannot be cut by {side}")
        self.side, self.rows, self.columns = side, rows // side, columns // side
        self.register_buffer("codebook", torch.zeros(words, side * side))

    @property
    def length(self) -> int:
        """Tokens of a mel."""
        return self.rows * self.columns

    def learn(self, mels: Float[Tensor, "n 1 rows columns"], seed: int = 0) -> None:
        """Choose the list by training mels. Raises ValueError for NaN."""
        from sklearn.cluster import MiniBatchKMeans  # here: it takes its time

        cut = patchify(valid.real(mels, "mels"), self.side).flatten(0, 1).numpy()
        heaps = MiniBatchKMeans(
            len(self.codebook), batch_size=4096, n_init=1, random_state=seed
        ).fit(cut)
        self.codebook.copy_(torch.from_numpy(heaps.cluster_centers_))

    def encode(self, mels: Float[Tensor, "n 1 rows columns"]) -> Int[Tensor, "n m"]:
        """Raises ValueError for mels of another size and NaN."""
        size = 1, self.rows * self.side, self.columns * self.side
        valid.sized(valid.real(mels, "mels"), size, "mels")
        cut = patchify(mels, self.side)
        near = torch.cat(
            [torch.cdist(c, self.codebook).argmin(2) for c in cut.split(64)]
        )
        return near.unflatten(1, (self.rows, self.columns)).mT.flatten(1)

    def decode(self, tokens: Int[Tensor, "n m"]) -> Float[Tensor, "n 1 rows columns"]:
        by_rows = tokens.unflatten(1, (self.columns, self.rows)).mT.flatten(1)
        return unpatchify(self.codebook[by_rows], self.side, self.rows, self.columns)
