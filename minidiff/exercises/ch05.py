"""Chapter 5, a small U-Net: the exercises' checks."""

import re
from itertools import pairwise
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import nn

from ..nets import UNet
from .answers import near, number, order
from .check import Number, Order, Wrong, exercise, form


@exercise(
    "ex-05-1", "predict", minutes=5, trains="how far a stack of convolutions sees"
)
@form(Number(0, 300, 1))
def predict(answer):
    """Five 3-wide convolutions see 1 + 5 * 2 inputs."""
    answer = number(answer)
    if answer in (15, 3**5):
        raise Wrong("The looks overlap: a further layer adds one on each side.")
    if answer == 5:
        raise Wrong("That is the number of layers; the first one alone sees three.")
    if answer != 11:
        raise Wrong("One layer sees 3, two layers see 5. Go on.")
    return "Each layer adds one neighbour on either side."


@exercise(
    "ex-05-2", "fill in", minutes=8, trains="scale and shift, one of each a channel"
)
def fill_in(film):
    """Scale and shift, one of each per item and channel."""
    h, scale, shift = torch.randn(2, 3, 5), torch.randn(2, 3), torch.randn(2, 3)
    found = film(h, scale, shift)
    if found.shape != h.shape:
        raise Wrong(
            f"The shape should stay {tuple(h.shape)}, got {tuple(found.shape)}."
        )
    if near(found, scale[..., None] * h + shift[..., None]):
        raise Wrong("At scale 0 this silences the channel: the fader is 1 + scale.")
    if near(found, (1 + scale[..., None]) * (h + shift[..., None])):
        raise Wrong("You scale the shift as well; shift after scaling.")
    if not near(found, (1 + scale[..., None]) * h + shift[..., None]):
        raise Wrong("Compare with (1 + scale) h + shift, channel by channel.")
    return "At scale 0 and shift 0 it passes everything through."


@exercise(
    "ex-05-3", "find the bug", minutes=12, trains="why attention divides by a root"
)
def find_the_bug(attend):
    """Attention divides the products by sqrt(d)."""
    for places, d in ((7, 16), (5, 3)):
        q, k, v = torch.randn(3, 2, places, d).unbind()
        found, product = attend(q, k, v), q @ k.transpose(1, 2)
        if found.shape != v.shape:
            raise Wrong(
                f"The shape should be {tuple(v.shape)}, got {tuple(found.shape)}."
            )
        if near(found, F.scaled_dot_product_attention(q, k, v)):
            continue
        for scaled, hint in [
            (product.softmax(-1), "The square root of d is still missing."),
            ((product / d).softmax(-1), "Divide by the square root of d, not by d."),
            (
                (product / d**0.5).softmax(-2),
                "The root is right; but each question's weights should add up to 1.",
            ),
            (
                product.softmax(-1) / d**0.5,
                "Divide before the softmax, not after it: the weights must add to 1.",
            ),
            (
                (product / places**0.5).softmax(-1),
                "d is the length of a key, not the number of places.",
            ),
            (
                (product / 4).softmax(-1),
                "Right for keys of 16 numbers only: take d from q itself.",
            ),
        ]:
            if near(found, scaled @ v):
                raise Wrong(hint)
        raise Wrong("Compare with the formula: softmax(q k / sqrt(d)) v.")
    return "Without the root, the softmax of wide keys picks one place and is deaf."


@exercise("ex-05-4", "vary", minutes=8, trains="how a net's size grows with its width")
@form(Number(1, 8, 0.25, also=(3.7, 3.9, 3.92, 3.94)))
def vary(answer):
    """Twice the width, about four times the parameters."""
    answer = number(answer)
    sizes = [
        sum(p.numel() for p in UNet(2, channels=c, mid=2, classes=10).parameters())
        for c in [(32, 64), (64, 128)]
    ]
    factor = sizes[1] / sizes[0]
    if 1.8 <= answer <= 2.2:
        raise Wrong("There are twice as many inputs and twice as many outputs.")
    if abs(answer - 4) < 1e-6:
        raise Wrong(
            "A good guess. Now count: the first layer and the last only double."
        )
    if abs(answer - factor) > 0.025:  # one digit after the point will do
        raise Wrong("Count with sum(p.numel() for p in net.parameters()).")
    return f"It is {factor:.2f}: twice the inputs times twice the outputs."


@exercise("ex-05-5", "extend", minutes=15, trains="making a net work for every length")
def extend(any_size):
    """Pad to a multiple with the last sample, call, cut."""
    for n, factor in ((5, 4), (7, 4), (8, 4), (10, 3), (3, 8), (6, 1)):
        seen, x = [], torch.randn(2, 1, n)

        def strict(x, factor=factor, seen=seen):
            if x.shape[-1] % factor:
                raise ValueError(f"{x.shape[-1]} samples are no multiple of {factor}")
            seen.append(x)
            return 2 * x

        found = any_size(strict, x, factor)
        if found.shape != x.shape:
            raise Wrong(
                f"For {n} samples the answer has {found.shape[-1]}: cut it back."
            )
        if not near(found, 2 * x):
            raise Wrong("The answer is shifted or altered: pad at the end, cut there.")
        if len(seen) != 1:
            raise Wrong("Call the net, once: the answer is to be its own.")
        padded, missing = seen[-1], -n % factor
        if padded.shape[-1] != n + missing:
            raise Wrong(
                f"{n} samples need {missing} more to be a multiple of {factor}, "
                f"not {padded.shape[-1] - n}."
            )
        end = padded[..., n:]
        if torch.equal(end, x[..., -1:].expand(-1, -1, missing)):
            continue
        if not end.any():
            raise Wrong("Repeat the last sample; a jump to zero is a click.")
        raise Wrong("Repeat the last sample; what you put there is something else.")
    return "Every length goes in, and comes out."


