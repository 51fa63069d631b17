"""Our U-Net against the diffusers library's of the same size, on the same work.

    python -m bench.compare            # measures, prints the table, writes README.md
    python -m bench.compare --quick    # two repeats, prints only: does it run?

Both nets run in one process and take turns, so that whatever else the machine does
hits both alike; the table shows medians. Needs diffusers (see requirements.in).
"""

import argparse
import platform
import re
import statistics
import time
from pathlib import Path

import torch
from diffusers import UNet2DModel

import minidiff as md

SHAPE = (16, 1, 64, 32)
README = Path(__file__).with_name("README.md")
INTRO = """# Side by side

`UNet(dims=2, in_channels=1, channels=(32, 64, 128), classes=10)` of minidiff against
`UNet2DModel` of [diffusers](https://github.com/huggingface/diffusers) at the same
depth and width (its arguments are in `compare.py`), on a batch of 16 x 1 x 64 x 32:
one call, one call with gradients, and 20 steps of DDIM, whose loop is ours for both.
Medians; the two take turns in one process. Make it again with
`python -m bench.compare`.
"""


def ours():
    return md.UNet(dims=2, in_channels=1, channels=(32, 64, 128), classes=10)


class Theirs(torch.nn.Module):
    """The peer, called as ours is."""

    def __init__(self):
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


def compare(device, dtype, repeats):
    """Rows of the table: for each job both medians, in ms, and their quotient."""
    pair = Work(ours(), device, dtype), Work(Theirs(), device, dtype)
    for job, title in JOBS.items():
        times = [], []
        for i in range(repeats[job] + 1):
            for work, list_ in zip(pair, times, strict=True):
                list_.append(work.seconds(job))
            print(f"\r{device} {dtype} {title}: {i}/{repeats[job]}  ", end="")
        a, b = (1000 * statistics.median(list_[1:]) for list_ in times)
        yield device, str(dtype).split(".")[1], title, a, b, b / a
    print("\r" + " " * 70, end="\r")


def plan(quick):
    """(device, precision, repeats of each job) of what this machine can do."""
    few = dict.fromkeys(JOBS, 2)
    yield "cpu", torch.float32, few if quick else dict(few, forward=40, training=20)
    if not quick or torch.cpu._is_avx512_bf16_supported():
        # without the instructions for it, one call takes seconds
        fast = torch.cpu._is_avx512_bf16_supported()
        slow = {"forward": 3, "training": 2, "sampling": 1}
        yield "cpu", torch.bfloat16, dict.fromkeys(JOBS, 20) if fast else slow
    if torch.cuda.is_available():
        for dtype in (torch.float32, torch.bfloat16):
            yield "cuda", dtype, few if quick else dict.fromkeys(JOBS, 50)


def machine():
    """The hardware, the threads and the versions, in words."""
    info, processor = Path("/proc/cpuinfo"), platform.processor()
    if info.exists() and (name := re.search(r"model name\s*: (.*)", info.read_text())):
        processor = name[1]
    parts = [f"{processor}, {torch.get_num_threads()} threads"]
    if torch.cuda.is_available():
        parts.append(torch.cuda.get_device_name())
    return "; ".join([*parts, f"PyTorch {torch.__version__}"])


def size(net):
    return sum(p.numel() for p in net.parameters()) / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few repeats, no file")
    quick = parser.parse_args().quick
    rows = [row for what in plan(quick) for row in compare(*what)]
    table = [
        "| device | precision | work | ours, ms | diffusers, ms | times faster |",
        "|---|---|---|---:|---:|---:|",
        *("| {} | {} | {} | {:.1f} | {:.1f} | {:.2f} |".format(*row) for row in rows),
    ]
    sizes = f"{size(ours()):.2f} million parameters against {size(Theirs()):.2f}."
    text = "\n".join([*table, "", f"{sizes} Machine: {machine()}."])
    print(text)
    if not quick:
        README.write_text(f"{INTRO}\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
