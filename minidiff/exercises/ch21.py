"""Chapter 21, few steps: the exercises' checks."""

import functools
import math
from itertools import pairwise

import torch
from torch import nn

from ..exact import GaussianMixture
from ..fast.jump import GaussianJump, MixtureJump
from ..process import diffuse
from ..samplers import heun
from ..schedule import Cosine, Flow, noise_times
from .answers import letter, near, number, tensor
from .check import Number, Wrong, exercise, form
from .forms import Choice


@exercise("ex-21-1", "predict", minutes=4, trains="where the path of a Gaussian ends")
@form(Number(-3, 3, 0.1, also=(0.25, -0.25)))
def path_end(answer):
    found = number(answer)
    if abs(found) < 0.005:
        raise Wrong("That is the mean of all ends: what one step of DDIM answers.")
    if abs(found - 2) < 0.005:
        raise Wrong("There it begins. It keeps its place in standard deviations.")
    if abs(found - 0.5) < 0.005:
        raise Wrong("That is one deviation of the data; the path began at two.")
    if not abs(found - 1) <= 0.005:  # NaN is no answer either
        raise Wrong(
            "How many deviations from the mean is it at t = 1, and so at t = 0?"
        )
    return "Two deviations out at the start, two at the end: 2 times 0.5."


class Asked(nn.Module):
    """A jump with one weight, that remembers at which times it was asked about what."""

    schedule = Cosine()

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones((), dtype=torch.float64))
        self.told = []

    def forward(self, x, t, cond=None):
        t = torch.as_tensor(t).expand(len(x)).double()
        self.told.append((x.detach().clone(), t))
        return self.weight * (x + t[:, None] ** 2)


@exercise("ex-21-2", "fill in", minutes=8, trains="what consistency tuning compares")
def pair(answer):
    dice = torch.Generator().manual_seed(0)
    x0, eps = torch.randn(2, 6, 2, generator=dice).double()
    t, s = torch.linspace(0.3, 0.9, 6).double(), torch.linspace(0.1, 0.6, 6).double()
    f = Asked()
    try:
        now, target = answer(f, x0.clone(), eps.clone(), t.clone(), s.clone())
    except (TypeError, ValueError) as error:
        raise Wrong(
            f"Return two tensors: what f says at t, and at s. ({error})"
        ) from None
    if not (isinstance(now, torch.Tensor) and isinstance(target, torch.Tensor)):
        raise Wrong("Return two tensors: what f says at t, and at s.")
    x_t, x_s = (diffuse(x0, time, eps, f.schedule) for time in (t, s))
    with torch.no_grad():
        right = [f(x_t, t), f(x_s, s)]
    if near(now, right[1]) and near(target, right[0]):
        raise Wrong("The other way round: first what f says at t.")
    if not near(now, right[0]):
        raise Wrong("First: f of x0 noised to t, asked at t.")
    if near(target, x0):
        raise Wrong("That teaches the mean of all x0. The target is f's own, at s.")
    with torch.no_grad():
        same_noise_later = f(x_t, s)
    if near(target, same_noise_later):
        raise Wrong("At s there is less noise in the sound: noise x0 anew, to s.")
    if not near(target, right[1]):
        raise Wrong(
            "The target: f of x0 noised to s, by the very same eps, asked at s."
        )
    if target.requires_grad:
        raise Wrong("The target is taken as given: no gradient goes through it.")
    unlearned = "The first must carry a gradient, or nothing is learned."
    if not now.requires_grad:
        raise Wrong(unlearned)
    if torch.autograd.grad(now.sum(), f.weight, allow_unused=True)[0] is None:
        raise Wrong(unlearned)
    return "One noise, two neighbouring times, and only the noisier one learns."


@exercise("ex-21-3", "find the bug", minutes=8, trains="a jump that stays at the end")
def boundary(answer):
    schedule, x = Cosine(), torch.linspace(-2, 2, 10).double().view(5, 2)

    def net(x, t):
        return 0.3 * x.sin() + 0.7

    def other(x, t):
        return -1.1 * x.cos()

    def at(t, net=net):
        return tensor(answer(net, x.clone(), torch.full((5,), t).double(), schedule))

    end, middle, changed = at(0.0), at(0.6), at(0.6, other)
    if end.shape != x.shape:
        raise Wrong("What comes back has the shape of x.")
    if near(end, net(x, 0)):
        raise Wrong("At t = 0 this is still whatever the net says, and x is wanted.")
    if not near(end, x):
        raise Wrong(
            "At t = 0, where alpha = 1 and sigma = 0, x must come back as it is."
        )
    if near(middle, changed):
        raise Wrong("Now the net is never heard: at t = 0.6 it must count.")
    if not near(at(0.0, other), x):
        raise Wrong("At t = 0 x must come back whatever the net says.")
    if near(at(0.6, lambda x, t: net(x, t) + t[:, None]), middle):
        raise Wrong("The net is to be told the time as well.")
    if near(at(0.6, lambda x, t: net(0 * x, t)), middle):
        raise Wrong("The net is to be asked about x.")
    times = torch.linspace(0, 0.8, 5).double()
    together = tensor(answer(net, x.clone(), times.clone(), schedule))
    alone = torch.stack([at(t)[i] for i, t in enumerate(times.tolist())])
    if not near(together, alone):
        raise Wrong("Each item has a time of its own, and levels of its own.")
    weight = torch.ones((), dtype=torch.float64, requires_grad=True)
    told = answer(lambda x, t: weight * net(x, t), x.clone(), times.clone(), schedule)
    if not torch.as_tensor(told).requires_grad:
        raise Wrong("No gradient comes through: so the net cannot learn.")
    return "Whatever the net says, sigma = 0 silences it at the end of the path."


