"""Chapter 6: right answers, and wrong ones with the hint that each should get."""

import math

import torch

from minidiff.exercises.ch06 import first_close, parts, price_of


def step(x, x0, a_t, s_t, a_s, s_s, z):
    eps = (x - a_t * x0) / s_t
    fresh = s_s * (1 - (a_t * s_s / (s_t * a_s)) ** 2) ** 0.5
    return a_s * x0 + (s_s**2 - fresh**2) ** 0.5 * eps + fresh * z


def rooted(x, x0, a_t, s_t, a_s, s_s, z):
    mean, _, beta = parts(x, x0, a_t, s_t, a_s, s_s)
    return mean + s_s / s_t * beta.sqrt() * z


def with_width(width):
    """A step whose noise is `width(beta, s_t, s_s)` wide."""

    def walk(x, x0, a_t, s_t, a_s, s_s, z):
        mean, _, beta = parts(x, x0, a_t, s_t, a_s, s_s)
        return mean + width(beta, s_t, s_s) * z

    return walk


def too_much(x, x0, a_t, s_t, a_s, s_s, z):
    fresh = parts(x, x0, a_t, s_t, a_s, s_s)[1]
    return a_s * x0 + s_s * (x - a_t * x0) / s_t + fresh * z


def no_root(x, x0, a_t, s_t, a_s, s_s, z):
    ratio = (a_t * s_s / (s_t * a_s)) ** 2
    return a_s * x0 + s_s * ratio * (x - a_t * x0) / s_t + s_s * (1 - ratio) * z


def stale_eps(x, x0, a_t, s_t, a_s, s_s, z, low, high):
    fresh = parts(x, x0, a_t, s_t, a_s, s_s)[1]
    old = (s_s**2 - fresh**2) ** 0.5
    return a_s * x0.clamp(low, high) + old * (x - a_t * x0) / s_t + fresh * z


def clipped(x, x0, a_t, s_t, a_s, s_s, z, low, high):
    return step(x, x0.clamp(low, high), a_t, s_t, a_s, s_s, z)


def clipped_by_hand(x, x0, *rest):
    *levels, z, low, high = rest
    kept = torch.where(x0 < low, low, torch.where(x0 > high, high, x0))
    return posterior(x, kept, *levels, z)


def by_math(x, x0, a_t, s_t, a_s, s_s, z):
    """With plain numbers, as math has them."""
    a_t, s_t, a_s, s_s = map(float, (a_t, s_t, a_s, s_s))
    fresh = s_s * math.sqrt(1 - (a_t * s_s / (s_t * a_s)) ** 2)
    eps = (x - a_t * x0) / s_t
    return a_s * x0 + math.sqrt(s_s**2 - fresh**2) * eps + fresh * z


def price(width, best):
    return math.log(width / best) + (best / width) ** 2 / 2 - 1 / 2


def price_by_kl(width, best):
    """As a divergence between two normal distributions of one mean."""
    normal = torch.distributions.Normal
    ours, friend = normal(0 * width, width), normal(0 * best, best)
    return torch.distributions.kl_divergence(friend, ours)


def skipping(of="pair", times=lambda a_t, a_s: (1 - a_s) / (1 - a_t), power=1):
    """The variance of a skipping step, with its beta and its fraction."""

    def variance(table, t, s):
        beta = 1 - table[t] / table[s if of == "pair" else t - 1]
        return (beta * times(table[t], table[s])) ** power

    return variance


