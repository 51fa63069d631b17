"""Sounds longer than what a model learned, in a stream."""

import functools
import math
from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid
from ..control.long import windows
from ..control.stream import Stream
from ..data.clips import fitted
from ..guidance import Guided
from ..process import starting_noise
from ..sound.mel import MelSpec
from ..sound.onward import Onward, decode_after
from ..train import mixed
from . import shelf
from .bounds import Overshot
from .labels import count

LONGEST = 3600.0  # seconds
STEADY = 6.0  # dB; what varies more inside a recording is an event (bench.textures)
TEXTURES = {  # of the models that ship, by their recordings
    "environment": {"rain", "sea", "fire", "helicopter", "chainsaw"},
    "sounds": {"rain", "crowd", "engine", "wind", "bird", "flute", "organ"},
}
WHY = {
    "notes": "`md.render` plays notes one after another",
    "digits": "words follow words: generate several",
    "drums": "`md.drummed` plays hits in time",
    "drums-waveform": "`md.drummed` plays hits of `drums` in time",
}


class Lasting:
    """An iterator over the pieces (n, samples) of n long sounds; memory stays flat.

    Windows as long as what the model learned, a quarter of each in the one before, are
    denoised side by side (`control.stream`); mels are made audible window by window,
    each from the phases of the one before. Item i is that of n=1, seed=seed + i.

    join: as in `control.long.shares`. state: a `state()` to go on from. The other
    arguments and the errors are those of `Model.generate`; seconds: above 0, at most an
    hour. samples: how long the whole is. Raises ValueError for sounds that are events,
    such as a bark or a word: windows know nothing of what began before them.
    """

    def __init__(
        self,
        model,
        seconds: float,
        cond=None,
        n: int = 1,
        steps: int | None = None,
        scale: float | None = None,
        seed: int = 0,
        sampler: str | None = None,
        device: str | torch.device | None = None,
        join: str = "swap",
        state: dict | None = None,
    ):
        self.model, told = model, model.settings
        seconds = allowed(seconds)
        n, self.seed = valid.whole(count(n, cond), "n", 1), valid.seed(seed)
        valid.seed(self.seed + n - 1)
        device = valid.device(device or next(model.denoiser.parameters()).device)
        model.denoiser.to(device)
        self.samples = round(seconds * model.sample_rate)
        self.size = model.shape[-1]
        overlap = self.size // 4
        per_place = told["samples"] // self.size
        places = -(-self.samples // per_place)
        self.n = windows(places, self.size, overlap)
        self.steps = told["steps"] if steps is None else steps
        self.times, self.device, self.items = model._times(self.steps, 1.0), device, n
        dice = [torch.Generator().manual_seed(self.seed + i) for i in range(n)]
        asked = model.asks.read(cond, n, dice)
        if said := events(model, cond, asked):
            raise ValueError(said)
        scale = told["scale"] if scale is None else scale
        guided = Guided(
            model.denoiser,
            scale,
            between=tuple(told.get("between") or (0.0, math.inf)),
        )
        state = state or {"walks": None, "made": 0, "k": 0, "tail": None, "last": None}
        self.stream = Stream(
            guided,
            sampler or told["sampler"],
            self.times,
            self.n,
            self.size,
            overlap,
            self._begin,
            {name: c.to(device) for name, c in asked.items()} or None,
            join,
            state["walks"],
        )
        self.made, self.k, self.last = state["made"], state["k"], state["last"]
        self.onward = Onward(overlap * per_place, state["tail"])
        self.overlap = overlap

    def state(self) -> dict:
        """All that is needed to go on from here; `torch.save` keeps it."""
        return {
            "walks": self.stream.state(),
            "made": self.made,
            "k": self.k,
            "tail": self.onward.tail,
            "last": self.last,
        }

    def __iter__(self) -> Iterator[Tensor]:
        return self

    @torch.no_grad()
    def __next__(self) -> Float[Tensor, "n samples"]:
        if self.k == self.n:
            raise StopIteration
        if self.last is None:
            self.last = next(self.stream).cpu()
        x, after = self.last, None
        if self.k < self.n - 1:
            after = next(self.stream).cpu()
            x = torch.cat([x, after[..., : self.overlap]], dim=-1)
        wave = self.onward.add(self._heard(x), last=after is None)
        self.last, self.k = after, self.k + 1
        wave = wave[:, : self.samples - self.made]
        self.made += wave.shape[1]
        return wave

    def _heard(self, x: Tensor) -> Tensor:
        """One window, as it sounds after the one before."""
        speak = None
        if isinstance(self.model.audible, MelSpec):
            spec, tail = self.model.audible, self.onward.tail
            speak = functools.partial(decode_after, spec, before=tail)
        waves, lost = self.model.heard(x, speak)
        if lost.any():
            at = self.made / self.model.sample_rate
            raise Overshot(
                f"seed {self.seed + lost.int().argmax().item()}: no sound is left at "
                f"{at:.1f} s, as {self.steps} steps overshot; take more steps or a "
                "scale nearer to 1",
                waves,
            )
        return waves

    def _begin(self, k: int, frames: int):
        """Noise that piece k starts from, and what makes its sources of chance."""
        seeds = [mixed(self.seed + i, k) for i in range(self.items)]

        def dice(turn=1):
            return [torch.Generator().manual_seed(mixed(s, turn)) for s in seeds]

        shape = (self.items, *self.model.shape[:-1], frames)
        schedule = self.model.denoiser.schedule
        start = starting_noise(shape, self.times[0], schedule, dice(0))
        return start.to(self.device), dice


def generate(model, seconds: float, cond, n: int, *ways) -> Tensor:
    """What `Model.generate` gives for `seconds`, the whole stream at once.

    ways: its other arguments, in its order.
    """
    *ways, vocoder, reference, strength = ways
    if vocoder is not None or reference is not None or strength is not None:
        raise ValueError("seconds: not together with a vocoder or a reference, yet")
    samples = round(allowed(seconds) * model.sample_rate)
    if samples <= model.settings["samples"]:
        waves = model.generate(cond, n, *ways)
        rate = model.sample_rate
        return torch.stack([fitted(wave, samples, rate) for wave in waves])
    return torch.cat(list(Lasting(model, seconds, cond, n, *ways)), dim=1)


def allowed(seconds: float) -> float:
    """Raise ValueError unless a sound may last so long."""
    seconds = valid.number(seconds, "seconds", 0, LONGEST)
    if seconds < 0.01:
        raise ValueError(f"seconds must be at least 0.01, got {seconds:g}")
    return seconds


def events(model, cond, asked: dict[str, Tensor]) -> str:
    """What to say of sounds that are no textures; "" of none, and of unknown models."""
    recipe = model.card.get("recipe")
    if model.card.get("title") != shelf.TITLES.get(recipe, ""):
        return ""  # the reader's own recordings
    textures = TEXTURES.get(recipe, set() if recipe in WHY else TEXTURES["sounds"])
    main = next(iter(model.conditions))
    if main in asked and model.conditions[main] is model.labels:
        names = {model.labels[k] for k in asked[main].tolist()}
    else:  # captions
        texts = [cond] if isinstance(cond, str) else cond or []
        names = {label for label in model.labels if any(label in t for t in texts)}
    if not (strange := sorted(names - textures)):
        return ""
    steady = ", ".join(k for k in model.labels if k in textures)
    why = WHY.get(recipe, f"those that have no beginning can go on: {steady}")
    return (
        f"seconds: {', '.join(strange)} is an event, no texture, and overlapping "
        f"windows know nothing of what began before them; {why}"
    )
