"""Chapter 14, text prompts: the exercises' checks."""

import math

import torch
import torch.nn.functional as F

from .answers import near, number, numbers, order, tensor
from .check import Number, Numbers, Order, Wrong, exercise, form


@exercise("ex-14-1", "predict", minutes=6, trains="what a deaf ear can still retrieve")
@form(Numbers(2, values=(0, 0.5, 1, 2, 25, 50, 75, 98, 100)))
def deaf_recall(answer):
    first, second = numbers(answer, 2)
    if max(first, second) <= 1 and second > 0:
        raise Wrong("In per cent, please: 0 to 100.")
    if (first, second) == (100, 50):
        raise Wrong("The other way round: first the recall at 1.")
    if first == 100:
        raise Wrong("To this ear a caption and its twin are one and the same.")
    if first <= 2:
        raise Wrong("It knows all but the order: only the twin can be in the way.")
    if first != 50:
        raise Wrong("Two captions are equally good: which is on top?")
    if second != 100:
        raise Wrong("Which captions can be among the best two?")
    return "Recall at 5 would never tell you that order is not heard."


def towers(seed: int, n: int = 6, d: int = 4):
    """Embeddings of length 1 of n sounds and their captions."""
    dice = torch.Generator().manual_seed(seed)
    return [F.normalize(torch.randn(n, d, generator=dice).double(), dim=1)
            for _ in range(2)]  # fmt: skip


def asked_both_ways(scores, same):
    """The loss of a table of scores: of the rows, of the columns."""
    tables = (scores, same), (scores.T, same.T)
    return [F.cross_entropy(table, right / right.sum(1, keepdim=True))
            for table, right in tables]  # fmt: skip


@exercise("ex-14-2", "fill in", minutes=15, trains="the contrastive loss, both ways")
def symmetric(answer):
    for seed, temperature, n in ((0, 0.5, 6), (1, 0.1, 9)):
        sounds, texts = towers(seed, n)
        same = torch.eye(n).bool()
        same[0, 1] = same[1, 0] = same[2, 4] = same[4, 2] = True
        given = sounds.clone(), texts.clone(), temperature, same.clone()
        got = tensor(answer(*given))
        if got.numel() != 1:
            raise Wrong("A loss is one number.")
        got, scores, same = got.reshape(()), sounds @ texts.T, same.double()
        cold, own = scores / temperature, torch.arange(n)
        one, other = asked_both_ways(cold, same)
        if near(got, (one + other) / 2):
            continue
        alone = [F.cross_entropy(table, own) for table in (cold, cold.T)]
        soft = [F.cross_entropy(table.softmax(1), right / right.sum(1, keepdim=True))
                for table, right in ((cold, same), (cold.T, same.T))]  # fmt: skip
        each = [F.cross_entropy(table, same) for table in (cold, cold.T)]
        for wrong, hint in (
            (one, "That asks each sound for its captions; ask each caption too."),
            (other, "That asks each caption for its sounds; ask each sound too."),
            (one + other, "Right but for a factor: the mean of both ways."),
            ((one + other) / 2 * n, "Take the mean over the rows, not the sum."),
            ((one + other) * n, "Take the mean over the rows, not the sum."),
            (-(one + other) / 2, "The sign: a loss is small where the fit is good."),
            (sum(alone) / 2, "Some sounds have two captions, both right: see `same`."),
            (sum(each) / 2, "The probabilities of a row should add up to 1."),
            (sum(soft) / 2, "`cross_entropy` takes scores and does the softmax."),
            (sum(asked_both_ways(scores, same)) / 2, "The temperature has no effect."),
            (sum(asked_both_ways(scores * temperature, same)) / 2,
             "Divide by the temperature: the colder, the larger the scores."),
            (without_right(cold, same), "The right one belongs to the sum below, too."),
            (-(cold * same).sum() / same.sum(),
             "Only the right pairs: who refuses the others?"),
        ):  # fmt: skip
            if near(got, wrong):
                raise Wrong(hint)
        raise Wrong(
            "Scores are cosines over the temperature. Row i should find each of its "
            "captions with the same probability, and column i each of its sounds."
        )
    return "With one caption for each sound it is `contrast` in minidiff/nets/clap.py."


def without_right(scores, same):
    """The loss in which only the others stand below the line."""
    losses = []
    for table, right in ((scores, same), (scores.T, same.T)):
        others = table.masked_fill(right.bool(), -torch.inf).logsumexp(1)
        own = (table * right).sum(1) / right.sum(1)
        losses.append((others - own).mean())
    return sum(losses) / 2


