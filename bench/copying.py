"""Do models copy? Shares of copies over the number of examples, small mels.

    python -m bench.copying          # 15 minutes of one core; goes on where it was

Mels of 16 bands and 16 frames of the garden's sounds, which need no recordings. Of 10
to 3000 of them learn the ideal denoiser, which knows them by heart, and two U-Nets of
one shape, both for as many steps. A made mel is a copy if it is at least three times as
near to one of the examples as to any other. Yardsticks, for every number of examples:
*held out*, other mels of the garden, of which none is a copy, and *planted*, the
examples themselves with a little noise. Every row is written when it is done, and not
made again; the table is minidiff/measured/copying.json, which chapter 19 reads.
"""

import argparse
import json
import math
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

import minidiff as md
from minidiff.judging.copies import copied
from minidiff.measured import FOLDER
from minidiff.models.run import machine

SCHEDULE = md.Cosine()
SPEC = md.MelSpec(16_000, n_fft=1024, hop_length=512, n_mels=16, mean=-55.0, std=23.0)
SIZES = (10, 30, 100, 300, 1000, 3000)
NETS = {"small net": (16, 32), "large net": (48, 96)}
STEPS, BATCH = 2500, 16
HELD, MADE, WALK = 500, 300, 30  # mels held out, mels made, steps of the sampler
PLANTED = 0.05  # spread of the noise on planted copies


def mels(n: int, split: str = "train") -> Tensor:
    """Small mels of the first n sounds of the garden, (n, 1, 16, 16)."""
    data, parts = md.data.sounds(n, split), []
    for some in torch.arange(n).split(100):
        waves = torch.stack([data[i][0] for i in some.tolist()])
        parts.append(F.avg_pool2d(SPEC.encode(waves), (1, 2)))
    return torch.cat(parts)


class Drawn:
    """Batches of examples, drawn for ever."""

    def __init__(self, x: Tensor, seed: int):
        self.x, self.dice = x, torch.Generator().manual_seed(seed)

    def __iter__(self):
        while True:
            i = torch.randint(len(self.x), (BATCH,), generator=self.dice)
            yield self.x[i]


def trained(channels: tuple[int, ...], x: Tensor, seed: int = 0) -> md.Denoiser:
    torch.manual_seed(seed)
    net = md.UNet(dims=2, channels=channels, mid=1, patch=2)
    denoiser = md.Denoiser(net, SCHEDULE, predicts="v")
    for _ in md.fit(denoiser, Drawn(x, seed), STEPS, lr=2e-3, seed=seed):
        pass
    return denoiser


def multiplications(net: nn.Module, x: Tensor) -> int:
    """Of one call for one item, in convolutions and matrix products."""
    with (
        torch.no_grad(),
        sdpa_kernel(SDPBackend.MATH),
        FlopCounterMode(display=False) as counter,
    ):
        net(x[:1], torch.full((1,), 0.5))
    return counter.get_total_flops() // 2  # which counts the additions as well


@torch.no_grad()
def losses(denoiser: md.Denoiser, x: Tensor) -> float:
    """The mean loss on these mels, the same noise for every net."""
    dice = torch.Generator().manual_seed(5)
    x = x[torch.randint(len(x), (500,), generator=dice)]
    return sum(denoiser.loss(part, generator=dice).item() for part in x.split(100)) / 5


def share(hits: Tensor) -> tuple[float, float]:
    """A share and its standard error, one hit and one miss more counted."""
    p, n = hits.double().mean().item(), len(hits)
    likely = (p * n + 1) / (n + 2)
    return round(p, 4), round(math.sqrt(likely * (1 - likely) / n), 4)


def row(made: Tensor, known: Tensor) -> dict:
    p, error = share(copied(made.flatten(1), known.flatten(1)))
    return {"n": len(made), "metrics": {"copies": p}, "spread": {"copies": error}}


def walked(denoiser) -> Tensor:
    """What it makes of the same noise as every other."""
    dice = torch.Generator().manual_seed(1)
    noise = torch.randn(MADE, 1, 16, 16, generator=dice)
    with torch.no_grad():
        *_, x = md.ddim(denoiser, noise, SCHEDULE.times(WALK))
    return x


def learned(name: str, known: Tensor, held: Tensor) -> dict:
    """The row of one net after one lesson."""
    began = time.process_time()
    denoiser = trained(NETS[name], known)
    seconds = round(time.process_time() - began, 1)
    found = row(walked(denoiser), known)
    found["metrics"] |= {
        "train_loss": round(losses(denoiser, known), 4),
        "held_loss": round(losses(denoiser, held), 4),
    }
    found |= {
        "steps": STEPS,
        "parameters": sum(p.numel() for p in denoiser.parameters()),
        "multiplications": multiplications(denoiser.net, known),
        "seconds": seconds,
        "seeds": 1,
    }
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    torch.set_num_threads(1)
    file = args.out / "copying.json"
    content = {"again": "python -m bench.copying", "n": {"made": MADE, "held": HELD}}
    content |= {"batch": BATCH, "sizes": SIZES, "yardsticks": {}, "rows": {}}
    if file.is_file():
        content = json.loads(file.read_text())
    x = mels(max(SIZES))
    held = mels(HELD, "test")
    dice = torch.Generator().manual_seed(2)
    noisy = x + PLANTED * torch.randn(x.shape, generator=dice)
    for n in SIZES:
        content["yardsticks"] |= {
            f"held out, {n}": row(held, x[:n]),
            f"planted, {n}": row(noisy[:n][:MADE], x[:n]),
        }
        for name in ("ideal", *NETS):
            key = f"{name}, {n}"
            if key in content["rows"]:
                continue
            if name == "ideal":
                found = row(walked(md.IdealDenoiser(x[:n], SCHEDULE)), x[:n])
            else:
                found = learned(name, x[:n], held)
            content["rows"][key] = found | {"machine": machine(nn.Linear(1, 1))}
            print(key, json.dumps(found["metrics"]), flush=True)
            file.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
