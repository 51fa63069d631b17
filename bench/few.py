"""Few steps: what both ears say of a teacher, of its fast model, and of six students.

    python -m bench.few students --out runs/few      # an hour of one core, resumable
    python -m bench.few judge --students runs/few    # some minutes more
    python -m bench.few judge --fast runs/digits-fast
    python -m bench.few time

`students`: see `bench.students`. `judge`: every row makes a sound for each test
recording, of the same word and speaker, from the same noises; each net is called once
a step. *recognised*: share; *frechet*: to the test split, all 128 directions, less the
bias of few; *precision*: share of made sounds within reach of a recording, *recall*: of
recordings within reach of a made one; *variety*: how much takes of one word by one
speaker differ, over how much the recordings do. Spreads are over both crowds
(`judging.halves`). Names of ear B end in `_b`. A row stands in the table from the
moment it is done, and is not made again for the same weights. `time`: processor
milliseconds for one sound, one thread, the median.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from bench import students
from bench.judged import of_ear
from bench.students import TEACHER
from minidiff.digest import digest
from minidiff.judging.crowds import labels_of, like
from minidiff.judging.distance import frechet, precision_recall
from minidiff.judging.ear import stacked
from minidiff.judging.evaluate import recognised
from minidiff.judging.halves import halves
from minidiff.measured import FOLDER
from minidiff.models.ears import load_ears
from minidiff.models.model import load
from minidiff.models.recipes import RECIPES
from minidiff.models.run import machine
from minidiff.models.shelf import shipped
from minidiff.process import randn
from minidiff.samplers import from_noise
from minidiff.schedule import noise_times

FAST = "digits-fast"
COUNTS = {"teacher": (1, 2, 4, 8, 20, 50), students.PLAIN: (1, 2, 4)}
STOPS = {1: (), 2: (0.8,), 4: (0.9, 0.8, 0.1)}  # as `bench.stops` found for FAST
PART, VOICES = 30, 6
MOST = 10 * VOICES  # cells: a word by a voice
KEPT = ("seven", 0)  # the sounds that are kept: this word, this speaker
Walk = Callable[[list[torch.Generator], dict], Tensor]


def through(denoiser, shape, sampler: str, n: int, times=None) -> Walk:
    """A way from noise to x by one of the samplers."""

    def walk(dice, cond):
        size = (len(dice), *shape)
        return from_noise(denoiser, size, sampler, n, cond, dice, times=times)

    return walk


def plain(denoiser, shape, n: int) -> Walk:
    """The walk of one who has not learned to jump.

    Of two calls the second is where the students' is: there `noise_times` has no noise.
    """
    begin = noise_times(denoiser.schedule, 1)[0].item()
    times = torch.tensor([begin, *STOPS[2], 0.0]).double() if n == 2 else None
    return through(denoiser, shape, "dpmpp_2m", n, times)


def averaged(learner, shape, n: int) -> Walk:
    def walk(dice, cond):
        return learner.walk(randn((len(dice), *shape), dice), n, cond)

    return walk


def jumping(denoiser, shape, n: int, stops=None) -> Walk:
    """stops: of a model that has its own; else STOPS."""
    begin = noise_times(denoiser.schedule, 1)[0].item()
    stops = stops or [begin, *STOPS[n]]
    times = torch.tensor([*stops, 0.0]).double()
    return through(denoiser, shape, "renoise", n, times)


def ways(args) -> dict[str, tuple[Walk, str, int]]:
    """All rows by title: the way, a digest of what walks it, and the calls of a net."""
    teacher = load(TEACHER)
    shape, sha, found = teacher.shape, teacher.card["sha256"], {}
    for n in COUNTS["teacher"]:
        walk = plain(teacher.denoiser, shape, n)
        found[f"teacher, {n}"] = walk, sha, n
    if args.fast or FAST in shipped():
        fast = load(args.fast or FAST)
        for n, own in fast.settings["stops"].items():
            walk = jumping(fast.denoiser, shape, int(n), own)
            found[f"{FAST}, {n}"] = walk, fast.card["sha256"], int(n)
    for name in students.NAMES if args.students else ():
        for stage, learner in students.trained(name, args.students, teacher).items():
            folder = args.students / name.replace(" ", "-")
            sha = digest([folder / f"{stage}.safetensors"])
            counts = (stage,) if stage else COUNTS.get(name, tuple(STOPS))
            for n in counts:
                found[f"{name}, {n}"] = way_of(name, learner, shape, n), sha, n
    return dict(sorted(found.items(), key=place))


def place(item) -> tuple:
    """Rows stand in the order of who, and then of how many calls."""
    who = [*COUNTS, FAST, *students.NAMES]
    name, _, n = item[0].rpartition(", ")
    return who.index(name), int(n)


def way_of(name: str, learner, shape, n: int) -> Walk:
    """How a student is asked."""
    if name == students.PLAIN:
        return plain(learner, shape, n)
    if name == "progressive":
        return through(learner, shape, "ddim", n, students.stops(learner.schedule, n))
    if name in ("shortcut", "mean flow"):
        return averaged(learner, shape, n)
    return jumping(learner, shape, n)


class Court:
    """The test recordings, and what both ears say of a crowd beside them."""

    def __init__(self, n: int | None):
        recipe = RECIPES[TEACHER]
        train, test = recipe.data("train"), recipe.data("test")
        self.ears, self.front = load_ears(TEACHER), load(TEACHER)
        wishes = [labels_of(test, i) for i in range(len(test))]
        # whole cells, drawn: takes of one word by one voice are compared
        dice = torch.Generator().manual_seed(0)
        lots = torch.randperm(MOST, generator=dice).tolist()
        order = sorted(range(len(test)), key=lambda i: (lots[cell(wishes[i])], i))
        order = sorted(order[:n])
        wishes = [wishes[i] for i in order]
        self.wishes = {k: torch.tensor([w[k] for w in wishes]) for k in wishes[0]}
        self.truth, self.cells = self.wishes["digit"], cell(self.wishes)
        self.real = stacked(test)[0][order]
        waves, origin = stacked(train)[0], torch.arange(len(train))
        told = {k: train.labels[:, i] for i, k in enumerate(train.label_names)}
        self.alike = waves[like(self.cells, cell(told), origin)]
        self.heard = {k: ear.embed(self.real) for k, ear in self.ears.items()}

    @torch.no_grad()
    def made(self, walk: Walk) -> Tensor:
        """A sound for each wish, (n, samples); the noise of sound i is of seed i."""
        waves = []
        for first in range(0, len(self.truth), PART):
            cond = {k: c[first : first + PART] for k, c in self.wishes.items()}
            n = len(cond["digit"])
            dice = [torch.Generator().manual_seed(first + i) for i in range(n)]
            waves.append(self.front.heard(walk(dice, cond))[0])
        return torch.cat(waves)

    def numbers(self, waves: Tensor) -> dict:
        metrics, spread = {}, {}
        for letter, ear in self.ears.items():
            told, real = ear.embed(waves.clamp(-1, 1)), self.heard[letter]
            share = recognised(ear.named(told), self.truth)
            value = {"recognised": share["recognised"]}
            error = {"recognised": share["recognised_error"]}
            for name, (measure, labels) in {
                "frechet": (frechet, self.truth),
                "precision": (precision, self.truth),
                "recall": (recall, self.truth),
                "variety": (variety(self.cells), self.cells),
            }.items():
                both = [told, real]
                if name == "variety":  # cells travel with their sounds
                    both = [with_cells(x, labels) for x in both]
                value[name], bias, error[name] = halves(
                    measure, *both, labels=(labels, labels)
                )
                if name == "frechet":
                    value[name] -= bias
            metrics |= of_ear(letter, {k: round(v, 4) for k, v in value.items()})
            spread |= of_ear(letter, {k: round(v, 4) for k, v in error.items()})
        return {"n": len(waves), "metrics": metrics, "spread": spread}


def cell(labels: dict) -> Tensor:
    """One number for word and speaker."""
    return VOICES * labels["digit"] + labels["speaker"]


def precision(made: Tensor, real: Tensor) -> float:
    return precision_recall(real, made)[0]


def recall(made: Tensor, real: Tensor) -> float:
    return precision_recall(real, made)[1]


def with_cells(told: Tensor, cells: Tensor) -> Tensor:
    return torch.cat([told.double(), cells[:, None].double()], 1)


def variety(cells: Tensor) -> Callable[[Tensor, Tensor], float]:
    """The variance within cells of a crowd, over that of another.

    Of crowds as `with_cells` gives them.
    """

    def within(both: Tensor) -> float:
        told, own = both[:, :-1], both[:, -1]
        total = freedom = 0.0
        for one in own.unique():
            x = told[own == one]
            total += (x - x.mean(0)).square().sum().item()
            freedom += len(x) - 1
        return total / freedom

    return lambda made, real: within(made) / within(real)


def judge(args) -> None:
    file, sounds_file = args.out / "few.json", args.out / "few.safetensors"
    old = json.loads(file.read_text()) if file.is_file() else {"rows": {}}
    sounds = load_file(sounds_file) if sounds_file.is_file() else {}
    court, found = Court(args.n), ways(args)
    rows, yardsticks = old["rows"], old.get("yardsticks", {})
    if not yardsticks or next(iter(yardsticks.values()))["n"] != len(court.real):
        yardsticks = {"as many training recordings": court.numbers(court.alike)}
    keep = (
        court.cells
        == VOICES * RECIPES[TEACHER].data("test").names.index(KEPT[0]) + KEPT[1]
    )
    for title, (walk, sha, calls) in found.items():
        was = rows.get(title, {})
        if (was.get("weights"), was.get("n")) != (sha, len(court.real)):
            waves = court.made(walk)
            rows[title] = {"calls": calls, "weights": sha, "seeds": 1}
            rows[title] |= court.numbers(waves) | budget(title, args.students)
            rows[title]["machine"] = machine(court.front.denoiser)
            sounds[title] = (32767 * waves[keep][:2]).round().to(torch.int16)
            print(title, json.dumps(rows[title]["metrics"]), flush=True)
        content = {
            "again": "python -m bench.few judge --students runs/few",
            "n": {"made": len(court.real), "test": len(court.real)},
            "yardsticks": yardsticks, "titles": [KEPT[0]] * 2, "sample_rate": 8000,
            "rows": dict(sorted(rows.items(), key=place)),
        }  # fmt: skip
        few = {k: w for k, w in sounds.items() if k.endswith(", 1")}
        save_file(few | {k: w for k, w in sounds.items() if k in LONGER}, sounds_file)
        file.write_text(json.dumps(content, indent=1) + "\n")


LONGER = ("teacher, 20", f"{FAST}, 2", f"{FAST}, 4")  # of which sounds are kept, too


def budget(title: str, folder: Path | None) -> dict:
    """What a student's training cost, if it is one."""
    name = title.rpartition(", ")[0]
    if name not in students.NAMES:
        return {}
    file = folder / name.replace(" ", "-") / "budget.json"
    return {"budget": json.loads(file.read_text())}


