"""Chapter 5: right answers, and wrong ones with the hint that each should get."""

import torch
import torch.nn.functional as F

from minidiff.exercises.ch05 import assembled, field


def film(h, scale, shift):
    return (1 + scale[..., None]) * h + shift[..., None]


def attend(q, k, v, root=0.5, dim=-1, of=-1):
    return (q @ k.transpose(1, 2) / q.shape[of] ** root).softmax(dim) @ v


def any_size(net, x, factor, mode="replicate", missing=None, cut=True):
    n = x.shape[-1]
    missing = -n % factor if missing is None else missing
    found = net(F.pad(x, (0, missing), mode=mode))
    return found[..., :n] if cut else found


def forwards(layers):
    """The same field, from the first layer to the last."""
    sees, apart = 1, 1
    for wide, stride in layers:
        sees, apart = sees + (wide - 1) * apart, apart * stride
    return torch.tensor(float(sees))


def by_index(net, x, emb):
    """A walk that counts its levels and keeps what it saw in a dict."""
    h, kept, n = net.stem(x), {}, len(net.down)
    for k in range(n):
        kept[k] = net.down[k](h, emb)
        h = net.shrink[k](kept[k])
    h = net.turn(h, emb)
    for k in range(n - 1, -1, -1):
        h = net.up[k](torch.cat((net.grow[k](h), kept[k]), 1), emb)
    return net.out(h)


def recursive(net, x, emb, k=0):
    """A level is: down, all the rest, up."""
    h = net.stem(x) if k == 0 else x
    if k == len(net.down):
        return net.turn(h, emb)
    top = net.down[k](h, emb)
    h = net.grow[k](recursive(net, net.shrink[k](top), emb, k + 1))
    h = net.up[k](torch.cat([h, top], 1), emb)
    return net.out(h) if k == 0 else h


def queue(net, x, emb):
    """What was laid aside first is taken first."""
    h, skips = net.stem(x), []
    for down, shrink in zip(net.down, net.shrink, strict=True):
        skips.append(down(h, emb))
        h = shrink(skips[-1])
    h = net.turn(h, emb)
    for grow, up in zip(net.grow[::-1], net.up[::-1], strict=True):
        h = up(torch.cat([grow(h), skips.pop(0)], 1), emb)
    return net.out(h)


def two_levels(net, x, emb):
    """Only the first and the last of each list, as in the chapter."""
    top = net.down[0](net.stem(x), emb)
    h = net.turn(net.shrink[0](top), emb)
    return net.out(net.up[0](torch.cat([net.grow[0](h), top], 1), emb))


def no_bridge(net, x, emb):
    top = net.down[0](net.stem(x), emb)
    return net.out(net.up[0](net.grow[0](net.turn(net.shrink[0](top), emb)), emb))


def unshown(net, x, emb):
    """The last part is forgotten."""
    net.out = torch.nn.Identity()
    return assembled(net, x, emb)


