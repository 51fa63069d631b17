"""Chapter 12, latents and Transformers: the exercises' checks."""

import math
from itertools import pairwise

import torch
from torch import nn

from ..nets.dit import patchify
from .answers import near, number, order, tensor
from .check import Number, Order, Wrong, exercise, form


@exercise(
    "ex-12-1", "predict", minutes=10, trains="which weights wake first in a new net"
)
@form(Number(0, 50, 1))
def awake(answer):
    step = number(answer)
    if step == 1:
        raise Wrong(
            "In the first step the last layer is zero: it learns itself, and lets no "
            "gradient through to anything before it."
        )
    if step == 2:
        raise Wrong(
            "In the second step the gradient reaches the block, but what attention "
            "says is multiplied by alpha, which is still zero: only the faders learn."
        )
    if step != 3:
        raise Wrong(
            "Count the zeros between the loss and attention: one step for each."
        )
    return "First the last layer, then the faders, then what they let through."


@exercise("ex-12-2", "fill in", minutes=12, trains="the KL divergence of two Gaussians")
def divergences(answer):
    dice = torch.Generator().manual_seed(0)
    drawn = torch.randn(4, 3, 20, dtype=torch.float64, generator=dice)
    mean_q, log_var_q, mean_p, log_var_p = drawn

    def answers(*numbers):
        """All at once, or one by one, where it was written for one."""
        try:
            return answer(*numbers)
        except (TypeError, ValueError, RuntimeError):
            each = zip(*(x.flatten().tolist() for x in numbers), strict=True)
            found = [float(answer(*one)) for one in each]
            return torch.tensor(found, dtype=torch.float64).view_as(numbers[0])

    got = answers(*drawn)

    def formula(mean_q, log_var_q, mean_p, log_var_p):
        ratio = (log_var_q - log_var_p).exp()
        return ((mean_q - mean_p) ** 2 / log_var_p.exp() + ratio - 1 - ratio.log()) / 2

    right = formula(mean_q, log_var_q, mean_p, log_var_p)
    apart = (mean_q - mean_p) ** 2
    ratio = (log_var_q - log_var_p).exp()
    for wrong, hint in (
        (right.mean(), "Number by number, please: the loss takes the mean later."),
        (2 * right, "Twice too large: a half is missing."),
        (right / math.log(2), "Those are bits; the formula gives nats."),
        (right + 0.5, "A -1 is missing: equal Gaussians are 0 apart."),
        (
            (apart / log_var_p.exp() + ratio - 1 - log_var_q) / 2,
            "The logarithm is that of the ratio of both variances.",
        ),
        (
            formula(mean_p, log_var_p, mean_q, log_var_q),
            "That is the divergence of p from q; it is another number.",
        ),
        (
            (apart + ratio - 1 - ratio.log()) / 2,
            "The distance of the means has to be measured in widths of p.",
        ),
        (
            formula(mean_q, 2 * log_var_q, mean_p, 2 * log_var_p),
            "Standard deviation and variance are mixed up: the log variance is given.",
        ),
    ):
        if near(got, wrong):
            raise Wrong(hint)
    zero = torch.zeros_like(mean_q)
    if not near(answers(*drawn[:2], zero, zero), formula(*drawn[:2], zero, zero)):
        raise Wrong("For a standard normal p it should be `divergence` of above.")
    if not near(got, right):
        raise Wrong("Right for a standard normal p, not yet for another one.")
    far = torch.tensor([[30.0, -20.0, 0.0, 5.0]], dtype=torch.float64).T
    if not near(answers(*far), formula(*far)):
        raise Wrong("Not yet where the clouds are far apart and of other widths.")
    return "Never negative, and zero only where both are the same."


class Coder(nn.Module):
    """An autoencoder that only stretches, exactly invertible; it has a scale."""

    def __init__(self):
        super().__init__()
        self.scale = torch.tensor(0.2)

    def encode(self, mel):
        return 5 * mel + 1, torch.zeros_like(mel)

    def decode(self, z):
        return (z - 1) / 5


