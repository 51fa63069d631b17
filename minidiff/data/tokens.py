"""A tokenizer of words: text to numbers and back."""

from collections.abc import Sequence

import torch
from jaxtyping import Int
from torch import Tensor

from .captions import LENGTH, VOCABULARY, known, split


class Tokenizer:
    """Every word has its number, from 1; 0 fills up to `length`.

    words: the vocabulary, in the order of the numbers.
    """

    def __init__(self, words: Sequence[str] = VOCABULARY, length: int = LENGTH):
        self.words, self.length = list(words), length
        self.numbers = {word: i for i, word in enumerate(self.words, 1)}

    def encode(self, texts: str | Sequence[str]) -> Int[Tensor, "n length"]:
        """Tokens of one text or several, int64.

        Raises ValueError for a word that is not in the vocabulary, with those that
        resemble it, and for a text of more words than `length`.
        """
        texts = [texts] if isinstance(texts, str) else texts
        tokens = torch.zeros(len(texts), self.length, dtype=torch.int64)
        for i, text in enumerate(texts):
            words = known(split(text), self.numbers)
            if len(words) > self.length:
                raise ValueError(
                    f"caption: {len(words)} words, but the longest that was learned "
                    f"has {self.length}"
                )
            numbers = [self.numbers[word] for word in words]
            tokens[i, : len(words)] = torch.tensor(numbers, dtype=torch.int64)
        return tokens

    def decode(self, tokens: Int[Tensor, "n length"]) -> list[str]:
        """The words again, without commas."""
        return [
            " ".join(self.words[k - 1] for k in row if k) for row in tokens.tolist()
        ]
