"""Chapter 15, reference audio: the exercises' checks."""

import torch

from ..process import diffuse
from .answers import near, number, order, tensor
from .check import Number, Order, Wrong, exercise, form
from .walks import Plain, Watching, crossed, even, walked


@exercise("ex-15-1", "predict", minutes=6, trains="what kurtosis says of a noise")
@form(Number(0, 20, 0.1, also=(1.59, 2.81, 4.77, 4.76, 4.763, 4.7633)))
def mixed(answer):
    found = number(answer)
    loud, soft = 0.55, 0.45
    variance, fourth = loud + soft * 0.3**2, 3 * (loud + soft * 0.3**4)
    right = fourth / variance**2
    for wrong, hint in (
        (3, "That is the kurtosis of *one* bell. Here two are mixed."),
        (right / 3, "A bell's fourth power is 3 times its spread's fourth power."),
        (fourth / variance, "Divide by the *square* of the variance."),
        (fourth, "Only the fourth power yet: divide by the variance, squared."),
        (
            3 * (loud + soft * 0.3) / (loud + soft * 0.3) ** 2,
            "Spreads do not add up: their second and fourth powers do.",
        ),
    ):
        if abs(found - wrong) < 0.05:
            raise Wrong(hint)
    if abs(found - right) > 0.08:
        raise Wrong(
            "The mean fourth power of all numbers, over the square of their mean "
            "square: it is more than 3."
        )
    return (
        f"{right:.1f}: nothing here is strange but that two spreads are mixed, as "
        "where a sound is silent."
    )


@exercise("ex-15-2", "fill in", minutes=6, trains="where a variation's walk begins")
def rest(answer):
    times = torch.tensor([1, 0.9, 0.6, 0.3, 0.1, 0], dtype=torch.float64)
    for strength in (0.5, 0.95, 0.05, 0.6):
        below = [t for t in times.tolist() if t < strength]
        try:
            got = tensor(answer(times.clone(), strength))
        except TypeError as error:
            if "element 0 of tuples" not in str(error) and "Tensor" not in str(error):
                raise
            raise Wrong(
                "`torch.cat` takes tensors only: make one of the strength."
            ) from error
        if got.dim() != 1:
            raise Wrong("A tensor of times, shape (k,).")
        if near(got, [strength, *below]):
            continue
        if near(got, below):
            raise Wrong("The strength itself must stand in front.")
        if near(got, [t for t in times.tolist() if t <= strength]):
            raise Wrong("If the strength is none of the times, it is missing in front.")
        if near(got, [strength, strength, *below]):
            raise Wrong(
                "Where the strength is one of the times it stands there twice: a step "
                "from a time to itself."
            )
        if near(got, [*[t for t in times.tolist() if t > strength], strength]):
            raise Wrong("Those are the times that are left out.")
        if near(got.flip(0), [strength, *below]):
            raise Wrong("Times of a walk down decrease.")
        if near(got, strength * times):
            raise Wrong("These are other times: keep those that were given.")
        raise Wrong(
            f"Of times {times.tolist()} and strength {strength} it should be "
            f"{[strength, *below]}."
        )
    return (
        "The package's `times_from` does much the same, with steps of even size, so "
        "its times are not these."
    )


