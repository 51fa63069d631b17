"""Chapter 3: right answers, and wrong ones with the hint that each should get."""

import itertools
import math

import numpy as np
import torch


def alpha_bar(betas):
    return torch.cat([betas.new_ones(1), (1 - betas).cumprod(0)])


def straight(t, slope=80.0, start=40.0):
    r = 10 ** ((start - slope * t) / 10)
    return (r / (1 + r)).sqrt(), (1 / (1 + r)).sqrt()


def alpha_bar_by_loop(betas):
    return list(itertools.accumulate(1 - betas, lambda a, b: a * b, initial=1.0))


def step(x, beta, eps, power_x=0.5, power_eps=0.5):
    return (1 - beta) ** power_x * x + beta**power_eps * eps


def straight_by_angle(t):
    """Through the angle whose tangent is sigma / alpha."""
    angle = torch.atan(10 ** (-(40 - 80 * t) / 20))
    return [angle.cos(), angle.sin()]


def straight_by_log(t):
    """Machine learning's words: a logistic function of half the SNR."""
    log_snr = math.log(10) / 10 * (40 - 80 * t)
    return torch.stack([log_snr.sigmoid(), (-log_snr).sigmoid()]).sqrt()


def onward(a_s, s_s, a_t, s_t):
    keep = a_t / a_s
    return keep, (s_t**2 - keep**2 * s_s**2).sqrt()


def onward_by_numbers(*levels):
    a_s, s_s, a_t, s_t = map(float, levels)
    return np.array([a_t / a_s, math.sqrt(s_t**2 - (a_t * s_s / a_s) ** 2)])


def onward_with(add):
    """The right share of the signal, another of the noise."""
    return lambda a_s, s_s, a_t, s_t: (a_t / a_s, add(a_s, s_s, a_t, s_t))


