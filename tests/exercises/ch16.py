"""Chapter 16: right answers, and wrong ones with the hint that each should get."""

import numpy as np
import torch

import minidiff as md


def shifted(x, by):
    out = torch.zeros_like(x)
    if by > 0:
        out[:, by:] = x[:, :-by]
    else:
        out[:, :by] = x[:, -by:]
    return out


def adjoint(y, k):
    return y + 0.5 * shifted(y, -k)


def by_a_matrix(y, k):
    n = y.shape[1]
    return (y @ (torch.eye(n) + 0.5 * torch.eye(n).roll(k, 0).tril(-k)).to(y)).numpy()


def by_a_gradient(y, k):
    x = torch.zeros_like(y, requires_grad=True)
    ((x + 0.5 * shifted(x, k)) * y).sum().backward()
    return x.grad


def forward(y, k):
    return y + 0.5 * shifted(y, k)


def inverse(y, k):
    x = y.clone()
    for i in range(k, y.shape[1]):
        x[:, i] = y[:, i] - 0.5 * x[:, i - k]
    return x


def comes_around(y, k):
    return y + 0.5 * y.roll(-k, 1)


def twice(y, k):
    return y + 2 * shifted(y, -k)


def minus(y, k):
    return y - 0.5 * shifted(y, -k)


def only_the_echo(y, k):
    return 0.5 * shifted(y, -k)


def cut(y, k):
    return adjoint(y, k)[:, :-k]


def step(denoiser, x, t, s):
    x0 = denoiser(x, t)
    (a_t, s_t), (a_s, s_s) = map(denoiser.schedule, (t, s))
    return a_s * x0 + s_s * (x - a_t * x0) / s_t


def mended(denoiser, x, t, s, mask, y, z):
    a_s, s_s = denoiser.schedule(s)
    return torch.where(mask, a_s * y + s_s * z, step(denoiser, x, t, s))


def by_the_package(denoiser, x, t, s, mask, y, z):
    x = next(md.ddim(denoiser, x, torch.tensor([t, s], dtype=torch.float64)))
    x[:, mask] = md.diffuse(y, s, z, denoiser.schedule)[:, mask]
    return x


def buggy(denoiser, x, t, s, mask, y, z):
    a_t, s_t = denoiser.schedule(t)
    return torch.where(mask, a_t * y + s_t * z, step(denoiser, x, t, s))


def clean(denoiser, x, t, s, mask, y, z):
    return torch.where(mask, y, step(denoiser, x, t, s))


def half_mended(denoiser, x, t, s, mask, y, z):
    (_, s_t), (a_s, _) = map(denoiser.schedule, (t, s))
    return torch.where(mask, a_s * y + s_t * z, step(denoiser, x, t, s))


def flipped(denoiser, x, t, s, mask, y, z):
    a_s, s_s = denoiser.schedule(s)
    return torch.where(mask, step(denoiser, x, t, s), a_s * y + s_s * z)


def not_replaced(denoiser, x, t, s, mask, y, z):
    return step(denoiser, x, t, s)


def guesses(denoiser, x, t, s, mask, y, z):
    a_s, s_s = denoiser.schedule(s)
    return torch.where(mask, a_s * y + s_s * z, denoiser(x, t))


class Explaining:
    def __init__(self, denoiser, matrix, y):
        self.ask, self.schedule = denoiser, denoiser.schedule
        self.matrix, self.y, self.back = matrix, y, torch.linalg.pinv(matrix)

    def __call__(self, x, t, cond=None):
        x0 = self.ask(x, t, cond)
        return self.put(x, x0, self.y - x0 @ self.matrix.T)

    def put(self, x, x0, lack):
        return x0 + lack @ self.back.T


class Solved(Explaining):
    def put(self, x, x0, lack):
        A = self.matrix
        return x0 + torch.linalg.solve(A @ A.T, lack.T).T @ A


class LeastSquares(Explaining):
    def put(self, x, x0, lack):
        found, *_ = np.linalg.lstsq(self.matrix.numpy(), lack.T.numpy(), rcond=None)
        return x0 + torch.from_numpy(found.T)


class NullSpace(Explaining):
    """As the paper writes it: what y says, and what it does not see."""

    def put(self, x, x0, lack):
        P = self.back @ self.matrix
        return self.y @ self.back.T + x0 - x0 @ P.T


