"""Chapter 7: right answers, and wrong ones with the hint that each should get."""

import math
from itertools import pairwise

import torch

import minidiff as md


def ddim_step(x, x0_hat, a_t, s_t, a_s, s_s):
    return a_s * x0_hat + s_s * (x - a_t * x0_hat) / s_t


def in_two_parts(x, x0_hat, a_t, s_t, a_s, s_s):
    return (s_s / s_t) * x + (a_s - s_s * a_t / s_t) * x0_hat


def with_floats(x, x0_hat, a_t, s_t, a_s, s_s):
    return ddim_step(x, x0_hat, *map(float, (a_t, s_t, a_s, s_s)))


def preserving(x, x0_hat, a_t, s_t, a_s, s_s):
    eps = (x - a_t * x0_hat) / s_t
    return a_s * x0_hat + torch.sqrt(1 - a_s**2) * eps


def for_two_levels(x, x0_hat, a_t, s_t, a_s, s_s):
    return 0.8 * x0_hat + 0.6 * (x - 0.6 * x0_hat) / 0.8


def with_chance(share=0.5, inner=2, fresh_too=1.0, clean=1.0, of=None):
    def step(x, x0_hat, a_t, s_t, a_s, s_s, eta, z):
        eps = (x - a_t * x0_hat) / s_t
        fresh = fresh_too * eta * s_s * (1 - (a_t * s_s / (s_t * a_s)) ** 2) ** 0.5
        total = of(a_s) if of else s_s**2
        old = abs(total - fresh**inner) ** share if share else s_s
        return clean * a_s * x0_hat + old * eps + fresh * z

    return step


def by_torch(x, x0_hat, a_t, s_t, a_s, s_s, eta, z):
    eps = (x - a_t * x0_hat) / s_t
    fresh = eta * s_s * torch.sqrt(1 - (a_t * s_s / (s_t * a_s)) ** 2)
    if eta == 0:
        return a_s * x0_hat + s_s * eps
    return a_s * x0_hat + (s_s**2 - fresh**2).clamp(min=0).sqrt() * eps + fresh * z


def by_shares(x, x0_hat, a_t, s_t, a_s, s_s, eta, z):
    eps = (x - a_t * x0_hat) / s_t
    kept = math.sqrt(1 - (a_t * s_s / (s_t * a_s)) ** 2) * eta
    return a_s * x0_hat + s_s * ((1 - kept**2) ** 0.5 * eps + kept * z)


def levelled(x, x0_hat, a_t, s_t, a_s, s_s, eta, z):
    """The total brought back to s_s, and both parts with it."""
    eps = (x - a_t * x0_hat) / s_t
    fresh = eta * s_s * (1 - (a_t * s_s / (s_t * a_s)) ** 2) ** 0.5
    much = (s_s**2 + fresh**2 + 1e-30) ** 0.5
    return a_s * x0_hat + s_s / much * (s_s * eps + fresh * z)


def midpoint(denoiser, x, times, middle=0.5, begin_at="t", grow=True):
    for t, s in pairwise(times):
        m = t + middle * (s - t)
        (a_t, s_t), (a_m, s_m), (a_s, s_s) = (denoiser.schedule(at) for at in (t, m, s))
        x_m = ddim_step(x, denoiser(x, t), a_t, s_t, a_m, s_m)
        eps = (x_m - a_m * denoiser(x_m, m)) / s_m
        if begin_at == "m":
            x, a_t, s_t = x_m, a_m, s_m
        x = (a_s if grow else 1) * (x / a_t + (s_s / a_s - s_t / a_t) * eps)
    return x


def midpoint_of_batches(denoiser, x, times):
    """As the package does it: a time for each item, levels as floats."""
    for t, s in pairwise(times.tolist()):
        m = (t + s) / 2
        a_t, s_t, a_m, s_m, a_s, s_s = (
            float(level) for at in (t, m, s) for level in denoiser.schedule(at)
        )
        x0 = denoiser(x, torch.full((len(x),), t))
        x_m = a_m * x0 + s_m * (x - a_t * x0) / s_t
        x0 = denoiser(x_m, torch.full((len(x),), m))
        eps = (x_m - a_m * x0) / s_m
        x = a_s / a_t * x + (s_s - s_t * a_s / a_t) * eps
    return x