RIGHT = [
    ("ex-03-1", -20),
    ("ex-03-1", torch.tensor([-20.0])),
    ("ex-03-1", "-20"),
    ("ex-03-2", alpha_bar),
    ("ex-03-2", alpha_bar_by_loop),
    ("ex-03-2", lambda b: np.cumprod(np.append(1.0, 1 - b.numpy()))),
    ("ex-03-3", step),
    ("ex-03-3", lambda x, beta, eps: (1 - beta).sqrt() * x + beta.sqrt() * eps),
    ("ex-03-3", lambda x, b, e: math.sqrt(1 - b) * x + math.sqrt(b) * e),
    ("ex-03-3", lambda x, b, e: x.mul_(torch.sqrt(1 - b)).add_(torch.sqrt(b) * e)),
    ("ex-03-4", 0.11),
    ("ex-03-4", torch.tensor(0.1)),
    ("ex-03-4", "0,12"),
    ("ex-03-5", straight),
    ("ex-03-5", straight_by_angle),
    ("ex-03-5", straight_by_log),
    ("ex-03-6", ["organ", "Bird", "kick"]),
    ("ex-03-6", "organ, bird, kick"),
    ("ex-03-6", {"A": "organ", "C": "kick", "B": "bird"}),
    ("ex-03-7", onward),
    ("ex-03-7", onward_by_numbers),
]
WRONG = [
    ("ex-03-1", -10, "tenth of the power"),
    ("ex-03-1", 20, "or weaker"),
    ("ex-03-1", -3, "10 log10"),
    ("ex-03-1", -19, "10 log10"),
    ("ex-03-1", -40, "Squared twice"),
    ("ex-03-2", lambda b: (1 - b).cumprod(0), "T + 1"),
    ("ex-03-2", lambda b: alpha_bar(b).sqrt(), "square root"),
    ("ex-03-2", lambda b: b.cumprod(0), "not what it adds"),
    ("ex-03-2", lambda b: 1 - alpha_bar(b), "share of the noise"),
    ("ex-03-2", lambda b: torch.ones(8), "first i factors"),
    ("ex-03-2", lambda b: torch.cat([b.new_ones(1), 1 - b]), "multiply them up"),
    ("ex-03-2", lambda b: 1 - torch.cat([b.new_zeros(1), b.cumsum(0)]), "Sums of"),
    ("ex-03-2", lambda b: alpha_bar(b).flip(0), "first i factors"),
    (
        "ex-03-2",  # right for tiny steps only
        lambda b: torch.cat([b.new_zeros(1), -b.cumsum(0)]).exp(),
        "first i factors",
    ),
    ("ex-03-3", lambda x, b, e: (1 - b).sqrt() * x + b * e, "Still the buggy"),
    ("ex-03-3", lambda x, b, e: (1 - b) * x + b * e, "both roots"),
    ("ex-03-3", lambda x, b, e: (1 - b) * x + b.sqrt() * e, "signal has lost"),
    ("ex-03-3", lambda x, b, e: x + b.sqrt() * e, "only grows"),
    ("ex-03-3", lambda x, b, e: step(x, 1 - b, e), "squares of the two"),
    ("ex-03-3", lambda x, b, e: 0.8 * x + 0.6 * e, "squares of the two"),
    ("ex-03-3", lambda x, b, e: (1 - b**2).sqrt() * x + b * e, "squares of the two"),
    ("ex-03-4", 0.02, "larger steps"),
    ("ex-03-4", 0.06, "a little more"),
    ("ex-03-4", 0.3, "more than was asked"),
    ("ex-03-5", lambda t: (1 - t, t), "squares should sum"),
    ("ex-03-5", lambda t: (1 + t, t), "is not 1"),
    ("ex-03-5", lambda t: straight(1 - t), "other way round"),
    ("ex-03-5", lambda t: straight(t, 40.0, 20.0), "20 to -20"),
    ("ex-03-5", lambda t: straight(t, 160.0, 80.0), "80 to -80"),
    ("ex-03-5", lambda t: straight(t, 50.0), "or not evenly"),
    ("ex-03-5", lambda t: straight(t)[0], "two things"),
    ("ex-03-5", lambda t: [level**2 for level in straight(t)], "squares should sum"),
    ("ex-03-5", lambda t: straight(t**2), "or not evenly"),
    ("ex-03-5", lambda t: [-level for level in straight(t)], "not below 0"),
    ("ex-03-6", ["bird", "organ", "kick"], "1 of 3"),
    ("ex-03-6", "kick organ bird", "0 of 3"),
    ("ex-03-6", "ABC", "each once"),
    ("ex-03-6", ["organ", "organ", "kick"], "each once"),
    ("ex-03-7", lambda a_s, s_s, a_t, s_t: (a_t, s_t), "not all of it"),
    ("ex-03-7", lambda a_s, s_s, a_t, s_t: (a_s / a_t, s_t), "should be alpha_t"),
    ("ex-03-7", lambda a_s, s_s, a_t, s_t: a_t / a_s, "two things"),
    ("ex-03-7", lambda a_s, s_s, a_t, s_t: (1.0, s_t), "stands before x0"),
    ("ex-03-7", onward_with(lambda a_s, s_s, a_t, s_t: s_t), "of its own"),
    ("ex-03-7", onward_with(lambda a_s, s_s, a_t, s_t: s_t - s_s), "not in size"),
    (
        "ex-03-7",
        onward_with(lambda a_s, s_s, a_t, s_t: s_t - a_t / a_s * s_s),
        "not in size",
    ),
    (
        "ex-03-7",
        onward_with(lambda a_s, s_s, a_t, s_t: (s_t**2 - s_s**2).sqrt()),
        "multiplied by keep",
    ),
    (
        "ex-03-7",
        onward_with(lambda a_s, s_s, a_t, s_t: (1 - (a_t / a_s) ** 2).sqrt()),
        "holds only where",
    ),
    ("ex-03-7", lambda *levels: (onward(*levels)[0], onward(*levels)[1] ** 2), "root"),
]
