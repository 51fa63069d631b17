"""Chapter 7: right answers, and wrong ones with the hint that each should get."""

from itertools import pairwise

import torch


def ddim_step(x, x0_hat, a_t, s_t, a_s, s_s):
    return a_s * x0_hat + s_s * (x - a_t * x0_hat) / s_t


def with_chance(share=0.5, inner=2, fresh_too=1.0, clean=1.0):
    def step(x, x0_hat, a_t, s_t, a_s, s_s, eta, z):
        eps = (x - a_t * x0_hat) / s_t
        fresh = fresh_too * eta * s_s * (1 - (a_t * s_s / (s_t * a_s)) ** 2) ** 0.5
        old = (s_s**2 - fresh**inner) ** share if share else s_s
        return clean * a_s * x0_hat + old * eps + fresh * z

    return step


def midpoint(denoiser, x, times, middle=0.5):
    for t, s in pairwise(times):
        m = t + middle * (s - t) if middle else t
        (a_t, s_t), (a_m, s_m), (a_s, s_s) = (denoiser.schedule(at) for at in (t, m, s))
        x_m = x
        if middle:
            x_m = ddim_step(x, denoiser(x, t), a_t, s_t, a_m, s_m)
        eps = (x_m - a_m * denoiser(x_m, m)) / s_m
        x = a_s * (x / a_t + (s_s / a_s - s_t / a_t) * eps)
    return x


RIGHT = [
    ("ex-07-1", 19),
    ("ex-07-2", ddim_step),
    ("ex-07-3", with_chance()),
    ("ex-07-4", 0.9),
    ("ex-07-5", midpoint),
    ("ex-07-6", "CAB"),
    ("ex-07-7", lambda T, n: [round(T * k / n) for k in range(n, -1, -1)]),
    ("ex-07-7", lambda T, n: torch.linspace(T, 0, n + 1).round()),
    ("ex-07-7", lambda T, n: [T * k // n for k in range(n + 1)][::-1]),
]
WRONG = [
    ("ex-07-1", 20, "last step ends at 0"),
    ("ex-07-1", 10, "both ends"),
    ("ex-07-1", 11, "two for each"),
    ("ex-07-2", lambda x, x0, a, b, c, d: c * x0 + d * (x - a * x0), "Divide by s_t"),
    ("ex-07-2", lambda x, x0, a, b, c, d: x, "That is x_t again"),
    ("ex-07-2", lambda x, x0, a, b, c, d: c * x0 + d * x, "not pure noise"),
    ("ex-07-2", lambda x, x0, a, b, c, d: c * x0, "mix x0_hat and eps"),
    ("ex-07-2", lambda *args: print(end=""), "returns nothing"),
    ("ex-07-3", with_chance(share=None), "what must shrink"),
    ("ex-07-3", with_chance(share=1), "square root"),
    ("ex-07-3", with_chance(fresh_too=0.0), "leave the new noise"),
    ("ex-07-3", with_chance(clean=0.5), "clean part"),
    ("ex-07-4", 1.0, "too steep for 8 steps"),
    ("ex-07-4", 0.6, "wrong start"),
    ("ex-07-4", 2.0, "is a time"),
    ("ex-07-5", lambda d, x, times: midpoint(d, x, times, middle=0), "halve the error"),
    ("ex-07-5", lambda d, x, times: 3 * x, "does not arrive"),
    ("ex-07-5", lambda d, x, times: print(end=""), "returns nothing"),
    ("ex-07-6", "BAC", "fewest steps come first"),
    ("ex-07-6", "ACB", "consonants"),
    ("ex-07-6", 3, "A, B, C once"),
    ("ex-07-7", lambda T, n: [i * (T // n) for i in range(n)][::-1], "begins with 900"),
    ("ex-07-7", lambda T, n: list(range(T, 0, -T // n)), "ends at 100"),
    ("ex-07-7", lambda T, n: list(range(T + 1)), "largest comes first"),
    ("ex-07-7", lambda T, n: list(range(T, -1, -1)), "1001 stops"),
    ("ex-07-7", lambda T, n: [T - k * (T // n) for k in range(n)] + [0], "remainder"),
]
