"""Weights that learned from people's recordings name these people."""

import os

import pytest

import minidiff as md
from minidiff.models import shelf

LEARNED_FROM = {"environment": "environment", "notes": "notes"}
if "digits-enhance" in shelf.shipped():
    LEARNED_FROM["digits-enhance"] = "noisy"


@pytest.mark.skipif("MINIDIFF_DATA" not in os.environ, reason="no recordings at hand")
@pytest.mark.parametrize("name", LEARNED_FROM)
def test_credits_lie_beside_the_weights(name):
    named = (shelf.WEIGHTS / name / "credits.txt").read_text("utf-8").splitlines()
    data = getattr(md.data, LEARNED_FROM[name])("train")
    assert named == sorted(set(data.credits))
