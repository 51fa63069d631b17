"""Stops are found one after the other, and the ones found stay."""

from bench.stops import search


def test_the_search_finds_what_is_worth_most():
    asked = []

    def worth(after):
        asked.append(after)
        wanted = {0.5: 3, 0.8: 2, 0.2: 1}
        return sum(k * min(abs(w - x) for x in (*after, 1)) for w, k in wanted.items())

    found = search(worth, places=(0.2, 0.5, 0.8, 0.9))
    assert found == {1: (), 2: (0.5,), 4: (0.8, 0.5, 0.2)}
    assert all(list(x) == sorted(x, reverse=True) for x in asked)
    assert len(asked) == 4 + 3 + 2
