"""Chapter 3: right answers, and wrong ones with the hint that each should get."""

import torch


def alpha_bar(betas):
    return torch.cat([betas.new_ones(1), (1 - betas).cumprod(0)])


def straight(t, slope=80.0, start=40.0):
    r = 10 ** ((start - slope * t) / 10)
    return (r / (1 + r)).sqrt(), (1 / (1 + r)).sqrt()


RIGHT = [
    ("ex-03-1", -20),
    ("ex-03-1", torch.tensor([-20.0])),
    ("ex-03-2", alpha_bar),
    ("ex-03-3", lambda x, beta, eps: (1 - beta).sqrt() * x + beta.sqrt() * eps),
    ("ex-03-4", 0.11),
    ("ex-03-5", straight),
    ("ex-03-6", ["organ", "Bird", "kick"]),
]
WRONG = [
    ("ex-03-1", -10, "tenth of the power"),
    ("ex-03-1", 20, "or weaker"),
    ("ex-03-1", -3, "10 log10"),
    ("ex-03-1", -19, "10 log10"),
    ("ex-03-2", lambda b: (1 - b).cumprod(0), "T + 1"),
    ("ex-03-2", lambda b: alpha_bar(b).sqrt(), "square root"),
    ("ex-03-2", lambda b: b.cumprod(0), "not what it adds"),
    ("ex-03-2", lambda b: 1 - alpha_bar(b), "share of the noise"),
    ("ex-03-2", lambda b: torch.ones(8), "first i factors"),
    ("ex-03-3", lambda x, b, e: (1 - b).sqrt() * x + b * e, "Still the buggy"),
    ("ex-03-3", lambda x, b, e: (1 - b) * x + b * e, "both roots"),
    ("ex-03-3", lambda x, b, e: (1 - b) * x + b.sqrt() * e, "signal has lost"),
    ("ex-03-3", lambda x, b, e: x + b.sqrt() * e, "squares of the two"),
    ("ex-03-4", 0.02, "larger steps"),
    ("ex-03-4", 0.06, "a little more"),
    ("ex-03-4", 0.3, "more than was asked"),
    ("ex-03-5", lambda t: (1 - t, t), "squares should sum"),
    ("ex-03-5", lambda t: (1 + t, t), "is not 1"),
    ("ex-03-5", lambda t: straight(1 - t), "other way round"),
    ("ex-03-5", lambda t: straight(t, 40.0, 20.0), "20 to -20"),
    ("ex-03-5", lambda t: straight(t, 160.0, 80.0), "80 to -80"),
    ("ex-03-5", lambda t: straight(t, 50.0), "40.0 dB to -10.0 dB"),
    ("ex-03-6", ["bird", "organ", "kick"], "1 of 3"),
    ("ex-03-6", ["organ", "organ", "kick"], "each once"),
]
