"""Jumps: exact where they can be, kept at t = 0, learned from pairs of neighbours."""

import copy

import pytest
import torch
from torch import nn

import minidiff as md
from minidiff.fast.consistency import SOFT, Tuned, apart
from minidiff.fast.distillation import Distilled, heun_step
from minidiff.fast.gaps import Gaps
from minidiff.fast.jump import GaussianJump

COV = [[1.0, 0.6], [0.6, 0.5]]
ONE = md.GaussianMixture([[0.4, -0.3]], covs=[COV])
SCHEDULES = [md.Cosine(), md.Flow(), md.Karras()]
schedules = pytest.mark.parametrize("schedule", SCHEDULES)
BOTH = pytest.mark.parametrize("kind", [Tuned, Distilled])


class Known(nn.Module):
    """A net whose denoiser answers what a function of (x, t) does; it predicts v.

    weight: 1, or what the test makes of it, times the answer.
    """

    def __init__(self, answer, schedule):
        super().__init__()
        self.answer, self.schedule = answer, schedule
        self.weight = nn.Parameter(torch.ones((), dtype=torch.float64))

    def forward(self, x, t, cond=None):
        alpha, sigma = (level[:, None] for level in self.schedule(t.double()))
        scale = torch.hypot(alpha, sigma)
        x0 = self.weight * self.answer(x.double() * scale, t.double())
        v = (alpha / scale * x.double() - x0) / (sigma / scale)
        return torch.where(sigma > 0, v, 0.0).to(x)


def known(schedule, answer=None):
    answer = answer or GaussianJump(ONE, schedule)
    return md.Denoiser(Known(answer, schedule), schedule, "v")


def rough():
    """An MLP with weights at random, none of them zero."""
    torch.manual_seed(0)
    net = md.MLP(classes=3)
    for p in net.parameters():
        nn.init.normal_(p, std=0.3)
    return md.Denoiser(net, md.Cosine(), "v")


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


# --- the exact jump


@schedules
def test_the_exact_jump_is_the_end_of_a_fine_walk(schedule):
    x = 1.3 * torch.randn(50, 2, generator=dice(), dtype=torch.float64)
    times = md.noise_times(schedule, 600, 1e-3, 20.0)
    x = x * torch.hypot(*schedule(times[0]))
    *_, end = md.heun(ONE.denoiser(schedule), x, times)
    jump = GaussianJump(ONE, schedule)
    assert torch.allclose(jump(x, times[0]), end, atol=2e-3)
    assert not torch.allclose(ONE.denoiser(schedule)(x, times[0]), end, atol=0.1)


@schedules
def test_the_exact_jump_agrees_with_itself_along_a_path(schedule):
    x = torch.randn(50, 2, generator=dice(), dtype=torch.float64)
    times = torch.linspace(0.6, 0.3, 301).double()
    jump = GaussianJump(ONE, schedule)
    *_, y = md.heun(ONE.denoiser(schedule), x, times)
    assert torch.allclose(jump(x, 0.6), jump(y, 0.3), atol=1e-4)


@schedules
def test_the_exact_jump_stays_at_the_end_and_keeps_the_data(schedule):
    x, _ = ONE.sample(20_000, dice())
    jump = GaussianJump(ONE, schedule)
    assert torch.allclose(jump(x, 0.0), x, atol=1e-12)
    noised = md.diffuse(x, 0.7, torch.randn(x.shape, generator=dice(1)), schedule)
    made = jump(noised, torch.full((len(x),), 0.7).double())
    assert torch.allclose(made.mean(0), ONE.means[0], atol=0.03)
    assert torch.allclose(made.T.cov(), torch.tensor(COV).double(), atol=0.03)
    assert jump(x.float(), 0.7).dtype == torch.float32


def test_several_gaussians_have_no_closed_form():
    with pytest.raises(ValueError, match="one Gaussian, got 8"):
        GaussianJump(md.data.points("gaussians", 8).mixture, md.Flow())


# --- pairs of times


@schedules
def test_a_pair_is_a_gap_apart_and_the_gap_halves(schedule):
    gaps = Gaps(schedule, first=4, last=10, halve=3)
    u = torch.tensor([0.05, 0.3, 0.7, 1.0])
    for parts in (4, 4, 4, 8, 8, 8, 10, 10, 10, 10):
        t, s = gaps(u)
        assert torch.allclose(t, gaps.time(u))
        assert torch.allclose(s[1:], gaps.time(u - 1 / parts)[1:])
        assert s[0] == 0
        assert (s < t).all()
    assert gaps.seen == 10


def test_asked_outside_training_no_step_is_counted():
    gaps = Gaps(md.Flow(), 4, 10, 1).eval()
    gaps(torch.rand(4))
    assert gaps.seen == 0