def middle_of_ratios(denoiser, x, times):
    grid = torch.linspace(0, 0.99, 2000, dtype=torch.float64)
    for t, s in pairwise(times):
        ratio = [b / a for a, b in map(denoiser.schedule, (t, s, grid))]
        m = grid[(ratio[2] - (ratio[0] + ratio[1]) / 2).abs().argmin()]
        (x_m,) = md.ddim(denoiser, x, torch.stack([t, m]))
        a_m, s_m = denoiser.schedule(m)
        (a_t, _), (a_s, s_s) = map(denoiser.schedule, (t, s))
        eps = (x_m - a_m * denoiser(x_m, m)) / s_m
        x = a_s * (x / a_t + (s_s / a_s - ratio[0]) * eps)
    return x


def last(sampler):
    return lambda denoiser, x, times: list(sampler(denoiser, x, times))[-1]


def along(x, x0_hat, g, a_t, s_t, a_s, s_s, weight=None, out=None):
    shrink = a_t * s_s / (s_t * a_s)
    h = -shrink.log()
    weight = (h - 1 + shrink) if weight is None else weight(h, shrink)
    flat = s_s / s_t * x + a_s * (1 - shrink) * x0_hat
    return flat + (a_s if out is None else out(a_s, s_s)) * weight * g


def along_in_u(x, x0_hat, g, a_t, s_t, a_s, s_s):
    """By hand with numbers, and in u."""
    start, end = math.log(a_t / s_t), math.log(a_s / s_s)
    constant = math.exp(end) - math.exp(start)
    line = (end - start) * math.exp(end) - constant
    return s_s * (x / s_t + constant * x0_hat + line * g)


def along_in_pieces(x, x0_hat, g, a_t, s_t, a_s, s_s):
    """Twenty thousand steps of DDIM, each with its own guess."""
    lam = torch.linspace(
        math.log(a_t / s_t), math.log(a_s / s_s), 20_001, dtype=torch.float64
    )
    parts, middle = lam.exp().diff(), (lam[1:] + lam[:-1]) / 2 - lam[0]
    return s_s * (x / s_t + parts.sum() * x0_hat + (parts * middle).sum() * g)


def less(**changes):
    return lambda *args: along(*args, **changes)