posterior = with_width(lambda beta, s_t, s_s: s_s / s_t * beta**0.5)
spared = with_width(lambda beta, s_t, s_s: beta**0.5 * (s_s > 0))
RIGHT = [
    ("ex-06-1", 72),
    ("ex-06-1", "72"),
    ("ex-06-2", step),
    ("ex-06-2", posterior),
    ("ex-06-2", rooted),
    ("ex-06-2", by_math),
    ("ex-06-3", posterior),
    ("ex-06-3", step),
    ("ex-06-3", spared),
    ("ex-06-3", lambda *a: posterior(*a) if a[5] > 0 else a[1]),
    ("ex-06-4", first_close(0.6)),
    ("ex-06-4", torch.tensor(first_close(0.6))),
    ("ex-06-5", clipped),
    ("ex-06-5", clipped_by_hand),
    ("ex-06-6", "BCA"),
    ("ex-06-6", ["b", "c", "a"]),
    ("ex-06-7", skipping()),
    ("ex-06-7", lambda table, t, s: skipping()(table, t, s).item()),
    (
        "ex-06-7",
        lambda table, t, s: (1 - table[s]) * (table[s] - table[t]) / table[s]
        / (1 - table[t]),
    ),
    ("ex-06-8", price),
    ("ex-06-8", price_of),
    ("ex-06-8", price_by_kl),
]  # fmt: skip
WRONG = [
    ("ex-06-1", 80, "last step"),
    ("ex-06-1", 9, "number in x"),
    ("ex-06-1", 8, "times steps"),
    ("ex-06-2", too_much, "powers add up to more"),
    ("ex-06-2", no_root, "square root"),
    ("ex-06-2", lambda *a: too_much(*a[:-1], 0 * a[-1]), "z is not used"),
    ("ex-06-2", lambda *a: a[4] * a[1] + a[5] * a[6], "All of it fresh"),
    ("ex-06-2", spared, "equation"),
    ("ex-06-2", lambda *a: a[0], "equation"),
    ("ex-06-3", with_width(lambda beta, s_t, s_s: beta**0.5), "still noise"),
    ("ex-06-3", with_width(lambda beta, s_t, s_s: 0), "no noise at all"),
    ("ex-06-3", with_width(lambda beta, s_t, s_s: s_s * beta**0.5), "s_s alone"),
    ("ex-06-3", with_width(lambda beta, s_t, s_s: s_s), "in the other steps"),
    ("ex-06-3", with_width(lambda b, s_t, s_s: (s_s / s_t) ** 2 * b), "its root"),
    ("ex-06-3", with_width(lambda b, s_t, s: b**0.5 * (s > 0.2)), "no noise at all"),
    ("ex-06-3", lambda *a: a[0], "mean was right"),
    ("ex-06-4", first_close(0.3), "c = 0.3"),
    ("ex-06-4", 5, "Too few"),
    ("ex-06-4", 1000, "Fewer"),
    ("ex-06-4", 7, "counts"),
    ("ex-06-5", stale_eps, "before the clip"),
    ("ex-06-5", lambda *a: step(*a[:-2]), "not clipped yet"),
    ("ex-06-5", lambda *a: step(*a[:-2]).clamp(*a[-2:]), "not the noisy result"),
    ("ex-06-5", lambda *a: clipped(*a[:-2], -1, 1), "-1 and 1 only"),
    ("ex-06-5", lambda *a: clipped(*a[:-1], 9), "one of the two"),
    ("ex-06-5", lambda *a: clipped(*a[:-2], -9, a[-1]), "one of the two"),
    ("ex-06-5", lambda *a: a[0], "Clip x0 first"),
    ("ex-06-6", "BAC", "larger last step"),
    ("ex-06-6", "ACB", "Turned round"),
    ("ex-06-6", "CBA", "end of the bell"),
    ("ex-06-7", skipping(of="single"), "still the beta of a single step"),
    ("ex-06-7", skipping(times=lambda a_t, a_s: 1), "DDPM's larger variance"),
    ("ex-06-7", skipping(power=0.5), "its root, the std"),
    ("ex-06-7", skipping(times=lambda a_t, a_s: (1 - a_t) / (1 - a_s)), "head"),
    ("ex-06-7", skipping(times=lambda a_t, a_s: a_s / a_t), "not alpha_bar"),
    ("ex-06-7", lambda table, t, s: table[t], "it should be"),
    ("ex-06-8", lambda w, b: price(b, w), "other way round"),
    ("ex-06-8", lambda w, b: price(w, b) + 0.5, "was not subtracted"),
    ("ex-06-8", lambda w, b: 2 * price(w, b), "twice too much"),
    ("ex-06-8", lambda w, b: price(w, b) / math.log(2), "in bits"),
    ("ex-06-8", lambda w, b: price(w**0.5, b**0.5), "for variances"),
    ("ex-06-8", lambda w, b: (w - b) ** 2, "it should be"),
    ("ex-06-8", lambda w, b: 0.81, "it should be"),
]  # fmt: skip
