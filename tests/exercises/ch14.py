"""Chapter 14: right answers, and wrong ones with the hint that each should get."""

import torch
import torch.nn.functional as F


def share(same):
    return same / same.sum(1, keepdim=True)


def symmetric(sounds, texts, temperature, same):
    scores, same = sounds @ texts.T / temperature, same.double()
    there = F.cross_entropy(scores, share(same))
    return (there + F.cross_entropy(scores.T, share(same.T))) / 2


def by_hand(sounds, texts, temperature, same):
    scores, total = sounds @ texts.T / temperature, 0.0
    for table, right in ((scores, same), (scores.T, same.T)):
        for row, mine in zip(table, right, strict=True):
            total -= row[mine].mean() - row.exp().sum().log()
    return total.item() / (2 * len(scores))


def one_way(sounds, texts, temperature, same):
    return F.cross_entropy(sounds @ texts.T / temperature, share(same.double()))


def twice_soft(sounds, texts, temperature, same):
    scores, same = sounds @ texts.T / temperature, same.double()
    there = F.cross_entropy(scores.softmax(1), share(same))
    return (there + F.cross_entropy(scores.T.softmax(1), share(same.T))) / 2


def others_only(sounds, texts, temperature, same):
    scores, losses = sounds @ texts.T / temperature, []
    for table, right in ((scores, same), (scores.T, same.T)):
        for row, mine in zip(table, right, strict=True):
            losses.append(row[~mine].exp().sum().log() - row[mine].mean())
    return torch.stack(losses).mean()


def first_only(sounds, texts, temperature, same):
    return symmetric(sounds, texts, temperature, torch.eye(len(same)))


def unshared(sounds, texts, temperature, same):
    scores, same = sounds @ texts.T / temperature, same.double()
    return (F.cross_entropy(scores, same) + F.cross_entropy(scores.T, same)) / 2


def attended(q, k, v, heard):
    scores = q @ k.transpose(1, 2) / q.shape[2] ** 0.5
    return scores.masked_fill(~heard[:, None], -torch.inf).softmax(2) @ v


def renormalised(q, k, v, heard):
    weights = (q @ k.transpose(1, 2) / q.shape[2] ** 0.5).softmax(2) * heard[:, None]
    return weights / weights.sum(2, keepdim=True) @ v


def weighted(q, k, v, heard):
    return (q @ k.transpose(1, 2) / q.shape[2] ** 0.5).softmax(2) * heard[:, None] @ v


def zero_scores(q, k, v, heard):
    scores = q @ k.transpose(1, 2) / q.shape[2] ** 0.5 * heard[:, None]
    return scores.softmax(2) @ v


def unmasked(q, k, v, heard):
    return attended(q, k, v, torch.ones_like(heard))


def askers(q, k, v, heard):
    scores = q @ k.transpose(1, 2) / q.shape[2] ** 0.5
    return scores.masked_fill(~heard[:, :, None], -1e9).softmax(2) @ v


def undivided(q, k, v, heard):
    return attended(q * q.shape[2] ** 0.5, k, v, heard)


def scored(q, k):
    return q @ k.transpose(1, 2) / q.shape[2] ** 0.5


def filled(low):
    return lambda q, k, v, heard: (
        scored(q, k).masked_fill(~heard[:, None], low).softmax(2) @ v
    )


def silent(q, k, v, heard):
    return attended(q, k, v, heard) * heard[:, :, None]


def both_masked(q, k, v, heard):
    both = heard[:, None] & heard[:, :, None]
    return scored(q, k).masked_fill(~both, -torch.inf).softmax(2) @ v


def upside_down(q, k, v, heard):
    return scored(q, k).masked_fill(heard[:, None], -torch.inf).softmax(2) @ v


def over_askers(q, k, v, heard):
    weights = scored(q, k).softmax(2) * heard[:, None]
    return weights / weights.sum(1, keepdim=True) @ v


def soft_over_askers(q, k, v, heard):
    return scored(q, k).masked_fill(~heard[:, None], -torch.inf).softmax(1) @ v


def with_nan(q, k, v, heard):
    return attended(q, k, v, torch.zeros_like(heard))


def ensemble(sounds, read, ways):
    means = F.normalize(torch.stack([read(w).mean(0) for w in ways]), dim=1)
    return (sounds @ means.T).argmax(1)


def listed(sounds, read, ways):
    found = []
    for sound in sounds:
        fits = []
        for names in ways:
            mean = sum(read([name])[0] for name in names)
            fits.append((sound @ mean / mean.norm()).item())
        found.append(fits.index(max(fits)))
    return found


def best_name(sounds, read, ways):
    fits = [(sounds @ read(names).T).amax(1) for names in ways]
    return torch.stack(fits, dim=1).argmax(1)


def normalised_across(sounds, read, ways):
    means = torch.stack([read(names).mean(0) for names in ways])
    return (sounds @ F.normalize(means, dim=0).T).argmax(1)


def best(joint):
    return (joint / joint.sum(1, keepdim=True) / joint.sum(0)).log()


def by_loops(joint):
    rows, columns = joint.sum(1), joint.sum(0)
    return [
        [7 + (p / a / b).log() for p, b in zip(row, columns, strict=True)]
        for row, a in zip(joint, rows, strict=True)
    ]


