"""Sound as tokens, MusicGen in small, beside diffusion on the same sounds.

    python -m bench.tokens train            # 15 minutes of one core, resumable
    python -m bench.tokens train --lag 0    # all tokens of a frame at once; as long
    python -m bench.tokens judge            # 8 minutes
    python -m bench.tokens time             # 2 minutes

Both learned from the garden's 3,600 training sounds by way of the latents of
`sounds-autoencoder`, and from as many examples, 160,000. Books are fitted to the
training sounds; 240 further sounds choose when the training is best and how strong the
guidance. The test sounds, 360 as on the card of `sounds-latent`, choose nothing. The
table goes to minidiff/measured/rivals-tokens.json, and sounds beside it.
"""

import argparse
import functools
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from bench.variations import on_one_line
from bench.watched import trained
from minidiff import data
from minidiff.guidance import Guided
from minidiff.judging.ear import stacked
from minidiff.judging.evaluate import far, recognised
from minidiff.measured import FOLDER
from minidiff.models.ears import load_ears
from minidiff.models.model import load
from minidiff.models.run import machine
from minidiff.rivals.coded import Coded
from minidiff.rivals.rvq import RVQ, columns, pictures
from minidiff.samplers import dpmpp_2m
from minidiff.schedule import noise_times

BOOKS, WORDS = 8, 256
SIZES = {"width": 192, "depth": 5}  # as many weights as `sounds-latent` has
STEPS, BATCH = 2500, 64  # 160,000 examples, as `sounds-latent` had
SCALES = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
TITLES = ["rain", "bird", "bell"]
BEGUN = 6  # frames of 64 ms that a continuation is given
LAGS = {1: "tokens", 0: "tokens, all books at once"}
KNOWN = 720  # training sounds, to whose spread distances are held


def codec_and_codes(out: Path) -> tuple[RVQ, dict[str, Tensor]]:
    """The books, and the training and the further sounds as codes; made once."""
    file = out / "codes.safetensors"
    if not file.is_file():
        latents, z = load("sounds-autoencoder"), {}
        for name, n, seed in (("train", 3600, 0), ("held", 240, 1)):
            waves, z[f"{name} labels"] = stacked(data.sounds(n, "train", seed))
            z[name] = torch.cat([columns(latents.encode(w)) for w in waves.split(60)])
        codec = RVQ.fit(z["train"].flatten(0, 1), BOOKS, WORDS)
        codes = {k: codec.encode(z[k]) for k in ("train", "held")}
        out.mkdir(parents=True, exist_ok=True)
        save_file(z | codes | {"books": codec.books}, file)
    kept = load_file(file)
    return RVQ(kept.pop("books")), kept


def new(lag: int) -> Coded:
    torch.manual_seed(0)
    return Coded(WORDS, BOOKS, 16, 12, **SIZES, lag=lag)


def train(out: Path, lag: int) -> tuple[Coded, dict]:
    """The trained net, and how it was trained."""
    _, codes = codec_and_codes(out)
    net, held = new(lag), (codes["held"], codes["held labels"])

    def surprise(net: Coded) -> float:
        return -net.log_likelihood(*held).mean().item() / held[0][0].numel()

    pair = codes["train"], codes["train labels"]
    how = {"steps": STEPS, "batch": BATCH}
    log = trained(net, pair, out / f"lag-{lag}", surprise, **how)
    return net, log


class Judge:
    """The test sounds as both ears hear them, and what others are to be held to."""

    def __init__(self, out: Path):
        self.latents, self.ears = load("sounds-autoencoder"), load_ears("sounds")
        self.codec, self.codes = codec_and_codes(out)
        self.test, self.truth = stacked(data.sounds(360, "test"))
        known, _ = stacked(data.sounds(KNOWN, "train"))
        self.known = {e: ear.embed(known) for e, ear in self.ears.items()}
        self.real = {e: ear.embed(self.test) for e, ear in self.ears.items()}
        z = torch.cat([self.latents.encode(w) for w in self.test.split(60)])
        self.frames = columns(z)

    def spoken(self, x: Tensor) -> Tensor:
        """The waveforms of frames."""
        parts = pictures(x, 4).split(30)
        return torch.cat([self.latents.decode(p) for p in parts]).clamp(-1, 1)

    def row(self, waves: Tensor) -> dict:
        """Numbers of sounds whose classes take turns as those of the test do."""
        found = {}
        for e, ear in self.ears.items():
            told = ear.embed(waves)
            both = self.truth, self.truth
            named = ear.named(told)
            hits = (named == self.truth).double()
            found[e] = far(told, self.real[e], self.known[e], both)
            found[e] |= recognised(named, self.truth)
            found[e]["each"] = [
                round(hits[self.truth == c].mean().item(), 3) for c in range(12)
            ]
        return {"n": len(waves), "metrics": found}

    def best_scale(self, net: Coded) -> tuple[float, dict]:
        """The guidance whose sounds both ears find nearest to further sounds."""
        labels = self.codes["held labels"][:120]
        waves, _ = stacked(data.sounds(120, "train", 1))
        tried = {}
        for scale in SCALES:
            made = self.spoken(self.codec.decode(sampled(net, labels, scale)))
            gaps = (
                gap(ear.embed(made), ear.embed(waves)) for ear in self.ears.values()
            )
            tried[scale] = round(sum(gaps), 4)
        return min(tried, key=tried.get), tried


