"""Chapter 19, evaluation: the exercises' checks."""

import functools
import math

import torch

from ..judging.coverage import density_coverage
from ..judging.gaussian import gaussian_distance, median_width
from ..judging.guessing import power, tries_for
from .answers import names, number
from .check import Number, Wrong, exercise, form
from .forms import Choice, Each


@exercise("ex-19-1", "predict", minutes=4, trains="the Fréchet distance of two numbers")
@form(Number(0, 30, 0.5, also=(3.606, 3.6, 5.196, 73)))
def distance(answer):
    found = number(answer)
    for wrong, hint in (
        (math.sqrt(13), "The root of it. What everybody reports is the square."),
        (5, "Square each difference before you add them."),
        (9, "That is what the means give. And the spreads?"),
        (4, "That is what the spreads give. And the means?"),
        (17, "That is the difference of the variances: it counts spreads, 3 and 1."),
        (73, "Spreads, not variances: 3 and 1, not 9 and 1."),
        (19, "The two spreads are compared, not added."),
        (25, "Spreads of 3 and 1 differ by 2, not by 4."),
    ):
        if abs(found - wrong) < 0.01:
            raise Wrong(hint)
    if abs(found - 13) > 0.01:
        raise Wrong("The square of the means' difference, and that of the spreads'.")
    return "9 for the means and 4 for the spreads."


@exercise("ex-19-2", "fill in", minutes=8, trains="what coverage counts")
def coverage(answer):
    dice = torch.Generator().manual_seed(0)
    for n, m, k in ((30, 20, 2), (25, 40, 5), (40, 40, 1)):
        real = torch.randn(n, 3, generator=dice).double()
        made = torch.randn(m, 3, generator=dice).double() + 0.5
        got = number(answer(real.clone(), made.clone(), k))
        density, right = density_coverage(real, made, k)
        if abs(got - right) < 1e-6:
            continue
        reach = torch.cdist(real, real).sort(1).values
        inside = torch.cdist(real, made)
        precise = (inside <= reach[:, [k]]).any(0).double().mean().item()
        itself = (inside <= reach[:, [k - 1]]).any(1).double().mean().item()
        ball = torch.cdist(made, made).sort(1).values[:, k]
        recall = (inside <= ball).any(1).double().mean().item()
        for wrong, hint in (
            (itself, "Each point is its own nearest: take the `k`-th *other* one."),
            (precise, "That is the share of *made* points in some ball."),
            (recall, "That is recall: its balls stand around made points."),
            (density, "That is density: it counts balls a made point lies in."),
            (1 - right, "That is the share that is *not* covered."),
            (right * n, "A number of points: divide by how many there are."),
        ):
            if abs(got - wrong) < 1e-6:
                raise Wrong(hint)
        raise Wrong("For each real point: is any made one within its reach?")
    return "A made crowd cannot widen these balls, however odd its points are."


@exercise(
    "ex-19-3", "find the bug", minutes=8, trains="one ruler for all that is compared"
)
def score(answer):
    for seed in range(3):
        dice = torch.Generator().manual_seed(seed)
        real = torch.randn(40, 3, generator=dice).double()
        size = (4, 0.3, 1.5)[seed]  # wider than the recordings, and narrower
        made = size * torch.randn(30, 3, generator=dice).double() + seed
        got = number(answer(real.clone(), made.clone()))
        middle = torch.pdist(real).quantile(0.5)  # between the two in the middle
        right = (gaussian_distance(real, made, w) for w in (None, middle.item()))
        if any(abs(got - one) < 1e-6 for one in right):
            continue
        both = torch.cat([real, made])
        a, b = (median_width(x) for x in (real, made))
        for width, hint in (
            (b, "Still the made sounds' width: each model brings a ruler of its own."),
            (median_width(both), "Made sounds are in it: the ruler changes with them."),
            ((a + b) / 2, "Made sounds are in it: the ruler changes with them."),
            (1.0, "One ruler for all, but does it fit? Sounds may be 100 apart."),
            (a**2, "The width itself: the kernel squares it."),
        ):
            if abs(got - gaussian_distance(real, made, width)) < 1e-6:
                raise Wrong(hint)
        if abs(got - gaussian_distance(made, real, b)) < 1e-6:
            raise Wrong("The two crowds changed places, the width did not.")
        raise Wrong("Leave the distance as it is: only its width is taken wrongly.")
    return "Now both are measured by one ruler, and the wide crowd is the farther one."


@functools.cache
def fewest() -> int:
    """From how many answers on an ear that is right in seven of ten is found."""
    return tries_for(0.7)


