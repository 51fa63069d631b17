"""Progressive distillation: one step of the student is two of its teacher."""

import pytest
import torch

import minidiff as md
from minidiff.fast.progressive import Halved

ONE = md.GaussianMixture([[0.4, -0.3]], covs=[[[1.0, 0.6], [0.6, 0.5]]])


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


def mlp(schedule=None):
    torch.manual_seed(0)
    net = md.MLP(width=64)
    return md.Denoiser(net, schedule or md.Cosine(), "v")


@pytest.mark.parametrize("schedule", [md.Cosine(), md.Flow(), md.Karras()])
def test_the_target_leads_in_one_step_where_the_teacher_is_after_two(schedule):
    times = schedule.times(8)
    student = Halved(mlp(schedule), times)
    student.teacher.forward = ONE.denoiser(schedule).__call__
    x = torch.randn(6, 2, generator=dice(), dtype=torch.float64)
    for k in (0, 2, 4, 6):
        x0 = student.target(x, torch.full((6,), k))
        end = list(md.ddim(student.teacher, x, times[k : k + 3]))[1]

        def answer(x, t, cond, x0=x0):
            return x0

        answer.schedule = schedule
        *_, once = md.ddim(answer, x, times[k : k + 3 : 2])
        assert torch.allclose(once, end, atol=1e-9), k
    assert not torch.allclose(student.teacher(x, times[6]), x0, atol=1e-3)
    assert torch.equal(student.times, times[::2])


@pytest.mark.parametrize(
    "times", [[1.0, 0.0], [1.0, 0.5, 0.2, 0.0], [0.0, 0.5, 1.0], [1.0, 1.0, 0.0]]
)
def test_times_that_cannot_be_halved(times):
    with pytest.raises(ValueError, match="times must"):
        Halved(mlp(), torch.tensor(times))


def test_a_short_training_halves_the_steps():
    data = [ONE.sample(256, dice(i))[0].float() for i in range(50)]
    teacher = mlp()
    for _ in md.fit(teacher, data, 600, lr=4e-3, decay=0.98):
        pass
    times, before = md.noise_times(teacher.schedule, 8), teacher
    z = torch.randn(2000, 2, generator=dice(99))

    def end(denoiser, times):
        with torch.no_grad():
            *_, x = md.ddim(denoiser, z, times)
        return x

    for _ in range(3):
        student = Halved(teacher, times)
        for _ in md.fit(student, data, 300, lr=2e-3, decay=0.98):
            pass
        teacher = md.Denoiser(student.net, student.schedule, "v")
        times = student.times
    assert len(times) == 2
    wanted = end(before, md.noise_times(before.schedule, 8))

    def far(x):
        return (x - wanted).square().mean().sqrt().item()

    print(far(end(student, times)), far(end(before, times)))
    assert far(end(student, times)) < 0.15
    assert far(end(before, times)) > 0.5