WORLD = GaussianMixture(
    [
        [1.2 * math.cos(a), 1.2 * math.sin(a)]
        for a in (math.pi * (1 / 2 + 2 * k / 3) for k in range(3))
    ],
    0.3,
)
NEAR = 0.05  # rms, of exercise 21.4
PARTS = (2, 4, 8, 16, 32, 64)


@functools.cache
def missed(parts: int) -> float:
    """How far Heun's walk in so many steps ends from where the path does, rms."""
    schedule = Cosine()
    times = noise_times(schedule, parts)
    z = torch.randn(400, 2, generator=torch.Generator().manual_seed(0)).double()
    *_, made = heun(WORLD.denoiser(schedule), z, times)
    true = MixtureJump(WORLD, schedule, 60)(z, times[0])
    return (made - true).square().mean().sqrt().item()


@exercise("ex-21-4", "vary", minutes=8, trains="how short a teacher's steps must be")
@form(Choice(tuple(map(str, PARTS))))
def parts(answer):
    found = number(answer)
    if found not in PARTS:
        raise Wrong(f"One of {', '.join(map(str, PARTS))}, please.")
    far = missed(int(found))
    if far > NEAR:
        raise Wrong(f"In {found:g} steps the walk ends {far:.2g} from there: too far.")
    if missed(int(found) // 2) <= NEAR:
        half = missed(int(found) // 2)
        raise Wrong(f"That is near enough, but so is half as many: {half:.2g}.")
    return f"In {found:g} steps the walk ends {far:.2g} from the path's end."


@exercise("ex-21-5", "extend", minutes=10, trains="a walk of unequal jumps")
def strides(answer):
    one = GaussianMixture([[0.4, -0.3]], covs=[[[1.0, 0.6], [0.6, 0.5]]])
    jump, told = GaussianJump(one, Flow()), []

    def u(x, t, gap):
        t, gap = (torch.as_tensor(v).expand(len(x)).double() for v in (t, gap))
        told.append((t[0].item(), gap[0].item()))
        if (gap <= 0).any() or (gap > t + 1e-9).any():
            raise Wrong("A gap is above 0 and at most t: from t down to t - gap.")
        return (x - jump(x, t, s=(t - gap).clamp(min=0))) / gap[:, None]

    z = torch.randn(7, 2, generator=torch.Generator().manual_seed(0)).double()
    for times in ([1.0, 0.0], [1.0, 0.7, 0.0], [0.9, 0.5, 0.4, 0.1]):
        told.clear()
        got = tensor(answer(u, z.clone(), torch.tensor(times).double()))
        if got.shape != z.shape:
            raise Wrong("Return x alone, after the last stride.")
        wanted = [(a, a - b) for a, b in pairwise(times)]
        right = jump(z, times[0], s=times[-1])
        if near(got, right) and len(told) == len(wanted):
            continue
        if len(told) != len(wanted):
            raise Wrong(
                f"{len(wanted)} strides ask {len(wanted)} times, not {len(told)}."
            )
        if not all(near(a, b) for a, b in zip(told, wanted, strict=True)):
            raise Wrong(
                "From t to s the gap is t - s, which changes from stride to stride."
            )
        raise Wrong("x moves by minus gap times u: towards the data.")
    return "Exact in any strides, since the mean velocity is."


@exercise("ex-21-6", "listen", minutes=4, trains="hearing what one leap has lost")
@form(Choice(("A", "B", "C")))
def leap(answer):
    given = letter(answer, "ABC")
    if given != "B":
        raise Wrong("Compare the two takes of each letter: which are nearly the same?")
    return "One leap gives the average word, and of that there is only one."


@exercise("ex-21-7", "derive", minutes=15, trains="the mean velocity of a Gaussian")
def mean_velocity(answer):
    for x, t, s, v in (
        (1.5, 0.8, 0.3, 0.25),
        (-2.0, 1.0, 0.0, 0.5),
        (0.7, 0.6, 0.5, 2.0),
    ):
        got = number(answer(x, t, s, v))
        wide = {k: math.sqrt((1 - k) ** 2 * v + k**2) for k in (t, s)}
        end = x * wide[s] / wide[t]
        right = (x - end) / (t - s)
        if abs(got - right) < 1e-6 * (1 + abs(right)):
            continue
        slope = x * (t - (1 - t) * v) / wide[t] ** 2
        for wrong, hint in (
            (slope, "That is the velocity at t. Its mean down to s is asked for."),
            (end, "That is where the path comes by at s. How fast was it, on average?"),
            (x - end, "That is the way. A velocity is the way over the time, t - s."),
            (-right, "The sign: x_s = x_t - (t - s) u."),
            (
                x * (1 - wide[s] ** 2 / wide[t] ** 2) / (t - s),
                "Widths are roots of variances.",
            ),
        ):
            if abs(got - wrong) < 1e-6 * (1 + abs(wrong)):
                raise Wrong(hint)
        raise Wrong(
            "x_s is x_t times the width at s over that at t; u = (x_t - x_s)/(t - s)."
        )
    return "As s comes near t it becomes the velocity, which flow matching learns."
