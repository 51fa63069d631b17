"""A small classifier of spectrograms: the ear that judges generated sounds."""

from jaxtyping import Float
from torch import Tensor, nn


class Judge(nn.Module):
    """Mel (batch, 1, n_mels, frames) -> class scores (batch, classes).

    Three times convolve, norm, halve; then the mean over what is left, which is the
    embedding (batch, 128) that Fréchet distances are measured in.
    """

    def __init__(self, classes: int, channels: tuple[int, ...] = (32, 64, 128)):
        super().__init__()
        layers = []
        for a, b in zip((1, *channels), channels, strict=False):
            conv = nn.Conv2d(a, b, 3, padding=1, bias=False)
            layers += [conv, nn.BatchNorm2d(b), nn.ReLU(), nn.MaxPool2d(2)]
        self.layers = nn.Sequential(*layers)
        self.out = nn.Sequential(nn.Dropout(0.3), nn.Linear(channels[-1], classes))

    def embed(
        self, mel: Float[Tensor, "batch 1 n_mels frames"]
    ) -> Float[Tensor, "batch d"]:
        return self.layers(mel).mean(dim=(2, 3))

    def forward(
        self, mel: Float[Tensor, "batch 1 n_mels frames"]
    ) -> Float[Tensor, "batch classes"]:
        return self.out(self.embed(mel))
