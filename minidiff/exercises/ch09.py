"""Chapter 9, a spoken digit out of noise: the exercises' checks."""

import re
from collections.abc import Iterable, Mapping
from itertools import product

import torch

from ..exact import GaussianMixture
from ..guidance import Guided
from ..samplers import ddim
from ..schedule import Cosine
from .answers import letter, near, number
from .check import Choice, Number, Numbers, Wrong, exercise, form


@exercise("ex-09-1", "predict", minutes=5, trains="what guidance costs")
@form(Numbers(3, values=(0, 6, 12)))
def questions(answer):
    if isinstance(answer, str):
        answer = re.findall(r"[\d.]+", answer)
    if isinstance(answer, Mapping):  # {scale: count}
        answer = answer.values()
    if not isinstance(answer, Iterable) or len(answer := list(answer)) != 3:
        raise Wrong("Answer with a list of three numbers, please.")
    answer = [number(n) for n in answer]
    if answer == [12, 12, 12]:
        raise Wrong("At scale 0 and at scale 1 one of the two guesses has weight 0.")
    if answer == [6, 6, 6]:
        raise Wrong("Guidance compares two guesses, and each is a question.")
    if answer == [6, 12, 12]:
        raise Wrong("What weight has the null guess at scale 1?")
    if answer[0] == 0:
        raise Wrong("At scale 0 the label has no weight, but the net still guesses.")
    if answer != [6, 6, 12]:
        raise Wrong("Count the calls in `Guided.__call__`, scale by scale.")
    return "Guidance doubles the price, except where one guess is enough."


@exercise("ex-09-2", "fill in", minutes=10, trains="withholding labels, item by item")
def withheld(answer):
    labels = torch.randint(0, 4, (4000,))
    before, dice = labels.clone(), torch.Generator().manual_seed(0)

    def drawn(null=4, chance=0.2, dice=dice, given=labels):
        got = answer(given, null, chance, dice)
        return torch.tensor([int(i) for i in got])  # a list will do

    got = [drawn() for _ in range(5)]
    if not torch.equal(labels, before):
        raise Wrong("You changed the labels that were given; make new ones.")
    if any(g.shape != labels.shape for g in got):
        raise Wrong(f"One label an item: expected {tuple(labels.shape)}.")
    shares = [(g == 4).double().mean().item() for g in got]
    if not any(shares):
        raise Wrong("No label is ever withheld.")
    if all(share in (0, 1) for share in shares):
        raise Wrong("You cast one lot for the whole batch: every item needs its own.")
    if all(abs(share - 0.8) < 0.04 for share in shares):
        raise Wrong("The wrong way round: now most labels are withheld.")
    if not all(abs(share - 0.2) < 0.04 for share in shares):
        raise Wrong(f"Withheld: {shares[0]:.0%} of the labels, and it should be 20 %.")
    if not all(torch.equal(g[g != 4], labels[g != 4]) for g in got):
        raise Wrong("Labels that are kept must stay what and where they are.")
    if torch.equal(got[0], got[1]):
        raise Wrong("The same items twice: draw from the generator at every call.")
    if len(set(shares)) == 1:
        raise Wrong(
            "A fifth to the item, every time: that is a quota. Let each item cast its "
            "own lot, and the number will vary."
        )
    again = []
    for elsewhere in (0, 1):
        torch.manual_seed(elsewhere)
        again.append(drawn(dice=torch.Generator().manual_seed(7)))
    if not torch.equal(*again):
        raise Wrong("The lots do not come from `generator`: pass it on to the draw.")
    ends = drawn(chance=0.0), drawn(chance=1.0)
    if not torch.equal(ends[0], labels) or not (ends[1] == 4).all():
        raise Wrong("With chance 0 all labels stay, with chance 1 none does.")
    half = drawn(null=9, chance=0.5, given=labels[:1000])
    if abs((half == 9).double().mean() - 0.5) > 0.08:
        raise Wrong("With another `null` and `chance`, 9 and 0.5, it goes wrong.")
    return "Every item casts its own lot, so that each batch trains both guesses."