@exercise("ex-15-3", "find the bug", minutes=8, trains="noise and time that agree")
def variation(answer):
    times = torch.tensor([1, 0.8, 0.5, 0.2, 0], dtype=torch.float64)
    x0 = torch.linspace(-1, 1, 12).double().view(3, 4)
    eps = torch.randn(3, 4, generator=torch.Generator().manual_seed(0)).double()
    for strength in (0.5, 0.6, 0.9):
        watch = Watching()
        got = tensor(answer(watch, x0.clone(), strength, eps.clone(), times.clone()))
        if not watch.asked:
            raise Wrong("The denoiser was never asked: walk down from there.")
        (first, x), *_ = watch.asked
        if got.shape != x0.shape:
            raise Wrong(f"A variation has the shape of x0, {tuple(x0.shape)}.")
        right = diffuse(x0, strength, eps, Watching.schedule)
        if near(x, diffuse(x0, 1.0, eps, Watching.schedule)):
            raise Wrong("Now it is noised all the way: strength no longer counts.")
        if first > strength + 1e-6:
            raise Wrong(
                f"At strength {strength} the first question is asked at t = "
                f"{first:g}: there the net expects more noise than there is, and "
                "takes the reference for noise."
            )
        if first < strength - 1e-6:
            if near(x, right):
                raise Wrong(
                    f"The walk begins at t = {first:g}, below the strength "
                    f"{strength}: there is more noise than the net expects."
                )
            same = diffuse(x0, first, eps, Watching.schedule)
            if near(x, same):
                raise Wrong(
                    f"Noise and time agree, but at t = {first:g} and not at the "
                    f"strength {strength}: it need not be one of the times."
                )
        if not near(x, right):
            raise Wrong("The noise is not that of the strength: leave `diffuse` alone.")
        given = [strength, *times[times < strength].tolist()][:-1]
        asked = sorted({t for t, _ in watch.asked}, reverse=True)
        if len(asked) < len(given):
            raise Wrong("Steps are missing: walk all times that follow.")
        if not (near(asked, given) or even([*asked, 0.0], times)):
            raise Wrong("It begins right; but then go on at the times that were given.")
        if not near(got, walked(x, [*given, 0.0]), 0.05):
            raise Wrong("It begins right; from there walk with `md.ddim` to the end.")
    return "Noise and time belong together: what is noised to t is asked at t."


@exercise("ex-15-4", "vary", minutes=8, trains="at which strength a class is forgotten")
@form(Number(0.02, 1, 0.02))
def forgotten(answer):
    share = isinstance(answer, str) and answer.strip().endswith("%")
    strength = number(answer.strip().rstrip("% ")) / 100 if share else number(answer)
    if not 0 < strength <= 1:
        raise Wrong("A strength that changes something is above 0, and at most 1.")
    share = crossed(strength)
    said = f"At strength {strength:g} {share:.0%} change sides"
    if share < 0.27:
        raise Wrong(f"{said}. Too few: a larger strength.")
    if share > 0.33:
        raise Wrong(f"{said}. Too many: a smaller strength.")
    return f"{said}. From there it goes on to half, at strength 1."


@exercise(
    "ex-15-5", "extend", minutes=20, trains="a denoiser that keeps a rough picture"
)
def held(answer):
    dice = torch.Generator().manual_seed(1)
    for n, k, low in ((12, 3, 0.65), (8, 4, 0.0)):
        x = torch.randn(2, n, generator=dice).double()
        reference = torch.randn(2, n, generator=dice).double()
        plain = Plain()
        wrap = answer(plain, reference.clone(), k, low)
        if getattr(wrap, "schedule", None) is not plain.schedule:
            raise Wrong("Samplers look for `.schedule`: take over the denoiser's.")
        for t in (0.9, 0.4, 0.1):
            alpha, sigma = plain.schedule(t)
            inside = (sigma / alpha >= low).item()
            plain.told.clear()
            try:
                got = wrap(x.clone(), torch.full((2,), t).double(), "told")
            except RuntimeError as error:
                if "ambiguous" not in str(error):
                    raise
                raise Wrong(
                    "t is a tensor, one time for each item, all alike: "
                    "`alpha, sigma = self.schedule(t[0])`."
                ) from error
            if got is None:
                raise Wrong("`__call__` returns nothing: end it with `return`.")
            got, x0 = tensor(got), plain(x, t)
            if plain.told[0] != "told":
                raise Wrong("Pass cond on: what is asked for is the net's business.")
            if got.shape != x.shape:
                raise Wrong(f"A guess has the shape of x, {tuple(x.shape)}.")

            def means(y, k=k):
                return y.unflatten(1, (-1, k)).mean(2).repeat_interleave(k, 1)

            want = x0 + inside * (means(reference) - means(x0))
            if near(got, want):
                continue
            by_sigma = (sigma >= low).item()
            if by_sigma != inside and near(got, x0):
                raise Wrong("Compare sigma / alpha, not sigma.")
            for wrong, hint in (
                (x0, "Where there is enough noise nothing was held."),
                (
                    x0 + means(reference) - means(x0),
                    "In little noise the guess should be left alone.",
                ),
                (
                    means(reference),
                    "All but the means is lost: add what the guess has beside its own.",
                ),
                (
                    x0 + reference.mean() - x0.mean(),
                    "Means of blocks, not of all.",
                ),
                (
                    x0 + means(reference, n) - means(x0, n),
                    "Means of blocks, not of the whole row.",
                ),
                (x0 + means(reference), "The guess's own means must be taken away."),
                (
                    x + means(reference) - means(x),
                    "Hold the guess, not x itself.",
                ),
                (reference, "That is the reference: only its means should be kept."),
                (
                    x0 - means(reference) + means(x0),
                    "The other way round: plus the reference's means.",
                ),
            ):
                if near(got, wrong):
                    raise Wrong(hint)
            raise Wrong(
                f"With k = {k} and sigma / alpha = {(sigma / alpha).item():.2f}, low = "
                f"{low}, the guess should "
                + ("have the reference's means." if inside else "be left alone.")
            )
    return "In the package: `control.rough.Rough`, for blocks of a picture."


