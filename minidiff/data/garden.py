"""The sound garden: twelve kinds of sound, each made from a few named parameters.

Every sound is 1.024 s at 16 kHz. `GARDEN` maps a name to the function that makes
the sound and to the ranges its parameters are drawn from. The models follow the
sources named at each function; Farnell, Designing Sound (2010), covers most of them.
"""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from scipy.signal import lfilter
from torch import Tensor

from .. import valid

SAMPLE_RATE = 16_000  # Hz
SAMPLES = 16_384
TIME = np.arange(SAMPLES) / SAMPLE_RATE  # s
FREQ = np.fft.rfftfreq(SAMPLES, 1 / SAMPLE_RATE)  # Hz
FADE = np.minimum(1, np.minimum(TIME / 0.004, (TIME[-1] - TIME) / 0.02))


class Range(NamedTuple):
    """The values a parameter may take, low to high, and their unit."""

    low: float
    high: float
    unit: str
    log: bool = False  # drawn evenly in the logarithm: as likely an octave up as down

    def draw(self, rng: np.random.Generator) -> float:
        if self.log:
            return self.low * (self.high / self.low) ** rng.random()
        return self.low + (self.high - self.low) * rng.random()

    def place(self, value: float) -> float:
        """Where in the range a value lies, 0 (low) to 1 (high)."""
        low, high = self.low, self.high
        if self.log:
            return float(np.log(value / low) / np.log(high / low))
        return (value - low) / (high - low)


# The tools: noise of any colour, slow chance, a decay, a tone with overtones.


def noise(rng, shape):
    """Gaussian noise whose magnitude over frequency is `shape`; it has no ends."""
    parts = rng.standard_normal((2, len(FREQ)))
    return np.fft.irfft(shape * (parts[0] + 1j * parts[1]))


def slow(rng, rate):
    """A smooth random curve, about `rate` swings a second, mean 0 and variance 1."""
    f = FREQ[1 : 4 + int(4 * rate)]
    parts = rng.standard_normal((2, len(f))) * np.exp(-0.5 * (f / rate) ** 2)
    curve = np.fft.irfft([0, *(parts[0] + 1j * parts[1])], SAMPLES)
    return curve / curve.std()


def fall(time, decay):
    """From 1 down by 60 dB in `decay` seconds."""
    return np.exp(-np.log(1000) * time / decay)


def resonance(centre, width):
    """1 at `centre` Hz, half the power `width` / 2 to either side."""
    return 1 / np.sqrt(1 + ((FREQ - centre) / (width / 2)) ** 2)


def lowpass(cutoff, order=2):
    return 1 / np.sqrt(1 + ((FREQ / cutoff) ** 2) ** order)


def highpass(cutoff, order=2):
    return 1 - lowpass(cutoff, order)


def filtered(wave, shape):
    return np.fft.irfft(np.fft.rfft(wave) * shape)


def cycles(pitch):
    """How many cycles a tone of `pitch` Hz (one number or a curve) has been through."""
    return np.cumsum(np.broadcast_to(pitch, SAMPLES)) / SAMPLE_RATE


def tone(phase, strengths):
    """Harmonics 1, 2, 3 ... of a phase in cycles: a polynomial in one rotation."""
    rotation = np.exp(2j * np.pi * phase)
    return np.polyval([*strengths[::-1], 0], rotation).imag


def modes(frequency, decay, strength):
    """The sum of sines that die away, each by 60 dB in its `decay` seconds."""
    s = 2j * np.pi * frequency - np.log(1000) / decay
    # exp(s (a + b)) = exp(s a) exp(s b): every instant from two short tables.
    coarse = strength * np.exp(np.outer(TIME[::128], s))
    return (coarse @ np.exp(np.outer(s, TIME[:128]))).imag.ravel()


def late(rng, wave):
    """Struck sounds begin 5 to 25 ms into the clip."""
    start = rng.integers(80, 400)
    return np.concatenate([np.zeros(start), wave[:-start]])


# The twelve sounds.


