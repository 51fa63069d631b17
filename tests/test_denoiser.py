"""The denoiser: four kinds of answer, one meaning; conditions are dropped only once."""

import math

import pytest
import torch
from torch import nn

import minidiff as md
from minidiff.denoiser import PREDICTS

SCHEDULES = [md.LinearBeta(), md.Cosine(), md.Flow(), md.Karras()]
X0 = torch.tensor([0.8, -1.1, 0.3, 0.5]).double()
ignore = pytest.mark.filterwarnings("ignore:predicts='velocity' is meant for Flow")
every = pytest.mark.parametrize("predicts", PREDICTS)
schedules = pytest.mark.parametrize("schedule", SCHEDULES)


class Oracle(nn.Module):
    """A net that knows the only x0 there is, and answers what it is trained for."""

    def __init__(self, schedule, predicts):
        super().__init__()
        self.schedule, self.predicts, self.asked = schedule, predicts, []

    def forward(self, x, t, cond=None):
        self.asked.append((x, t, cond))
        alpha, sigma = (level[:, None] for level in self.schedule(t.double()))
        scale = (alpha**2 + sigma**2).sqrt()
        eps = (x.double() * scale - alpha * X0) / sigma
        answers = {
            "eps": eps,
            "x0": X0.expand(len(x), -1),
            "v": (alpha * eps - sigma * X0) / scale,
            "velocity": eps - X0,
        }
        return answers[self.predicts].to(x)