@exercise("ex-15-6", "listen", minutes=5, trains="hearing what is left of a reference")
@form(Order("ABC"))
def by_strength(answer):
    found = order(answer, "ABC")
    if found[0] != "C":
        raise Wrong("One of them still has the reference's bark at its moment: which?")
    if found != "CAB":
        raise Wrong(
            "The first is right. Of the other two, which has something of the "
            "reference left: when it barks, how far away it is?"
        )
    return (
        "First the sound of this bark goes, then its moment; a dog it stays, for that "
        "was asked."
    )


@exercise("ex-15-7", "derive", minutes=20, trains="what one step of inversion loses")
def back_and_forth(answer):
    levels = (
        (0.8, 0.6, 0.6, 0.8),
        (1.0, 0.5, 1.0, 2.0),
        (0.95, 0.3, 0.2, 0.98),
    )

    def ratio(c, a, s):
        return a * c**2 / (a**2 * c**2 + s**2)

    def step(k, a, s, b, r):
        return b * k + r * (1 - a * k) / s

    for c in (0.5, 2.0):
        for a_t, s_t, a_s, s_s in levels:
            k_t, k_s = ratio(c, a_t, s_t), ratio(c, a_s, s_s)
            up = step(k_t, a_t, s_t, a_s, s_s)
            down = step(k_s, a_s, s_s, a_t, s_t)
            got, want = number(answer(c, a_t, s_t, a_s, s_s)), up * down
            if near(got, want):
                continue
            for wrong, hint in (
                (up, "That is the way up. Now down again."),
                (down, "That is the way down alone; the way up comes first."),
                (1.0, "It would be 1 if both steps asked at the same end."),
                (
                    up * step(k_t, a_s, s_s, a_t, s_t),
                    "The way down is asked at s, and the factor there is another.",
                ),
                (up + down, "One step after the other: factors multiply."),
                (want - 1, "That is the error; the factor is 1 more."),
                (
                    step(c**2, a_t, s_t, a_s, s_s) * step(c**2, a_s, s_s, a_t, s_t),
                    "The denoiser's factor depends on the noise: see step 1.",
                ),
            ):
                if near(got, wrong):
                    raise Wrong(hint)
            raise Wrong(
                f"With c = {c} and the levels a_t={a_t}, s_t={s_t}, a_s={a_s}, "
                f"s_s={s_s} it should be {want:.4f}."
            )
    return (
        "Never above 1. In one fraction it is (a_t a_s c² + s_t s_s)² over "
        "(a_t² c² + s_t²)(a_s² c² + s_s²), the square of a cosine: the inequality of "
        "Cauchy and Schwarz. So every step there and back loses, in one direction."
    )