def rain(rng, p):
    # Many far drops hiss; near ones ring like the bubbles they make (Minnaert 1933).
    hiss = noise(rng, highpass(400) * lowpass(800 * 8 ** p["brightness"], 1))
    wave = hiss / hiss.std()
    count = rng.poisson(p["rate"] * TIME[-1])
    when = rng.integers(0, SAMPLES, count)
    size = rng.normal(0, 1, count)
    group = rng.integers(0, 9, count)
    for k in range(9):  # nine sizes of drop, over an octave and a half
        here = group == k
        drops = np.bincount(when[here], size[here], SAMPLES)
        r = fall(1 / SAMPLE_RATE, p["decay"])
        angle = 2 * np.pi * p["pitch"] * 2 ** (k / 6 - 0.7) / SAMPLE_RATE
        ring = lfilter([0, np.sin(angle)], [1, -2 * r * np.cos(angle), r * r], drops)
        wave = wave + 3 * ring
    return wave


# Formants in Hz of heed, head, had, hod, who'd, hud (Peterson & Barney 1952, men).
VOWELS = np.reshape(
    [270, 2290, 3010, 530, 1840, 2480, 660, 1720, 2410,
     730, 1090, 2440, 300, 870, 2240, 640, 1190, 2390],
    (6, 3),
)  # fmt: skip


def crowd(rng, p):
    # Source and filter (Fant 1960): sixteen voices buzz, each syllable has its vowel.
    voices, pulses = 16, 512
    pitch = p["pitch"] * 2 ** rng.normal(0, 0.35, (voices, 1))
    glide = np.cumsum(rng.normal(0, 0.012, (voices, pulses)), axis=1)
    when = np.cumsum(1 / (pitch * 2**glide), axis=1) - rng.random((voices, 1)) * 0.1
    tempo = p["rate"] * rng.uniform(0.8, 1.2, (voices, 1))
    beat = when * tempo + rng.random((voices, 1))
    number = np.floor(beat).astype(int).clip(0, 15)
    voice = np.arange(voices)[:, None]
    vowel = rng.integers(0, len(VOWELS), (voices, 16))[voice, number]
    stress = rng.gamma(0.8, 1, (voices, 16))[voice, number]
    size = stress * np.sin(np.pi * (beat % 1)) ** 2
    sample = np.round(when * SAMPLE_RATE).astype(int)
    heard = (sample >= 0) & (sample < SAMPLES)
    index = (vowel * SAMPLES + sample)[heard]
    buzz = np.bincount(index, size[heard], len(VOWELS) * SAMPLES)
    spectrum = np.fft.rfft(buzz.reshape(len(VOWELS), SAMPLES))
    stretch = (p["pitch"] / 120) ** 0.3  # higher voices have shorter throats
    gains = np.array([1, 0.5, 0.25]) * 3 ** ((p["brightness"] - 0.5) * np.arange(3))
    mouth = gains @ resonance(VOWELS[:, :, None] * stretch, 90)
    # The room's echo is noise that dies away (Moorer 1979).
    room = rng.standard_normal(SAMPLES) * fall(TIME, p["decay"])
    room[0] += 8
    return np.fft.irfft((spectrum * mouth).sum(0) * np.fft.rfft(room))


def engine(rng, p):
    return running(rng, p, turning(rng, p))


def turning(rng, p):
    # How many cylinders have fired by each instant: the speed is never quite even.
    pitch = p["pitch"] * 2 ** (0.06 * slow(rng, p["rate"]) + 0.01 * slow(rng, 30))
    return cycles(pitch) + rng.random()


def running(rng, p, phase, force=1.0):
    # Four cylinders fire in turn, unequal; the exhaust pipe rings after each.
    # force: by how much each of the four is stronger or weaker than it was.
    cylinder = (1 + rng.normal(0, 0.25, 4)) * force
    bang = cylinder[np.floor(phase).astype(int) % 4] * np.exp(-8 * (phase % 1))
    rush = noise(rng, highpass(300) * lowpass(2500, 1))
    wave = bang - bang.mean() + rush / rush.std() * (0.05 + 0.3 * bang)
    pipe = 1 + 2 * resonance(rng.uniform(70, 110) * np.c_[1:8:2], 30).sum(0)
    return filtered(wave, pipe * lowpass(120 * 8 ** p["brightness"], 1))


