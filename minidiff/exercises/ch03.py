"""Chapter 3, the forward process: the exercises' checks."""

import torch

from ..schedule import LinearBeta
from .answers import names, near, number
from .check import Each, Number, Wrong, exercise, form


@exercise("ex-03-1", "predict", minutes=5, trains="reckoning in decibels of power")
@form(Number(-45, 45, 0.01))
def quieter(answer):
    answer = number(answer)
    if abs(answer + 10) < 0.05:
        raise Wrong(
            "That is a tenth of the power. Power goes with the amplitude squared."
        )
    if abs(answer - 20) < 0.05:
        raise Wrong("Did the sound get stronger against the noise, or weaker?")
    if abs(answer + 40) < 0.05:
        raise Wrong("Squared twice: 20 log10 of the amplitude, or 10 of the power.")
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
    few = torch.linspace(0.01, 0.3, 7, dtype=torch.float64)
    many = torch.linspace(1e-4, 0.02, 1000)
    for betas in (few, many, few[:1], torch.tensor([0.1, 1.0, 0.2])):
        truth = torch.cat([betas.new_ones(1), (1 - betas).cumprod(0)])
        got = torch.as_tensor(alpha_bar(betas.clone()))
        if near(got, truth):
            continue
        if near(got, truth[1:]):
            raise Wrong(
                "T entries, expected T + 1: before the first step alpha_bar is 1."
            )
        if near(got, truth.sqrt()):
            raise Wrong("That is alpha, its square root.")
        if near(got[-len(betas) :], betas.cumprod(0)):
            raise Wrong(
                "Multiply what each step keeps of the signal, not what it adds."
            )
        if near(got, 1 - truth):
            raise Wrong("That is the share of the noise; the signal has the rest.")
        if near(got, torch.cat([betas.new_ones(1), 1 - betas])):
            raise Wrong("Those are the factors themselves: multiply them up.")
        if near(got, 1 - torch.cat([betas.new_zeros(1), betas.cumsum(0)])):
            raise Wrong(
                "Sums of beta do only while they are tiny; soon it falls below 0."
            )
        raise Wrong("Entry i is the product of the first i factors (1 - beta).")
    return "And from here on, one look-up replaces a walk."


@exercise(
    "ex-03-3",
    "find the bug",
    minutes=10,
    trains="keeping the variance: noise and the root of beta",
)
def step(answer):
    x, eps = torch.randn(2, 500)
    for beta in torch.tensor([0.36, 0.02, 0.9, 0.0, 1.0]):
        keep, add = (1 - beta).sqrt(), beta.sqrt()
        got = answer(x.clone(), beta, eps.clone())
        if near(got, keep * x + add * eps):
            continue
        if near(got, keep * x + beta * eps):
            raise Wrong(
                "Still the buggy one: it leaves a variance of (1 - beta) + beta**2."
            )
        if near(got, (1 - beta) * x + beta * eps):
            raise Wrong("Now both roots are missing: the variance shrinks even faster.")
        if near(got, (1 - beta) * x + add * eps):
            raise Wrong("The noise is right now, but the signal has lost its root.")
        if near(got, x + add * eps):
            raise Wrong("Without shrinking the signal the sound only grows.")
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
    alpha, sigma = map(torch.as_tensor, pair(answer(t.clone()), "alpha, sigma"))
    if not near(alpha**2 + sigma**2, torch.ones_like(t)):
        if near(alpha + sigma, torch.ones_like(t)):
            raise Wrong("alpha + sigma is 1, but their squares should sum to 1.")
        raise Wrong("alpha**2 + sigma**2 is not 1.")
    if not (alpha >= 0).all() or not (sigma >= 0).all():
        raise Wrong("alpha and sigma are amplitudes and not below 0.")
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
    if isinstance(answer, dict):
        answer = [answer[key] for key in sorted(answer)]
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


@exercise(
    "ex-03-7", "derive", minutes=20, trains="a jump that starts from any noise level"
)
def onward(answer):
    levels = [
        (1.0, 0.0, 0.6, 0.8),  # from the clean sound, alpha**2 + sigma**2 = 1
        (0.8, 0.6, 0.28, 0.96),
        (0.7, 0.3, 0.2, 0.8),  # Flow
        (1.0, 0.5, 1.0, 3.0),  # Karras
        (0.5, 0.5, 0.0, 1.0),  # to pure noise
        (0.5, 0.5, 0.5, 0.5),  # nowhere
    ]
    for a_s, s_s, a_t, s_t in torch.tensor(levels, dtype=torch.float64):
        keep = a_t / a_s
        add = (s_t**2 - keep**2 * s_s**2).sqrt()
        got = pair(answer(a_s, s_s, a_t, s_t), "keep, add")
        got = [torch.as_tensor(x, dtype=torch.float64).reshape(()) for x in got]
        if near(got[0], keep) and near(got[1], add):
            continue
        case = f"From ({a_s:g}, {s_s:g}) to ({a_t:g}, {s_t:g})"
        if not near(got[0], keep):
            if near(got[0], a_t):
                raise Wrong(f"{case}: x_s has alpha_s of the signal, not all of it.")
            if near(got[0], a_s / a_t):
                raise Wrong(f"{case}: keep times alpha_s should be alpha_t.")
            raise Wrong(f"{case}: keep is {got[0]:.3f}. Compare what stands before x0.")
        if near(got[1], add**2):
            raise Wrong(f"{case}: that is the fresh noise's variance; take its root.")
        if near(got[1], s_t):
            raise Wrong(f"{case}: x_s brings noise of its own, so less is needed.")
        if near(got[1], s_t - s_s) or near(got[1], s_t - keep * s_s):
            raise Wrong(f"{case}: independent noises add in variance, not in size.")
        if near(got[1] ** 2, s_t**2 - s_s**2):
            raise Wrong(
                f"{case}: the old noise is multiplied by keep, like the signal."
            )
        if near(got[1] ** 2, 1 - keep**2):
            raise Wrong(
                f"{case}: 1 - keep**2 holds only where alpha**2 + sigma**2 = 1."
            )
        raise Wrong(f"{case}: add is {got[1]:.3f}. Compare the variances of the noise.")
    return "Steps, jumps and all schedules in one line; chapter 6 walks it backwards."


def pair(answer, what: str) -> tuple:
    """Two things, as a tuple, a list or one tensor."""
    try:
        first, second = answer
    except (TypeError, ValueError):
        raise Wrong(f"Return two things: {what}.") from None
    return first, second
