"""Scenes: one or two sounds of the garden, and a caption that is true of them."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from .. import valid
from . import garden
from .captions import MOST, NOUNS, SIDES, TRAITS, Asked, Part, say, traits
from .sounds import SPLITS
from .tokens import Tokenizer
from .twins import May, possible, wrong

SAMPLES = 2 * garden.SAMPLES  # 2.048 s
MARGIN = (6.0, 12.0)  # dB by which one sound is over another
SAID = 0.75  # how often a trait that could be said is
NAMES = list(NOUNS)


class Scene(NamedTuple):
    """What is heard: each part a sound of the garden with all its parameters.

    relation: "" one sound; "over": both at once, the first louder by `MARGIN`; "then":
    the second begins 1.024 s after the first.
    """

    relation: str
    parts: tuple[tuple[str, dict[str, float]], ...]


def unseen_pair(a: str, b: str) -> bool:
    """Whether these two sounds, in whatever order, never meet in training."""
    return (NAMES.index(a) + NAMES.index(b)) % 7 == 3


def unseen_trait(name: str, key: str, side: str) -> bool:
    """Whether training never says this trait of this sound; it may be heard."""
    number = 5 * NAMES.index(name) + 2 * list(TRAITS).index(key) + SIDES.index(side)
    return number % 8 == 5


def unseen(asked: Asked) -> bool:
    """Whether something is asked together that never was in training."""
    names = [part.name for part in asked.parts]
    pairs = len(names) == 2 and unseen_pair(*names)
    return pairs or any(
        unseen_trait(part.name, key, side)
        for part in asked.parts
        for key, side in part.traits.items()
    )


def true(asked: Asked, scene: Scene) -> bool:
    """Whether a caption that asks for this is true of the scene."""
    names = [part.name for part in asked.parts]
    if asked.relation != scene.relation or names != [name for name, _ in scene.parts]:
        return False
    here = zip(asked.parts, scene.parts, strict=True)
    return all(
        part.traits.items() <= traits(name, params).items()
        for part, (name, params) in here
    )


def wrong_of(scene: Scene, split: str = "test") -> May:
    """What may be told of a scene as wrong: possible, not true, in training not new.

    A caption that training has as a wrong one only could be told apart by its words.
    """

    def may(other: Asked) -> bool:
        new = split == "train" and unseen(other)
        return possible(other) and not true(other, scene) and not new

    return may


def draw(first: str, split: str, rng: np.random.Generator) -> Scene:
    """A scene whose first sound is this one."""
    relation = ("", "over", "then")[rng.choice(3, p=(0.3, 0.35, 0.35))]
    params = garden.draw(first, rng)
    if not relation:
        return Scene("", ((first, params),))
    # in the test half of the pairs are new ones
    new = split == "test" and rng.random() < 0.5
    others = [b for b in NAMES if relation == "then" or b != first]
    names = [b for b in others if unseen_pair(first, b) == new]
    names = names or others  # a bell's only new pair is with itself
    other = names[rng.integers(len(names))]
    below = garden.draw(other, rng)
    if relation == "over":  # the louder one in the upper half: the other is heard too
        low, high = garden.ranges(first)["loudness"][:2]
        params["loudness"] = high - 0.5 * (high - low) * rng.random()
        below["loudness"] = params["loudness"] - rng.uniform(*MARGIN)
    return Scene(relation, ((first, params), (other, below)))


def told(scene: Scene, split: str, rng: np.random.Generator) -> Asked:
    """What a caption will say of a scene: not all that could be said."""
    parts = []
    for name, params in scene.parts:
        may = {
            key: side
            for key, side in traits(name, params).items()
            if split == "test" or not unseen_trait(name, key, side)
        }
        said = [key for key in may if rng.random() < SAID]
        rng.shuffle(said)
        parts.append(Part(name, {key: may[key] for key in said[:MOST]}))
    return Asked(scene.relation, tuple(parts))


def render(scene: Scene, rng: np.random.Generator) -> Float[Tensor, " samples"]:
    """The sound of a scene: 32768 samples at 16 kHz, in [-0.99, 0.99]."""
    wave = torch.zeros(SAMPLES)
    for k, (name, params) in enumerate(scene.parts):
        start = garden.SAMPLES if k == 1 and scene.relation == "then" else 0
        wave[start : start + garden.SAMPLES] += garden.render(name, rng, params)
    return wave * min(1.0, 0.99 / wave.abs().max().item())


class Scenes(Dataset):
    """Scenes of the garden: pairs of (wave, {"sound": label, "caption": tokens}).

    wave: float32 of shape (32768,) at 16 kHz, in [-0.99, 0.99]. sound: of the first
    part, an index into `names`, the sounds taking turns. caption: int64 (16,), as
    `tokenizer` makes them, 0 after the last word. Item i depends on nothing but (seed,
    split, i). "test" also has pairs of sounds and traits of sounds that "train" never
    puts together: `unseen(i)`. wrong: then there is "wrong" too, (4, 16), captions that
    are near and not true of it. truth: then also what `truth` gives.
    """

    names = NAMES
    label_names = {"sound": NAMES}
    sample_rate = garden.SAMPLE_RATE
    tokenizer = Tokenizer()

    def __init__(
        self,
        n: int = 6000,
        split: str = "train",
        seed: int = 0,
        wrong: bool = False,
        truth: bool = False,
    ):
        self.n = valid.whole(n, "n", 1)
        self.split = valid.choice(split, SPLITS, "split")
        self.seed, self.with_wrong = valid.whole(seed, "seed", 0), wrong
        self.with_truth = truth

    def __len__(self) -> int:
        return self.n

    def _start(self, i: int) -> tuple[Scene, Asked, str, np.random.Generator]:
        """All that is known of item i before it sounds, and its source of chance."""
        if not 0 <= i < self.n:
            raise IndexError(f"item is {i}, expected 0 to {self.n - 1}")
        key = self.seed, SPLITS.index(self.split), int(i)
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))
        scene = draw(self.names[i % len(self.names)], self.split, rng)
        asked = told(scene, self.split, rng)
        return scene, asked, say(asked, rng), rng

    def __getitem__(
        self, i: int
    ) -> tuple[Float[Tensor, " samples"], dict[str, Tensor]]:
        scene, asked, caption, rng = self._start(i)
        wave = render(scene, rng)
        labels = {
            "sound": torch.tensor(i % len(self.names)),
            "caption": self.tokenizer.encode(caption)[0],
        }
        if self.with_wrong:
            others = wrong(asked, rng, wrong_of(scene, self.split))
            captions = [say(other, rng) for other in others]
            labels["wrong"] = self.tokenizer.encode(captions)
        return wave, labels | (self.truth(i) if self.with_truth else {})

    def scene(self, i: int) -> Scene:
        """What item i was made from."""
        return self._start(i)[0]

    def asked(self, i: int) -> Asked:
        """What the caption of item i asks for."""
        return self._start(i)[1]

    def caption(self, i: int) -> str:
        """Item i in words."""
        return self._start(i)[2]

    def truth(self, i: int) -> dict[str, Tensor]:
        """What is in item i, in numbers that a net can learn.

        scene: int64 (3,), the relation ("", "over", "then"), the first and the second
        sound, 12 for none. places: (2, 5), where the parameters lie in their ranges,
        NaN for what there is not.
        """
        scene = self.scene(i)
        numbers = [("", "over", "then").index(scene.relation), 0, len(self.names)]
        places = torch.full((2, len(TRAITS)), torch.nan)
        for k, (name, params) in enumerate(scene.parts):
            numbers[1 + k] = self.names.index(name)
            for key, range_ in garden.ranges(name).items():
                places[k, list(TRAITS).index(key)] = range_.place(params[key])
        return {"scene": torch.tensor(numbers), "places": places}

    def unseen(self, i: int) -> bool:
        """Whether the caption of item i asks for something new."""
        return unseen(self.asked(i))
