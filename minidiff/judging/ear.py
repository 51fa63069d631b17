"""An ear: a classifier that listens to real sounds, and then to made ones."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import Dataset

from .. import valid
from ..nets.judge import Judge
from ..sound.mel import MelSpec
from .disturbances import DISTURBANCES
from .levelled import Levelled


class Ear:
    """A judge with its front end: waveforms in, labels and embeddings out.

    samples: length of the sounds that it has learned from; others it refuses.
    """

    def __init__(self, judge: Judge, front: MelSpec | Levelled, samples: int):
        self.judge, self.front, self.samples = judge.eval(), front, samples

    @property
    def sample_rate(self) -> int:
        return self.front.sample_rate

    @torch.no_grad()
    def embed(
        self, waves: Float[Tensor, "n samples"], sample_rate: int | None = None
    ) -> Float[Tensor, "n 128"]:
        """Raises ValueError for sounds of another length, or another rate if given."""
        if waves.dim() != 2:
            raise ValueError(f"waves must be (n, samples), got {tuple(waves.shape)}")
        n = waves.shape[1]
        rate = self.sample_rate if sample_rate is None else sample_rate
        if (n, rate) != (self.samples, self.sample_rate):
            raise ValueError(
                f"waves: this ear knows sounds of {self.samples} samples at "
                f"{self.sample_rate} Hz, and got {n} samples at {rate} Hz"
            )
        parts = waves.float().split(50)
        return torch.cat([self.judge.embed(self.front.encode(w)) for w in parts])

    @torch.no_grad()
    def named(self, embeddings: Float[Tensor, "n 128"]) -> Int[Tensor, " n"]:
        """The most likely class of each embedding, int64."""
        return self.judge.out(embeddings).argmax(1)

    def label(
        self, waves: Float[Tensor, "n samples"], sample_rate: int | None = None
    ) -> Int[Tensor, " n"]:
        """The most likely class of each sound, int64. Raises what `embed` raises."""
        return self.named(self.embed(waves, sample_rate))


def train_ear(ear: Ear, data: Dataset, steps: int, seed: int = 0) -> Iterator[float]:
    """Train a judge on real sounds; a generator of losses.

    Every batch is disturbed at random, in the way of this kind of ear, so that the
    judge listens to what is said and not to how it was recorded. seed: of all this, and
    of dropout, for which it seeds torch. Raises ValueError for steps < 1.
    """
    valid.whole(steps, "steps", 1)
    torch.manual_seed(seed)  # of dropout
    dice = torch.Generator().manual_seed(seed)
    waves, labels = stacked(data)
    disturbed = DISTURBANCES[type(ear.front)]
    optimizer = torch.optim.AdamW(ear.judge.parameters(), weight_decay=1e-2)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    ear.judge.train()
    for _ in range(steps):
        i = torch.randint(len(waves), (64,), generator=dice)
        picture = ear.front.encode(disturbed(waves[i], dice))
        loss = F.cross_entropy(ear.judge(picture), labels[i], label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rate.step()
        yield loss.item()
    ear.judge.eval()


def stacked(data: Dataset) -> tuple[Tensor, Tensor]:
    """The waves (n, samples) of a data set and their main labels (n,)."""
    pairs = [data[i] for i in range(len(data))]
    main = [next(iter(y.values())) if isinstance(y, dict) else y for _, y in pairs]
    return torch.stack([x for x, _ in pairs]), torch.stack(main)
