"""Chapter 21: right answers, and wrong ones with the hint that each should get."""

import math
from itertools import pairwise

import torch

import minidiff as md


def pair(f, x0, eps, t, s):
    now = f(md.diffuse(x0, t, eps, f.schedule), t)
    with torch.no_grad():
        target = f(md.diffuse(x0, s, eps, f.schedule), s)
    return now, target


def by_hand(f, x0, eps, t, s):
    """Levels by hand, the target detached, a list."""

    def at(time):
        alpha, sigma = (level[:, None] for level in f.schedule(time))
        return f(alpha * x0 + sigma * eps, time)

    return [at(t), at(s).detach()]


def with_gradient(f, x0, eps, t, s):
    return pair(f, x0, eps, t, s)[0], f(md.diffuse(x0, s, eps, f.schedule), s)


def swapped(f, x0, eps, t, s):
    return pair(f, x0, eps, t, s)[::-1]


def denoising(f, x0, eps, t, s):
    return pair(f, x0, eps, t, s)[0], x0


def fresh(f, x0, eps, t, s):
    return pair(f, x0, eps, t, s)[0], pair(f, x0, torch.randn_like(eps), t, s)[1]


def not_noised(f, x0, eps, t, s):
    x_t = md.diffuse(x0, t, eps, f.schedule)
    return f(x_t, t), f(x_t, s).detach()


def unlearned(f, x0, eps, t, s):
    with torch.no_grad():
        return pair(f, x0, eps, t, s)


def loss(f, x0, eps, t, s):
    now, target = pair(f, x0, eps, t, s)
    return (now - target).square().mean()


def levels(t, schedule):
    return (level[:, None] for level in schedule(t))


def by_v(net, x, t, schedule):
    alpha, sigma = levels(t, schedule)
    return alpha * x - sigma * net(x, t)


def by_skip(net, x, t, schedule):
    """As Song et al. 2023 write it."""
    _, sigma = levels(t, schedule)
    return x / (1 + sigma**2) + sigma / (1 + sigma**2).sqrt() * net(x, t)


def mixed(net, x, t, schedule):
    return (1 - t[:, None]) * x + t[:, None] * net(x, t)


def plain(net, x, t, schedule):
    return net(x, t)


def added(net, x, t, schedule):
    return x + net(x, t)


def deaf(net, x, t, schedule):
    return x


def divided(net, x, t, schedule):
    alpha, _ = levels(t, schedule)
    return x / alpha + 0 * net(x, t)


def strides(u, x, times):
    for t, s in pairwise(times):
        x = x - (t - s) * u(x, t, t - s)
    return x


def strides_per_item(u, x, times):
    for i in range(len(times) - 1):
        t = torch.full((len(x),), float(times[i]))
        gap = t - float(times[i + 1])
        x = x - gap[:, None] * u(x, t, gap)
    return x


def even(u, x, times):
    n = len(times) - 1
    gap = (times[0] - times[-1]) / n
    for t in times[:-1]:
        x = x - gap * u(x, t, gap)
    return x


def to_s(u, x, times):
    for t, s in pairwise(times):
        x = x - (t - s) * u(x, t, s)
    return x


def upwards(u, x, times):
    for t, s in pairwise(times):
        x = x + (t - s) * u(x, t, t - s)
    return x


def at_once(u, x, times):
    gap = times[0] - times[-1]
    return x - gap * u(x, times[0], gap)


def width(t, v):
    return math.sqrt((1 - t) ** 2 * v + t**2)


def timeless(net, x, t, schedule):
    return by_levels(x, net(x, 0 * t), schedule(t))


def blind(net, x, t, schedule):
    return by_levels(x, net(0 * x, t), schedule(t))


def one_time(net, x, t, schedule):
    return by_levels(x, net(x, t), schedule(0 * t + t[0]))


def cut_off(net, x, t, schedule):
    return by_levels(x, net(x, t).detach(), schedule(t))


