"""Two towers, one for sound and one for words, that meet in one space.

CLIP (Radford et al. 2021) for sound, CLAP (Elizalde et al. 2022), in small.
"""

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from .text import Text

COLDEST = 0.01  # temperature; below it a single pair would decide (CLIP, 2.5)


def contrast(
    sounds: Float[Tensor, "b d"],
    texts: Float[Tensor, "b d"],
    temperature: Tensor | float,
    wrong: Float[Tensor, "b k d"] | None = None,
) -> Float[Tensor, ""]:
    """InfoNCE both ways: which of these texts is that of this sound, and the reverse?

    Embeddings of length 1; the i-th text is that of the i-th sound. wrong: more texts,
    that only the i-th sound has to refuse, after Yuksekgonul et al. 2023, where every
    sound refuses all of them.
    """
    with torch.autocast(sounds.device.type, enabled=False):  # small gaps, large scores
        scores = sounds @ texts.T / temperature  # (b, b): a row for each sound
        own = torch.arange(len(scores), device=scores.device)
        by_text = F.cross_entropy(scores.T, own)
        if wrong is not None:
            worse = torch.einsum("bd,bkd->bk", sounds, wrong) / temperature
            scores = torch.cat([scores, worse], dim=1)
    return (F.cross_entropy(scores, own) + by_text) / 2


class SoundTower(nn.Module):
    """Mel (batch, 1, n_mels, frames) -> (batch, d): convolve and halve, four times.

    What is left stays apart in 8 bands by 8 moments, for order has to be heard.
    """

    def __init__(self, d: int, channels: tuple[int, ...] = (16, 32, 64, 96)):
        super().__init__()
        layers = []
        for a, b in pairwise((1, *channels)):
            conv = nn.Conv2d(a, b, 3, padding=1, bias=False)
            halve = nn.MaxPool2d(2) if b != channels[-1] else nn.Identity()
            layers += [conv, nn.BatchNorm2d(b), nn.ReLU(), halve]
        self.layers = nn.Sequential(*layers, nn.AdaptiveAvgPool2d((8, 8)))
        self.out = nn.Linear(channels[-1] * 8 * 8, d)

    def forward(self, mel: Float[Tensor, "b 1 n m"]) -> Float[Tensor, "b d"]:
        return self.out(self.layers(mel).flatten(1))


class TextTower(nn.Module):
    """Tokens (batch, words) -> (batch, d): what stands at the start of the text."""

    def __init__(self, vocabulary: int, length: int, d: int):
        super().__init__()
        self.text = Text(vocabulary, length)
        self.out = nn.Linear(128, d)

    def forward(self, tokens: Int[Tensor, "b words"]) -> Float[Tensor, "b d"]:
        said, _ = self.text(tokens)
        return self.out(said[:, 0])


class Towers(nn.Module):
    """Sounds and captions as directions in one space of d dimensions.

    vocabulary, length: of the captions' tokens. noise: standard deviation of what is
    added to the mels in training, for few sounds would be learned by heart.
    """

    def __init__(self, vocabulary: int, length: int, d: int = 64, noise: float = 0.2):
        super().__init__()
        self.d, self.noise = d, noise
        self.sound = SoundTower(d)
        self.text = TextTower(vocabulary, length, d)
        self.log_temperature = nn.Parameter(torch.tensor(math.log(0.07)))

    @property
    def temperature(self) -> Tensor:
        return self.log_temperature.exp().clamp(min=COLDEST)

    def hear(self, mel: Float[Tensor, "b 1 n m"]) -> Float[Tensor, "b d"]:
        """Of length 1."""
        return F.normalize(self.sound(mel).float(), dim=1)

    def read(self, tokens: Int[Tensor, "b words"]) -> Float[Tensor, "b d"]:
        """Of length 1."""
        return F.normalize(self.text(tokens).float(), dim=1)

    def loss(
        self, x0: Tensor, cond: dict, generator: torch.Generator | None = None
    ) -> Float[Tensor, ""]:
        """`contrast` of a batch of mels and their captions.

        cond: {"caption": (batch, words)}, and maybe {"wrong": (batch, k, words)}.
        """
        device = generator.device if generator is not None else x0.device
        eps = torch.randn(x0.shape, generator=generator, device=device).to(x0)
        sounds, texts = self.hear(x0 + self.noise * eps), self.read(cond["caption"])
        wrong = cond.get("wrong")
        if wrong is not None:
            wrong = self.read(wrong.flatten(0, 1)).unflatten(0, wrong.shape[:2])
        return contrast(sounds, texts, self.temperature, wrong)
