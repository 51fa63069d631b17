"""Denoisers known in closed form: what everything learned or sampled is tested with."""

import torch
from jaxtyping import Float
from torch import Tensor

from . import valid
from .process import per_item
from .schedule import Schedule


class IdealDenoiser:
    """The exact answer E[x0 | x_t] when the world holds only the given examples.

    data: (n, *size). labels: optional (n,) int64; then `cond` keeps the examples of
    that label, and cond=None or the null label (highest + 1) keeps all. It is the best
    any net can do on `data` (Karras et al. 2022, appendix B.3), and memorises.
    Raises ValueError for x of another size and for a label that no example has.
    """

    def __init__(self, data: Tensor, schedule: Schedule, labels: Tensor | None = None):
        self.data, self.schedule = valid.real(data, "data"), schedule
        self.labels = labels
        if labels is not None:
            self.labels = labels = torch.as_tensor(labels)
            valid.labels(labels, int(labels.max()), len(data), "labels")

    def __call__(self, x: Tensor, t: float | Tensor, cond: Tensor | None = None):
        valid.sized(valid.floating(x, "x"), self.data.shape[1:], "x")
        a, s = (_flat(level, x) for level in self.schedule(t))
        data = self.data.flatten(1).to(x.device, torch.float64)
        logits = -_square_distance(x.flatten(1).double(), a, data) / (2 * s**2)
        if cond is not None:
            logits = logits.masked_fill(~self._matches(cond, len(x)), -torch.inf)
        x0 = logits.softmax(1) @ data
        # without noise x_t is the answer itself
        x0 = torch.where(s > 0, x0, x.flatten(1).double() / a)
        return x0.view_as(x).to(x.dtype)

    def _matches(self, cond: Tensor, batch: int) -> Tensor:
        if self.labels is None:
            raise ValueError("cond was given, but this IdealDenoiser has no labels")
        classes = int(self.labels.max()) + 1
        valid.labels(cond, classes, batch, "cond")
        labels, cond = self.labels.to(cond.device), cond[:, None]
        matches = (labels == cond) | (cond == classes)
        if not matches.any(1).all():
            missing = cond[~matches.any(1)].flatten().tolist()
            raise ValueError(f"cond: no example has the label {missing[0]}")
        return matches