def judge(out: Path, keep: "Table") -> None:
    """The nets and what to hold them against; each row is kept when it is known."""
    us = Judge(out)

    def once(name: str, kind: str, make: Callable[[], tuple[Tensor, dict]]) -> None:
        if name not in keep:
            waves, more = make()
            keep.row(name, us.row(waves) | more, kind)
            if name != "training sounds":  # the garden plays these itself
                keep.sound(name, waves)

    def coded(k: int) -> tuple[Tensor, dict]:
        x = us.codec.decode(us.codec.encode(us.frames, k))
        off = ((x - us.frames).square().mean() / us.frames.var()).item()
        return us.spoken(x), {"off": round(off, 4), "bits": k * 8 * 16 / 1.024}

    def others() -> tuple[Tensor, dict]:
        known = data.sounds(KNOWN + 360, "train")
        return torch.stack([known[KNOWN + i][0] for i in range(360)]), {}

    once("training sounds", "yardsticks", others)
    once("true latents", "yardsticks", lambda: (us.spoken(us.frames), {}))
    for k in (4, BOOKS):
        once(f"codec, {k} books", "yardsticks", functools.partial(coded, k))
    once("diffusion", "rows", lambda: (diffused(us.truth), {}))
    for lag, name in LAGS.items():
        if (out / f"lag-{lag}" / "best.safetensors").is_file():
            net, log = train(out, lag)
            once(name, "rows", functools.partial(written, us, net, log))
    name, begun = "continued", us.codec.encode(us.frames)[:, :BEGUN]
    if name not in keep and LAGS[1] in keep:
        net, scale = train(out, 1)[0], keep.content["rows"][LAGS[1]]["scale"]
        made = sampled(net, us.truth, scale, begun)
        once(name, "rows", lambda: (us.spoken(us.codec.decode(made)), {}))


def diffused(labels: Tensor) -> Tensor:
    """Sounds of the shipped model, with its own sampler, steps and guidance."""
    model, parts = load("sounds-latent"), labels.split(30)
    return torch.cat(
        [model.generate(p, n=len(p), seed=30 * i) for i, p in enumerate(parts)]
    )


def sampled(net: Coded, labels: Tensor, scale: float, begin=None) -> Tensor:
    dice = torch.Generator().manual_seed(0)
    return net.sample(len(labels), labels, scale, dice, begin)


def written(us: Judge, net: Coded, log: dict) -> tuple[Tensor, dict]:
    """Sounds of a net, and whether it knows the training sounds by heart.

    alike: the largest share of its codes that a sound has in common with a training
    sound, in the mean, of made ones and of held ones.
    """
    scale, tried = us.best_scale(net)
    made, known = sampled(net, us.truth, scale), us.codes["train"]
    alike = {"made": nearest(made, known), "held": nearest(us.codes["held"], known)}
    return us.spoken(us.codec.decode(made)), {
        "scale": scale,
        "tried": tried,
        "alike": {k: round(v.mean().item(), 4) for k, v in alike.items()},
        "steps": len(net.places),
        "weights": sum(p.numel() for p in net.parameters()),
        "training": log,
    }


def gap(made: Tensor, real: Tensor) -> float:
    """How far two crowds are apart in means and spreads, against the real one's."""
    means = (made.mean(0) - real.mean(0)).square().sum()
    spreads = (made.std(0) - real.std(0)).square().sum()
    return ((means + spreads) / real.var(0).sum()).item()


