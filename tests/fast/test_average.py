"""Mean velocities: exact ones satisfy both laws, and both ways learn them."""

import copy
import warnings

import pytest
import torch
from torch import nn

import minidiff as md
from minidiff.fast.average import Average, one_in
from minidiff.fast.jump import GaussianJump
from minidiff.fast.meanflow import MeanFlow
from minidiff.fast.shortcut import Shortcut

ONE = md.GaussianMixture([[0.4, -0.3]], covs=[[[1.0, 0.6], [0.6, 0.5]]])
JUMP = GaussianJump(ONE, md.Flow())
WAY = {"way": ("vectors", 2)}
BOTH = pytest.mark.parametrize("kind", [MeanFlow, Shortcut])


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


class Conditions:
    """Says that the net can be told the way."""

    def __init__(self):
        self.embedders = md.MLP(classes=WAY).conditions.embedders

    def by_name(self, cond):
        return cond or {}

    def null(self, cond):
        return cond


class Known(nn.Module):
    """The exact mean velocity of a Gaussian; at gap 0 its limit, the velocity."""

    def __init__(self):
        super().__init__()
        self.one = nn.Parameter(torch.ones((), dtype=torch.float64))
        self.conditions = Conditions()

    def forward(self, x, t, cond):
        x, (t, gap) = x.double(), cond["way"].double().unbind(1)
        small = gap < 1e-4
        gap = torch.where(small, 1e-4, gap).clamp(max=1)
        t = torch.maximum(t, gap)
        u = (x - self.exact(x, t, t - gap)) / gap[:, None]
        return self.one * u

    def exact(self, x, t, s):
        """JUMP, without checks, so that it can be differentiated forwards."""
        m, Q, v = ONE.means, ONE.axes[0], ONE.variances

        def width(t):
            return ((1 - t)[:, None] ** 2 * v + t[:, None] ** 2).sqrt()

        y = (x - (1 - t)[:, None] * m) @ Q
        return (1 - s)[:, None] * m + (y * width(s) / width(t)) @ Q.T


def mlp(kind=Average, classes=None):
    torch.manual_seed(0)
    return kind(md.MLP(width=64, classes=(classes or {}) | WAY))


def test_the_exact_way_to_any_time_is_the_samplers():
    x = torch.randn(40, 2, generator=dice(), dtype=torch.float64)
    times = torch.linspace(0.9, 0.4, 501).double()
    *_, y = md.heun(ONE.denoiser(md.Flow()), x, times)
    assert torch.allclose(JUMP(x, 0.9, s=0.4), y, atol=1e-5)
    assert torch.allclose(JUMP(y, 0.4, s=0.9), x, atol=1e-5)


def test_an_average_jumps_and_walks_exactly_if_its_net_is():
    learner, x = Average(Known()), torch.randn(40, 2, generator=dice()).double()
    assert torch.allclose(learner(x, 0.7), JUMP(x, 0.7), atol=1e-5)
    for n in (1, 2, 5):
        assert torch.allclose(learner.walk(x, n), JUMP(x, 1.0), atol=1e-5)


@pytest.mark.parametrize("net", [md.MLP(), md.MLP(classes={"way": 3})])
def test_a_net_that_cannot_be_told_the_way_is_refused(net):
    with pytest.raises(ValueError, match="needs a condition 'way'"):
        Average(net)


def test_bad_steps_are_refused():
    with pytest.raises(ValueError, match="n must be"):
        mlp().walk(torch.randn(4, 2), 0)


def test_the_slope_holds_for_the_exact_mean_velocity():
    """With v the mean of eps - x0 at x_t: then both sides are equal."""
    learner = MeanFlow(Known())
    x = torch.randn(300, 2, generator=dice(), dtype=torch.float64)
    t = 0.3 + 0.6 * torch.rand(300, generator=dice(1)).double()
    gap = (t * torch.rand(300, generator=dice(2)).double()).clamp(min=0.01)
    x0 = ONE.denoiser(md.Flow())(x, t)
    v = (x - x0) / t[:, None]
    u = learner.velocity(x, t, gap)
    assert torch.allclose(learner.slope(x, t, gap, v, None), u, atol=1e-3)
    assert not torch.allclose(v, u, atol=0.1)


def test_the_halves_of_the_exact_mean_velocity_add_up():
    learner = Shortcut(Known())
    x = torch.randn(70, 2, generator=dice(), dtype=torch.float64)
    gap = 0.5 ** (torch.arange(70) % 7).double()
    t = gap * (1 + torch.rand(70, generator=dice(1)).double() * (1 / gap - 1))
    u = learner.velocity(x, t, gap)
    far = gap > 1 / learner.parts
    assert torch.allclose(learner.halves(x, t, gap)[far], u[far], atol=1e-5)
    assert not torch.allclose(learner.velocity(x, t, 0 * gap), u, atol=0.1)


def test_the_slope_is_that_of_finite_differences():
    learner = mlp(MeanFlow).double()
    learner.velocity = lambda x, t, gap, cond: learner.net(
        x, 0 * t, {"way": torch.stack([t, gap], 1)}
    )
    x, v = torch.randn(2, 20, 2, generator=dice()).double()
    t, gap = torch.full((20,), 0.7).double(), torch.full((20,), 0.4).double()
    h = 1e-5
    u = [learner.velocity(x + k * v, t + k, gap + k, None) for k in (h, -h)]
    wanted = v - 0.4 * (u[0] - u[1]) / (2 * h)
    assert torch.allclose(learner.slope(x, t, gap, v, None), wanted, atol=1e-4)


