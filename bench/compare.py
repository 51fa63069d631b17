"""Our U-Net against the diffusers library's of the same size, on the same work.

    python -m bench.compare                  # measures here, writes the table
    python -m bench.compare --device cuda    # on a GPU, both compiled as well
    python -m bench.compare --quick          # two repeats, prints only: does it run?

All nets run in one process and take turns, so that whatever else the machine does hits
them alike; the table shows medians. What was measured stays in OUT, a file a device;
README.md is made of all of them. Needs diffusers (see requirements.in); without it our
own columns stand alone.
"""

import argparse
import importlib.util
import json
import platform
import re
import statistics
import time
from pathlib import Path

import torch

import minidiff as md

SHAPE = (16, 1, 64, 32)
ROWS = Path(__file__).with_name("rows")
README = Path(__file__).with_name("README.md")
INTRO = """# Side by side

`UNet(dims=2, in_channels=1, channels=(32, 64, 128), classes=10)` of minidiff against
`UNet2DModel` of [diffusers](https://github.com/huggingface/diffusers) at the same
depth and width (its arguments are in `compare.py`), on a batch of 16 x 1 x 64 x 32:
one call, one call with gradients, and 20 steps of DDIM, whose loop is ours for both.
Medians; all take turns in one process. Make it again with `python -m bench.compare`;
what a GPU has to tell, `bash bench/gpu.sh` measures.
"""


def ours():
    return md.UNet(dims=2, in_channels=1, channels=(32, 64, 128), classes=10)


