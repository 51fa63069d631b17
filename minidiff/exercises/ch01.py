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
@form(Number(0, 1, 0.005, also=(1e-5,)))
def shrunk(answer):
    answer = number(answer)
    if abs(answer - 0.9**5) < 0.006:
        return "Each step takes the square root of 0.9, and ten of them 0.9 ** 5."
    if abs(answer - 0.9**10) < 0.006:
        raise Wrong(
            "That is the power that is left. The amplitude is its square root: one "
            "step multiplies by sqrt(1 - beta)."
        )
    if answer == 0:
        raise Wrong("Noise covers the sound, but no finite step takes it all away.")
    if abs(answer - 0.1**5) < 1e-6 or abs(answer - 0.1**10) < 1e-12:
        raise Wrong("beta is what goes; 1 - beta is what stays.")
    raise Wrong("One step multiplies by sqrt(1 - beta). Ten steps do so ten times.")


@exercise("ex-01-2", "fill in", minutes=5, trains="the step that adds noise")
def forward_step(add_noise):
    x, eps = torch.randn(2, 50_000)
    for beta in (0.02, 0.5):
        got = add_noise(x, beta, eps)
        right = (1 - beta) ** 0.5 * x + beta**0.5 * eps
        if near(got, right):
            continue
        if near(got, (1 - beta) * x + beta * eps):
            raise Wrong("Both square roots are missing: each step makes it quieter.")
        if near(got, (1 - beta) * x + beta**0.5 * eps):
            raise Wrong("The signal is multiplied by sqrt(1 - beta), not by 1 - beta.")
        if near(got, (1 - beta) ** 0.5 * x + beta * eps):
            raise Wrong("beta is a variance; the noise is multiplied by its root.")
        if near(got, x + beta**0.5 * eps):
            raise Wrong("The old sound must shrink to make room: this is naive.")
        raise Wrong(
            f"With beta = {beta}, x and eps of strength 1 the result should have "
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
        got = step_back(x, t, eps, alpha, sigma)
        right = alpha[t - 1] * x0 + sigma[t - 1] * eps
        if near(got, right, 1e-3):
            continue
        x0_bug = (x - sigma[t] ** 2 * eps) / alpha[t]
        if near(got, alpha[t - 1] * x0_bug + sigma[t - 1] * eps, 1e-3):
            raise Wrong(
                "sigma squared is still there: eps was multiplied by sigma, so sigma "
                "times eps is what must be taken away."
            )
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
@form(Number(0.02, 0.3, 0.005))
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
        t = torch.as_tensor(t)
        if t.shape != (len(x),):
            raise Wrong(f"guess wants t of shape ({len(x)},), got {tuple(t.shape)}.")
        asked.append(int(t[0]))
        return (x - alpha[t, None] * home) / sigma[t, None]

    x = torch.randn(64, 2)
    for stops in ([100, 80, 60, 40, 20, 0], [100, 99, 50, 30]):
        asked.clear()
        got = walk(guess, x, stops, alpha, sigma)
        if 0 in asked:
            raise Wrong("At t = 0 there is no noise to guess: the walk ends there.")
        if asked != stops[:-1]:
            raise Wrong(
                f"For stops {stops}, guess should be asked at {stops[:-1]}, each once; "
                f"it was asked at {asked}."
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
