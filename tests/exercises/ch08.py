"""Chapter 8: right answers, and wrong ones with the hint that each should get."""

import torch


def ode_step(growth=0.5, pull=0.5):
    return lambda x, slope, b: x + growth * b * x + pull * b * slope


def pulled(v, x, e):
    x = x.detach().requires_grad_()
    return torch.autograd.grad((v(x) * e).sum(), x)[0]


def divergence(v, x, e):
    return (pulled(v, x, e) * e).sum(1)


def exact_trace(v, x, e):
    basis = torch.eye(x.shape[1], dtype=x.dtype)
    return sum(pulled(v, x, row.expand_as(x))[:, i] for i, row in enumerate(basis))


def total(v, x, e):
    return pulled(v, x, torch.ones_like(x)).sum(1)


RIGHT = [
    ("ex-08-1", -0.75),
    ("ex-08-2", lambda eps, sigma: -eps / sigma),
    ("ex-08-3", ode_step()),
    ("ex-08-4", 1.0),
    ("ex-08-5", divergence),
    ("ex-08-6", "A"),
]
WRONG = [
    ("ex-08-1", 0.75, "Which way is uphill"),
    ("ex-08-1", -1.5, "not by the standard deviation"),
    ("ex-08-1", -3, "standard deviation 1"),
    ("ex-08-1", 2, "Differentiate"),
    ("ex-08-2", lambda eps, sigma: eps / sigma, "the sign"),
    ("ex-08-2", lambda eps, sigma: -eps, "depends on sigma"),
    ("ex-08-2", lambda eps, sigma: -eps * sigma, "divide by sigma"),
    ("ex-08-2", lambda eps, sigma: -eps / sigma**2, "One sigma cancels"),
    ("ex-08-2", lambda eps, sigma: eps + sigma, "Tweedie"),
    ("ex-08-2", lambda eps, sigma: print(end=""), "returns nothing"),
    ("ex-08-3", ode_step(pull=1), "pull of the SDE"),
    ("ex-08-3", ode_step(growth=0), "is missing"),
    ("ex-08-3", ode_step(growth=1), "was right."),
    ("ex-08-3", ode_step(growth=-0.5), "way back grows"),
    ("ex-08-3", ode_step(pull=0), "kappa = 0"),
    ("ex-08-4", 0.2, "settles at 1.1"),
    ("ex-08-4", 2.5, "never settles"),
    ("ex-08-5", exact_trace, "one derivative must do"),
    ("ex-08-5", total, "e is missing"),
    ("ex-08-5", pulled, "One number for each item"),
    ("ex-08-5", lambda v, x, e: v(x).sum(1), "Take the gradient"),
    ("ex-08-5", lambda v, x, e: print(end=""), "returns nothing"),
    ("ex-08-6", "B", "B glides"),
    ("ex-08-6", 1, 'Answer "A" or "B"'),
]