@exercise("ex-14-3", "find the bug", minutes=12, trains="words that are not there")
def masked(answer):
    dice = torch.Generator().manual_seed(0)
    q, k, v = torch.randn(3, 2, 5, 8, generator=dice).double()
    heard = torch.tensor([[1, 1, 1, 0, 0], [1, 0, 0, 0, 0]]).bool()
    got = tensor(answer(q.clone(), k.clone(), v.clone(), heard.clone()))
    if got.shape != q.shape:
        raise Wrong(f"One answer for each that asks: expected {tuple(q.shape)}.")
    scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[2])
    alone = torch.stack([
        scores[i][:, heard[i]].softmax(1) @ v[i, heard[i]] for i in range(len(q))
    ])  # fmt: skip
    if near(got[heard], alone[heard]):  # what padding gets, nobody asks
        if not got.isfinite().all():
            raise Wrong(
                "A padded word may ask; nobody listens to it. Leave only columns out."
            )
        return "With padding or without, the same answer."
    for wrong, hint in leaks(scores, v, heard):
        if near(got.nan_to_num(), wrong.nan_to_num()):
            raise Wrong(hint)
    bare = (q @ k.transpose(1, 2)).masked_fill(~heard[:, None], -torch.inf)
    if near(got, bare.softmax(2) @ v):
        raise Wrong("The division by the root of the width got lost.")
    if not got.isfinite().all():
        whole = tensor(answer(q, k, v, torch.ones_like(heard)))
        weights = scores.softmax(2)
        over = weights / weights.sum(1, keepdim=True), scores.softmax(1)
        if any(near(whole, each @ v) for each in over):
            raise Wrong(
                "Whoever asks divides one whole among the words: along the last axis."
            )
        raise Wrong("There is NaN in it: is everything of a row left out?")
    raise Wrong("Without its padded words each item must get what it gets with them.")


def leaks(scores, v, heard):
    """Answers that still depend on padding, with what is to be said of each."""
    columns, rows = heard[:, None], heard[:, :, None]
    weights, gone = scores.softmax(2) * columns, -torch.inf
    yield weights @ v, "The weights of what is heard no longer add up to 1."
    yield scores.softmax(2) @ v, "Padding is asked as if it were words."
    yield (
        (scores * columns).softmax(2) @ v,
        "A score of 0 is a score like others: the softmax of it is not 0.",
    )
    here = "That leaves out those who ask; leave out those who are asked."
    yield scores.masked_fill(~rows, -1e9).softmax(2) @ v, here
    yield scores.masked_fill(~rows, gone).softmax(2) @ v, here
    yield (
        scores.masked_fill(columns, gone).softmax(2) @ v,
        "The other way round: what is heard must stay.",
    )
    for low in (-1.0, -5.0, -9.0, -10.0):
        yield (
            scores.masked_fill(~columns, low).softmax(2) @ v,
            f"Not low enough: the softmax of {low:g} is not 0.",
        )


@exercise("ex-14-4", "vary", minutes=6, trains="how cold a temperature must be")
@form(Number(0.01, 1, 0.01, also=(0,)))
def cold(answer):
    temperature = number(answer)
    if not temperature > 0:  # NaN is not
        raise Wrong("A temperature is above 0.")
    share = 1 / (1 + 63 * math.exp(max(-0.5 / temperature, -700)))
    said = f"At {temperature:g} the right one has {share:.0%}"
    if share < 0.88:
        raise Wrong(f"{said}. Colder.")
    if share > 0.93:
        raise Wrong(f"{said}. Warmer.")
    return f"{said}. A learned one ends where the pairs of its data want it."


