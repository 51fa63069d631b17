"""Chapter 5: right answers, and wrong ones with the hint that each should get."""

import torch.nn.functional as F


def film(h, scale, shift):
    return (1 + scale[..., None]) * h + shift[..., None]


def attend(q, k, v, root=0.5, dim=-1, of=-1):
    return (q @ k.transpose(1, 2) / q.shape[of] ** root).softmax(dim) @ v


def any_size(net, x, factor, mode="replicate", missing=None, cut=True):
    n = x.shape[-1]
    missing = -n % factor if missing is None else missing
    found = net(F.pad(x, (0, missing), mode=mode))
    return found[..., :n] if cut else found


RIGHT = [
    ("ex-05-1", 11),
    ("ex-05-2", film),
    ("ex-05-3", attend),
    ("ex-05-4", 3.94),
    ("ex-05-5", any_size),
    ("ex-05-6", ["C", "A", "B"]),
]
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
    ("ex-05-3", lambda q, k, v: v, "formula"),
    ("ex-05-3", lambda q, k, v: v[..., :1], "shape"),
    ("ex-05-4", 2, "twice as many inputs and"),
    ("ex-05-4", 8, "Count"),
    ("ex-05-5", lambda *a: any_size(*a, cut=False), "cut it back"),
    ("ex-05-5", lambda *a: any_size(*a, mode="constant"), "click"),
    ("ex-05-5", lambda *a: any_size(*a, missing=0), "no multiple of 4"),
    ("ex-05-5", lambda net, x, f: any_size(net, x, f).roll(1, -1), "shifted"),
    (
        "ex-05-5",
        lambda net, x, f: any_size(net, x, f, missing=-x.shape[-1] % f + f),
        "samples need",
    ),
    ("ex-05-6", "BAC", "Turned round"),
    ("ex-05-6", "ABC", "rushes"),
]
