"""Chapter 18, anomalies: the exercises' checks."""

import functools

import torch

from ..judging.alarms import auc
from .answers import names, near, number, tensor
from .check import Number, Wrong, exercise, form
from .forms import Choice, Each
from .walks import Plain


def part(answer) -> float:
    """A share, as a number or in percent."""
    if isinstance(answer, str) and answer.strip().endswith("%"):
        return number(answer.strip().rstrip("% ")) / 100
    return number(answer)


@exercise("ex-18-1", "predict", minutes=4, trains="what an AUC counts")
@form(Number(0, 1, 0.01, also=(0.333, 0.667, 0.8333, 0.833)))
def counted(answer):
    found = part(answer)
    usual, strange = (1, 2, 4), (3, 5)
    right = sum(b > a for a in usual for b in strange) / 6
    if abs(found - (1 - right)) < 0.005:
        raise Wrong("That is how often the *usual* one scores higher.")
    if abs(found - 0.5) < 0.005:
        raise Wrong("A half is chance. Count the six pairs one by one.")
    if abs(found - right) > 0.005:
        raise Wrong("Of the six pairs (usual, strange), in how many is strange higher?")
    return "Five of six pairs: only 3 against 4 is the wrong way round."


@exercise("ex-18-2", "fill in", minutes=6, trains="the area as a share of pairs")
def area(answer):
    dice = torch.Generator().manual_seed(0)
    for n, m in ((5, 5), (7, 4), (4, 9)):
        usual = torch.randint(6, (n,), generator=dice).double()
        strange = torch.randint(1, 7, (m,), generator=dice).double()
        got = number(answer(usual.clone(), strange.clone()))
        over = (strange[None] > usual[:, None]).double().mean().item()
        same = (strange[None] == usual[:, None]).double().mean().item()
        right = over + same / 2
        if abs(got - right) < 1e-6:
            continue
        if abs(got - (1 - right)) < 1e-6:
            raise Wrong("The wrong way round: count where the *strange* one is higher.")
        if abs(got - over) < 1e-6:
            raise Wrong("Almost: a tie counts half.")
        if abs(got - over - same) < 1e-6:
            raise Wrong("A tie counts half, not whole.")
        if abs(got - right * n * m) < 1e-6:
            raise Wrong("You counted the pairs: divide by how many there are.")
        if n != m and abs(got) > 1:
            raise Wrong("A share is at most 1: divide by the number of pairs.")
        raise Wrong("Compare every strange score with every usual one: n times m.")
    return "So the threshold need not be known: the area asks for the order alone."


@exercise("ex-18-3", "find the bug", minutes=8, trains="a choice that is not tested")
def reported(answer):
    for seed in range(4):
        dice = torch.Generator().manual_seed(seed)
        choice, test = torch.randn(2, 2, 7, 12, generator=dice).double()
        got = answer((choice[0], choice[1]), (test[0], test[1]))
        a, b = (
            [auc(*pair) for pair in zip(*two, strict=True)] for two in (choice, test)
        )
        best = a.index(max(a))
        got, right = number(got), b[best]
        if abs(got - right) < 1e-6:
            continue
        for wrong, hint in (
            (
                max(b),
                "Still the best of the test: on other sounds another may be best.",
            ),
            (a[best], "So well it tells the sounds that it was chosen by. And others?"),
            (1 - right, "The wrong way round: `auc(usual, strange)`."),
            (b[a.index(min(a))], "That setting was the worst of the choice."),
            (sum(b) / len(b), "The mean of all settings: one is to be chosen."),
            (best, "That is which setting is best: report how well it does."),
        ):
            if abs(got - wrong) < 1e-6:
                raise Wrong(hint)
        raise Wrong("Of `choice` take the best setting's number, of `test` its area.")
    return "Of nothing but chance it now reports about a half."


@exercise("ex-18-4", "vary", minutes=8, trains="a share of a map that fits the fault")
@form(Choice(("0.001", "0.003", "0.01", "0.02", "0.03", "0.1", "0.3", "1")))
def peaks(answer):
    share = part(answer)
    if not 0 < share <= 1:
        raise Wrong("A share is above 0, and at most 1: 0.5 is half of the map.")
    found, best = shared_out(share), shared_out(BEST)
    said = f"A share of {share:g} has an AUC of {found:.2f}"
    if found < best - 0.01:
        if share > BEST:
            raise Wrong(f"{said}. The few strange values drown in the many others.")
        raise Wrong(f"{said}. So few values are large by chance as well: take more.")
    return (
        f"{said}. About as many as the fault has (0.02): which nobody knows beforehand."
    )