def by_levels(x, told, levels):
    alpha, sigma = (level[:, None] for level in levels)
    return alpha * x - sigma * told


def feigned(f, x0, eps, t, s):
    now, target = pair(f, x0, eps, t, s)
    return now.detach().requires_grad_(), target


def mean_velocity(x, t, s, v):
    return x * (1 - width(s, v) / width(t, v)) / (t - s)


def by_walking(x, t, s, v, n=4000):
    """The mean of the velocity along the path, a rule of midpoints."""
    at, total, h = x, 0.0, (t - s) / n
    for i in range(n):
        time = t - i * h
        half = at - h / 2 * velocity(at, time, s, v)
        u = velocity(half, time - h / 2, s, v)
        at, total = at - h * u, total + u
    return total / n


def velocity(x, t, s, v):
    return x * (t - (1 - t) * v) / width(t, v) ** 2


def end(x, t, s, v):
    return x * width(s, v) / width(t, v)


def way(x, t, s, v):
    return x - end(x, t, s, v)


def backwards(x, t, s, v):
    return -mean_velocity(x, t, s, v)


def by_variances(x, t, s, v):
    return x * (1 - width(s, v) ** 2 / width(t, v) ** 2) / (t - s)


RIGHT = [
    ("ex-21-1", 1),
    ("ex-21-1", "1.0"),
    ("ex-21-2", pair),
    ("ex-21-2", by_hand),
    ("ex-21-3", by_v),
    ("ex-21-3", by_skip),
    ("ex-21-3", mixed),
    ("ex-21-4", "16"),
    ("ex-21-4", 16.0),
    ("ex-21-5", strides),
    ("ex-21-5", strides_per_item),
    ("ex-21-6", "B"),
    ("ex-21-6", " b "),
    ("ex-21-7", mean_velocity),
    ("ex-21-7", by_walking),
]
WRONG = [
    ("ex-21-1", 0, "mean of all ends"),
    ("ex-21-1", 2, "There it begins"),
    ("ex-21-1", 0.5, "one deviation"),
    ("ex-21-1", -1, "How many deviations"),
    ("ex-21-1", float("nan"), "How many deviations"),
    ("ex-21-2", with_gradient, "taken as given"),
    ("ex-21-2", swapped, "other way round"),
    ("ex-21-2", denoising, "mean of all x0"),
    ("ex-21-2", fresh, "very same eps"),
    ("ex-21-2", not_noised, "noise x0 anew"),
    ("ex-21-2", unlearned, "must carry a gradient"),
    ("ex-21-2", loss, "two tensors"),
    ("ex-21-3", plain, "still whatever the net says"),
    ("ex-21-3", added, "must come back as it is"),
    ("ex-21-3", deaf, "never heard"),
    ("ex-21-3", timeless, "told the time"),
    ("ex-21-3", blind, "asked about x"),
    ("ex-21-3", one_time, "time of its own"),
    ("ex-21-3", cut_off, "No gradient"),
    ("ex-21-2", feigned, "must carry a gradient"),
    ("ex-21-3", divided, "never heard"),
    ("ex-21-4", 8, "too far"),
    ("ex-21-4", "2", "too far"),
    ("ex-21-4", 64, "half as many"),
    ("ex-21-4", 5, "One of"),
    ("ex-21-5", even, "changes from stride"),
    ("ex-21-5", to_s, "above 0 and at most"),
    ("ex-21-5", upwards, "minus gap times u"),
    ("ex-21-5", at_once, "ask"),
    ("ex-21-6", "A", "nearly the same"),
    ("ex-21-6", "D", "Answer"),
    ("ex-21-7", velocity, "mean down to s"),
    ("ex-21-7", end, "where the path comes by"),
    ("ex-21-7", way, "way over the time"),
    ("ex-21-7", backwards, "The sign"),
    ("ex-21-7", by_variances, "roots of variances"),
]
