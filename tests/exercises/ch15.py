"""Chapter 15: right answers, and wrong ones with the hint that each should get."""

from itertools import pairwise

import torch

import minidiff as md
from minidiff.control.reference import times_from


def rest(times, strength):
    return torch.cat([times.new_tensor([strength]), times[times < strength]])


def as_a_list(times, strength):
    return [strength, *[t for t in times.tolist() if t < strength]]


def doubled(times, strength):
    return torch.cat([times.new_tensor([strength]), times[times <= strength]])


def mended(denoiser, x0, strength, eps, times):
    x = md.diffuse(x0, strength, eps, denoiser.schedule)
    *_, x = md.ddim(denoiser, x, rest(times, strength))
    return x


def by_the_package(denoiser, x0, strength, eps, times):
    x = md.diffuse(x0, strength, eps, denoiser.schedule)
    *_, x = md.ddim(denoiser, x, times_from(times, strength))
    return x


def buggy(denoiser, x0, strength, eps, times):
    x = md.diffuse(x0, strength, eps, denoiser.schedule)
    *_, x = md.ddim(denoiser, x, times)
    return x


def drowned(denoiser, x0, strength, eps, times):
    x = md.diffuse(x0, 1.0, eps, denoiser.schedule)
    *_, x = md.ddim(denoiser, x, times)
    return x


def too_late(denoiser, x0, strength, eps, times):
    x = md.diffuse(x0, strength, eps, denoiser.schedule)
    *_, x = md.ddim(denoiser, x, times[times < strength])
    return x


def nearest(denoiser, x0, strength, eps, times):
    below = times[times <= strength]
    x = md.diffuse(x0, below[0].item(), eps, denoiser.schedule)
    *_, x = md.ddim(denoiser, x, below)
    return x


def shrunken(denoiser, x0, strength, eps, times):
    x = md.diffuse(x0, strength, eps, denoiser.schedule)
    *_, x = md.ddim(denoiser, x, times * strength)
    return x


def even(denoiser, x0, strength, eps, times):
    x = md.diffuse(x0, strength, eps, denoiser.schedule)
    *_, x = md.ddim(
        denoiser, x, torch.linspace(strength, 0, len(rest(times, strength)))
    )
    return x


def more_of_them(denoiser, x0, strength, eps, times):
    x = md.diffuse(x0, strength, eps, denoiser.schedule)
    *_, x = md.ddim(denoiser, x, torch.linspace(strength, 0, 9))
    return x


def by_hand(denoiser, x0, strength, eps, times):
    """Its times are numbers."""
    x = md.diffuse(x0, strength, eps, denoiser.schedule)
    stops = rest(times, strength).tolist()
    for t, s in pairwise(stops):
        (a_t, s_t), (a_s, s_s) = map(denoiser.schedule, (t, s))
        guess = denoiser(x, t)
        x = a_s * guess + s_s * (x - a_t * guess) / s_t
    return x


def one_step(denoiser, x0, strength, eps, times):
    x = md.diffuse(x0, strength, eps, denoiser.schedule)
    *_, x = md.ddim(denoiser, x, times.new_tensor([strength, 0.0]))
    return x


def at_once(denoiser, x0, strength, eps, times):
    return md.diffuse(x0, strength, eps, denoiser.schedule)


def quieter(denoiser, x0, strength, eps, times):
    x = md.diffuse(x0, strength, 0.5 * eps, denoiser.schedule)
    *_, x = md.ddim(denoiser, x, rest(times, strength))
    return x


class Held:
    late, all_, add, flip, of_x, told = True, False, False, False, False, True

    def __init__(self, denoiser, reference, k, low):
        self.ask, self.schedule = denoiser, denoiser.schedule
        self.reference, self.k, self.low = reference, k, low

    def means(self, x):
        return x.unflatten(1, (-1, self.k)).mean(2).repeat_interleave(self.k, 1)

    def __call__(self, x, t, cond=None):
        x0 = self.ask(x, t, cond if self.told else None)
        alpha, sigma = self.schedule(t[0])
        if self.late and sigma / alpha < self.low:
            return x0
        if self.of_x:
            x0 = x
        wanted = self.means(self.reference)
        if self.all_:
            return wanted
        if self.add:
            return x0 + wanted
        gap = wanted - self.means(x0)
        return x0 - gap if self.flip else x0 + gap


