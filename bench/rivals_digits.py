"""The rivals on mels of spoken digits, unasked: what do both ears say?

    python -m bench.rivals digits

Thirty-two bands and forty frames, half the bands of the model `digits`, so that all
five can be trained in an hour of one core; the rows "through the mels" and "through the
tokens" say what that costs. No rival is told which digit to make, for then every class
would be found by asking. First each is trained with a third of the budget at a third,
once and three times the rate that is usual for its kind, and compared with recordings
of the training split; the best rate then gets the whole budget, and is compared with
the test split.

*agreed*: sounds that both ears take for the same digit, which share nothing. *found*:
digits that got at least a quarter of a tenth of all sounds. *within*: how far two
sounds of one digit are apart, over how far two recordings are. *copies*: see
`judging/copies.py`.
"""

import collections
import json
from functools import cache, partial
from pathlib import Path
from statistics import mean
from time import process_time

import torch
from torch import Tensor

import minidiff as md
from bench.rivals import Rival, once, trained, write
from minidiff.judging.copies import copies
from minidiff.judging.distance import frechet, precision_recall
from minidiff.judging.ear import stacked
from minidiff.judging.halves import halves
from minidiff.models.ears import load_ears
from minidiff.nets.rival import Lower, Raise
from minidiff.rivals.autoregressive import Autoregressive
from minidiff.rivals.gan import GAN, duel
from minidiff.rivals.tokens import Patches
from minidiff.rivals.vae import VAE
from minidiff.sound.mel import MelSpec

SPEC = MelSpec(8000, n_fft=512, hop_length=160, n_mels=32)
SIZE = 32, 40  # bands, frames
UP, DOWN = (48, 32, 16), (16, 32, 48)
SCHEDULE = md.Cosine()
BUDGET, BATCH, MADE = 6e12, 16, 300
PATCHES = Patches(256, 4, *SIZE)


def walked(denoiser, n: int, dice: torch.Generator) -> Tensor:
    start = torch.randn(n, 1, *SIZE, generator=dice)
    parts = []
    for part in start.split(50):
        *_, x = md.dpmpp_2m(denoiser, part, SCHEDULE.times(20))
        parts.append(x)
    return torch.cat(parts)


def gan(gamma: float) -> GAN:
    return GAN(Raise(48, UP, *SIZE), Lower(1, DOWN, *SIZE), 48, gamma)


RIVALS = {  # and the rate that is usual
    "GAN": (Rival(partial(gan, 0.0), duel), 3e-4),
    "GAN with R1": (Rival(partial(gan, 0.1), duel), 3e-4),
    "VAE": (
        Rival(
            lambda: VAE(Lower(32, DOWN, *SIZE), Raise(16, UP, *SIZE), 16),
            sample=lambda model, n, dice: model.sample(n, dice, noisy=False),
        ),
        1e-3,
    ),
    "autoregression": (
        Rival(
            lambda: Autoregressive(256, PATCHES.length, width=88, depth=3),
            sample=lambda net, n, dice: PATCHES.decode(net.sample(n, None, dice)),
            shown=PATCHES.encode,
        ),
        1e-3,
    ),
    "diffusion": (
        Rival(
            lambda: md.Denoiser(md.UNet(2, channels=(16, 24, 48)), SCHEDULE, "v"),
            sample=walked,
        ),
        1e-3,
    ),
}
FACTORS = {"a third": 1 / 3, "usual": 1.0, "three times": 3.0}


@cache
def recorded(split: str) -> Tensor:
    return stacked(md.data.digits(split, samples=6400))[0]


@cache
def mels() -> Tensor:
    x = torch.cat([SPEC.encode(part) for part in recorded("train").split(300)])
    PATCHES.learn(x)
    return x


def spoken(name: str, lr: float, seed: int, budget: float) -> tuple[dict, Tensor]:
    """One training to its end, and what it made, as mels."""
    rival = RIVALS[name][0]
    walk, told = trained(rival, mels(), lr, seed, budget, BATCH)
    began = process_time()
    try:
        (last,) = collections.deque(walk, maxlen=1)
        told["seconds"] = round(process_time() - began, 1)
        began = process_time()
        made = rival.sample(last.ema, MADE, torch.Generator().manual_seed(seed))
        told["seconds_of_making"] = round(process_time() - began, 1)
    except ValueError as error:
        told |= {"failed": str(error), "seconds": 0.0}
        made = torch.zeros(MADE, 1, *SIZE)
    return told, made.clamp(-10, 10).half()


def heard(made: Tensor) -> Tensor:
    """Waveforms of mels."""
    parts = [SPEC.decode(part.float()).clamp(-1, 1) for part in made.split(50)]
    return torch.cat(parts)[:, :6400]