@exercise("ex-05-6", "listen", minutes=5, trains="hearing what halving loses")
@form(Order("ABC"))
def listen(answer):
    """C was halved once, A twice, B three times."""
    word = order(answer, "ABC")
    if word == "BAC":
        raise Wrong("Turned round: begin with the one that has lost least.")
    if word != "CAB":
        raise Wrong("In the most halved one hardly any pitch is left, only rushes.")
    return "The least halved one still rings."


def field(layers) -> int:
    """How many inputs one output of a row of (width, stride) sees."""
    sees = 1
    for wide, stride in reversed(layers):
        sees = (sees - 1) * stride + wide
    return sees


@exercise(
    "ex-05-7", "derive", minutes=20, trains="how looks and halvings add up to a field"
)
def derive(answer):
    """Widths add, each times the strides before it."""
    look, halve = (3, 1), (2, 2)
    for layers in (
        [look] * 5,
        [look, halve],
        [halve, look],
        [look, halve] * 3,
        [(5, 3), (4, 1), (3, 2)],
        [(1, 2), look],
        [(7, 4)],
        [],
    ):
        found, right = number(answer(list(layers))), field(layers)
        if found == right:
            continue
        if not layers:
            raise Wrong("No layer at all: one number sees itself.")
        apart, single, own = 1, 1, 1
        for wide, stride in layers:
            single += wide - 1
            own, apart = own + (wide - 1) * apart * stride, apart * stride
        at = f"For {layers}"
        for wrong, hint in (
            (single, "it forgets that neighbours lie further apart after a stride."),
            (own, "a layer's own stride counts for those after it, not for itself."),
            (field(layers[::-1]), "the order is turned round: the last layer is last."),
            (right - 1, "it is one short: one number sees itself, and more."),
        ):
            if found == wrong:
                raise Wrong(f"{at} {hint}")
        raise Wrong(f"{at} it should be {right}, got {found:g}.")
    return "Looks add; a halving multiplies all that comes after it."


class Steered(nn.Module):
    """A block in small: one convolution, and a shift by emb."""

    def __init__(self, c_in: int, c_out: int):
        super().__init__()
        self.conv, self.shift = (
            nn.Conv1d(c_in, c_out, 3, padding=1),
            nn.Linear(5, c_out),
        )

    def forward(self, x, emb):
        return torch.tanh(self.conv(x) + self.shift(emb)[..., None])


def parts(levels: int) -> SimpleNamespace:
    """The parts of a small U over sounds, its lists from the top level downwards."""
    wide = [4, 6, 8, 10][: levels + 1]
    pairs = list(pairwise(wide))
    return SimpleNamespace(
        stem=nn.Conv1d(1, wide[0], 3, padding=1),
        down=[Steered(a, a) for a, _ in pairs],
        shrink=[nn.Conv1d(a, b, 2, stride=2) for a, b in pairs],
        turn=Steered(wide[-1], wide[-1]),
        grow=[
            nn.Sequential(nn.Conv1d(b, a, 1), nn.Upsample(scale_factor=2))
            for a, b in pairs
        ],
        up=[Steered(2 * a, a) for a, _ in pairs],
        out=nn.Conv1d(wide[0], 1, 3, padding=1),
    )


def assembled(net, x, emb, early=False, swapped=False, turn=True):
    """The walk through the parts, and what is often made of it."""
    h, skips = net.stem(x), []
    for down, shrink in zip(net.down, net.shrink, strict=True):
        before, h = h, down(h, emb)
        skips.append(before if early else h)
        h = shrink(h)
    h = net.turn(h, emb) if turn else h
    for grow, up in zip(net.grow[::-1], net.up[::-1], strict=True):
        pair = [grow(h), skips.pop()]
        h = up(torch.cat(pair[::-1] if swapped else pair, dim=1), emb)
    return net.out(h)


@exercise(
    "ex-05-8",
    "fill in",
    minutes=20,
    trains="assembling a U of any depth from its parts",
)
def assemble(walk):
    """Down, turn, up, with one bridge a level."""
    for levels in (1, 2, 3):
        net, x, emb = parts(levels), torch.randn(2, 1, 16), torch.randn(2, 5)
        what = f"With {levels} level{'s' if levels > 1 else ''} above the turn"
        right = assembled(net, x, emb)
        hints = [
            (assembled(net, x, emb, **wrong), hint)
            for wrong, hint in (
                (dict(early=True), "Lay aside what `down` gives, not what it gets."),
                (dict(swapped=True), "`up` wants the doubled first, then the bridge."),
                (dict(turn=False), "`net.turn` works at the bottom, between the arms."),
            )
        ]
        try:
            found = walk(net, x.clone(), emb)
        except RuntimeError as error:
            if re.search("Sizes of tensors|channels", str(error)):
                raise Wrong(
                    f"{what} the arms do not meet: go up from the lowest level, "
                    "`reversed`, and join each time what was laid aside last."
                ) from None
            raise
        if near(found, right):
            continue
        if found.shape != x.shape:
            raise Wrong(
                f"{what} the answer has the shape {tuple(found.shape)}: the last part, "
                "`net.out`, gives it that of x."
            )
        for wrong, hint in hints:
            if near(found, wrong):
                raise Wrong(hint)
        raise Wrong(f"{what} the answer is another: follow x through every part once.")
    return "One stack, two loops: this is the heart of `md.UNet`."