class Always(Held):
    late = False


class Flat(Held):
    all_ = True


class Adds(Held):
    add = True


class Flips(Held):
    flip = True


class OfX(Held):
    of_x = True


class Untold(Held):
    told = False


class Alone(Held):
    def __call__(self, x, t, cond=None):
        return self.ask(x, t, cond)


class Copied(Held):
    def __call__(self, x, t, cond=None):
        x0 = super().__call__(x, t, cond)
        alpha, sigma = self.schedule(t[0])
        return self.reference if sigma / alpha >= self.low else x0


class BySigma(Held):
    def __call__(self, x, t, cond=None):
        x0 = self.ask(x, t, cond)
        held = self.schedule(t[0])[1] >= self.low
        return x0 + held * (self.means(self.reference) - self.means(x0))


class Where(Held):
    def __call__(self, x, t, cond=None):
        x0 = self.ask(x, t, cond)
        alpha, sigma = self.schedule(t)
        kept = x0 + self.means(self.reference - x0)
        return torch.where((sigma >= self.low * alpha)[:, None], kept, x0)


class Vague(Held):
    def __call__(self, x, t, cond=None):
        alpha, sigma = self.schedule(t)
        x0 = self.ask(x, t, cond)
        return x0 if sigma / alpha < self.low else x0 + self.means(self.reference - x0)


class OfAll(Held):
    def means(self, x):
        return x.mean()


class OfRows(Held):
    def means(self, x):
        return x.mean(1, keepdim=True)


class Homeless(Held):
    def __init__(self, *given):
        super().__init__(*given)
        del self.schedule


class Short(Held):
    def __call__(self, x, t, cond=None):
        return super().__call__(x, t, cond)[:, :1]


def ratio(c, a, s):
    return a * c**2 / (a**2 * c**2 + s**2)


def step(k, a, s, b, r):
    return b * k + r * (1 - a * k) / s


def up(c, a_t, s_t, a_s, s_s):
    return step(ratio(c, a_t, s_t), a_t, s_t, a_s, s_s)


def down(c, a_t, s_t, a_s, s_s):
    return step(ratio(c, a_s, s_s), a_s, s_s, a_t, s_t)


def factor(*given):
    return up(*given) * down(*given)


def as_a_tensor(*given):
    return torch.tensor(factor(*given))


def cosine(c, a_t, s_t, a_s, s_s):
    whole = (a_t**2 * c**2 + s_t**2) * (a_s**2 * c**2 + s_s**2)
    return (a_t * a_s * c**2 + s_t * s_s) ** 2 / whole


def one_answer(c, a_t, s_t, a_s, s_s):
    k = ratio(c, a_t, s_t)
    return step(k, a_t, s_t, a_s, s_s) * step(k, a_s, s_s, a_t, s_t)


def no_noise(c, a_t, s_t, a_s, s_s):
    return step(c**2, a_t, s_t, a_s, s_s) * step(c**2, a_s, s_s, a_t, s_t)


