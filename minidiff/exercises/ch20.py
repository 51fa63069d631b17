"""Chapter 20, the rivals: the exercises' checks."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from ..rivals.orders import Known
from .answers import near, number, numbers, tensor
from .check import Number, Wrong, exercise, form
from .forms import Each


@exercise("ex-20-1", "predict", minutes=4, trains="what the best critic says")
@form(Number(0, 1, 0.01, also=(3, 0.333, 0.667)))
def believed(answer):
    found = number(answer)
    if abs(found - 0.75) < 0.005:
        return "Three of four points there are real: no critic can know more."
    if abs(found - 0.25) < 0.005:
        raise Wrong("That is how likely such a point is to be *made*.")
    if abs(found - 3) < 0.005 or abs(found - 1 / 3) < 0.005:
        raise Wrong("That is a ratio of the two. Of all points there, how many?")
    if abs(found - 0.5) < 0.005:
        raise Wrong("A coin: so it is where real and made lie equally densely.")
    if abs(found - 1) < 0.005:
        raise Wrong("It cannot be sure: one point in four that lies there is made.")
    raise Wrong("Of four points that lie there, how many are real?")


@exercise("ex-20-2", "fill in", minutes=5, trains="the loss of a generator")
def maker_loss(answer):
    scores = torch.tensor([[-2.0], [0.5], [3.0], [-0.1]], dtype=torch.float64)
    got = torch.as_tensor(answer(scores.clone()))
    right = F.softplus(-scores).mean()
    got = got.reshape(()) if got.numel() == 1 else got
    if near(got, right):
        far = torch.tensor([[-800.0]], dtype=torch.float64, requires_grad=True)
        loss = torch.as_tensor(answer(far)).sum()
        slope = torch.autograd.grad(loss, far)[0] if loss.requires_grad else far * 0
        if not loss.isfinite() or not near(slope.item(), -1):
            raise Wrong(
                "Right, but at a score of -800 it is no number or has no slope: "
                "softplus knows how to take the logarithm of a sigmoid."
            )
        return "Steep where the critic is sure: that is when G has most to learn."
    for wrong, hint in (
        (-F.softplus(scores).mean(), "That is the saturating loss, flat at first."),
        (F.softplus(scores).mean(), "So G would help the critic: a sign is wrong."),
        (-right, "Downhill is now away from being taken for real: mind the sign."),
        (F.softplus(-scores).sum(), "Almost: the mean, not the sum."),
        (F.softplus(-scores), "Almost: one number, the mean over all made."),
        (-scores.sigmoid().mean(), "The logarithm is missing."),
        (-scores.mean(), "A score is no probability yet: D = sigmoid(score)."),
    ):
        if near(got, wrong):
            raise Wrong(hint)
    raise Wrong("The mean of -log D, where D = sigmoid(score).")


class Watched(nn.Module):
    """A small net that remembers whether what it was given leads back to another."""

    def __init__(self, inp: int, out: int):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(inp, 8), nn.Tanh(), nn.Linear(8, out))

    def forward(self, x):
        return self.net(x)


@exercise("ex-20-3", "find the bug", minutes=8, trains="whose loss teaches whom")
def one_turn(answer):
    dice = torch.Generator().manual_seed(0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        G, D = Watched(3, 2), Watched(2, 1)
    real, z = (torch.randn(16, n, generator=dice) for n in (2, 3))
    loss = answer(G, D, real, z)
    right = F.softplus(-D(real)).mean() + F.softplus(D(G(z).detach())).mean()
    if not isinstance(loss, torch.Tensor) or not near(loss.detach(), right.detach()):
        raise Wrong("Its value was right and is to stay: change only whom it teaches.")
    if not loss.requires_grad:
        raise Wrong("Now nobody learns: the critic's own weights need a gradient.")
    loss.backward()
    if any(p.grad is not None and p.grad.abs().sum() for p in G.parameters()):
        raise Wrong("G still learns from it, and learns to be *told*.")
    wanted = torch.autograd.grad(right, list(D.parameters()))
    found = [p.grad for p in D.parameters()]
    if any(g is None for g in found):
        raise Wrong("The critic learns nothing at all now.")
    if not all(p.requires_grad for p in G.parameters()):
        raise Wrong("G is frozen now, and can never learn in its own turn.")
    if all(near(a, b) for a, b in zip(found, wanted, strict=True)):
        return "The loss is the same number: what was wrong was whom it moved."
    only = torch.autograd.grad(F.softplus(-D(real)).mean(), list(D.parameters()))
    if all(near(a, b) for a, b in zip(found, only, strict=True)):
        raise Wrong("Now the critic learns from the real ones alone: cut off G, not D.")
    raise Wrong("Cut the made points off where they come from G, and nothing else.")


@exercise("ex-20-4", "derive", minutes=20, trains="what is left to the best critic")
def least(answer):
    for p, q in (
        ([0.5, 0.3, 0.2], [0.2, 0.2, 0.6]),
        ([0.25, 0.25, 0.5], [0.25, 0.25, 0.5]),
        ([0.9, 0.05, 0.05], [0.1, 0.4, 0.5]),
    ):
        p, q = torch.tensor([p, q], dtype=torch.float64)
        got = number(answer(p.clone(), q.clone()))
        D = p / (p + q)
        right = -(p * D.log() + q * (1 - D).log()).sum().item()
        if abs(got - right) < 1e-6:
            continue
        apart = 2 * math.log(2) - right
        for wrong, hint in (
            (-right, "The critic's loss has a minus: it is above 0."),
            (right / 2, "Two sums, one over the real and one over the made."),
            (apart, "That is what it has lost against a coin: 2 log 2 less that."),
            (apart / 2, "That is the divergence: the loss is 2 log 2 less twice it."),
            (2 * math.log(2), "So it would be if nothing could be told apart."),
            (
                -(p * D.log()).sum().item(),
                "The made ones are missing: they cost -log(1 - D) each.",
            ),
        ):
            if abs(got - wrong) < 1e-6:
                raise Wrong(hint)
        raise Wrong("Put D = p / (p + q) into the critic's loss, value by value.")
    return "It is 2 log 2 less twice the Jensen-Shannon divergence of p and q."


@exercise("ex-20-5", "vary", minutes=6, trains="what a temperature does")
@form(Number(0.2, 1.2, 0.02, also=(0, 0.1, 2)))
def temperature(answer):
    T = number(answer)
    if not T > 0:
        raise Wrong("A temperature is above 0: scores are divided by it.")
    share = (torch.tensor([2.0, 1.0, 0.0], dtype=torch.float64) / T).softmax(0)[0]
    said = f"The first token is then drawn with {share:.1%}"
    if abs(share - 0.9) < 0.006:
        return f"{said}. The order of the three stays the same at every temperature."
    way = "Cooler" if share < 0.9 else "Warmer"
    raise Wrong(f"{said}. {way}.")


@exercise("ex-20-6", "predict", minutes=4, trains="the steps of a delay pattern")
@form(Number(490, 510, 1, also=(2000, 2003, 2012, 1500, 125, 40)))
def late(answer):
    steps = number(answer)
    if steps == 2000:
        raise Wrong("That is one token after another. A step writes one of each book.")
    if steps == 500:
        raise Wrong("Then the last frame would lack its finer tokens.")
    if steps == 504:
        raise Wrong("The first book is not late: only three of them are.")
    if steps != 503:
        raise Wrong("When is the first book done, and how much later is the last one?")
    return "500 for the first book, and three more until the fourth is done."


@exercise("ex-20-7", "find the bug", minutes=8, trains="quantising what is left over")
def encoded(answer):
    dice = torch.Generator().manual_seed(0)
    size = torch.tensor([1.0, 0.4, 0.15])[:, None, None]
    books = torch.randn(3, 8, 4, generator=dice).double() * size
    x = torch.randn(40, 4, generator=dice).double()
    given = books.clone(), x.clone()
    got = tensor(answer(*given))
    if not torch.equal(given[1], x):
        raise Wrong("You change the caller's `x`: subtract into a new tensor.")
    if got.shape != (40, 3):
        raise Wrong(f"One code a book for each of x, (40, 3), not {tuple(got.shape)}.")
    if torch.equal(got, quantised(books, x, keep=1.0).double()):
        return "Each book now says what those before it left: so the error falls."
    for keep, hint in (
        (0.0, "Every book still says the same: x itself, and their sum is too much."),
        (-1.0, "What was said was added: what is left is x *less* that."),
    ):
        if torch.equal(got, quantised(books, x, keep).double()):
            raise Wrong(hint)
    if torch.equal(got, quantised(books, x, 1.0, afresh=True).double()):
        raise Wrong("Less *all* that was said so far, not the last book's alone.")
    raise Wrong("After each book, go on with what it has left.")


def quantised(books, x, keep: float, afresh: bool = False):
    """Codes; keep: how much of what was said is taken away; afresh: only the last."""
    left, codes = x, []
    for book in books:
        codes.append(torch.cdist(left, book).argmin(1))
        left = (x if afresh else left) - keep * book[codes[-1]]
    return torch.stack(codes, 1)


@exercise("ex-20-8", "extend", minutes=15, trains="an order that the net chooses")
def surest(answer):
    for seed in range(6):
        dice = torch.Generator().manual_seed(seed)
        p = torch.rand((3,) * 4, generator=dice).double() ** 3
        net = Known(p / p.sum())
        for given in ([3, 1, 3, 3], [3, 3, 3, 3], [3, 3, 0, 3]):
            x = torch.tensor([given])
            asked = x.clone()
            got = tensor(answer(patient(net), asked, 3)).reshape(-1).tolist()
            if not torch.equal(asked, x):
                raise Wrong("You change the caller's `tokens`: work on a clone.")
            if len(got) != 4 or 3 in got:
                raise Wrong("Go on until nothing is hidden.")
            if any(a != b for a, b in zip(got, given, strict=True) if b != 3):
                raise Wrong("What was shown must stay as it is.")
            if got == opened(net, x, max):
                continue
            for how, hint in (
                ("once", "All at once: after each word, ask the net again."),
                (min, "That opens what it is *least* sure of first."),
                ("left", "From left to right: it is the net that chooses the place."),
            ):
                if got == opened(net, x, how):
                    raise Wrong(hint)
            raise Wrong(
                "Of the hidden places, open the one with the likeliest word: compare "
                "probabilities, not scores."
            )
    return "MaskGIT does so, with some chance, and opens many of the surest at once."


def patient(net, most: int = 20):
    """The net, until it is asked more often than four hidden tokens can need."""
    calls = iter(range(most))

    def ask(tokens):
        if next(calls, None) is None:
            raise Wrong(
                "It never ends: a place that is shown is the likeliest of all, so only "
                "hidden ones may be chosen."
            )
        # scores are no logarithms yet: what all words of a place share says nothing
        return net(tokens) + torch.arange(tokens.shape[1])[:, None] % 3

    return ask


def opened(net, x, how) -> list[int]:
    """Filled by the likeliest words; how: max, min, "left", or all at "once"."""
    x = x[0].clone()
    while hidden := (x == 3).nonzero()[:, 0].tolist():
        likely, word = net(x[None])[0].softmax(1).max(1)
        if how == "once":
            for i in hidden:
                x[i] = word[i]
            break
        order = hidden if how == "left" else [how(hidden, key=lambda i: likely[i])]
        x[order[0]] = word[order[0]]
    return x.tolist()


@exercise("ex-20-9", "derive", minutes=15, trains="the weight of a set of masks")
def weight(answer):
    for n, m in ((5, 2), (4, 1), (4, 4), (7, 3)):
        got, ways = number(answer(n, m)), math.comb(n, m)
        if near(torch.tensor(got), torch.tensor(1 / (m * ways)).double()):
            continue
        for wrong, hint in (
            (1 / ((n + 1) * ways), "The $1/t$ is missing under the integral."),
            (1 / m, "That is of all sets of m together: there are n over m of them."),
            (1 / ways, "It is one of that many sets, but how often is its size m?"),
            (n / (m * ways), "Not n fold: the surprise of the set is a sum already."),
        ):
            if abs(got - wrong) < 1e-9:
                raise Wrong(hint)
        raise Wrong("Integrate $t^{m-1} (1-t)^{n-m}$ from 0 to 1.")
    return "So all sizes weigh alike in all, and the net may be asked by number."


@exercise("ex-20-10", "listen", minutes=4, trains="hearing what a codec leaves out")
@form(Each("ABC", ("1", "3", "8")))
def books(answer):
    if isinstance(answer, dict):
        answer = [answer[key] for key in sorted(answer)]
    given, truth = numbers(answer, 3), [3, 1, 8]
    if sorted(given) != sorted(truth):
        raise Wrong("Three numbers, each once: 1, 3, 8.")
    if given != truth:
        right = sum(a == b for a, b in zip(given, truth, strict=True))
        raise Wrong(f"{right} of 3. Where does the song move in the fewest steps?")
    return "What is left out is heard as steps, and as roughness."
