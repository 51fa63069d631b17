"""Chapter 9: right answers, and wrong ones with the hint that each should get."""

import math

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


def bernoulli(labels, null, chance, generator):
    lots = torch.full(labels.shape, chance)
    hit = torch.bernoulli(lots, generator=generator).bool()
    return labels.masked_fill(hit, null)


def one_by_one(labels, null, chance, generator):
    """A list, drawn from the other end of [0, 1)."""
    lots = torch.rand(len(labels), generator=generator).tolist()
    pairs = zip(labels, lots, strict=True)
    return [null if lot >= 1 - chance else label for label, lot in pairs]


def quota(labels, null, chance, generator):
    kept = labels.clone()
    order = torch.randperm(len(labels), generator=generator)
    kept[order[: round(chance * len(labels))]] = null
    return kept


def from_elsewhere(labels, null, chance, generator):
    return torch.where(torch.rand(len(labels)) < chance, null, labels)


def always_a_fifth(labels, null, chance, generator):
    return withheld(labels, 4, 0.2, generator)


def never_all(labels, null, chance, generator):
    return withheld(labels, null, min(chance, 0.9), generator)


def step(above=False, noise_of="guided", sound_of="guided", level=None):
    def answer(x, x0_cond, x0_null, scale, a_t, s_t, a_s, s_s):
        x0 = (x0_cond if above else x0_null) + scale * (x0_cond - x0_null)
        guess = {"guided": x0, "cond": x0_cond, "null": x0_null}
        s_s = level(a_s) if level else s_s
        return a_s * guess[sound_of] + s_s * (x - a_t * guess[noise_of]) / s_t

    return answer


def both_guided(x, x0_cond, x0_null, scale, a_t, s_t, a_s, s_s):
    """Sound and noise guided one by one: noise follows linearly, so it is the same."""
    eps_cond, eps_null = (x - a_t * x0_cond) / s_t, (x - a_t * x0_null) / s_t
    eps = torch.lerp(eps_null, eps_cond, scale)
    return a_s * torch.lerp(x0_null, x0_cond, scale) + s_s * eps


def in_two_parts(x, x0_cond, x0_null, scale, a_t, s_t, a_s, s_s):
    x0 = scale * x0_cond + (1 - scale) * x0_null
    return s_s / s_t * x + (a_s - s_s * a_t / s_t) * x0


class Interval:
    def __init__(self, denoiser, scale, low, high):
        self.denoiser, self.schedule = denoiser, denoiser.schedule
        self.scale, self.low, self.high = scale, low, high

    def inside(self, t):
        return self.low <= t[0] <= self.high

    def __call__(self, x, t, cond=None):
        scale = self.scale if self.inside(t) else 1
        return md.Guided(self.denoiser, scale)(x, t, cond)


class Inherited(md.Guided):
    """A kind of `Guided`, whose scale depends on t."""

    def __init__(self, denoiser, scale, low, high):
        super().__init__(denoiser, scale)
        self.low, self.high = low, high

    def scale_at(self, t):
        inside = (self.low <= t) & (t <= self.high)
        return torch.where(inside, self.scale, 1.0)


def made(denoiser, scale, low, high):
    """A function that makes the denoiser, in the place of a class."""
    dear = md.Guided(denoiser, scale)

    def guess(x, t, cond=None):
        return (dear if low <= float(t[0]) <= high else denoiser)(x, t, cond)

    guess.schedule = denoiser.schedule
    return guess


class Open(Interval):
    def inside(self, t):
        return self.low < t[0] < self.high


class Three(Interval):
    def __init__(self, denoiser, scale, low, high):
        super().__init__(denoiser, 3.0, low, high)


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


def by_weights(x0_cond, x0_null, scale):
    return (1 - scale) * x0_null + scale * x0_cond


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


def growing(i, decay):
    """A plain mean at first, and slower and slower until decay rules."""
    return min(decay, i / (i + 1))


def gaussian(scale, m, s, S, alpha, sigma):
    v_c, v_0 = alpha**2 * s**2 + sigma**2, alpha**2 * S**2 + sigma**2
    v = 1 / (scale / v_c + (1 - scale) / v_0)
    return v * scale * alpha * m / v_c, v**0.5


