"""Bars of a tune as written, in the order in which they are played."""

from dataclasses import dataclass, field
from fractions import Fraction

LONGEST = 4000  # bars; or notes of one of them


@dataclass
class Heard:
    """Notes at once; none of them is a rest. beats: in quarter notes."""

    pitches: list[int]
    beats: Fraction
    tied: bool = False


@dataclass
class Bar:
    """start: a repeat begins here. back: one ends here. turns: only at these times
    through; None: always. double: a double bar line follows."""

    heard: list[Heard] = field(default_factory=list)
    start: bool = False
    back: bool = False
    turns: set[int] | None = None
    double: bool = False


def played(bars: list[Bar]) -> list[Bar]:
    """Repeats and endings played out (ABC standard 2.1, sections 4.8 and 4.9).

    A repeat that nothing opens goes back to the latest double bar line, to the end of
    the one before, or to the beginning. Raises ValueError where it never ends.
    """
    order, i, first, turn, opened, ending = [], 0, 0, 1, False, False
    while i < len(bars):
        bar = bars[i]
        if bar.start and i != first:
            first, turn, opened, ending = i, 1, True, False
        opened |= bar.start
        if bar.turns and turn not in bar.turns:
            i = after(bars, i, turn)
            continue
        order.append(bar)
        ending |= bar.turns is not None
        if len(order) > LONGEST:
            raise ValueError(f"more than {LONGEST} bars")
        if bar.back and turn < times(bars, first, i):
            i, turn, ending = first, turn + 1, False
            continue
        if bar.back or (bar.double and ((turn > 1 and ending) or not opened)):
            first, turn, opened, ending = i + 1, 1, False, False
        i += 1
    return order


def after(bars: list[Bar], i: int, turn: int) -> int:
    """Where it goes on, this time through, for one that leaves out the ending at i."""
    for k in range(i + 1, len(bars)):
        if bars[k].turns and turn in bars[k].turns:
            return k
        if bars[k].start:
            return k
        if bars[k - 1].back and not bars[k].turns:
            return k
    return len(bars)


def times(bars: list[Bar], first: int, i: int) -> int:
    """How often a repeat that ends with bar i is played."""
    here = [max(b.turns) for b in bars[first : i + 2] if b.turns]
    return max([2, *here])


def melody(bars: list[Bar]) -> list[tuple[int, float, float]]:
    """(pitch, beats, start) of what these bars sound like, tied notes as one."""
    made, now, tied = [], Fraction(0), {}
    for heard in (h for bar in bars for h in bar.heard):
        going = {}
        for pitch in heard.pitches:
            k = tied.get(pitch)
            if k is None:
                k = len(made)
                made.append([pitch, Fraction(0), now])
            made[k][1] += heard.beats
            if heard.tied:
                going[pitch] = k
        tied, now = going, now + heard.beats
    return [(pitch, float(beats), float(start)) for pitch, beats, start in made]
