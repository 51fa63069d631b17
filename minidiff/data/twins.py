"""Wrong captions, as near to the right one as can be: what a CLAP should refuse."""

from collections.abc import Callable

import numpy as np

from . import garden
from .captions import NOUNS, SIDES, Asked, Part

May = Callable[[Asked], bool]


def possible(asked: Asked) -> bool:
    """Whether some scene is so: of two at once the louder one is not soft."""
    return asked.relation != "over" or asked.parts[0].traits.get("loudness") != "low"


def swapped(asked: Asked) -> Asked | None:
    """The same sounds in the other order; None where there is no other."""
    wrong = asked._replace(parts=asked.parts[::-1])
    return None if wrong == asked else wrong


def rebound(asked: Asked) -> Asked | None:
    """Each sound with the traits of the other one; None where nothing would change.

    Loudness stays where the relation says it: the words alone would tell otherwise.
    """
    if len(asked.parts) < 2:
        return None
    a, b = asked.parts
    told = {"loudness"} if asked.relation == "over" else set()
    both = (garden.ranges(a.name).keys() & garden.ranges(b.name).keys()) - told
    moved = (a.traits.keys() | b.traits.keys()) - told
    if not moved <= both or a.name == b.name:
        return None
    parts = [
        Part(own.name, {k: v for k, v in own.traits.items() if k in told}
             | {k: v for k, v in other.traits.items() if k not in told})
        for own, other in ((a, b), (b, a))
    ]  # fmt: skip
    wrong = asked._replace(parts=tuple(parts))
    return None if wrong == asked else wrong


def flipped(asked: Asked, rng: np.random.Generator) -> Asked | None:
    """One trait the other way; None where no trait is asked."""
    ones = flips(asked)
    return ones[rng.integers(len(ones))] if ones else None


def flips(asked: Asked) -> list[Asked]:
    """Every caption with one trait the other way."""
    found = []
    for i, part in enumerate(asked.parts):
        for key, side in part.traits.items():
            other = part.traits | {key: SIDES[side == "low"]}
            found.append(_with(asked, i, Part(part.name, other)))
    return found


def related(asked: Asked) -> Asked | None:
    """The same two sounds in the other relation; None of one sound."""
    other = {"over": "then", "then": "over"}.get(asked.relation)
    return asked._replace(relation=other) if other else None


def nearly(
    asked: Asked, rng: np.random.Generator, may: May = possible
) -> list[Asked | None]:
    """One wrong caption of each of these four kinds, None where there is none.

    may: which may be told.
    """
    kinds = swapped(asked), rebound(asked), related(asked), flipped(asked, rng)
    return [one if one and may(one) else None for one in kinds]


def replaced(asked: Asked, rng: np.random.Generator, may: May = possible) -> Asked:
    """Another sound in place of one, without its traits; there is always one."""
    taken = {part.name for part in asked.parts}
    others = [
        _with(asked, i, Part(name, {}))
        for i in range(len(asked.parts))
        for name in NOUNS
        if name not in taken
    ]
    others = [other for other in others if may(other)]
    return others[rng.integers(len(others))]


def wrong(asked: Asked, rng: np.random.Generator, may: May = possible) -> list[Asked]:
    """Four captions that are not true: `nearly`, or with another sound."""
    return [one or replaced(asked, rng, may) for one in nearly(asked, rng, may)]


def _with(asked: Asked, i: int, part: Part) -> Asked:
    parts = list(asked.parts)
    parts[i] = part
    return asked._replace(parts=tuple(parts))
