"""Chapter 3, the forward process: the exercises' checks."""

import torch

from ..schedule import LinearBeta
from .answers import names, near, number
from .check import Each, Number, Wrong, exercise, form


@exercise("ex-03-1", "predict", minutes=5, trains="reckoning in decibels of power")
@form(Number(-30, 30, 0.01))
def quieter(answer):
    answer = number(answer)
    if abs(answer + 10) < 0.05:
        raise Wrong(
            "That is a tenth of the power. Power goes with the amplitude squared."
        )
    if abs(answer - 20) < 0.05:
        raise Wrong("Did the sound get stronger against the noise, or weaker?")
    if abs(answer + 20) > 0.05:
        raise Wrong("Compute 10 log10 of the power ratio: how much power is left?")
    return "A tenth of the amplitude, a hundredth of the power, 20 dB down."


@exercise(
    "ex-03-2",
    "fill in",
    minutes=8,
    trains="the table behind every schedule, and its length",
)
def table(alpha_bar):
    betas = torch.linspace(0.01, 0.3, 7, dtype=torch.float64)
    truth = torch.cat([betas.new_ones(1), (1 - betas).cumprod(0)])
    got = alpha_bar(betas)
    if near(got, truth[1:]):
        raise Wrong("T entries, expected T + 1: before the first step alpha_bar is 1.")
    if near(got, truth.sqrt()):
        raise Wrong("That is alpha, its square root.")
    if near(got[-7:], betas.cumprod(0)):
        raise Wrong("Multiply what each step keeps of the signal, not what it adds.")
    if near(got, 1 - truth):
        raise Wrong("That is the share of the noise; the signal has the rest.")
    if not near(got, truth):
        raise Wrong("Entry i is the product of the first i factors (1 - beta).")
    return "And from here on, one look-up replaces a walk."


@exercise(
    "ex-03-3",
    "find the bug",
    minutes=10,
    trains="keeping the variance: noise and the root of beta",
)
def step(answer):
    x, eps = torch.full((4,), 2.0), torch.full((4,), 3.0)
    beta = torch.tensor(0.36)
    got = answer(x, beta, eps)
    if near(got, 0.8 * x + beta * eps):
        raise Wrong(
            "Still the buggy one: after a step the variance is (1 - beta) + beta**2."
        )
    if near(got, (1 - beta) * x + beta * eps):
        raise Wrong("Now both roots are missing: the variance shrinks even faster.")
    if near(got, (1 - beta) * x + 0.6 * eps):
        raise Wrong("The noise is right now, but the signal has lost its root.")
    if not near(got, 0.8 * x + 0.6 * eps):
        raise Wrong("The squares of the two factors must be 1 - beta and beta.")
    return "(1 - beta) + beta = 1: the noise had lost its root."


@exercise("ex-03-4", "vary", minutes=10, trains="an end that is noise")
@form(Number(0.01, 0.4, 0.01))
def ending(answer):
    alpha = LinearBeta(steps=200, beta_end=number(answer))(1.0)[0].item()
    if alpha > 0.3:
        raise Wrong(f"It ends with alpha = {alpha:.2f}: larger steps are needed.")
    if alpha > 0.01:
        raise Wrong(f"It ends with alpha = {alpha:.3f}: a little more.")
    if alpha < 0.001:
        raise Wrong(f"It ends with alpha = {alpha:.1e}: more than was asked for.")
    return f"It ends with alpha = {alpha:.4f}: noise, for all that one can tell."


@exercise(
    "ex-03-5",
    "extend",
    minutes=15,
    trains="designing a schedule from its signal-to-noise ratio",
)
def straight(answer):
    t = torch.linspace(0, 1, 9, dtype=torch.float64)
    alpha, sigma = map(torch.as_tensor, answer(t))
    if not near(alpha**2 + sigma**2, torch.ones_like(t)):
        if near(alpha + sigma, torch.ones_like(t)):
            raise Wrong("alpha + sigma is 1, but their squares should sum to 1.")
        raise Wrong("alpha**2 + sigma**2 is not 1.")
    db = 20 * torch.log10(alpha / sigma)
    if near(db, 80 * t - 40):
        raise Wrong("The other way round: t = 0 is the clean end.")
    if near(db, 20 - 40 * t):
        raise Wrong("It falls from 20 to -20 dB. Is your ratio that of the powers?")
    if near(db, 80 - 160 * t):
        raise Wrong("It falls from 80 to -80 dB. Is your ratio that of the amplitudes?")
    if not near(db, 40 - 80 * t):
        raise Wrong(f"It goes from {db[0]:.1f} dB to {db[-1]:.1f} dB, or not evenly.")
    return "A schedule of your own, given by nothing but its timetable."


@exercise("ex-03-6", "listen", minutes=5, trains="hearing what is under noise")
@form(Each("ABC", ("bird", "kick", "organ")))
def hidden(answer):
    given = names(answer)
    truth = ["organ", "bird", "kick"]
    if sorted(given) != sorted(truth):
        raise Wrong("Three names, each once: bird, kick, organ.")
    right = sum(a == b for a, b in zip(given, truth, strict=True))
    if given != truth:
        raise Wrong(
            f"{right} of 3. Which one is steady, which one moves, which is short?"
        )
    return "Your ear is a denoiser: it knows what birds sound like."