@schedules
def test_places_are_those_of_noise_times(schedule):
    gaps = Gaps(schedule, 2, 2, 1)
    wanted = md.noise_times(schedule, 11)[:-1].flip(0)
    assert torch.allclose(gaps.time(torch.linspace(0, 1, 11)).double(), wanted, 1e-4)
    assert gaps.time(torch.ones(1)).item() == pytest.approx(wanted[-1].item())


@pytest.mark.parametrize("wrong", [(0, 4, 1), (4, 2, 1), (2, 4, 0)])
def test_gaps_that_are_none(wrong):
    with pytest.raises(ValueError, match=r"first|last|halve"):
        Gaps(md.Flow(), *wrong)


# --- what a learner is


@BOTH
def test_at_the_end_nothing_moves(kind):
    learner = kind(rough())
    x = torch.randn(5, 2)
    assert torch.equal(learner(x, 0.0), x)
    assert not torch.allclose(learner(x, 0.5), x, atol=0.1)


@BOTH
def test_begins_with_the_weights_and_leaves_them_alone(kind):
    denoiser = rough()
    before = copy.deepcopy(denoiser.state_dict())
    learner, x = kind(denoiser), torch.randn(64, 2)
    labels = torch.arange(64) % 3
    assert torch.equal(learner(x, 0.7, labels), denoiser(x, 0.7, labels))
    for _ in md.fit(learner, [(x, labels)], 20):
        pass
    for name, weight in denoiser.state_dict().items():
        assert torch.equal(weight, before[name]), name
    assert not torch.equal(learner(x, 0.7, labels), denoiser(x, 0.7, labels))
    if kind is Distilled:
        assert torch.equal(learner.teacher(x, 0.7), denoiser(x, 0.7))


@BOTH
def test_one_that_may_move_at_the_end_is_refused(kind):
    with pytest.raises(ValueError, match="need not keep x"):
        kind(md.Denoiser(md.MLP(), md.Cosine(), "x0"))


@BOTH
def test_chance_comes_from_the_generator_alone(kind):
    learner, x0 = kind(rough()).eval(), torch.randn(8, 2)
    state = torch.get_rng_state()
    losses = [learner.loss(x0, generator=dice(s)).item() for s in (1, 1, 2)]
    assert losses[0] == losses[1] != losses[2]
    assert torch.equal(torch.get_rng_state(), state)


@BOTH
def test_all_hear_the_same_condition_dropped_once(kind):
    learner = kind(rough()).eval()
    learner.drop, told = 0.4, []
    nets = [m for m in learner.modules() if isinstance(m, md.MLP)]
    assert len(nets) == (1 if kind is Tuned else 2)
    for net in nets:
        net.register_forward_pre_hook(lambda net, args: told.append(args[2]))
    cond = torch.arange(3000) % 3
    learner.loss(torch.randn(3000, 2), cond, dice())
    assert len(told) == (2 if kind is Tuned else 4)
    assert all(torch.equal(told[0], other) for other in told)
    assert (told[0] == 3).double().mean().item() == pytest.approx(0.4, abs=0.03)


@BOTH
def test_bfloat16_does_not_turn_the_gradient(kind):
    """Of a trained net, where neighbours are as near as `digits-fast` has them."""
    voice = md.load("digits").denoiser
    learner = kind(voice, first=32, last=32).eval()
    asked = {name: torch.arange(8) % 6 for name in voice.net.conditions.embedders}
    noise = torch.randn(8, 1, 64, 40, generator=dice())
    *_, x0 = md.ddim(voice, noise, voice.schedule.times(4), cond=asked)

    def gradient(half):
        learner.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            learner.loss(x0.detach(), asked, dice()).backward()
        return torch.cat([p.grad.flatten() for p in learner.net.parameters()])

    assert torch.cosine_similarity(gradient(False), gradient(True), dim=0) > 0.99


# --- the loss


def test_the_distance_is_the_rms_but_smooth_at_zero():
    a = torch.zeros(2, 4, 5)
    assert torch.allclose(apart(a, a + 3), torch.tensor(3.0), atol=SOFT)
    b = a.clone().requires_grad_()
    apart(b, a).sum().backward()
    assert torch.equal(b.grad, a)


def learner_of(kind, denoiser, parts, **options):
    return kind(denoiser, first=parts, last=parts, **options).eval()


@schedules
def test_with_a_true_teacher_the_exact_jump_has_almost_no_loss(schedule):
    x0 = ONE.sample(2000, dice())[0]
    losses = {}
    for parts in (10, 40):
        exact = {"teacher": ONE.denoiser(schedule)}
        learner = learner_of(Distilled, known(schedule), parts, **exact)
        losses[parts] = learner.loss(x0, generator=dice()).item()
    # the mean of all ends is no jump
    mean = learner_of(Distilled, known(schedule, exact["teacher"]), 40, **exact)
    assert mean.loss(x0, generator=dice()).item() > 8 * losses[40]
    assert losses[40] < losses[10] / 4
    assert losses[40] < 3e-3


