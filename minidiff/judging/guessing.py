"""How many answers does a claim about ears need? Exact binomial arithmetic."""

import numpy as np
from scipy.stats import beta, binom

from .. import valid

MOST = 20_000  # answers


def chance_of(right: int, tries: int, guess: float = 0.5) -> float:
    """How likely at least `right` of `tries` are for somebody who only guesses.

    The one-sided p-value of the exact binomial test. guess: the share that guessing
    gets, 0.5 with two answers. Raises ValueError for right outside [0, tries], tries <
    1 and guess outside (0, 1).
    """
    tries = valid.whole(tries, "tries", 1)
    right = valid.whole(right, "right", 0, tries)
    valid.number(guess, "guess", 0, 1, open_ends=True)
    return float(binom.sf(right - 1, tries, guess))


def interval(right: int, tries: int, level: float = 0.95) -> tuple[float, float]:
    """The shares that `right` of `tries` do not rule out (Clopper & Pearson 1934).

    It holds the true share in at least `level` of all tests. Raises as `chance_of`.
    """
    tries = valid.whole(tries, "tries", 1)
    right = valid.whole(right, "right", 0, tries)
    valid.number(level, "level", 0, 1, open_ends=True)
    tail = (1 - level) / 2
    low = beta.ppf(tail, right, tries - right + 1) if right else 0.0
    wrong = tries - right
    high = beta.ppf(1 - tail, right + 1, wrong) if wrong else 1.0
    return float(low), float(high)


def needed(tries: int, alpha: float = 0.05, guess: float = 0.5) -> int:
    """The least right answers that count: guessing gets there in at most `alpha`.

    tries + 1 where not even all of them do. Raises as `chance_of`.
    """
    tries = valid.whole(tries, "tries", 1)
    valid.number(alpha, "alpha", 0, 1, open_ends=True)
    valid.number(guess, "guess", 0, 1, open_ends=True)
    return int(binom.isf(alpha, tries, guess)) + 1


def power(tries: int, share: float, alpha: float = 0.05, guess: float = 0.5) -> float:
    """How likely a test of so many tries finds an ear that is right in this share."""
    valid.number(share, "share", 0, 1)
    return float(binom.sf(needed(tries, alpha, guess) - 1, tries, share))


def tries_for(
    share: float, sure: float = 0.8, alpha: float = 0.05, guess: float = 0.5
) -> int:
    """The fewest tries with which such an ear is found this surely.

    The power goes up and down a little from one number to the next: it is at least
    `sure` for this one, and for any larger one that was looked at, a tenth more of
    them. Raises ValueError for share <= guess, and where 20,000 are too few.
    """
    valid.number(share, "share", guess, 1)
    valid.number(sure, "sure", 0, 1, open_ends=True)
    valid.number(alpha, "alpha", 0, 1, open_ends=True)
    n = np.arange(1, MOST + 1)
    enough = binom.sf(binom.isf(alpha, n, guess), n, share) >= sure
    for first in n[enough]:
        if share > guess and enough[first - 1 : int(1.1 * first) + 10].all():
            return int(first)
    raise ValueError(
        f"share: to tell {share} from a guess of {guess} takes more than {MOST} tries"
    )


def worth(tries: int, each: int, alike: float) -> float:
    """As how many independent answers those of listeners with `each` count.

    alike: how much the answers of one listener are alike (the correlation within
    listeners), 0 to 1. tries / (1 + (each - 1) alike) (Kish 1965). The same holds of a
    sound that many hear. Raises ValueError for tries or each < 1, alike outside [0, 1].
    """
    tries, each = valid.whole(tries, "tries", 1), valid.whole(each, "each", 1, tries)
    return tries / (1 + (each - 1) * valid.number(alike, "alike", 0, 1))
