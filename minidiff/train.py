"""Training: show the net noised sounds and correct its answers."""

import copy
import math
import os
import warnings
import weakref
from collections.abc import Iterable, Iterator, Sized
from dataclasses import dataclass

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from torch import Tensor, nn
from torch.utils.data import DataLoader, Sampler

from . import valid

LAUNCH = "WORLD_SIZE", "RANK", "MASTER_ADDR", "MASTER_PORT"  # what a launcher sets
LEFT = *LAUNCH, "LOCAL_RANK", "LOCAL_WORLD_SIZE"  # what Accelerate would follow
TRAINED_BY = weakref.WeakKeyDictionary()  # whose steps a denoiser follows now


@dataclass
class Step:
    """One step of training, as `fit` yields it.

    index: 1 for the first. ema: a denoiser with the averaged weights. state: all that
    is needed to go on from here, for `fit(..., state=...)`; only while the loop stands
    here, later it raises ValueError.
    """

    index: int
    ema: nn.Module
    _loss: Tensor
    _state: object

    @property
    def loss(self) -> float:
        """The loss on this step's batch."""
        return self._loss.item()

    @property
    def state(self) -> dict:
        return self._state()


def fit(
    denoiser: nn.Module,
    loader: Iterable,
    steps: int,
    *,
    lr: float = 1e-3,
    decay: float = 0.999,
    clip: float = 1.0,
    seed: int = 0,
    state: dict | None = None,
) -> Iterator[Step]:
    """Train `denoiser` for `steps` steps; a generator, so that the caller keeps watch.

    Or anything else with `.loss(x0, cond, generator)`, such as an autoencoder.

    loader: any iterable of x0 or (x0, cond) batches, begun again as often as needed.
    lr: peak of the learning rate, reached after 5 % of the steps, then a cosine to 0.
    decay: of the moving average of the weights, which `denoiser` holds when the loop
    ends. clip: largest norm of the gradient. seed: of times, noise and dropped
    conditions. state: a `Step.state` to go on from; the loader must then go on too.

    Runs where the denoiser's weights are, in bfloat16 where the hardware has it; under
    `accelerate launch` on every process's device. Raises ValueError for steps < 1, lr
    or clip below 0, decay outside [0, 1], seed < 0, a denoiser without weights or in
    the hands of a later `fit`, a loader that is empty or cannot begin again, and a loss
    that is no longer finite; TypeError for batches that are no tensors.
    """
    valid.whole(steps, "steps", 1)
    valid.number(lr, "lr", 0, math.inf)
    valid.number(decay, "decay", 0, 1)
    valid.number(clip, "clip", 0, math.inf)
    seed = valid.seed(seed)
    if next(denoiser.parameters(), None) is None:
        raise ValueError("denoiser: it has no weights, so there is nothing to train")
    return _fit(denoiser, loader, steps, lr, decay, clip, seed, state)


def _fit(denoiser, loader, steps, lr, decay, clip, seed, state):
    accelerator = _accelerator(next(denoiser.parameters()).device)
    device = accelerator.device
    optimizer = torch.optim.Adam(denoiser.parameters(), lr, (0.9, 0.99))
    rate = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda i: ramp(i, steps))
    noise = torch.Generator()
    model, optimizer = accelerator.prepare(Loss(denoiser), optimizer)
    # after `prepare`, which makes the weights of all processes those of the first
    ema = copy.deepcopy(denoiser).to(device).eval().requires_grad_(False)
    if isinstance(loader, DataLoader):
        loader = accelerator.prepare(loader)
    start = 0
    if state is not None:
        start = state["index"]
        denoiser.load_state_dict(state["net"])
        ema.load_state_dict(state["ema"])
        optimizer.load_state_dict(state["optimizer"])
        rate.load_state_dict(state["rate"])

    denoiser.train()
    me = TRAINED_BY[denoiser] = object()
    batches = forever(loader, device)
    try:
        for index in range(start + 1, steps + 1):
            if TRAINED_BY.get(denoiser) is not me:
                raise ValueError("denoiser: another `fit`, begun later, trains it now")
            x0, cond = next(batches)
            _warn_if_hopeless(denoiser, cond, index)
            # noise of its own for every step and process, whether resumed or not
            noise.manual_seed(mixed(seed, 64 * index + accelerator.process_index))
            loss = model(x0, cond, noise)  # in bfloat16, if `prepare` chose so
            if not torch.isfinite(loss):
                raise ValueError(
                    f"the loss is {loss.item()} at step {index}: try a "
                    f"smaller lr than {lr}"
                )
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(denoiser.parameters(), clip)
            optimizer.step()
            rate.step()
            optimizer.zero_grad()
            average(ema, denoiser, min(decay, index / (index + 10)))

            def snapshot(index=index):
                if index != here:  # where the loop is by now  # noqa: B023
                    raise ValueError("state: the training went on; read it in the loop")
                state = {
                    "index": index,
                    "net": denoiser.state_dict(),
                    "ema": ema.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "rate": rate.state_dict(),
                }
                return copy.deepcopy(state)  # training goes on in the originals

            here = index
            yield Step(index, ema, loss.detach(), snapshot)
    finally:
        here = None
        if TRAINED_BY.get(denoiser) is me:
            del TRAINED_BY[denoiser]
            denoiser.load_state_dict(ema.state_dict())
            denoiser.eval()