@exercise("ex-19-4", "vary", minutes=8, trains="how many answers a claim needs")
@form(Choice(("10", "20", "30", "37", "40", "42", "50", "60", "100", "170")))
def enough(answer):
    found = number(answer)
    if not math.isfinite(found) or found != round(found) or found < 1:
        raise Wrong("A whole number of answers, please.")
    tries = int(found)
    how = f"With {tries} answers it is found in {power(tries, 0.7):.0%} of all tests"
    if tries < fewest():
        more = "with some more it falls again" if power(tries, 0.7) >= 0.8 else "more"
        raise Wrong(f"{how}: {more}.")
    if tries > fewest() + 10:
        raise Wrong(f"{how}: enough, and more than it takes. Try fewer.")
    return f"{how}. An ear that is right in six of ten needs four times as many."


@exercise("ex-19-5", "extend", minutes=10, trains="how often two judges agree")
def agreement(answer):
    cases = (
        ([1.0, 2, 3, 4], [1.0, 3, 2, 4]),
        ([5.0, 1, 4], [2.0, 8, 3]),
        ([1.0, 1, 2, 3], [4.0, 5, 6, 6]),
        ([0.3, 0.1, 0.5, 0.2, 0.9], [3.0, 2, 1, 5, 4]),
        ([1.0, 1, 2, 3, 4], [2.0, 1, 4, 3, 3]),
    )
    for a, b in cases:
        pairs = [(a[i] - a[j], b[i] - b[j]) for i in range(len(a)) for j in range(i)]
        told = [x * y for x, y in pairs if x * y]
        right = sum(x > 0 for x in told) / len(told)
        got = number(answer(list(a), list(b)))
        if abs(got - right) < 1e-6:
            continue
        alike, n = sum(x > 0 for x in told), len(a)
        for wrong, hint in (
            (alike / len(pairs), "Leave out the pairs that are level, below too."),
            (
                sum(x * y >= 0 for x, y in pairs) / len(pairs),
                "A pair that is level is no agreement: leave it out.",
            ),
            (alike, "You counted the pairs: divide by how many there are."),
            (1 - right, "That is how often they *disagree*."),
            (2 * right - 1, "That is Kendall's tau, from -1 to 1. A share is asked."),
            (2 * alike / n**2, "Of n settings there are n (n - 1) / 2 pairs."),
            (
                sum(x == y for x, y in zip(ranks(a), ranks(b), strict=True)) / n,
                "You compared places, one setting by one: compare pairs of settings.",
            ),
        ):
            if abs(got - wrong) < 1e-6:
                raise Wrong(hint)
        raise Wrong("For each pair: have `a[i] - a[j]` and `b[i] - b[j]` one sign?")
    return "Two judges who toss coins agree on half."


def ranks(values: list[float]) -> list[int]:
    return [sum(other < value for other in values) for value in values]


@exercise("ex-19-6", "listen", minutes=4, trains="hearing what a distance may not")
@form(Each("ABC", ("noise", "backwards", "lower")))
def spoilt(answer):
    if isinstance(answer, dict):
        answer = [answer[key] for key in sorted(answer)]
    if isinstance(answer, str):
        answer = answer.replace(" and ", " ")
    given, truth = names(answer), ["lower", "noise", "backwards"]
    if sorted(given) != sorted(truth):
        raise Wrong("Three words, each once: noise, backwards, lower.")
    if given != truth:
        right = sum(a == b for a, b in zip(given, truth, strict=True))
        raise Wrong(f"{right} of 3. Which of them swells, and which hisses?")
    return "To C ear C is deaf: backwards, its means and spreads are the same."


@exercise("ex-19-7", "derive", minutes=15, trains="the bias of few sounds")
def bias(answer):
    for v, n in ((1.0, 1000), (4.0, 500), (0.25, 4000)):
        got, right = number(answer(v, n)), 3 * v / n
        if abs(got - right) < 5e-3 * right:  # n or n - 1: large enough
            continue
        for wrong, hint in (
            (2 * v / n, "That is what the means give. And the spreads?"),
            (v / n, "That is what one of the terms gives. And the other?"),
            (3 / n, "It grows with the variance: in which unit is a distance?"),
            (3 * v**2 / n, "A squared distance has the unit of v, not of its square."),
            (3 * math.sqrt(v) / n, "A *squared* distance: it grows with v itself."),
            (6 * v / n, "Twice too much: a spread's variance is v / 2n, not v / n."),
            (1.5 * v / n, "Both crowds are off: a difference has both variances."),
            (
                2 * v / n + 4 * v**2 / n,
                "That compares variances: it is the spreads that are compared.",
            ),
            (
                3 * v / math.sqrt(n),
                "Variances of means fall as 1 / n, not as its root.",
            ),
        ):
            if abs(got - wrong) < 1e-6 * right:
                raise Wrong(hint)
        raise Wrong("The means' part and the spreads' part: both are so many v / n.")
    return "In 16 directions it is 56 times as much: d (d + 5) / 2 = 168."
