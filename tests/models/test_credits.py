"""Weights that learned from people's recordings name these people."""

import os

import pytest

import minidiff as md
from minidiff.models import shelf


@pytest.mark.skipif("MINIDIFF_DATA" not in os.environ, reason="no recordings at hand")
@pytest.mark.parametrize("name", ["environment", "notes"])
def test_credits_lie_beside_the_weights(name):
    named = (shelf.WEIGHTS / name / "credits.txt").read_text("utf-8").splitlines()
    assert named == sorted(set(getattr(md.data, name)("train").credits))
