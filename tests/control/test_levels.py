"""Times of given levels are those that the schedule gives back."""

import pytest
import torch

import minidiff as md
from minidiff.control.levels import even_levels, highest, time_at

SCHEDULES = [md.Cosine(), md.LinearBeta(), md.Flow(), md.Karras()]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_times_have_the_levels_asked_for(schedule):
    ratio = torch.tensor([1e-3, 0.05, 1.0, 5.0, 79.0], dtype=torch.float64)
    alpha, sigma = schedule(time_at(schedule, ratio))
    torch.testing.assert_close(sigma / alpha, ratio, rtol=1e-9, atol=0)


def test_beyond_the_schedule_there_is_no_time():
    assert highest(md.Karras(), 1e4) == 80
    assert highest(md.Flow(), 50.0) == 50
    with pytest.raises(ValueError, match="80"):
        time_at(md.Karras(), torch.tensor([81.0]))
    with pytest.raises(ValueError, match="sigma / alpha"):
        time_at(md.Karras(), torch.tensor([-1.0]))


def test_levels_are_even_in_the_logarithm():
    levels = even_levels(0.01, 100.0, 4)
    assert levels.log10().tolist() == pytest.approx([-1.5, -0.5, 0.5, 1.5])
