"""Chapter 4: right answers, and wrong ones with the hint that each should get."""

from minidiff.exercises.ch04 import error


def both(x_t, v, alpha, sigma):
    return alpha * x_t - sigma * v, sigma * x_t + alpha * v


def score(denoiser, x, t):
    alpha, sigma = denoiser.schedule(t)
    return (alpha * denoiser(x, t) - x) / sigma**2


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
    ("ex-04-2", both),
    ("ex-04-3", lambda out, eps: (out.flatten() - eps).square().mean()),
    ("ex-04-4", time_at(0.5)),
    ("ex-04-5", score),
    ("ex-04-6", ["eps", "x_t", "x0"]),
]
WRONG = [
    ("ex-04-1", 1, "hedges"),
    ("ex-04-1", 0.8, "probability"),
    ("ex-04-1", 0, "equally likely"),
    ("ex-04-1", 0.2, "Weigh both"),
    ("ex-04-2", lambda x, v, a, s: both(x, v, a, s)[::-1], "x0 first"),
    ("ex-04-2", lambda x, v, a, s: both(x, -v, a, s), "Check a sign"),
    ("ex-04-2", lambda x, v, a, s: ((x - s * v) / a, v), "no division"),
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
    ("ex-04-6", ["x0", "x_t", "eps"], "free of noise"),
    ("ex-04-6", ["x_t", "eps", "x0"], "other two"),
    ("ex-04-6", ["x_t", "x_t", "x0"], "each once"),
]  # fmt: skip
