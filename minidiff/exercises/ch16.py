"""Chapter 16, repair: the exercises' checks."""

import torch

from ..schedule import Cosine
from .answers import near, number, order, tensor
from .check import Number, Order, Wrong, exercise, form
from .walks import repainted


@exercise("ex-16-1", "predict", minutes=6, trains="what a noisy look tells of another")
@form(Number(-0.5, 2, 0.01))
def unseen(answer):
    found, right = number(answer), 0.72
    for wrong, hint in (
        (0.9, "So it would be if the measurement had no noise."),
        (0.8, "That is the *first* number, after the look. Now the second."),
        (1.0, "The look may be wrong, and the second number is not the first."),
        (0.6, "Variances add, not stds: 1 + 0.5²."),
        (0.45, "Noise of std 0.5 has a variance of 0.25."),
        (0.81, "One correlation is enough: the look is of the first number itself."),
        (0.648, "One correlation is enough: the look is of the first number itself."),
        (0.0, "So it is before one looks; but it goes along with the first."),
    ):
        if abs(found - wrong) < 0.004:
            raise Wrong(hint)
    if abs(found - right) > 0.006:
        raise Wrong(
            "How much does y say of the first number, and how much does that say of "
            "the second?"
        )
    return "0.9 times 1 / 1.25: noise in y shrinks what is known, of both numbers."


@exercise("ex-16-2", "fill in", minutes=8, trains="an adjoint, by running backwards")
def echo_adjoint(answer):
    dice = torch.Generator().manual_seed(0)
    for n, k in ((7, 2), (5, 1), (6, 5)):
        y = torch.randn(2, n, generator=dice).double()

        def shifted(x, by):
            out = torch.zeros_like(x)
            if by > 0:
                out[:, by:] = x[:, :-by]
            else:
                out[:, :by] = x[:, -by:]
            return out

        got = tensor(answer(y.clone(), k))
        if got.shape != y.shape:
            raise Wrong(f"It gives x, of the same shape as y, {tuple(y.shape)}.")
        early, late = shifted(y, -k), shifted(y, k)
        if near(got, y + 0.5 * early):
            continue
        back = y.clone()
        for i in range(k, n):
            back[:, i] = y[:, i] - 0.5 * back[:, i - k]
        for wrong, hint in (
            (y + 0.5 * late, "That is the echo itself. The adjoint runs backwards."),
            (y - 0.5 * late, "Nothing is taken away: an adjoint is no inverse."),
            (back, "That is the inverse, which removes the echo. An adjoint does not."),
            (0.5 * early, "The sound itself had a part in y, too."),
            (y + early, "The echo has half the size, and so has its way back."),
            (y + 2 * early, "Not divided by 0.5: a matrix transposed keeps its sizes."),
            (
                y + 0.5 * y.roll(-k, 1),
                "What falls off the end must not come in again at the other one.",
            ),
            (y + 0.5 * y.roll(k, 1), "Earlier, not later; and nothing comes around."),
            (y - 0.5 * early, "Plus: transposing changes no sign."),
            (
                torch.cat([(y + 0.5 * early)[:, :-k], y[:, -k:] * 0], 1),
                "The last k have no later one, but themselves.",
            ),
            (
                y + 0.5 * torch.cat([y[:, k:], y[:, -1:].expand(-1, k)], 1),
                "After the end there is nothing: no last number goes on.",
            ),
            (
                (y.flip(1) + 0.5 * shifted(y.flip(1), k)),
                "Backwards there; now turn it round again.",
            ),
        ):
            if near(got, wrong):
                raise Wrong(hint)
        raise Wrong(
            f"For n = {n}, k = {k} the two products are not the same: <A x, y> and "
            "<x, A* y>."
        )
    return "Each y hears of an x and of one k earlier; so each x speaks to y k later."


class Half:
    """A denoiser that pulls to 0; t may be a number or a tensor."""

    schedule = Cosine()

    def __call__(self, x, t, cond=None):
        return 0.5 * x


