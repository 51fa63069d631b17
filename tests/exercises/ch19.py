"""Chapter 19: right answers, and wrong ones with the hint that each should get."""

import itertools

import torch

from minidiff.judging.gaussian import gaussian_distance, median_width


def coverage(real, made, k):
    reach = torch.cdist(real, real).kthvalue(k + 1, dim=1).values
    return (torch.cdist(real, made).min(dim=1).values <= reach).double().mean()


def one_by_one(real, made, k):
    hits = 0
    for i, point in enumerate(real):
        rest = torch.cat([real[:i], real[i + 1 :]])
        reach = (rest - point).norm(dim=1).sort().values[k - 1]
        hits += bool(((made - point).norm(dim=1) <= reach).any())
    return hits / len(real)


def with_itself(real, made, k):
    reach = torch.cdist(real, real).kthvalue(k, dim=1).values
    return (torch.cdist(real, made).min(dim=1).values <= reach).double().mean()


def precise(real, made, k):
    reach = torch.cdist(real, real).kthvalue(k + 1, dim=1).values
    return (torch.cdist(real, made) <= reach[:, None]).any(0).double().mean()


def recalled(real, made, k):
    return precise(made, real, k)


def missing(real, made, k):
    return 1 - coverage(real, made, k)


def how_many(real, made, k):
    return coverage(real, made, k) * len(real)


def width(real, made):
    return gaussian_distance(real, made, median_width(real))


def unsaid(real, made):
    return gaussian_distance(real, made)


def by_hand(real, made):
    far = torch.pdist(real).sort().values
    return gaussian_distance(
        real=real, made=made, width=far[(len(far) - 1) // 2].item()
    )


def middle_of_two(real, made):
    return gaussian_distance(real, made, torch.pdist(real).quantile(0.5).item())


def narrower(real, made):
    width = min(median_width(real), median_width(made))
    return gaussian_distance(real, made, width)


def as_it_was(real, made):
    return gaussian_distance(real, made, median_width(made))


def of_both(real, made):
    return gaussian_distance(real, made, median_width(torch.cat([real, made])))


def always_one(real, made):
    return gaussian_distance(real, made, 1.0)


def squared(real, made):
    return gaussian_distance(real, made, median_width(real) ** 2)


def agreement(a, b):
    pairs = itertools.combinations(range(len(a)), 2)
    told = [(a[i] - a[j]) * (b[i] - b[j]) for i, j in pairs]
    told = [x for x in told if x]
    return sum(x > 0 for x in told) / len(told)


def by_tensors(a, b):
    a, b = torch.tensor(a), torch.tensor(b)
    both = (a[:, None] - a).sign() * (b[:, None] - b).sign()
    return (both > 0).sum() / (both != 0).sum()


def with_level_ones(a, b):
    pairs = list(itertools.combinations(range(len(a)), 2))
    alike = [(a[i] - a[j]) * (b[i] - b[j]) > 0 for i, j in pairs]
    return sum(alike) / len(pairs)


def level_agrees(a, b):
    pairs = list(itertools.combinations(range(len(a)), 2))
    return sum((a[i] - a[j]) * (b[i] - b[j]) >= 0 for i, j in pairs) / len(pairs)


def counted(a, b):
    pairs = itertools.combinations(range(len(a)), 2)
    return sum((a[i] - a[j]) * (b[i] - b[j]) > 0 for i, j in pairs)


def unlike(a, b):
    return 1 - agreement(a, b)


def tau(a, b):
    return 2 * agreement(a, b) - 1


def by_places(a, b):
    order_a = sorted(range(len(a)), key=a.__getitem__)
    order_b = sorted(range(len(b)), key=b.__getitem__)
    return sum(x == y for x, y in zip(order_a, order_b, strict=True)) / len(a)


def bias(v, n):
    return 3 * v / n


def in_parts(v, n):
    return 2 * v / n + 2 * v**2 / n / (4 * v) * 2


RIGHT = [
    ("ex-19-1", 13),
    ("ex-19-1", "13.0"),
    ("ex-19-1", torch.tensor(13.0)),
    ("ex-19-2", coverage),
    ("ex-19-2", one_by_one),
    ("ex-19-3", width),
    ("ex-19-3", unsaid),
    ("ex-19-3", by_hand),
    ("ex-19-3", middle_of_two),
    ("ex-19-4", 42),
    ("ex-19-4", "45"),
    ("ex-19-4", torch.tensor(50)),
    ("ex-19-5", agreement),
    ("ex-19-5", by_tensors),
    ("ex-19-6", "lower, noise, backwards"),
    ("ex-19-6", "lower, noise and backwards"),
    ("ex-19-6", {"A": "lower", "B": "noise", "C": "backwards"}),
    ("ex-19-7", bias),
    ("ex-19-7", in_parts),
    ("ex-19-7", lambda v, n: 3 * v / (n - 1)),
]
WRONG = [
    ("ex-19-1", 13**0.5, "The root of it"),
    ("ex-19-1", 5, "Square each"),
    ("ex-19-1", 73, "not variances"),
    ("ex-19-1", 17, "difference of the variances"),
    ("ex-19-1", 9, "what the means give"),
    ("ex-19-2", with_itself, "its own nearest"),
    ("ex-19-2", precise, "share of *made*"),
    ("ex-19-2", recalled, "recall"),
    ("ex-19-2", missing, "*not* covered"),
    ("ex-19-2", how_many, "divide by"),
    ("ex-19-3", as_it_was, "a ruler of its own"),
    ("ex-19-3", of_both, "changes with them"),
    ("ex-19-3", always_one, "does it fit"),
    ("ex-19-3", squared, "squares it"),
    ("ex-19-3", narrower, "a ruler of its own"),
    ("ex-19-4", 20, ": more."),
    ("ex-19-4", 37, "falls again"),
    ("ex-19-4", 100, "Try fewer"),
    ("ex-19-4", 0.7, "whole number"),
    ("ex-19-4", float("nan"), "whole number"),
    ("ex-19-5", with_level_ones, "that are level"),
    ("ex-19-5", level_agrees, "no agreement"),
    ("ex-19-5", counted, "divide by"),
    ("ex-19-5", unlike, "*disagree*"),
    ("ex-19-5", tau, "Kendall"),
    ("ex-19-5", by_places, "one setting by one"),
    ("ex-19-6", "noise, lower, backwards", "1 of 3"),
    ("ex-19-6", "noise, noise, lower", "each once"),
    ("ex-19-7", lambda v, n: 2 * v / n, "what the means give"),
    ("ex-19-7", lambda v, n: v / n, "one of the terms"),
    ("ex-19-7", lambda v, n: 6 * v / n, "Twice too much"),
    ("ex-19-7", lambda v, n: 3 / n, "grows with the variance"),
    ("ex-19-7", lambda v, n: 3 * v / n**0.5, "not as its root"),
    ("ex-19-7", lambda v, n: 1.5 * v / n, "Both crowds"),
]