def timed(args) -> None:
    """What a sound costs, and its two parts: the net's calls, and the way to sound."""
    model, rows = load(TEACHER), {}
    cond = {"digit": torch.tensor([7]), "speaker": torch.tensor([0])}

    def spent(work, n=args.repeats):
        work()  # once to warm up
        seconds = []
        for _ in range(n):
            began = time.process_time()
            work()
            seconds.append(1000 * (time.process_time() - began))
        return median(seconds)

    x = torch.zeros(1, *model.shape)
    sound = spent(lambda: model.heard(x.clone()))
    for n in (1, 2, 4, 8, 20, 50):
        sampler = "dpmpp_2m" if n > 4 else "renoise"
        walk = through(model.denoiser, model.shape, sampler, n)
        with torch.no_grad():
            net = spent(lambda walk=walk: walk([torch.Generator()], cond))
        metrics = {"net": net, "to sound": sound, "whole": net + sound}
        metrics = {k: round(v, 1) for k, v in metrics.items()}
        rows[str(n)] = {"metrics": metrics, "machine": machine(model.denoiser)}
        print(n, json.dumps(metrics), flush=True)
    again = f"python -m bench.few time --repeats {args.repeats}"
    content = {"again": again, "n": {"made": args.repeats}, "rows": rows}
    (args.out / "few-time.json").write_text(json.dumps(content, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("students", "judge", "time"))
    parser.add_argument("names", nargs="*", default=list(students.NAMES))
    parser.add_argument("--steps", type=int, default=1200, help="of the plain loss")
    parser.add_argument("--students", type=Path, help="where they are")
    parser.add_argument("--fast", type=Path, help="a folder; default: what ships")
    parser.add_argument("--n", type=int, help="sounds a row; default: all of the test")
    parser.add_argument("--repeats", type=int, default=21, help="of what is timed")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.what == "students":
        for name in args.names:
            students.taught(name, args.steps, args.out or Path("runs/few"))
        return
    args.out = args.out or FOLDER
    (judge if args.what == "judge" else timed)(args)


if __name__ == "__main__":
    main()
