"""Chapter 12: right answers, and wrong ones with the hint that each should get."""

import math

import torch
import torch.nn.functional as F

from minidiff.nets.dit import patchify


def kl(half=2, widths=True, halved=False, turned=False):
    def answer(mean_q, log_var_q, mean_p, log_var_p):
        if turned:
            mean_q, log_var_q, mean_p, log_var_p = mean_p, log_var_p, mean_q, log_var_q
        if halved:
            log_var_q, log_var_p = 2 * log_var_q, 2 * log_var_p
        ratio = (log_var_q - log_var_p).exp()
        far = (mean_q - mean_p) ** 2 / (log_var_p.exp() if widths else 1)
        return (far + ratio - 1 - ratio.log()) / half

    return answer


def one_by_one(mean_q, log_var_q, mean_p, log_var_p):
    """With `math`, so for plain numbers."""
    spread = math.exp(log_var_p)
    far = (mean_q - mean_p) ** 2 / spread
    return (far + math.exp(log_var_q) / spread - 1 + log_var_p - log_var_q) / 2


def by_widths(mean_q, log_var_q, mean_p, log_var_p):
    q, p = (log_var_q / 2).exp(), (log_var_p / 2).exp()
    return (p / q).log() + (q**2 + (mean_q - mean_p) ** 2) / (2 * p**2) - 0.5


def own_logarithm(mean_q, log_var_q, mean_p, log_var_p):
    ratio = (log_var_q - log_var_p).exp()
    return ((mean_q - mean_p) ** 2 / log_var_p.exp() + ratio - 1 - log_var_q) / 2


def clipped(*numbers):
    return kl()(*(x.clamp(-4, 4) for x in numbers))


def normal_only(mean_q, log_var_q, mean_p, log_var_p):
    return (mean_q**2 + log_var_q.exp() - 1 - log_var_q) / 2


def by_torch(mean_q, log_var_q, mean_p, log_var_p):
    q = torch.distributions.Normal(mean_q, (log_var_q / 2).exp())
    p = torch.distributions.Normal(mean_p, (log_var_p / 2).exp())
    return torch.distributions.kl_divergence(q, p)


class Front:
    def __init__(self, autoencoder):
        self.net = autoencoder

    def encode(self, mel):
        return self.net.encode(mel)[0] * self.net.scale

    def decode(self, z):
        return self.net.decode(z / self.net.scale)


class Forgotten(Front):
    def decode(self, z):
        return self.net.decode(z)


class Twice(Front):
    def decode(self, z):
        return self.net.decode(z * self.net.scale)


class After(Front):
    def decode(self, z):
        return self.net.decode(z) / self.net.scale


class Nowhere(Forgotten):
    def encode(self, mel):
        return self.net.encode(mel)[0]


class Elsewhere(Front):
    def encode(self, mel):
        return self.net.encode(mel)[0] / self.net.scale

    def decode(self, z):
        return self.net.decode(z * self.net.scale)


def around(a, b, u):
    angle = ((a @ b) / (a.norm() * b.norm())).acos()
    return (((1 - u) * angle).sin() * a + (u * angle).sin() * b) / angle.sin()


def by_directions(a, b, u):
    """Unit vectors go round, and the lengths go straight."""
    length = (1 - u) * a.norm() + u * b.norm()
    return length * around(a / a.norm(), b / b.norm(), u)


def turned_by_half(a, b, u):
    """Gram and Schmidt's way: along a, and square to it."""
    angle = ((a @ b) / (a.norm() * b.norm())).acos()
    square = b / b.norm() - angle.cos() * a / a.norm()
    square = square / square.norm()
    unit = (u * angle).cos() * a / a.norm() + (u * angle).sin() * square
    return unit * a.norm() ** (1 - u) * b.norm() ** u


def straight(a, b, u):
    return (1 - u) * a + u * b


def stretched(a, b, u):
    x = straight(a, b, u)
    return x * ((1 - u) * a.norm() + u * b.norm()) / x.norm()


def square_root(a, b, u):
    """Right for independent noises only, and its steps are not equal."""
    return (1 - u) ** 0.5 * a + u**0.5 * b


def quarter(a, b, u):
    """As if the angle were always a right one."""
    turn = torch.tensor(u * torch.pi / 2, dtype=a.dtype)
    return turn.cos() * a + turn.sin() * b


