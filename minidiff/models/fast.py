"""The recipe of a model that jumps: few steps, learned from one that needs many."""

import copy
from dataclasses import dataclass

from .. import schedule as schedules
from ..denoiser import Denoiser
from ..fast.consistency import Tuned
from ..fast.distillation import Distilled
from ..judging.ear import Ear
from ..schedule import noise_times
from . import model as models
from .encoded import Encoded
from .recipe import SoundRecipe

WAYS = {"distilled": Distilled, "tuned": Tuned}


@dataclass(frozen=True)
class FastRecipe(SoundRecipe):
    """Of a model that makes sounds in as few steps as it has stops.

    teacher: the model that ships, whose weights it begins with and whose sounds it
    learns to make; net, front end, schedule and labels must be the teacher's. way: how
    it learns; folded: scale of the guidance that a distilled one takes over; first,
    last, halve: as in `Gaps`. stops: for each number of steps the
    times at which it is asked, without the first, which is where `noise_times` begins.
    They are chosen when all is learned, and decide nothing about the weights.
    """

    teacher: str = ""
    way: str = "distilled"
    folded: float = 1.0
    first: int = 8
    last: int = 32
    halve: int = 1000
    stops: tuple[tuple[float, ...], ...] = ((),)
    sampler: str = "renoise"

    decisive = (
        *SoundRecipe.decisive,
        "begun",
        "way",
        "folded",
        "first",
        "last",
        "halve",
    )

    @property
    def begun(self) -> str:
        """The digest of the teacher's weights."""
        return models.load(self.teacher).card["sha256"]

    def build(self, names: dict[str, list[str]]) -> Tuned:
        """Raises ValueError for other labels than the teacher's."""
        teacher = models.load(self.teacher)
        if names != teacher.conditions:
            raise ValueError(
                f"data: the labels must be those of {self.teacher}, from which "
                f"the model begins: {teacher.conditions}, got {names}"
            )
        return self.learner(teacher.denoiser)

    def learner(self, denoiser: Denoiser) -> Tuned:
        """What is trained, from these weights on."""
        options = {"scale": self.folded} if self.way == "distilled" else {}
        return WAYS[self.way](
            denoiser, first=self.first, last=self.last, halve=self.halve, **options
        )

    def settings(self, examples: Encoded) -> dict:
        teacher = models.load(self.teacher).settings
        same = {key: teacher[key] for key in ("net", "schedule", "predicts")}
        own = {"stops": self.walks(), "teacher": self.teacher}
        return super().settings(examples) | same | own

    def walks(self) -> dict[str, list[float]]:
        """All times but the last, 0, by the number of steps."""
        begin = noise_times(getattr(schedules, self.schedule)(), 1)[0].item()
        return {str(len(after) + 1): [begin, *after] for after in self.stops}

    def measure(self, model, ears: dict[str, Ear]) -> dict:
        """With every number of steps; the default's numbers stand at the top."""
        found = super().measure(model, ears)
        for n in map(int, model.settings["stops"]):
            if n != model.settings["steps"]:
                found[f"steps_{n}"] = super().measure(with_steps(model, n), ears)
        return found


def with_steps(model, steps: int):
    """The model with another default number of steps."""
    other = copy.copy(model)
    other.settings = model.settings | {"steps": steps}
    return other


def learned_from(
    taught: SoundRecipe,
    teacher: str,
    title: str,
    steps: int,
    halve: int,
    stops: tuple[tuple[float, ...], ...],
) -> FastRecipe:
    """The recipe of a teacher's fast model, its guidance inside: one lesson for all.

    taught: the teacher's recipe; what the fast one hears and makes is the same.
    """
    same = ("data", "samples", "spec", "ear", "net", "schedule")
    return FastRecipe(
        **{key: getattr(taught, key) for key in same},
        teacher=teacher,
        folded=taught.scale,
        steps=steps,
        batch=32,
        lr=3e-4,
        halve=halve,
        stops=stops,
        sampler_steps=2,
        bits=8,
        judge=taught.judge or teacher,
        about=taught.about | {"title": title},
    )
