"""Chapter 13, classes and guidance: the exercises' checks."""

import functools
from itertools import pairwise

import torch

from ..exact import GaussianMixture
from ..schedule import Cosine
from .answers import near, number, numbers, order, tensor
from .check import Number, Numbers, Order, Wrong, exercise, form


@exercise("ex-13-1", "predict", minutes=5, trains="what three lots leave untold")
@form(Numbers(2, values=(10, 81, 90, 100, 109, 110, 180, 190, 200)))
def left_untold(answer):
    column, neither = numbers(answer, 2)
    if (column, neither) == (109, 81):
        raise Wrong("The other way round: first only the column told.")
    if column == 90:
        raise Wrong("So it would be with two lots. The third must say no, too.")
    if column in (100, 190):
        raise Wrong("So often the row is null. The column must be told as well.")
    if abs(column - 81) > 1:
        raise Wrong("Of three lots two must say no, at 0.9, and one yes, at 0.1.")
    if neither == 100:
        raise Wrong("Nearly. The two lots of their own may also meet.")
    if neither in (10, 9):
        raise Wrong("So often two lots meet. What of the lot for both?")
    if neither == 110:
        raise Wrong("Where all three say yes you have counted the item twice.")
    if abs(neither - 109) > 0.5:
        raise Wrong("The lot for both says yes; or it says no, and both others yes.")
    return "Each part of the question, and the whole, is practised about as often."


@exercise("ex-13-2", "fill in", minutes=10, trains="rescaling a guided guess")
def rescaled(answer):
    dice = torch.Generator().manual_seed(0)
    for shape in ((5, 1, 8, 6), (4, 20)):
        x0, x0_cond = torch.randn(2, *shape, generator=dice).double()
        x0 = x0 * torch.linspace(1, 4, len(x0)).view(-1, *[1] * (len(shape) - 1)) + 0.3

        def ratio(a, b, whole=False):
            dims = tuple(range(a.dim()))[0 if whole else 1 :]
            a, b = (y.std(dim=dims, correction=0, keepdim=True) for y in (a, b))
            return a / b

        right = ratio(x0_cond, x0)
        mean = x0.mean(tuple(range(1, x0.dim())), keepdim=True)
        for phi in (0.7, 1.0, 0.0):
            got = tensor(answer(x0.clone(), x0_cond.clone(), phi))

            def mixed(r, phi=phi, x0=x0):
                return phi * r * x0 + (1 - phi) * x0

            if near(got, mixed(right)):
                continue
            for wrong, hint in (
                (
                    mixed(ratio(x0_cond, x0, whole=True)),
                    "One spread for the whole batch: each item needs its own.",
                ),
                (mixed(1 / right), "The ratio is upside down."),
                (
                    mixed(right, 1 - phi),
                    "Phi and 1 - phi are mixed up: at 0 nothing should change.",
                ),
                (
                    phi * right * x0_cond + (1 - phi) * x0,
                    "Rescale the guided guess; the plain one lends its spread only.",
                ),
                (right * x0, "That goes all the way, whatever phi is."),
                (phi * right * x0, "What of the other share, 1 - phi of x0?"),
                (
                    mixed(right) + phi * (1 - right) * mean,
                    "Multiply the guess itself, and not its distance from its mean.",
                ),
                (x0, "Nothing was rescaled."),
            ):
                if near(got, wrong) and not near(wrong, mixed(right)):
                    raise Wrong(hint)
            if got.shape != x0.shape:
                raise Wrong(f"A guess keeps its shape, {tuple(x0.shape)}.")
            raise Wrong(
                "Spread of x0_cond over spread of x0, one number for each item, times "
                "x0 (around 0, so that its mean shrinks too); then phi of it and "
                "1 - phi of x0."
            )
    return "Less contrast, the same picture."