class GaussianMixture:
    """Points from a few Gaussians: sampling, density, score and denoiser all exact.

    means: (k, d). stds: (k,) or one number, the same in every direction; or `covs`:
    (k, d, d). weights: (k,), normalised here; equal if None. All kept in float64.
    Raises ValueError for other shapes, NaN, and what no Gaussian has: weights not
    above 0, stds below 0, covs that are not symmetric and positive semi-definite.
    """

    def __init__(self, means, stds=None, weights=None, covs=None):
        self.means = torch.as_tensor(means, dtype=torch.float64)
        valid.real(self.means, "means")
        if self.means.dim() != 2:
            raise ValueError(f"means must be (k, d), got {tuple(self.means.shape)}")
        k, d = self.means.shape
        if (stds is None) == (covs is None):
            raise ValueError("give either stds or covs")
        if covs is None:
            stds = torch.as_tensor(stds, dtype=torch.float64)
            if stds.shape not in ((), (1,), (k,)):
                raise ValueError(f"stds must be 1 or {k}, got {tuple(stds.shape)}")
            stds = stds.expand(k)
            if not (stds >= 0).all():
                raise ValueError(f"stds must not be negative, got {stds}")
            covs = stds[:, None, None] ** 2 * torch.eye(d, dtype=torch.float64)
        covs = torch.as_tensor(covs, dtype=torch.float64)
        if covs.shape != (k, d, d):
            raise ValueError(f"covs must be ({k}, {d}, {d}), got {tuple(covs.shape)}")
        if not torch.allclose(valid.real(covs, "covs"), covs.mT):
            raise ValueError("covs must be symmetric")
        # in its own axes Q each Gaussian is a product of 1-D ones, at every noise level
        self.variances, self.axes = torch.linalg.eigh(covs)
        if (self.variances < -1e-12).any():
            raise ValueError("covs must be positive semi-definite")
        self.variances = self.variances.clamp(min=0)  # rounding only, checked above
        weights = torch.ones(k) if weights is None else torch.as_tensor(weights)
        finite = (weights > 0) & (weights < torch.inf)
        if weights.shape != (k,) or not finite.all():
            raise ValueError(f"weights must be {k} positive numbers, got {weights}")
        self.weights = weights.double() / weights.double().sum()

    def sample(self, n: int, generator: torch.Generator | None = None):
        """n points (n, d) float64 and the component of each (n,) int64."""
        n = valid.whole(n, "n", 1)
        labels = torch.multinomial(self.weights, n, True, generator=generator)
        z = torch.randn(
            n, self.means.shape[1], generator=generator, dtype=torch.float64
        )
        z = z * self.variances[labels].sqrt()
        x = self.means[labels] + torch.einsum("nij,nj->ni", self.axes[labels], z)
        return x, labels

    def log_prob(
        self, x: Float[Tensor, "n d"], t: float | Tensor = 0.0, schedule=None
    ) -> Float[Tensor, " n"]:
        """log density of x_t at time t (of the clean points without a schedule).

        Raises ValueError for another t without a schedule.
        """
        if schedule is None and (torch.as_tensor(t) != 0).any():
            raise ValueError(f"schedule: without one only t = 0 is known, got t={t}")
        a, s = (1.0, 0.0) if schedule is None else schedule(t)
        logits, _ = self._components(x, _flat(a, x), _flat(s, x))
        return logits.logsumexp(1)

    def score(
        self, x: Float[Tensor, "n d"], t: float | Tensor, schedule: Schedule
    ) -> Float[Tensor, "n d"]:
        """grad_x log p(x_t) = (alpha x0_hat - x_t) / sigma**2 (Tweedie); t may be 0."""
        logits, pull = self._components(x, *(_flat(level, x) for level in schedule(t)))
        return -(logits.softmax(1)[..., None] * self._turned(pull)).sum(1).to(x.dtype)

    def denoiser(self, schedule: Schedule) -> "MixtureDenoiser":
        """E[x0 | x_t], exactly; `cond` may be int64 component labels (k = null)."""
        return MixtureDenoiser(self, schedule)

    def _components(self, x: Tensor, a: Tensor, s: Tensor) -> tuple[Tensor, Tensor]:
        """For each point and component: log(weight * density), and how far the point is
        from the mean over the variance, along the component's axes."""
        valid.sized(valid.floating(x, "x"), self.means.shape[1:], "x")
        x, m, Q = x.double()[:, None], self.means.to(x.device), self.axes.to(x.device)
        a, s = a.unsqueeze(1), s.unsqueeze(1)
        # variances of x_t along the axes, (n, k, d)
        total = a**2 * self.variances.to(x.device) + s**2
        y = torch.einsum("kij,nki->nkj", Q, x - a * m)
        logits = -0.5 * (y**2 / total + (2 * torch.pi * total).log()).sum(2)
        return logits + self.weights.to(x.device).log(), y / total

    def _turned(self, y: Tensor) -> Tensor:
        """From each component's own axes, (n, k, d), back to those of x."""
        return torch.einsum("kij,nkj->nki", self.axes.to(y.device), y)


class MixtureDenoiser:
    """The exact denoiser of a `GaussianMixture`."""

    def __init__(self, mixture: GaussianMixture, schedule: Schedule):
        self.mixture, self.schedule = mixture, schedule

    def __call__(self, x: Tensor, t: float | Tensor, cond: Tensor | None = None):
        a, s = (_flat(level, x) for level in self.schedule(t))
        mixture = self.mixture
        logits, pull = mixture._components(x, a, s)
        # E[x0 | x_t] of each component
        x0 = a[..., None] * mixture._turned(mixture.variances.to(x.device) * pull)
        x0 = mixture.means.to(x.device) + x0
        if cond is not None:
            k = logits.shape[1]
            valid.labels(cond, k, len(x), "cond")
            other = torch.arange(k, device=x.device) != cond[:, None]
            logits = logits.masked_fill(other & (cond < k)[:, None], -torch.inf)
        x0 = (logits.softmax(1)[..., None] * x0).sum(1)
        # without noise x_t is the answer itself, also where a std is 0
        return torch.where(s > 0, x0, x.double() / a).to(x.dtype)


def _flat(level, x: Tensor) -> Tensor:
    """A level as a column (n, 1) in float64."""
    level = torch.as_tensor(level, dtype=torch.float64, device=x.device)
    level = per_item(level, x.flatten(1).double())
    return level.expand(len(x), 1)


def _square_distance(x: Tensor, a: Tensor, data: Tensor) -> Tensor:
    """|x - a data|**2 for all pairs, (n, len(data))."""
    cross = x @ data.T
    return (x**2).sum(1, True) - 2 * a * cross + a**2 * (data**2).sum(1)
