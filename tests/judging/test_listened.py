"""Tests of ears: exact arithmetic, and tables of answers whose result is known."""

import itertools
import math
from fractions import Fraction

import pytest
from scipy import stats

from minidiff.judging.guessing import (
    chance_of,
    interval,
    needed,
    power,
    tries_for,
    worth,
)
from minidiff.judging.listened import Rated, Told, heard, read

HEAD = "test,listener,trial,sound,label,answer,right,seconds\n"


def test_guessing_by_enumeration():
    """All answers that a coin can give to six questions."""
    tosses = [sum(bits) for bits in itertools.product((0, 1), repeat=6)]
    for right in range(7):
        expected = Fraction(sum(t >= right for t in tosses), len(tosses))
        assert chance_of(right, 6) == pytest.approx(float(expected))


@pytest.mark.parametrize(("right", "tries", "guess"), [(9, 12, 0.5), (7, 9, 1 / 3)])
def test_chance_and_interval_are_scipys(right, tries, guess):
    test = stats.binomtest(right, tries, guess, alternative="greater")
    assert chance_of(right, tries, guess) == pytest.approx(test.pvalue)
    exact = stats.binomtest(right, tries).proportion_ci(method="exact")
    assert interval(right, tries) == pytest.approx((exact.low, exact.high))


def test_intervals_at_the_ends():
    low, high = interval(0, 10)
    assert low == 0
    assert (1 - high) ** 10 == pytest.approx(0.025)
    assert interval(10, 10) == pytest.approx((1 - high, 1))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.83])
def test_an_interval_holds_the_truth_often_enough(share):
    """Summed over everything that can happen in twelve tries."""
    held = sum(
        stats.binom.pmf(k, 12, share)
        for k in range(13)
        if interval(k, 12)[0] <= share <= interval(k, 12)[1]
    )
    assert held >= 0.95


@pytest.mark.parametrize("tries", [1, 4, 5, 16, 40])
def test_needed_is_the_least_that_counts(tries):
    least = needed(tries)
    assert least == next(
        k for k in range(tries + 2) if k > tries or chance_of(k, tries) <= 0.05
    )


def test_power_is_summed_by_hand():
    expected = sum(math.comb(16, k) * 0.75**k * 0.25 ** (16 - k) for k in range(12, 17))
    assert needed(16) == 12
    assert power(16, 0.75) == pytest.approx(expected)
    assert power(16, 0.5) <= 0.05


@pytest.mark.parametrize("share", [0.6, 0.75, 0.9, 1.0])
def test_so_many_tries_are_enough_and_stay_so(share):
    n = tries_for(share)
    assert power(n, share) >= 0.8
    assert all(power(m, share) >= 0.8 for m in range(n, int(1.1 * n) + 8))
    assert power(n - 1, share) < 0.8


def test_answers_that_are_alike_count_less():
    assert worth(100, 1, 0.7) == 100
    assert worth(100, 10, 0) == 100
    assert worth(100, 10, 1) == 10  # ten listeners, who always say the same
    assert worth(100, 10, 0.5) == pytest.approx(100 / 5.5)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: chance_of(5, 4), "right must be"),
        (lambda: chance_of(-1, 4), "right must be"),
        (lambda: chance_of(0, 0), "tries must be"),
        (lambda: chance_of(1, 2, 1.0), "guess must be"),
        (lambda: interval(1, 2, 1.0), "level must be"),
        (lambda: needed(3, 0.0), "alpha must be"),
        (lambda: power(3, 1.2), "share must be"),
        (lambda: tries_for(0.5), "more than"),
        (lambda: tries_for(0.4), "share must be"),
        (lambda: tries_for(0.501), "more than"),
        (lambda: worth(5, 6, 0.1), "each must be"),
        (lambda: worth(5, 2, 1.1), "alike must be"),
    ],
)
def test_bad_arithmetic_is_named(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()


def abx(*rows):
    """Rows of (listener, label, answer)."""
    return HEAD + "".join(
        f'abx,{who},{k},"rain, {k}",{label},{answer},,1.0\n'
        for k, (who, label, answer) in enumerate(rows, 1)
    )


def saved(tmp_path, text, name="answers.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_of_abx(tmp_path):
    rows = [("ann", "made", "made")] * 7 + [("ann", "real", "made")]
    rows += [("bob", "real", "real")] * 2 + [("bob", "made", "real")] * 2
    told = heard(saved(tmp_path, abx(*rows)))
    assert isinstance(told, Told)
    assert (told.right, told.tries, told.share) == (9, 12, 0.75)
    assert told.chance == pytest.approx(stats.binomtest(9, 12, 0.5, "greater").pvalue)
    assert (told.low, told.high) == pytest.approx(interval(9, 12))
    assert told.listeners == {"ann": (7, 8), "bob": (2, 4)}


def test_several_tables_are_one(tmp_path):
    one = saved(tmp_path, abx(("1", "a", "a"), ("1", "b", "a")), "one.csv")
    other = saved(tmp_path, "\ufeff" + abx(("2", "b", "b")), "two.csv")
    told = heard([one, str(other)])
    assert (told.right, told.tries) == (2, 3)
    assert told.listeners == {"1": (1, 2), "2": (1, 1)}


def test_a_table_of_ratings(tmp_path):
    """Two listeners, three sounds: the half widths by hand."""
    grades = {"ann": (5, 4, 3), "bob": (3, 2, 1)}
    text = HEAD + "".join(
        f"rating,{who},1,s{k},made,{g},,2\n"
        for who, given in grades.items()
        for k, g in enumerate(given)
    )
    text += "rating,ann,9,s0,real,5,,2\n"
    told = heard(saved(tmp_path, text))
    made = told["made"]
    assert made.mean == 3
    assert (made.n, made.listeners, made.sounds) == (6, 2, 3)
    spread = stats.t.ppf(0.975, 1) * math.sqrt(2) / math.sqrt(2)  # of means 4 and 2
    assert made.by_listener == pytest.approx(spread)
    spread = stats.t.ppf(0.975, 2) * 1 / math.sqrt(3)  # of means 4, 3 and 2
    assert made.by_sound == pytest.approx(spread)
    assert told["real"][:3] == (5, 1, 1)
    assert math.isnan(told["real"].by_listener)
    assert isinstance(told["real"], Rated)


def test_text_is_read_as_a_file_is():
    (only,) = read(abx(("me", "made", "real")))
    assert only == ("abx", "me", "rain, 1", "made", "real")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD, "no answer"),
        ("sound,label\nrain,made\n", "no column 'test'"),
        (HEAD + "rating,1,1,s,made,6,,1\n", "grade in line 2"),
        (HEAD + "rating,1,1,s,made,good,,1\n", "no number"),
        (HEAD + "rating,1,1,s,made,nan,,1\n", "grade in line 2"),
        (HEAD + "guess,1,1,s,made,made,,1\n", "test in line 2"),
        (HEAD + "abx,,1,s,made,made,,1\n", "listener is empty"),
        (HEAD + "abx,1,1\n", "sound is empty"),
        (HEAD + "abx,1,1,s,a,a,,1\nrating,1,1,s,a,3,,1\n", "abx, rating"),
    ],
)
def test_bad_tables_are_refused(tmp_path, text, words):
    with pytest.raises(ValueError, match=words):
        heard(saved(tmp_path, text))
    with pytest.raises(ValueError, match="one kind"):
        heard([])
