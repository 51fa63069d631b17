"""Chapter 9's exercises answer back."""

import pytest
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


RIGHT = {
    "ex-09-1": [6, 6, 12],
    "ex-09-2": withheld,
    "ex-09-3": step(),
    "ex-09-4": 2,
    "ex-09-5": Interval,
    "ex-09-6": "B",
}
WRONG = [
    ("ex-09-1", [12, 12, 12], "weight 0"),
    ("ex-09-1", [6, 6, 6], "two guesses"),
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
    ("ex-09-4", 1, "More guidance"),
    ("ex-09-4", 3, "Less guidance"),
    ("ex-09-5", Everywhere, "still guidance"),
    ("ex-09-5", Nowhere, "no guidance"),
    ("ex-09-5", Null, "not for null"),
    ("ex-09-5", Dear, "one question"),
    ("ex-09-5", Lost, "schedule"),
    ("ex-09-6", "A", "the words differ"),
    ("ex-09-6", "C", "Answer"),
]


@pytest.mark.parametrize("name", RIGHT)
def test_the_solution_is_right_and_the_stub_is_not_attempted(name, capsys):
    md.check(name, RIGHT[name])
    md.check(name, ...)
    right, stub = capsys.readouterr().out.splitlines()
    assert right.startswith(f"{name}: right. ")
    assert stub == f"{name}: not attempted yet"


@pytest.mark.parametrize(("name", "answer", "hint"), WRONG)
def test_a_known_mistake_gets_its_own_hint(name, answer, hint, capsys):
    md.check(name, answer)
    said = capsys.readouterr().out
    assert said.startswith(f"{name}: not yet. ")
    assert hint in said
