"""Chapter 12, latents and Transformers: the exercises' checks."""

import math
from itertools import pairwise

import torch
from torch import nn

from ..nets.dit import patchify
from .answers import near, number, order
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
    drawn = torch.randn(4, 50, dtype=torch.float64, generator=dice)
    mean_q, log_var_q, mean_p, log_var_p = drawn
    got = answer(mean_q, log_var_q, mean_p, log_var_p)

    def formula(mean_q, log_var_q, mean_p, log_var_p):
        ratio = (log_var_q - log_var_p).exp()
        return ((mean_q - mean_p) ** 2 / log_var_p.exp() + ratio - 1 - ratio.log()) / 2

    right = formula(mean_q, log_var_q, mean_p, log_var_p)
    apart = (mean_q - mean_p) ** 2
    ratio = (log_var_q - log_var_p).exp()
    for wrong, hint in (
        (right.mean(), "Number by number, please: the loss takes the mean later."),
        (2 * right, "Twice too large: a half is missing."),
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
    if not near(answer(mean_q, log_var_q, zero, zero), formula(*drawn[:2], zero, zero)):
        raise Wrong("For a standard normal p it should be `divergence` of above.")
    if not near(got, right):
        raise Wrong("Right for a standard normal p, not yet for another one.")
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
    if near(answer(a, b, 0.5), (a + b) / 2):
        raise Wrong("A straight line: halfway it is too quiet. Go round by the angle.")
    if not (near(answer(a, b, 0.0), a) and near(answer(a, b, 1.0), b)):
        if near(answer(a, b, 0.0), b):
            raise Wrong("The wrong way round: u = 0 should be `a`.")
        raise Wrong("At u = 0 it should be `a`, at u = 1 `b`, lengths included.")

    def turn(x, y):
        return torch.acos((x @ y) / (x.norm() * y.norm())).item()

    steps = [answer(a, b, u / 4) for u in range(5)]
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
    x = (math.sin(0.7 * angle) * a + math.sin(0.3 * angle) * c) / math.sin(angle)
    if not near(answer(a, c, 0.3), x):
        raise Wrong("Right where the angle is square, not yet for vectors that lean.")
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
    x = torch.arange(144.0).view(2, 3, 4, 6)
    got, want = answer(x, 2), patchify(x, 2)
    if got.shape != want.shape:
        raise Wrong(f"Expected {tuple(want.shape)}, got {tuple(got.shape)}.")

    def inside(tokens):  # whatever the order within a token
        return tokens.sort(dim=2).values

    if torch.equal(inside(got), inside(want)):
        return "Two by two from every channel, row by row of squares."
    flipped = patchify(x.transpose(2, 3), 2)
    if torch.equal(inside(got), inside(flipped)):
        raise Wrong("Squares now, but column by column: go along the rows first.")
    if torch.equal(got, x.reshape(want.shape)):
        raise Wrong("Nothing was moved: a token still holds a piece of one row.")
    if not torch.equal(got.flatten(1).sort().values, x.flatten(1)):
        raise Wrong("Every number should be in exactly one token.")
    raise Wrong("A token should hold p by p neighbours of every channel.")