class Loss(nn.Module):
    """The loss as a module's forward, which is what data-parallel training wraps."""

    def __init__(self, denoiser: nn.Module):
        super().__init__()
        self.denoiser = denoiser

    def forward(self, x0: Tensor, cond, generator: torch.Generator) -> Tensor:
        return self.denoiser.loss(x0, cond, generator)


def ramp(i: int, steps: int) -> float:
    """Share of the peak learning rate at step i: up in 5 %, then a cosine to 0."""
    warm = max(1, steps // 20)
    if i < warm:
        return (i + 1) / warm
    return 0.5 + 0.5 * math.cos(math.pi * (i - warm) / max(1, steps - warm))


@torch.no_grad()
def average(ema: nn.Module, model: nn.Module, decay: float) -> None:
    """Move the averaged weights a little towards the trained ones; copy buffers."""
    torch._foreach_lerp_(list(ema.parameters()), list(model.parameters()), 1 - decay)
    for kept, new in zip(ema.buffers(), model.buffers(), strict=True):
        kept.copy_(new)  # counts and running means, which are no weights


def forever(loader: Iterable, device) -> Iterator[tuple]:
    """(x0, cond) batches on `device`; starts the loader again whenever it ends."""
    given = 0
    while True:
        before = given
        for batch in loader:
            given += 1
            batch = batch if isinstance(batch, tuple | list) else (batch,)
            x0, cond = (*batch, None)[:2]  # a lone (x0,) is what TensorDataset gives
            yield placed(x0, device), moved(cond, device)
        if given == before:
            raise ValueError(
                f"loader gave no batch after {given}: it must begin again whenever it "
                "ends, as a list or a DataLoader does"
            )


def moved(cond, device):
    """A condition, in whatever form, on `device`."""
    if isinstance(cond, dict):
        return {name: placed(value, device) for name, value in cond.items()}
    return cond if cond is None else placed(cond, device)


def placed(part, device) -> Tensor:
    if not isinstance(part, Tensor):
        what = f"batches of tensors, x0 or (x0, cond), got {type(part).__name__}"
        raise TypeError(f"loader: expected {what}")
    return part.to(device)


class Shuffled(Sampler):
    """Batches of indices without end, a new order every epoch, from any position on.

    The order depends on `seed` alone, so that a training which begins again at `start`
    sees what it would have seen. Use as DataLoader(..., batch_sampler=Shuffled(...)).
    """

    drop_last = True  # accelerate shards the batches and asks for this

    def __init__(self, data: Sized, batch_size: int, seed: int = 0, start: int = 0):
        self.size, self.batch_size = len(data), min(batch_size, len(data))
        self.seed, self.start = seed, start

    def __iter__(self) -> Iterator[list[int]]:
        per_epoch = self.size // self.batch_size
        position = self.start
        while True:
            epoch, first = divmod(position, per_epoch)
            generator = torch.Generator().manual_seed(mixed(self.seed, epoch))
            order = torch.randperm(self.size, generator=generator).tolist()
            for i in range(first, per_epoch):
                yield order[i * self.batch_size : (i + 1) * self.batch_size]
            position = (epoch + 1) * per_epoch


def mixed(seed: int, number: int) -> int:
    """A seed of its own for each number."""
    return (seed * 1_000_003 + number) % 2**63


def processes() -> int:
    """How many train together: those that a launcher started, else this one alone.

    A variable that was left behind in the environment is not a launcher.
    """
    found = [os.environ.get(name, "") for name in LAUNCH]
    return int(found[0]) if all(found) and found[0].isdecimal() else 1


def main_process() -> bool:
    """Whether this is the process that writes files, under `accelerate launch`."""
    return processes() == 1 or int(os.environ["RANK"]) == 0


def _accelerator(device: torch.device) -> Accelerator:
    """Hugging Face's Accelerator for this device, or the launcher's for its process."""
    launched = processes() > 1
    if not launched:  # Accelerate remembers its first device; here each fit may choose
        AcceleratorState._reset_state(reset_partial_state=True)
    on_cpu = device.type == "cpu" and not launched
    # emulated bfloat16 is far slower than float32
    if on_cpu:
        half = torch.cpu._is_avx512_bf16_supported()
    else:
        half = torch.cuda.is_available() and torch.cuda.is_bf16_supported(
            including_emulation=False
        )
    if device.type == "cuda" and not launched:  # Accelerate takes the current one
        torch.cuda.set_device(device)
    left = {} if launched else {k: os.environ.pop(k) for k in LEFT if k in os.environ}
    try:
        return Accelerator(cpu=on_cpu, mixed_precision="bf16" if half else "no")
    finally:
        os.environ.update(left)


def _warn_if_hopeless(denoiser: nn.Module, cond, index: int) -> None:
    if index > 1 or cond is not None or not hasattr(denoiser, "schedule"):
        return
    alpha, sigma = denoiser.schedule(1.0)
    if alpha > 0.05 * sigma:
        warnings.warn(
            f"the schedule does not end in noise (alpha = {alpha:.2f} at t = 1) and "
            "there is no condition: samples will lack what the noise cannot say",
            stacklevel=3,
        )
