"""Chapter 4: right answers, and wrong ones with the hint that each should get."""

import torch
import torch.nn.functional as F

from minidiff.exercises.ch04 import error


def both(x_t, v, alpha, sigma):
    return alpha * x_t - sigma * v, sigma * x_t + alpha * v


def score(denoiser, x, t):
    alpha, sigma = denoiser.schedule(t)
    return (alpha * denoiser(x, t) - x) / sigma**2


def score_by_steps(denoiser, x, t):
    """By way of eps, as the chapter writes it; a float for t or a tensor."""
    alpha, sigma = denoiser.schedule(torch.tensor(t))
    eps_hat = (x - alpha * denoiser(x, torch.tensor(t))) / sigma
    return -eps_hat / sigma


def slope(denoiser, x, t):
    x = x.clone().requires_grad_()
    return torch.autograd.grad(denoiser(x, t).sum(), x)[0]


def spread(denoiser, x, t, factor=lambda alpha, sigma: sigma**2 / alpha):
    return factor(*denoiser.schedule(t)) * slope(denoiser, x, t)


def neighbours(denoiser, x, t, h=1e-4):
    alpha, sigma = map(float, denoiser.schedule(t))
    return sigma**2 / alpha * (denoiser(x + h, t) - denoiser(x - h, t)) / (2 * h)


def next_one(denoiser, x, t, h=1e-3):
    """From two neighbouring points, as the chapter draws it: a little beside."""
    alpha, sigma = map(float, denoiser.schedule(t))
    return sigma**2 / alpha * (denoiser(x + h, t) - denoiser(x, t)) / h


def time_at(share):
    """The time at which the exact guess's error is `share` of that at t = 1."""
    low, high, whole = 0.01, 1.0, error(1.0)
    for _ in range(12):
        middle = (low + high) / 2
        if error(middle) < share * whole:
            low = middle
        else:
            high = middle
    return high


RIGHT = [
    ("ex-04-1", 0.6),
    ("ex-04-1", "0,6"),
    ("ex-04-1", torch.tensor([0.6])),
    ("ex-04-2", both),
    ("ex-04-2", lambda x, v, a, s: [*both(x, v, a, s)]),
    ("ex-04-2", lambda x, v, a, s: torch.stack(both(x, v, a, s))),
    ("ex-04-3", lambda out, eps: (out.flatten() - eps).square().mean()),
    ("ex-04-3", lambda out, eps: F.mse_loss(out.squeeze(-1), eps)),
    ("ex-04-3", lambda out, eps: (eps - out).diagonal().square().mean()),
    ("ex-04-3", lambda out, eps: ((eps[:, None] - out) ** 2).mean().item()),
    ("ex-04-4", time_at(0.5)),
    ("ex-04-4", f"{time_at(0.5):.2f}"),
    ("ex-04-5", score),
    ("ex-04-5", score_by_steps),
    ("ex-04-6", ["eps", "x_t", "x0"]),
    ("ex-04-6", "eps_hat, x_t, x0_hat"),
    ("ex-04-7", spread),
    ("ex-04-7", neighbours),
    ("ex-04-7", next_one),
]
WRONG = [
    ("ex-04-1", 1, "hedges"),
    ("ex-04-1", 0.8, "probability"),
    ("ex-04-1", 0, "equally likely"),
    ("ex-04-1", 0.2, "Weigh both"),
    ("ex-04-2", lambda x, v, a, s: both(x, v, a, s)[::-1], "x0 first"),
    ("ex-04-2", lambda x, v, a, s: both(x, -v, a, s), "Check a sign"),
    ("ex-04-2", lambda x, v, a, s: ((x - s * v) / a, v), "takes v for eps"),
    (
        "ex-04-2",
        lambda x, v, a, s: ((x0 := a * x - s * v), (x - a * x0) / s),
        "Where sigma is 0",
    ),
    (
        "ex-04-2",
        lambda x, v, a, s: ((x - s * (s * x + a * v)) / a, s * x + a * v),
        "Where alpha is 0",
    ),
    ("ex-04-2", lambda x, v, a, s: (a * x - s * v, s * x - a * v), "sign of v in eps"),
    (
        "ex-04-2",
        lambda x, v, a, s: (0.8 * x - 0.6 * v, s * x + a * v),
        "x0 is not right",
    ),
    ("ex-04-2", lambda x, v, a, s: (x, v), "x0 is not right"),
    ("ex-04-2", lambda x, v, a, s: (a * x - s * v, v), "eps not yet"),
    ("ex-04-3", lambda out, eps: (eps - out).square().mean(), "is the difference"),
    ("ex-04-3", lambda out, eps: 0 * out.mean(), "answers 0"),
    (
        "ex-04-3",
        lambda out, eps: (out[:, 0] - eps).abs().mean() * eps.square().mean()
        / eps.abs().mean(),
        "too high",
    ),
    ("ex-04-4", time_at(0.5**0.5), "squared"),
    ("ex-04-4", 0.3, "of the error at t = 1"),
    ("ex-04-4", 1.5, "between 0 and 1"),
    ("ex-04-5", lambda d, x, t: score(d, x, t) * d.schedule(t)[1], "That is -eps"),
    ("ex-04-5", lambda d, x, t: -score(d, x, t), "downhill"),
    ("ex-04-5", lambda d, x, t: (d(x, t) - x) / d.schedule(t)[1] ** 2, "Karras only"),
    ("ex-04-5", lambda d, x, t: x, "not the slope"),
    ("ex-04-5", lambda d, x, t: 0 * x, "not the slope"),
    (
        "ex-04-5",
        lambda d, x, t: score(d, x, t) * d.schedule(t)[0] / d.schedule(t)[0],
        "not finite",
    ),
    ("ex-04-6", ["x0", "x_t", "eps"], "free of noise"),
    ("ex-04-6", ["x_t", "eps", "x0"], "other two"),
    ("ex-04-6", ["x_t", "x_t", "x0"], "each once"),
    ("ex-04-6", "ABC", "each once"),
    ("ex-04-7", slope, "slope itself"),
    ("ex-04-7", lambda *a: spread(*a, lambda alpha, sigma: sigma**2), "lacks alpha"),
    ("ex-04-7", lambda *a: spread(*a, lambda alpha, sigma: sigma), "missing too"),
    ("ex-04-7", lambda *a: spread(*a, lambda alpha, sigma: sigma / alpha), "squared:"),
    (
        "ex-04-7",
        lambda *a: spread(*a, lambda alpha, sigma: alpha / sigma**2),
        "stands on its head",
    ),
    (
        "ex-04-7",
        lambda *a: spread(*a, lambda alpha, sigma: (sigma / alpha) ** 2),
        "once: step 2",
    ),
    ("ex-04-7", lambda *a: spread(*a).sqrt(), "standard deviation"),
    ("ex-04-7", lambda d, x, t: spread(d, x, t)[:, 0], "shape"),
    ("ex-04-7", lambda d, x, t: d(x, t) ** 2, "the variance at"),
]  # fmt: skip
