"""A training of tokens that is watched: resumed where it stopped, kept where best.

Small data are soon learned by heart. So every so many steps the averaged weights are
asked how surprising data are that were kept back, and those that were least surprised
are what is used. Beside them lies `log.json`: each such number, the seconds, the step,
and of which run, data and net it is.
"""

import hashlib
import json
import math
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from minidiff.models import checkpoint as checkpoints
from minidiff.models.place import claimed
from minidiff.models.run import machine
from minidiff.train import Shuffled, fit

BEST, LOG = "best.safetensors", "log.json"


def trained(
    net: nn.Module,
    data: tuple[Tensor, ...],
    out: Path,
    surprise: Callable[[nn.Module], float],
    *,
    steps: int,
    batch: int = 64,
    lr: float = 1e-3,
    every: int = 100,
    seed: int = 0,
) -> dict:
    """Train, and leave in `net` the weights that were least surprised; the log of it.

    data: x0, or x0 and labels. surprise: of averaged weights, by data kept back.
    Raises ValueError where another process trains into `out`, for a checkpoint of
    another run, and for a surprise that is no number.
    """
    out.mkdir(parents=True, exist_ok=True)
    run = {"steps": steps, "batch": batch, "lr": lr, "seed": seed, "every": every}
    run["of"] = told_apart(net, data)
    with claimed(out):
        log = finished(out, run) or learn(net, data, out, surprise, run)
        net.load_state_dict(load_file(out / BEST))
    net.eval()
    return log


def told_apart(net: nn.Module, data: tuple[Tensor, ...]) -> str:
    """A digest of the data and of the shapes of a net."""
    shapes = [(name, *w.shape) for name, w in net.state_dict().items()]
    sha = hashlib.sha256(str(shapes).encode())
    for part in data:
        sha.update(part.contiguous().numpy().tobytes())
    return sha.hexdigest()[:16]


def finished(out: Path, run: dict) -> dict | None:
    """The log of this very run, if it came to its end and all of it is there."""
    if (out / checkpoints.NAME).is_file() or not (out / BEST).is_file():
        return None
    try:
        log = json.loads((out / LOG).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return log if log["run"] == run and log["told"][-1][0] == run["steps"] else None


def learn(net, data, out: Path, surprise: Callable, run: dict) -> dict:
    """Train to the end; the log. What was told so far is in the checkpoint."""
    file, examples = out / checkpoints.NAME, TensorDataset(*data)
    state, spent = checkpoints.resume(file, run)
    told, start = (state.pop("told"), state["index"]) if state else ([], 0)
    order = Shuffled(examples, run["batch"], run["seed"], start)
    loader = DataLoader(examples, batch_sampler=order)
    options = {key: run[key] for key in ("lr", "seed")}
    began = time.process_time() - spent
    for step in fit(net, loader, run["steps"], state=state, **options):
        if step.index % run["every"] and step.index < run["steps"]:
            continue
        nats = surprise(step.ema)
        if not math.isfinite(nats):
            raise ValueError(f"surprise: {nats} at step {step.index}")
        if nats < min((n for _, n in told), default=math.inf):
            whole(out / BEST, partial(save_file, step.ema.state_dict()))
        told.append([step.index, nats])
        seconds = time.process_time() - began
        print(out.name, step.index, round(step.loss, 3), round(nats, 4), flush=True)
        if step.index < run["steps"]:
            state = step.state | {"told": told}
            content = {"run": run, "state": state, "seconds": seconds}
            checkpoints.keep(file, content)
    nats, at = min((n, k) for k, n in told)
    log = {"run": run, "told": [[k, round(n, 4)] for k, n in told], "best": at}
    log |= {"nats": round(nats, 4), "seconds": round(seconds), "machine": machine(net)}
    whole(out / LOG, lambda new: new.write_text(json.dumps(log) + "\n"))
    checkpoints.drop(file)
    return log


def whole(file: Path, write: Callable[[Path], object]) -> None:
    """Write beside, then move: never half a file."""
    new = file.with_name(f"{file.name}.new")
    write(new)
    os.replace(new, file)
