"""Chapter 5, a small U-Net: the exercises' checks."""

import torch
import torch.nn.functional as F

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
    q, k, v = torch.randn(3, 2, 7, 16).unbind()
    found, product = attend(q, k, v), q @ k.transpose(1, 2)
    if found.shape != v.shape:
        raise Wrong(f"The shape should be {tuple(v.shape)}, got {tuple(found.shape)}.")
    for scaled, hint in [
        (product.softmax(-1), "The square root of d is still missing."),
        ((product / 16).softmax(-1), "Divide by the square root of d, not by d."),
        (
            (product / 4).softmax(-2),
            "The root is right now; but each question's weights should add up to 1.",
        ),
        (
            (product / q.shape[1] ** 0.5).softmax(-1),
            "d is the length of a key, not the number of places.",
        ),
    ]:
        if near(found, scaled @ v):
            raise Wrong(hint)
    if not near(found, F.scaled_dot_product_attention(q, k, v)):
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
    if abs(answer - factor) > 0.25:
        raise Wrong("Count with sum(p.numel() for p in net.parameters()).")
    return f"It is {factor:.2f}: twice the inputs times twice the outputs."


@exercise("ex-05-5", "extend", minutes=15, trains="making a net work for every length")
def extend(any_size):
    """Pad to a multiple with the last sample, call, cut."""

    def strict(x):
        if x.shape[-1] % 4:
            raise ValueError(f"{x.shape[-1]} samples are no multiple of 4")
        seen.append(x)
        return 2 * x

    for n in (5, 7, 8):
        seen, x = [], torch.randn(2, 1, n)
        found = any_size(strict, x, 4)
        if found.shape != x.shape:
            raise Wrong(
                f"For {n} samples the answer has {found.shape[-1]}: cut it back."
            )
        if not near(found, 2 * x):
            raise Wrong("The answer is shifted or altered: pad at the end, cut there.")
        padded = seen[-1]
        if padded.shape[-1] != n + -n % 4:
            raise Wrong(f"{n} samples need {-n % 4} more, not {padded.shape[-1] - n}.")
        if not torch.equal(padded[..., n:], x[..., -1:].expand(-1, -1, -n % 4)):
            raise Wrong("Repeat the last sample; a jump to zero is a click.")
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
