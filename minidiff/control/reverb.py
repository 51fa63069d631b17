"""A room as an operator: every moment of a sound rings on into the next ones."""

import torch
import torch.nn.functional as F
from torch import Tensor

from .. import valid
from .operators import RATE, Operator


class Reverb(Operator):
    """A room: y is x convolved with the room's answer to a click; A* correlates.

    response: (taps,); or seconds in which a made one, noise that fades, falls by 60 dB,
    beside a click of 1. y is as long as x. wet: how loud that tail is beside the click.
    sample_rate: of the made one, in Hz.
    Raises ValueError for a response that is empty, NaN or no vector, and seconds or a
    sample_rate <= 0.
    """

    def __init__(
        self,
        response: Tensor | float,
        wet: float = 1.0,
        sample_rate: float = RATE,
    ):
        self.given, self.wet = response, valid.number(wet, "wet", 0, 1e3)
        if isinstance(response, Tensor):
            self.response = valid.real(response, "response")
            if response.dim() != 1:
                raise ValueError(
                    f"response must be (taps,), got {tuple(response.shape)}"
                )
            return
        seconds = valid.number(response, "response", 0, 60, open_ends=True)
        rate = valid.number(sample_rate, "sample_rate", 0, 1e9, open_ends=True)
        n = max(1, round(seconds * rate))
        dice = torch.Generator().manual_seed(0)  # always the same room
        tail = torch.randn(n, generator=dice, dtype=torch.float64)
        tail = tail * 10 ** (-3 * torch.arange(n, dtype=torch.float64) / n)
        self.response = self.wet * tail / tail.norm()
        self.response[0] = 1.0

    def at(self, sample_rate: float) -> "Reverb":
        """A made room anew; a given response is taken to be at that rate already."""
        if isinstance(self.given, Tensor):
            return self
        return Reverb(self.given, self.wet, sample_rate)

    def apply(self, x: Tensor) -> Tensor:
        n, spectrum = self._spectrum(x)
        return torch.fft.irfft(torch.fft.rfft(x, n) * spectrum, n)[..., : x.shape[-1]]

    def adjoint(self, y: Tensor) -> Tensor:
        n, spectrum = self._spectrum(y)
        back = torch.fft.irfft(torch.fft.rfft(y, n) * spectrum.conj(), n)
        return back[..., : y.shape[-1]]

    def _spectrum(self, x: Tensor) -> tuple[int, Tensor]:
        """The response's, over so many samples that nothing comes around again."""
        response = self.response.to(x)
        n = x.shape[-1] + len(response) - 1
        return n, torch.fft.rfft(F.pad(response, (0, n - len(response))))
