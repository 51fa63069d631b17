"""Masked diffusion against autoregression, on words and on notes.

    python -m bench.discrete captions       # 10 minutes of one core, resumable
    python -m bench.discrete tunes          # 12 minutes; needs MINIDIFF_DATA

Both nets have the same blocks, sizes, examples and steps: what differs is who may ask
whom, and what is hidden. Captions are those of chapter 14; tunes are four bars of
reels, note by note (`rivals/phrases.py`). Data kept back choose when a training is
best; the test chooses nothing. Nats: of the autoregressive net exact, of the masked one
a bound. Valid: of captions, that the grammar reads them and that nothing follows the
end; of tunes, that they end, that a note begins with every bar and that there are four
bars. Filled: valid ones among test data of which half, drawn, was hidden. The table
goes to minidiff/measured/rivals-TASK.json.
"""

import argparse
import json
import math
import random
from pathlib import Path

import torch
from torch import Tensor

from bench.variations import on_one_line
from bench.watched import trained
from minidiff import data
from minidiff.data.captions import parse
from minidiff.data.scenes import Scenes
from minidiff.data.scores import Scores, ticked
from minidiff.measured import FOLDER
from minidiff.rivals.autoregressive import Autoregressive
from minidiff.rivals.masked import Masked, fill
from minidiff.rivals.phrases import in_time, numbers, phrases, written

SIZES = {"width": 96, "depth": 4}
KINDS = {"autoregressive": Autoregressive, "masked": Masked}
STEPS = (1, 2, 4, 8, 16)


class Captions:
    """Words of chapter 14. train: of seed 0; choice and test: of seeds 1 and 2."""

    steps, batch = 2000, 128

    def __init__(self):
        self.tokenizer = Scenes.tokenizer
        self.words, self.length = len(self.tokenizer.words) + 1, self.tokenizer.length
        self.splits = {
            name: self.tokenizer.encode(captions(n, seed))
            for name, n, seed in (("train", 20_000, 0), ("choice", 250, 1),
                                  ("test", 1000, 2))
        }  # fmt: skip

    def read(self, row: Tensor) -> str | None:
        """The caption, or None if words follow its end."""
        n = int((row > 0).sum())
        return None if row[n:].any() or not n else self.tokenizer.decode(row[None])[0]

    def valid(self, row: Tensor) -> bool:
        text = self.read(row)
        if text is None:
            return False
        try:
            parse(text)
        except ValueError:
            return False
        return True

    def shown(self, row: Tensor) -> str:
        names = ["·", *self.tokenizer.words, "?"]
        return " ".join(names[k] for k in row.tolist()).rstrip(" ·")


def captions(n: int, seed: int) -> list[str]:
    scenes = Scenes(n, "train", seed)
    return [scenes.caption(i) for i in range(n)]


class Tunes:
    """Four bars of reels; every eighth tune of the training split chooses."""

    steps, batch = 1500, 64

    def __init__(self):
        sets = {name: data.melodies(name) for name in ("train", "test")}
        parts = {"train": [], "choice": []}
        for i, pair in enumerate(zip(sets["train"].tunes, sets["train"].rhythms,
                                     strict=True)):  # fmt: skip
            parts["choice" if i % 8 == 0 else "train"].append(pair)
        parts["test"] = list(zip(sets["test"].tunes, sets["test"].rhythms, strict=True))
        cut = {name: phrases(*zip(*part, strict=True)) for name, part in parts.items()}
        self.scores = Scores.of(cut["train"])
        # a phrase of the others with a note that training never has cannot be written
        known = set(self.scores.numbers)
        self.splits = {
            name: numbers(
                [p for p in part if set(map(ticked, p)) <= known], self.scores
            )
            for name, part in cut.items()
        }
        self.words, self.length = len(self.scores), 40

    def valid(self, row: Tensor) -> bool:
        phrase = written(row, self.scores)
        return phrase is not None and in_time(phrase)

    def shown(self, row: Tensor) -> list:
        """Notes as [pitch or 0, ticks], and None where one is hidden."""
        notes = [None if k == self.words else [0, 0] if k < 3 else
                 list(self.scores.notes[k - 3]) for k in row.tolist()]  # fmt: skip
        return [note for note in notes if note != [0, 0]]


TASKS = {"captions": Captions, "tunes": Tunes}


def surprise(net, rows: Tensor, rounds: int = 1) -> tuple[float, float]:
    """Nats for a sequence, exactly or at most, and the error of their mean."""
    if isinstance(net, Masked):
        dice = torch.Generator().manual_seed(0)
        told = net.bound(rows, None, rounds, dice)
    else:
        told = -net.log_likelihood(rows)
    return told.mean().item(), (told.std() / math.sqrt(len(told))).item()