@exercise("ex-14-5", "extend", minutes=15, trains="classes named in several ways")
def ensemble(answer):
    dice = torch.Generator().manual_seed(2)
    ways = [["rain", "rainfall"], ["a bell"], ["wind", "a breeze", "the wind"]]
    vectors = {
        text: F.normalize(torch.randn(4, generator=dice).double(), dim=0)
        for names in ways for text in names
    }  # fmt: skip
    sounds = F.normalize(torch.randn(200, 4, generator=dice).double(), dim=1)

    def read(texts):
        if isinstance(texts, str):
            texts = [texts]
        return torch.stack([vectors[text] for text in texts])

    means = [read(names).mean(0) for names in ways]
    right = (sounds @ F.normalize(torch.stack(means), dim=1).T).argmax(1)
    got = tensor(answer(sounds.clone(), read, [list(names) for names in ways])).long()
    if got.shape != right.shape:
        raise Wrong(f"One number for each sound: {len(right)} of them.")
    if torch.equal(got, right):
        return "Several names are more than one: their mean is steadier than each."
    if torch.equal(got, (sounds @ torch.stack(means).T).argmax(1)):
        raise Wrong(
            "A mean of directions is shorter than 1: bring it back to length 1."
        )
    first = torch.cat([read(names[0]) for names in ways])
    if torch.equal(got, (sounds @ first.T).argmax(1)):
        raise Wrong("Only the first name of each class was read.")
    sums = torch.stack([read(names).sum(0) for names in ways])
    if torch.equal(got, (sounds @ sums.T).argmax(1)):
        raise Wrong("A class with more names gets larger scores: take means.")
    best = torch.stack([(sounds @ read(names).T).amax(1) for names in ways], dim=1)
    if torch.equal(got, best.argmax(1)):
        raise Wrong("That is the best name of each class; its mean is asked.")
    across = F.normalize(torch.stack(means), dim=0)
    if torch.equal(got, (sounds @ across.T).argmax(1)):
        raise Wrong("Each mean has its own length: `F.normalize(..., dim=1)`.")
    if got.max() >= len(ways):
        raise Wrong("That is the number of a name; the number of its class is asked.")
    raise Wrong("One direction for each class, of all its names; then the best cosine.")


# The sounds of exercise 14.6: chosen so that a listener hears in each what was asked.
BLIND = "a bird, then a crowd", "a crowd", "a bird over a crowd"  # A, B, C
SEED, STEPS = 91, 10


@exercise("ex-14-6", "listen", minutes=5, trains="hearing whether words were followed")
@form(Order("ABC"))
def followed(answer):
    found = order(answer, "ABC")
    if found[2] != "B":
        raise Wrong("In one of them only one thing sounds: that one comes last.")
    if found != "CAB":
        raise Wrong("Right about the one alone. In which other do both sound at once?")
    return "Over, then, and alone: that much of these three prompts was followed."


@exercise("ex-14-7", "derive", minutes=20, trains="what a contrastive loss learns")
def one_way(answer):
    dice = torch.Generator().manual_seed(3)
    for size in ((4, 4), (3, 4)):
        joint = torch.rand(*size, generator=dice).double() + 0.05
        joint = joint / joint.sum()
        rows, columns = joint.sum(1, keepdim=True), joint.sum(0, keepdim=True)
        got = tensor(answer(joint.clone()))
        if got.shape != joint.shape:
            raise Wrong("A score for each pair: a table like the one that is given.")
        if by_rows(got - (joint / columns).log()):
            continue
        for wrong, hint in slips(joint, rows, columns):
            if wrong.isfinite().all() and by_rows(got - wrong):
                raise Wrong(hint)
        raise Wrong(
            "Step 3 says what the logarithm is of, and what may stand beside it."
        )
    return (
        "Divided by p(x) too, it holds both ways: what two things say of each other, "
        "and nothing of how common they are."
    )


def slips(joint, rows, columns):
    """Wrong tables, each with what is to be said of it."""
    if joint.shape[0] == joint.shape[1]:
        own = "Each row by its own sum, each column by its own: `keepdim=True`."
        yield (joint / columns / rows.T).log(), own
        yield (joint / rows.T).log(), own
    natural = "The natural logarithm: the softmax has e in it."
    ratio = (joint / columns).log()
    for base in (2, 10):
        yield ratio / math.log(base), natural
        yield (joint / rows / columns).log() / math.log(base), natural
    common = "A caption that is common would win for every sound: divide by its p(y)."
    yield joint.log(), common  # of which log p(y | x) is a row's number away
    yield -ratio, "The sign: the best fit has the highest score."
    yield 2 * joint.log() - columns.log(), "One p(x, y), not its square."
    yield (
        joint * (joint / rows / columns).log(),
        ("That is its part of the mutual information: a score is not weighted."),
    )
    scores = "Scores go into an exponential: take the logarithm."
    for table in (joint / columns, joint / rows / columns):
        yield table, scores
    for table in (joint, joint / rows):
        yield table, "Which quotient does step 3 ask for? And it is that of exp(s)."


def by_rows(gaps: torch.Tensor) -> bool:
    """Whether these are one number in each row."""
    same = gaps.mean(1, keepdim=True).expand_as(gaps)
    return bool(gaps.isfinite().all()) and near(gaps, same)