BEST = 0.01  # of the shares of exercise 18.4, by trying


def shared_out(share: float) -> float:
    """The AUC of the mean over the strangest share of a map."""
    most = max(1, round(share * 1000))
    return auc(*(x[:, :most].mean(1) for x in maps()))


@functools.cache
def maps() -> list[torch.Tensor]:
    """Those of exercise 18.4, usual and strange, every one from its largest value."""
    crowds = []
    for seed in (0, 1):
        dice = torch.Generator().manual_seed(seed)
        crowds.append(torch.randn(400, 1000, generator=dice).square())
    crowds[1][:, :20] *= 4
    return [x.sort(1, descending=True)[0] for x in crowds]


class Clothes:
    """In place of a colour: some values larger, some smaller, and all mixed."""

    def __init__(self, n: int):
        dice = torch.Generator().manual_seed(1)
        mixed = torch.randn(n, n, generator=dice).double()
        self.root = torch.linalg.qr(mixed)[0] * torch.linspace(0.5, 2, n)

    def coloured(self, x):
        return x @ self.root.T

    def whitened(self, x):
        return torch.linalg.solve(self.root, x.T).T


@exercise("ex-18-5", "extend", minutes=15, trains="coloured noise as white noise")
def clothed(answer):
    colour, t = Clothes(8), 0.6
    dice = torch.Generator().manual_seed(0)
    x = torch.randn(3, 8, generator=dice).double()
    inner = Plain()
    wrap = answer(inner, colour)
    if getattr(wrap, "schedule", None) is not inner.schedule:
        raise Wrong("Samplers look for `.schedule`: take over the inner one's.")
    got = tensor(wrap(x.clone(), torch.full((3,), t).double(), "told"))
    if inner.told[-1] != "told":
        raise Wrong("Pass cond on: what is asked for is the net's business.")
    if near(got, colour.coloured(inner(colour.whitened(x), t))):
        return (
            "Nothing in a sampler or a training need change: whiten, do all as "
            "before, and colour again."
        )
    for wrong, hint in (
        (inner(x, t), "Neither dressed nor undressed: `inner` knows whitened sounds."),
        (
            inner(colour.whitened(x), t),
            "The guess is still a whitened sound: colour it again.",
        ),
        (colour.coloured(inner(x, t)), "`inner` must be given a whitened sound."),
        (
            colour.whitened(inner(colour.coloured(x), t)),
            "The other way round: whiten first, colour last.",
        ),
    ):
        if near(got, wrong):
            raise Wrong(hint)
    raise Wrong("Whiten what comes, ask `inner` at the same t, colour its guess.")


@exercise("ex-18-6", "listen", minutes=4, trains="hearing what is wrong with an engine")
@form(Each("ABC", ("order", "misfire", "whine")))
def engines(answer):
    if isinstance(answer, dict):
        answer = [answer[key] for key in sorted(answer)]
    if isinstance(answer, str):
        answer = answer.replace("bearing whine", "whine").replace("in order", "order")
    given, truth = names(answer), ["whine", "order", "misfire"]
    if sorted(given) != sorted(truth):
        raise Wrong("Three words, each once: order, misfire, whine.")
    if given != truth:
        right = sum(a == b for a, b in zip(given, truth, strict=True))
        raise Wrong(f"{right} of 3. In which is there a tone, which one limps?")
    return "You had never heard these engines, and knew them by their faults alone."


@exercise("ex-18-7", "derive", minutes=15, trains="the error of an exact denoiser")
def error_of(answer):
    for x, v, r in ((1.5, 0.5, 0.7), (0.0, 1.0, 2.0), (-2.0, 0.2, 0.3)):
        got = number(answer(x, v, r))
        right = (x**2 * r**2 + v**2) / (v + r**2) ** 2
        if abs(got - right) < 1e-6 * (1 + abs(right)):
            continue
        for wrong, hint in (
            (right * r**2, "That is the error of x0: divide by r squared."),
            (x**2 * r**2 / (v + r**2) ** 2, "The noise that is kept is missing."),
            (v**2 / (v + r**2) ** 2, "What x is pulled to the middle is missing."),
            (v / (v + r**2), "That is the mean over all x; here x is given."),
        ):
            if abs(got - wrong) < 1e-6 * (1 + abs(wrong)):
                raise Wrong(hint)
        raise Wrong("x0_hat - x = k (x + r eps) - x with k = v / (v + r^2).")
    return "It grows with x squared, most where r squared is about v."
