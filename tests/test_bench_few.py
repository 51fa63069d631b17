"""Tests of the benches of few steps, and of the tables they made."""

import json
import math

import pytest
import torch
from torch import nn

import minidiff as md
from bench import few, latency, students
from minidiff.measured import FOLDER

MADE = (FOLDER / "few.json").is_file()


def test_late_is_what_is_not_there_when_the_one_before_ends():
    assert latency.late([0.5] * 10, 0.8) == 0
    assert latency.late([1.0] * 10, 0.8) == 9
    assert latency.late([3.0, 0.1, 0.1], 0.8) == 0  # the first may take its time
    # made 0.3 ahead twice, that pays for one slow sound and not for two
    assert latency.late([0.5, 0.5, 0.5, 1.3], 0.8) == 0
    assert latency.late([0.5, 0.5, 0.5, 1.5], 0.8) == 1


def test_variety_is_the_variance_within_cells():
    dice = torch.Generator().manual_seed(0)
    cells = torch.arange(20).repeat_interleave(50)
    middles = 9 * torch.randn(20, 4, generator=dice)[cells]
    a, b = torch.randn(2, 1000, 4, generator=dice)
    wide, thin = (few.with_cells(middles + k * x, cells) for k, x in ((1, a), (0.5, b)))
    measure = few.variety(cells)
    assert measure(thin, wide) == pytest.approx(0.25, rel=0.1)
    assert measure(wide, wide) == 1


def test_cells_are_a_word_by_a_voice():
    told = {"digit": torch.tensor([0, 0, 9]), "speaker": torch.tensor([0, 5, 5])}
    assert few.cell(told).tolist() == [0, 5, 59]
    assert few.MOST == 60


def test_rows_stand_by_who_and_by_calls():
    rows = ["mean flow, 1", "digits-fast, 2", "teacher, 20", "teacher, 4", "tuned, 1"]
    wanted = ["teacher, 4", "teacher, 20", "digits-fast, 2", "tuned, 1", "mean flow, 1"]
    assert sorted(rows, key=lambda row: few.place((row, None))) == wanted


@pytest.mark.parametrize("n", students.HALVINGS)
def test_a_progressive_student_stops_where_its_lesson_did(n):
    schedule = md.Cosine()
    times = md.noise_times(schedule, 16)
    while len(times) > n + 1:
        times = times[::2]
    assert torch.equal(students.stops(schedule, n), times)


class Counted(nn.Module):
    """Answers 0 and counts how often it is asked."""

    schedule, calls = md.Cosine(), 0

    def forward(self, x, t, cond=None):
        self.calls += 1
        return 0 * x

    def walk(self, x, n, cond=None):
        for _ in range(n):
            x = self(x, 1.0)
        return x


@pytest.mark.parametrize("name", ["teacher", few.FAST, *students.NAMES])
@pytest.mark.parametrize("n", [1, 2, 4])
def test_the_net_is_called_once_a_step(name, n):
    net, shape = Counted(), (1, 4, 4)
    if name == "teacher":
        walk = few.plain(net, shape, n)
    else:
        walk = few.way_of(name, net, shape, n)
    x = walk([torch.Generator().manual_seed(k) for k in range(3)], None)
    assert x.shape == (3, *shape)
    assert net.calls == n


def test_a_noise_belongs_to_its_seed():
    shape = (1, 4, 4)
    for name in ("progressive", "tuned", "shortcut"):
        net = Counted()
        net.forward = lambda x, t, cond=None: x / 2
        walk = few.way_of(name, net, shape, 2)
        many = walk([torch.Generator().manual_seed(k) for k in (5, 6)], None)
        alone = walk([torch.Generator().manual_seed(6)], None)
        assert torch.allclose(many[1:], alone), name


@pytest.mark.parametrize("name", students.NAMES)
def test_students_begin_as_the_teacher(name):
    teacher = md.load(students.TEACHER)
    learner = students.fresh(name, teacher, 8).eval()
    net = getattr(learner.net, "net", learner.net)
    theirs = teacher.denoiser.net.state_dict()
    ours = net.state_dict()
    assert all(torch.equal(ours[k], theirs[k]) for k in theirs)
    assert {k for k in ours if k not in theirs} == ({k for k in ours if ".way." in k})
    again = students.fresh(name, teacher, 8).net.state_dict()
    assert all(torch.equal(again[k], v) for k, v in learner.net.state_dict().items())


@pytest.mark.skipif(not MADE, reason="few.json is not made yet")
def test_all_were_heard_by_both_ears_and_cost_the_same():
    rows = md.measured("few")
    assert set(rows) == {f"{few.FAST}, {n}" for n in (1, 2, 4)} | {
        f"{name}, {n}"
        for name in ("teacher", *students.NAMES)
        for n in few.COUNTS.get(name, (1, 2, 4))
    } | {"progressive, 8"}
    keys = {
        k + end
        for k in ("recognised", "frechet", "precision", "recall", "variety")
        for end in ("", "_b")
    }
    for row in [*rows.values(), *rows.yardsticks.values()]:
        assert set(row["metrics"]) == set(row["spread"]) == keys
        assert row["n"] == rows.n["made"] == 300
        assert all(map(math.isfinite, row["metrics"].values()))
    paid = {r["budget"]["multiplications"] for r in rows.values() if "budget" in r}
    assert max(paid) < 1.02 * min(paid)
    teacher = md.load(students.TEACHER).card["sha256"]
    assert all(r["weights"] == teacher for k, r in rows.items() if "teacher" in k)
    assert {r["budget"]["teacher"] for r in rows.values() if "budget" in r} == {teacher}
    fast = md.load(few.FAST).card["sha256"]
    assert all(r["weights"] == fast for k, r in rows.items() if few.FAST in k)
    assert rows.sounds("teacher, 20").shape == (2, 6400)


def test_a_sound_is_its_two_parts():
    rows = json.loads((FOLDER / "few-time.json").read_text())["rows"]
    assert list(rows) == ["1", "2", "4", "8", "20", "50"]
    for row in rows.values():
        m = row["metrics"]
        assert m["whole"] == pytest.approx(m["net"] + m["to sound"], abs=0.2)