@exercise(
    "ex-09-3",
    "find the bug",
    minutes=12,
    trains="one guess for the sound and for the noise",
)
def consistent(answer):
    x, cond, null = torch.randn(3, 200, dtype=torch.float64)
    for scale, *levels in (
        (3.0, 0.6, 0.8, 0.8, 0.6),
        (0.0, 0.6, 0.8, 0.8, 0.6),
        (1.0, 0.3, 0.7, 0.45, 0.55),
        (1.5, 1.0, 5.0, 1.0, 2.0),
        (3.0, 0.0, 1.0, 0.6, 0.8),
        (3.0, 0.6, 0.8, 1.0, 0.0),
    ):
        a_t, s_t, a_s, s_s = torch.tensor(levels, dtype=torch.float64)

        def step(x0, of, a_t=a_t, s_t=s_t, a_s=a_s, s_s=s_s):
            return a_s * x0 + s_s * (x - a_t * of) / s_t

        got = answer(x, cond, null, scale, a_t, s_t, a_s, s_s)
        guided = null + scale * (cond - null)
        above = cond + scale * (cond - null)
        want = step(guided, guided)
        for wrong, hint in (
            (
                step(guided, cond),
                "Still two opinions: the sound is the guided guess, the noise is "
                "what the conditional one leaves over.",
            ),
            (
                step(guided, null),
                "Noise from the null guess is a method of its own (CFG++); here "
                "both parts should follow from one guess.",
            ),
            (
                step(above, above),
                "Consistent, but off by one: scale 1 should be the conditional guess.",
            ),
            (step(cond, cond), "That leaves guidance out."),
            (
                step(cond, guided),
                "The other way round: now the noise is guided and the sound is not.",
            ),
            (
                a_s * guided
                + (1 - a_s**2).clamp(min=0).sqrt() * (x - a_t * guided) / s_t,
                "Take s_s as it is given; not in every schedule do the squares of "
                "alpha and sigma add up to one.",
            ),
        ):
            if near(got, wrong) and not near(wrong, want):
                raise Wrong(hint)
        if torch.as_tensor(got).isnan().any():
            raise Wrong(
                "At a time without signal this divides by 0: mix the guesses of x0, "
                "not those of the noise."
            )
        if not near(got, want):
            raise Wrong("Guide first; then read the noise off with the guided guess.")
    return "Sound and noise now follow from one guess, and add up to x_t."


@exercise("ex-09-4", "vary", minutes=10, trains="obedience against variety")
@form(Number(0.5, 4, 0.25))
def as_little_as_needed(answer):
    scale = number(answer)
    share, spread = guided_crowd(scale)
    said = f"At scale {scale:g}: {share:.1%} right of 0, spread {spread:.2f}"
    if share < 0.995:
        raise Wrong(f"{said}. Too few: more guidance.")
    if spread < 0.32:
        raise Wrong(f"{said}. All alike: less guidance.")
    return f"{said}. Obedience is paid for with variety."


def guided_crowd(scale):
    """Share right of 0 and spread of guided points, in the world of the chapter."""
    schedule = Cosine()
    exact = GaussianMixture([[-0.6], [0.6]], 0.5).denoiser(schedule)
    start = torch.randn(4000, 1, generator=torch.Generator().manual_seed(0)).double()
    right = torch.ones(4000, dtype=torch.int64)
    *_, x = ddim(Guided(exact, scale), start, schedule.times(20), cond=right)
    return (x > 0).double().mean().item(), x.std().item()


class Counting:
    """A denoiser that guesses 1 for a label and 0 for none, and counts."""

    schedule = Cosine()

    def __init__(self):
        self.asked = []

    def __call__(self, x, t, cond=None):
        self.asked.append(cond is not None)
        return torch.full_like(x, float(cond is not None))


