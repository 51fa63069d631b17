"""Chapter 11: right answers, and wrong ones with the hint that each should get."""

import math
import random
import statistics

import numpy as np
import torch

import minidiff as md


def lsd(factor=20, order="bins", clamp=1e-4, log=torch.log10):
    def answer(a, b):
        a, b = (factor * log(x.clamp(min=clamp)) for x in (a, b))
        gap = (a - b).square()
        if order == "all":
            return gap.mean().sqrt()
        return gap.mean(0 if order == "bins" else 1).sqrt().mean()

    return answer


def mean_gap(a, b):
    return (20 * (a.log10() - b.log10())).abs().mean()


def per_frame(a, b):
    return (20 * (a.log10() - b.log10())).square().mean(0).sqrt()


def cut(wave, mel, hop, count, k):
    return wave[k * hop :][: count * hop], mel[:, k : k + count]


def crop(first=0, spare=0):
    def answer(wave, mel, hop, count, generator):
        last = mel.shape[1] - count - spare
        k = torch.randint(first, last + 1, (), generator=generator).item()
        return cut(wave, mel, hop, count, k)

    return answer


def as_it_was_but_for_the_frame(wave, mel, hop, count, generator):
    """The chapter's function with one line more: the last piece comes seldom."""
    last = len(wave) - count * hop
    at = torch.randint(last + 1, (), generator=generator).item()
    k = at // hop
    at = k * hop
    return wave[at : at + count * hop], mel[:, k : k + count]


