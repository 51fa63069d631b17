"""What `bench.prompts` asks for, and how it measures whether that is followed."""

import itertools
import math

import numpy as np
import torch
from torch import Tensor

import minidiff as md
from minidiff.control.listening import Listening
from minidiff.data import captions, garden
from minidiff.data.captions import SIDES, Asked, Part, say
from minidiff.data.scenes import NAMES, Scene, render
from minidiff.judging.pitch import cents_off
from minidiff.models.ears import load_ears

TRAITS = {  # trait -> sounds of which analysis tells it, on true sounds nearly always
    "pitch": ("flute", "organ", "plucked string"),  # pYIN; others have no one pitch
    "brightness": ("rain", "crowd", "plucked string"),  # elsewhere the pitch is in it
    "rate": ("bird", "flute", "organ"),  # they sway or chirp steadily
}
RATE = garden.SAMPLE_RATE


class Bench:
    """Captions, and true sounds of them.

    scenes: of the test, as they come. plain: "A, then B", nothing else, every pair of
    two different sounds once before any comes twice. names: of one sound. traits: of
    one sound, a trait low or high.
    """

    def __init__(self, n: int, order: int, each: int):
        scenes = md.data.scenes(n, "test", seed=3)
        self.told = {"scenes": [scenes.caption(i) for i in range(n)]}
        self.true = {"scenes": torch.stack([scenes[i][0] for i in range(n)])}
        pairs = list(itertools.permutations(NAMES, 2))
        turns = np.random.default_rng(0).permutation(len(pairs))
        pairs = [pairs[turns[i % len(pairs)]] for i in range(order)]
        self.names = NAMES * each
        self.traits = [
            (name, key, side)
            for _ in range(each)
            for key, names in TRAITS.items()
            for name in names
            for side in SIDES
        ]
        for kind, parts in (
            ("plain", [[Part(a, {}), Part(b, {})] for a, b in pairs]),
            ("names", [[Part(name, {})] for name in self.names]),
            ("traits", [[Part(name, {key: side})] for name, key, side in self.traits]),
        ):
            if not parts:
                continue
            asked = [Asked("then" * (len(two) - 1), tuple(two)) for two in parts]
            self.told[kind] = [say(one) for one in asked]
            waves = [sounding(one, i) for i, one in enumerate(asked)]
            self.true[kind] = torch.stack(waves)
        self.ears = load_ears("sounds")
        self.middles = {name: middle(name) for name in TRAITS["brightness"]}

    def right(self, sounds: dict[str, Tensor], listening: Listening | None) -> dict:
        """Of each kind of question in each crowd: how many were right, of how many."""
        found = {}
        if listening:
            found |= counted(listening.judge(sounds["scenes"], self.told["scenes"]))
            if "plain" in sounds:
                judged = listening.judge(sounds["plain"], self.told["plain"])
                found["plain"] = counted(judged)["every"]
        if "names" in sounds:
            waves, classes = alike(sounds["names"]), list(garden.GARDEN)
            wanted = torch.tensor([classes.index(name) for name in self.names])
            for letter, ear in self.ears.items():
                hits = (ear.label(waves) == wanted).sum().item()
                found[f"name_{letter.lower()}"] = hits, len(wanted)
        if "traits" in sounds:
            hits = [
                self.followed(wave, *trait)
                for wave, trait in zip(
                    alike(sounds["traits"]), self.traits, strict=True
                )
            ]
            for key in TRAITS:
                mine = [hit for hit, (_, k, _) in zip(hits, self.traits) if k == key]  # noqa: B905
                found[key] = sum(mine), len(mine)
        return found

    def followed(self, wave: Tensor, name: str, key: str, side: str) -> bool:
        """Whether a sound of this name has the trait: pitch in its third, else half."""
        if key == "pitch":
            return close(wave, name, side)
        if key == "brightness":
            return (centre(wave) > self.middles[name]) == (side == "high")
        low, high = garden.ranges(name)["rate"][:2]
        return (rate(wave) > math.sqrt(low * high)) == (side == "high")

    @staticmethod
    def guess() -> dict:
        """The shares of who never hears what is asked.

        A pitch counts in a third and a semitone of its range, else a half is right.
        """
        metrics = {"name_a": 1 / len(NAMES), "name_b": 1 / len(NAMES)}
        metrics |= {"brightness": 0.5, "rate": 0.5}
        wide = [high - low for low, high in map(edges, TRAITS["pitch"])]
        metrics["pitch"] = sum((w / 3 + 1) / w for w in wide) / len(wide)
        return {k: round(v, 4) for k, v in metrics.items()}


