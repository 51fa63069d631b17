"""A model of melodies: it writes tunes, which others play."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from .. import valid
from ..data.melodies import TICKS, Melodies
from ..data.scores import BARS, END, PADDING, START, Note, Scores, Written
from ..nets.melody import Melody

SEEN = 160  # notes that it looks back
LONGEST = 800  # notes


class Writer:
    """A trained `Melody` with the numbers of its notes. card: what is known of it.

    labels: the rhythms that it can write in.
    """

    def __init__(self, net: Melody, scores: Scores, card: dict | None = None):
        self.net, self.scores, self.card = net.eval(), scores, card or {}
        self.labels = list(BARS)

    @torch.no_grad()
    def write(
        self,
        rhythm: str = "reel",
        bars: float = 32,
        seed: int = 0,
        temperature: float = 1.0,
        begin: list[Note] | None = None,
    ) -> list[Note]:
        """A new tune as (pitch, beats), for `md.render`; the same for the same seed.

        It ends where the model ends it, or after so many bars, or 800 notes. begin:
        notes to go on from. temperature: 1 draws as the model thinks; towards 0 it
        takes what is likeliest. Raises ValueError for an unknown rhythm, bars not
        above 0, a temperature outside (0, 10] and a seed below 0.
        """
        bar = BARS[valid.choice(rhythm, BARS, "rhythm")]
        end = bar * valid.number(bars, "bars", 0, 1000, open_ends=True)
        heat = valid.number(temperature, "temperature", 0, 10)
        if heat == 0:
            raise ValueError("temperature must be above 0; 0.01 draws the likeliest")
        heat = max(heat, 1e-6)  # by less scores cannot be divided
        dice = torch.Generator().manual_seed(valid.seed(seed))
        numbers = self.scores.encode(begin or [])[:-1]
        ticks = self.scores.ticks
        while len(numbers) <= LONGEST and ticks[numbers].sum() < end:
            scores = self.next(numbers, rhythm)
            scores[[PADDING, START]] = -torch.inf
            if ticks[numbers].sum() == 0:
                scores[END] = -torch.inf
            chosen = torch.multinomial((scores / heat).softmax(0), 1, generator=dice)
            if chosen.item() == END:
                break
            numbers = torch.cat([numbers, chosen])
        return self.scores.decode(numbers)

    def next(self, numbers: Tensor, rhythm: str) -> Tensor:
        """Scores (words,) of what may follow, on the CPU."""
        seen = numbers[-SEEN:]
        since = int(self.scores.ticks[numbers[: len(numbers) - len(seen)]].sum())
        place = self.scores.places(seen, rhythm, since)
        kind = torch.tensor([self.labels.index(rhythm)])
        device = self.net.table.weight.device
        given = (x.to(device) for x in (seen[None], place[None], kind))
        return self.net(*given)[0, -1].float().cpu()

    @torch.no_grad()
    def surprise(self, tunes: Melodies) -> dict[str, float]:
        """At each next note of these tunes: nats, and the share that it guesses."""
        cuts = Written(tunes, self.scores, SEEN)
        nats, right, n = 0.0, 0, 0
        for i in range(len(cuts)):
            numbers, cond = cuts[i]
            scores = self.net(
                numbers[None, :-1], cond["place"][None], cond["kind"][None]
            )
            coming = numbers[1:]
            asked = coming != PADDING
            here = F.cross_entropy(scores[0, asked], coming[asked], reduction="sum")
            nats += here.item()
            right += (scores[0, asked].argmax(1) == coming[asked]).sum().item()
            n += asked.sum().item()
        return {"n": n, "nats": round(nats / n, 4), "guessed": round(right / n, 4)}


def lasting(tune: list[Note], rhythm: str) -> float:
    """How many bars a tune has."""
    return math.fsum(beats for _, beats in tune) * TICKS / BARS[rhythm]
