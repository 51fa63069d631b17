"""How well sounds follow their prompts, and how well a CLAP matches: two tables.

    python -m bench.prompts claps                 # two minutes
    python -m bench.prompts prompts               # an hour: it makes some 850 sounds
    python -m bench.prompts prompts --runs RUNS   # of several trainings each

The tables go to minidiff/measured/, where chapter 14 reads them: `claps.json`, what
each CLAP matches (`matched`), and `prompts.json`, how captions are followed, by a
listener and by analysis. Where --runs has folders NAME, NAME-1, NAME-2 ..., a row is of
all of these; where it has none, of the model that ships; a row of which there is
neither is left out. The sounds are kept in --cache: a run that was cut short goes on
from there, and so does one that had no listener yet.

A row's `metrics` are shares of all that was asked of all its trainings, `asked` counts
that, `spread` is the standard deviation between trainings, where there are several, and
`error` the standard error of a share, as if all of them had answered alike.
"""

import argparse
import json
import math
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

import minidiff as md
from bench.asked import Bench
from minidiff.control.clap import Clap
from minidiff.control.matched import matched, refusals
from minidiff.control.modality import Carrying, gap
from minidiff.measured import FOLDER

CLAPS = "clap-plain", "clap"
WAYS = {  # words -> model, and how it is told
    "words, reader of the CLAP": ("prompts", "plain"),
    "words, reader from scratch": ("prompts-scratch", "plain"),
    "embedding, carried over the gap": ("prompts-clap", "carried"),
    "embedding of the caption": ("prompts-clap", "plain"),
    "embedding of a true sound": ("prompts-clap", "sound"),
}
KNOWN = 600  # training scenes, of which the gap is measured


class Overhearing(Clap):
    """It is told captions, and thinks of true sounds of them: what no gap costs."""

    def __init__(self, clap: Clap, told: list[str], waves: Tensor):
        super().__init__(clap.towers, clap.spec, clap.tokenizer, clap.card)
        self.known = dict(zip(told, self.hear(waves), strict=True))

    def read(self, captions) -> Tensor:
        return torch.stack([self.known[caption] for caption in captions])


def way_across(clap: Clap) -> Tensor:
    """The gap, on scenes of the training."""
    scenes = md.data.scenes(KNOWN)
    waves = torch.stack([scenes[i][0] for i in range(KNOWN)])
    return gap(clap.hear(waves), clap.read([scenes.caption(i) for i in range(KNOWN)]))


def made(bench: Bench, model, how: str, cache: Path, device: str) -> dict:
    """A sound for every caption, kept as soon as it is made.

    how: which embedding a model that is told one gets. Who is told one makes scenes
    only.
    """
    if how == "carried":
        model.asks.clap = Carrying(model.asks.clap, way_across(model.asks.clap))
    found = {}
    for kind, told in bench.told.items():
        if kind != "scenes" and "clap" in model.settings:
            continue
        if how == "sound":
            model.asks.clap = Overhearing(model.asks.clap, told, bench.true[kind])
        file = cache / f"{kind}.safetensors"
        parts = load_file(file) if file.is_file() else {}
        for i in range(0, len(told), 12):
            some = told[i : i + 12]
            if len(parts.get(str(i), ())) >= len(some):
                continue
            waves = model.generate(some, len(some), seed=1000 + i, device=device)
            parts[str(i)] = (waves * 32767).round().to(torch.int16)
            cache.mkdir(parents=True, exist_ok=True)
            save_file(parts, file)
        whole = [parts[str(i)] for i in range(0, len(told), 12)]
        found[kind] = torch.cat(whole)[: len(told)].float() / 32767
    return found


def error(share: float, n: int) -> float:
    """The standard error of a share of n, one hit and one miss more counted."""
    likely = (share * n + 1) / (n + 2)
    return round(math.sqrt(likely * (1 - likely) / n), 4)


def trained(name: str, runs: Path | None) -> list[str]:
    """Folders of all trainings of a model, else what ships; nothing if it does not."""
    names = [name, *(f"{name}-{k}" for k in range(1, 10))]
    folders = [str(runs / one) for one in names if runs and (runs / one).is_dir()]
    ships = (FOLDER.parent / "models" / "weights" / name / "card.json").is_file()
    return folders or [name] * ships


