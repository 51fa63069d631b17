"""Chapter 17: right answers, and wrong ones with the hint that each should get."""

import math
from itertools import pairwise

import torch


def faded(n):
    rise = (torch.arange(n) + 0.5) / n * torch.pi / 2
    return rise.cos(), rise.sin()


def by_roots(n):
    rise = torch.linspace(0, 1, n)
    return (1 - rise).sqrt(), rise.sqrt()


def by_lists(n):
    rise = [math.sin(math.pi / 2 * k / (n - 1)) for k in range(n)]
    return rise[::-1], rise


def straight(n):
    rise = torch.linspace(0, 1, n)
    return 1 - rise, rise


def halfway(n):
    rise = torch.linspace(0.15, 0.85, n)
    return (1 - rise).sqrt(), rise.sqrt()


def at_once(n):
    rise = (torch.arange(n) >= n / 2).double()
    if n % 2:
        rise[n // 2] = 0.5**0.5
    return rise.flip(0), rise


def flat(n):
    return torch.full((n,), 0.5**0.5), torch.full((n,), 0.5**0.5)


def lopsided(n):
    rise = torch.linspace(0, 1, n) ** 2
    return (1 - rise**2).sqrt(), rise


def starts(frames, size, overlap):
    return range(0, frames - size + 1, size - overlap)


def by_counting(frames, size, overlap):
    found = [0]
    while found[-1] + size < frames:
        found.append(found[-1] + size - overlap)
    return torch.tensor(found)


def alike(w, r):
    return w**2 + (1 - w) ** 2 + 2 * w * (1 - w) * r


def by_matrix(w, r):
    g = torch.tensor([w, 1 - w])
    return g @ torch.tensor([[1.0, r], [r, 1.0]]) @ g


def run(a, b, step=lambda x, y: y - x, more=1, least=0):
    a, b = ([step(x, y) for x, y in pairwise(t)] for t in (a, b))
    best = 0
    for i in range(len(a)):
        for j in range(len(b)):
            k = 0
            while i + k < len(a) and j + k < len(b) and a[i + k] == b[j + k]:
                k += 1
            best = max(best, k)
    return best + more if best else least


def with_gaps(a, b):
    """The longest common subsequence of the steps: not in a row."""
    a, b = ([y - x for x, y in pairwise(t)] for t in (a, b))
    best = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            longer = max(best[i][j + 1], best[i + 1][j])
            best[i + 1][j + 1] = best[i][j] + 1 if x == y else longer
    return best[-1][-1] + 1 if best[-1][-1] else 0


RIGHT = [
    ("ex-17-1", faded),
    ("ex-17-1", by_roots),
    ("ex-17-1", by_lists),
    ("ex-17-1", lambda n: torch.stack(by_roots(n))),
    ("ex-17-1", lambda n: torch.stack(faded(n)).numpy()),
    ("ex-17-2", starts),
    ("ex-17-2", by_counting),
    ("ex-17-3", alike),
    ("ex-17-3", by_matrix),
    ("ex-17-4", [20, 20]),
    ("ex-17-4", "21, 20"),
    ("ex-17-4", "20 and 20"),
    ("ex-17-5", run),
    ("ex-17-6", "B"),
    ("ex-17-6", "b"),
    ("ex-17-6", "B."),
    ("ex-17-6", "(B)"),
    ("ex-17-7", 6),
    ("ex-17-7", "6"),
]
WRONG = [
    ("ex-17-1", lambda n: faded(n)[1], "two gains"),
    ("ex-17-1", lambda n: faded(n + 1), "places here"),
    ("ex-17-1", lambda n: faded(n)[::-1], "exchanged"),
    ("ex-17-1", straight, "lose 3 dB"),
    ("ex-17-1", lambda n: tuple(2 * g for g in faded(n)), "squares must sum"),
    ("ex-17-1", lopsided, "reversed"),
    ("ex-17-1", flat, "From nearly 0"),
    ("ex-17-1", halfway, "From nearly 0"),
    ("ex-17-1", at_once, "Little by little"),
    ("ex-17-1", lambda n: 1.0, "two gains"),
    ("ex-17-2", lambda f, s, o: range(0, f - s, s - o), "`range` ends before"),
    ("ex-17-2", lambda f, s, o: range(0, f, s - o), "would end at"),
    ("ex-17-2", lambda f, s, o: range(0, f - s + 1, s), "do not overlap"),
    ("ex-17-2", lambda f, s, o: range(0, f - s + 1, max(1, o)), "not the step"),
    ("ex-17-2", lambda f, s, o: [0], "begin at"),
    ("ex-17-3", lambda w, r: w**2 + (1 - w) ** 2, "where is the correlation"),
    ("ex-17-3", lambda w, r: w**2 + (1 - w) ** 2 + w * (1 - w) * r, "twice"),
    ("ex-17-3", lambda w, r: alike(w, r) ** 0.5, "not its root"),
    ("ex-17-3", lambda w, r: 1.0, "the power is"),
    ("ex-17-4", [2344, 20], "Of all windows"),
    ("ex-17-4", [20, 1], "once at every step"),
    ("ex-17-4", [20, 40], "asked twice"),
    ("ex-17-4", [20, 2344], "one at each step"),
    ("ex-17-4", [1, 20], "single step behind"),
    ("ex-17-4", [40, 20], "one step behind the one before"),
    ("ex-17-5", lambda a, b: run(a, b, lambda x, y: y), "in another key"),
    ("ex-17-5", lambda a, b: run(a, b, more=0), "k + 1 notes"),
    ("ex-17-5", lambda a, b: run(a, b, least=1), "One note alone"),
    ("ex-17-5", lambda a, b: 8, "longest run has"),
    ("ex-17-5", with_gaps, "In a row"),
    ("ex-17-5", lambda a, b: run(a, b, lambda x, y: abs(y - x)), "Upside down"),
    ("ex-17-5", lambda a, b: run(a, b, lambda x, y: (y - x) % 12), "of an octave"),
    ("ex-17-6", "A", "by power"),
    ("ex-17-6", "C", "nothing is averaged"),
    ("ex-17-7", 5, "Not yet enough"),
    ("ex-17-7", 8, "fewer would do"),
    ("ex-17-7", 2.5, "0 to 8"),
]