@exercise(
    "ex-13-3",
    "find the bug",
    minutes=12,
    trains="nulls that drop together",
)
def together(answer):
    n, chance = 6000, 0.25
    labels = {"digit": torch.arange(n) % 10, "speaker": torch.arange(n) % 6}
    nulls = {"digit": 10, "speaker": 6}
    before = {name: label.clone() for name, label in labels.items()}
    got = answer(labels, nulls, chance, torch.Generator().manual_seed(0))
    if not isinstance(got, dict) or set(got) != set(labels):
        raise Wrong("Return a dict with the same names.")
    got = {name: tensor(label).long() for name, label in got.items()}
    if any(not torch.equal(labels[name], before[name]) for name in labels):
        raise Wrong("You changed the labels that were given; make new ones.")
    if any(label.shape != (n,) for label in got.values()):
        raise Wrong("One label an item, as before.")
    gone = {name: got[name] == nulls[name] for name in got}
    kept = all(torch.equal(got[k][~gone[k]], labels[k][~gone[k]].long()) for k in got)
    if not kept:
        raise Wrong("Labels that are kept must stay what and where they are.")
    draws = (torch.Generator().manual_seed(seed) for seed in range(12))
    lost = [tensor(answer(labels, nulls, chance, d)["digit"]) == 10 for d in draws]
    shares = [share.double().mean().item() for share in lost]
    if not any(shares):
        raise Wrong("No label is ever withheld.")
    if all(share in (0, 1) for share in shares):
        raise Wrong("Every item needs a lot of its own, and every label must obey it.")
    both = (gone["digit"] & gone["speaker"]).double().mean().item()
    if not torch.equal(gone["digit"], gone["speaker"]):
        if abs(both - chance**2) < 0.02:
            raise Wrong(
                f"Still a lot for each label: both are null in {both:.0%} of the items."
            )
        raise Wrong("Where one label is withheld the other must be, too.")
    if abs(both - chance) > 0.03:
        raise Wrong(f"Withheld: {both:.0%} of the items, and it should be 25 %.")
    try:
        one = answer({"word": labels["digit"]}, {"word": 10}, 0.5, torch.Generator())
    except KeyError:
        raise Wrong("The names of the labels may be others.") from None
    if not 0.4 < (tensor(one["word"]) == 10).double().mean() < 0.6:
        raise Wrong("With one label and a chance of 0.5 it goes wrong.")
    again = [
        answer(labels, nulls, chance, torch.Generator().manual_seed(3))["digit"]
        for _ in range(2)
    ]
    if not torch.equal(*again):
        raise Wrong("The lots do not come from `generator`: pass it on to the draw.")
    going_on = torch.Generator().manual_seed(3)
    twice = [answer(labels, nulls, chance, going_on)["digit"] for _ in range(2)]
    if torch.equal(*twice):
        raise Wrong("Every batch loses the same items: let the generator go on.")
    beside = (gone["digit"][1:] & gone["digit"][:-1]).double().mean().item()
    if abs(beside - chance**2) > 0.03:
        raise Wrong("Neighbours are lost together: draw for every item by itself.")
    return "One lot for an item, and all its labels obey it."


@exercise("ex-13-4", "vary", minutes=8, trains="CFG++ with the steps that one has")
@form(Number(0.02, 1, 0.02))
def pushed(answer):
    scale = number(answer)
    if not 0 <= scale <= 1:
        raise Wrong("A scale of CFG++ is from 0 to 1.")
    mean = cfgpp_mean(scale)
    said = f"At scale {scale:g}: mean {mean:.2f}"
    if mean < 0.755:
        raise Wrong(f"{said}. Not far enough: a larger scale.")
    if mean > 0.805:
        raise Wrong(f"{said}. Too far: a smaller scale.")
    return f"{said}. With other steps it would be another scale."


@functools.cache
def cfgpp_mean(scale: float) -> float:
    """Mean of the points that CFG++ makes in the small world, asked for the right."""
    schedule = Cosine()
    exact = GaussianMixture([[-0.6], [0.6]], 0.5).denoiser(schedule)
    start = torch.randn(2000, 1, generator=torch.Generator().manual_seed(0)).double()
    right = torch.ones(2000, dtype=torch.int64)
    x, times = start, schedule.times(40)
    for t, s in pairwise(times):  # as in `control.cfgpp`, of which this room knows not
        (a_t, s_t), (a_s, s_s) = schedule(t), schedule(s)
        null = exact(x, t)
        eps = (x - a_t * null) / s_t
        x = a_s * (null + scale * (exact(x, t, right) - null)) + s_s * eps
    return x.mean().item()


class Answering:
    """A denoiser that always guesses one number, and counts what it was asked."""

    schedule = Cosine()

    def __init__(self, guess):
        self.guess, self.asked = guess, []

    def __call__(self, x, t, cond=None):
        self.asked.append(cond)
        return torch.full_like(x, self.guess)