def pooled(trainings: list[dict]) -> dict:
    """Counts of right and asked, by kind, of all trainings -> shares, as they stand in
    a row; kinds within kinds stay apart."""
    row = {"metrics": {}, "error": {}, "asked": {}}
    row |= {"spread": {}} if len(trainings) > 1 else {}
    for kind in dict.fromkeys(kind for one in trainings for kind in one):
        all_ = [each[kind] for each in trainings if kind in each]
        if isinstance(all_[0], dict):
            inner = pooled(all_)
        else:
            hits, asked = map(sum, zip(*all_, strict=True))
            shares = torch.tensor([right / n for right, n in all_])
            inner = {"metrics": round(hits / asked, 4), "asked": asked}
            inner["error"] = error(hits / asked, round(asked / len(all_)))
            if len(all_) > 1:
                inner["spread"] = round(shares.std().item(), 4)
        for part in row.keys() & inner.keys():
            row[part][kind] = inner[part]
    return row


def claps(args):
    """Recall among n scenes; twins refused on four times as many."""
    n, rows = args.n, {}
    test = md.data.scenes(4 * n, "test", seed=3)
    waves = torch.stack([wave for wave, _ in test])
    asked = [test.asked(i) for i in range(len(test))]
    scenes = [test.scene(i) for i in range(len(test))]
    for name in CLAPS:
        found = []
        for folder in trained(name, args.runs):
            clap = md.load(folder)
            seen = matched(clap, test, n)
            seen["refused"] = refusals(clap, waves, asked, scenes)
            found.append(seen)
            print(folder, json.dumps(seen), flush=True)
        if found:
            rows[name] = head(clap, len(found)) | pooled(list(map(shares, found)))
            rows[name]["temperature"] = found[0]["temperature"]
        yield {"n": {"made": n, "test": len(test)}, "rows": rows}


def shares(found: dict) -> dict:
    """All shares in what `matched` found, as counts of right and asked."""
    n, counts = found["n"], {}
    for side, k in ((side, k) for side in ("captions", "sounds") for k in (1, 5)):
        counts[f"{side}_at_{k}"] = round(found[f"{side}_at_{k}"] * n), n
    counts["zero_shot"] = round(found["zero_shot"] * 360), 360
    for kind in ("refused", "elsewhere"):
        counts[kind] = {
            name: (one[kind] * one["n"], one["n"])
            for name, one in found["refused"].items()
            if kind in one
        }
    return counts


def head(model, seeds: int) -> dict:
    """What a row says of its trainings."""
    return {k: model.card[k] for k in ("steps", "batch", "machine")} | {"seeds": seeds}


def prompts(args):
    """What is known of the ways so far, after each of them."""
    bench, rows = Bench(args.n, args.order, args.each), {}
    listening = md.load(args.listener) if args.listener else None
    spec = md.load("prompts").spec
    back = {
        kind: torch.cat([spec.decode(spec.encode(w)) for w in waves.split(24)])
        for kind, waves in bench.true.items()
    }
    yardsticks = {
        "true sounds": bench.true,
        "true sounds, by way of mels": {k: w.clamp(-1, 1) for k, w in back.items()},
    }
    known = {
        title: {"n": args.n, **pooled([bench.right(sounds, listening)])}
        for title, sounds in yardsticks.items()
    }
    known["a guess"] = {"metrics": bench.guess()}
    counts = {"made": args.n, "test": args.n, "names": len(bench.names),
              "plain": args.order, "traits": len(bench.traits)}  # fmt: skip
    for title, (name, how) in WAYS.items():
        found = []
        for folder in trained(name, args.runs):
            model = md.load(folder)
            cache = args.cache / f"{name}-{how}-{model.card['sha256'][:8]}"
            sounds = made(bench, model, how, cache, args.device)
            found.append(bench.right(sounds, listening))
            print(folder, how, json.dumps(found[-1]), flush=True)
        if found:
            rows[title] = head(model, len(found)) | pooled(found)
        yield {"n": counts, "rows": rows, "yardsticks": known}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", choices=["claps", "prompts"])
    parser.add_argument("--n", type=int, help="scenes; default: 360, or 180 to make")
    parser.add_argument("--order", type=int, default=120, help='of plain "A, then B"')
    parser.add_argument("--each", type=int, default=10, help="of each name and trait")
    parser.add_argument("--listener", default="scenes-listener", help="or a folder")
    parser.add_argument("--runs", type=Path, help="where NAME, NAME-1, NAME-2 lie")
    parser.add_argument("--cache", type=Path, default=Path("_build/prompts"))
    parser.add_argument("--device", default=str(md.device()))
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    again = f"python -m bench.prompts {args.table}"
    for name in ("n", "order", "each"):
        if f"--{name}" in sys.argv:
            again += f" --{name} {getattr(args, name)}"
    again += " --runs RUNS" if args.runs else ""
    args.n = args.n or {"claps": 360, "prompts": 180}[args.table]
    file = args.out / f"{args.table}.json"
    for content in (prompts if args.table == "prompts" else claps)(args):
        file.write_text(json.dumps({"again": again, **content}, indent=1) + "\n")


if __name__ == "__main__":
    main()
