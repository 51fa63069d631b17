"""How well what is strange is told from what is usual, by every score.

    python -m bench.anomalies engines               # the model that ships
    python -m bench.anomalies engines --sweep       # which share, and how far
    python -m bench.anomalies digits --nets nets    # trains what it asks, then asks it
    python -m bench.anomalies environment --nets nets

Usual are engines in good order, five speakers, or eight classes of the test split;
strange are engines with a fault, of every strength, in the source and the target domain
and in both together under one threshold, the sixth speaker, the other two classes. Only
usual ones of the training split were learned from, by the model and by the baselines,
which see the same mels; what is held against usual scores is fitted to others of that
split, from which neither has learned. `--model digits` asks one that has heard what is
to be strange, to see what that does.

Rows: the scores; of a map its mean, that of its strangest part ("peaks"), and how far
its mean in every band is from what is usual there ("by band", as the Gaussian of mean
mels, and fitted as that is). The likelihood, which takes longest, is asked of fewer
engines, and of clear faults alone. Columns of `metrics`: for every crowd "auc ..." and
"partial ...", the standardised area up to a tenth of false alarms, and "gap ...", its
AUC less that of the Gaussian of mean mels for the same sounds; `spread`: their standard
errors over other such crowds. The table goes to minidiff/measured/anomalies-TASK.json,
where chapter 18 reads it. `--sweep` asks for the share of a map that counts, and for
how far to drown a sound, on engines that are neither in the training nor in the test;
its table is anomalies-engines-sweep.json. PEAKS, HOW_FAR and the levels of the
denoising error below are from there: a share of 0.03 was best for the error, nearly
nothing (0.05) for rebuilding, held against the half way that is usual, and all levels
beat MIDDLE.
"""

import argparse
import functools
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from minidiff.control.anomaly import anomaly, encoded, strangeness, strangest
from minidiff.data.engines import DOMAINS, FAULTS, STRENGTHS, Engines
from minidiff.data.without import Part, parted, without
from minidiff.judging.alarms import auc, auc_gap, told_apart, wins
from minidiff.judging.strangers import Mahalanobis, Nearest, Reconstruction
from minidiff.measured import FOLDER
from minidiff.models import run
from minidiff.models.model import load
from minidiff.models.recipes import RECIPES

HOW_FAR = (0.05, 0.5)  # how far to drown a sound: the best of the sweep, and half way
SHARES = (1.0, 0.3, 0.1, 0.03, 0.01)  # of a map, its strangest part
MIDDLE = (0.3, 3.0)  # levels of noise at which a coarse fault is not yet drowned
PEAKS = 0.03  # the share that tells most in the sweep
FITTED = 300  # usual sounds to whose maps "by band" is fitted
FINE = (
    0.02,
    0.05,
    0.1,
    0.2,
    0.3,
    0.4,
    0.5,
    0.6,
    0.7,
    0.8,
    0.9,
)  # how far, in the sweep
APART = 50  # seeds between the engines of one domain and those of the other
KEPT_BACK = 8  # of so many recordings of the training split one is not learned from
SPEAKER = "george"  # whom `digits-five` has never heard
CLASSES = ("dog", "clock")  # what `environment-eight` has not: one loud, one faint
LIKELY = {"steps": 8, "probes": 1, "between": (0.02, 1e3)}
OTHERS = tuple(s for s in STRENGTHS if s != "clear")
Crowds = dict[str, tuple[str, Tensor]]  # strange: the name of its usual, and its waves
Scored = dict[str, Tensor]  # a row's name -> (n,)


def halves(part: Part) -> tuple[Part, Part]:
    """What is learned from, and of every eighth recording what is not."""
    origin = getattr(part, "origin", torch.arange(len(part)))
    back = (origin % KEPT_BACK == 0).tolist()
    return tuple(
        Part(part, [i for i, out in enumerate(back) if out == which])
        for which in (False, True)
    )


def five(split: str):
    return halves(without(RECIPES["digits"].data(split), "speaker", [SPEAKER]))[0]


def eight(split: str):
    return halves(without(RECIPES["environment"].data(split), "sound", CLASSES))[0]


