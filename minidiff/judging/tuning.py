"""In tune? Notes that were recorded, made of the same, and of pitches never heard."""

import warnings

import torch
from torch import Tensor
from torch.utils.data import Dataset

from .crowds import answers
from .pitch import in_tune


def tuned(model, train: Dataset, test: Dataset, made: Tensor, order: Tensor) -> dict:
    """The share of notes in tune: recorded, made of the same, between and beyond.

    between: as many notes of pitches that lie between two recorded ones of the
    instrument, and were neither recorded nor played faster or slower in training;
    beyond: up to an octave above and below its range.
    """
    pitch, names = test.labels[:, 1], model.conditions["pitch"]
    midi = torch.tensor([int(name) for name in names])
    rate, rows = model.sample_rate, {}
    rows["recorded"] = in_tune(test.waves, midi[pitch], rate)
    rows["made"] = in_tune(made, midi[pitch[order]], rate)
    for name, pairs in strangers(train.labels, test.labels, len(names)).items():
        wishes = [dict(zip(model.conditions, p, strict=True)) for p in pairs]
        if wishes:
            asked = torch.tensor([wish["pitch"] for wish in wishes])
            with warnings.catch_warnings(action="ignore"):  # that they are beyond
                waves = answers(model, wishes)
            rows[name] = in_tune(waves, midi[asked], rate)
    return rows


def strangers(known: Tensor, test: Tensor, pitches: int, most: int = 60) -> dict:
    """Pairs (instrument, pitch) that no training note has, drawn."""
    heard = {tuple(pair) for pair in torch.cat([known, test]).tolist()}
    between, beyond = [], []
    for instrument in known[:, 0].unique().tolist():
        range_ = known[known[:, 0] == instrument, 1]
        low, high = range_.min().item(), range_.max().item()
        for pitch in range(max(0, low - 12), min(pitches, high + 13)):
            if (instrument, pitch) not in heard:
                (between if low < pitch < high else beyond).append((instrument, pitch))
    dice = torch.Generator().manual_seed(0)
    return {
        name: [pairs[i] for i in torch.randperm(len(pairs), generator=dice)[:most]]
        for name, pairs in (("between", between), ("beyond", beyond))
    }