@exercise("ex-09-5", "extend", minutes=20, trains="guidance for a part of the walk")
def interval(answer):
    for scale, low, high in ((3.0, 0.25, 0.75), (1.5, 0.5, 1.0)):
        fake = Counting()
        guided = answer(fake, scale, low, high)
        if getattr(guided, "schedule", None) is not fake.schedule:
            raise Wrong("Samplers look for `.schedule`: take over the denoiser's.")
        x, label = torch.zeros(2, 1), torch.tensor([1, 1])
        middle, below, above = (low + high) / 2, low - 0.1, min(high + 0.1, 1.0)
        for t in (middle, below, above, low, high):
            want = scale if low <= t <= high else 1.0
            fake.asked.clear()
            got = guided(x, torch.full((2,), t, dtype=torch.float64), label)
            if got is None:
                raise Wrong("`__call__` returns nothing: end it with `return`.")
            if got.shape != x.shape:
                raise Wrong(f"A guess has the shape of x, got {tuple(got.shape)}.")
            got = got[0].item()
            if got == want and want == 1 and len(fake.asked) > 1:
                raise Wrong("Right, but outside the interval one question is enough.")
            if got == want:
                continue
            if got == 1 and t in (low, high):
                raise Wrong(f"The ends belong to it: at t = {t} guide as well.")
            if got == 1:
                raise Wrong(f"At t = {t} inside the interval there is no guidance.")
            if got == 0:
                raise Wrong("Outside the interval ask for the label, not for null.")
            if want == 1 and got == scale:
                raise Wrong(f"At t = {t} outside the interval there is still guidance.")
            raise Wrong(
                "Inside it is x0_null + scale * (x0_cond - x0_null), with the scale "
                "that was given."
            )
    return (
        "Guidance where it matters, and half the price elsewhere. The package says "
        "it in noise over signal: `md.Guided(..., between=(low, high))`."
    )


@exercise("ex-09-6", "listen", minutes=5, trains="hearing guidance at work")
@form(Choice(("A", "B")))
def disobedient(answer):
    if letter(answer, "AB") == "A":
        raise Wrong("Row A keeps to one word. In the other the words differ.")
    return "At scale 0 nobody told the net which word you wanted."


@exercise(
    "ex-09-7",
    "find the bug",
    minutes=8,
    trains="where the scale of guidance begins to count",
)
def counted_from(answer):
    cond, null = torch.randn(2, 200, dtype=torch.float64)
    gap = cond - null
    got = answer(cond, null, 3.0)
    for wrong, hint in (
        (cond + 3 * gap, "It still counts from 0: there is one gap too many."),
        (null + 2 * gap, "Now there is one gap too few."),
        (cond - 3 * gap, "It walks away from the label."),
        (null - 3 * gap, "It walks away from the label."),
        (3 * cond, "The null guess is left out."),
        (cond + 4 * gap, "The gap is to be counted once less, not once more."),
    ):
        if near(got, wrong):
            raise Wrong(hint)
    for scale in (0.0, 1.0, 0.5, 7.5):
        if not near(answer(cond, null, scale), null + scale * gap):
            raise Wrong(f"At scale {scale:g} it should be {scale:g} gaps from null.")
    return "0 is null, 1 plainly conditional, above 1 is guidance."


@exercise(
    "ex-09-8",
    "find the bug",
    minutes=15,
    trains="averages of weights that must warm up",
)
def warmed_up(answer):
    early = number(answer([-5.0] * 10 + [1.0] * 190, 0.999))
    if early < 0.5:
        raise Wrong(
            "The weights have been 1 for 190 of 200 steps, and the average is "
            f"{early:.2f}: it has not forgotten how it began."
        )
    later = number(answer([-5.0] * 30 + [1.0] * 970, 0.999))
    if later < 0.5:
        raise Wrong(
            "It knows that ten weights were bad. Here thirty are, and after a thousand "
            f"steps the average is {later:.2f}: let it follow quickly at first."
        )
    shaken = number(answer([0.0, 2.0] * 1000, 0.99))
    if abs(shaken - 1) > 0.1:
        raise Wrong(
            f"Weights that jump between 0 and 2 give {shaken:.2f}, and not their mean: "
            "that is no average."
        )
    quick = number(answer([0.0] * 1000 + [1.0] * 20, 0.9))
    if quick < 0.8:
        raise Wrong(
            f"With decay 0.9 twenty steps should change it by 88 %, and here by "
            f"{quick:.0%}: the decay that is given must rule."
        )
    late = number(answer([0.0] * 20_000 + [1.0] * 1000, 0.999))
    if late < 0.5:
        raise Wrong("An average over everything never forgets: later, decay must rule.")
    if late > 0.75:
        raise Wrong("Later on it should be as slow as decay says; yours is faster.")
    return "It follows at once in the beginning, and is steady later."