def learned(kind: str, task, runs: Path):
    """The trained net, and how it was trained."""
    torch.manual_seed(0)
    net = KINDS[kind](task.words, task.length, **SIZES)
    held = task.splits["choice"]

    def asked(net) -> float:
        return surprise(net, held)[0] / task.length

    pair = (task.splits["train"],)
    how = {"steps": task.steps, "batch": task.batch, "every": 200}
    return net, trained(net, pair, runs / kind, asked, **how)


def share(hits: list[bool]) -> tuple[float, float]:
    """How many are, and the error of that, with one hit and one miss more."""
    n, k = len(hits), sum(hits)
    p = (k + 1) / (n + 2)
    return round(k / n, 4), round(math.sqrt(p * (1 - p) / n), 4)


def judged(made: Tensor, task, known: set) -> dict:
    """Which of them are valid, and which of these were not learned by heart."""
    good = [task.valid(row) for row in made]
    fresh = [tuple(row.tolist()) not in known
             for row, right in zip(made, good, strict=True) if right]  # fmt: skip
    metrics, spread = {}, {}
    metrics["valid"], spread["valid"] = share(good)
    if fresh:
        metrics["new"], spread["new"] = share(fresh)
    return {"n": len(made), "metrics": metrics, "spread": spread,
            "examples": [task.shown(row) for row in made[:12]]}  # fmt: skip


def hidden_half(rows: Tensor, words: int) -> Tensor:
    """Half of the words of every row hidden, by chance, so that its length is known."""
    dice, out = random.Random(0), rows.clone()
    for row in out:
        there = (row > 0).nonzero()[:, 0].tolist()
        row[dice.sample(there, len(there) // 2)] = words
    return out


def rows_of(kind: str, task, runs: Path, n: int):
    """A row for each way of writing, as they are done."""
    net, log = learned(kind, task, runs)
    known = {tuple(row.tolist()) for row in task.splits["train"]}
    test = task.splits["test"]
    nats, error = surprise(net, test, rounds=4)
    weights = sum(p.numel() for p in net.parameters())
    about = {"training": log, "weights": weights}

    def dice():
        return torch.Generator().manual_seed(0)

    if kind == "autoregressive":
        row = judged(net.sample(n, generator=dice()), task, known) | about
        row["metrics"] |= {"nats": nats, "calls": task.length, "reads": task.length}
        row["spread"]["nats"] = error
        yield kind, row
        return
    for steps in (*(s for s in STEPS if s < task.length), task.length):
        if steps > task.length:
            continue
        row = judged(net.sample(n, steps, generator=dice()), task, known) | about
        row["metrics"] |= {"calls": steps, "reads": steps * task.length}
        if steps == task.length:
            row["metrics"]["nats"], row["spread"]["nats"] = nats, error
        yield f"masked, {steps} steps", row
    begun = hidden_half(test[:n], task.words)
    filled = judged(fill(net, begun, task.words, None, dice()), task, known)
    filled["begun"] = [task.shown(row) for row in begun[:12]]
    filled["was"] = [task.shown(row) for row in test[:12]]
    yield "masked, filled", filled


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=list(TASKS))
    parser.add_argument("--n", type=int, default=500, help="sequences of each row")
    parser.add_argument("--runs", type=Path, default=Path("runs/discrete"))
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    task, file = TASKS[args.task](), args.out / f"rivals-{args.task}.json"
    known = {tuple(row.tolist()) for row in task.splits["train"]}
    real = judged(task.splits["test"], task, known)
    content = {
        "again": f"python -m bench.discrete {args.task} --n {args.n}",
        "n": {k: len(v) for k, v in task.splits.items()} | {"made": args.n},
        "words": task.words, "length": task.length, "rows": {},
        "yardsticks": {"test": real},
    }  # fmt: skip
    for kind in KINDS:
        for name, row in rows_of(kind, task, args.runs / args.task, args.n):
            log = row.get("training", {})
            row |= {"machine": log.get("machine", ""), "seeds": 1}
            row["metrics"] = {k: round(v, 4) for k, v in row["metrics"].items()}
            row["spread"] = {k: round(v, 4) for k, v in row["spread"].items()}
            content["rows"][name] = row
            print(name, json.dumps(row["metrics"]), flush=True)
            file.write_text(on_one_line(json.dumps(content, indent=1)) + "\n")


if __name__ == "__main__":
    main()
