"""An ear: a classifier that listens to real sounds, and then to made ones."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from .. import valid
from ..nets.judge import Judge
from ..sound.mel import MelSpec


class Ear:
    """A judge with its front end: waveforms in, labels and embeddings out."""

    def __init__(self, judge: Judge, spec: MelSpec):
        self.judge, self.spec = judge.eval(), spec

    @torch.no_grad()
    def embed(self, waves: Float[Tensor, "n samples"]) -> Float[Tensor, "n d"]:
        parts = waves.split(100)
        return torch.cat([self.judge.embed(self.spec.encode(w)) for w in parts])

    @torch.no_grad()
    def label(self, waves: Float[Tensor, "n samples"]) -> Tensor:
        """The most likely class of each, (n,) int64."""
        return self.judge.out(self.embed(waves)).argmax(1)


def train_ear(ear: Ear, data: Dataset, steps: int, seed: int = 0) -> Iterator[float]:
    """Train a judge on real sounds; a generator of losses.

    Every batch is shifted, made louder or softer, and given a little noise at random,
    so that the judge listens to what is said and not to how it was recorded. seed: of
    all this, and of dropout, for which it seeds torch. Raises ValueError for steps < 1.
    """
    valid.whole(steps, "steps", 1)
    torch.manual_seed(seed)  # of dropout
    dice = torch.Generator().manual_seed(seed)
    waves, labels = stacked(data)
    optimizer = torch.optim.AdamW(ear.judge.parameters(), weight_decay=1e-2)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    ear.judge.train()
    for _ in range(steps):
        i = torch.randint(len(waves), (64,), generator=dice)
        mel = ear.spec.encode(disturbed(waves[i], dice))
        loss = F.cross_entropy(ear.judge(mel), labels[i], label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rate.step()
        yield loss.item()
    ear.judge.eval()


def disturbed(waves: Tensor, dice: torch.Generator) -> Tensor:
    """Waves shifted by up to 1/16, scaled by 6 dB, with noise of -80 to -50 dB."""
    n, samples = waves.shape
    draw = torch.rand(3, n, 1, generator=dice)
    shift = (draw[0] * samples / 16).long()
    i = torch.arange(samples) - shift
    waves = torch.where(i >= 0, waves.gather(1, i.clamp(min=0)), 0.0)
    gain, noise = 10 ** (0.6 * draw[1] - 0.3), 10 ** (1.5 * draw[2] - 4)
    return waves * gain + noise * torch.randn(n, samples, generator=dice)


def stacked(data: Dataset) -> tuple[Tensor, Tensor]:
    """The waves (n, samples) of a data set and their main labels (n,)."""
    pairs = [data[i] for i in range(len(data))]
    main = [next(iter(y.values())) if isinstance(y, dict) else y for _, y in pairs]
    return torch.stack([x for x, _ in pairs]), torch.stack(main)