class Adjoint(Explaining):
    def put(self, x, x0, lack):
        return x0 + lack @ self.matrix


class Forgets(Explaining):
    def put(self, x, x0, lack):
        return self.y @ self.back.T


class Minus(Explaining):
    def put(self, x, x0, lack):
        return x0 - lack @ self.back.T


class OfX(Explaining):
    def put(self, x, x0, lack):
        return x + (self.y - x @ self.matrix.T) @ self.back.T


class Plain(Explaining):
    def put(self, x, x0, lack):
        return x0


class Larger(Explaining):
    """It explains y, and moves what nobody asked it to move."""

    def put(self, x, x0, lack):
        P = self.back @ self.matrix
        return super().put(x, x0, lack) + 1 - (torch.ones_like(x) @ P.T)


class Untold(Explaining):
    def __call__(self, x, t, cond=None):
        return super().__call__(x, t)


class Homeless(Explaining):
    def __init__(self, *given):
        super().__init__(*given)
        del self.schedule


def both(x, y, c, alpha, sigma, eta):
    P = 1 / c**2 + alpha**2 / sigma**2 + 1 / eta**2
    return (alpha * x / sigma**2 + y / eta**2) / P


def two_in_turn(x, y, c, alpha, sigma, eta):
    """The denoiser first, then the chapter's formula."""
    C = 1 / (1 / c**2 + alpha**2 / sigma**2)
    x0 = C * alpha * x / sigma**2
    return torch.tensor(x0 + C / (C + eta**2) * (y - x0))


def by_covariances(x, y, c, alpha, sigma, eta):
    A = np.array([[alpha], [1.0]])
    total = c**2 * A @ A.T + np.diag([sigma**2, eta**2])
    return c**2 * A.T @ np.linalg.solve(total, np.array([x, y]))


def denoised(x, y, c, alpha, sigma, eta):
    return both(x, y, c, alpha, sigma, 1e9)


def filtered(x, y, c, alpha, sigma, eta):
    return both(0.0, y, c, 0.0, sigma, eta)


def no_prior(x, y, c, alpha, sigma, eta):
    return both(x, y, 1e9, alpha, sigma, eta)


def by_stds(x, y, c, alpha, sigma, eta):
    P = 1 / c + alpha**2 / sigma + 1 / eta
    return (alpha * x / sigma + y / eta) / P


def without_alpha(x, y, c, alpha, sigma, eta):
    P = 1 / c**2 + alpha**2 / sigma**2 + 1 / eta**2
    return (x / sigma**2 + y / eta**2) / P


def linear(x, y, c, alpha, sigma, eta):
    return alpha * x / sigma**2 + y / eta**2


def ends_lost(y, k):
    made = y + 0.5 * shifted(y, -k)
    made[:, -k:] = 0
    return made


def end_held(y, k):
    late = torch.cat([y[:, k:], y[:, -1:].expand(-1, k)], 1)
    return y + 0.5 * late


def replaced_before(denoiser, x, t, s, mask, y, z):
    (a_t, s_t), (a_s, s_s) = map(denoiser.schedule, (t, s))
    x = torch.where(mask, a_t * y + s_t * z, x)
    x0 = denoiser(x, t)
    return a_s * x0 + s_s * (x - a_t * x0) / s_t


def variance_forgotten(x, y, c, a, s, e):
    C = 1 / (1 / c**2 + a**2 / s**2)
    guess = C * a * x / s**2
    return guess + C / (C + e) * (y - guess)


def no_alpha(x, y, c, a, s, e):
    return (x / s**2 + y / e**2) / (1 / c**2 + 1 / s**2 + 1 / e**2)


class RowByRow:
    def __init__(self, denoiser, matrix, y):
        self.ask, self.schedule = denoiser, denoiser.schedule
        self.matrix, self.y = matrix, y

    def __call__(self, x, t, cond=None):
        x0 = self.ask(x, t, cond)
        back = self.matrix / self.matrix.norm(dim=1, keepdim=True) ** 2
        return x0 + (self.y - x0 @ self.matrix.T) @ back


