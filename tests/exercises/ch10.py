"""Chapter 10: right answers, and wrong ones with the hint that each should get."""

import numpy as np
import torch

GRID = torch.linspace(0, 1, 1001, dtype=torch.float64)


def level(schedule, t):
    alpha, sigma = schedule(t)
    return alpha / torch.hypot(alpha, sigma)


def told(formula):
    return lambda schedule, t: formula(*schedule(t))


def lookup(alpha=lambda a: a.flip(0), t=lambda t: t.flip(0)):
    def times_at(levels, schedule):
        return np.interp(levels, alpha(schedule(GRID)[0]), t(GRID))

    return times_at


def negative(levels, schedule):
    return torch.from_numpy(np.interp(-np.array(levels), -schedule(GRID)[0], GRID))


class Elsewhere:
    def __init__(self, denoiser, schedule):
        self.denoiser, self.schedule = denoiser, schedule

    def old_time(self, t):
        grid = torch.linspace(1e-4, 1 - 1e-4, 9999, dtype=torch.float64)
        alpha, sigma = self.denoiser.schedule(grid)
        a, s = self.schedule(t)
        return torch.from_numpy(np.interp((s / a).log(), (sigma / alpha).log(), grid))

    def scale(self, old, t):
        a, s = self.denoiser.schedule(old)
        return (torch.hypot(a, s) / torch.hypot(*self.schedule(t)))[:, None]

    def __call__(self, x, t, cond=None):
        old = self.old_time(t)
        return self.denoiser(x * self.scale(old, t), old, cond)


class SameTime(Elsewhere):
    def old_time(self, t):
        return t

    def scale(self, old, t):
        return 1.0


class Unscaled(Elsewhere):
    def scale(self, old, t):
        return 1.0


class Scaled(Elsewhere):
    def scale(self, old, t):
        return 1 / super().scale(old, t)


class Lost(Elsewhere):
    def __init__(self, denoiser, schedule):
        super().__init__(denoiser, schedule)
        self.new, self.schedule = schedule, denoiser.schedule


class Deaf(Elsewhere):
    def __call__(self, x, t, cond=None):
        return super().__call__(x, t)


class Silent(Elsewhere):
    def __call__(self, x, t, cond=None):
        super().__call__(x, t, cond)


def nearest_other(a):
    return torch.cdist(a, a).fill_diagonal_(torch.inf).min(1).values.mean()


def second(a):
    return torch.cdist(a, a).kthvalue(2, 1).values.mean()


def no_zeros(a):
    apart = torch.cdist(a, a)
    return apart.masked_fill(apart == 0, torch.inf).min(1).values.mean()


RIGHT = [
    ("ex-10-1", 253),
    ("ex-10-2", level),
    ("ex-10-2", told(lambda a, s: (1 / (1 + (s / a) ** 2)) ** 0.5)),
    ("ex-10-3", lookup()),
    ("ex-10-3", negative),
    ("ex-10-4", 0.2),
    ("ex-10-5", Elsewhere),
    ("ex-10-6", "A"),
    ("ex-10-7", nearest_other),
    ("ex-10-7", second),
]
WRONG = [
    ("ex-10-1", 252, "itself counts"),
    ("ex-10-1", 127, "one cycle"),
    ("ex-10-1", 8191, "begins again"),
    ("ex-10-1", 25, "without dilation"),
    ("ex-10-1", 16_129, "do not multiply"),
    ("ex-10-1", 12, "twice its dilation"),
    ("ex-10-2", told(lambda a, s: a), "always 1"),
    ("ex-10-2", told(lambda a, s: a**2 / (a**2 + s**2)), "a root is missing"),
    ("ex-10-2", told(lambda a, s: s / torch.hypot(a, s)), "share of the noise"),
    ("ex-10-2", told(lambda a, s: a / (a + s)), "powers add"),
    ("ex-10-2", told(lambda a, s: a / s), "no end"),
    ("ex-10-3", lookup(lambda a: a, lambda t: t), "one time for all"),
    ("ex-10-3", lookup(t=lambda t: t), "but not the times"),
    ("ex-10-3", lookup(lambda a: a.flip(0) ** 2), "and it should be"),
    ("ex-10-3", lookup(t=lambda t: 1000 * t.flip(0)), "between 0 and 1"),
    ("ex-10-4", 0.05, "too much"),
    ("ex-10-4", 0.5, "a smaller one"),
    ("ex-10-4", 20, "between 0 and 1"),
    ("ex-10-5", SameTime, "the new schedule's time"),
    ("ex-10-5", Unscaled, "x is not scaled"),
    ("ex-10-5", Scaled, "off by up to"),
    ("ex-10-5", Lost, "it is the new one"),
    ("ex-10-5", Silent, "returns nothing"),
    ("ex-10-5", Deaf, "does not reach"),
    ("ex-10-6", "B", "stand out"),
    ("ex-10-6", "C", "Answer"),
    ("ex-10-7", lambda a: torch.cdist(a, a).min(1).values.mean(), "finds itself"),
    ("ex-10-7", lambda a: torch.cdist(a, a).max(1).values.mean(), "the farthest"),
    ("ex-10-7", lambda a: torch.pdist(a).min(), "nearest pair of all"),
    ("ex-10-7", lambda a: torch.cdist(a, a).mean(), "over all pairs"),
    ("ex-10-7", no_zeros, "by its place"),
]
