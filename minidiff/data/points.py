"""Points in the plane: the smallest data sets on which diffusion shows all it does."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import Dataset

from .. import valid
from ..exact import GaussianMixture

COMPASS = [
    "east", "north-east", "north", "north-west",
    "west", "south-west", "south", "south-east",
]  # fmt: skip


class Points(Dataset):
    """`n` points: pairs of (xy, label), xy (2,) float32 of about unit variance.

    name: "moons", two half circles that interlock; "spiral", two arms of a turn and
    a half; "gaussians", eight small Gaussians on a circle; "grid", twenty-five in five
    rows; "two", two Gaussians, one three times as likely as the other. `x` (n, 2) and
    `labels` (n,) int64 hold all of them, `names` says what the labels mean. The last
    three have `mixture`, the exact `GaussianMixture` they are drawn from; for the
    others it is None.

    Raises ValueError for an unknown name, n < 1 or seed < 0.
    """

    sample_rate = None  # no sound
    x: Float[Tensor, "n 2"]
    labels: Int[Tensor, " n"]

    def __init__(self, name: str = "moons", n: int = 2000, seed: int = 0):
        make, self.names = SHAPES[valid.choice(name, SHAPES, "points")]
        n, seed = valid.whole(n, "n", 1), valid.whole(seed, "seed", 0)
        generator = torch.Generator().manual_seed(seed)
        self.mixture = MIXTURES.get(name)
        self.x, self.labels = make(n, generator)

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, i: int) -> tuple[Float[Tensor, "2"], Int[Tensor, ""]]:
        return self.x[i], self.labels[i]


def moons(n, generator):
    label, along, noise = ingredients(n, generator)
    angle = math.pi * (along + label)  # one circle's upper half, another's lower
    x = angle.cos() + label - 0.5
    y = angle.sin() + 0.5 * label - 0.25
    return math.sqrt(2) * torch.stack([x, y], 1) + 0.07 * noise, label


def spiral(n, generator):
    label, along, noise = ingredients(n, generator)
    radius = along.sqrt()  # evenly over the area, not crowded in the middle
    angle = 3 * math.pi * radius + math.pi * label
    x, y = radius * angle.cos(), radius * angle.sin()
    return 2 * torch.stack([x, y], 1) + 0.05 * noise, label


def ingredients(n, generator):
    """Labels 0, 1, 0, 1 ..., places along the curve in [0, 1), normal noise."""
    along = torch.rand(n, generator=generator)
    noise = torch.randn(n, 2, generator=generator)
    return torch.arange(n) % 2, along, noise


def gaussians():
    """Eight on a circle, east first and then counterclockwise."""
    angle = math.pi / 4 * torch.arange(8, dtype=torch.float64)
    return GaussianMixture(1.4 * torch.stack([angle.cos(), angle.sin()], 1), 0.1)


def grid():
    """Row by row from the lowest, each from left to right."""
    side = 0.7 * torch.arange(-2, 3, dtype=torch.float64)
    return GaussianMixture(torch.cartesian_prod(side, side).flip(1), 0.07)


def two():
    """Means and weights that a sampler can get wrong: the average lies between them."""
    return GaussianMixture([[-1.5, -1.5], [0.5, 0.5]], 0.4, [0.25, 0.75])


def from_mixture(mixture):
    def make(n, generator):
        x, label = mixture.sample(n, generator)
        return x.float(), label

    return make


MIXTURES = {"gaussians": gaussians(), "grid": grid(), "two": two()}
SHAPES = {
    "moons": (moons, ["upper", "lower"]),
    "spiral": (spiral, ["one arm", "other arm"]),
    "gaussians": (from_mixture(MIXTURES["gaussians"]), COMPASS),
    "grid": (
        from_mixture(MIXTURES["grid"]),
        [f"row {row}, column {column}" for row in range(5) for column in range(5)],
    ),
    "two": (from_mixture(MIXTURES["two"]), ["rare", "common"]),
}
