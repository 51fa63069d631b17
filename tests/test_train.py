"""Training: it learns, averages, goes on exactly, and runs on two processes."""

import math
import os
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

import minidiff as md
from minidiff.train import Shuffled, average, ramp


def points(n=512):
    return md.data.points("two", n).x


def denoiser(schedule=None, **options):
    torch.manual_seed(0)
    return md.Denoiser(md.MLP(width=32), schedule or md.Flow(), "velocity", **options)


def weights(module):
    return torch.cat([p.detach().flatten() for p in module.parameters()])


def test_learns_the_exact_answer():
    data, learned = md.data.points("two", 4096), denoiser()
    losses = [
        s.loss for s in md.fit(learned, DataLoader(data.x, 128, shuffle=True), 400)
    ]
    assert len(losses) == 400
    assert sum(losses[-50:]) < 0.8 * sum(losses[:50])
    exact = data.mixture.denoiser(md.Flow())
    x0, dice = data.x[:1000], torch.Generator().manual_seed(5)
    for t in (0.3, 0.6, 0.9):
        x = md.diffuse(x0, t, torch.randn(1000, 2, generator=dice), md.Flow())
        error = (learned(x, t) - exact(x, t)).square().mean()
        plain = (x0.mean(0) - exact(x, t)).square().mean()
        assert error < max(0.15 * plain, 0.02)


def test_yields_steps_and_leaves_the_average():
    model, seen = denoiser(), []
    for step in md.fit(model, [points()], steps=5):
        seen.append(step.index)
        assert math.isfinite(step.loss)
        assert not torch.equal(weights(step.ema), weights(model))
        x = torch.randn(3, 2)
        assert torch.equal(step.ema(x, 0.5), step.ema(x, 0.5))
    assert seen == [1, 2, 3, 4, 5]
    assert torch.equal(weights(model), weights(step.ema))
    assert not model.training


def test_leaving_early_leaves_the_average_too():
    model, start = denoiser(), weights(denoiser())
    for step in md.fit(model, [points()], steps=100):
        if step.index == 3:
            break
    del step
    assert not torch.equal(weights(model), start)
    assert not model.training


def test_the_average_warms_up():
    """Averaged weights by hand: at step i the share kept is at most i / (i + 10)."""
    model, by_hand = denoiser(), weights(denoiser())
    for step in md.fit(model, [points()], 30, decay=0.6):
        keep = min(0.6, step.index / (step.index + 10))
        by_hand = keep * by_hand + (1 - keep) * weights(model)
    assert torch.allclose(weights(model), by_hand, atol=1e-5)


def test_average_is_a_weighted_mean():
    a, b = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    expected = 0.75 * weights(a) + 0.25 * weights(b)
    average(a, b, 0.75)
    assert torch.allclose(weights(a), expected)


@pytest.mark.parametrize("steps", [1, 10, 1000])
def test_learning_rate_rises_and_falls(steps):
    rate = [ramp(i, steps) for i in range(steps)]
    peak = rate.index(max(rate))
    assert max(rate) == 1
    assert peak <= steps // 20
    assert all(x > 0 for x in rate)
    assert rate[:peak] == sorted(rate[:peak])
    assert rate[peak:] == sorted(rate[peak:], reverse=True)
    assert steps < 1000 or rate[-1] < 1e-4


@pytest.mark.parametrize("form", ["x0", "tuple", "list", "dict"])
def test_loaders_of_every_form_start_again(form):
    x0, label = torch.randn(4, 2), torch.tensor([0, 1, 1, 0])
    batch = {
        "x0": x0,
        "tuple": (x0, label),
        "list": [x0, label],
        "dict": (x0, {"label": label}),
    }[form]
    net = md.MLP(classes=2) if form != "x0" else md.MLP()
    asked = []

    class Loader:
        def __iter__(self):
            asked.append(1)
            yield from [batch] * 3

    steps = list(md.fit(md.Denoiser(net, md.Flow(), "v"), Loader(), 7))
    assert len(steps) == 7
    assert len(asked) == 3


def test_a_seed_is_one_training():
    finished = []
    for seed in (0, 0, 1):
        finished.append(denoiser())
        list(md.fit(finished[-1], [points()], 10, seed=seed))
    a, b, c = map(weights, finished)
    assert torch.equal(a, b)
    assert not torch.equal(a, c)


def test_goes_on_from_a_state():
    data = TensorDataset(points(64))

    def loader(start=0):
        return DataLoader(data, batch_sampler=Shuffled(data, 8, seed=3, start=start))

    whole, part = denoiser(), denoiser()
    for step in md.fit(whole, loader(), 20):
        if step.index == 9:
            state = step.state  # and the training goes on after it was taken
    list(md.fit(part, loader(9), 20, state=state))
    assert torch.equal(weights(whole), weights(part))