RIGHT = [
    ("ex-15-1", 4.8),
    ("ex-15-1", "4,76"),
    ("ex-15-1", torch.tensor(3 * (0.55 + 0.45 * 0.0081) / 0.5905**2)),
    ("ex-15-2", rest),
    ("ex-15-2", as_a_list),
    ("ex-15-3", mended),
    ("ex-15-3", by_the_package),
    ("ex-15-3", by_hand),
    ("ex-15-4", 0.7),
    ("ex-15-4", "0,7"),
    ("ex-15-4", "70%"),
    ("ex-15-5", Held),
    ("ex-15-5", Where),
    ("ex-15-6", "CAB"),
    ("ex-15-6", ["c", "a", "b"]),
    ("ex-15-7", factor),
    ("ex-15-7", as_a_tensor),
    ("ex-15-7", cosine),
]
WRONG = [
    ("ex-15-1", 3, "two are mixed"),
    ("ex-15-1", 1.59, "3 times its spread's"),
    ("ex-15-1", 2.81, "*square* of the variance"),
    ("ex-15-1", 1.66, "Only the fourth power"),
    ("ex-15-1", 4.38, "Spreads do not add up"),
    ("ex-15-1", 6, "it is more than 3"),
    ("ex-15-2", lambda t, s: t[t < s], "in front"),
    ("ex-15-2", lambda t, s: t[t <= s], "in front"),
    ("ex-15-2", doubled, "twice"),
    ("ex-15-2", lambda t, s: torch.cat([t[t > s], t.new_tensor([s])]), "left out"),
    ("ex-15-2", lambda t, s: rest(t, s).flip(0), "decrease"),
    ("ex-15-2", lambda t, s: rest(t, s)[None], "shape (k,)"),
    ("ex-15-2", lambda t, s: t, "it should be"),
    ("ex-15-2", lambda t, s: s * t, "other times"),
    ("ex-15-2", lambda t, s: torch.cat([s, t[t < s]]), "takes tensors only"),
    ("ex-15-3", buggy, "the first question is asked at t = 1"),
    ("ex-15-3", drowned, "no longer counts"),
    ("ex-15-3", too_late, "below the strength"),
    ("ex-15-3", nearest, "need not be one of the times"),
    ("ex-15-3", one_step, "Steps are missing"),
    ("ex-15-3", at_once, "never asked"),
    ("ex-15-3", quieter, "leave `diffuse` alone"),
    ("ex-15-3", lambda *given: mended(*given)[0], "shape of x0"),
    ("ex-15-3", shrunken, "times that were given"),
    ("ex-15-3", even, "times that were given"),
    ("ex-15-3", more_of_them, "times that were given"),
    ("ex-15-3", lambda *given: 2 * mended(*given), "to the end"),
    ("ex-15-4", 0.3, "larger strength"),
    ("ex-15-4", 0.98, "smaller strength"),
    ("ex-15-4", 0, "above 0"),
    ("ex-15-4", "30%", "larger strength"),
    ("ex-15-5", Always, "left alone"),
    ("ex-15-5", Flat, "All but the means"),
    ("ex-15-5", Adds, "taken away"),
    ("ex-15-5", Flips, "other way round"),
    ("ex-15-5", OfX, "not x itself"),
    ("ex-15-5", Untold, "Pass cond on"),
    ("ex-15-5", Alone, "nothing was held"),
    ("ex-15-5", BySigma, "not sigma"),
    ("ex-15-5", Vague, "self.schedule(t[0])"),
    ("ex-15-5", OfAll, "not of all"),
    ("ex-15-5", OfRows, "whole row"),
    ("ex-15-5", Copied, "only its means"),
    ("ex-15-5", Homeless, "look for `.schedule`"),
    ("ex-15-5", Short, "shape of x"),
    ("ex-15-6", "BCA", "still has the reference's bark"),
    ("ex-15-6", "CBA", "something of the reference left"),
    ("ex-15-7", up, "Now down again"),
    ("ex-15-7", down, "way down alone"),
    ("ex-15-7", lambda *_: 1.0, "same end"),
    ("ex-15-7", one_answer, "asked at s"),
    ("ex-15-7", lambda *g: up(*g) + down(*g), "factors multiply"),
    ("ex-15-7", lambda *g: factor(*g) - 1, "is the error"),
    ("ex-15-7", no_noise, "depends on the noise"),
    ("ex-15-7", lambda *g: 2 * factor(*g), "it should be"),
]