def nearest(codes: Tensor, known: Tensor) -> Tensor:
    """The largest share of its codes that each has in common with one known sound."""
    flat = known.flatten(1)
    return torch.stack(
        [(flat == one.flatten()).double().mean(1).max() for one in codes]
    )


# Seconds.


def clock(keep: "Table", again: int = 5) -> None:
    """Processor seconds for one second of sound, without what makes it audible."""
    model = load("sounds-latent")
    for seconds, frames in ((1, 16), (10, 160)):
        torch.manual_seed(0)  # the time of a net does not depend on what it learned
        net = Coded(WORDS, BOOKS, frames, 12, **SIZES).eval()
        rows = len(net.places)
        ways = {  # and how many places a net reads, twice for guidance
            "diffusion": (
                functools.partial(walked, model, frames),
                20 * 8 * frames // 2,
            ),
            "tokens": (functools.partial(one, net, True), rows),
            "tokens, no cache": (
                functools.partial(one, net, False),
                rows * (rows + 1) // 2,
            ),
        }
        for name, (make, reads) in ways.items():
            times = [timed(make) / (0.064 * frames) for _ in range(again)]
            numbers = {"seconds": statistics.median(times), "reads": 2 * reads}
            row = {"n": again, "metrics": numbers}
            row["spread"] = {"seconds": statistics.stdev(times)}
            keep.row(f"{name}, {seconds} s", row, "rows")
    z = torch.randn(8, 4, 16, 16, generator=torch.Generator().manual_seed(0))
    each = timed(lambda: model.spec.decode(z)) / (8 * 1.024)
    row = {"n": 8, "metrics": {"seconds": each}}
    keep.row("latents to waves", row, "yardsticks")


def timed(make: Callable) -> float:
    began = time.process_time()
    make()
    return time.process_time() - began


def one(net: Coded, cache: bool) -> Tensor:
    dice = torch.Generator().manual_seed(0)
    return net.sample(1, torch.tensor([6]), 1.5, dice, cache=cache)


@torch.no_grad()
def walked(model, frames: int) -> Tensor:
    """The shipped denoiser's steps with guidance, on so many frames."""
    dice = torch.Generator().manual_seed(0)
    x = torch.randn(1, 4, 16, frames, generator=dice)
    guided = Guided(model.denoiser, model.settings["scale"])
    times = noise_times(model.denoiser.schedule, model.settings["steps"])
    *_, x = dpmpp_2m(guided, x, times, {"sound": torch.tensor([6])})
    return x


class Table:
    """The rows in a file; a row is written the moment it is known."""

    def __init__(self, file: Path, again: str):
        self.file, self.sounds_file = file, file.with_suffix(".safetensors")
        blank = {"again": again, "titles": TITLES, "sample_rate": 16_000}
        blank |= {"n": {"made": 360, "test": 360}, "rows": {}, "yardsticks": {}}
        self.content = json.loads(file.read_text()) if file.is_file() else blank
        self.sounds = load_file(self.sounds_file) if self.sounds_file.is_file() else {}
        self.machine = machine(load("sounds-latent").denoiser)

    def __contains__(self, name: str) -> bool:
        return name in self.content["rows"] | self.content["yardsticks"]

    def row(self, name: str, row: dict, kind: str) -> None:
        self.content[kind][name] = row | {"machine": self.machine}
        text = on_one_line(json.dumps(self.content, indent=1))
        self.file.write_text(text + "\n")
        print(name, json.dumps(row)[:300], flush=True)

    def sound(self, name: str, waves: Tensor) -> None:
        """Keep one of each title; in `waves` the classes take turns."""
        names = data.sounds(12).names
        first = waves[[names.index(title) for title in TITLES]]
        self.sounds[name] = (32767 * first.clamp(-1, 1)).round().to(torch.int16)
        save_file(self.sounds, self.sounds_file)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["train", "judge", "time"])
    parser.add_argument("--lag", type=int, default=1, help="0: all books at once")
    parser.add_argument("--runs", type=Path, default=Path("runs/tokens"))
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    if args.what == "train":
        train(args.runs, args.lag)
    elif args.what == "judge":
        again = "python -m bench.tokens train; python -m bench.tokens judge"
        judge(args.runs, Table(args.out / "rivals-tokens.json", again))
    else:
        again = "python -m bench.tokens time"
        clock(Table(args.out / "rivals-seconds.json", again))


if __name__ == "__main__":
    main()
