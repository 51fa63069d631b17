"""A training of tokens that is watched: resumed where it stopped, kept where best.

Small data are soon learned by heart. So every so many steps the averaged weights are
asked how surprising data are that were kept back, and those that were least surprised
are what is used. Beside them lies `log.json`: each such number, the seconds, the step.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from minidiff.models import checkpoint as checkpoints
from minidiff.models.run import machine
from minidiff.train import Shuffled, fit


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
    """
    out.mkdir(parents=True, exist_ok=True)
    log_file, best_file = out / "log.json", out / "best.safetensors"
    file = out / checkpoints.NAME
    examples = TensorDataset(*data)
    run = {"steps": steps, "batch": batch, "lr": lr, "seed": seed, "every": every}
    log = json.loads(log_file.read_text()) if log_file.is_file() else None
    if not log or log["run"] != run or log["told"][-1][0] < steps:
        state, spent = checkpoints.resume(file, run)
        told = log["told"] if state and log else []
        start = state["index"] if state else 0
        told = [pair for pair in told if pair[0] <= start]
        loader = DataLoader(
            examples, batch_sampler=Shuffled(examples, batch, seed, start)
        )
        began = time.process_time() - spent
        for step in fit(net, loader, steps, lr=lr, seed=seed, state=state):
            if step.index % every and step.index < steps:
                continue
            nats = surprise(step.ema)
            if not told or nats < min(n for _, n in told):
                save_file(step.ema.state_dict(), best_file)
            told.append([step.index, round(nats, 4)])
            seconds = time.process_time() - began
            print(out.name, step.index, round(step.loss, 3), told[-1][1], flush=True)
            log = {"run": run, "told": told, "seconds": round(seconds),
                   "machine": machine(net)}  # fmt: skip
            log_file.write_text(json.dumps(log) + "\n")
            if step.index < steps:
                content = {"run": run, "state": step.state, "seconds": seconds}
                checkpoints.keep(file, content)
        checkpoints.drop(file)
    net.load_state_dict(load_file(best_file))
    net.eval()
    at, nats = min(log["told"], key=lambda pair: pair[1])
    return log | {"best": at, "nats": nats}
