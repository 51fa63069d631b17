"""A denoiser wraps a net and a schedule and answers: what was the clean sound?"""

import warnings

import torch
from jaxtyping import Float
from torch import Tensor, nn

from . import valid
from .process import per_item
from .schedule import Flow, Schedule

Cond = Tensor | dict[str, Tensor] | None
PREDICTS = ("eps", "x0", "v", "velocity")


class Denoiser(nn.Module):
    """`denoiser(x_t, t, cond) -> x0_hat`, whatever the net inside was made to predict.

    net: called `net(x, t, cond)` with t of shape (batch,), answers in x's shape.
    predicts: "eps" (Ho et al. 2020), "x0", "v" = alpha eps - sigma x0 (Salimans & Ho
    2022) or "velocity" = eps - x0 (Lipman et al. 2023, for `Flow`).
    drop: how often `.loss` replaces an item's condition by null (Ho & Salimans 2022),
    if the net has a null, as ours have in `.conditions`.

    x, alpha and sigma are first divided by sqrt(alpha**2 + sigma**2), so that every
    schedule looks variance-preserving to the net; with `Karras` and v this is EDM's
    preconditioning for sigma_data = 1 (Karras et al. 2022, table 1).
    """

    def __init__(
        self,
        net: nn.Module,
        schedule: Schedule,
        predicts: str = "eps",
        drop: float = 0.1,
    ):
        super().__init__()
        if not isinstance(schedule, Schedule):
            raise TypeError(f"schedule must be one, such as Cosine(), got {schedule!r}")
        self.net, self.schedule = net, schedule
        self.predicts = valid.choice(predicts, PREDICTS, "predicts")
        self.drop = valid.number(drop, "drop", 0, 1)
        told = getattr(net, "schedule", schedule)  # WaveGrad's, for its levels
        if isinstance(told, Schedule):
            t = torch.linspace(0, 1, 9, dtype=torch.float64)
            (a, s), (alpha, sigma) = told(t), schedule(t)
            if not torch.allclose(a * sigma, s * alpha):
                raise ValueError(
                    "schedule: the net was told a schedule with other levels than the "
                    f"denoiser's {type(schedule).__name__}"
                )
        if predicts == "velocity" and not isinstance(schedule, Flow):
            warnings.warn("predicts='velocity' is meant for Flow()", stacklevel=2)

    def forward(
        self, x: Float[Tensor, "batch *size"], t: float | Tensor, cond: Cond = None
    ) -> Float[Tensor, "batch *size"]:
        """x0_hat, the estimate of the clean x, for x noised to time t.

        t: in [0, 1], one for all or one per item. cond: int64 labels (batch,), float
        vectors (batch, d), sequences, mels, or a dict of them by name; None = null.
        Raises ValueError for t out of range or of the wrong length, for bad labels, and
        for eps at a time where alpha = 0 (`Flow` at 1); t is looked at only on the CPU.
        """
        valid.floating(x, "x")
        if not isinstance(t, Tensor) or t.device.type == "cpu":
            t = valid.unit_time(t)  # on a GPU the look at the values would stall it
        check_cond(self.net, cond, len(x))
        a, s, scale = self._levels(t, x)
        if self.predicts == "eps" and a.device.type == "cpu" and not a.all():
            raise ValueError(
                "t is a time without any signal, where the noise does not tell x0: let "
                "the net predict v, velocity or x0, or begin below t = 1"
            )
        x = x / scale
        out = self._answer(x, t.to(x.device, torch.float32).expand(len(x)), cond)
        if self.predicts == "eps":
            return (x - s * out) / a
        if self.predicts == "v":
            return a * x - s * out
        if self.predicts == "velocity":
            return (x - s * out) / (a + s)
        return out

    def loss(
        self,
        x0: Float[Tensor, "batch *size"],
        cond: Cond = None,
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, ""]:
        """Mean squared error of what the net predicts, at uniform t (DDPM eq. 14).

        Randomness comes from `generator` alone. Raises ValueError for NaN in x0.
        """
        (t,), eps, cond = self.drawn(x0, cond, generator)
        a, s, scale = self._levels(t, x0)
        out = self._answer(a * x0 + s * eps, t, cond)
        return (out - self._target(x0, eps, a, s, scale)).square().mean()

    def drawn(
        self, x0: Tensor, cond: Cond, generator: torch.Generator | None, rows: int = 1
    ) -> tuple[list[Tensor], Tensor, Cond]:
        """All that is random in a loss: uniform numbers, noise, and what is dropped.

        So many rows of uniform numbers, each (batch,); noise in x0's shape; cond, null
        for `drop` of the items: this is the only place where conditions are dropped.
        Raises ValueError for NaN in x0 and for a cond that the net does not know.
        """
        valid.real(x0, "x0")
        check_cond(self.net, cond, len(x0))
        device = generator.device if generator is not None else x0.device
        draws = torch.rand(rows + 1, len(x0), generator=generator, device=device)
        *uniform, lot = draws.to(x0.device)
        eps = torch.randn(x0.shape, generator=generator, device=device).to(x0)
        return uniform, eps, self._dropped(cond, lot < self.drop)

    def _answer(self, x: Tensor, t: Tensor, cond: Cond) -> Tensor:
        """The net's, in x's dtype; it computes in that of its weights."""
        weights = next(self.net.parameters(), x)
        out = self.net(x.to(weights.dtype), t, cond)
        valid.same_shape(x, out, "x and the net's answer")
        return out.to(x.dtype)

    def _levels(self, t: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """alpha and sigma over sqrt(alpha**2 + sigma**2), and that root."""
        alpha, sigma = self.schedule.levels(t)
        scale = torch.hypot(alpha, sigma)
        levels = alpha / scale, sigma / scale, scale
        return tuple(per_item(level, x) for level in levels)

    def _target(self, x0, eps, a, s, scale) -> Tensor:
        if self.predicts == "v":
            return a * eps - s * x0
        if self.predicts == "velocity":
            return eps - x0
        return eps if self.predicts == "eps" else x0

    def _dropped(self, cond: Cond, null: Tensor) -> Cond:
        """`cond` with null in the marked items; nets other than ours keep it whole."""
        if cond is None or not hasattr(self.net, "conditions"):
            return cond
        nothing = self.net.conditions.null(cond)
        if isinstance(cond, Tensor):
            return _where(null, nothing, cond)
        return {name: _where(null, nothing[name], c) for name, c in cond.items()}


def check_cond(net: nn.Module, cond: Cond, batch: int) -> None:
    """Raise unless `cond` is what the net has embedders for, one item per item of x."""
    if cond is None or not hasattr(net, "conditions"):
        return
    embedders = net.conditions.embedders
    if not embedders:
        raise ValueError("cond was given, but the net was made without conditions")
    if isinstance(cond, Tensor) and len(embedders) > 1:
        names = ", ".join(embedders)
        raise ValueError(f"cond must be a dict, since the net has several: {names}")
    for name, value in net.conditions.by_name(cond).items():
        valid.choice(name, embedders, "cond")
        what, embed = f"cond {name!r}", embedders[name]
        size, shape = embed.size, embed.shape
        if shape == ("batch",):
            valid.labels(value, size, batch, what)
            continue
        if shape == ("batch", "words"):
            valid.tokens(value, size, embed.length, batch, what)
            continue
        if not isinstance(value, Tensor) or not value.is_floating_point():
            found = getattr(value, "dtype", type(value).__name__)
            raise TypeError(f"{what} must be a floating-point tensor, got {found}")
        known = dict.fromkeys(("d", "n_mels", "channels"), size)  # no other is fixed
        known["batch"] = batch
        if value.dim() != len(shape) or any(
            n != known.get(axis, n) for axis, n in zip(shape, value.shape, strict=True)
        ):
            wanted = ", ".join(str(known.get(axis, axis)) for axis in shape)
            raise ValueError(
                f"{what} must have shape ({wanted}), got {tuple(value.shape)}"
            )
        if value.device.type == "cpu":  # on a GPU the look would stall it
            check_null(value.flatten(1).isnan(), what, net.conditions.optional)


def check_null(nan: Tensor, what: str, optional: bool) -> None:
    """Raise unless each item is all NaN, which is null, or holds none."""
    if (nan.any(1) != nan.all(1)).any():
        raise ValueError(f"{what} holds NaN among numbers; only all NaN means null")
    if nan.any() and not optional:
        raise ValueError(f"{what} is null (NaN), but the net cannot do without it")


def _where(mask: Tensor, a: Tensor, b: Tensor) -> Tensor:
    return torch.where(mask.view(-1, *[1] * (b.dim() - 1)), a, b)