RIGHT = [
    ("ex-14-1", [50, 100]),
    ("ex-14-1", "50, 100"),
    ("ex-14-2", symmetric),
    ("ex-14-2", by_hand),
    ("ex-14-3", attended),
    ("ex-14-3", renormalised),
    ("ex-14-3", silent),
    ("ex-14-3", filled(-1e9)),
    ("ex-14-4", 0.08),
    ("ex-14-4", "0,08"),
    ("ex-14-5", ensemble),
    ("ex-14-5", listed),
    ("ex-14-6", "CAB"),
    ("ex-14-6", ["c", "a", "b"]),
    ("ex-14-7", best),
    ("ex-14-7", by_loops),
    ("ex-14-7", lambda joint: (joint / joint.sum(0)).log()),
    ("ex-14-7", lambda joint: (joint / joint.sum(0)).log().numpy() + 5),
]
WRONG = [
    ("ex-14-1", [100, 50], "other way round"),
    ("ex-14-1", [100, 100], "one and the same"),
    ("ex-14-1", [1, 2], "only the twin"),
    ("ex-14-1", [25, 50], "which is on top"),
    ("ex-14-1", [50, 50], "best two"),
    ("ex-14-1", 50, "list of 2 numbers"),
    ("ex-14-1", [0.5, 1], "In per cent"),
    ("ex-14-2", one_way, "ask each caption too"),
    ("ex-14-2", lambda s, t, c, same: one_way(t, s, c, same.T), "ask each sound too"),
    ("ex-14-2", lambda *given: 2 * symmetric(*given), "a factor"),
    ("ex-14-2", lambda *given: len(given[0]) * symmetric(*given), "not the sum"),
    ("ex-14-2", lambda *given: -symmetric(*given), "The sign"),
    ("ex-14-2", lambda s, t, c, same: symmetric(s, t, 1.0, same), "no effect"),
    ("ex-14-2", lambda s, t, c, same: symmetric(s, t, 1 / c, same), "Divide by"),
    ("ex-14-2", first_only, "have two captions"),
    ("ex-14-2", unshared, "add up to 1"),
    ("ex-14-2", twice_soft, "takes scores"),
    ("ex-14-2", others_only, "sum below"),
    ("ex-14-2", lambda s, t, c, same: -(s @ t.T / c)[same].mean(), "Only the right"),
    ("ex-14-2", lambda s, t, c, same: s @ t.T, "one number"),
    ("ex-14-2", lambda *given: 3 * symmetric(*given), "Scores are cosines"),
    ("ex-14-3", weighted, "add up to 1"),
    ("ex-14-3", unmasked, "as if it were words"),
    ("ex-14-3", zero_scores, "a score like others"),
    ("ex-14-3", askers, "who are asked"),
    ("ex-14-3", undivided, "root of the width"),
    ("ex-14-3", with_nan, "NaN"),
    ("ex-14-3", both_masked, "Leave only columns out"),
    ("ex-14-3", upside_down, "what is heard must stay"),
    ("ex-14-3", over_askers, "the last axis"),
    ("ex-14-3", soft_over_askers, "the last axis"),
    ("ex-14-3", filled(-9), "Not low enough"),
    ("ex-14-3", lambda q, k, v, heard: attended(q, k, v, heard)[0], "One answer for"),
    ("ex-14-3", lambda q, k, v, heard: v, "with them"),
    ("ex-14-4", 1, "Colder"),
    ("ex-14-4", 0.01, "Warmer"),
    ("ex-14-4", 0, "above 0"),
    ("ex-14-4", float("nan"), "above 0"),
    ("ex-14-5", best_name, "best name"),
    ("ex-14-5", normalised_across, "its own length"),
    (
        "ex-14-5",
        lambda s, read, ways: (
            s @ torch.stack([read(w).mean(0) for w in ways]).T
        ).argmax(1),
        "length 1",
    ),
    (
        "ex-14-5",
        lambda s, read, ways: ensemble(s, read, [w[:1] for w in ways]),
        "first name",
    ),
    (
        "ex-14-5",
        lambda s, read, ways: (
            s @ torch.stack([read(w).sum(0) for w in ways]).T
        ).argmax(1),
        "take means",
    ),
    (
        "ex-14-5",
        lambda s, read, ways: (s @ torch.cat([read(w) for w in ways]).T).argmax(1),
        "number of its class",
    ),
    ("ex-14-5", lambda s, read, ways: [0, 1], "One number for each"),
    ("ex-14-5", lambda s, read, ways: [0] * len(s), "best cosine"),
    ("ex-14-6", "BCA", "comes last"),
    ("ex-14-6", "ACB", "at once"),
    ("ex-14-7", lambda joint: joint.log(), "divide by its p(y)"),
    (
        "ex-14-7",
        lambda joint: (joint / joint.sum(1, keepdim=True)).log(),
        "divide by its p(y)",
    ),
    ("ex-14-7", lambda joint: (joint / joint.sum(0) / joint.sum(1)).log(), "keepdim"),
    ("ex-14-7", lambda joint: (joint / joint.sum(1)).log(), "keepdim"),
    ("ex-14-7", lambda joint: best(joint) / torch.tensor(2).log(), "natural"),
    ("ex-14-7", lambda joint: best(joint) / torch.tensor(10).log(), "natural"),
    ("ex-14-7", lambda joint: -best(joint), "The sign"),
    ("ex-14-7", lambda joint: best(joint) + joint.log(), "not its square"),
    ("ex-14-7", lambda joint: joint * best(joint), "not weighted"),
    ("ex-14-7", lambda joint: best(joint).exp(), "take the logarithm"),
    ("ex-14-7", lambda joint: joint / joint.sum(0), "take the logarithm"),
    ("ex-14-7", lambda joint: joint, "Which quotient"),
    ("ex-14-7", lambda joint: joint / joint.sum(1, keepdim=True), "Which quotient"),
    ("ex-14-7", lambda joint: 2 * best(joint), "Step 3"),
    ("ex-14-7", lambda joint: best(joint)[0], "like the one"),
]
