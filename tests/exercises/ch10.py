"""Chapter 10: right answers, and wrong ones with the hint that each should get."""

import math
from bisect import bisect_left

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


def nearest_step(levels, schedule):
    """Without going between the steps."""
    alpha = schedule(GRID)[0]
    return [GRID[(alpha - level).abs().argmin()].item() for level in levels]


def halved(levels, schedule):
    """By a search for each, as the chapter does; tensors of one number each."""
    found = []
    for level in levels:
        k = bisect_left(range(100_001), -level, key=lambda k: -schedule(k / 1e5)[0])
        found.append(torch.tensor([k / 1e5]))
    return found


def hard_coded(levels, schedule):
    return negative([0.9, 0.5, 0.1, 0.3][: len(levels)], schedule)


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
        return torch.hypot(a, s) / torch.hypot(*self.schedule(t))

    def shaped(self, scale, x):
        return scale.view(-1, *[1] * (x.dim() - 1))

    def __call__(self, x, t, cond=None):
        old = self.old_time(t)
        scale = self.shaped(torch.as_tensor(self.scale(old, t)), x)
        return self.denoiser(x * scale, old, cond)


class ByNoise(Elsewhere):
    """The same ratio of levels, seen from the noise."""

    def scale(self, old, t):
        return self.denoiser.schedule(old)[1] / self.schedule(t)[1]


class PointsOnly(Elsewhere):
    def shaped(self, scale, x):
        return scale[:, None]


class SameTime(Elsewhere):
    def old_time(self, t):
        return t

    def scale(self, old, t):
        return torch.ones(len(t))


class Unscaled(Elsewhere):
    def scale(self, old, t):
        return torch.ones(len(t))


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


def loop(a):
    """Without matrices."""
    near = []
    for i, x in enumerate(a):
        near.append(min((x - y).norm() for j, y in enumerate(a) if j != i))
    return sum(near) / len(near)


def reach(spare=1, own=False, less=1, strides=True, dilated=True):
    def answer(layers):
        total, step = spare, 1
        for kernel, dilation, stride in layers:
            now = step * stride if own else step
            total += (kernel - less) * (dilation if dilated else 1) * now
            step *= stride if strides else 1
        return total

    return answer


def in_columns(layers):
    kernel, dilation, stride = np.array(layers).T
    before = np.cumprod([1, *stride[:-1]])
    return 1 + ((kernel - 1) * dilation * before).sum()


def last_stride_only(layers):
    return 1 + sum((k - 1) * d * s for k, d, s in layers)


def by_gradient(layers):
    """What the layers themselves say: which samples one answer depends on."""
    size = 600
    x = torch.zeros(1, 1, size, dtype=torch.float64, requires_grad=True)
    h = x
    for kernel, dilation, stride in layers:
        weight = torch.ones(1, 1, kernel, dtype=torch.float64)
        h = torch.nn.functional.conv1d(h, weight, stride=stride, dilation=dilation)
    h[0, 0, 0].backward()
    where = x.grad[0, 0].nonzero()
    return (where.max() - where.min() + 1).item()