def by_autograd(scale, m, s, S, alpha, sigma):
    """Mean and variance read off the slope at two places."""
    x = torch.tensor([0.0, 1.0], dtype=torch.float64, requires_grad=True)
    label = torch.distributions.Normal(alpha * m, (alpha * s).hypot(sigma))
    every = torch.distributions.Normal(0.0, (alpha * S).hypot(sigma))
    log_p = scale * label.log_prob(x) + (1 - scale) * every.log_prob(x)
    (slope,) = torch.autograd.grad(log_p.sum(), x)
    precision = slope[0] - slope[1]
    return torch.stack([slope[0] / precision, precision.rsqrt()])


def with_math(*given):
    scale, m, s, S, alpha, sigma = map(float, given)
    v_c, v_0 = (alpha * s) ** 2 + sigma**2, (alpha * S) ** 2 + sigma**2
    below = scale * v_0 + (1 - scale) * v_c
    return [scale * alpha * m * v_0 / below, math.sqrt(v_c * v_0 / below)]


def noise_of_the_sharpened(scale, m, s, S, alpha, sigma):
    mean, std = gaussian(scale, m, s, S, 1.0, 0.0)
    return alpha * mean, (alpha**2 * std**2 + sigma**2) ** 0.5


def mixed_variances(scale, m, s, S, alpha, sigma):
    v_c, v_0 = alpha**2 * s**2 + sigma**2, alpha**2 * S**2 + sigma**2
    return scale * alpha * m, abs(scale * v_c + (1 - scale) * v_0) ** 0.5


def with_mean(mean):
    """The right spread, another mean."""
    return lambda *given: (mean(*given), gaussian(*given)[1])


def by_the_noise(x, cond, null, scale, a_t, s_t, a_s, s_s):
    """Guidance of the noises, and the sound from them: not where a_t is 0."""
    eps, other = ((x - a_t * guess) / s_t for guess in (cond, null))
    eps = other + scale * (eps - other)
    return a_s * (x - s_t * eps) / a_t + s_s * eps


def without_the_first(n):
    def average(weights, decay):
        return averaged(lambda i, decay: decay)(weights[n:], decay)

    return average


