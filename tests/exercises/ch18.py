"""Chapter 18: right answers, and wrong ones with the hint that each should get."""

import torch


def area(usual, strange):
    gap = strange[None] - usual[:, None]
    return ((gap > 0).double() + (gap == 0).double() / 2).mean()


def by_sorting(usual, strange):
    wins = 0
    for b in strange.tolist():
        for a in usual.tolist():
            wins += 1 if b > a else 0.5 if b == a else 0
    return wins / (len(usual) * len(strange))


def turned(usual, strange):
    return area(strange, usual)


def strict(usual, strange):
    return (strange[None] > usual[:, None]).double().mean()


def generous(usual, strange):
    return (strange[None] >= usual[:, None]).double().mean()


def total(usual, strange):
    return area(usual, strange) * len(usual) * len(strange)


def areas(two):
    return [area(a, b).item() for a, b in zip(*two, strict=True)]


def chosen(choice, test):
    found = areas(choice)
    return areas(test)[found.index(max(found))]


def by_argmax(choice, test):
    best = torch.tensor(areas(choice)).argmax()
    return area(test[0][best], test[1][best])


def best_of_test(choice, test):
    return max(areas(test))


def best_of_choice(choice, test):
    return max(areas(choice))


def swapped(choice, test):
    return 1 - chosen(choice, test)


def worst(choice, test):
    found = areas(choice)
    return areas(test)[found.index(min(found))]


def all_of_them(choice, test):
    return sum(areas(test)) / len(areas(test))


def which(choice, test):
    found = areas(choice)
    return found.index(max(found))


def both_together(choice, test):
    found = [a + b for a, b in zip(areas(choice), areas(test), strict=True)]
    return max(found) / 2


def exact(x, v, r):
    return (x**2 * r**2 + v**2) / (v + r**2) ** 2


def of_x0(x, v, r):
    return exact(x, v, r) * r**2


def pulled(x, v, r):
    return x**2 * r**2 / (v + r**2) ** 2


def mean(x, v, r):
    return v / (v + r**2)


class Dressed:
    before, after, turned, told = True, True, False, True

    def __init__(self, inner, colour):
        self.inner, self.colour, self.schedule = inner, colour, inner.schedule

    def __call__(self, x, t, cond=None):
        there, back = self.colour.whitened, self.colour.coloured
        if self.turned:
            there, back = back, there
        x = there(x) if self.before else x
        guess = self.inner(x, t, cond if self.told else None)
        return back(guess) if self.after else guess


class Naked(Dressed):
    before = after = False


class Half(Dressed):
    after = False


class OtherHalf(Dressed):
    before = False


class Turned(Dressed):
    turned = True


class Silent(Dressed):
    told = False


class Timeless(Dressed):
    def __init__(self, inner, colour):
        super().__init__(inner, colour)
        del self.schedule


class Named(Dressed):
    """With what is asked by name."""

    def __call__(self, x, t, cond=None):
        white = self.colour.whitened(x=x)
        return self.colour.coloured(x=self.inner(white, t=t, cond=cond))


RIGHT = [
    ("ex-18-1", 5 / 6),
    ("ex-18-1", 0.83),
    ("ex-18-1", "83 %"),
    ("ex-18-2", area),
    ("ex-18-2", by_sorting),
    ("ex-18-3", chosen),
    ("ex-18-3", by_argmax),
    ("ex-18-4", 0.01),
    ("ex-18-4", "2 %"),
    ("ex-18-5", Dressed),
    ("ex-18-5", Named),
    ("ex-18-6", "whine, order, misfire"),
    ("ex-18-6", "bearing whine, in order, misfire"),
    ("ex-18-6", {"A": "whine", "B": "order", "C": "misfire"}),
    ("ex-18-7", exact),
]
WRONG = [
    ("ex-18-1", 1 / 6, "scores higher"),
    ("ex-18-1", 0.5, "chance"),
    ("ex-18-1", 0.9, "in how many"),
    ("ex-18-2", turned, "wrong way"),
    ("ex-18-2", strict, "a tie counts half"),
    ("ex-18-2", generous, "not whole"),
    ("ex-18-2", total, "divide"),
    ("ex-18-3", best_of_test, "best of the test"),
    ("ex-18-3", best_of_choice, "chosen by"),
    ("ex-18-3", swapped, "wrong way round"),
    ("ex-18-3", worst, "worst"),
    ("ex-18-3", all_of_them, "mean of all"),
    ("ex-18-3", which, "how well"),
    ("ex-18-3", both_together, "its area"),
    ("ex-18-4", 1, "drown in the many"),
    ("ex-18-4", 0.2, "drown in the many"),
    ("ex-18-4", 0.001, "by chance"),
    ("ex-18-4", 2, "at most 1"),
    ("ex-18-5", Naked, "Neither"),
    ("ex-18-5", Half, "colour it again"),
    ("ex-18-5", OtherHalf, "must be given a whitened"),
    ("ex-18-5", Turned, "other way round"),
    ("ex-18-5", Silent, "cond"),
    ("ex-18-5", Timeless, "schedule"),
    ("ex-18-6", "order, whine, misfire", "1 of 3"),
    ("ex-18-6", "whine, whine, order", "each once"),
    ("ex-18-7", of_x0, "divide by r"),
    ("ex-18-7", pulled, "missing"),
    ("ex-18-7", mean, "x is given"),
]
