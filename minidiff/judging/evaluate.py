"""Judging: recognised, as varied as the real thing, new, and clean?"""

import math
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, stdev

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from safetensors.torch import load_file
from torch import Tensor
from torch.utils.data import Dataset
from tqdm import tqdm

from . import valid
from .audio import MelSpec
from .models import (
    WEIGHTS,
    Model,
    card_in,
    settings_in,
    verify,
    write_card,
    write_weights,
)
from .nets.judge import Judge


class Ear:
    """A judge with its front end: waveforms in, labels and embeddings out."""

    def __init__(self, judge: Judge, spec: MelSpec):
        self.judge, self.spec = judge.eval(), spec

    @torch.no_grad()
    def embed(self, waves: Float[Tensor, "n samples"]) -> Float[Tensor, "n d"]:
        parts = waves.split(100)
        return torch.cat([self.judge.embed(self.spec.encode(w)) for w in parts])

    @torch.no_grad()
    def label(self, waves: Float[Tensor, "n samples"]) -> Tensor:
        """The most likely class of each, (n,) int64."""
        return self.judge.out(self.embed(waves)).argmax(1)


def save_ear(ear: Ear, folder: str | Path) -> Path:
    """Write `judge.safetensors` (float16) into `folder`, and its digest into the card.

    Raises ValueError if there is a card, and it is not of the model beside it.
    """
    folder = Path(folder)
    file = folder / "judge.safetensors"
    write_weights(file, ear.judge, ear.spec.settings())
    if (folder / "card.json").is_file():
        card = card_in(folder)
        verify(folder / "model.safetensors", card.get("sha256"))
        write_card(folder, card)
    return file


def load_ear(name: str, spec: MelSpec) -> Ear:
    """The judge that ships for a model, in `weights/NAME/judge.safetensors`.

    Raises ValueError for weights that are not those of the model's card, and for a
    `spec` of other mels than it was trained on.
    """
    file = WEIGHTS / name / "judge.safetensors"
    verify(file, card_in(file.parent).get("judge"))
    MelSpec(**settings_in(file)).check(spec, "spec", f"the judge of {name}")
    weights = load_file(file)
    weights = {key: value.float() for key, value in weights.items()}
    judge = Judge(classes=len(weights["out.2.bias"]))
    judge.load_state_dict(weights)
    return Ear(judge, spec)


