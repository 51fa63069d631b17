"""A prompt in any words: each of its sounds becomes the nearest one that is known."""

import functools
from collections.abc import Callable, Sequence
from itertools import combinations, product

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from ..data import garden
from ..data.captions import NOUNS, SIDES, TRAITS, Asked, Part, halved, say, split

SAID = 2  # traits that a phrase to choose from has at most
ENCODER = "all-MiniLM-L6-v2"


class Free:
    """Reads prompts by a sentence encoder: free text in, a caption out.

    What stands between two sounds must be a word of the grammar, such as "over" or
    "then"; all else may be said freely. encode: texts -> vectors (n, d), as `encode` of
    a SentenceTransformer; it is asked once about all that can be said of one sound.
    """

    def __init__(self, encode: Callable[[Sequence[str]], Tensor]):
        self.encode = encode

    @functools.cached_property
    def known(self) -> tuple[list[Part], Float[Tensor, "n d"]]:
        """Every sound with up to two traits, and where the encoder puts it."""
        parts = [part for name in NOUNS for part in phrases(name)]
        return parts, self._directions([say(Asked("", (part,))) for part in parts])

    def __call__(self, prompt: str) -> str:
        """The caption that is nearest, sound by sound.

        Raises ValueError for more than two sounds, and where nothing is said of one.
        """
        relation, halves = halved(split(prompt))
        said = [" ".join(words) for words in halves]
        if not all(said):
            raise ValueError(f"caption: a sound is missing in {prompt!r}")
        parts, directions = self.known
        nearest = (self._directions(said) @ directions.T).argmax(1).tolist()
        return say(Asked(relation, tuple(parts[k] for k in nearest)))

    def _directions(self, texts: list[str]) -> Float[Tensor, "n d"]:
        return F.normalize(torch.as_tensor(self.encode(texts)).float(), dim=1)


def phrases(name: str) -> list[Part]:
    """One sound with none, one or two of its traits, all ways."""
    keys, found = [key for key in TRAITS if key in garden.ranges(name)], []
    for n in range(SAID + 1):
        for some in combinations(keys, n):
            for sides in product(SIDES, repeat=n):
                found.append(Part(name, dict(zip(some, sides, strict=True))))
    return found


def sentence_encoder(name: str = ENCODER) -> Callable[[Sequence[str]], Tensor]:
    """`encode` of a SentenceTransformer, if the package is installed.

    Its weights are fetched when they are first asked for. Raises ValueError without the
    package.
    """
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        raise ValueError(
            "a sentence encoder needs: pip install sentence-transformers"
        ) from None
    return functools.partial(SentenceTransformer(name).encode, convert_to_tensor=True)
