"""A small classifier of spectrograms: the ear that judges generated sounds."""

from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn


class Judge(nn.Module):
    """Mel (batch, 1, n_mels, frames) -> class scores (batch, classes).

    Three times convolve, norm, halve; what is left, as 8 bands by 4 moments, becomes
    the embedding (batch, 128) in which Fréchet distances are measured.
    """

    def __init__(self, classes: int, channels: tuple[int, ...] = (16, 32, 64)):
        super().__init__()
        layers = []
        for a, b in pairwise((1, *channels)):
            conv = nn.Conv2d(a, b, 3, padding=1, bias=False)
            layers += [conv, nn.BatchNorm2d(b), nn.ReLU(), nn.MaxPool2d(2)]
        self.layers = nn.Sequential(*layers, nn.AdaptiveAvgPool2d((8, 4)))
        self.embedding = nn.Linear(channels[-1] * 8 * 4, 128)
        self.out = nn.Sequential(nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, classes))

    def embed(
        self, mel: Float[Tensor, "batch 1 n_mels frames"]
    ) -> Float[Tensor, "batch 128"]:
        return self.embedding(self.layers(mel).flatten(1))

    def forward(
        self, mel: Float[Tensor, "batch 1 n_mels frames"]
    ) -> Float[Tensor, "batch classes"]:
        return self.out(self.embed(mel))