RIGHT = [
    ("ex-05-1", 11),
    ("ex-05-1", "11"),
    ("ex-05-2", film),
    ("ex-05-2", lambda h, a, b: h + h * a.unsqueeze(2) + b.unsqueeze(2)),
    ("ex-05-2", lambda h, a, b: torch.addcmul(b[..., None], h, 1 + a[..., None])),
    ("ex-05-3", attend),
    ("ex-05-3", F.scaled_dot_product_attention),
    ("ex-05-3", lambda q, k, v: attend(q / q.shape[2] ** 0.5, k, v, root=0)),
    ("ex-05-4", 3.92),
    ("ex-05-4", "3,9"),
    ("ex-05-5", any_size),
    ("ex-05-5", lambda net, x, f: net(F.pad(x, (0, -x.shape[2] % f), "replicate"))[
        :, :, : x.shape[2]
    ]),
    ("ex-05-5", lambda net, x, f: net(
        torch.cat([x] + [x[..., -1:]] * (-x.shape[-1] % f), dim=-1)
    )[..., : x.shape[-1]]),
    ("ex-05-6", ["C", "A", "B"]),
    ("ex-05-6", "c, a, b"),
    ("ex-05-7", field),
    ("ex-05-7", forwards),
    ("ex-05-8", assembled),
    ("ex-05-8", by_index),
    ("ex-05-8", recursive),
]  # fmt: skip
WRONG = [
    ("ex-05-1", 15, "overlap"),
    ("ex-05-1", 5, "number of layers"),
    ("ex-05-1", 10, "Go on"),
    ("ex-05-2", lambda h, a, b: a[..., None] * h + b[..., None], "silences"),
    ("ex-05-2", lambda h, a, b: film(h, a, (1 + a) * b), "after scaling"),
    ("ex-05-2", lambda h, a, b: h[:, :1], "shape"),
    ("ex-05-2", lambda h, a, b: h, "Compare"),
    ("ex-05-3", lambda q, k, v: attend(q, k, v, root=0), "still missing"),
    ("ex-05-3", lambda q, k, v: attend(q, k, v, root=1), "not by d"),
    ("ex-05-3", lambda q, k, v: attend(q, k, v, dim=-2), "add up to 1"),
    ("ex-05-3", lambda q, k, v: attend(q, k, v, of=1), "number of places"),
    ("ex-05-3", lambda q, k, v: attend(q, k, v, root=0) / q.shape[2] ** 0.5, "after"),
    ("ex-05-3", lambda q, k, v: attend(q / 4, k, v, root=0), "of 16 numbers only"),
    ("ex-05-3", lambda q, k, v: v, "formula"),
    ("ex-05-3", lambda q, k, v: v[..., :1], "shape"),
    ("ex-05-4", 2, "twice as many inputs and"),
    ("ex-05-4", 8, "Count with"),
    ("ex-05-4", 3.7, "Count with"),
    ("ex-05-4", 4, "A good guess"),
    ("ex-05-5", lambda *a: any_size(*a, cut=False), "cut it back"),
    ("ex-05-5", lambda *a: any_size(*a, mode="constant"), "click"),
    ("ex-05-5", lambda *a: any_size(*a, mode="reflect"), "something else"),
    ("ex-05-5", lambda *a: any_size(*a, mode="circular"), "something else"),
    ("ex-05-5", lambda *a: any_size(*a, missing=0), "no multiple of 4"),
    ("ex-05-5", lambda net, x, f: any_size(net, x, 4), "no multiple of 8"),
    (
        "ex-05-5",
        lambda net, x, f: any_size(net, x, f, missing=f - x.shape[-1] % f),
        "samples need",
    ),
    ("ex-05-5", lambda net, x, f: 2 * x, "Call the net"),
    ("ex-05-5", lambda net, x, f: any_size(net, x, f).roll(1, -1), "shifted"),
    (
        "ex-05-5",
        lambda net, x, f: any_size(net, x, f, missing=-x.shape[-1] % f + f),
        "samples need",
    ),
    ("ex-05-6", "BAC", "Turned round"),
    ("ex-05-6", "ABC", "rushes"),
    ("ex-05-7", lambda layers: 1 + sum(k - 1 for k, _ in layers), "forgets that"),
    ("ex-05-7", lambda layers: field(layers[::-1]), "turned round"),
    ("ex-05-7", lambda layers: 11, "it should be 4"),
    ("ex-05-7", lambda layers: field(layers) - 1, "one short"),
    (
        "ex-05-7",
        lambda layers: 1 + sum(
            (k - 1) * torch.tensor([s for _, s in layers[: i + 1]]).prod()
            for i, (k, _) in enumerate(layers)
        ),
        "own stride",
    ),
    ("ex-05-7", lambda layers: field(layers) if layers else 0, "sees itself."),
    ("ex-05-8", queue, "arms do not meet"),
    ("ex-05-8", two_levels, "arms do not meet"),
    ("ex-05-8", no_bridge, "arms do not meet"),
    ("ex-05-8", unshown, "the shape"),
    ("ex-05-8", lambda *a: assembled(*a, early=True), "not what it gets"),
    ("ex-05-8", lambda *a: assembled(*a, swapped=True), "doubled first"),
    ("ex-05-8", lambda *a: assembled(*a, turn=False), "at the bottom"),
    ("ex-05-8", lambda net, x, emb: 0 * x, "follow x"),
]  # fmt: skip