class NotTransposed(RowByRow):
    def __call__(self, x, t, cond=None):
        x0 = self.ask(x, t, cond)
        return x0 + (self.y - x0 @ self.matrix.T) @ torch.linalg.pinv(self.matrix)


RIGHT = [
    ("ex-16-1", 0.72),
    ("ex-16-1", "0,72"),
    ("ex-16-1", torch.tensor(0.9 / 1.25)),
    ("ex-16-1", "18/25"),
    ("ex-16-2", adjoint),
    ("ex-16-2", by_a_matrix),
    ("ex-16-2", by_a_gradient),
    ("ex-16-3", mended),
    ("ex-16-3", by_the_package),
    ("ex-16-4", 4),
    ("ex-16-4", "4"),
    ("ex-16-5", Explaining),
    ("ex-16-5", Solved),
    ("ex-16-5", LeastSquares),
    ("ex-16-5", NullSpace),
    ("ex-16-6", "CDAB"),
    ("ex-16-6", ["c", "d", "a", "b"]),
    ("ex-16-7", both),
    ("ex-16-7", two_in_turn),
    ("ex-16-7", by_covariances),
]
WRONG = [
    ("ex-16-1", 0.9, "measurement had no noise"),
    ("ex-16-1", 0.8, "the *first* number"),
    ("ex-16-1", 0.6, "Variances add"),
    ("ex-16-1", 0.45, "a variance of 0.25"),
    ("ex-16-1", 0.81, "One correlation is enough"),
    ("ex-16-1", 0, "before one looks"),
    ("ex-16-1", 0.3, "How much does y say"),
    ("ex-16-2", forward, "echo itself"),
    ("ex-16-2", inverse, "That is the inverse"),
    ("ex-16-2", comes_around, "come in again"),
    ("ex-16-2", twice, "keeps its sizes"),
    ("ex-16-2", minus, "changes no sign"),
    ("ex-16-2", only_the_echo, "had a part in y, too"),
    ("ex-16-2", cut, "same shape as y"),
    ("ex-16-2", lambda y, k: y, "two products"),
    ("ex-16-2", ends_lost, "have no later one"),
    ("ex-16-2", end_held, "no last number goes on"),
    ("ex-16-3", replaced_before, "not before it"),
    ("ex-16-5", RowByRow, "Rows overlap"),
    ("ex-16-5", NotTransposed, "has to be transposed"),
    ("ex-16-7", variance_forgotten, "noise², not noise"),
    ("ex-16-7", no_alpha, "missing in both"),
    ("ex-16-3", buggy, "still noised"),
    ("ex-16-3", clean, "cleaner than the net expects"),
    ("ex-16-3", half_mended, "The noise, too"),
    ("ex-16-3", flipped, "the mask is true"),
    ("ex-16-3", not_replaced, "nothing is replaced"),
    ("ex-16-3", guesses, "leave that step"),
    ("ex-16-4", 3, "More."),
    ("ex-16-4", 9, "not the smallest number"),
    ("ex-16-4", 2.5, "A whole number"),
    ("ex-16-4", 5000, "Far fewer"),
    ("ex-16-5", Adjoint, "use `pinv`"),
    ("ex-16-5", Forgets, "forgets the guess"),
    ("ex-16-5", Minus, "other way round"),
    ("ex-16-5", OfX, "not x itself"),
    ("ex-16-5", Plain, "Nothing was changed"),
    ("ex-16-5", Larger, "a smaller change"),
    ("ex-16-5", Untold, "Pass cond on"),
    ("ex-16-5", Homeless, "look for `.schedule`"),
    ("ex-16-6", "BDAC", "silent in the middle"),
    ("ex-16-6", "CADB", "through a wall"),
    ("ex-16-6", "CDBA", "rings on"),
    ("ex-16-6", "CC", "Use each of"),
    ("ex-16-7", denoised, "has not heard of y"),
    ("ex-16-7", filtered, "has not seen x"),
    ("ex-16-7", no_prior, "The prior is missing"),
    ("ex-16-7", by_stds, "one over the *variances*"),
    ("ex-16-7", without_alpha, "an alpha is missing"),
    ("ex-16-7", linear, "divide by the square one"),
    ("ex-16-7", lambda *given: 2 * both(*given), "it should be"),
]