@BOTH
def test_the_exact_mean_velocity_has_the_least_loss(kind):
    """What is left is the spread of eps - x0; nothing pulls at the net."""
    x0 = ONE.sample(40_000, dice())[0]
    learner = kind(Known()).eval()
    learner.loss(x0, generator=dice(1)).backward()
    assert abs(learner.net.one.grad.item()) < 0.03
    wrong = copy.deepcopy(learner)
    wrong.net.one.data.fill_(0.8)
    wrong.loss(x0, generator=dice(1)).backward()
    assert abs(wrong.net.one.grad.item()) > 0.1


@BOTH
def test_others_are_dropped_once_and_the_way_never(kind):
    learner = mlp(kind, {"label": 3}).eval()
    learner.drop, told = 0.4, []
    learner.net.register_forward_pre_hook(lambda net, args: told.append(args[2]))
    learner.loss(torch.randn(3000, 2), torch.arange(3000) % 3, dice())
    *some, last = [cond["label"] for cond in told]
    # only what goes far needs a target of its own: a quarter
    far = told[-1]["way"][:, 1] > 0
    assert far.sum() == 3000 // 4
    assert some
    assert all(torch.equal(last[far], other) for other in some)
    assert (last == 3).double().mean().item() == pytest.approx(0.4, abs=0.03)
    assert not told[-1]["way"].isnan().any()


def test_every_item_goes_far_as_often_as_any_other():
    for k in (2, 4):
        for n in (1, 3, 16):
            lots = torch.rand(400, n, generator=dice())
            far = torch.stack([one_in(k, lot) for lot in lots]).double()
            assert (far.mean(0) - 1 / k).abs().max() < 0.08
            assert far.sum(1).max() - far.sum(1).min() <= 1
    whole = torch.stack([one_in(4, lot) for lot in torch.rand(9, 16)])
    assert (whole.sum(1) == 4).all()


@BOTH
def test_a_batch_in_which_nothing_goes_far_learns_the_velocity(kind):
    """One item alone: then the net is called once, with gap 0."""
    learner, calls = mlp(kind).eval(), set()
    learner.net.register_forward_pre_hook(lambda net, args: told.append(args[2]))
    for seed in range(8):
        told = []
        assert learner.loss(torch.randn(1, 2), generator=dice(seed)).isfinite()
        assert (len(told) == 1) == (told[-1]["way"][0, 1] == 0).item()
        calls.add(len(told))
    assert min(calls) == 1 < max(calls)


def test_the_gaps_of_shortcuts_are_those_of_walks():
    learner, told = mlp(Shortcut).eval(), []
    learner.net.register_forward_pre_hook(lambda net, args: told.append(args))
    learner.loss(torch.randn(4000, 2), generator=dice())
    t, gap = told[-1][2]["way"].unbind(1)
    far = gap > 0
    assert far.double().mean().item() == pytest.approx(0.25, abs=0.03)
    assert set(gap[far].tolist()) == {0.5**k for k in range(7)}
    steps = t[far] / gap[far]
    assert torch.equal(steps, steps.round())
    assert steps.min() == 1
    assert (t[far] <= 1).all()


@BOTH
def test_a_short_training_goes_the_whole_way_in_one_step(kind):
    data = [ONE.sample(256, dice(i))[0].float() for i in range(50)]
    learner = mlp(kind)
    for _ in md.fit(learner, data, 1000, lr=4e-3, decay=0.98):
        pass
    z = torch.randn(2000, 2, generator=dice(99))

    def far(x):
        return (x - JUMP(z, 1.0)).square().mean().sqrt().item()

    with torch.no_grad():
        print(kind.__name__, far(learner.walk(z, 1)), far(learner.walk(z, 4)))
        # the velocity itself, all the way: the mean of the data
        velocity = z - learner.velocity(z, torch.ones(2000), torch.zeros(2000))
    assert far(learner.walk(z, 1)) < 0.2
    assert far(velocity) > 0.6


def test_the_identity_of_mean_flow_holds_for_a_gaussian_to_a_hundred_thousandth():
    """In float64, by the very product of a Jacobian and a vector."""
    net = Known()
    x = torch.randn(300, 2, generator=dice(), dtype=torch.float64)
    t = 0.3 + 0.7 * torch.rand(300, generator=dice(1)).double()
    s = (t - 0.05) * torch.rand(300, generator=dice(2)).double()
    v = (x - ONE.denoiser(md.Flow())(x, t)) / t[:, None]

    def u(x, t, s):
        return (x - net.exact(x, t, s)) / (t - s)[:, None]

    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        one, zero = torch.ones_like(t), torch.zeros_like(t)
        mean, slope = torch.func.jvp(u, (x, t, s), (v, one, zero))
    right = v - (t - s)[:, None] * slope
    assert (mean - right).abs().max() < 1e-5
    assert (mean - v).abs().max() > 0.1


@pytest.mark.parametrize(
    ("t", "cond", "said"),
    [
        (0.5, torch.full((8,), 9), "cond"),
        (0.5, {"nope": torch.zeros(8).long()}, "cond"),
        (torch.rand(3), None, "t"),
    ],
)
def test_bad_questions_are_refused(t, cond, said):
    with pytest.raises(ValueError, match=said):
        mlp(classes={"kind": 3})(torch.randn(8, 2), t, cond)


def test_a_walk_of_what_is_no_noise_is_refused():
    with pytest.raises(ValueError, match="x"):
        mlp().walk(torch.full((4, 2), torch.nan), 2)