def wind(rng, p):
    # Air past an edge howls at a pitch that follows its speed (Strouhal 1878).
    speed = np.exp(0.35 * slow(rng, p["rate"]))
    rush = noise(rng, lowpass(60 * 20 ** p["brightness"], 1) * highpass(50))
    sway = noise(rng, lowpass(25)), noise(rng, lowpass(25))
    turn = 2 * np.pi * cycles(p["pitch"] * speed)
    howl = sway[0] * np.cos(turn) + sway[1] * np.sin(turn)
    return speed * rush / rush.std() + 0.7 * speed**2 * howl / howl.std()


def bird(rng, p):
    # One voice box, one gliding whistle a chirp; the motif repeats, a little changed.
    beat = TIME * p["rate"] + rng.random()
    number = beat.astype(int)
    u = np.minimum(beat % 1 / rng.uniform(0.4, 0.85), 1)
    bend = rng.normal(0, 0.35, 3)
    glide = bend[0] * (u - 0.5) + bend[1] * np.cos(2 * np.pi * u)
    trill = 0.06 * bend[2] * np.sin(2 * np.pi * 35 * TIME)
    pitch = np.minimum(p["pitch"] * 2 ** (glide + trill), 7000)
    turn = 2 * np.pi * cycles(pitch)
    loud = np.sin(np.pi * u) ** 1.5 * (1 + 0.25 * rng.standard_normal(16)[number])
    octave = 0.4 * p["brightness"] * np.clip((3800 - pitch) / 400, 0, 1)  # below 8 kHz
    return loud * (np.sin(turn) + octave * np.sin(2 * turn))


# Risset's bell (Introductory Catalogue of Computer Synthesized Sounds, 1969).
RATIO = np.array([0.56, 0.56, 0.92, 0.92, 1.19, 1.7, 2, 2.74, 3, 3.76, 4.07])
BEAT = np.array([0, 1, 0, 1.7, 0, 0, 0, 0, 0, 0, 0])  # Hz more
STRENGTH = np.array([1, 0.67, 1, 1.8, 2.67, 1.67, 1.46, 1.33, 1.33, 1, 1.33])
SHARE = np.array([1, 0.9, 0.65, 0.55, 0.325, 0.35, 0.25, 0.2, 0.15, 0.1, 0.075])


def bell(rng, p):
    # Eleven partials, none in a simple ratio; the higher ones die sooner.
    frequency = p["pitch"] * RATIO + BEAT
    tilt = 10 ** ((p["brightness"] - 0.5) * np.log2(RATIO + 0.4))
    strength = STRENGTH * tilt * (frequency < 7600)
    return late(rng, modes(frequency, SHARE * p["decay"], strength))


def plucked_string(rng, p):
    # Karplus & Strong 1983: noise runs round a loop one period long, smoothed each
    # time; an allpass tunes the loop between samples (Jaffe & Smith 1983).
    period = SAMPLE_RATE / p["pitch"]
    angle = 2 * np.pi / period
    loss = 6.9 / (p["decay"] * p["pitch"])  # of the first harmonic, each period
    share = 0.5 * 0.02 ** p["brightness"]  # of that loss, what the smoothing takes
    s = min(0.25, share * loss / (2 - 2 * np.cos(angle)))
    gain = np.exp(-loss) / (1 - 2 * s + 2 * s * np.cos(angle))
    whole = int(period - 1.5)
    part = period - 1 - whole
    c = (1 - part) / (1 + part)
    loop = np.zeros(whole + 4)
    loop[:2] = 1, c
    loop[whole:] -= np.convolve([gain * s, gain * (1 - 2 * s), gain * s], [c, 1])
    pluck = noise(rng, lowpass(1000 * 6 ** p["brightness"], 1))[: round(period)]
    burst = np.zeros(SAMPLES)
    burst[: len(pluck)] = pluck - pluck.mean()
    return late(rng, lfilter([1, c], loop, burst))


