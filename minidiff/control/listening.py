"""Is a sound what its caption asks for? Judged by a net that knows scenes."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from ..data.captions import SIDES, TRAITS, Asked, Part, parse
from ..data.scenes import NAMES, unseen_pair
from ..nets.listener import Listener
from ..sound.mel import MelSpec

ORDER = ("", "over", "then")  # relations, as the listener counts them
CROWDS = "one", "two, known pair", "two, new pair"


class Listening:
    """A trained listener with its front end: waveforms in, what is asked for out."""

    def __init__(self, listener: Listener, spec: MelSpec, card: dict | None = None):
        self.listener, self.spec, self.card = listener.eval(), spec, card or {}
        self.sample_rate = spec.sample_rate

    @torch.no_grad()
    def heard(
        self, waves: Float[Tensor, "n samples"]
    ) -> list[tuple[Asked, list[dict[str, float]]]]:
        """Of each sound: relation and names, and where each parameter lies, 0 to 1.

        The parts have a trait for every parameter, the half of its range.
        """
        found = []
        for some in waves.split(100):
            relation, sounds, places = self.listener(self.spec.encode(some))
            relations = relation.argmax(1).tolist()
            numbers = sounds[:, :, :-1].argmax(2).tolist()
            for r, names, where in zip(relations, numbers, places, strict=True):
                known = names[: 1 + (r > 0)]
                at = [dict(zip(TRAITS, row, strict=True)) for row in where.tolist()]
                parts = tuple(
                    Part(NAMES[k], {key: SIDES[p > 0.5] for key, p in at[i].items()})
                    for i, k in enumerate(known)
                )
                found.append((Asked(ORDER[r], parts), at[: len(parts)]))
        return found

    def judge(
        self, waves: Float[Tensor, "n samples"], captions: Sequence[str]
    ) -> dict[str, dict]:
        """How often the sounds are as asked: of all captions, and by what they ask for.

        Crowds: "every", "one" (sound), "two, known pair" and "two, new pair", of sounds
        that training never puts together. Of each what `shares` gives.
        """
        asked = [parse(caption) for caption in captions]
        heard = [what for what, _ in self.heard(waves)]
        crowds = {"every": []} | {name: [] for name in CROWDS}
        for pair in zip(asked, heard, strict=True):
            crowds["every"].append(pair)
            crowds[crowd(pair[0])].append(pair)
        return {name: shares(pairs) for name, pairs in crowds.items() if pairs}


def crowd(asked: Asked) -> str:
    """To which of `CROWDS` it belongs; new traits make no difference."""
    names = [part.name for part in asked.parts]
    return CROWDS[len(names) - 1 + (len(names) == 2 and unseen_pair(*names))]


def followed(model, listening: Listening, dataset, n: int = 360, **options) -> dict:
    """How well a model follows the first n captions of scenes, beside its yardsticks.

    recorded: the scenes themselves. front_end: these by way of what the model learns,
    and back. made: what it makes of the captions. options: for `generate`.
    """
    n = min(n, len(dataset))
    told = [dataset.caption(i) for i in range(n)]
    waves = torch.stack([dataset[i][0] for i in range(n)])
    parts = (model.spec.decode(model.spec.encode(some)) for some in waves.split(60))
    back = torch.cat(list(parts))[:, : waves.shape[1]].clamp(-1, 1)
    made = [
        model.generate(told[i : i + 60], min(60, n - i), seed=i, **options)
        for i in range(0, n, 60)
    ]
    crowds = {"recorded": waves, "front_end": back, "made": torch.cat(made)}
    return {name: listening.judge(crowd, told) for name, crowd in crowds.items()}


def shares(pairs: list[tuple[Asked, Asked]]) -> dict[str, float]:
    """What share of what was asked is heard, by kind; asked: how often each was.

    sounds: those that were asked and no other, whatever their order. relation: one,
    over or then. order: of two different ones, where both are there, the right one is
    earlier or louder; order in time, in loudness: each of them. traits: on the right
    side. traits heard: of those whose sound is there. all: all that the caption says.
    error: the standard error of `all`.
    """
    right = [compared(asked, heard) for asked, heard in pairs]
    told = {kind: [x for one in right for x in one[kind]] for kind in right[0]}
    found = {k: round(sum(v) / len(v), 4) for k, v in told.items() if v}
    share = found["all"]
    error = math.sqrt(share * (1 - share) / len(pairs))
    asked = {k: len(told[k]) for k in found}
    return {"n": len(pairs), **found, "error": round(error, 4), "asked": asked}


def compared(asked: Asked, heard: Asked) -> dict[str, list[bool]]:
    """What is right, by kind; a kind that was not asked has no entry."""
    names = [[part.name for part in each.parts] for each in (asked, heard)]
    there = sorted(names[0]) == sorted(names[1])
    order = [names[0] == names[1]] if there and len(set(names[0])) == 2 else []
    traits, bearing = [], []
    for k, part in enumerate(asked.parts):
        # of the part that bears this name; of two, in their order
        mine = heard.parts[k : k + 1] if names[1][k : k + 1] == [part.name] else ()
        mine = mine or [other for other in heard.parts if other.name == part.name]
        for key, side in part.traits.items():
            traits.append(bool(mine) and mine[0].traits[key] == side)
            bearing += traits[-1:] if mine else []
    every = asked.relation == heard.relation and names[0] == names[1] and all(traits)
    return {
        "sounds": [there],
        "relation": [asked.relation == heard.relation],
        "order": order,
        "order in time": order if asked.relation == "then" else [],
        "order in loudness": order if asked.relation == "over" else [],
        "traits": traits,
        "traits heard": bearing,
        "all": [every],
    }
