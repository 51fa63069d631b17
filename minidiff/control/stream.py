"""A long sound in a stream: what `Windows` makes, piece by piece, in little memory.

A window at step j needs its neighbours at step j - 1 and no others. So the windows go
down like a slanted front: the first is a step ahead of the second, that of the third,
and when the first is done, only as many are under way as a walk has steps, however
long the sound.
"""

from collections import deque
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from .. import valid
from ..denoiser import Cond
from ..samplers import SAMPLERS
from .long import joined, shares

Begin = Callable[[int, int], tuple[Tensor, Callable[[], list[torch.Generator]]]]


class Asks(Exception):
    """A walk has no answer yet to its next question."""

    def __init__(self, x: Tensor, t: Tensor):
        self.x, self.t = x, t


class Walk:
    """A sampler's walk on one piece of x, which waits for each answer.

    A sampler calls its denoiser and cannot be stopped there. So it is run again from
    the start with the answers that are known, until it asks one more: arithmetic on a
    small tensor, which costs nothing beside a call of the net. x: what it asks about,
    at the end the sample. t: None at the end.
    """

    def __init__(self, sampler, schedule, start: Tensor, times: Tensor, dice):
        self.sampler, self.schedule, self.times = sampler, schedule, times
        self.start, self.dice, self.answers = start, dice, []
        self.head = self.tail = None  # this call's, of the window here and before
        self.go()

    def go(self, answer: Tensor | None = None) -> None:
        if answer is not None:
            self.answers.append(answer)
        self.told = iter(self.answers)
        try:
            *_, self.x = self.sampler(
                self, self.start, self.times, generator=self.dice()
            )
            self.t = None
        except Asks as asked:
            self.x, self.t = asked.x, asked.t

    def __call__(self, x: Tensor, t: Tensor, cond: Cond = None) -> Tensor:
        for answer in self.told:
            return answer
        raise Asks(x, t)


class Stream:
    """An iterator over the pieces of a long x, each (batch, *size, hop); the last one
    is a whole window.

    denoiser: of windows. sampler: its name. times: as samplers take them. n: how many
    windows. size, overlap, join: as in `Windows`. begin: of piece k and its length, the
    noise that it starts from and a function that makes its sources of chance. cond: of
    all windows. state: a `state()` to go on from, on any other day.

    The sound is that of `Windows` under the same sampler and noise.
    """

    def __init__(
        self,
        denoiser,
        sampler: str,
        times: Tensor,
        n: int,
        size: int,
        overlap: int,
        begin: Begin,
        cond: Cond = None,
        join: str = "swap",
        state: dict | None = None,
    ):
        self.denoiser, self.cond, self.begin = denoiser, cond, begin
        self.sampler = SAMPLERS[valid.choice(sampler, SAMPLERS, "sampler")]
        self.times, self.n, self.size = times, valid.whole(n, "n", 1), size
        self.overlap = valid.whole(overlap, "overlap", 0, size // 2)
        self.hop, self.shares = size - overlap, shares(join, overlap)
        state = state or {"first": 0, "walks": []}
        self.first, self.walks = state["first"], deque()
        for told in state["walks"]:
            self._enter(told)

    def state(self) -> dict:
        """All that is needed to go on from here."""
        keys = "answers", "head", "tail"
        walks = [{key: getattr(w, key) for key in keys} for w in self.walks]
        walks = [{**w, "answers": list(w["answers"])} for w in walks]
        return {"first": self.first, "walks": walks}

    def __iter__(self) -> Iterator[Tensor]:
        return self

    def __next__(self) -> Tensor:
        if self.first == self.n:
            raise StopIteration
        while not self.walks or self.walks[0].t is not None:
            newest_first = reversed(range(len(self.walks)))
            moved = [self._call(i) for i in newest_first]
            if not any(moved):
                self._enter()
        self.first += 1
        return self.walks.popleft().x

    def _enter(self, told: dict | None = None) -> None:
        """The next piece joins the front."""
        k = self.first + len(self.walks)
        frames = self.size if k == self.n - 1 else self.hop
        start, dice = self.begin(k, frames)
        walk = Walk(self.sampler, self.denoiser.schedule, start, self.times, dice)
        for answer in (told or {}).get("answers", []):
            walk.go(answer)
        walk.head, walk.tail = (told or {}).get("head"), (told or {}).get("tail")
        self.walks.append(walk)

    def _call(self, i: int) -> bool:
        """Denoise the window that begins at piece i, if it and the next one wait."""
        here, last = self.walks[i], self.first + i == self.n - 1
        if here.t is None or here.head is not None:
            return False
        x = here.x
        if not last:
            if i + 1 == len(self.walks):
                return False
            beside = self.walks[i + 1]
            if beside.tail is not None or len(beside.answers) != len(here.answers):
                return False
            x = torch.cat([x, beside.x[..., : self.overlap]], dim=-1)
        x0 = self.denoiser(x, here.t, self.cond).to(x.dtype)
        here.head = x0 if last else x0[..., : self.hop]
        self._answer(here, self.first + i == 0)
        if not last:
            beside.tail = x0[..., self.hop :]
            self._answer(beside, False)
        return True

    def _answer(self, walk: Walk, alone: bool) -> None:
        """Tell a piece, as soon as both of its windows have spoken."""
        if walk.head is None or (walk.tail is None and not alone):
            return
        both = walk.head if alone else joined(walk.tail, walk.head, self.shares)
        walk.head = walk.tail = None
        walk.go(both)
