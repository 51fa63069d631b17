"""The plainest front end: the waveform itself."""

from dataclasses import asdict, dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid


@dataclass(frozen=True)
class Waveform:
    """The plainest front end: the waveform itself, as one channel.

    sample_rate: Hz. std: the usual rms of the sounds, by which they are divided.
    Raises ValueError for a rate below 1 and std <= 0.
    """

    sample_rate: int = 16_000
    std: float = 0.1

    def __post_init__(self):
        valid.whole(self.sample_rate, "sample_rate", 1)
        valid.number(self.std, "std", 0, torch.inf, open_ends=True)

    def encode(
        self, wave: Float[Tensor, "batch samples"], sample_rate: int | None = None
    ) -> Float[Tensor, "batch 1 samples"]:
        """wave / std. Raises what `MelSpec.encode` raises."""
        checked(wave, sample_rate, self.sample_rate)
        return wave[:, None] / self.std

    def decode(
        self, x: Float[Tensor, "batch 1 samples"]
    ) -> Float[Tensor, "batch samples"]:
        """The way back, exactly."""
        return x[:, 0] * self.std

    def shape(self, samples: int) -> tuple[int, int]:
        """(1, samples)."""
        return 1, samples

    def settings(self) -> dict:
        """The arguments that make this object again."""
        return asdict(self)


def checked(wave: Tensor, sample_rate: int | None, expected: int) -> None:
    """Raise unless `wave` is finite (batch, samples) audio at the expected rate."""
    valid.real(wave, "wave")
    if wave.dtype not in (torch.float32, torch.float64):
        raise TypeError(f"wave must be float32 or float64, got {wave.dtype}")
    if wave.dim() != 2:
        raise ValueError(
            "wave must be (batch, samples), mono; "
            f"got {tuple(wave.shape)}: average the channels of stereo first"
        )
    if sample_rate not in (None, expected):
        raise ValueError(
            f"sample_rate is {sample_rate}, but {expected} was expected: resample first"
        )