def train_ear(ear: Ear, data: Dataset, steps: int, seed: int = 0) -> Iterator[float]:
    """Train a judge on real sounds; a generator of losses.

    Every batch is shifted, made louder or softer, and given a little noise at random,
    so that the judge listens to what is said and not to how it was recorded. seed: of
    all this, and of dropout, for which it seeds torch. Raises ValueError for steps < 1.
    """
    valid.whole(steps, "steps", 1)
    torch.manual_seed(seed)  # of dropout
    dice = torch.Generator().manual_seed(seed)
    waves, labels = stacked(data)
    optimizer = torch.optim.AdamW(ear.judge.parameters(), weight_decay=1e-2)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    ear.judge.train()
    for _ in range(steps):
        i = torch.randint(len(waves), (64,), generator=dice)
        mel = ear.spec.encode(disturbed(waves[i], dice))
        loss = F.cross_entropy(ear.judge(mel), labels[i], label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rate.step()
        yield loss.item()
    ear.judge.eval()


def disturbed(waves: Tensor, dice: torch.Generator) -> Tensor:
    """Waves shifted by up to 1/16, scaled by 6 dB, with noise of -80 to -50 dB."""
    n, samples = waves.shape
    draw = torch.rand(3, n, 1, generator=dice)
    shift = (draw[0] * samples / 16).long()
    i = torch.arange(samples) - shift
    waves = torch.where(i >= 0, waves.gather(1, i.clamp(min=0)), 0.0)
    gain, noise = 10 ** (0.6 * draw[1] - 0.3), 10 ** (1.5 * draw[2] - 4)
    return waves * gain + noise * torch.randn(n, samples, generator=dice)


def balanced(labels: Int[Tensor, " n"], each: int, seed: int) -> Int[Tensor, " m"]:
    """Where `each` items of every class stand (fewer where there are fewer), drawn."""
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    return torch.cat([order[labels[order] == c][:each] for c in labels.unique()])


def stacked(data: Dataset) -> tuple[Tensor, Tensor]:
    """The waves (n, samples) of a data set and their main labels (n,)."""
    pairs = [data[i] for i in range(len(data))]
    main = [next(iter(y.values())) if isinstance(y, dict) else y for _, y in pairs]
    return torch.stack([x for x, _ in pairs]), torch.stack(main)


def frechet(a: Float[Tensor, "n d"], b: Float[Tensor, "m d"]) -> float:
    """Fréchet distance of Gaussians fitted to two sets (Heusel et al. 2017, eq. 6).

    |mu_a - mu_b|^2 + tr(A + B - 2 (A^1/2 B A^1/2)^1/2): symmetric roots of symmetric
    matrices, so nothing can turn complex. float64.
    """
    a, b = a.double(), b.double()
    cov_a, cov_b = a.T.cov(), b.T.cov()
    root = matrix_root(cov_a)
    cross = matrix_root(root @ cov_b @ root)
    gap = (a.mean(0) - b.mean(0)).square().sum()
    return (gap + (cov_a + cov_b - 2 * cross).trace()).item()


def matrix_root(m: Tensor) -> Tensor:
    """The symmetric square root of a positive semi-definite matrix."""
    values, axes = torch.linalg.eigh(m)
    return (axes * values.clamp(min=0).sqrt()) @ axes.T


def nearest(a: Tensor, b: Tensor) -> float:
    """Mean distance from each of a to the nearest of b."""
    return torch.cdist(a, b).min(1).values.mean().item()


def nearest_other(a: Float[Tensor, "n d"], origin: Tensor) -> float:
    """Mean distance from each of a to the nearest of another origin (n,)."""
    same = origin[:, None] == origin
    return torch.cdist(a, a).masked_fill(same, math.inf).min(1).values.mean().item()


def cleanliness(waves: Float[Tensor, "n samples"], sample_rate: int) -> dict:
    """What an engineer looks at first: means over the sounds, of click the median.

    level: dB rms of the 20 ms frames that sound. floor: the dB rms that a tenth of the
    frames stay below, digital silence not counted. silence: share of frames below
    -60 dB. click: largest jump between neighbouring samples over the rms. NaN where
    nothing sounds.
    """
    size = sample_rate // 50
    frames = waves[:, : waves.shape[1] // size * size].unflatten(1, (-1, size))
    level = 20 * frames.square().mean(2).sqrt().clamp(min=1e-5).log10()  # (n, frames)
    loud = level > -60
    rms = waves.square().mean(1).sqrt().clamp(min=1e-5)
    sounding = level.where(loud, math.nan).nanmean(1)  # NaN for a silent sound
    quiet = level.where(level > -100, math.nan).nanquantile(0.1, dim=1)
    return {
        "level_db": round(sounding.nanmean().item(), 1),
        "floor_db": round(quiet.nanmean().item(), 1),
        "silence": round((~loud).double().mean().item(), 3),
        "click": round((waves.diff(dim=1).abs().amax(1) / rms).median().item(), 2),
    }


def evaluate(
    model: Model,
    ear: Ear,
    train: Dataset,
    test: Dataset,
    each: int = 30,
    draws: int = 3,
) -> dict:
    """All the numbers of a model's card.

    Generates `each` sounds of every class with the model's defaults, `draws` times, and
    compares every draw with the test set by the judge's ear. So few sounds tell a
    Fréchet distance only roughly: it is a mean over the draws, given with the standard
    deviation from draw to draw. The yardstick is the same of twenty draws of as many
    training sounds, balanced.
    ratio: Fréchet distance over that of the training sounds.
    Raises ValueError for draws < 2.
    """
    valid.whole(draws, "draws", 2)
    classes = len(model.labels)
    seeds = range(0, draws * classes * each, each)
    parts = [
        model.generate([i % classes] * each, n=each, seed=seed)
        for i, seed in enumerate(tqdm(seeds, "classes", disable=None))
    ]
    made, wanted = torch.cat(parts), torch.arange(classes).repeat_interleave(each)
    real, truth = stacked(test)
    known, names = stacked(train)
    e_made, e_real, e_known = (ear.embed(w) for w in (made, real, known))
    fd_made = [frechet(e, e_real) for e in e_made.chunk(draws)]
    fd_train = [
        frechet(e_known[balanced(names, each, seed)], e_real) for seed in range(20)
    ]
    # which training sounds are variations of one recording
    origin = getattr(train, "origin", torch.arange(len(known)))
    recognised = (ear.label(made) == wanted.repeat(draws)).double().mean().item()
    return {
        "recognised": round(recognised, 4),
        "judge_on_test": round((ear.label(real) == truth).double().mean().item(), 4),
        "frechet": round(mean(fd_made), 3),
        "frechet_std": round(stdev(fd_made), 3),
        "frechet_of_training_sounds": round(mean(fd_train), 3),
        "frechet_of_training_sounds_std": round(stdev(fd_train), 3),
        "ratio": round(mean(fd_made) / mean(fd_train), 2),
        "nearest_training_sound": round(nearest(e_made, e_known), 3),
        "nearest_training_sound_of_test": round(nearest(e_real, e_known), 3),
        "nearest_other_of_training": round(nearest_other(e_known, origin), 3),
        "generated": cleanliness(made, model.sample_rate),
        "recorded": cleanliness(real, model.sample_rate),
    }