class Theirs(torch.nn.Module):
    """The peer, called as ours is."""

    def __init__(self):
        from diffusers import UNet2DModel

        super().__init__()
        self.net = UNet2DModel(
            sample_size=(64, 32), in_channels=1, out_channels=1, layers_per_block=1,
            block_out_channels=(32, 64, 128),
            down_block_types=("DownBlock2D", "DownBlock2D", "AttnDownBlock2D"),
            up_block_types=("AttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
            norm_num_groups=8, num_class_embeds=11, attention_head_dim=32,
        )  # fmt: skip

    def forward(self, x, t, cond=None):
        return self.net(x, 1000 * t, cond).sample


class Work:
    """The three things that are timed, for one net on one device in one precision."""

    def __init__(self, net, device, dtype):
        torch.manual_seed(0)
        self.net, self.device = net.to(device, dtype), device
        self.x = torch.randn(SHAPE, device=device, dtype=dtype)
        self.t = torch.rand(SHAPE[0], device=device, dtype=dtype)
        self.cond = torch.arange(SHAPE[0], device=device) % 10

    @torch.inference_mode()
    def forward(self):
        self.net.eval()(self.x, self.t, self.cond)

    def training(self):
        self.net.train().zero_grad(set_to_none=True)
        out = self.net(self.x, self.t, self.cond)
        (out - self.x).square().mean().backward()

    @torch.inference_mode()
    def sampling(self):
        schedule, net = md.LinearBeta(), self.net.eval()

        def denoiser(x, t, cond=None):  # eps to x0_hat, as both need it
            alpha, sigma = schedule.levels(t[:1])
            out = net(x, t.to(x.dtype), cond)
            return (x - sigma.to(x.dtype) * out) / alpha.to(x.dtype)

        denoiser.schedule = schedule
        for _ in md.ddim(denoiser, self.x, schedule.times(20), cond=self.cond):
            pass

    def seconds(self, name):
        self.wait()
        start = time.perf_counter()
        getattr(self, name)()
        self.wait()
        return time.perf_counter() - start

    def wait(self):
        if self.device == "cuda":
            torch.cuda.synchronize()


JOBS = {"forward": "forward", "training": "forward + backward", "sampling": "20 x DDIM"}


def runners(device):
    """The nets that take turns, by the names of their columns."""
    nets = {"ours": ours()}
    if importlib.util.find_spec("diffusers"):
        nets["diffusers"] = Theirs()
    if device == "cuda":
        nets |= {f"{name}, compiled": torch.compile(net) for name, net in nets.items()}
    return nets


def compare(device, dtype, repeats):
    """Rows of the table: for each job the medians of all nets, in ms."""
    works = {name: Work(net, device, dtype) for name, net in runners(device).items()}
    for job, title in JOBS.items():
        times = {name: [] for name in works}
        for i in range(repeats[job] + 2):
            for name, work in works.items():
                times[name].append(work.seconds(job))
            print(f"\r{device} {dtype} {title}: {i}/{repeats[job]}  ", end="")
        # the first two are slower: compiling, and the choice of kernels
        ms = {n: round(1000 * statistics.median(t[2:]), 2) for n, t in times.items()}
        precision = str(dtype).split(".")[1]
        yield {"device": device, "precision": precision, "work": title, "ms": ms}
    print("\r" + " " * 70, end="\r")


def plan(device, quick):
    """(precision, repeats of each job) of what this device can do."""
    few = dict.fromkeys(JOBS, 2)
    if device == "cuda":
        for dtype in (torch.float32, torch.bfloat16):
            yield dtype, few if quick else dict.fromkeys(JOBS, 50)
        return
    yield torch.float32, few if quick else dict(few, forward=40, training=20)
    if not quick or torch.cpu._is_avx512_bf16_supported():
        # without the instructions for it, one call takes seconds
        fast = torch.cpu._is_avx512_bf16_supported()
        slow = {"forward": 3, "training": 2, "sampling": 1}
        yield torch.bfloat16, dict.fromkeys(JOBS, 20) if fast else slow


def machine(device):
    """The hardware and the versions, in words."""
    info, processor = Path("/proc/cpuinfo"), platform.processor()
    if info.exists() and (name := re.search(r"model name\s*: (.*)", info.read_text())):
        processor = name[1]
    parts = [f"{processor}, {torch.get_num_threads()} threads"]
    if device == "cuda":
        parts = [torch.cuda.get_device_name()]
    return "; ".join([*parts, f"PyTorch {torch.__version__}"])


def table(measured: list[dict]) -> str:
    """All that was measured, as Markdown; times faster: diffusers over ours, eager."""
    columns = list(
        dict.fromkeys(n for m in measured for r in m["rows"] for n in r["ms"])
    )
    head = [
        "device",
        "precision",
        "work",
        *(f"{n}, ms" for n in columns),
        "times faster",
    ]
    lines = [f"| {' | '.join(head)} |", "|---" * 3 + "|---:" * (len(columns) + 1) + "|"]
    for row in rows:
        ms = row["ms"]
        cells = [row["device"], row["precision"], row["work"]]
        cells += [f"{ms[n]:.1f}" if n in ms else "" for n in columns]
        faster = f"{ms['diffusers'] / ms['ours']:.2f}" if "diffusers" in ms else ""
        lines.append(f"| {' | '.join([*cells, faster])} |")
    machines = "; ".join(f"{m['device']}: {m['machine']}" for m in measured)
    return "\n".join([*lines, "", f"{measured[0]['sizes']} Machines: {machines}."])


def size(net):
    return sum(p.numel() for p in net.parameters()) / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--quick", action="store_true", help="few repeats, no file")
    parser.add_argument("--out", type=Path, default=ROWS)
    args = parser.parse_args()
    rows = [
        row
        for dtype, repeats in plan(args.device, args.quick)
        for row in compare(args.device, dtype, repeats)
    ]
    words = [f"{size(ours()):.2f} million parameters"]
    if importlib.util.find_spec("diffusers"):
        words.append(f"against {size(Theirs()):.2f}")
    found = {
        "device": args.device,
        "machine": machine(args.device),
        "sizes": " ".join(words) + ".",
        "rows": rows,
    }
    print(table([found]))
    if args.quick:
        return
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / f"{args.device}.json").write_text(json.dumps(found, indent=1) + "\n")
    if args.out == ROWS:
        write_readme()


def write_readme():
    """README.md, from the rows of all devices."""
    measured = [json.loads(file.read_text()) for file in sorted(ROWS.glob("*.json"))]
    README.write_text(f"{INTRO}\n{table(measured)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
