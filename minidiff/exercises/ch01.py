"""Chapter 1, noise and back: the exercises' checks."""

import torch

from ..schedule import LinearBeta
from .answers import near, number, order
from .check import Number, Order, Wrong, exercise, form


def tables(steps: int = 100):
    """alpha and sigma at the times 0 to `steps` of the chapter's schedule."""
    schedule = LinearBeta(steps, 1e-3, 0.15)
    return [level.float() for level in schedule(torch.arange(steps + 1) / steps)]


@exercise("ex-01-1", "predict", minutes=5, trains="what one step keeps of an amplitude")
@form(Number(0, 2, 0.005, also=(1e-5, 59, 59.05, 35, 34.87)))
def shrunk(answer):
    answer = number(answer)
    if abs(answer - 0.9**5) < 0.006:
        return "Each step takes the square root of 0.9, and ten of them 0.9 ** 5."
    if abs(answer - 0.9**10) < 0.006:
        raise Wrong(
            "That is the power that is left. The amplitude is its square root: one "
            "step multiplies by sqrt(1 - beta)."
        )
    if abs(answer - 0.9**-5) < 0.02:
        raise Wrong("That is what it was divided by. What share of it is left?")
    if abs(answer - 59.05) < 0.6:
        raise Wrong("Give the share as a number from 0 to 1, not in percent.")
    if abs(answer - (1 - 0.9**5)) < 0.006:
        raise Wrong("That is the share that is gone; what is left?")
    if answer == 0:
        raise Wrong("Noise covers the sound, but no finite step takes it all away.")
    if abs(answer - 0.1**5) < 1e-6 or abs(answer - 0.1**10) < 1e-12:
        raise Wrong("beta is what goes; 1 - beta is what stays.")
    raise Wrong("One step multiplies by sqrt(1 - beta). Ten steps do so ten times.")


@exercise("ex-01-2", "fill in", minutes=5, trains="the step that adds noise")
def forward_step(add_noise):
    x, eps = torch.randn(2, 50_000)
    for beta in torch.tensor([0.02, 0.5, 0.98, 0.0, 1.0]):
        keep, add = (1 - beta).sqrt(), beta.sqrt()
        got = add_noise(x.clone(), beta, eps.clone())
        if near(got, keep * x + add * eps):
            continue
        if near(got, (1 - beta) * x + beta * eps):
            raise Wrong("Both square roots are missing: each step makes it quieter.")
        if near(got, (1 - beta) * x + add * eps):
            raise Wrong("The signal is multiplied by sqrt(1 - beta), not by 1 - beta.")
        if near(got, keep * x + beta * eps):
            raise Wrong("beta is a variance; the noise is multiplied by its root.")
        if near(got, x + add * eps):
            raise Wrong("The old sound must shrink to make room: this is naive.")
        if near(got, add * x + keep * eps):
            raise Wrong("The wrong way round: a small beta means little noise.")
        if not near(got, add_noise(x.clone(), beta, eps.clone())):
            raise Wrong("It gives another result each time: use the eps it is given.")
        raise Wrong(
            f"With beta = {beta:.2f} expected sqrt(1 - beta) x + sqrt(beta) eps, of "
            f"strength 1; yours has {torch.as_tensor(got).float().std():.2f}."
        )
    return "The strength stays 1 for every beta."


@exercise(
    "ex-01-3",
    "find the bug",
    minutes=10,
    trains="putting a formula to the test with known numbers",
)
def mended_step(step_back):
    alpha, sigma = tables()
    x0, eps = torch.randn(2, 200, 2)
    for t in (100, 40, 2, 1):
        x = alpha[t] * x0 + sigma[t] * eps
        got = step_back(x.clone(), t, eps.clone(), alpha, sigma)
        right = alpha[t - 1] * x0 + sigma[t - 1] * eps
        if near(got, right, 1e-3):
            continue
        x0_bug = (x - sigma[t] ** 2 * eps) / alpha[t]
        if near(got, alpha[t - 1] * x0_bug + sigma[t - 1] * eps, 1e-3):
            raise Wrong(
                "sigma squared is still there: eps was multiplied by sigma, so sigma "
                "times eps is what must be taken away."
            )
        if near(got, alpha[t - 1] * alpha[t] * x0 + sigma[t - 1] * eps, 1e-3):
            raise Wrong("What is left without the noise is alpha[t] x0: divide by it.")
        if near(got, alpha[t - 1] * x0 + sigma[t] * eps, 1e-3):
            raise Wrong("All of the noise is back: at t - 1 there is less of it.")
        if near(got, x0, 1e-3):
            raise Wrong("That is the clean point itself; one step goes to t - 1.")
        if t == 1:
            raise Wrong("On the last step, to t = 0, no noise may be left.")
        if near(got, alpha[t] * x0 + sigma[t - 1] * eps, 1e-3):
            raise Wrong("The new x belongs to t - 1, and so does its alpha.")
        raise Wrong(
            f"At t = {t}, told the true noise, the step should give alpha[t - 1] x0 + "
            "sigma[t - 1] eps. Put x = alpha[t] x0 + sigma[t] eps into the first line."
        )
    return "Told the true noise, it walks exactly down the way that x came up."