def test_a_state_is_read_in_the_loop_or_not_at_all():
    first, *_, last = md.fit(denoiser(), [points()], 3)
    for step in (first, last):
        with pytest.raises(ValueError, match="state: the training went on"):
            _ = step.state
    for left in md.fit(denoiser(), [points()], 3):
        assert left.state["index"] == 1
        break
    with pytest.raises(ValueError, match="state: the training went on"):
        _ = left.state


def test_shuffled_is_a_permutation_an_epoch_from_any_position():
    data = range(20)
    walk = iter(Shuffled(data, 6, seed=1))
    batches = [next(walk) for _ in range(9)]
    epochs = [[*chain(*batches[i : i + 3])] for i in (0, 3, 6)]
    assert all(len(set(e)) == 18 for e in epochs)
    assert len(set(map(tuple, epochs))) == 3
    for start in range(9):
        again = iter(Shuffled(data, 6, seed=1, start=start))
        assert [next(again) for _ in range(9 - start)] == batches[start:]
    assert next(iter(Shuffled(data, 6, seed=2))) != batches[0]
    assert sorted(next(iter(Shuffled(data, 100)))) == list(data)


@pytest.mark.parametrize("short", [md.LinearBeta(50, 1e-4, 0.05), md.ScaledLinear()])
def test_warns_of_a_schedule_that_does_not_end_in_noise(short):
    labels = torch.zeros(512, dtype=torch.int64)
    model = denoiser(md.Flow())
    model.schedule = short
    with pytest.warns(UserWarning, match="does not end in noise"):
        list(md.fit(model, [points()], 2))
    conditional = md.Denoiser(md.MLP(classes=1), short)
    list(md.fit(conditional, [(points(), labels)], 1))  # a warning would be an error


def test_stops_when_the_loss_is_not_finite_and_keeps_what_it_had():
    model = denoiser()
    with pytest.raises(ValueError, match=r"loss is .* at step \d+.*smaller lr"):
        list(md.fit(model, [points()], 50, lr=1e30, clip=1e30))
    assert weights(model).isfinite().all()


def test_two_processes_end_with_the_same_weights(tmp_path):
    """As `accelerate launch` starts them; on CPUs alone it would ask for MPI."""
    script = Path(__file__).with_name("two_processes.py")
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    launch += [str(script), str(tmp_path)]
    environment = os.environ | {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *launch], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr[-2000:]
    a, b = (torch.load(tmp_path / rank, weights_only=True) for rank in "01")
    assert a["weights"].keys() == b["weights"].keys()
    assert all(torch.equal(a["weights"][k], b["weights"][k]) for k in a["weights"])
    assert a["moved"] > 0.01
    assert not torch.equal(a["seen"], b["seen"])  # each has batches of its own


@pytest.mark.parametrize("seed", [0, 10**13, 2**63 - 1])
def test_seeds_may_be_large(seed):
    data = TensorDataset(points(64))
    batches = Shuffled(data, 8, seed=seed)
    loader = DataLoader(data, batch_sampler=batches)
    assert len(list(md.fit(denoiser(), loader, 20, seed=seed))) == 20


@pytest.mark.parametrize(
    "batch",
    [torch.zeros(4, 2).numpy(), (torch.zeros(4, 2), [0, 1, 1, 0]), {"x0": [[0.0, 0.0]]},
     (torch.zeros(4, 2), {"label": [0, 1, 1, 0]}), {"x0": torch.zeros(4, 2)}, None],
    ids=["array", "list", "dict of lists", "lists by name", "dict", "nothing"],
)  # fmt: skip
def test_batches_that_are_no_tensors(batch):
    with pytest.raises(TypeError, match="loader: expected batches of tensors"):
        next(md.fit(denoiser(), [batch], 1))


def test_a_later_fit_takes_over():
    """In a notebook: a loop that was interrupted, its iterator still alive."""
    model = denoiser()
    first = md.fit(model, [points()], 50)
    next(first), next(first)
    list(md.fit(model, [points()], 5))
    trained = weights(model)
    with pytest.raises(ValueError, match="denoiser: another `fit`, begun later, train"):
        next(first)
    assert torch.equal(weights(model), trained)
    second = md.fit(model, [points()], 50)
    next(second)
    list(md.fit(model, [points()], 5))
    trained = weights(model)
    second.close()
    assert torch.equal(weights(model), trained)
    assert not model.training


def test_what_a_net_counts_is_kept():
    net = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.BatchNorm1d(8))
    net.append(torch.nn.Linear(8, 2))

    class Told(torch.nn.Module):
        def loss(self, x0, cond, generator):
            return (net(x0) - x0).square().mean()

    told = Told()
    told.net = net
    for _ in md.fit(told, [torch.randn(16, 2) + 3], 5):
        live = net[1].running_mean.clone()
    assert net[1].num_batches_tracked == 5
    assert torch.equal(net[1].running_mean, live)
    assert live.abs().max() > 0
