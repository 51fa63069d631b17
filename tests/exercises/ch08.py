"""Chapter 8: right answers, and wrong ones with the hint that each should get."""

import math

import torch


def score_of_v(x, v_hat, alpha, sigma):
    return -(sigma * x + alpha * v_hat) / sigma


def score_by_tweedie(x, v_hat, alpha, sigma):
    return (alpha * (alpha * x - sigma * v_hat) - x) / sigma**2


def score_by_ratio(x, v_hat, alpha, sigma):
    return -x - float(alpha) / float(sigma) * v_hat


def of_eps(part):
    return lambda x, v, alpha, sigma: part(sigma * x + alpha * v, sigma)


def ode_step(growth=0.5, pull=0.5):
    return lambda x, slope, b: x + growth * b * x + pull * b * slope


def grown_first(x, slope, b):
    return torch.lerp(x, 2 * x, float(b) / 2) + math.sqrt(b) ** 2 * slope / 2


def in_place(x, slope, b):
    x += b / 2 * (x + slope)
    return x


def pulled(v, x, e):
    x = x.detach().requires_grad_()
    return torch.autograd.grad((v(x) * e).sum(), x)[0]


def divergence(v, x, e):
    return (pulled(v, x, e) * e).sum(1)


def forwards(v, x, e):
    """The other way round: J e by forward differentiation, then e."""
    _, pushed = torch.func.jvp(v, (x,), (e,))
    return torch.einsum("nd,nd->n", e, pushed)


def backwards(v, x, e):
    _, pull = torch.func.vjp(v, x)
    return (pull(e)[0] * e).sum(-1)


def exact_trace(v, x, e):
    basis = torch.eye(x.shape[1], dtype=x.dtype)
    return sum(pulled(v, x, row.expand_as(x))[:, i] for i, row in enumerate(basis))


def total(v, x, e):
    return pulled(v, x, torch.ones_like(x)).sum(1)


def down(
    turn=-1, pull=lambda k: (1 + k**2) / 2, tremble=lambda g, k, dt: k * g, begin=1
):
    def step(x, f, g, score, kappa, dt, z):
        drift = turn * f + pull(kappa) * g**2 * score
        return begin * x + drift * dt + tremble(g, kappa, dt) * dt**0.5 * z

    return step


def in_two_moves(x, f, g, score, kappa, dt, z):
    """The ODE down, and a Langevin step on top."""
    g, kappa, dt = float(g), float(kappa), float(dt)
    flow = x - dt * (f - g**2 * score / 2)
    h = kappa**2 * g**2 * dt / 2
    return flow + h * score + math.sqrt(2 * h) * z


def by_variance(x, f, g, score, kappa, dt, z):
    b = dt * g * g
    return x - f * dt + b * score / 2 + kappa**2 * b * score / 2 + kappa * b.sqrt() * z