class Jury:
    """Both ears, and what they say of recordings that sounds are compared with."""

    def __init__(self, real: Tensor, known: Tensor):
        self.ears = load_ears("digits")
        self.real = {k: ear.embed(real) for k, ear in self.ears.items()}
        self.known = {k: ear.embed(known) for k, ear in self.ears.items()}

    def numbers(self, waves: Tensor, planted: Tensor | None = None) -> dict:
        told = {k: ear.embed(waves) for k, ear in self.ears.items()}
        named = {k: ear.named(told[k]) for k, ear in self.ears.items()}
        right = (named["A"] == named["B"]).double()
        metrics = {"agreed": right.mean().item()}
        spread = {"agreed": (right.std() / len(right) ** 0.5).item()}
        for k, ear in self.ears.items():
            end = "" if k == "A" else "_b"
            real = self.real[k]
            far, bias, error = halves(frechet, told[k], real)
            precise, recall = precision_recall(real, told[k])
            counts = torch.bincount(named[k], minlength=10)
            metrics |= {
                f"frechet{end}": far - bias,
                f"precision{end}": precise,
                f"recall{end}": recall,
                f"found{end}": (counts >= len(waves) / 40).sum().item(),
                f"within{end}": apart(told[k], named[k]) / apart(real, ear.named(real)),
            }
            spread[f"frechet{end}"] = error
            if planted is not None:
                back = ear.embed(planted)
                shares = copies(told[k], real, back, self.known[k])
                metrics[f"copies{end}"] = shares["made"]
                metrics[f"planted{end}"] = shares["planted"]
        return {
            "n": len(waves),
            "metrics": {k: round(v, 4) for k, v in metrics.items()},
            "spread": {k: round(v, 4) for k, v in spread.items()},
        }


def apart(points: Tensor, labels: Tensor) -> float:
    """Mean distance of two of one class, mean over the classes that have two."""
    far = [torch.pdist(points[labels == c]).mean().item()
           for c in labels.unique() if (labels == c).sum() > 1]  # fmt: skip
    return mean(far)


def drawn(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Training recordings, two crowds of n with none in both."""
    dice = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(recorded("train")), generator=dice)[: 2 * n]
    return tuple(recorded("train")[part] for part in order.split(n))


def sensitivity(runs: Path) -> tuple[dict, dict]:
    """A third of the budget at three rates each, against training recordings."""
    other, real = drawn(MADE, 0)
    jury, rows = Jury(real, other), {}
    for name, (_, usual) in RIVALS.items():
        row = rows[name] = {"metrics": {}, "rates": {}}
        for words, factor in FACTORS.items():
            lr = usual * factor
            told, made = once(runs, f"{name} {factor:.2f}",
                              partial(spoken, name, lr, 1, BUDGET / 3))  # fmt: skip
            numbers = jury.numbers(heard(made))["metrics"]
            row["metrics"][words] = numbers
            row["rates"][words] = lr
            row |= {k: told[k] for k in ("steps", "parameters", "multiplications")}
            row |= {"machine": told["machine"], "seeds": 1}
        both = {w: m["frechet"] + m["frechet_b"] for w, m in row["metrics"].items()}
        row["best"] = min(both, key=both.get)
        print(name, both, flush=True)
    return rows, {"as many training sounds": jury.numbers(other)}


def table(runs: Path, out: Path) -> None:
    mels()  # chooses the tokens as well
    rows, yard = sensitivity(runs)
    content = {"n": {"made": MADE, "train": MADE}, "yardsticks": yard, "rows": rows}
    write(out, "rivals-digits-rates", content)
    best = {name: row["rates"][row["best"]] for name, row in rows.items()}

    other, _ = drawn(MADE, 0)
    jury = Jury(recorded("test"), recorded("train"))
    through = torch.cat([SPEC.encode(part) for part in other.split(50)])
    back = heard(through)
    tokens = heard(PATCHES.decode(PATCHES.encode(through)))
    yard = {
        "as many training sounds": jury.numbers(other, back),
        "these through the mels": jury.numbers(back, back),
        "and through the tokens": jury.numbers(tokens, back),
    }
    rows, sounds = {}, {}
    for name, lr in best.items():
        told, made = once(
            runs, f"{name} {lr:.2g} whole", partial(spoken, name, lr, 0, BUDGET)
        )
        waves = heard(made)
        rows[name] = told | jury.numbers(waves, back) | {"seeds": 1}
        sounds[name] = (32767 * waves[:4]).round().to(torch.int16)
        print(name, json.dumps(rows[name]["metrics"]), flush=True)
        content = {"n": {"made": MADE, "test": len(recorded("test"))}}
        content |= {"titles": ["1", "2", "3", "4"], "sample_rate": 8000}
        content |= {"yardsticks": yard, "rows": rows}
        write(out, "rivals-digits", content, sounds)
