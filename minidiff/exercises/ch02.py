"""Chapter 2, sound as numbers: the exercises' checks."""

import math

import torch

from ..sound.mel import MelSpec
from .answers import near, number, order
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
@form(Number(-10_000, 20_000, 500, also=(1, 3, 4, 5)))
def folded(answer):
    answer = abs(number(answer))
    if abs(answer - 3000) < 1:
        return "5000 Hz lies 1000 above the limit of 4000 and folds to 1000 below it."
    if answer == 5000:
        raise Wrong("At 8000 samples a second nothing above 4000 Hz can be heard.")
    if answer == 4000:
        raise Wrong("It does not stop at the limit; it folds back below it.")
    if answer == 3:
        raise Wrong("Right, if you mean kilohertz; in Hz, please.")
    if answer == 13_000:
        raise Wrong("Nothing above 4000 Hz can be heard. Subtract, do not add.")
    if answer == 1000:
        raise Wrong("1000 Hz is how far it lies above the limit. Fold it below.")
    raise Wrong("Take the sample rate minus the frequency, as with 15 000 at 16 000.")


@exercise("ex-02-2", "fill in", minutes=8, trains="decibels, and a floor for silence")
def levels(to_decibels):
    amplitudes = torch.tensor([[2.0, 1.0, 0.5, 0.1], [1e-3, 1e-4, 1e-6, 0.0]])
    for a, floor in ((amplitudes, -70.0), (amplitudes / 5, -40.0)):
        db = 20 * a.log10()
        got = torch.as_tensor(to_decibels(a.clone(), floor)).float()
        if got.shape != a.shape:
            raise Wrong(f"Expected {tuple(a.shape)} levels, got {tuple(got.shape)}.")
        if torch.allclose(got, db.clamp(min=floor), atol=0.01):
            continue
        loud = got[0]
        if torch.allclose(loud, db[0] / 2, atol=0.01):
            raise Wrong("10 log10 is for power; amplitudes need 20.")
        if torch.allclose(loud, db[0] * math.log(10), atol=0.01):
            raise Wrong("That is the natural logarithm; decibels use log10.")
        if torch.allclose(loud, db[0] - db.max(), atol=0.01):
            raise Wrong("0 dB is an amplitude of 1, not the loudest one.")
        if not torch.isfinite(got).all() or (got < floor - 0.01).any():
            raise Wrong(f"Something lies below the floor of {floor:.0f} dB.")
        if torch.allclose(got, db.clamp(max=0, min=floor), atol=0.01):
            raise Wrong("An amplitude above 1 is above 0 dB: only the floor limits.")
        raise Wrong(
            "Above the floor it should be exactly 20 log10 of the amplitude, and below "
            "it the floor."
        )
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
    for hertz in (7300, 6500, 5700, 5000, 4800):
        tone = sine(hertz)
        heard = halve(tone)
        false = rms(heard[middle])
        if false > 0.6:
            raise Wrong(
                f"A tone of {hertz} Hz comes out at full strength, as a false one of "
                f"{8000 - hertz} Hz. Take it away before you drop samples."
            )
        if (heard - tone.view(-1, 2).mean(1))[middle].abs().max() < 1e-3:
            raise Wrong("Better, but an average of neighbours is too gentle a filter.")
        if false > 0.05:
            raise Wrong(
                f"Better, but {false / rms(tone):.0%} of a tone of {hertz} Hz come out "
                f"as a false one of {8000 - hertz} Hz: a steeper filter, please."
            )
    for hertz in (300, 1000, 2000, 3000):
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
        raise Wrong(
            f"With {n_fft} samples it depends on how the tones begin: at some phases "
            "they are one hill. Longer!"
        )
    if resolved(n_fft // 2):
        raise Wrong(
            f"That shows two, but so does {n_fft // 2}, which is sharper in time."
        )
    seconds = n_fft / RATE
    beats = seconds * (HERTZ[1] - HERTZ[0]).item()
    return f"It lasts {1000 * seconds:.0f} ms, {beats:.1f} beats of the two tones."


def resolved(n_fft: int) -> bool:
    """Whether 440 and 470 Hz stand 6 dB above the valley between, at all phases."""
    turn = 2 * math.pi * torch.arange(n_fft)[None] / RATE * HERTZ
    late = torch.linspace(0, 2 * math.pi, 17)[:-1, None]  # how the second one begins
    tones = torch.cos(turn[0]) + torch.cos(turn[1] + late)
    padded = max(RATE, n_fft)  # at least one number a hertz
    magnitude = torch.fft.rfft(torch.hann_window(n_fft) * tones, padded).abs()
    at = (torch.tensor([440, 455, 470]) * padded / RATE).round().long()
    low, valley, high = magnitude[:, at].T
    return bool((valley < 0.5 * torch.minimum(low, high)).all())


HERTZ = torch.tensor([[440.0], [470.0]])


@exercise(
    "ex-02-5",
    "extend",
    minutes=15,
    trains="what the sizes of a spectrum say and what its phases",
)
def crossed(cross):
    for spec, samples in ((MelSpec(), 8192), (MelSpec(8000, 512, 160, 40), 5000)):
        a, b = torch.randn(2, 1, samples) * torch.linspace(0.1, 1, samples)
        a, b = a * 0.2, b.cumsum(1) * 0.02
        got = torch.as_tensor(cross(a.clone(), b.clone(), spec))
        if torch.is_complex(got):
            raise Wrong("That is still a spectrum; spec.istft makes a sound of it.")
        got = got.float()
        A, B = spec.stft(a), spec.stft(b)

        def like(size, angle, got=got, spec=spec, samples=samples):
            sound = spec.istft(torch.polar(size, angle), samples)
            return torch.allclose(got, sound, atol=1e-4)

        if got.shape != a.shape:
            raise Wrong(f"Expected {tuple(a.shape)}, got {tuple(got.shape)}.")
        if like(B.abs(), A.angle()):
            raise Wrong("The wrong way round: this has the sizes of b and phases of a.")
        if like(A.abs(), torch.zeros_like(B.angle())):
            raise Wrong("These phases are all 0; take those of b.")
        if like(A.abs().square(), B.angle()):
            raise Wrong("Those are powers, the squares of the sizes.")
        if not like(A.abs(), B.angle()):
            raise Wrong("Not yet |A| at the angles of B: look at torch.polar.")
    return (
        "Play it. With short windows sizes say what and when, phases how smooth; with "
        "half a second the phases say when."
    )


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


@exercise(
    "ex-02-7", "derive", minutes=20, trains="how far a window smears a tone, and why"
)
def leak(answer):
    bins = torch.tensor(
        [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 10.0, -0.3, -1.0, -2.0], dtype=torch.float64
    )
    right = hann(bins)
    got = [torch.as_tensor(answer(x), dtype=torch.float64).reshape(()) for x in bins]
    got = torch.stack(got).abs()
    if got.isnan().any():
        where = bins[got.isnan()][0].item()
        raise Wrong(f"At x = {where:g} it is 0 / 0: torch.sinc knows what that means.")

    def like(other):
        return near(got, other.abs(), 1e-3)

    side = (torch.sinc(bins - 1) + torch.sinc(bins + 1)) / 2
    if like(torch.sinc(bins)):
        raise Wrong("That is a window that cuts hard: its zero is 1 bin away.")
    if like(torch.sinc(bins) - side):
        raise Wrong(
            "Counted from its middle the window is 1/2 + 1/2 cos: it is largest there."
        )
    if like(torch.sinc(bins) + 2 * side):
        raise Wrong("A cosine is half of one rotation and half of the other.")
    if like(right / 2):
        raise Wrong("Divide by the value at x = 0, so that it begins at 1.")
    if like(right**2):
        raise Wrong("That is the power. Give the size.")
    if not like(right):
        far = (got - right.abs()).abs().argmax()
        raise Wrong(
            f"At x = {bins[far]:g} a Hann window lets {right[far].abs():.3f} through; "
            f"yours {got[far]:.3f}."
        )
    return "It is 0 from 2 bins on, whole bin by whole bin: 2 r / N hertz."


def hann(x):
    """The spectrum of a long Hann window, x bins from its middle; 1 at 0."""
    return torch.sinc(x) + (torch.sinc(x - 1) + torch.sinc(x + 1)) / 2