FEW = {"net": RECIPES["engines"].net, "batch": 16, "early": ()}
LEFT_OUT = {  # not shipped: what is to be strange was left out of their training
    "digits-five": replace(RECIPES["digits"], data=five, steps=4000, **FEW),
    "environment-eight": replace(RECIPES["environment"], data=eight, steps=2000, **FEW),
}


def waves_of(dataset, most: int, mixed: bool = False) -> Tensor:
    """At most so many sounds; mixed: drawn by chance, for recordings are sorted."""
    index = range(min(len(dataset), most))
    if mixed:
        dice = torch.Generator().manual_seed(0)
        index = torch.randperm(len(dataset), generator=dice)[:most].tolist()
    return torch.stack([dataset[i][0] for i in index])


def crowds(n: int, split: str, strengths, first: int = 0):
    """Engines by domain, and those with a fault, others, the same at every strength.

    first: the seed of the usual ones, those of each fault come after it; in the second
    domain are other engines than in the first.
    """
    seeds = {domain: first + APART * k for k, domain in enumerate(DOMAINS)}
    usual = {d: waves_of(Engines(n, split, seeds[d], domain=d), n) for d in DOMAINS}
    strange = {}
    for k, fault in enumerate(FAULTS, start=1):
        for strength in strengths:
            for domain in DOMAINS:
                ill = Engines(n, split, seeds[domain] + k, fault, strength, domain)
                strange[f"{domain} {fault} {strength}"] = domain, waves_of(ill, n)
    return usual, strange


def learned() -> tuple[Tensor, Tensor]:
    """Engines to learn from, and others in order."""
    others = Engines(FITTED, "train", seed=20)
    return waves_of(RECIPES["engines"].data("train"), 3000), waves_of(others, FITTED)


def engines(n: int) -> tuple[Tensor, Tensor, dict[str, Tensor], Crowds]:
    """Sounds to learn from, others to fit to, usual crowds and strange ones by name.

    The test's seeds are ones that chapter 18 shows nothing of.
    """
    return *learned(), *crowds(n, "test", STRENGTHS, first=30)


def held_out(recipe: str, label: str, names, n: int):
    """The same, where some classes of a data set of recordings are the strange ones."""
    left, taken = parted(RECIPES[recipe].data("test"), label, names)
    train = halves(without(RECIPES[recipe].data("train"), label, names))
    known, others = (
        waves_of(part, most, mixed=True)
        for part, most in zip(train, (3000, FITTED), strict=True)
    )
    strange = {}
    for name in names:
        besides = set(names) - {name}
        one = parted(taken, label, besides)[0] if besides else taken
        strange[name] = "usual", waves_of(one, n, mixed=True)
    return known, others, {"usual": waves_of(left, n, mixed=True)}, strange


TASKS = {  # the model that is asked, and the crowds
    "engines": ("engines", engines),
    "digits": (
        "digits-five",
        functools.partial(held_out, "digits", "speaker", (SPEAKER,)),
    ),
    "environment": (
        "environment-eight",
        functools.partial(held_out, "environment", "sound", CLASSES),
    ),
}


class Baseline:
    """A baseline on a model's mels, fitted when it is first asked."""

    def __init__(self, model, known: Tensor, kind: Callable):
        self.model, self.known, self.kind, self.score = model, known, kind, None

    def fitted(self):
        if self.score is None:
            self.score = self.kind(encoded(self.model, self.known))
        return self.score

    def __call__(self, waves: Tensor) -> Tensor:
        return self.fitted()(encoded(self.model, waves))

    def map(self, waves: Tensor) -> Tensor:
        return self.fitted().map(encoded(self.model, waves))


class Likelihood:
    """Minus the log-likelihood, and how far that is from what is usual, either way."""

    def __init__(self, model, others: Tensor, few: int):
        self.model, self.others, self.few, self.middle = model, others, few, None

    def of(self, waves: Tensor) -> Tensor:
        return anomaly(self.model, waves[: self.few], "likelihood", **LIKELY)

    def __call__(self, waves: Tensor) -> Scored:
        if self.middle is None:
            self.middle = self.of(self.others).mean()
        score = self.of(waves)
        far = (score - self.middle).abs()
        return {"likelihood": score, "likelihood, to either side": far}