RIGHT = [
    ("ex-07-1", 19),
    ("ex-07-1", "19"),
    ("ex-07-1", torch.tensor([19])),
    ("ex-07-2", ddim_step),
    ("ex-07-2", in_two_parts),
    ("ex-07-2", with_floats),
    ("ex-07-3", with_chance()),
    ("ex-07-3", by_torch),
    ("ex-07-3", by_shares),
    ("ex-07-4", 0.9),
    ("ex-07-4", "0,88"),
    ("ex-07-4", torch.tensor(0.92)),
    ("ex-07-5", midpoint),
    ("ex-07-5", midpoint_of_batches),
    ("ex-07-6", "CAB"),
    ("ex-07-6", ["c", "a", "b"]),
    ("ex-07-6", "C, A, B"),
    ("ex-07-7", lambda T, n: [round(T * k / n) for k in range(n, -1, -1)]),
    ("ex-07-7", lambda T, n: torch.linspace(T, 0, n + 1).round()),
    ("ex-07-7", lambda T, n: [T * k // n for k in range(n + 1)][::-1]),
    ("ex-07-7", lambda T, n: [T - T * k // n for k in range(n)] + [0]),
    ("ex-07-8", along),
    ("ex-07-8", along_in_u),
    ("ex-07-8", along_in_pieces),
]
WRONG = [
    ("ex-07-1", 20, "last step ends at 0"),
    ("ex-07-1", 10, "both ends"),
    ("ex-07-1", 18, "not nothing"),
    ("ex-07-1", 11, "two for each"),
    ("ex-07-2", lambda x, x0, a, b, c, d: c * x0 + d * (x - a * x0), "Divide by s_t"),
    ("ex-07-2", lambda x, x0, a, b, c, d: x, "That is x_t again"),
    ("ex-07-2", lambda x, x0, a, b, c, d: c * x0 + d * x, "not pure noise"),
    ("ex-07-2", lambda x, x0, a, b, c, d: c * x0, "mix x0_hat and eps"),
    ("ex-07-2", preserving, "as it is given"),
    ("ex-07-2", for_two_levels, "mix x0_hat and eps"),
    ("ex-07-2", lambda *args: print(end=""), "returns nothing"),
    ("ex-07-3", with_chance(share=None), "what must shrink"),
    ("ex-07-3", with_chance(share=1), "square root"),
    ("ex-07-3", with_chance(inner=1), "shrinks too much"),
    ("ex-07-3", with_chance(of=lambda a_s: 1 - a_s**2), "Share s_s**2"),
    ("ex-07-3", with_chance(fresh_too=0.0), "leave the new noise"),
    ("ex-07-3", levelled, "leave the new noise"),
    ("ex-07-3", with_chance(clean=0.5), "clean part"),
    ("ex-07-3", lambda x, *args: x.mean(), "has the shape of x"),
    ("ex-07-4", 1.0, "too steep for 8 steps"),
    ("ex-07-4", 0.98, "too steep for 8 steps"),
    ("ex-07-4", 0.6, "wrong start"),
    ("ex-07-4", 2.0, "is a time"),
    ("ex-07-5", last(md.ddim), "halve the error"),
    ("ex-07-5", last(md.heun), "Heun's method"),
    ("ex-07-5", last(md.dpmpp_2m), "asks once a step"),
    ("ex-07-5", lambda *a: midpoint(*a, begin_at="m"), "whole step"),
    ("ex-07-5", lambda *a: midpoint(*a, grow=False), "does not arrive"),
    ("ex-07-5", lambda *a: midpoint(*a, middle=0.6), "never asks"),
    ("ex-07-5", middle_of_ratios, "never asks"),
    ("ex-07-5", lambda d, x, times: 3 * x, "never asks"),
    ("ex-07-5", md.heun, "the last x itself"),
    ("ex-07-5", lambda d, x, times: print(end=""), "returns nothing"),
    ("ex-07-6", "BAC", "fewest steps come first"),
    ("ex-07-6", "ACB", "consonants"),
    ("ex-07-6", "ABC", "consonants"),
    ("ex-07-6", 3, "A, B, C once"),
    ("ex-07-7", lambda T, n: [i * (T // n) for i in range(n)][::-1], "begins with 900"),
    ("ex-07-7", lambda T, n: list(range(T, 0, -T // n)), "ends at 100"),
    ("ex-07-7", lambda T, n: list(range(T + 1)), "largest comes first"),
    ("ex-07-7", lambda T, n: list(range(T, -1, -1)), "1001 stops"),
    ("ex-07-7", lambda T, n: [T - k * (T // n) for k in range(n)] + [0], "remainder"),
    ("ex-07-7", lambda T, n: torch.linspace(T, 0, n + 1), "whole numbers"),
    ("ex-07-8", less(weight=lambda h, shrink: 0 * h), "is missing"),
    ("ex-07-8", less(weight=lambda h, k: (1 - k) * h / 2), "short cut"),
    ("ex-07-8", less(weight=lambda h, k: h**2 / 2), "short steps only"),
    ("ex-07-8", less(weight=lambda h, k: (1 - k) * h), "only at its end"),
    ("ex-07-8", less(out=lambda a_s, s_s: 1), "lost its a_s"),
    ("ex-07-8", less(out=lambda a_s, s_s: -a_s), "The sign"),
    ("ex-07-8", lambda *args: along(*args) / args[-1], "That is u_s"),
    ("ex-07-8", less(out=lambda a_s, s_s: s_s), "do the other part anew"),
    ("ex-07-8", lambda x, x0, g, a, s, b, r: b * x0 + r * x, "steps 1 to 3"),
    ("ex-07-8", lambda *args: print(end=""), "returns nothing"),
]