RIGHT = [
    ("ex-10-1", 253),
    ("ex-10-1", "253"),
    ("ex-10-1", torch.tensor(253)),
    ("ex-10-2", level),
    ("ex-10-2", told(lambda a, s: a / math.sqrt(a**2 + s**2))),
    ("ex-10-2", told(lambda a, s: a / (a**2 + s**2).sqrt())),
    ("ex-10-2", told(lambda a, s: np.cos(np.arctan2(s, a)))),
    ("ex-10-2", told(lambda a, s: (1 / (1 + (s / a) ** 2)) ** 0.5)),
    ("ex-10-3", lookup()),
    ("ex-10-3", negative),
    ("ex-10-3", nearest_step),
    ("ex-10-3", halved),
    ("ex-10-4", 0.2),
    ("ex-10-4", "0,20"),
    ("ex-10-5", Elsewhere),
    ("ex-10-5", lambda denoiser, schedule: Elsewhere(denoiser, schedule)),
    ("ex-10-5", ByNoise),
    ("ex-10-6", "BAC"),
    ("ex-10-6", ["b", "a", "c"]),
    ("ex-10-7", nearest_other),
    ("ex-10-7", second),
    ("ex-10-7", loop),
    ("ex-10-8", reach()),
    ("ex-10-8", by_gradient),
    ("ex-10-8", in_columns),
]
WRONG = [
    ("ex-10-1", 252, "itself counts"),
    ("ex-10-1", 127, "one cycle"),
    ("ex-10-1", 126, "to both sides"),
    ("ex-10-1", 8191, "begins again"),
    ("ex-10-1", 25, "without dilation"),
    ("ex-10-1", 16_129, "do not multiply"),
    ("ex-10-1", 12, "twice its dilation"),
    ("ex-10-2", told(lambda a, s: a), "is always 1"),
    ("ex-10-2", told(lambda a, s: (1 + (s / a) ** -2) ** -0.5), "share of the noise"),
    ("ex-10-2", told(lambda a, s: a / math.hypot(a, s, 0.1)), "over the size"),
    ("ex-10-2", told(lambda a, s: a**2 / (a**2 + s**2)), "a root is missing"),
    ("ex-10-2", told(lambda a, s: s / torch.hypot(a, s)), "share of the noise"),
    ("ex-10-2", told(lambda a, s: a / (a + s)), "powers add"),
    ("ex-10-2", told(lambda a, s: a / s), "no end"),
    ("ex-10-3", lookup(lambda a: a, lambda t: t), "one time for all"),
    ("ex-10-3", lookup(t=lambda t: t), "but not the times"),
    ("ex-10-3", lookup(lambda a: a.flip(0) ** 2), "and it should be"),
    ("ex-10-3", lookup(t=lambda t: 1000 * t.flip(0)), "between 0 and 1"),
    ("ex-10-3", lambda v, s: lookup()(sorted(v), s), "in another order"),
    ("ex-10-3", lambda v, s: lookup()([0.9, 0.5, 0.1], s), "as many times"),
    (
        "ex-10-3",
        hard_coded,
        "and it should be",
    ),
    ("ex-10-4", 0.05, "too much"),
    ("ex-10-4", 0.5, "a smaller one"),
    ("ex-10-4", 20, "between 0 and 1"),
    ("ex-10-5", SameTime, "the new schedule's time"),
    ("ex-10-5", Unscaled, "x is not scaled"),
    ("ex-10-5", Scaled, "off by up to"),
    ("ex-10-5", Lost, "it is the new one"),
    ("ex-10-5", Silent, "returns nothing"),
    ("ex-10-5", Deaf, "does not reach"),
    ("ex-10-5", PointsOnly, "not for waveforms"),
    ("ex-10-6", "CAB", "wrong way round"),
    ("ex-10-6", "ABC", "it comes first"),
    ("ex-10-6", "BCA", "hard to find"),
    ("ex-10-6", "A", "Use each"),
    ("ex-10-7", lambda a: torch.cdist(a, a).min(1).values.mean(), "finds itself"),
    ("ex-10-7", lambda a: torch.cdist(a, a).max(1).values.mean(), "the farthest"),
    ("ex-10-7", lambda a: torch.pdist(a).min(), "nearest pair of all"),
    ("ex-10-7", lambda a: torch.cdist(a, a).mean(), "over all pairs"),
    ("ex-10-7", no_zeros, "by its place"),
    ("ex-10-7", lambda a: torch.pdist(a).mean(), "over all pairs"),
    ("ex-10-7", lambda a: 5 * nearest_other(a), "divide by how many"),
    ("ex-10-7", lambda a: torch.cdist(a, a).kthvalue(2).values.median(), "middle one"),
    ("ex-10-7", lambda a: torch.cdist(a, a).kthvalue(3).values.mean(), "five points"),
    ("ex-10-8", reach(spare=0), "one more"),
    ("ex-10-8", lambda layers: reach()(layers[::-1]), "wrong way round"),
    ("ex-10-8", reach(strides=False), "strides are missing"),
    ("ex-10-8", reach(less=0), "k - 1 gaps"),
    ("ex-10-8", reach(dilated=False), "d wide"),
    ("ex-10-8", last_stride_only, "the layer's own"),
    ("ex-10-8", reach(own=True), "it should be"),
    ("ex-10-8", lambda layers: 253, "it should be"),
]