def patches(axes):
    def answer(x, p):
        b, c, h, w = x.shape
        x = x.reshape(b, c, h // p, p, w // p, p)
        return x.permute(axes).reshape(b, (h // p) * (w // p), c * p * p)

    return answer


def unfolded(x, p):
    return F.unfold(x, p, stride=p).transpose(1, 2)


def loops(x, p):
    b, _, h, w = x.shape
    places = [(i, j) for i in range(0, h, p) for j in range(0, w, p)]
    cut = [x[:, :, i : i + p, j : j + p].reshape(b, -1) for i, j in places]
    return torch.stack(cut, dim=1)


def cloud(half=2, root=True, most=1.0, loud=True):
    def answer(variance, kl):
        s = kl / (half * (variance if loud else 1))
        return min(most, s**0.5 if root else s)

    return answer


RIGHT = [
    ("ex-12-1", 3),
    ("ex-12-2", kl()),
    ("ex-12-1", "3"),
    ("ex-12-2", by_torch),
    ("ex-12-2", one_by_one),
    ("ex-12-2", by_widths),
    ("ex-12-3", Front),
    ("ex-12-4", 0.6),
    ("ex-12-4", "0.5"),
    ("ex-12-4", "0,75"),
    ("ex-12-5", around),
    ("ex-12-5", by_directions),
    ("ex-12-5", lambda a, b, u: around(a, b, u).float()),
    ("ex-12-5", lambda a, b, u: around(a, b, u).tolist()),
    ("ex-12-5", turned_by_half),
    ("ex-12-6", "BCA"),
    ("ex-12-6", ["b", "c", "a"]),
    ("ex-12-6", "b, c, a"),
    ("ex-12-7", patchify),
    ("ex-12-7", patches((0, 2, 4, 3, 5, 1))),
    ("ex-12-7", unfolded),
    ("ex-12-7", loops),
    ("ex-12-7", lambda x, p: patchify(x, p).tolist()),
    ("ex-12-8", cloud()),
    ("ex-12-8", lambda v, kl: torch.tensor(kl / (2 * v)).clamp(max=1).sqrt()),
    ("ex-12-8", lambda v, kl: math.exp(-max(0, math.log(2 * v / (kl + 1e-99)) / 2))),
]
WRONG = [
    ("ex-12-1", 1, "learns itself"),
    ("ex-12-1", 2, "only the faders"),
    ("ex-12-1", 4, "Count the zeros"),
    ("ex-12-2", kl(half=1), "a half is missing"),
    ("ex-12-2", kl(widths=False), "widths of p"),
    ("ex-12-2", kl(halved=True), "mixed up"),
    ("ex-12-2", kl(turned=True), "of p from q"),
    ("ex-12-2", lambda *a: kl()(*a).mean(), "Number by number"),
    ("ex-12-2", normal_only, "not yet for another"),
    ("ex-12-2", lambda *a: kl()(*a) / math.log(2), "gives nats"),
    ("ex-12-2", lambda *a: kl()(*a) + 0.5, "-1 is missing"),
    ("ex-12-2", own_logarithm, "ratio of both"),
    ("ex-12-2", clipped, "far apart"),
    ("ex-12-2", lambda q, *_: q, "divergence` of above"),
    ("ex-12-3", Forgotten, "still not the mel"),
    ("ex-12-3", Twice, "way back divides"),
    ("ex-12-3", After, "not after"),
    ("ex-12-3", Nowhere, "wrong size"),
    ("ex-12-3", Elsewhere, "Leave `encode`"),
    ("ex-12-4", 0, "above 0"),
    ("ex-12-4", 0.1, "higher price"),
    ("ex-12-4", 1, "lower price"),
    ("ex-12-5", straight, "straight line"),
    ("ex-12-5", lambda a, b, u: around(b, a, u), "wrong way round"),
    ("ex-12-5", lambda a, b, u: around(a, b, u) / a.norm(), "lengths included"),
    ("ex-12-5", stretched, "equal angles"),
    ("ex-12-5", square_root, "equal angles"),
    ("ex-12-5", quarter, "that lean"),
    ("ex-12-5", lambda a, b, u: around(a, b, 1 - u), "wrong way round"),
    ("ex-12-6", "ACB", "most compressed"),
    ("ex-12-6", "CBA", "rougher than"),
    ("ex-12-6", "ABC", "Begin with"),
    ("ex-12-7", patches((0, 1, 2, 3, 4, 5)), "Nothing was moved"),
    ("ex-12-7", patches((0, 4, 2, 1, 5, 3)), "column by column"),
    ("ex-12-7", patches((0, 1, 2, 4, 3, 5)), "neighbours"),
    ("ex-12-7", lambda x, p: patchify(x, p)[:, :1], "Expected"),
    ("ex-12-7", lambda x, p: 0 * patchify(x, p), "exactly one token"),
    ("ex-12-8", cloud(root=False), "take the root"),
    ("ex-12-8", cloud(half=1), "A half is missing"),
    ("ex-12-8", cloud(most=9.0), "not worth its price"),
    ("ex-12-8", cloud(loud=False), "the sharper"),
    ("ex-12-8", lambda v, kl: (kl / (kl + 2 * v)) ** 0.5, "for b = sqrt"),
    ("ex-12-8", lambda v, kl: max(0, 1 - kl / (2 * v)) ** 0.5, "That is the rest"),
    ("ex-12-8", cloud(half=3), "s should be"),
]
