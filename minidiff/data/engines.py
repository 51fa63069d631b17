"""Engines of the garden, in order or with a fault, and something else behind them.

What a watchman hears: many hours of engines that run well, now and then one that does
not, and behind all of them whatever happens to be there. As in task 2 of the DCASE
challenge (Kawaguchi et al. 2021), what is behind changes from where the sounds to learn
from were taken (source) to where faults shall be found (target).
"""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from .. import valid
from . import garden
from .garden import SAMPLE_RATE, SAMPLES, TIME
from .sounds import SPLITS

FAULTS = ("misfire", "rattle", "bearing whine")
STRENGTHS = ("faint", "clear", "strong")
DOMAINS = {"source": "rain", "target": "crowd"}  # and what is heard behind there
BEHIND = (18.0, 24.0)  # dB by which it is softer than the engine
RARE = 100  # of so many training sounds one is of the target domain
SHARES = {"faint": 0.3, "clear": 0.6, "strong": 1.0}  # of its force a cylinder loses
LEVELS = {  # dB of rms, relative to the engine's
    "rattle": {"faint": -40.0, "clear": -34.0, "strong": -28.0},
    "bearing whine": {"faint": -38.0, "clear": -32.0, "strong": -26.0},
}


class Parts(NamedTuple):
    """What a sound is the sum of, each (samples,): the exact truth about it."""

    engine: Float[Tensor, " samples"]
    fault: Float[Tensor, " samples"]
    behind: Float[Tensor, " samples"]


def misfire(rng, share):
    """A cylinder, one of the four, fires with less force, every time (0 to 1 less)."""
    force = np.ones(4)
    force[rng.integers(4)] -= share
    return force


def rattle(rng, phase):
    """Something loose is shaken by one of the four cylinders, and rings at once.

    A burst every time it fires, at 2 to 5 kHz, no two of the same size.
    """
    number = np.floor(phase - rng.integers(4)).astype(int) // 4
    hit = np.flatnonzero(np.diff(number)) + 1
    hit = hit + rng.integers(0, 48, len(hit))  # up to 3 ms late
    click = np.zeros(SAMPLES)
    click[hit.clip(max=SAMPLES - 1)] = rng.uniform(0.5, 1, len(hit))
    pitch = rng.uniform(2000, 5000) * np.array([1, 1.37])
    ring = garden.modes(pitch, np.array([0.04, 0.025]), np.array([1, 0.7]))
    spectrum = np.fft.rfft(click, 2 * SAMPLES) * np.fft.rfft(ring, 2 * SAMPLES)
    return np.fft.irfft(spectrum)[:SAMPLES]


def bearing_whine(rng, phase):
    """A worn bearing sings: a tone and its octave at a multiple of the engine's speed.

    Its pitch follows the engine, 1 to 3 kHz where that turns at its mean speed, and
    comes and goes with every turn of the shaft (two bangs).
    """
    speed = (phase[-1] - phase[0]) / TIME[-1]
    multiple = rng.uniform(1000, 3000) / speed
    turn = multiple * phase + rng.random()
    swell = 1 + 0.5 * np.sin(np.pi * phase + 2 * np.pi * rng.random())
    return swell * garden.tone(turn, [1, 0.4])


def render(
    p: dict[str, float],
    seed: tuple[int, ...],
    fault: str | None = None,
    strength: str = "clear",
    behind: str = "rain",
) -> Parts:
    """An engine of these parameters with its fault and what is behind it.

    The three are drawn from the seed each by itself: the same engine is heard with
    every fault, before every background. All three fit in [-0.99, 0.99] together.
    """
    chance = [np.random.default_rng((*seed, k)) for k in range(4)]
    phase = garden.turning(chance[0], p)
    state = chance[0].bit_generator.state
    plain = sounding(garden.running(chance[0], p, phase))
    gain = 10 ** ((p["loudness"] - garden.loudness(plain)) / 20)
    wrong = np.zeros(SAMPLES)
    if fault == "misfire":
        force = misfire(chance[1], SHARES[strength])
        chance[0].bit_generator.state = state  # all else of the engine as it was
        wrong = sounding(garden.running(chance[0], p, phase, force)) - plain
    elif fault is not None:
        make = {"rattle": rattle, "bearing whine": bearing_whine}[fault]
        wrong = sounding(make(chance[1], phase))
        level = plain.std() * 10 ** (LEVELS[fault][strength] / 20)
        wrong = wrong * (level / wrong.std())
    drawn = garden.draw(behind, chance[2])
    drawn["loudness"] = p["loudness"] - chance[2].uniform(*BEHIND)
    other = garden.render(behind, chance[3], drawn).double().numpy()
    parts = np.stack([gain * plain, gain * wrong, other])
    parts *= min(1, 0.99 / max(1e-9, np.abs(parts.sum(0)).max()))
    return Parts(*torch.from_numpy(parts.astype(np.float32)))


def sounding(wave):
    """No DC, faded ends, as every sound of the garden."""
    return garden.lfilter([1, -1], [1, -0.995], wave) * garden.FADE


class Engines(Dataset):
    """Engines, all in order or all with one fault: pairs of (wave, label), label 0.

    wave: float32 (16384,) at 16 kHz, in [-0.99, 0.99]. fault: "misfire", "rattle",
    "bearing whine"; None: they are in order. strength: "faint", "clear", "strong".
    domain: "source", rain is heard behind; "target", a crowd; None: what there is to
    learn from, source but for every hundredth. Item i depends on nothing but (seed,
    split, i) and what is asked for; the engine on (seed, split, i) alone, so that item
    i is the same engine with and without its fault, in both domains. To tell crowds
    apart, give the ones with a fault another seed.

    Raises ValueError for an unknown split, fault, strength or domain, n < 1, seed < 0.
    """

    names = ["engine"]
    label_names = {"machine": names}
    sample_rate = SAMPLE_RATE

    def __init__(
        self,
        n: int = 3000,
        split: str = "train",
        seed: int = 0,
        fault: str | None = None,
        strength: str = "clear",
        domain: str | None = None,
    ):
        self.n, self.seed = valid.whole(n, "n", 1), valid.whole(seed, "seed", 0)
        self.split = valid.choice(split, SPLITS, "split")
        self.fault = fault and valid.choice(fault, FAULTS, "fault")
        self.strength = valid.choice(strength, STRENGTHS, "strength")
        self.domain = domain and valid.choice(domain, DOMAINS, "domain")

    def __len__(self) -> int:
        return self.n

    def _key(self, i: int) -> tuple[int, int, int]:
        if not 0 <= i < self.n:
            raise IndexError(f"item is {i}, expected 0 to {self.n - 1}")
        return self.seed, SPLITS.index(self.split), int(i)

    def domain_of(self, i: int) -> str:
        """Where item i was heard, "source" or "target"."""
        return self.domain or ("target" if i % RARE == RARE - 1 else "source")

    def params(self, i: int) -> dict[str, float]:
        """The parameters of the engine of item i; their units are in `GARDEN`."""
        return garden.draw("engine", np.random.default_rng((*self._key(i), 4)))

    def parts(self, i: int) -> Parts:
        """Engine, fault and background of item i, of which the wave is the sum."""
        behind = DOMAINS[self.domain_of(i)]
        return render(self.params(i), self._key(i), self.fault, self.strength, behind)

    def __getitem__(self, i: int) -> tuple[Float[Tensor, " samples"], Tensor]:
        return sum(self.parts(i)), torch.tensor(0)
