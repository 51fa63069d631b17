"""Chapter 2, sound as numbers: the exercises' checks."""

import math

import torch

from ..sound.mel import MelSpec
from .answers import number, order
from .check import Number, Order, Wrong, exercise, form

RATE = 16_000


def sine(hertz: float, samples: int = RATE):
    """A tone of amplitude 1, at 16 kHz."""
    return torch.sin(2 * math.pi * hertz * torch.arange(samples) / RATE)


def rms(wave) -> float:
    return wave.square().mean().sqrt().item()


@exercise(
    "ex-02-1",
    "predict",
    minutes=5,
    trains="aliasing: where a tone above the limit lands",
)
@form(Number(-10_000, 20_000, 500))
def folded(answer):
    answer = abs(number(answer))
    if answer == 3000:
        return "5000 Hz lies 1000 above the limit of 4000 and folds to 1000 below it."
    if answer == 5000:
        raise Wrong("At 8000 samples a second nothing above 4000 Hz can be heard.")
    if answer == 4000:
        raise Wrong("It does not stop at the limit; it folds back below it.")
    if answer == 1000:
        raise Wrong("1000 Hz is how far it lies above the limit. Fold it below.")
    raise Wrong("Take the sample rate minus the frequency, as with 15 000 at 16 000.")


@exercise("ex-02-2", "fill in", minutes=8, trains="decibels, and a floor for silence")
def levels(to_decibels):
    a = torch.tensor([1.0, 0.5, 0.1, 1e-3, 1e-6, 0.0])
    for floor in (-80.0, -40.0):
        right = torch.tensor([0.0, -6.0206, -20.0, -60.0, -120.0, -torch.inf])
        got = torch.as_tensor(to_decibels(a, floor)).float()
        if got.shape != a.shape:
            raise Wrong(f"Expected {tuple(a.shape)} levels, got {tuple(got.shape)}.")
        loud = slice(0, 3)
        if torch.allclose(got[loud], right[loud] / 2, atol=0.01):
            raise Wrong("10 log10 is for power; amplitudes need 20.")
        if torch.allclose(got[loud], right[loud] * math.log(10), atol=0.01):
            raise Wrong("That is the natural logarithm; decibels use log10.")
        if torch.isinf(got).any() or (got < floor - 0.01).any():
            raise Wrong(f"Something lies below the floor of {floor:.0f} dB.")
        if not torch.allclose(got, right.clamp(min=floor), atol=0.01):
            raise Wrong("Above the floor it should be 20 log10 of the amplitude.")
    return "And silence is a number, too."


@exercise(
    "ex-02-3", "find the bug", minutes=12, trains="filtering before samples are dropped"
)
def halved(answer):
    def halve(wave):
        return torch.as_tensor(answer(wave)).float()

    fits = halve(sine(1000))
    if fits.shape != (RATE // 2,):
        raise Wrong(
            f"Expected half of the samples, {(RATE // 2,)}; got {tuple(fits.shape)}."
        )
    middle = slice(500, -500)  # every filter has trouble at the ends
    for hertz in (5000, 6500):
        false = rms(halve(sine(hertz))[middle])
        if false > 0.6:
            raise Wrong(
                f"A tone of {hertz} Hz comes out at full strength, as a false one of "
                f"{8000 - hertz} Hz. Take it away before you drop samples."
            )
        if false > 0.05:
            raise Wrong(
                f"Better, but a false tone of {8000 - hertz} Hz is still there. An "
                "average of neighbours is too gentle a filter."
            )
    for hertz in (300, 2000):
        if not 0.6 < rms(halve(sine(hertz))[middle]) < 0.8:
            raise Wrong(
                f"A tone of {hertz} Hz belongs there and should keep its level."
            )
    if (halve(sine(1000)) - sine(1000)[::2])[middle].abs().max() > 0.05:
        raise Wrong(
            "The strength is right, but a tone of 1000 Hz is changed or shifted."
        )
    return "High tones are gone, low ones are what they were."


@exercise(
    "ex-02-4",
    "vary",
    minutes=10,
    trains="resolution in time against resolution in pitch",
)
@form(Number(0, 20, 1, also=tuple(2**k for k in range(5, 16))))
def window(n_fft):
    n_fft = number(n_fft)
    if n_fft not in (2**k for k in range(1, 20)):
        raise Wrong("A power of two, please.")
    n_fft = int(n_fft)
    if not resolved(n_fft):
        raise Wrong(f"With {n_fft} samples the two tones are one hill. Longer!")
    if resolved(n_fft // 2):
        raise Wrong(
            f"That shows two, but so does {n_fft // 2}, which is sharper in time."
        )
    return f"It lasts {1000 * n_fft / RATE:.0f} ms, about four beats of the two tones."


def resolved(n_fft: int) -> bool:
    """Whether 440 and 470 Hz stand 6 dB above the valley between them."""
    tones = torch.cos(2 * math.pi * torch.arange(n_fft)[None] / RATE * HERTZ)
    padded = torch.hann_window(n_fft) * tones.sum(0)
    magnitude = torch.fft.rfft(padded, max(RATE, n_fft)).abs()
    at = (torch.tensor([440, 455, 470]) * max(RATE, n_fft) / RATE).round().long()
    low, valley, high = magnitude[at]
    return bool(valley < 0.5 * torch.minimum(low, high))


HERTZ = torch.tensor([[440.0], [470.0]])


@exercise(
    "ex-02-5",
    "extend",
    minutes=15,
    trains="what the sizes of a spectrum say and what its phases",
)
def crossed(cross):
    spec = MelSpec()
    a, b = torch.randn(2, 1, 8192) * torch.linspace(0.1, 1, 8192)
    a, b = a * 0.2, b.cumsum(1) * 0.02
    got = cross(a, b, spec)
    A, B = spec.stft(a), spec.stft(b)

    def sound(size, angle):
        return spec.istft(torch.polar(size, angle), a.shape[1])

    if torch.is_complex(got):
        raise Wrong("That is still a spectrum; spec.istft makes a sound of it.")
    if got.shape != a.shape:
        raise Wrong(f"Expected {tuple(a.shape)}, got {tuple(got.shape)}.")
    if torch.allclose(got, sound(B.abs(), A.angle()), atol=1e-4):
        raise Wrong("The wrong way round: this has the sizes of b and phases of a.")
    if torch.allclose(got, sound(A.abs(), torch.zeros_like(B.angle())), atol=1e-4):
        raise Wrong("These phases are all 0; take those of b.")
    if not torch.allclose(got, sound(A.abs(), B.angle()), atol=1e-4):
        raise Wrong("Not yet |A| at the angles of B: look at torch.polar.")
    return "Play it: sizes say what it is, phases when and how smoothly."


@exercise("ex-02-6", "listen", minutes=5, trains="hearing wrong phases")
@form(Order("ABC"))
def by_ear(answer):
    word = order(answer, "ABC")
    if word == "BCA":
        return "The organ, eight rounds of Griffin-Lim, random phases."
    if word == "ACB":
        raise Wrong("The right order, the wrong way round: begin with the cleanest.")
    if word[-1] != "A":
        raise Wrong("One of them sounds as if under water: it comes last.")
    raise Wrong("The last is right. Of the other two, which tone is quite smooth?")