def maps(model, known: Tensor, ae_steps: int, how_far) -> dict[str, Callable]:
    """The scores that are means of a map, by name: of waves, the map."""
    fit = functools.partial(Reconstruction, steps=ae_steps)
    found = {"autoencoder": Baseline(model, known, fit).map}
    found["denoising error"] = functools.partial(strangeness, model)
    found["denoising error, middle"] = functools.partial(
        strangeness, model, between=MIDDLE
    )
    for far in how_far:
        found[f"rebuilt from {far:g}"] = functools.partial(
            strangeness, model, score="rebuilt", strength=far
        )
    return found


def scores(model, known, others, few: int, ae_steps: int) -> list[Callable]:
    """All that is compared: of waves, {row: (n,)}. few: of how many the slow one is."""
    found = [
        lambda waves, kind=kind, name=name: {name: kind(waves)}
        for name, kind in {
            "Gaussian of mean mels": Baseline(model, known, Mahalanobis),
            "nearest mean mel": Baseline(model, known, Nearest),
        }.items()
    ]
    for name, where in maps(model, known, ae_steps, HOW_FAR).items():
        if name != "denoising error, middle":
            found.append(OfMap(name, where, others))
    return [*found, Likelihood(model, others, few)]


class OfMap:
    """The mean of a map, that of its strangest part, and how unusual its bands are."""

    def __init__(self, name: str, where: Callable, others: Tensor):
        self.name, self.where, self.others, self.usual = name, where, others, None

    def by_band(self, values: Tensor) -> Tensor:
        """How many standard deviations the mean of every band is from the usual."""
        if self.usual is None:
            self.usual = Mahalanobis(self.where(self.others))
        return self.usual(values)

    def __call__(self, waves: Tensor) -> Scored:
        values = self.where(waves)
        return {
            self.name: strangest(values),
            f"{self.name}, peaks": strangest(values, PEAKS),
            f"{self.name}, by band": self.by_band(values),
        }


def rows(score: Callable, usual, strange: Crowds, yardstick=None) -> dict[str, dict]:
    """The areas of what a score gives for every strange crowd, and seconds a sound.

    The seconds count what it is fitted to in, too.

    yardstick: the scores of another for the same sounds, by crowd. An empty one is
    filled with those of this score.
    """
    yardstick = {} if yardstick is None else yardstick
    if isinstance(score, Likelihood):
        strange = {k: v for k, v in strange.items() if not k.endswith(OTHERS)}
    began = time.perf_counter()
    calm = {name: score(waves) for name, waves in usual.items()}
    ill = {name: score(waves) for name, (_, waves) in strange.items()}
    count = sum(
        len(next(iter(one.values()))) for one in [*calm.values(), *ill.values()]
    )
    seconds = (time.perf_counter() - began) / count
    found = {}
    for title in next(iter(calm.values())):
        pairs = pooled({k: (calm[strange[k][0]][title], ill[k][title]) for k in ill})
        if not yardstick:
            yardstick |= pairs
        found[title] = areas(pairs, yardstick)
        found[title] |= {"seconds": round(seconds, 4), "seeds": 1}
    return found


def areas(pairs: dict, yardstick: dict) -> dict:
    """One row: metrics, spread and n of every pair of crowds, beside the same pairs."""
    metrics, spread, n = {}, {}, {}
    for name, one in pairs.items():
        told = told_apart(*one)
        metrics |= {f"auc {name}": told.auc, f"partial {name}": told.partial}
        spread |= {f"auc {name}": told.auc_error, f"partial {name}": told.partial_error}
        n[name] = [told.usual, told.strange]
        if [len(x) for x in one] == [len(x) for x in yardstick[name]]:
            gap, error = auc_gap(one, yardstick[name])
            metrics[f"gap {name}"], spread[f"gap {name}"] = gap, error
    short = [{k: round(v, 4) for k, v in part.items()} for part in (metrics, spread)]
    return {"metrics": short[0], "spread": short[1], "n": n}


def pooled(pairs: dict[str, tuple[Tensor, Tensor]]) -> dict:
    """Of what is in two domains also "both ...": one threshold for the two of them."""
    found = dict(pairs)
    for name in pairs:
        domain, _, rest = name.partition(" ")
        if domain == "source":
            two = zip(pairs[name], pairs[f"target {rest}"], strict=True)
            found[f"both {rest}"] = tuple(map(torch.cat, two))
    return found


