"""The recipe of a model that knows what is usual, so that something else is strange."""

from dataclasses import dataclass

import torch
from torch.utils.data import Dataset

from .. import data
from ..control.anomaly import anomaly
from ..data.engines import DOMAINS, FAULTS, Engines
from ..judging.alarms import told_apart
from ..sound.mel import MelSpec
from .recipe import SoundRecipe

# windows of 32 ms, for in 64 ms a misfire is half as plain
ENGINES = MelSpec(16_000, n_fft=512, hop_length=256, mean=-48.0, std=12.0)


def engines(split: str) -> Dataset:
    return data.engines({"train": 4800, "test": 100}[split], split)


@dataclass(frozen=True)
class WatchRecipe(SoundRecipe):
    """Of a model of engines in good order: judged by what it finds strange."""

    by_ears = False

    def measure(self, model, ears: dict) -> dict:
        """The AUC of every fault of strength "clear", by the error of denoising."""
        n, found = len(self.data("test")), {}
        for domain in DOMAINS:
            usual = anomaly(model, waves(n, domain))
            for k, fault in enumerate(FAULTS, start=1):
                told = told_apart(usual, anomaly(model, waves(n, domain, k, fault)))
                found[f"{fault}, {domain}"] = {
                    "auc": round(told.auc, 3),
                    "auc_error": round(told.auc_error, 3),
                    "partial_auc": round(told.partial, 3),
                    "partial_auc_error": round(told.partial_error, 3),
                }
        return found | {"sounds": n}


def waves(n: int, domain: str, seed: int = 0, fault: str | None = None):
    """So many engines of the test split; another seed, other engines."""
    crowd = Engines(n, "test", seed, fault, domain=domain)
    return torch.stack([crowd[i][0] for i in range(n)])
