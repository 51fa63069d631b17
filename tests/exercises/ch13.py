"""Chapter 13: right answers, and wrong ones with the hint that each should get."""

import torch

import minidiff as md


def spread(x):
    return x.flatten(1).std(1).view(-1, *[1] * (x.dim() - 1))


def rescaled(x0, x0_cond, phi):
    ratio = spread(x0_cond) / spread(x0)
    return phi * ratio * x0 + (1 - phi) * x0


def one_by_one(x0, x0_cond, phi):
    pairs = zip(x0, x0_cond, strict=True)
    return [(phi * b.std() / a.std() + 1 - phi) * a for a, b in pairs]


def whole(x0, x0_cond, phi):
    return (phi * x0_cond.std() / x0.std() + 1 - phi) * x0


def upside_down(x0, x0_cond, phi):
    return (phi * spread(x0) / spread(x0_cond) + 1 - phi) * x0


def withheld(labels, nulls, chance, generator, lots=1, join=lambda lot, k: lot[0]):
    n = len(next(iter(labels.values())))
    lot = torch.rand(max(lots, len(labels)), n, generator=generator) < chance
    return {
        name: torch.where(join(lot, k), nulls[name], label)
        for k, (name, label) in enumerate(labels.items())
    }


def halved(labels, nulls, chance, generator):
    return withheld(labels, nulls, chance, generator, join=lambda lot, k: lot[k])


def either(labels, nulls, chance, generator):
    return withheld(labels, nulls, chance, generator, join=lambda lot, k: lot.any(0))


def for_the_batch(labels, nulls, chance, generator):
    lot = torch.rand(1, generator=generator) < chance
    return {k: torch.where(lot, nulls[k], label) for k, label in labels.items()}


def in_place(labels, nulls, chance, generator):
    lot = torch.rand(len(labels["digit"]), generator=generator) < chance
    for name, label in labels.items():
        label[lot] = nulls[name]
    return labels


def always_the_same(labels, nulls, chance, generator):
    begun = torch.Generator().manual_seed(generator.initial_seed())
    return withheld(labels, nulls, chance, begun)


def in_a_block(labels, nulls, chance, generator):
    n = len(next(iter(labels.values())))
    start = torch.rand(1, generator=generator) * n
    lot = ((torch.arange(n) - start) % n) < chance * n
    return {k: torch.where(lot, nulls[k], label) for k, label in labels.items()}


def around_the_mean(x0, x0_cond, phi):
    mean = x0.mean(tuple(range(1, x0.dim())), keepdim=True)
    return mean + rescaled(x0 - mean, x0_cond, phi)


def by_quotients(scale, a_t, s_t, a_s, s_s):
    return scale / (1 - (s_s / a_s) / (s_t / a_t))


def by_name(labels, nulls, chance, generator):
    lot = torch.rand(len(labels["digit"]), generator=generator) < chance
    return {k: torch.where(lot, nulls[k], label) for k, label in labels.items()}


def elsewhere(labels, nulls, chance, generator):
    return withheld(labels, nulls, chance, None)


def moved(labels, nulls, chance, generator):
    kept = withheld(labels, nulls, chance, generator)
    return {name: label.roll(1) for name, label in kept.items()}


class Package:
    def __init__(self, denoiser, worse, scale, low, high):
        self.wrap = md.Guided(denoiser, scale, worse=worse, between=(low, high))
        self.schedule = denoiser.schedule

    def __call__(self, x, t, cond=None):
        return self.wrap(x, t, cond)


class Away:
    always, turned, above, told, late = False, False, False, True, False

    def __init__(self, denoiser, worse, scale, low, high):
        self.good, self.bad, self.scale = denoiser, worse, scale
        self.schedule, self.ends = denoiser.schedule, (low, high)

    def __call__(self, x, t, cond=None):
        cond = cond if self.told else None
        good = self.good(x, t, cond)
        alpha, sigma = self.schedule(t[0])
        inside = self.ends[0] <= sigma / alpha <= self.ends[1]
        if self.late:
            inside = self.ends[0] <= t[0] <= self.ends[1]
        if not inside and not self.always:
            return good
        bad = self.bad(x, t, cond)
        if not inside:
            return good
        start = good if self.above or self.turned else bad
        way = bad - good if self.turned else good - bad
        return start + self.scale * way


class Batched(Away):
    def __call__(self, x, t, cond=None):
        alpha, sigma = self.schedule(t)
        return self.bad(x, t, cond) if sigma / alpha > self.ends[0] else x


class Always(Away):
    always = True


class Turned(Away):
    turned = True


class Above(Away):
    above = True


class Untold(Away):
    told = False


class Late(Away):
    late = True


class Homeless(Away):
    def __init__(self, *given):
        super().__init__(*given)
        self.timetable = self.schedule
        del self.schedule

    def __call__(self, x, t, cond=None):
        self.schedule = self.timetable
        return super().__call__(x, t, cond)