def counted(judged: dict[str, dict]) -> dict[str, dict[str, tuple[int, int]]]:
    """Shares of `judge` as counts: how many were right, of how many."""
    return {
        crowd: {k: (round(found[k] * n), n) for k, n in found["asked"].items()}
        for crowd, found in judged.items()
    }


def sounding(asked: Asked, seed: int) -> Tensor:
    """A true sound of what is asked, as long as a scene."""
    rng, parts = np.random.default_rng([9, seed]), []
    for part in asked.parts:
        params = garden.draw(part.name, rng)
        while not part.traits.items() <= captions.traits(part.name, params).items():
            params = garden.draw(part.name, rng)
        parts.append((part.name, params))
    return render(Scene(asked.relation, tuple(parts)), rng)


def alike(waves: Tensor) -> Tensor:
    """The first second, which is all that the ears of `sounds` have learned."""
    return waves[:, : garden.SAMPLES]


def edges(name: str) -> tuple[float, float]:
    """The lowest and the highest pitch of a sound, as MIDI numbers."""
    low, high = garden.ranges(name)["pitch"][:2]
    return 12 * math.log2(low / 440) + 69, 12 * math.log2(high / 440) + 69


def close(wave: Tensor, name: str, side: str) -> bool:
    """Whether its pitch is in the asked third of its range, give or take a semitone."""
    low, high = edges(name)
    third = (high - low) / 3
    goal = low + third / 2 if side == "low" else high - third / 2
    near = round(goal)
    off = cents_off(wave[None], torch.tensor([near]), RATE)
    return abs(near + off.item() / 100 - goal) <= third / 2 + 1  # NaN is not


def centre(wave: Tensor) -> float:
    """The spectral centroid, the mean frequency by power, in octaves above 1 Hz."""
    power = torch.fft.rfft(wave.double()).abs() ** 2
    hertz = torch.fft.rfftfreq(len(wave), 1 / RATE, dtype=torch.float64)
    return ((power * hertz).sum() / power.sum().clamp(min=1e-12)).log2().item()


def middle(name: str, n: int = 30) -> float:
    """Halfway between the medians of n dull and of n bright true sounds."""
    medians = []
    for side in SIDES:
        asked = Asked("", (Part(name, {"brightness": side}),))
        waves = torch.stack([sounding(asked, 1000 + i) for i in range(n)])
        medians.append(np.median([centre(wave) for wave in alike(waves)]))
    return float(sum(medians)) / 2


def rate(wave: Tensor) -> float:
    """How often a second it swells, 2 to 14: the peak in the spectrum of its level.

    The level is that of 10 ms each, in the logarithm, without its slow trend.
    """
    parts = wave.double().unfold(0, 160, 160).square().mean(1)[10:95]  # not the ends
    level, t = 0.5 * (parts + 1e-10).log().numpy(), np.arange(len(parts))
    level = level - np.polyval(np.polyfit(t, level, 2), t)
    size = np.abs(np.fft.rfft(level * np.hanning(len(level)), 2000))
    hertz = np.fft.rfftfreq(2000, 0.01)
    heard = (hertz >= 2) & (hertz <= 14)
    return float(hertz[heard][size[heard].argmax()])
