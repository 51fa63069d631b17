"""Chapter 9, a spoken digit out of noise: the exercises' checks."""

from collections.abc import Iterable

import torch

from ..exact import GaussianMixture
from ..guidance import Guided
from ..samplers import ddim
from ..schedule import Cosine
from .answers import letter, near, number
from .check import Choice, Number, Numbers, Wrong, exercise, form


@exercise("ex-09-1", "predict", minutes=5, trains="what guidance costs")
@form(Numbers(3, high=12))
def questions(answer):
    if not isinstance(answer, Iterable) or isinstance(answer, str):
        raise Wrong("Answer with a list of three numbers, please.")
    answer = [number(n) for n in answer]
    if answer == [12, 12, 12]:
        raise Wrong("At scale 0 and at scale 1 one of the two guesses has weight 0.")
    if answer == [6, 6, 6]:
        raise Wrong("Guidance compares two guesses, and each is a question.")
    if answer != [6, 6, 12]:
        raise Wrong("Count the calls in `Guided.__call__`, scale by scale.")
    return "Guidance doubles the price, except where one guess is enough."


@exercise("ex-09-2", "fill in", minutes=10, trains="withholding labels, item by item")
def withheld(answer):
    labels = torch.randint(0, 4, (4000,))
    before, dice = labels.clone(), torch.Generator().manual_seed(0)
    got = [answer(labels, 4, 0.2, dice) for _ in range(5)]
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
    return "Every item casts its own lot, so that each batch trains both guesses."


@exercise(
    "ex-09-3",
    "find the bug",
    minutes=12,
    trains="one guess for the sound and for the noise",
)
def consistent(answer):
    x, cond, null = torch.randn(3, 200, dtype=torch.float64)
    a_t, s_t, a_s, s_s = 0.6, 0.8, 0.8, 0.6

    def step(x0, of):
        return a_s * x0 + s_s * (x - a_t * of) / s_t

    got = answer(x, cond, null, 3.0, a_t, s_t, a_s, s_s)
    guided = null + 3.0 * (cond - null)
    above = cond + 3.0 * (cond - null)
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
    ):
        if near(got, wrong):
            raise Wrong(hint)
    if not near(got, step(guided, guided)):
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
    fake = Counting()
    guided = answer(fake, 3.0, 0.2, 0.7)
    if getattr(guided, "schedule", None) is not fake.schedule:
        raise Wrong("Samplers look for `.schedule`: take over the denoiser's.")
    x, label = torch.zeros(2, 1), torch.tensor([1, 1])
    for t, want in ((0.5, 3.0), (0.9, 1.0), (0.1, 1.0)):
        fake.asked.clear()
        got = guided(x, torch.full((2,), t, dtype=torch.float64), label)
        if got is None:
            raise Wrong("`__call__` returns nothing: end it with `return`.")
        got = got[0].item()
        if got == want and want == 1 and len(fake.asked) > 1:
            raise Wrong("Right, but outside the interval one question is enough.")
        if got == want:
            continue
        if got == 1:
            raise Wrong(f"At t = {t} inside the interval there is no guidance.")
        if got == 0:
            raise Wrong("Outside the interval ask for the label, not for null.")
        if want == 1 and got == 3:
            raise Wrong(f"At t = {t} outside the interval there is still guidance.")
        raise Wrong("Inside it is x0_null + scale * (x0_cond - x0_null).")
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
    ):
        if near(got, wrong):
            raise Wrong(hint)
    for scale in (0.0, 1.0, 3.0):
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
    shaken = number(answer([0.0, 2.0] * 1000, 0.99))
    if abs(shaken - 1) > 0.1:
        raise Wrong(
            f"Weights that jump between 0 and 2 give {shaken:.2f}, and not their mean: "
            "that is no average."
        )
    late = number(answer([0.0] * 20_000 + [1.0] * 1000, 0.999))
    if late < 0.5:
        raise Wrong("An average over everything never forgets: later, decay must rule.")
    if late > 0.75:
        raise Wrong("Later on it should be as slow as decay says; yours is faster.")
    return "It follows at once in the beginning, and is steady later."
