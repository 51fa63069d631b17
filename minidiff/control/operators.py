"""Damage as a function: y = A(x) + noise, and the way back that some of it has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from .. import valid
from ..process import Generators, randn

RATE = 16_000  # Hz, of sounds that come without one, as of the front ends


class Operator:
    """What was done to a sound or picture: `operator(x)` is y = A(x) + noise.

    Linear ones have `.adjoint`, A*, for which <A x, y> = <x, A* y>. noise: the std of
    what is added to A(x). Time is the last dimension of x, the first its batch.
    """

    noise = 0.0

    def apply(self, x: Tensor) -> Tensor:
        """A(x), without noise."""
        raise NotImplementedError

    def __call__(self, x: Tensor, generator: Generators = None) -> Tensor:
        y = self.apply(valid.real(x, "x"))
        if self.noise:
            y = y + self.noise * randn(y.shape, generator).to(y)
        return y

    def residual(self, x0: Tensor, y: Tensor) -> Tensor:
        """What x0 leaves unexplained of y."""
        return y - self.apply(x0)

    def at(self, sample_rate: int) -> "Operator":
        """The same, of sounds with so many samples a second."""
        return self

    def seen(self, recording: Tensor) -> Tensor:
        """What a recording tells: of a gap, nothing, whatever stands there."""
        return recording

    def known(self, y: Tensor) -> Bool[Tensor, "*size"] | None:
        """Where y is x itself, bit for bit; None for nowhere."""
        return None

    def hold(self, made: Tensor, y: Tensor) -> Tensor:
        """`made`, with what y tells for certain put right, if it does."""
        return made


class Certain(Operator):
    """What tells a part of x for certain: what `made` leaves unexplained is added."""

    def seen(self, recording: Tensor) -> Tensor:
        return self.apply(recording)

    def hold(self, made: Tensor, y: Tensor) -> Tensor:
        return made + self.residual(made, y)


class Kept(Certain):
    """Some of x is kept, the rest lost, by a `mask(x)` of 0 to 1: A* is A itself."""

    def mask(self, x: Tensor) -> Tensor:
        """How much is kept, in a shape that multiplies x."""
        raise NotImplementedError

    def apply(self, x: Tensor) -> Tensor:
        return self.mask(x) * x

    def adjoint(self, y: Tensor) -> Tensor:
        return self.apply(y)

    def known(self, y: Tensor) -> Bool[Tensor, "*size"]:
        return (self.mask(y) == 1).expand(y.shape)


class Mask(Kept):
    """Numbers of x that are known, where `kept` is 1, and lost, where it is 0.

    kept: 0 to 1 (or bool), of the shape of one x, or one that broadcasts to it. Raises
    ValueError for numbers beyond, a mask of 0 alone, and at use for another shape.
    """

    def __init__(self, kept: Tensor):
        kept = torch.as_tensor(kept)
        self.kept = kept if kept.is_floating_point() else kept.float()
        if not ((self.kept >= 0) & (self.kept <= 1)).all():
            raise ValueError("kept: a mask holds numbers from 0 to 1")
        if not self.kept.any():
            raise ValueError("kept: a mask of nothing but 0, so that nothing is known")

    def mask(self, x: Tensor) -> Tensor:
        size, kept = tuple(x.shape[1:]), tuple(self.kept.shape)
        pairs = zip(kept[::-1], size[::-1], strict=False)
        if len(kept) > len(size) or any(k not in (1, n) for k, n in pairs):
            raise ValueError(f"mask: its shape is {kept}, but that of one x is {size}")
        return self.kept.to(x)


@dataclass(frozen=True)
class Gap(Kept):
    """A hole in time, in which nothing was recorded.

    start, end: seconds. soft: seconds on either side over which trust falls from 1 to
    0, like a cosine: what is there is known in part, and cross-faded with what is made.
    sample_rate: numbers a second of the last dimension: samples, or frames.

    Raises ValueError for times that are negative or do not rise, and at use for a gap
    outside the sound, or so long that nothing is left.
    """

    start: float
    end: float
    soft: float = 0.0
    sample_rate: float = RATE

    def __post_init__(self):
        valid.number(self.start, "start", 0, 1e6)
        valid.number(self.end, "end", 0, 1e6)
        valid.number(self.soft, "soft", 0, 10)
        valid.number(self.sample_rate, "sample_rate", 0, 1e9, open_ends=True)
        if not self.start < self.end:
            raise ValueError(
                f"gap: it must end after it starts, got {self.start} to {self.end} s"
            )

    def at(self, sample_rate: float) -> "Gap":
        return replace(self, sample_rate=sample_rate)

    def span(self, samples: int) -> tuple[int, int]:
        """The first lost sample, and the first known one after it."""
        first, last = (round(s * self.sample_rate) for s in (self.start, self.end))
        told = f"gap: {self.start:g} to {self.end:g} s"
        if first >= samples or last > samples:
            seconds = samples / self.sample_rate
            raise ValueError(f"{told} is outside the sound, which has {seconds:g} s")
        if first == last:
            raise ValueError(f"{told} is shorter than a sample")
        if last - first == samples:
            raise ValueError(f"{told} is as long as the sound: nothing is known")
        return first, last

    def mask(self, x: Tensor) -> Float[Tensor, " samples"]:
        first, last = self.span(x.shape[-1])
        at = torch.arange(x.shape[-1], device=x.device, dtype=torch.float64)
        away = torch.maximum(first - at, at - last + 1)  # samples to the gap, from 1 on
        width = self.soft * self.sample_rate
        share = (away / (width + 1)).clamp(0, 1)
        return (0.5 - 0.5 * (torch.pi * share).cos()).to(x)


@dataclass(frozen=True)
class Lowpass(Certain):
    """Nothing above a frequency: a telephone, an old recording, a low sample rate.

    hz: the cut-off; what is at it or below is kept exactly, by the Fourier transform of
    the whole sound, so that A A = A and A* = A. sample_rate: of the last dimension.
    Raises ValueError for hz <= 0, or above half the rate at use.
    """

    hz: float
    sample_rate: float = RATE

    def __post_init__(self):
        valid.number(self.hz, "hz", 0, 1e9, open_ends=True)
        valid.number(self.sample_rate, "sample_rate", 0, 1e9, open_ends=True)

    def at(self, sample_rate: float) -> "Lowpass":
        return replace(self, sample_rate=sample_rate)

    def apply(self, x: Tensor) -> Tensor:
        self.check()
        n = x.shape[-1]
        hertz = torch.fft.rfftfreq(n, 1 / self.sample_rate, device=x.device)
        spectrum = torch.fft.rfft(x)
        return torch.fft.irfft(spectrum * (hertz <= self.hz), n)

    def check(self) -> None:
        """Raise ValueError for a cut-off above half the rate."""
        if self.hz > self.sample_rate / 2:
            raise ValueError(
                f"lowpass: {self.hz:g} Hz is above half the rate of "
                f"{self.sample_rate:g} Hz, where there is nothing to lose"
            )

    def adjoint(self, y: Tensor) -> Tensor:
        return self.apply(y)


@dataclass(frozen=True)
class Clipped(Certain):
    """Too loud for the recorder: all beyond +-level is cut off. Not linear.

    Raises ValueError for level <= 0.
    """

    level: float

    def __post_init__(self):
        valid.number(self.level, "level", 0, torch.inf, open_ends=True)

    def apply(self, x: Tensor) -> Tensor:
        return x.clamp(-self.level, self.level)

    def residual(self, x0: Tensor, y: Tensor) -> Tensor:
        """y - x0, and where y was cut off only what x0 falls short of the level."""
        lack = y - x0
        short = torch.where(y > 0, lack.clamp(min=0), lack.clamp(max=0))
        return torch.where(self.known(y), lack, short)

    def known(self, y: Tensor) -> Bool[Tensor, "*size"]:
        return y.abs() < self.level


@dataclass(frozen=True)
class Noisy(Operator):
    """Hiss over all of it: A(x) = x, and noise of this std; A* is A, without the noise.

    Raises ValueError for std <= 0.
    """

    std: float

    def __post_init__(self):
        valid.number(self.std, "std", 0, torch.inf, open_ends=True)

    @property
    def noise(self) -> float:
        return self.std

    def apply(self, x: Tensor) -> Tensor:
        return x

    def adjoint(self, y: Tensor) -> Tensor:
        return y


class Linear(Operator):
    """Any matrix: y = x @ matrix.T, such as a tomograph's sums along lines.

    matrix: (m, d). size: the size of one x where it is no vector, a picture's (1, 8, 8)
    say, with d numbers in all; y is (batch, m) then, else (..., m) of x (..., d).
    Raises ValueError for what is no matrix, and x or y of another size.
    """

    def __init__(self, matrix: Tensor, size: Sequence[int] | None = None):
        self.matrix, self.size = valid.real(torch.as_tensor(matrix), "matrix"), size
        if self.matrix.dim() != 2:
            raise ValueError(f"matrix must be (m, d), got {tuple(self.matrix.shape)}")
        if size is not None and torch.Size(size).numel() != self.matrix.shape[1]:
            raise ValueError(
                f"size: {tuple(size)} are not the {self.matrix.shape[1]} numbers that "
                "the matrix takes"
            )

    def apply(self, x: Tensor) -> Tensor:
        if self.size is not None:
            valid.sized(x, self.size, "x")
            x = x.flatten(1)
        self._check(x, 1, "x")
        return x @ self.matrix.to(x).T

    def adjoint(self, y: Tensor) -> Tensor:
        self._check(y, 0, "y")
        x = y @ self.matrix.to(y)
        return x if self.size is None else x.view(-1, *self.size)

    def _check(self, x: Tensor, k: int, what: str) -> None:
        if x.shape[-1] != self.matrix.shape[k]:
            raise ValueError(
                f"{what} must end in {self.matrix.shape[k]} numbers, as the matrix is "
                f"{tuple(self.matrix.shape)}; got {tuple(x.shape)}"
            )
