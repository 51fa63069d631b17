"""What each of two processes does in `test_train.py`; run by `accelerate launch`."""

import os
import sys
from pathlib import Path

import torch
from torch.utils.data import DataLoader

sys.path.insert(0, str(Path(__file__).parents[1]))

import minidiff as md
from minidiff.train import Shuffled

out, rank = Path(sys.argv[1]), os.environ["RANK"]
torch.manual_seed(int(rank))  # data-parallel training must make the weights equal
data = torch.utils.data.TensorDataset(torch.arange(64.0)[:, None] / 64)
seen = []


class Net(md.MLP):
    def forward(self, x, t, cond=None):
        seen.append(x.detach())
        return super().forward(x, t, cond)


denoiser = md.Denoiser(Net(dim=1, width=16), md.Flow(), "x0")
start = denoiser.net.out.weight.clone()
batches = Shuffled(data, 8, seed=0)
losses = []
for step in md.fit(denoiser, DataLoader(data, batch_sampler=batches), steps=30):
    losses.append(step.loss)
moved = (denoiser.net.out.weight - start).norm().item()
torch.save(
    {"weights": denoiser.state_dict(), "seen": seen[0], "moved": moved}, out / rank
)