RIGHT = [
    ("ex-09-1", [6, 6, 12]),
    ("ex-09-1", "6, 6, 12"),
    ("ex-09-1", {0: 6, 1: 6, 1.5: 12}),
    ("ex-09-1", torch.tensor([6, 6, 12])),
    ("ex-09-2", withheld),
    ("ex-09-2", bernoulli),
    ("ex-09-2", one_by_one),
    ("ex-09-3", step()),
    ("ex-09-3", both_guided),
    ("ex-09-3", in_two_parts),
    ("ex-09-4", 2),
    ("ex-09-4", "1,9"),
    ("ex-09-4", torch.tensor([2.1])),
    ("ex-09-5", Interval),
    ("ex-09-5", Inherited),
    ("ex-09-5", made),
    ("ex-09-6", "B"),
    ("ex-09-6", "b "),
    ("ex-09-7", guided()),
    ("ex-09-7", by_weights),
    ("ex-09-7", guided("cond", more=-1)),
    ("ex-09-7", lambda cond, null, scale: torch.lerp(null, cond, scale)),
    ("ex-09-8", averaged(warm)),
    ("ex-09-8", averaged(growing)),
    ("ex-09-8", corrected),
    ("ex-09-8", averaged(lambda i, decay: decay if i > 50 else 0)),
    ("ex-09-9", gaussian),
    ("ex-09-9", by_autograd),
    ("ex-09-9", with_math),
]
WRONG = [
    ("ex-09-1", [12, 12, 12], "weight 0"),
    ("ex-09-1", [6, 6, 6], "Guidance compares"),
    ("ex-09-1", [6, 12, 12], "the null guess at scale 1"),
    ("ex-09-1", [0, 6, 12], "still guesses"),
    ("ex-09-1", [7, 7, 13], "Count the calls"),
    ("ex-09-1", "6 and 12", "list of three"),
    ("ex-09-2", turned, "wrong way round"),
    ("ex-09-2", one_lot, "whole batch"),
    ("ex-09-2", in_place, "make new ones"),
    ("ex-09-2", moved, "stay what and where"),
    ("ex-09-2", frozen, "every call"),
    ("ex-09-2", quota, "that is a quota"),
    ("ex-09-2", from_elsewhere, "do not come from"),
    ("ex-09-2", always_a_fifth, "With chance 0"),
    ("ex-09-2", never_all, "With chance 0"),
    ("ex-09-2", lambda labels, *_: labels, "ever withheld"),
    ("ex-09-2", lambda labels, *_: labels[labels < 3], "One label an item"),
    ("ex-09-3", step(noise_of="cond"), "two opinions"),
    ("ex-09-3", step(noise_of="null"), "CFG++"),
    ("ex-09-3", step(above=True), "off by one"),
    ("ex-09-3", step(noise_of="cond", sound_of="cond"), "leaves guidance out"),
    ("ex-09-3", step(sound_of="cond"), "other way round"),
    ("ex-09-3", step(level=lambda a_s: (1 - a_s**2) ** 0.5), "as it is given"),
    ("ex-09-3", lambda x, *args: x, "Guide first"),
    ("ex-09-3", by_the_noise, "without signal"),
    ("ex-09-4", 1, "more guidance"),
    ("ex-09-4", 1.5, "more guidance"),
    ("ex-09-4", 3, "less guidance"),
    ("ex-09-4", 2.5, "less guidance"),
    ("ex-09-5", Everywhere, "still guidance"),
    ("ex-09-5", Nowhere, "no guidance"),
    ("ex-09-5", Open, "ends belong to it"),
    ("ex-09-5", Three, "the scale that was given"),
    ("ex-09-5", Null, "not for null"),
    ("ex-09-5", Dear, "one question"),
    ("ex-09-5", Lost, "schedule"),
    ("ex-09-6", "A", "the words differ"),
    ("ex-09-6", "C", "Answer"),
    ("ex-09-7", guided("cond"), "still counts from 0"),
    ("ex-09-7", guided(more=-1), "one gap too few"),
    ("ex-09-7", guided("cond", more=1), "not once more"),
    ("ex-09-7", lambda cond, null, scale: null - scale * (cond - null), "walks away"),
    ("ex-09-7", lambda cond, null, scale: scale * cond, "left out"),
    ("ex-09-7", lambda cond, null, scale: cond, "0 gaps from"),
    ("ex-09-7", lambda cond, null, scale: 3 * cond - 2 * null, "0 gaps from"),
    ("ex-09-8", averaged(lambda i, decay: decay), "has not forgotten"),
    ("ex-09-8", lambda weights, decay: weights[-1], "no average"),
    ("ex-09-8", without_the_first(10), "knows that ten"),
    ("ex-09-8", lambda weights, decay: sum(weights) / len(weights), "must rule"),
    ("ex-09-8", averaged(lambda i, decay: warm(i, 0.999)), "must rule"),
    ("ex-09-8", lambda w, decay: averaged(warm)(w, decay) / 2, "has not forgotten"),
    ("ex-09-8", averaged(lambda i, decay: min(decay, 0.9)), "yours is faster"),
    ("ex-09-9", noise_of_the_sharpened, "noise of the sharpened world"),
    ("ex-09-9", lambda *given: gaussian(*given[:4], 1.0, 0.0), "without noise"),
    ("ex-09-9", lambda *g: (gaussian(*g)[0], gaussian(*g)[1] ** 2), "its variance"),
    ("ex-09-9", lambda scale, *given: gaussian(scale + 1, *given), "Off by one"),
    ("ex-09-9", with_mean(lambda w, m, s, S, a, b: a * m), "moves with the scale"),
    ("ex-09-9", with_mean(lambda w, m, s, S, a, b: w * a * m), "(step 4)"),
    ("ex-09-9", with_mean(lambda *given: 0.0), "set the line to zero."),
    ("ex-09-9", mixed_variances, "not the variances"),
    ("ex-09-9", lambda scale, m, s, S, alpha, sigma: (m, s), "the mixed line: "),
    ("ex-09-9", lambda *given: gaussian(*given)[0], "Return two numbers"),
]