def same(scale, a_t, s_t, a_s, s_s):
    return scale / (1 - s_s * a_t / (s_t * a_s))


def as_a_tensor(scale, a_t, s_t, a_s, s_s):
    return torch.tensor(scale * a_s / (a_s - s_s * a_t / s_t))


RIGHT = [
    ("ex-13-1", [81, 109]),
    ("ex-13-1", "81, 109"),
    ("ex-13-2", rescaled),
    ("ex-13-2", one_by_one),
    ("ex-13-3", withheld),
    ("ex-13-4", 0.16),
    ("ex-13-4", "0,15"),
    ("ex-13-5", Away),
    ("ex-13-5", Package),
    ("ex-13-6", "BCA"),
    ("ex-13-6", ["b", "c", "a"]),
    ("ex-13-7", same),
    ("ex-13-7", as_a_tensor),
    ("ex-13-7", by_quotients),
]
WRONG = [
    ("ex-13-1", [109, 81], "other way round"),
    ("ex-13-1", [90, 109], "third must say no"),
    ("ex-13-1", [100, 109], "column must be told"),
    ("ex-13-1", [190, 109], "column must be told"),
    ("ex-13-1", [10, 109], "two must say no"),
    ("ex-13-1", [81, 100], "may also meet"),
    ("ex-13-1", [81, 10], "the lot for both"),
    ("ex-13-1", [81, 110], "counted the item twice"),
    ("ex-13-1", [81, 190], "and both others yes"),
    ("ex-13-1", 81, "list of 2 numbers"),
    ("ex-13-2", whole, "whole batch"),
    ("ex-13-2", upside_down, "upside down"),
    ("ex-13-2", lambda a, b, phi: rescaled(a, b, 1.0), "whatever phi"),
    ("ex-13-2", lambda a, b, phi: rescaled(a, b, 1 - phi), "mixed up"),
    (
        "ex-13-2",
        lambda a, b, phi: phi * spread(b) / spread(a) * b + (1 - phi) * a,
        "Rescale the guided",
    ),
    ("ex-13-2", lambda a, b, phi: a, "Nothing was rescaled"),
    ("ex-13-2", lambda a, b, phi: phi * rescaled(a, b, 1.0), "other share"),
    ("ex-13-2", around_the_mean, "distance from its mean"),
    ("ex-13-2", lambda a, b, phi: rescaled(a, b, phi)[0], "keeps its shape"),
    ("ex-13-2", lambda a, b, phi: 3 * a, "one number for each item"),
    ("ex-13-3", halved, "a lot for each label"),
    ("ex-13-3", by_name, "names of the labels"),
    ("ex-13-3", always_the_same, "let the generator go on"),
    ("ex-13-3", in_a_block, "Neighbours are lost together"),
    ("ex-13-3", either, "should be 25 %"),
    ("ex-13-3", for_the_batch, "lot of its own"),
    ("ex-13-3", in_place, "You changed the labels"),
    ("ex-13-3", elsewhere, "pass it on"),
    ("ex-13-3", moved, "stay what and where"),
    ("ex-13-3", lambda labels, *_: dict(labels), "ever withheld"),
    ("ex-13-3", lambda labels, *_: labels["digit"], "same names"),
    ("ex-13-4", 0.1, "larger scale"),
    ("ex-13-4", 0.5, "smaller scale"),
    ("ex-13-4", 3, "from 0 to 1"),
    ("ex-13-5", Batched, "take t[0]"),
    ("ex-13-5", Always, "one question is enough"),
    ("ex-13-5", Turned, "to the worse one"),
    ("ex-13-5", Above, "Off by one"),
    ("ex-13-5", Untold, "told cond"),
    ("ex-13-5", Late, "sigma / alpha is"),
    ("ex-13-5", Homeless, "look for `.schedule`"),
    ("ex-13-6", "CBA", "has no weight"),
    ("ex-13-6", "BAC", "more contrast"),
    ("ex-13-7", lambda c, a_t, s_t, a_s, s_s: c * a_s, "now divide"),
    (
        "ex-13-7",
        lambda c, a_t, s_t, a_s, s_s: c * (1 - s_s * a_t / (s_t * a_s)),
        "Upside down",
    ),
    (
        "ex-13-7",
        lambda c, a_t, s_t, a_s, s_s: c / (a_s - s_s * a_t / s_t),
        "an a_s is missing",
    ),
    (
        "ex-13-7",
        lambda c, a_t, s_t, a_s, s_s: c / (1 + s_s * a_t / (s_t * a_s)),
        "becomes *less*",
    ),
    ("ex-13-7", lambda c, *_: c, "different guesses"),
    ("ex-13-7", lambda c, *_: 2 * c, "it should be"),
]
