"""Two small classifiers: the ears that judge generated sounds, unlike each other."""

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Judge(nn.Module):
    """What both have: `layers`, an `embedding`, and a last layer that names the class.

    The embedding (batch, 128) is where distances between crowds of sounds are measured.
    """

    def __init__(self, classes: int, layers: nn.Module, left: int):
        super().__init__()
        self.layers = layers
        self.embedding = nn.Linear(left, 128)
        self.out = nn.Sequential(nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, classes))

    def embed(
        self, picture: Float[Tensor, "batch channels bins frames"]
    ) -> Float[Tensor, "batch 128"]:
        return self.embedding(self.layers(picture).flatten(1))

    def forward(
        self, picture: Float[Tensor, "batch channels bins frames"]
    ) -> Float[Tensor, "batch classes"]:
        return self.out(self.embed(picture))


class MelJudge(Judge):
    """Mel (batch, 1, n_mels, frames) -> class scores (batch, classes).

    Three times convolve, norm, halve; what is left, as 8 bands by 4 moments, becomes
    the embedding.
    """

    def __init__(self, classes: int, channels: tuple[int, ...] = (16, 32, 64)):
        layers = []
        for a, b in pairwise((1, *channels)):
            conv = nn.Conv2d(a, b, 3, padding=1, bias=False)
            layers += [conv, nn.BatchNorm2d(b), nn.ReLU(), nn.MaxPool2d(2)]
        pooled = nn.Sequential(*layers, nn.AdaptiveAvgPool2d((8, 4)))
        super().__init__(classes, pooled, channels[-1] * 8 * 4)


class SpectrumJudge(Judge):
    """Complex spectrum (batch, 3, bins, frames) -> class scores (batch, classes).

    Four convolutions that take every second place; what is left, as 4 bands, each with
    its mean over time and its strongest moment, becomes the embedding.
    """

    def __init__(self, classes: int, channels: tuple[int, ...] = (24, 48, 96, 128)):
        layers, tall = [], 5  # bins that the first kernel sees
        for a, b in pairwise((3, *channels)):
            size, padding = (tall, 3), (tall // 2, 1)
            conv = nn.Conv2d(a, b, size, stride=2, padding=padding, bias=False)
            layers += [conv, nn.BatchNorm2d(b), nn.ReLU()]
            tall = 3
        super().__init__(
            classes, nn.Sequential(*layers, MeanAndMost()), channels[-1] * 4 * 2
        )


class MeanAndMost(nn.Module):
    """(batch, c, bins, frames) -> (batch, 2 c, 4, 1): over time, mean and maximum."""

    def forward(self, x: Tensor) -> Tensor:
        pools = nn.functional.adaptive_avg_pool2d, nn.functional.adaptive_max_pool2d
        return torch.cat([pool(x, (4, 1)) for pool in pools], 1)
