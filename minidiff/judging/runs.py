"""How much of a melody stands in another one, note for note?"""

from collections.abc import Sequence
from itertools import pairwise


def longest_runs(
    tunes: Sequence[Sequence[tuple]], corpus: Sequence[Sequence[tuple]], most: int = 400
) -> list[int]:
    """Of each tune, how many notes in a row it shares with one of the corpus.

    Pitches count as steps from one note to the next, so that a copy in another key is
    found; a note counts with its length. A run of k steps has k + 1 notes.
    """
    known = [steps(tune) for tune in corpus]
    found = []
    for tune in map(steps, tunes):
        low, high = 0, min(len(tune), most)
        while low < high:  # if there is a run of k, there is one of k - 1
            k = (low + high + 1) // 2
            ours = {tuple(tune[i : i + k]) for i in range(len(tune) - k + 1)}
            if any(
                tuple(other[i : i + k]) in ours
                for other in known
                for i in range(len(other) - k + 1)
            ):
                low = k
            else:
                high = k - 1
        found.append(low + 1 if low else 0)
    return found


def steps(tune: Sequence[tuple]) -> list[tuple]:
    """Of each two notes in a row: up by how many semitones, and the second's length.

    From and to a rest there is no step, None.
    """
    made = []
    for (a, _), (b, beats) in pairwise(tune):
        up = None if a is None or b is None else b - a
        made.append((up, round(24 * beats)))
    return made


def returns(tune: Sequence[tuple], beats: float, most: int = 12) -> list[float]:
    """Self-similarity over time: how much of a tune is what it was some bars before.

    beats: of a bar. Of lag 1, 2, ... `most` bars, the share of time, in 24ths of a
    beat, at which the same pitch sounds as that long ago; as far as the tune goes.
    """
    pitches = [p or 0 for p, b in tune for _ in range(round(24 * b))]
    bar, shares = round(24 * beats), []
    for lag in range(bar, most * bar + 1, bar):
        now, then = pitches[lag:], pitches[: len(pitches) - lag]
        if not now:
            break
        shares.append(sum(a == b for a, b in zip(now, then, strict=True)) / len(now))
    return shares