@exercise("ex-16-3", "find the bug", minutes=8, trains="known parts noised as the rest")
def replaced(answer):
    dice = torch.Generator().manual_seed(1)
    mask = torch.tensor([True, False, True, False])
    for t, s in ((0.7, 0.4), (0.3, 0.1), (0.2, 0.0)):
        x, y, z = torch.randn(3, 5, 4, generator=dice).double()
        (a_t, s_t), (a_s, s_s) = map(Half.schedule, (t, s))
        given = [v.clone() for v in (x, y, z)]
        got = tensor(answer(Half(), given[0], t, s, mask, given[1], given[2]))
        if got.shape != x.shape:
            raise Wrong(f"The step keeps the shape of x, {tuple(x.shape)}.")
        made = a_s * 0.5 * x + s_s * (x - a_t * 0.5 * x) / s_t
        known = a_s * y + s_s * z
        if near(got, torch.where(mask, known, made)):
            continue
        part = got[:, mask]
        first = torch.where(mask, a_t * y + s_t * z, x)
        before = a_s * 0.5 * first + s_s * (first - a_t * 0.5 * first) / s_t
        if near(got[:, ~mask], known[:, ~mask]) and not near(part, known[:, mask]):
            raise Wrong("The other way round: the mask is true where y is known.")
        if not near(got[:, ~mask], made[:, ~mask]):
            raise Wrong("What is made was right: leave that step as it is.")
        for wrong, hint in (
            (
                a_t * y + s_t * z,
                "When the step is done x is at s, but the known part is still noised "
                "to t.",
            ),
            (y, "Without noise the known part is cleaner than the net expects at s."),
            (a_s * y + s_t * z, "The noise, too, is that of s."),
            (a_t * y + s_s * z, "The sound, too, is as loud as at s."),
            (y + s_s * z, "At s the sound itself is softer, by a_s."),
            (a_s * y, "Known it is, but noise of the level s belongs to it."),
            (before, "Replace when the step is done, not before it."),
            (made, "Now nothing is replaced."),
        ):
            if near(part, wrong[:, mask]):
                raise Wrong(hint)
        raise Wrong(
            "The known part should be what `md.diffuse` makes of y at time s, with "
            "the z that is given."
        )
    return "All of x is at one level of noise. At the last step that is none: y itself."


@exercise("ex-16-4", "vary", minutes=8, trains="what going back and forth costs")
@form(Number(1, 20, 1, also=(51, 5000)))
def jumps(answer):
    n = number(answer)
    if not 1 <= n < 1e6 or n != int(n):
        raise Wrong("A whole number of jumps, 1 or more.")
    n = int(n)
    if n > 50:
        raise Wrong("Far fewer are enough.")
    mean = repainted(n)
    said = f"With {n} jump{'s' * (n > 1)} it is {mean:.2f} on average"
    if mean <= 0.77:
        raise Wrong(f"{said}. More.")
    if repainted(n - 1) > 0.77:
        raise Wrong(f"{said}. It is enough, and not the smallest number.")
    return f"{said}, for {n} times as many calls; in truth it is 0.9."


class Odd:
    """A denoiser with an answer of its own for every number."""

    schedule = Cosine()

    def __init__(self):
        self.told = []

    def __call__(self, x, t, cond=None):
        self.told.append(cond)
        return 0.5 * x + torch.arange(x.shape[1]).to(x)