@schedules
def test_without_a_teacher_the_loss_of_the_exact_jump_shrinks_with_the_gap(schedule):
    x0 = ONE.sample(4000, dice())[0]
    losses = [
        learner_of(Tuned, known(schedule), parts).loss(x0, generator=dice()).item()
        for parts in (20, 40, 80)
    ]
    assert losses[0] > 1.6 * losses[1] > 1.6**2 * losses[2] > 0


@BOTH
def test_the_gradient_comes_through_the_later_time_only(kind):
    """By finite differences, with the target held fixed."""
    schedule, x0 = md.Flow(), ONE.sample(400, dice())[0]
    learner = learner_of(kind, known(schedule), 4)
    target = copy.deepcopy(learner)
    learner.loss(x0, generator=dice()).backward()
    grad = learner.net.weight.grad.item()

    def loss(weight):
        u = torch.rand(2, 400, generator=(g := dice()))[0]
        eps = torch.randn(x0.shape, generator=g).to(x0)
        t, s = learner.gaps(u)
        x_t = md.diffuse(x0, t, eps, schedule)
        if kind is Tuned:
            x_s = md.diffuse(x0, s, eps, schedule)
        else:
            x_s = heun_step(known(schedule), x_t, t, s)
        moved = copy.deepcopy(target)
        moved.net.weight.data.fill_(weight)
        sigma = schedule(t)[1] / torch.hypot(*schedule(t))
        a, b = moved(x_t, t) / sigma[:, None], target(x_s, s) / sigma[:, None]
        return apart(a, b).mean().item()

    numeric = (loss(1 + 1e-4) - loss(1 - 1e-4)) / 2e-4
    assert abs(numeric) > 1e-3
    assert grad == pytest.approx(numeric, rel=1e-3)


@schedules
def test_a_step_is_that_of_the_sampler(schedule):
    denoiser = ONE.denoiser(schedule)
    x = torch.randn(6, 2, generator=dice(), dtype=torch.float64)
    t = torch.tensor([0.9, 0.6, 0.6, 0.3, 0.2, 0.9]).double()
    s = torch.tensor([0.8, 0.2, 0.0, 0.1, 0.0, 0.0]).double()
    found = heun_step(denoiser, x, t, s)
    for i in range(6):
        *_, end = md.heun(denoiser, x[i : i + 1], torch.stack([t[i], s[i]]))
        assert torch.allclose(found[i : i + 1], end, atol=1e-10), i


def test_the_scale_of_the_guidance_goes_into_the_path():
    denoiser, cond = rough(), torch.arange(40) % 3
    x0, eps = torch.randn(2, 40, 2)
    learner = Distilled(denoiser, scale=3.0)
    t, s = torch.full((40,), 0.7), torch.full((40,), 0.5)
    x_t = md.diffuse(x0, t, eps, denoiser.schedule)
    found = learner.before(x0, eps, x_t, t, s, cond)
    wanted = heun_step(md.Guided(denoiser, 3.0), x_t, t, s, cond)
    plain = heun_step(denoiser, x_t, t, s, cond)
    assert torch.allclose(found, wanted, atol=1e-6)
    assert not torch.allclose(found, plain, atol=0.05)


# --- learning


@BOTH
def test_a_short_training_finds_the_exact_jump(kind):
    schedule, jump = md.Cosine(), GaussianJump(ONE, md.Cosine())
    torch.manual_seed(0)
    start = md.Denoiser(md.MLP(width=64), schedule, "v")
    data = [ONE.sample(256, dice(i))[0].float() for i in range(50)]
    for _ in md.fit(start, data, 600, lr=4e-3, decay=0.98):
        pass
    learner = kind(start, last=32, halve=150)
    for _ in md.fit(learner, data, 700, lr=4e-3, decay=0.98):
        pass
    time = md.noise_times(schedule, 1)[0]
    z = torch.randn(2000, 2, generator=dice(99))

    def far(denoiser):
        with torch.no_grad():
            return (denoiser(z, time) - jump(z, time)).square().mean().sqrt().item()

    print(kind.__name__, far(start), far(learner))
    near = {Tuned: 0.35, Distilled: 0.15}[kind]
    assert far(learner) < near < 0.7 < far(start)


def test_a_teacher_stays_as_it_is_and_is_of_the_same_schedule():
    student = md.Denoiser(md.MLP(), md.Cosine(), "v")
    learner = Distilled(student, teacher=student)
    assert all(p.requires_grad for p in student.parameters())
    assert not any(p.requires_grad for p in learner.teacher.parameters())
    with pytest.raises(ValueError, match="teacher: its schedule, Flow"):
        Distilled(student, teacher=md.Denoiser(md.MLP(), md.Flow(), "v"))