@ignore
@every
@schedules
def test_any_kind_of_answer_becomes_x0(predicts, schedule):
    denoiser = md.Denoiser(Oracle(schedule, predicts), schedule, predicts)
    t = torch.tensor([0.125, 0.5, 0.75])  # what float32 holds exactly
    eps = torch.randn(3, 4).double()
    x = md.diffuse(X0.expand(3, -1), t, eps, schedule)
    assert torch.allclose(denoiser(x, t), X0.expand(3, -1), atol=1e-5)
    assert torch.allclose(denoiser(x[1:2], 0.5), X0[None], atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_answers_in_the_precision_of_x(dtype):
    torch.manual_seed(0)
    denoiser = md.Denoiser(md.MLP(), md.Cosine(), "v")
    x = torch.randn(3, 2, dtype=dtype)
    assert torch.allclose(denoiser(x, 0.5).float(), denoiser(x.float(), 0.5), atol=0.02)
    *_, end = md.ddim(denoiser, x, [1.0, 0.5, 0.0])
    assert denoiser(x, 0.5).dtype == end.dtype == dtype


@ignore
@every
@schedules
def test_a_right_answer_has_no_loss(predicts, schedule):
    denoiser = md.Denoiser(Oracle(schedule, predicts), schedule, predicts)
    dice = torch.Generator().manual_seed(0)
    loss = denoiser.loss(X0.expand(64, -1), generator=dice)
    assert loss.shape == ()
    assert loss.item() < 1e-6


class Zero(nn.Module):
    def forward(self, x, t, cond=None):
        return torch.zeros_like(x)


@every
def test_the_loss_of_saying_nothing(predicts):
    """The mean square of the target itself, at uniform t, here with alpha = 1 - t."""
    denoiser = md.Denoiser(Zero(), md.Flow(), predicts)
    x0 = torch.full((200_000, 1), 2.0)
    loss = denoiser.loss(x0, generator=torch.Generator().manual_seed(0)).item()
    t = torch.linspace(0, 1, 100_001).double()
    square = (1 - t) ** 2 + t**2
    v = ((1 - t) ** 2 + 4 * t**2) / square
    expected = {"eps": 1, "x0": 4, "v": v.mean().item(), "velocity": 5}
    assert loss == pytest.approx(expected[predicts], rel=0.02)


@pytest.mark.parametrize("sigma", [0.01, 1.0, 50.0])
def test_karras_and_v_is_the_preconditioning_of_edm(sigma):
    """Karras et al. 2022, table 1, with sigma_data = 1 (their F answers -v)."""
    schedule, net = md.Karras(), md.MLP()
    for p in net.parameters():
        nn.init.normal_(p, std=0.1)
    t = torch.tensor([(sigma / 80) ** (1 / 7)] * 5, dtype=torch.float64)
    x = sigma * torch.randn(5, 2)
    skip, out, c_in = (
        1 / (sigma**2 + 1),
        sigma / math.hypot(sigma, 1),
        1 / math.hypot(sigma, 1),
    )
    expected = skip * x - out * net(c_in * x, t.float())
    found = md.Denoiser(net, schedule, "v")(x, t)
    assert torch.allclose(found, expected, rtol=1e-4, atol=1e-5)


@schedules
def test_the_net_sees_unit_variance(schedule):
    net = Oracle(schedule, "x0")
    x0 = torch.randn(5000, 4, generator=torch.Generator().manual_seed(0))
    for t in (0.1, 0.6, 1.0):
        x = md.diffuse(x0, t, torch.randn(5000, 4), schedule)
        md.Denoiser(net, schedule, "x0")(x, t)
        assert net.asked[-1][0].std().item() == pytest.approx(1, abs=0.03)
        assert net.asked[-1][1].shape == (5000,)


def recorded(classes, drop, n=4000):
    """The times and conditions a net is told during one loss, and the true ones."""
    net, told = md.MLP(classes=classes), []
    real = net.forward
    net.forward = lambda x, t, cond=None: told.append((t, cond)) or real(x, t, cond)
    denoiser = md.Denoiser(net, md.Flow(), "v", drop=drop)
    one = torch.arange(n) % 3
    cond = one if isinstance(classes, int) else {"a": one, "b": one + 1}
    denoiser.loss(torch.randn(n, 2), cond, torch.Generator().manual_seed(1))
    return *told[0], cond


@pytest.mark.parametrize("drop", [0, 0.25, 1])
def test_drops_as_often_as_told(drop):
    t, told, cond = recorded(3, drop)
    null = told == 3
    assert null.double().mean().item() == pytest.approx(drop, abs=0.03)
    assert torch.equal(told[~null], cond[~null])
    for part in (t[null], t[~null]):  # at any time alike
        assert len(part) == 0 or part.mean().item() == pytest.approx(0.5, abs=0.03)


def test_drops_all_conditions_of_an_item_at_once():
    _, told, cond = recorded({"a": 3, "b": 5}, 0.5)
    null = told["a"] == 3
    assert 0.4 < null.double().mean() < 0.6
    assert torch.equal(null, told["b"] == 5)
    assert torch.equal(told["b"][~null], cond["b"][~null])


def test_drops_nowhere_but_in_the_loss():
    net = Oracle(md.Flow(), "x0")
    cond = torch.zeros(50, dtype=torch.int64)
    md.Denoiser(net, md.Flow(), "x0", drop=1.0)(X0.expand(50, -1), 0.5, cond)
    assert net.asked[0][2] is cond


def test_chance_comes_from_the_generator_alone():
    denoiser, x0 = md.Denoiser(md.MLP(), md.Cosine()), torch.randn(8, 2)
    state = torch.get_rng_state()
    losses = [
        denoiser.loss(x0, generator=torch.Generator().manual_seed(s)).item()
        for s in (1, 1, 2)
    ]
    assert losses[0] == losses[1] != losses[2]
    assert torch.equal(torch.get_rng_state(), state)


def test_velocity_elsewhere_than_flow_warns():
    with pytest.warns(UserWarning, match="meant for Flow"):
        md.Denoiser(md.MLP(), md.Cosine(), "velocity")
    md.Denoiser(md.MLP(), md.Flow(), "velocity")  # no warning, or this is an error


@pytest.mark.parametrize("kind", [("vectors", 3), ("sequence", 3), ("mel", 3)])
def test_float_conditions_are_dropped_too(kind):
    net = md.UNet(dims=1, channels=(8,), classes={"c": kind}, attention=False)
    cond = torch.randn(6, 3) if kind[0] == "vectors" else torch.randn(6, 3, 3)
    x0, dice = torch.randn(6, 1, 8), torch.Generator()
    for p in net.parameters():
        nn.init.normal_(p, std=0.1)
    losses = {}
    for drop in (0.0, 1.0):
        denoiser = md.Denoiser(net, md.Flow(), "v", drop=drop)
        losses[drop] = denoiser.loss(x0, {"c": cond}, dice.manual_seed(0)).item()
    plain = denoiser.loss(x0, None, dice.manual_seed(0)).item()
    assert losses[1.0] == pytest.approx(plain)
    assert losses[0.0] != pytest.approx(plain, rel=1e-6)


def test_an_answer_of_another_shape_is_not_spread_over_x():
    class Thin(torch.nn.Module):
        def forward(self, x, t, cond=None):
            return x[:, :1]

    denoiser = md.Denoiser(Thin(), md.Cosine(), "v")
    with pytest.raises(ValueError, match="answer must have the same shape"):
        denoiser.loss(torch.randn(8, 2))
    with pytest.raises(ValueError, match="answer must have the same shape"):
        denoiser(torch.randn(8, 2), 0.5)
