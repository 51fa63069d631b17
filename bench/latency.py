"""How long from a key to its sound, and whether sounds follow without a gap.

    python -m bench.latency                  # a minute or two, one thread

The net of `digits` is called 20, 4, 2 or 1 times for a sound; the fast model has the
same net with other numbers in it, so its times are these. *cold*: seconds on the clock
from the start of a fresh interpreter to its first sound, in parts; the median of a few
starts. *warm*: milliseconds on the clock from a key to a waveform that can be played,
the median and the worst of many keys; what a sound card adds is not in it. *work*: of
these the processor's, the median. *stream*: seconds of sound for a second of work, if
sounds are made one after the other; *late*: how many are not there in time while these
play, by the clock, if the first begins as soon as it is made. The clock counts all that
the machine does besides.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import torch

from minidiff.measured import FOLDER
from minidiff.models.model import load
from minidiff.models.run import machine

TEACHER = "digits"
STEPS = {20: "dpmpp_2m", 4: "renoise", 2: "renoise", 1: "renoise"}
COLD = """
import json, sys, time
began = float(sys.argv[1])
stamps = {"python": time.time()}
import torch
torch.set_num_threads(1)
stamps["torch"] = time.time()
import minidiff as md
from minidiff.models.model import load
stamps["minidiff"] = time.time()
model = load(sys.argv[2])
stamps["model"] = time.time()
model.generate("seven", steps=int(sys.argv[3]), sampler=sys.argv[4])
stamps["first sound"] = time.time()
last = began
for name, at in stamps.items():
    stamps[name], last = at - last, at
print(json.dumps(stamps))
"""


def cold(steps: int, times: int) -> dict[str, float]:
    """Seconds of each part of a start, and of all of them: the median of some."""
    starts = []
    for _ in range(times):
        code = [sys.executable, "-c", COLD, str(time.time()), TEACHER]
        told = subprocess.run(
            [*code, str(steps), STEPS[steps]],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        starts.append(json.loads(told.stdout.splitlines()[-1]))
    parts = {name: median(s[name] for s in starts) for name in starts[0]}
    return parts | {"all": median(sum(s.values()) for s in starts)}


def keys(model, steps: int, times: int) -> tuple[list[float], list[float]]:
    """Seconds from each of so many keys, of any digit, to its waveform.

    On the clock, and of the processor.
    """
    found = []
    for k in range(times + 1):
        began = time.perf_counter(), time.process_time()
        model.generate(k % 10, steps=steps, sampler=STEPS[steps], seed=k)
        ended = time.perf_counter(), time.process_time()
        found.append([b - a for a, b in zip(began, ended, strict=True)])
    return tuple(zip(*found[1:], strict=True))  # the first warms up


def late(spent: list[float], length: float) -> int:
    """How many sounds are not ready when the one before them ends.

    spent: seconds that each took; each is begun as soon as the one before is made.
    length: seconds of a sound. A gap moves all that follows.
    """
    ready = plays = spent[0]
    missed = 0
    for seconds in spent[1:]:
        ready += seconds
        plays += length
        if ready > plays:
            missed += 1
            plays = ready
    return missed


def row(model, steps: int, starts: int, times: int) -> dict:
    found, work = keys(model, steps, times)
    length = model.settings["samples"] / model.sample_rate
    parts = cold(steps, starts)
    return {
        "steps": steps,
        "metrics": {
            "cold": {k: round(v, 3) for k, v in parts.items()},
            "warm": round(1000 * median(found), 1),
            "worst": round(1000 * max(found), 1),
            "work": round(1000 * median(work), 1),
            "stream": round(length * len(work) / sum(work), 2),
            "late": late(found, length),
        },
        "n": times,
        "machine": machine(model.denoiser),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keys", type=int, default=40)
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    torch.set_num_threads(1)
    model, rows = load(TEACHER), {}
    for steps in STEPS:
        name = f"{steps} step{'s' * (steps > 1)}"
        rows[name] = row(model, steps, args.starts, args.keys)
        print(name, json.dumps(rows[name]["metrics"]), flush=True)
    content = {
        "again": "python -m bench.latency",
        "rows": rows,
        "n": {"made": args.keys},
        "seconds": model.settings["samples"] / model.sample_rate,
    }
    (args.out / "latency.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
