"""Spoken digits in noise: the word as it was recorded, and the same in a noise."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from .. import valid
from .digits import DIGITS, SPEAKERS, Digits
from .noise import NAMES, Noise

LOW, HIGH = -2.0, 15.0  # dB, between which the training's ratios are drawn
RATIOS = (0.0, 5.0, 10.0)  # dB, of the test
ROUNDS = 64  # so often the training hears every word, each time in another noise
LEAST = 1e-5  # power; what is softer is no noise, and is not made loud


class Noisy(Dataset):
    """Spoken digits in noise: pairs of (both, labels).

    both: (2, samples) float32 at 8 kHz, in [-1, 1]: the word as in `Digits`, and the
    same with noise, which lasts all the time. labels: int64, digit, speaker and noise,
    see `label_names`; and the "ratio", float32, in dB.
    split: "train" has 64 rounds of all training words, at ratios between -2 and 15 dB;
    "test" one round of the test words for each of `ratios`, 0, 5 and 10 dB, in noises
    that the training never hears; word and noise are the same in each. A ratio is that
    of the powers, of the word as long as it lasts and of the noise.

    Nothing but the number of an item decides its noise, which is mixed when it is asked
    for. `words` and `noises` are the sets behind it.
    Raises what `Digits` and `Noise` raise, and ValueError for an empty list of ratios.
    """

    sample_rate = Digits.sample_rate
    names = DIGITS
    label_names = {"digit": DIGITS, "speaker": SPEAKERS, "noise": NAMES}

    def __init__(
        self,
        split: str = "train",
        samples: int = 6400,
        ratios: Sequence[float] | None = None,
    ):
        self.words = Digits(split, samples)
        # twice as long as a word, which then begins somewhere in the first half
        self.noises = Noise(split, 2 * samples, self.sample_rate)
        if ratios is None and split == "test":
            ratios = RATIOS
        if ratios is not None and not len(ratios):
            raise ValueError("ratios: one number of dB at least")
        self.ratios = None if ratios is None else [float(r) for r in ratios]
        rounds = ROUNDS if self.ratios is None else len(self.ratios)
        self.size, self.samples = rounds * len(self.words), samples
        self.cuts = [
            (self.noises.origin == recording).nonzero()[:, 0]
            for recording in range(len(self.noises.credits))
        ]

    @property
    def credits(self) -> list[str]:
        """Who recorded the words and the noises, each once."""
        return sorted({*self.words.credits, *self.noises.credits})

    def __len__(self) -> int:
        return self.size

    def __getitem__(
        self, i: int
    ) -> tuple[Float[Tensor, "2 samples"], dict[str, Tensor]]:
        i = range(self.size)[i]  # as lists have it: from the end, and no further
        round, word = divmod(i, len(self.words))
        clean, labels = self.words[word]
        dice = torch.Generator().manual_seed(i if self.ratios is None else word)
        noise, label = self._noise(dice)
        draw = torch.rand((), generator=dice).item()
        drawn = LOW + (HIGH - LOW) * draw
        ratio = drawn if self.ratios is None else self.ratios[round]
        both = torch.stack([clean, mixed(clean, noise, ratio)])
        both /= (both.abs().max() / 0.99).clamp(min=1)
        return both, {**labels, "noise": label, "ratio": torch.tensor(ratio)}

    def _noise(self, dice: torch.Generator) -> tuple[Tensor, Tensor]:
        """A piece of a noise, every recording as often as the others."""

        def below(n: int) -> int:
            return int(torch.randint(n, (), generator=dice))

        cuts = self.cuts[below(len(self.cuts))]
        wave, label = self.noises[int(cuts[below(len(cuts))])]
        start = below(self.samples + 1)
        return wave[start : start + self.samples], label


def mixed(
    clean: Float[Tensor, " samples"], noise: Float[Tensor, " samples"], ratio: float
) -> Float[Tensor, " samples"]:
    """`clean` with `noise`, `ratio` dB below it; the silence that follows a word does
    not count, else noise would be softer behind short words."""
    valid.same_shape(clean, noise, "clean and noise")
    spoken = clean.nonzero()
    lasts = int(spoken[-1]) + 1 if len(spoken) else len(clean)
    speech = clean.square().sum() / lasts
    wanted = speech / 10 ** (ratio / 10)
    return clean + noise * (wanted / noise.square().mean().clamp(min=LEAST)).sqrt()