@exercise("ex-16-5", "extend", minutes=20, trains="a guess that explains all of y")
def consistent(answer):
    dice = torch.Generator().manual_seed(2)
    for m, d, n in ((2, 5, 3), (1, 4, 2), (3, 4, 4)):
        matrix = torch.randn(m, d, generator=dice).double()
        y, x = (torch.randn(n, k, generator=dice).double() for k in (m, d))
        odd = Odd()
        wrap = answer(odd, matrix.clone(), y.clone())
        if getattr(wrap, "schedule", None) is not odd.schedule:
            raise Wrong("Samplers look for `.schedule`: take over the denoiser's.")
        odd.told.clear()
        try:
            got = wrap(x.clone(), torch.full((n,), 0.5).double(), "told")
        except RuntimeError as error:
            raise Wrong(
                f"It stopped: {error}. Items are rows here: `pinv(matrix)` is (d, m) "
                "and has to be transposed."
            ) from error
        if got is None:
            raise Wrong("`__call__` returns nothing: end it with `return`.")
        got, x0 = tensor(got), Odd()(x, 0.5)
        if not odd.told:
            raise Wrong("The denoiser was never asked.")
        if odd.told[0] != "told":
            raise Wrong("Pass cond on: what is asked for is the net's business.")
        if got.shape != x.shape:
            raise Wrong(f"A guess has the shape of x, {tuple(x.shape)}.")
        back = torch.linalg.pinv(matrix)
        lack = y - x0 @ matrix.T
        if near(got, x0 + lack @ back.T):
            continue
        for wrong, hint in (
            (x0, "Nothing was changed: what is missing must come back into x."),
            (
                y @ back.T,
                "It explains y, and forgets the guess: add what is missing.",
            ),
            (x0 + lack @ matrix, "The adjoint is no inverse: use `pinv`."),
            (
                x0 + lack @ (matrix / matrix.norm(dim=1, keepdim=True) ** 2),
                "Rows overlap: it takes `pinv`, not each row by itself.",
            ),
            (x0 - lack @ back.T, "The other way round: plus what is missing."),
            (x + (y - x @ matrix.T) @ back.T, "Correct the guess, and not x itself."),
            (x0 + y @ back.T, "Of y only what the guess does not explain yet."),
        ):
            if near(got, wrong):
                raise Wrong(hint)
        if near(got @ matrix.T, y):
            raise Wrong("It explains y; but a smaller change would do, too.")
        raise Wrong("The guess does not explain y: `guess @ matrix.T` should be y.")
    return "What the rays do not see stays as it was guessed: range and null space."


@exercise("ex-16-6", "listen", minutes=5, trains="telling kinds of damage by ear")
@form(Order("ABCD"))
def what_was_done(answer):
    found = order(answer, "ABCD")
    if found[0] != "C":
        raise Wrong("One of them falls silent in the middle of the word: which?")
    if found[1] != "D":
        raise Wrong("The gap is right. Which one sounds as if through a wall?")
    if found != "CDAB":
        raise Wrong("Two are right. Of the others, which rings on after the word?")
    return "Four operators, and each leaves a mark of its own."


@exercise("ex-16-7", "derive", minutes=20, trains="three Gaussians put together")
def both(answer):
    cases = (
        (0.7, -1.2, 1.0, 0.8, 0.6, 0.5),
        (-0.3, 0.9, 2.0, 0.5, 0.9, 0.2),
        (1.5, 1.0, 0.4, 1.0, 3.0, 1.0),
    )
    for x, y, c, a, s, e in cases:
        got = number(answer(x, y, c, a, s, e))
        P, Q = 1 / c**2 + a**2 / s**2 + 1 / e**2, a * x / s**2 + y / e**2
        want, C, r2 = Q / P, 1 / (1 / c**2 + a**2 / s**2), s**2 / (a**2 + s**2)
        guess = C * a * x / s**2
        if near(got, want):
            continue
        for wrong, hint in (
            (Q, "That is the linear term: divide by the square one."),
            (
                (a * x / s**2) / (1 / c**2 + a**2 / s**2),
                "That is the denoiser, which has not heard of y.",
            ),
            (
                (y / e**2) / (1 / c**2 + 1 / e**2),
                "That is Wiener's filter, which has not seen x.",
            ),
            (Q / (a**2 / s**2 + 1 / e**2), "The prior is missing: 1 / c²."),
            (
                (x / s**2 + y / e**2) / P,
                "In the linear term of x an alpha is missing: (x - alpha x0)².",
            ),
            (
                Q / (1 / c**2 + a / s**2 + 1 / e**2),
                "In the square term it is alpha².",
            ),
            (
                (a * x / s + y / e) / (1 / c + a**2 / s + 1 / e),
                "Weights are one over the *variances*.",
            ),
            (P, "That is how sure one is; the mean is Q / P."),
            (guess + C / (C + e) * (y - guess), "Variances: noise², not noise."),
            (
                (x / s**2 + y / e**2) / (1 / c**2 + 1 / s**2 + 1 / e**2),
                "Alpha is missing in both terms: it is x - alpha x0 that is noise.",
            ),
            (
                guess + r2 / (r2 + e**2) * (y - guess),
                "That is the pseudoinverse's r² for C: here C is known.",
            ),
        ):
            if near(got, wrong):
                raise Wrong(hint)
        raise Wrong(
            f"For x = {x}, y = {y}, c = {c}, alpha = {a}, sigma = {s}, noise = {e} "
            f"it should be {want:.4f}."
        )
    return "Each voice counts by one over its variance: the whole of `md.Posterior`."
