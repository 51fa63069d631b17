"""Chapter 1: right answers, and wrong ones with the hint that each should get."""

import math
from itertools import pairwise

import torch


def back(power=1, of_x0=1, of_eps=1, divided=1):
    def step_back(x, t, eps_hat, alpha, sigma):
        x0_hat = (x - sigma[t] ** power * eps_hat) / alpha[t] ** divided
        return alpha[t - of_x0] * x0_hat + sigma[t - of_eps] * eps_hat

    return step_back


def forward(power_x=0.5, power_eps=0.5):
    return lambda x, beta, eps: (1 - beta) ** power_x * x + beta**power_eps * eps


def roots(root):
    return lambda x, beta, eps: root(1 - beta) * x + root(beta) * eps


def in_place(x, beta, eps):
    x *= (1 - beta).sqrt()
    x += beta.sqrt() * eps
    return x


def back_at_once(x, t, eps_hat, alpha, sigma):
    x = x - sigma[t] * eps_hat
    x *= alpha[t - 1] / alpha[t]
    return x + sigma[t - 1] * eps_hat


def walk(guess, x, stops, alpha, sigma, stride=None, ask_at_end=False):
    for t, s in pairwise(stops):
        s = t - stride if stride else s
        eps_hat = guess(x, torch.full((len(x),), t))
        x0_hat = (x - sigma[t] * eps_hat) / alpha[t]
        x = alpha[s] * x0_hat + sigma[s] * eps_hat
    if ask_at_end:
        guess(x, torch.full((len(x),), stops[-1]))
    return x


def walk_with(**options):
    return lambda *args: walk(*args, **options)


def walk_by_index(guess, x, stops, alpha, sigma):
    for i in range(len(stops) - 1):
        t, s = stops[i], stops[i + 1]
        eps = guess(x, t * torch.ones(len(x)))  # a float, as the chapter's guess takes
        x -= sigma[t] * eps
        x *= alpha[s] / alpha[t]
        x += sigma[s] * eps
    return x


def path(guess, x, stops, alpha, sigma):
    every = [x]
    for pair in pairwise(stops):
        every.append(walk(guess, every[-1], pair, alpha, sigma))
    return torch.stack(every)


def leap(guess, x, stops, alpha, sigma):
    """Asks everywhere but goes to the end with the last guess of x0 alone."""
    for t, s in pairwise(stops):
        x0_hat = (x - sigma[t] * guess(x, torch.full((len(x),), t))) / alpha[t]
        x = alpha[s] * x0_hat
    return x


def variance(v, betas):
    return 1 + (v - 1) * (1 - betas).prod()


def variance_by_steps(v, betas):
    for beta in betas.tolist():
        v = (1 - beta) * v + beta
    return v


RIGHT = [
    ("ex-01-1", 0.59),
    ("ex-01-1", "0,59"),
    ("ex-01-1", torch.tensor([0.59049])),
    ("ex-01-2", forward()),
    ("ex-01-2", roots(torch.sqrt)),
    ("ex-01-2", roots(math.sqrt)),
    ("ex-01-2", roots(lambda beta: beta.sqrt())),
    ("ex-01-2", in_place),
    ("ex-01-3", back()),
    ("ex-01-3", back_at_once),
    ("ex-01-4", 0.12),
    ("ex-01-4", torch.tensor(0.118)),
    ("ex-01-4", "0.12"),
    ("ex-01-5", walk),
    ("ex-01-5", walk_by_index),
    ("ex-01-6", "BDAC"),
    ("ex-01-6", ["b", "d", "a", "c"]),
    ("ex-01-6", "B, D, A, C"),
    ("ex-01-7", variance),
    ("ex-01-7", variance_by_steps),
    ("ex-01-7", lambda v, b: variance(v, b).reshape(1)),
    ("ex-01-7", lambda v, b: v * math.prod(1 - b) + 1 - math.prod(1 - b)),
]
WRONG = [
    ("ex-01-1", 0.35, "power"),
    ("ex-01-1", 1e-5, "stays"),
    ("ex-01-1", 0, "no finite step"),
    ("ex-01-1", 0.8, "ten times"),
    ("ex-01-1", 0.95, "ten times"),
    ("ex-01-1", 1.69, "divided by"),
    ("ex-01-1", 59, "percent"),
    ("ex-01-1", 0.41, "is gone"),
    ("ex-01-2", forward(1, 1), "Both square roots"),
    ("ex-01-2", forward(1, 0.5), "not by 1 - beta"),
    ("ex-01-2", forward(0.5, 1), "variance"),
    ("ex-01-2", forward(0, 0.5), "naive"),
    ("ex-01-2", lambda x, beta, eps: x, "of strength 1"),
    ("ex-01-2", lambda x, beta, eps: forward()(x, 1 - beta, eps), "way round"),
    (
        "ex-01-2",
        lambda x, beta, eps: forward()(x, beta, torch.randn_like(x)),
        "it is given",
    ),
    (
        "ex-01-2",  # the roots of two levels, typed in
        lambda x, beta, eps: forward()(x, 0.02 if beta < 0.1 else 0.5, eps),
        "of strength 1",
    ),
    ("ex-01-3", back(power=2), "sigma squared"),
    ("ex-01-3", back(of_x0=0), "its alpha"),
    ("ex-01-3", back(of_eps=0), "less of it"),
    ("ex-01-3", back(divided=0), "divide by it"),
    ("ex-01-3", back(divided=2), "told the true noise"),
    ("ex-01-3", lambda x, t, e, a, s: (x - s[t] * e) / a[t], "clean point itself"),
    ("ex-01-4", 0.15, "Less"),
    ("ex-01-4", 0.1, "More"),
    ("ex-01-4", 12, "ValueError"),
    ("ex-01-4", 0.06, "the power"),
    ("ex-01-4", 0.03, "More"),
    ("ex-01-5", walk_with(stride=1), "next stop"),
    ("ex-01-5", walk_with(ask_at_end=True), "ends there"),
    ("ex-01-5", lambda guess, x, stops, alpha, sigma: x, "asked at"),
    ("ex-01-5", path, "last x alone"),
    ("ex-01-5", leap, "next stop"),
    (
        "ex-01-5",
        lambda guess, x, stops, alpha, sigma: walk(
            lambda x, t: guess(x, t[0]), x, stops, alpha, sigma
        ),
        "of shape",
    ),
    ("ex-01-6", "CADB", "wrong way round"),
    ("ex-01-6", "BDCA", "comes last"),
    ("ex-01-6", "DBAC", "hiss"),
    ("ex-01-6", "AABC", "each of"),
    ("ex-01-7", lambda v, b: variance(v, b) ** 0.5, "the strength"),
    ("ex-01-7", lambda v, b: v * (1 - b).prod(), "noise adds"),
    ("ex-01-7", lambda v, b: v + b.sum(), "naive"),
    ("ex-01-7", lambda v, b: v * (1 - b).prod() + b.sum(), "Later steps"),
    ("ex-01-7", lambda v, b: 1 + (v - 1) * (1 - b).prod().sqrt(), "not by its root"),
    ("ex-01-7", lambda v, b: 1 + (v - 1) * (1 - b.sum()), "their product"),
    ("ex-01-7", lambda v, b: 1.0, "it should be"),
    ("ex-01-7", lambda v, b: (1 - b).prod(), "it should be"),
]