def swept(model, known, others, n: int, ae_steps: int, keep: Callable) -> dict:
    """Every share of every map: the mean AUC of the faults, in both domains together.

    On engines of seeds that neither training nor test has, at strength "clear".
    """
    usual, strange = crowds(n, "train", ["clear"], first=10)
    found = {}
    for name, where in maps(model, known, ae_steps, FINE).items():
        calm = {k: where(waves) for k, waves in usual.items()}
        ill = {k: where(waves) for k, (_, waves) in strange.items()}
        ways = {f"share {s:g}": functools.partial(strangest, share=s) for s in SHARES}
        ways["by band"] = OfMap(name, where, others).by_band
        metrics, spread = {}, {}
        for way, score in ways.items():
            a = {k: score(x) for k, x in calm.items()}
            b = {k: score(x) for k, x in ill.items()}
            pairs = pooled({k: (a[strange[k][0]], b[k]) for k in b})
            pairs = {k: pairs[f"both {k} clear"] for k in FAULTS}
            metrics |= {f"{way}, {k}": round(auc(*p), 4) for k, p in pairs.items()}
            mean, error = mean_auc(list(pairs.values()))
            metrics[way], spread[way] = round(mean, 4), round(error, 4)
        found[name] = {"metrics": metrics, "spread": spread}
        print(name, json.dumps(found[name]), flush=True)
        keep(found)
    return found


def mean_auc(pairs: list[tuple[Tensor, Tensor]]) -> tuple[float, float]:
    """Of faults beside the same usual crowd, and its standard error (DeLong 1988)."""
    over = [wins(*pair) for pair in pairs]
    usual = torch.stack([x.mean(1) for x in over]).mean(0)
    variance = usual.var() / len(usual)
    for x in over:
        variance += x.mean(0).var() / x.shape[1] / len(over) ** 2
    return usual.mean().item(), variance.sqrt().item()


def asked(name: str, nets: Path | None, device: str):
    """A model that ships, or one of LEFT_OUT, trained first unless it is there."""
    if name not in LEFT_OUT:
        return load(name, device)
    folder = (nets or Path("nets")) / name
    RECIPES[name] = LEFT_OUT[name]
    for step in run.train(name, folder, every=100, device=device):
        if step.index % 100 == 0:
            print(f"{name}: step {step.index}, loss {step.loss:.3f}", flush=True)
    return load(folder, device)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=list(TASKS))
    parser.add_argument("--model", help="name or folder; default: the task's")
    parser.add_argument("--nets", type=Path, help="where trainings are kept")
    parser.add_argument("--n", type=int, default=100, help="most sounds of a crowd")
    parser.add_argument("--few", type=int, default=25, help="the same, by likelihood")
    parser.add_argument("--autoencoder", type=int, default=1000, help="its steps")
    parser.add_argument("--sweep", action="store_true", help="of engines alone")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    name, make = TASKS[args.task]
    model = asked(args.model or name, args.nets, args.device)
    kept, extra = {}, "" if args.model is None else f" --model {args.model}"
    sized = f" --n {args.n}" + (" --sweep" if args.sweep else f" --few {args.few}")
    content = {
        "again": f"python -m bench.anomalies {args.task}{extra}{sized}",
        "model": model.card["sha256"],
    }
    file = args.out / f"anomalies-{args.task}{'-sweep' * args.sweep}.json"
    if args.sweep:
        content["n"] = {"made": args.n}
        keep = functools.partial(write, file, content)
        swept(model, *learned(), args.n, args.autoencoder, keep)
        return
    known, others, usual, strange = make(args.n)
    content["n"] = {"train": len(known), "fitted": len(others)}
    yardstick = {}
    for score in scores(model, known, others, args.few, args.autoencoder):
        new = rows(score, usual, strange, yardstick)
        for title, row in new.items():
            kept[title] = row | {"machine": run.machine(model.denoiser)}
            print(title, json.dumps(row["metrics"]), flush=True)
        write(file, content, kept)


def write(file: Path, content: dict, rows: dict):
    file.write_text(json.dumps(content | {"rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