def careless(wave, mel, hop, count, generator):
    at = torch.randint(len(wave) - count * hop + 1, (), generator=generator).item()
    return wave[at : at + count * hop], mel[:, at // hop :][:, :count]


def strided(wave, mel, hop, count, generator):
    k = torch.randint(6, (), generator=generator).item()
    return wave[k * hop].repeat(count * hop), mel[:, k : k + count]


def polished(denoiser, x0, eps, t, steps, cond=None):
    x = md.diffuse(x0, t, eps, denoiser.schedule)
    return walk(denoiser, x, t, steps, cond)


def walk(denoiser, x, t, steps, cond=None):
    times = torch.linspace(t, 0, steps + 1, dtype=torch.float64)
    *_, x = md.ddim(denoiser, x, times, cond=cond)
    return x


def from_the_top(denoiser, x0, eps, t, steps, cond=None):
    return polished(denoiser, x0, eps, 1.0, steps, cond)


def without_noise(denoiser, x0, eps, t, steps, cond=None):
    return walk(denoiser, x0, t, steps, cond)


def without_sound(denoiser, x0, eps, t, steps, cond=None):
    return walk(denoiser, eps, t, steps, cond)


def added(denoiser, x0, eps, t, steps, cond=None):
    return walk(denoiser, x0 + denoiser.schedule(t)[1] * eps, t, steps, cond)


def unconditional(denoiser, x0, eps, t, steps, cond=None):
    return polished(denoiser, x0, eps, t, steps)


def one_more(denoiser, x0, eps, t, steps, cond=None):
    return polished(denoiser, x0, eps, t, steps + 1, cond)


def uneven(denoiser, x0, eps, t, steps, cond=None):
    x = md.diffuse(x0, t, eps, denoiser.schedule)
    times = t * torch.linspace(1, 0, steps + 1, dtype=torch.float64) ** 2
    *_, x = md.ddim(denoiser, x, times, cond=cond)
    return x


def ancestral(denoiser, x0, eps, t, steps, cond=None):
    x = md.diffuse(x0, t, eps, denoiser.schedule)
    times = torch.linspace(t, 0, steps + 1, dtype=torch.float64)
    *_, x = md.ddpm(denoiser, x, times, cond=cond)
    return x


def stepped(denoiser, x0, eps, t, steps, cond=None):
    """With levels and times by hand."""
    alpha, sigma = denoiser.schedule(t)
    x, times = alpha * x0 + sigma * eps, [t * (1 - k / steps) for k in range(steps + 1)]
    return list(md.ddim(denoiser, x, times, cond=cond))[-1]


def vocode(start="u", end="1", told=True, stops=None, seeded=True):
    def answer(denoiser, u, times, cond, generator):
        size, times = {"u": u, "1": 1, "u2": u.square()}, times[:stops]
        dice = generator if seeded else None
        x = size[start] * torch.randn(u.shape, generator=dice)
        *_, x = md.ddim(denoiser, x, times, cond=cond if told else None)
        return size[end] * x

    return answer


def normal(denoiser, u, times, cond, generator):
    x = torch.normal(torch.zeros_like(u), u, generator=generator)
    *_, x = md.ddim(denoiser, x, times, cond=cond)
    return x


def by_statistics(scores):
    kept = [s for s in scores if s != 1e-5]
    return statistics.mean(kept) if kept else math.nan


def without_nothing(scores):
    return statistics.mean(s for s in scores if s != 1e-5)


def told(factor=math.pi / 4, squared=True):
    def answer(mean, window):
        power = window.square().sum() if squared else window.sum() ** 2
        return mean / (power * factor) ** 0.5

    return answer


def by_numpy(a, b):
    a, b = (20 * np.log10(np.maximum(x.numpy(), 1e-4)) for x in (a, b))
    return np.sqrt(((a - b) ** 2).mean(axis=0)).mean()


def floor_added(a, b):
    gap = 20 * ((a + 1e-4) / (b + 1e-4)).log10()
    return gap.square().mean(0).sqrt().mean()


def one_sided(a, b):
    gap = 20 * (a.clamp(min=1e-5) / b.clamp(min=1e-5)).log10()
    return gap.square().mean(0).sqrt().mean()


def ratio_clamped(a, b):
    gap = 20 * (a / b.clamp(min=1e-4)).clamp(min=1e-4).log10()
    return gap.square().mean(0).sqrt().mean()


def summed(a, b):
    gap = 20 * (a.clamp(min=1e-4) / b.clamp(min=1e-4)).log10()
    return gap.square().sum(0).sqrt().mean()


def own_chance(wave, mel, hop, count, generator):
    k = random.randrange(mel.shape[1] - count + 1)
    return cut(wave, mel, hop, count, k)


def scattered(wave, mel, hop, count, generator):
    """Right, by a permutation of all starts."""
    starts = torch.randperm(mel.shape[1] - count + 1, generator=generator)
    return cut(wave, mel, hop, count, starts[0])


def mean_of(keep, otherwise=None):
    def answer(scores):
        kept = [s for s in scores if keep(s)]
        if not kept and otherwise is not None:
            return otherwise
        return sum(kept) / len(kept)

    return answer


NAN = float("nan")

RIGHT = [
    ("ex-11-1", 10),
    ("ex-11-1", 9.97),
    ("ex-11-1", "10,0"),
    ("ex-11-2", lsd()),
    ("ex-11-2", lambda a, b: lsd()(a, b).item()),
    ("ex-11-2", by_numpy),
    ("ex-11-3", crop()),
    ("ex-11-3", scattered),
    ("ex-11-3", as_it_was_but_for_the_frame),
    ("ex-11-4", 0.001),
    ("ex-11-4", "1e-3"),
    ("ex-11-5", polished),
    ("ex-11-5", stepped),
    ("ex-11-6", "c"),
    ("ex-11-7", mean_of(lambda s: s != 1e-5, NAN)),
    ("ex-11-7", mean_of(lambda s: abs(s - 1e-5) > 1e-9, NAN)),
    ("ex-11-7", by_statistics),
    ("ex-11-7", lambda scores: np.nanmean([s if s != 1e-5 else NAN for s in scores])),
    ("ex-11-8", vocode()),
    ("ex-11-8", normal),
    ("ex-11-9", told()),
    ("ex-11-9", lambda m, w: torch.tensor([told()(m, w)])),
    ("ex-11-9", lambda m, w: 2 * m / (math.pi * float((w**2).sum())) ** 0.5),
    ("ex-11-9", lambda m, w: m / (torch.pi / 4 * w.dot(w)).sqrt()),
]
WRONG = [
    ("ex-11-1", 20, "as a factor"),
    ("ex-11-1", 100, "its root"),
    ("ex-11-1", 1.122, "divided by"),
    ("ex-11-1", 2.718, "natural logarithms"),
    ("ex-11-1", 2, "multiplies"),
    ("ex-11-1", 1, "must grow"),
    ("ex-11-1", 3.16, "amplitude takes 20"),
    ("ex-11-1", 7, "Which factor"),
    ("ex-11-2", lsd(10), "for power"),
    ("ex-11-2", lsd(1), "Level is 20"),
    ("ex-11-2", lsd(log=torch.log), "base 10"),
    ("ex-11-2", lsd(order="all"), "before the mean over frames"),
    ("ex-11-2", lsd(order="frames"), "swapped"),
    ("ex-11-2", mean_gap, "Squares and a root"),
    ("ex-11-2", per_frame, "One number"),
    ("ex-11-2", lsd(clamp=1e-9), "clamp both"),
    ("ex-11-2", ratio_clamped, "clamp both"),
    ("ex-11-2", one_sided, "Silence counts"),
    ("ex-11-2", summed, "take their mean"),
    ("ex-11-2", floor_added, "Do not add"),
    ("ex-11-3", careless, "the piece begins at"),
    ("ex-11-3", strided, "follow each other"),
    ("ex-11-3", crop(spare=5), "always the same"),
    ("ex-11-3", crop(spare=1), "never come"),
    ("ex-11-3", crop(first=1), "never come"),
    ("ex-11-3", lambda w, m, h, c, g: cut(w, m, h, c + 1, 0), "3 frames"),
    ("ex-11-3", own_chance, "one seed, one piece"),
    ("ex-11-4", 0.02, "make it smaller"),
    ("ex-11-4", 0.00002, "not so small"),
    ("ex-11-4", 3, "between 0 and 1"),
    ("ex-11-5", from_the_top, "time 1"),
    ("ex-11-5", without_noise, "x0 itself"),
    ("ex-11-5", without_sound, "x0 is lost"),
    ("ex-11-5", added, "alpha x0 + sigma eps"),
    ("ex-11-5", unconditional, "does not reach"),
    ("ex-11-5", one_more, "5 steps ask 5 times"),
    ("ex-11-5", uneven, "evenly"),
    ("ex-11-5", ancestral, "last x of `md.ddim`"),
    ("ex-11-6", "A", "as it was made"),
    ("ex-11-6", "B", "pulses are sharp"),
    ("ex-11-7", lambda scores: sum(scores) / len(scores), "still count"),
    ("ex-11-7", mean_of(lambda s: s > 0.5, NAN), "keep them"),
    ("ex-11-7", mean_of(lambda s: s > 1e-5, NAN), "keep them"),
    ("ex-11-7", mean_of(lambda s: s != 1e-5), "divides by 0"),
    ("ex-11-7", without_nothing, "divides by 0"),
    ("ex-11-7", mean_of(lambda s: s and s != 1e-5, NAN), "exactly 0"),
    ("ex-11-7", mean_of(lambda s: s != 1e-5, 0.0), "return NaN"),
    ("ex-11-8", vocode(start="1"), "still begins"),
    ("ex-11-8", vocode(start="1", end="u"), "on the way"),
    ("ex-11-8", vocode(start="u2"), "place by place"),
    ("ex-11-8", vocode(end="u"), "no u there"),
    ("ex-11-8", vocode(told=False), "does not reach"),
    ("ex-11-8", vocode(stops=2), "through all the times"),
    ("ex-11-8", vocode(seeded=False), "from `generator`"),
    ("ex-11-9", told(1), "not their rms"),
    ("ex-11-9", told(math.pi / 2), "half each"),
    ("ex-11-9", told(4 / math.pi), "not smaller"),
    ("ex-11-9", told(squared=False), "powers add"),
    ("ex-11-9", lambda m, w: m / (math.pi / 4 * len(w)) ** 0.5, "a window of ones"),
    ("ex-11-9", lambda m, w: told()(m, w) ** 2, "take its root"),
    ("ex-11-9", lambda m, w: told()(m, w) / 3, "u should be"),
]