def flute(rng, p):
    # A jet of air: few harmonics, a breath around the pitch, vibrato (Fletcher 1975).
    start = 1 - np.exp(-TIME / rng.uniform(0.02, 0.08))
    sway = np.sin(2 * np.pi * (p["rate"] * TIME + rng.random())) * start
    phase = cycles(p["pitch"] * (1 + 0.006 * sway))
    soft = 0.08 * 8 ** p["brightness"]
    strengths = [1, soft, soft**1.5, soft**2, soft**3]
    breath = noise(
        rng, resonance(p["pitch"], 300) + 0.1 * highpass(500) * lowpass(5000)
    )
    wave = tone(phase, strengths) * (1 + 0.2 * sway)
    return start * (wave + rng.uniform(0.04, 0.12) * breath / breath.std())


def organ(rng, p):
    # Ranks of pipes in whole-number ratios, each a hair out of tune; a tremulant.
    rank, k = np.meshgrid([1, 2, 3, 4, 6], np.arange(1, 13))  # k: a pipe's harmonics
    drawn = rng.uniform(0.5, 1, 5) * (0.3 + 0.7 * p["brightness"])
    drawn[0] = 1
    frequency = p["pitch"] * rank * k * 2 ** rng.normal(0, 0.0015, 5)
    strength = drawn * k**-1.3 * (frequency < 7600)
    strength = strength * np.exp(2j * np.pi * rng.random(rank.shape))
    wave = modes(frequency.ravel(), np.inf, strength.ravel())
    shake = 1 + 0.12 * np.sin(2 * np.pi * (p["rate"] * TIME + rng.random()))
    return wave * shake * (1 - np.exp(-TIME / 0.015))


def kick(rng, p):
    # A struck skin: its pitch falls as the stretch of the blow relaxes.
    drop = 2 ** (rng.uniform(1, 3) * np.exp(-TIME / rng.uniform(0.01, 0.04)))
    skin = np.sin(2 * np.pi * cycles(p["pitch"] * drop)) * fall(TIME, p["decay"])
    click = noise(rng, highpass(500) * lowpass(4000)) * fall(TIME, 0.02)
    click *= p["brightness"] * 0.8 / np.abs(click).max()
    return late(rng, np.tanh(1.5 * skin) + click)


def snare(rng, p):
    # Two modes of the skin, and wires that rattle on the other one.
    shape = highpass(600) * lowpass(1500 * 3 ** p["brightness"])
    wires = noise(rng, shape)
    wires = np.tanh(wires / wires.std()) * fall(TIME, p["decay"])
    pitches = p["pitch"] * np.array([1, 1.7])
    skin = modes(pitches, 0.6 * p["decay"], np.array([1, 0.6]))
    return late(rng, rng.uniform(0.8, 1.6) * skin + wires)


def hi_hat(rng, p):
    # Six square waves in no simple ratio, as in the TR-808 (Werner et al. 2014).
    ratio = np.array([1, 1.483, 1.8, 2.546, 2.63, 3.897])[:, None]
    phase = p["pitch"] * ratio * TIME + rng.random((6, 1))
    square = 1 - 2 * ((2 * phase).astype(int) & 1)
    hiss = rng.standard_normal(SAMPLES)
    shape = highpass(4000 * 1.6 ** p["brightness"], 4)
    metal = filtered(square.sum(0) + 1.5 * hiss, shape)
    return late(rng, np.tanh(metal / metal.std()) * fall(TIME, p["decay"]))


BRIGHT = Range(0.0, 1.0, "0 dull to 1 bright")


def hertz(low, high):
    return Range(low, high, "Hz", log=True)


def per_second(low, high):
    return Range(low, high, "per second", log=True)


def seconds(low, high):
    return Range(low, high, "s to fall by 60 dB", log=True)


