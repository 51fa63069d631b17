"""Chapter 9: right answers, and wrong ones with the hint that each should get."""

import torch

import minidiff as md


def withheld(labels, null, chance, generator):
    lot = torch.rand(len(labels), generator=generator)
    return torch.where(lot < chance, null, labels)


def turned(labels, null, chance, generator):
    return withheld(labels, null, 1 - chance, generator)


def one_lot(labels, null, chance, generator):
    lot = torch.rand(1, generator=generator)
    return torch.where(lot < chance, null, labels)


def in_place(labels, null, chance, generator):
    labels[torch.rand(len(labels), generator=generator) < chance] = null
    return labels


def moved(labels, null, chance, generator):
    return withheld(labels.roll(1), null, chance, generator)


def frozen(labels, null, chance, generator):
    return withheld(labels, null, chance, torch.Generator().manual_seed(0))


def step(above=False, noise_of="guided"):
    def answer(x, x0_cond, x0_null, scale, a_t, s_t, a_s, s_s):
        x0 = (x0_cond if above else x0_null) + scale * (x0_cond - x0_null)
        of = {"guided": x0, "cond": x0_cond, "null": x0_null}[noise_of]
        return a_s * x0 + s_s * (x - a_t * of) / s_t

    return answer


class Interval:
    def __init__(self, denoiser, scale, low, high):
        self.denoiser, self.schedule = denoiser, denoiser.schedule
        self.scale, self.low, self.high = scale, low, high

    def inside(self, t):
        return self.low <= t[0] <= self.high

    def __call__(self, x, t, cond=None):
        scale = self.scale if self.inside(t) else 1
        return md.Guided(self.denoiser, scale)(x, t, cond)


class Everywhere(Interval):
    def inside(self, t):
        return True


class Nowhere(Interval):
    def inside(self, t):
        return False


class Null(Interval):
    def __call__(self, x, t, cond=None):
        return super().__call__(x, t, cond if self.inside(t) else None)


class Dear(Interval):
    def __call__(self, x, t, cond=None):
        self.denoiser(x, t, None)
        return super().__call__(x, t, cond)


class Lost(Interval):
    def __init__(self, *args):
        super().__init__(*args)
        del self.schedule


def guided(base="null", more=0):
    def answer(x0_cond, x0_null, scale):
        start = x0_null if base == "null" else x0_cond
        return start + (scale + more) * (x0_cond - x0_null)

    return answer


def averaged(decay_at):
    def answer(weights, decay):
        mean = weights[0]
        for i, weight in enumerate(weights):
            mean += (1 - decay_at(i, decay)) * (weight - mean)
        return mean

    return answer


def warm(i, decay):
    return min(decay, (1 + i) / (10 + i))


def corrected(weights, decay):
    """Adam's way: begin at 0 and divide by what is missing."""
    mean = 0.0
    for weight in weights:
        mean = decay * mean + (1 - decay) * weight
    return mean / (1 - decay ** len(weights))


RIGHT = [
    ("ex-09-1", [6, 6, 12]),
    ("ex-09-2", withheld),
    ("ex-09-3", step()),
    ("ex-09-4", 2),
    ("ex-09-5", Interval),
    ("ex-09-6", "B"),
    ("ex-09-7", guided()),
    ("ex-09-8", averaged(warm)),
    ("ex-09-8", corrected),
    ("ex-09-8", averaged(lambda i, decay: decay if i > 50 else 0)),
]
WRONG = [
    ("ex-09-1", [12, 12, 12], "weight 0"),
    ("ex-09-1", [6, 6, 6], "Guidance compares"),
    ("ex-09-1", [0, 6, 12], "Count the calls"),
    ("ex-09-2", turned, "wrong way round"),
    ("ex-09-2", one_lot, "whole batch"),
    ("ex-09-2", in_place, "make new ones"),
    ("ex-09-2", moved, "stay what and where"),
    ("ex-09-2", frozen, "every call"),
    ("ex-09-2", lambda labels, *_: labels, "ever withheld"),
    ("ex-09-3", step(noise_of="cond"), "two opinions"),
    ("ex-09-3", step(noise_of="null"), "CFG++"),
    ("ex-09-3", step(above=True), "off by one"),
    ("ex-09-4", 1, "more guidance"),
    ("ex-09-4", 3, "less guidance"),
    ("ex-09-5", Everywhere, "still guidance"),
    ("ex-09-5", Nowhere, "no guidance"),
    ("ex-09-5", Null, "not for null"),
    ("ex-09-5", Dear, "one question"),
    ("ex-09-5", Lost, "schedule"),
    ("ex-09-6", "A", "the words differ"),
    ("ex-09-6", "C", "Answer"),
    ("ex-09-7", guided("cond"), "still counts from 0"),
    ("ex-09-7", guided(more=-1), "one gap too few"),
    ("ex-09-7", lambda cond, null, scale: scale * cond, "left out"),
    ("ex-09-7", lambda cond, null, scale: cond, "0 gaps from"),
    ("ex-09-8", averaged(lambda i, decay: decay), "has not forgotten"),
    ("ex-09-8", lambda weights, decay: weights[-1], "no average"),
    ("ex-09-8", lambda weights, decay: sum(weights) / len(weights), "never forgets"),
    ("ex-09-8", averaged(lambda i, decay: 0.9), "yours is faster"),
]