@exercise(
    "ex-01-4",
    "vary",
    minutes=10,
    trains="how the end of a schedule decides what is left",
)
@form(Number(0.02, 0.3, 0.005, also=(12,)))
def last_beta(beta_end):
    left = LinearBeta(100, 1e-3, number(beta_end))(1.0)[0].item()
    if 0.04 <= left <= 0.05:
        return f"{100 * left:.1f} % of the amplitude is left."
    if 0.04 <= left**2 <= 0.05:
        raise Wrong(
            f"That leaves {100 * left**2:.1f} % of the power; the question is about "
            "the amplitude, its square root."
        )
    more = "More" if left > 0.05 else "Less"
    raise Wrong(f"{100 * left:.1f} % is left. {more} noise, please.")


@exercise(
    "ex-01-5", "extend", minutes=20, trains="steps that go from any time to any other"
)
def strided_walk(walk):
    alpha, sigma = tables()
    home = torch.tensor([0.3, -1.2])  # a world of one point: its noise is known
    asked = []

    def guess(x, t):
        t = torch.as_tensor(t).long()
        if t.shape != (len(x),):
            raise Wrong(f"guess wants t of shape ({len(x)},), got {tuple(t.shape)}.")
        asked.append(int(t[0]))
        return (x - alpha[t, None] * home) / sigma[t, None]

    x = torch.randn(64, 2)
    for stops in ([100, 80, 60, 40, 20, 0], [100, 99, 50, 30], [70, 3], [1, 0]):
        asked.clear()
        got = walk(guess, x.clone(), list(stops), alpha, sigma)
        if 0 in asked:
            raise Wrong("At t = 0 there is no noise to guess: the walk ends there.")
        if asked != stops[:-1]:
            raise Wrong(
                f"For stops {stops}, guess should be asked at {stops[:-1]}, each once; "
                f"it was asked at {asked}."
            )
        got = torch.as_tensor(got)
        if got.shape != x.shape:
            raise Wrong(
                f"Return the last x alone, {tuple(x.shape)}; got {tuple(got.shape)}."
            )
        end = stops[-1]
        eps = (x - alpha[stops[0]] * home) / sigma[stops[0]]
        if not near(got, alpha[end] * home + sigma[end] * eps, 2e-3):
            raise Wrong(
                f"The last x should have the noise of t = {end}. Each step goes from t "
                "to the next stop s: are alpha[s] and sigma[s] used, not t - 1?"
            )
    return "It takes the stops it is given and may end early, too."


@exercise("ex-01-6", "listen", minutes=5, trains="hearing noise levels")
@form(Order("ABCD"))
def by_ear(answer):
    word = order(answer, "ABCD")
    if word == "BDAC":
        return "You hear noise levels: steps 50, 150, 400 and 700."
    if word == "CADB":
        raise Wrong("The right order, the wrong way round: begin with the cleanest.")
    if word[-1] != "C":
        raise Wrong("In one of them there is hardly a bell at all: it comes last.")
    raise Wrong("The last is right. Compare the hiss at the end of the others.")


@exercise(
    "ex-01-7", "derive", minutes=15, trains="why the walk forgets how strong it began"
)
def variance_after(answer):
    rising = torch.linspace(1e-3, 0.05, 40, dtype=torch.float64)
    for v in (4.0, 0.25, 0.0, 1.0):
        for betas in (rising, rising[:1], rising[:0], rising / rising, 0 * rising):
            kept = (1 - betas).prod()
            right = 1 + (v - 1) * kept
            got = torch.as_tensor(answer(v, betas.clone()), dtype=torch.float64)
            got = got.reshape(()) if got.numel() == 1 else got
            if near(got, right):
                continue
            if near(got, right.sqrt()):
                raise Wrong("That is the strength, its root. Give the variance.")
            if near(got, v * kept):
                raise Wrong("That is what is left of the sound; the noise adds to it.")
            if near(got, v + betas.sum()):
                raise Wrong(
                    "That is the naive walk: each step also shrinks by 1 - beta."
                )
            if near(got, v * kept + betas.sum()):
                raise Wrong("Later steps shrink the noise of the earlier ones, too.")
            if near(got, 1 + (v - 1) * kept.sqrt()):
                raise Wrong("A variance is multiplied by 1 - beta, not by its root.")
            if near(got, 1 + (v - 1) * (1 - betas.sum())):
                raise Wrong("1 - beta is multiplied once a step: take their product.")
            raise Wrong(
                f"From variance {v:g}, after {len(betas)} steps whose betas sum to "
                f"{betas.sum():.2f}, it should be {right:.3f}; yours is "
                f"{got:.3f}."
                if got.dim() == 0
                else "not one number."
            )
    return "The distance to 1 shrinks by 1 - beta in each step, from above or below."