@exercise("ex-13-5", "extend", minutes=20, trains="autoguidance for a part of the walk")
def autoguided(answer):
    x, label = torch.zeros(2, 1, dtype=torch.float64), torch.tensor([1, 1])
    for scale, low, high in ((3.0, 0.3, 2.0), (1.5, 1.0, 8.0)):
        good, bad = Answering(1.0), Answering(0.25)
        wrap = answer(good, bad, scale, low, high)
        if getattr(wrap, "schedule", None) is not good.schedule:
            raise Wrong("Samplers look for `.schedule`: take over the denoiser's.")
        for t in (0.03, 0.2, 0.5, 0.6, 0.8, 0.97):
            alpha, sigma = good.schedule(t)
            inside = low <= sigma / alpha <= high
            good.asked.clear()
            bad.asked.clear()
            try:
                got = wrap(x, torch.full((2,), t, dtype=torch.float64), label)
            except RuntimeError as error:
                if "ambiguous" in str(error):
                    raise Wrong("t has a time for each item: take t[0].") from None
                raise
            if got is None:
                raise Wrong("`__call__` returns nothing: end it with `return`.")
            if got.shape != x.shape:
                raise Wrong(f"A guess has the shape of x, got {tuple(got.shape)}.")
            got, want = got[0].item(), 0.25 + scale * 0.75 if inside else 1.0
            if abs(got - want) < 1e-6 and not inside and bad.asked:
                raise Wrong("Right, but outside the interval one question is enough.")
            if any(c is None for c in good.asked + bad.asked):
                raise Wrong("Both must be told cond: no label is left out here.")
            if abs(got - want) < 1e-6:
                continue
            if abs(got - (1 + scale * 0.75)) < 1e-6 and inside:
                raise Wrong("Off by one: at scale 1 it should be the good guess.")
            if abs(got - (1 + scale * (0.25 - 1))) < 1e-6:
                raise Wrong("It leads from the good guess to the worse one.")
            if got == 0.25:
                raise Wrong("Where there is no guidance ask the good one.")
            ratio = (sigma / alpha).item()
            where = "inside" if inside else "outside"
            raise Wrong(
                f"At t = {t}, where sigma / alpha is {ratio:.2f} and so {where} the "
                f"interval from {low} to {high}, the guess should be {want:.2f}."
            )
    return "In the package: `md.Guided(..., worse=worse, between=(low, high))`."


@exercise("ex-13-6", "listen", minutes=5, trains="hearing what guidance takes away")
@form(Order("ABC"))
def by_scale(answer):
    found = order(answer, "ABC")
    if found[0] != "B":
        raise Wrong("At scale 0 the label has no weight: which row is of no one kind?")
    if found != "BCA":
        raise Wrong(
            "The first is right. Of the other two, which has more contrast, and crows "
            "that are more alike?"
        )
    return "Nothing asked, asked, and insisted."


@exercise("ex-13-7", "derive", minutes=20, trains="one step of CFG++ as guidance")
def same_step(answer):
    levels = (
        (0.6, 0.8, 0.8, 0.6),
        (0.3, 0.7, 0.45, 0.55),
        (1.0, 5.0, 1.0, 2.0),
        (0.1, 0.9, 0.6, 0.8),
        (0.6, 0.8, 1.0, 0.0),
    )
    for scale in (0.3, 1.0):
        for a_t, s_t, a_s, s_s in levels:
            want = scale / (1 - s_s * a_t / (s_t * a_s))
            got = number(answer(scale, a_t, s_t, a_s, s_s))
            if near(got, want):
                continue
            for wrong, hint in (
                (scale * a_s, "That is how far CFG++ moves along d; now divide."),
                (
                    scale * (1 - s_s * a_t / (s_t * a_s)),
                    "Upside down: plain guidance moves less along d, so it needs more.",
                ),
                (
                    scale / (a_s - s_s * a_t / s_t),
                    "CFG++ moves by a_s * scale along d: an a_s is missing.",
                ),
                (
                    scale / (1 + s_s * a_t / (s_t * a_s)),
                    "The noise that is read off becomes *less* as the guess moves.",
                ),
                (scale, "Both read the noise off different guesses (step 1)."),
            ):
                if near(got, wrong):
                    raise Wrong(hint)
            raise Wrong(
                f"At the levels a_t={a_t}, s_t={s_t}, a_s={a_s}, s_s={s_s} and scale "
                f"{scale:g} it should be {want:.3f}."
            )
    return "A large scale for small steps, and the same as plain guidance in the last."