@exercise(
    "ex-09-9", "derive", minutes=25, trains="what guidance sharpens at every level"
)
def guided_gaussian(answer):
    worlds = ((1.5, 0.5, 1.2), (-0.8, 0.3, 0.9))
    levels = ((1.0, 0.0), (0.8, 0.6), (0.28, 0.96), (1.0, 2.0), (0.0, 1.0))
    for scale in (3.0, 0.0, 1.0, 1.5):
        for (m, s, S), (alpha, sigma) in product(worlds, levels):
            v_c, v_0 = alpha**2 * s**2 + sigma**2, alpha**2 * S**2 + sigma**2
            v, mean = sharpened(scale, alpha * m, v_c, v_0)
            given = torch.tensor([scale, m, s, S, alpha, sigma], dtype=torch.float64)
            got = both(answer(*given))
            if near(got, pair(mean, v**0.5)):
                continue
            clean, clean_mean = sharpened(scale, m, s**2, S**2)
            dialled, moved = sharpened(scale + 1, alpha * m, v_c, v_0)
            for wrong, hint in (
                (
                    pair(alpha * clean_mean, (alpha**2 * clean + sigma**2) ** 0.5),
                    "That is the noise of the sharpened world, which one might have "
                    "hoped for. Guidance sharpens anew at this level: noise first.",
                ),
                (
                    pair(clean_mean, clean**0.5),
                    "That is the sharpened world without noise: mean and variances "
                    "first have to be taken to this level (step 1).",
                ),
                (pair(mean, v), "The mean is right. The other is its variance."),
                (
                    pair(moved, dialled**0.5),
                    "Off by one: at scale 1 it should be the label's own Gaussian.",
                ),
                (
                    pair(alpha * m, v**0.5),
                    "The spread is right. But the mean moves with the scale, too.",
                ),
                (
                    pair(scale * alpha * m, v**0.5),
                    "The spread is right. For the mean set the line to zero (step 4).",
                ),
                (
                    pair(
                        scale * alpha * m, abs(scale * v_c + (1 - scale) * v_0) ** 0.5
                    ),
                    "Slopes are mixed, and a slope has one over the variance in it: "
                    "1/v_c and 1/v_0 add up, not the variances.",
                ),
            ):
                if near(got, wrong):
                    raise Wrong(hint)
            if near(got[1], v**0.5):
                raise Wrong("The spread is right. For the mean set the line to zero.")
            raise Wrong(
                f"At scale {scale:g} and levels {alpha:g}, {sigma:g} it should be the "
                "Gaussian whose slope is the mixed line: steps 1 to 4."
            )
    return (
        "At every level another Gaussian; at scales other than 0 and 1 not the noise "
        "of the first."
    )


def sharpened(scale, mean, v_c, v_0):
    """Variance and mean of the Gaussian whose slope is the guided one."""
    v = 1 / (scale / v_c + (1 - scale) / v_0)
    return v, v * scale * mean / v_c


def pair(mean, std):
    return torch.tensor([mean, std], dtype=torch.float64)


def both(answer):
    """Two numbers as a tensor (2,)."""
    try:
        mean, std = answer
    except (TypeError, ValueError):
        raise Wrong(
            "Return two numbers: the mean and the standard deviation."
        ) from None
    return pair(number(mean), number(std))
