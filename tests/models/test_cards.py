"""Cards of what ships: both ears, and how far to trust what they say."""

import pytest

import minidiff as md
from minidiff.models.recipes import RECIPES
from minidiff.models.shelf import shipped

HEARD = [name for name in shipped() if RECIPES[name].by_ears]


def spreads(part: dict):
    """All that is said of how far distances may be off, wherever it stands."""
    for key, value in part.items():
        if key.startswith("frechet_spread"):
            yield value
        elif isinstance(value, dict):
            yield from spreads(value)


@pytest.mark.parametrize("name", HEARD)
def test_every_card_has_both_ears_with_spreads(name):
    metrics = md.load(name).card["metrics"]
    if "ear_a" in metrics:  # of a model that makes sounds
        for ear in ("ear_a", "ear_b"):
            for crowd in ("training", "front_end", "made"):
                assert metrics[ear][crowd]["frechet_spread"] > 0
                assert metrics[ear][crowd]["recognised_error"] > 0
        return
    if RECIPES[name].kind == "enhancer":  # words, which it does not make
        rows = [m for m in metrics.values() if "0_db" in m]
        assert len(rows) == len(metrics)
        for row in (at for ratios in rows for at in ratios.values()):
            assert row["si_sdr_error"] > 0
            assert 0 < row["recognised"] <= 1
            assert 0 < row["recognised_b"] <= 1
        return
    found = list(spreads(metrics))
    assert found
    for spread in found:
        assert spread.keys() == {"A", "B"}
        assert min(spread.values()) > 0