def level(low, high):
    return Range(low, high, "dBFS, loudest 125 ms")


def plant(function, loudness, **ranges):
    return function, {**ranges, "brightness": BRIGHT, "loudness": loudness}


STEADY, STRUCK = level(-30.0, -16.0), level(-30.0, -20.0)
GARDEN = {
    "rain": plant(
        rain, STRUCK, pitch=hertz(1500, 4500), rate=per_second(30, 600),
        decay=seconds(0.003, 0.015),
    ),
    "crowd": plant(
        crowd, STEADY, pitch=hertz(100, 240), rate=per_second(2.5, 6),
        decay=seconds(0.2, 0.8),
    ),
    "engine": plant(engine, STRUCK, pitch=hertz(25, 110), rate=per_second(0.5, 4)),
    "wind": plant(wind, STEADY, pitch=hertz(300, 1200), rate=per_second(0.5, 4)),
    "bird": plant(bird, STEADY, pitch=hertz(1800, 5000), rate=per_second(2.5, 12)),
    "bell": plant(bell, STRUCK, pitch=hertz(400, 1600), decay=seconds(1, 5)),
    "plucked string": plant(
        plucked_string, STRUCK, pitch=hertz(82, 330), decay=seconds(0.5, 3)
    ),
    "flute": plant(flute, STEADY, pitch=hertz(520, 1760), rate=per_second(3, 7)),
    "organ": plant(organ, STEADY, pitch=hertz(110, 440), rate=per_second(3, 7)),
    "kick": plant(kick, STEADY, pitch=hertz(40, 100), decay=seconds(0.15, 1)),
    "snare": plant(snare, STRUCK, pitch=hertz(150, 280), decay=seconds(0.12, 0.45)),
    "hi-hat": plant(hi_hat, STRUCK, pitch=hertz(170, 300), decay=seconds(0.05, 0.9)),
}  # fmt: skip


def loudness(wave) -> float:
    """Level of the loudest 125 ms, in dB of full scale.

    A sound level meter's "fast" reading; struck and steady sounds compare by it."""
    energy = np.cumsum(np.square(wave, dtype=np.float64))
    window = SAMPLE_RATE // 8
    return 10 * np.log10((energy[window:] - energy[:-window]).max() / window + 1e-20)


def ranges(name: str) -> dict[str, Range]:
    """The parameters of one sound: for each, low, high, unit and how it is drawn."""
    return GARDEN[valid.choice(name, GARDEN, "sound")][1]


def draw(name: str, rng: np.random.Generator) -> dict[str, float]:
    """One value for each parameter of a sound, drawn from its range."""
    return {key: range_.draw(rng) for key, range_ in ranges(name).items()}


def synthesize(
    name: str, rng: np.random.Generator | None = None, **params: float
) -> Float[Tensor, " samples"]:
    """One sound of the garden: float32, 16384 samples at 16 kHz, in [-0.99, 0.99].

    Parameters left out are drawn from their ranges (see `GARDEN`) with `rng`;
    without an `rng` the same call makes the same sound. An unknown name or
    parameter, or a value outside its range, raises a ValueError.
    """
    known = ranges(name)
    rng = np.random.default_rng(0) if rng is None else rng
    for key, value in params.items():
        low, high, unit, _ = known[valid.choice(key, known, f"parameter of {name!r}")]
        valid.number(value, f"{key} of {name!r} ({unit})", low, high)
    return render(name, rng, draw(name, rng) | params)


def render(
    name: str, rng: np.random.Generator, p: dict[str, float]
) -> Float[Tensor, " samples"]:
    """The sound with exactly these parameters: no DC, faded ends, the asked level."""
    wave = GARDEN[name][0](rng, p)
    wave = lfilter([1, -1], [1, -0.995], wave)  # no DC
    wave *= FADE
    wave *= 10 ** ((p["loudness"] - loudness(wave)) / 20)
    wave *= min(1, 0.99 / np.abs(wave).max())  # rare: a peak that would not fit
    return torch.from_numpy(wave.astype(np.float32))
