"""Chapter 1: right answers, and wrong ones with the hint that each should get."""

from itertools import pairwise

import torch


def back(power=1, of_x0=1, of_eps=1):
    def step_back(x, t, eps_hat, alpha, sigma):
        x0_hat = (x - sigma[t] ** power * eps_hat) / alpha[t]
        return alpha[t - of_x0] * x0_hat + sigma[t - of_eps] * eps_hat

    return step_back


def forward(power_x=0.5, power_eps=0.5):
    return lambda x, beta, eps: (1 - beta) ** power_x * x + beta**power_eps * eps


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


RIGHT = [
    ("ex-01-1", 0.59),
    ("ex-01-2", forward()),
    ("ex-01-3", back()),
    ("ex-01-4", 0.12),
    ("ex-01-5", walk),
    ("ex-01-6", "BDAC"),
]
WRONG = [
    ("ex-01-1", 0.35, "power"),
    ("ex-01-1", 1e-5, "stays"),
    ("ex-01-1", 0, "no finite step"),
    ("ex-01-1", 0.8, "ten times"),
    ("ex-01-2", forward(1, 1), "Both square roots"),
    ("ex-01-2", forward(1, 0.5), "not by 1 - beta"),
    ("ex-01-2", forward(0.5, 1), "variance"),
    ("ex-01-2", forward(0, 0.5), "naive"),
    ("ex-01-2", lambda x, beta, eps: x, "strength"),
    ("ex-01-3", back(power=2), "sigma squared"),
    ("ex-01-3", back(of_x0=0), "its alpha"),
    ("ex-01-3", back(of_eps=0), "true noise"),
    ("ex-01-4", 0.15, "Less"),
    ("ex-01-4", 0.06, "the power"),
    ("ex-01-4", 0.03, "More"),
    ("ex-01-5", walk_with(stride=1), "next stop"),
    ("ex-01-5", walk_with(ask_at_end=True), "ends there"),
    ("ex-01-5", lambda guess, x, stops, alpha, sigma: x, "asked at"),
    ("ex-01-6", "CADB", "wrong way round"),
    ("ex-01-6", "BDCA", "comes last"),
    ("ex-01-6", "DBAC", "hiss"),
    ("ex-01-6", "AABC", "each of"),
]