@exercise(
    "ex-12-3",
    "find the bug",
    minutes=8,
    trains="a scale that is undone on the way back",
)
def to_and_fro(answer):
    mel = torch.randn(2, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    coder = Coder()
    front = answer(coder)
    z, raw = front.encode(mel), coder.encode(mel)[0]
    back = front.decode(z)
    if near(back, mel) and near(z, raw):
        raise Wrong(
            "It comes back, but now the latents have the wrong size for the schedule: "
            "keep the scale in `encode` and undo it in `decode`."
        )
    if near(back, mel) and not near(z, raw * coder.scale):
        raise Wrong("Leave `encode` as it is: its latents have variance 1.")
    if near(back, coder.decode(z * coder.scale)):
        raise Wrong("Scaled twice: the way back divides.")
    if near(back, coder.decode(z) / coder.scale):
        raise Wrong("Undo the scale of the latent before it is decoded, not after.")
    if not near(back, mel):
        raise Wrong("`decode(encode(mel))` is still not the mel.")
    return "There and back, and in between the size that the schedule expects."


@exercise("ex-12-4", "vary", minutes=8, trains="the price of a detail")
@form(Number(0, 2, 0.1))
def price(answer):
    kl = number(answer)
    loud, soft, faint = (min(wide, kl / 2) for wide in (4.0, 0.25, 0.0004))
    said = f"At kl = {kl:g} the errors are {loud:.4g}, {soft:.4g} and {faint:.4g}"
    if not kl > 0:
        raise Wrong("Without a price everything is told: kl must be above 0.")
    if soft < 0.25:
        raise Wrong(f"{said}: the soft direction is still told. A higher price.")
    if loud > 0.4:
        raise Wrong(f"{said}: the loud one comes out too coarse. A lower price.")
    return f"{said}: only what is louder than the price gets through."


@exercise("ex-12-5", "extend", minutes=15, trains="walking through noise")
def arc(answer):
    dice = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 900, dtype=torch.float64, generator=dice)

    def turn(x, y):
        cosine = (x @ y) / (x.norm() * y.norm())
        return torch.acos(cosine.clamp(-1, 1)).item()

    def around(a, b, u):
        return tensor(answer(a, b, u))

    if near(around(a, b, 0.5), (a + b) / 2):
        raise Wrong("A straight line: halfway it is too quiet. Go round by the angle.")
    if not (near(around(a, b, 0.0), a) and near(around(a, b, 1.0), b)):
        if near(around(a, b, 0.0), b):
            raise Wrong("The wrong way round: u = 0 should be `a`.")
        raise Wrong("At u = 0 it should be `a`, at u = 1 `b`, lengths included.")

    steps = [around(a, b, u / 4) for u in range(5)]
    angles = [turn(x, y) for x, y in pairwise(steps)]
    whole = turn(a, b)
    if max(angles) - min(angles) > 0.06:
        raise Wrong(
            f"The steps should turn by equal angles, {whole / 4:.3f} each; yours turn "
            f"by {min(angles):.3f} to {max(angles):.3f}."
        )
    if abs(steps[2].norm() / math.sqrt(900) - 1) > 0.05:
        raise Wrong(f"Halfway the noise has a size of {steps[2].norm() / 30:.2f}.")
    c = a + 0.5 * b  # 26 degrees or so from a
    angle = turn(a, c)
    for u in (0.3, 0.8):
        share = math.sin((1 - u) * angle), math.sin(u * angle)
        x, got = (share[0] * a + share[1] * c) / math.sin(angle), around(a, c, u)
        # or by directions alone, with a length in between
        turned = abs(turn(a, got) - u * angle) + abs(turn(got, c) - (1 - u) * angle)
        between = 0.99 * a.norm() < got.norm() < 1.01 * c.norm()
        if not near(got, x) and (turned > 1e-3 or not between):
            raise Wrong("Right for a right angle, not yet for vectors that lean.")
    return "Every stop is as loud as noise should be."


@exercise("ex-12-6", "listen", minutes=5, trains="hearing what a code drops")
@form(Order("ABC"))
def least_first(answer):
    word = order(answer, "ABC")
    if word == "ACB":
        raise Wrong("The one that is drowned in hiss is the most compressed.")
    if word == "CBA":
        raise Wrong(
            "The tone of C is rougher than that of B: listen to what stands around it."
        )
    if word != "BCA":
        raise Wrong("Begin with the clearest tone, end with the roughest.")
    return "One number a square tells how loud it is, and not much else."


@exercise(
    "ex-12-7", "find the bug", minutes=10, trains="squares, not rows, make a token"
)
def whole_squares(answer):
    for size, p in (((2, 3, 4, 6), 2), ((2, 3, 6, 9), 3), ((2, 3, 4, 6), 1)):
        tokens_of(answer, torch.arange(float(math.prod(size))).view(size), p)
    return "Two by two from every channel, row by row of squares."


def tokens_of(answer, x, p: int) -> None:
    """Whether each token holds a square, in whatever order within."""
    got, want = tensor(answer(x.clone(), p)), patchify(x.double(), p)
    if got.shape != want.shape:
        raise Wrong(f"Expected {tuple(want.shape)}, got {tuple(got.shape)}.")

    def inside(tokens):  # whatever the order within a token
        return tokens.sort(dim=2).values

    if torch.equal(inside(got), inside(want)):
        return
    flipped = patchify(x.double().transpose(2, 3), p)
    if torch.equal(inside(got), inside(flipped)):
        raise Wrong("Squares now, but column by column: go along the rows first.")
    if torch.equal(got, x.reshape(want.shape).double()):
        raise Wrong("Nothing was moved: a token still holds a piece of one row.")
    if not torch.equal(got.flatten(1).sort().values, x.flatten(1).double()):
        raise Wrong("Every number should be in exactly one token.")
    raise Wrong("A token should hold p by p neighbours of every channel.")


@exercise(
    "ex-12-8", "derive", minutes=25, trains="how sharply an autoencoder should speak"
)
def blur(answer):
    for wide, kl in (
        (4.0, 0.02), (4.0, 0.6), (0.25, 0.02), (0.25, 0.3),
        (0.0004, 0.02), (0.01, 0.02), (1.0, 0.0), (1.0, 5.0),
    ):  # fmt: skip
        got, right = number(answer(wide, kl)), min(1.0, math.sqrt(kl / (2 * wide)))
        if near(got, right):
            continue
        said = f"For a variance of {wide:g} and kl = {kl:g}"
        if kl / (2 * wide) > 1:
            raise Wrong(
                f"{said} the direction is not worth its price, and z is pure noise: "
                f"s = 1; yours is {got:.3f}."
            )
        for wrong, hint in (
            (kl / (2 * wide), "Those are the variances of the cloud; take the root."),
            (math.sqrt(kl / wide), "A half is missing: the divergence has one."),
            (math.sqrt(kl / 2), "The louder a direction, the sharper: where is it?"),
            (math.sqrt(kl / (kl + 2 * wide)), "That is s for b = sqrt(lambda)."),
            (math.sqrt(max(0, 1 - kl / (2 * wide))), "That is the rest, a^2 lambda."),
        ):
            if near(got, wrong):
                raise Wrong(hint)
        raise Wrong(f"{said} s should be {right:.4f}; yours is {got:.4f}.")
    return "Of every direction it tells, the same error is left: half the price."