RIGHT = [
    ("ex-08-1", -0.75),
    ("ex-08-1", "-3/4"),
    ("ex-08-1", "-0,75"),
    ("ex-08-1", torch.tensor(-0.75)),
    ("ex-08-2", score_of_v),
    ("ex-08-2", score_by_tweedie),
    ("ex-08-2", score_by_ratio),
    ("ex-08-3", ode_step()),
    ("ex-08-3", grown_first),
    ("ex-08-3", lambda x, slope, b: x + (x + slope) * b / 2),
    ("ex-08-4", 1.0),
    ("ex-08-4", "1"),
    ("ex-08-4", torch.tensor([1.02])),
    ("ex-08-5", divergence),
    ("ex-08-5", forwards),
    ("ex-08-5", backwards),
    ("ex-08-5", lambda v, x, e: list(divergence(v, x, e))),
    ("ex-08-6", "A"),
    ("ex-08-6", " a "),
    ("ex-08-7", down()),
    ("ex-08-7", in_two_moves),
    ("ex-08-7", by_variance),
]
WRONG = [
    ("ex-08-1", 0.75, "Which way is uphill"),
    ("ex-08-1", "3/4", "Which way is uphill"),
    ("ex-08-1", -1.5, "not by the standard deviation"),
    ("ex-08-1", -3, "standard deviation 1"),
    ("ex-08-1", "-9/8", "log p itself"),
    ("ex-08-1", -0.375, "a factor is missing"),
    ("ex-08-1", 2, "Differentiate"),
    ("ex-08-1", "1/0", "divided by 0"),
    ("ex-08-2", of_eps(lambda eps, sigma: eps / sigma), "the score points back"),
    ("ex-08-2", of_eps(lambda eps, sigma: -eps), "How steep it is"),
    ("ex-08-2", of_eps(lambda eps, sigma: -eps * sigma), "makes steeper slopes"),
    ("ex-08-2", of_eps(lambda eps, sigma: -eps / sigma**2), "One sigma cancels"),
    ("ex-08-2", lambda x, v, alpha, sigma: -v / sigma, "takes v for the noise"),
    ("ex-08-2", lambda x, v, alpha, sigma: alpha * x - sigma * v, "That is x0_hat"),
    (
        "ex-08-2",
        lambda x, v, alpha, sigma: (alpha * x - sigma * v - x) / sigma**2,
        "holds only that much",
    ),
    ("ex-08-2", lambda x, v, alpha, sigma: -x + alpha / sigma * v, "sign of v"),
    ("ex-08-2", lambda x, v, alpha, sigma: x + v, "Mix x_t and v"),
    ("ex-08-2", lambda x, *args: -(0.8 * x + 0.6 * args[0]) / 0.8, "Mix x_t and v"),
    ("ex-08-2", lambda *args: print(end=""), "returns nothing"),
    ("ex-08-3", ode_step(pull=1), "pull of the SDE"),
    ("ex-08-3", ode_step(growth=0), "is missing"),
    ("ex-08-3", ode_step(growth=1), "was right."),
    ("ex-08-3", ode_step(growth=-0.5), "way back grows"),
    ("ex-08-3", ode_step(pull=-0.5), "walk that way"),
    ("ex-08-3", ode_step(pull=0), "kappa = 0"),
    ("ex-08-3", lambda x, slope, b: b / 2 * (x + slope), "add where it begins"),
    ("ex-08-3", in_place, "You changed the x"),
    ("ex-08-4", 0.2, "settles at 1.1"),
    ("ex-08-4", 0.5, "settles at 1.3"),
    ("ex-08-4", 1.5, "settles at 3.9"),
    ("ex-08-4", 2.5, "never settles"),
    ("ex-08-4", -1, "never settles"),
    ("ex-08-5", exact_trace, "one derivative must do"),
    ("ex-08-5", total, "e is missing"),
    ("ex-08-5", lambda v, x, e: pulled(v, x, e).sum(1), "once more"),
    ("ex-08-5", lambda v, x, e: divergence(v, x, e) / x.shape[1], "not a mean"),
    ("ex-08-5", pulled, "One number for each item"),
    ("ex-08-5", lambda *args: divergence(*args).mean(), "One number for each item"),
    ("ex-08-5", lambda v, x, e: v(x).sum(1), "Take the gradient"),
    ("ex-08-5", lambda v, x, e: print(end=""), "returns nothing"),
    ("ex-08-6", "B", "B glides"),
    ("ex-08-6", 1, 'Answer "A" or "B"'),
    ("ex-08-7", down(turn=1), "it is turned round"),
    ("ex-08-7", down(turn=1, pull=lambda k: -(1 + k**2) / 2), "both turn round"),
    ("ex-08-7", down(pull=lambda k: -(1 + k**2) / 2), "the crowd gathers"),
    ("ex-08-7", down(pull=lambda k: 0.5), "nothing makes up for it"),
    ("ex-08-7", down(pull=lambda k: 1.0), "right for kappa = 1"),
    ("ex-08-7", down(pull=lambda k: k**2 / 2), "of the ODE is missing"),
    ("ex-08-7", down(pull=lambda k: (1 + k) / 2), "kappa squared"),
    ("ex-08-7", down(pull=lambda k: 1 + k**2), "Twice too much"),
    ("ex-08-7", down(tremble=lambda g, k, dt: k * g * dt**0.5), "square root of dt"),
    ("ex-08-7", down(tremble=lambda g, k, dt: g), "lacks its kappa"),
    ("ex-08-7", down(tremble=lambda g, k, dt: 0), "And the tremble itself"),
    ("ex-08-7", down(begin=0), "add where it begins"),
    ("ex-08-7", down(turn=0), "Three parts"),
    ("ex-08-7", lambda *args: print(end=""), "returns nothing"),
]
