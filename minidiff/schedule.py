"""Schedules: how much signal (alpha) and how much noise (sigma) there is at time t."""

import math

import numpy as np
import torch
from torch import Tensor

from . import valid


class Schedule:
    """Maps time t in [0, 1] (0 = data, 1 = noise) to the levels of signal and noise.

    Calling a schedule gives `(alpha, sigma)` in float64, in t's shape and on t's
    device (float32 on devices without float64). Raises ValueError for t outside [0, 1].
    """

    def __call__(self, t: float | Tensor) -> tuple[Tensor, Tensor]:
        return self.levels(valid.unit_time(t))

    def levels(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """`(alpha, sigma)` without the check of t, which would stall a GPU."""
        raise NotImplementedError

    def times(self, n: int, spacing: str = "trailing") -> Tensor:
        """n + 1 strictly decreasing times, the last 0: the stops of an n-step sampler.

        `spacing` is "trailing", "leading" or "linspace" as in table 2 of Lin et al.
        2023, "Common diffusion noise schedules and sample steps are flawed".
        Returns CPU float64. Raises ValueError for n < 1 or n above the table's steps.
        """
        n = valid.whole(n, "n", 1, self.steps)
        valid.choice(spacing, ("trailing", "leading", "linspace"), "spacing")
        i, T = torch.arange(n, dtype=torch.float64), self.steps
        if spacing == "trailing":
            stops = (T - i * T / n).round()
        elif spacing == "leading":
            stops = 1 + (T // n) * i.flip(0)
        else:
            stops = (T - i * (T - 1) / max(n - 1, 1)).round()
        return torch.cat([stops / T, torch.zeros(1, dtype=torch.float64)])


class Table(Schedule):
    """A discrete schedule of DDPM (Ho et al. 2020): `steps` noise increments beta.

    `log_alpha_bar` has steps + 1 float64 entries: entry 0 is the clean sound, entry i
    belongs to t = i / steps. Between entries it is interpolated linearly.
    """

    def __init__(self, betas: Tensor):
        self.steps = len(betas)
        self.betas = betas
        # log1p and cumsum keep the tiny first increments that 1 - 0.9999 would lose
        log_alpha_bar = torch.log1p(-betas).cumsum(0)
        self.log_alpha_bar = torch.cat([log_alpha_bar.new_zeros(1), log_alpha_bar])

    @property
    def alpha_bar(self) -> Tensor:
        """DDPM's alpha-bar: (steps + 1,) float64, from 1 down."""
        return self.log_alpha_bar.exp()

    def levels(self, t: Tensor) -> tuple[Tensor, Tensor]:
        at = _wide(t) * self.steps
        i = at.floor().clamp(0, self.steps - 1).long()
        table = self.log_alpha_bar.to(at)
        log_alpha_bar = torch.lerp(table[i], table[i + 1], at - i)
        # 0 - a, not -a: at t = 0 that is 0, not -0, and the ratio alpha / sigma +inf
        return (log_alpha_bar / 2).exp(), (0 - torch.expm1(log_alpha_bar)).sqrt()


class LinearBeta(Table):
    """beta rises linearly over `steps` increments (Ho et al. 2020, section 4)."""

    def __init__(
        self, steps: int = 1000, beta_start: float = 1e-4, beta_end: float = 0.02
    ):
        super().__init__(_ramp(steps, beta_start, beta_end, power=1))


class ScaledLinear(Table):
    """sqrt(beta) rises linearly: Stable Diffusion's schedule (Rombach et al. 2022)."""

    def __init__(
        self, steps: int = 1000, beta_start: float = 0.00085, beta_end: float = 0.012
    ):
        super().__init__(_ramp(steps, beta_start, beta_end, power=2))


class Cosine(Table):
    """alpha_bar follows a squared cosine (Nichol & Dhariwal 2021, eq. 17).

    Their clip of beta at 0.999 leaves sigma / alpha near 20 000 at t = 1: with this
    schedule let the net predict v, not eps.
    """

    def __init__(self, steps: int = 1000):
        valid.whole(steps, "steps", 1)
        i = torch.arange(steps + 1, dtype=torch.float64)
        f = torch.cos((i / steps + 0.008) / 1.008 * math.pi / 2) ** 2
        super().__init__((1 - f[1:] / f[:-1]).clamp(max=0.999))


class Flow(Schedule):
    """The straight line of flow matching: alpha = 1 - t, sigma = t (Lipman 2023)."""

    steps = 1000  # only the grid of `times` for "leading" and "linspace"

    def levels(self, t: Tensor) -> tuple[Tensor, Tensor]:
        t = _wide(t)
        return 1 - t, t

    def times(self, n: int, spacing: str = "trailing") -> Tensor:
        """As `Schedule.times`; "trailing" needs no grid, so n has no upper limit."""
        if spacing != "trailing":
            return super().times(n, spacing)
        n = valid.whole(n, "n", 1)
        return torch.linspace(1, 0, n + 1, dtype=torch.float64)


class Karras(Schedule):
    """Noise is added, the signal kept: alpha = 1, sigma = sigma_max * t**rho.

    Equal steps in t are then the noise levels of Karras et al. 2022 (EDM), eq. 5.
    """

    def __init__(
        self, sigma_min: float = 0.002, sigma_max: float = 80.0, rho: float = 7.0
    ):
        valid.number(sigma_max, "sigma_max", 0, math.inf, open_ends=True)
        valid.number(sigma_min, "sigma_min", 0, sigma_max, open_ends=True)
        valid.number(rho, "rho", 0, math.inf, open_ends=True)
        self.sigma_min, self.sigma_max, self.rho = sigma_min, sigma_max, rho

    def levels(self, t: Tensor) -> tuple[Tensor, Tensor]:
        t = _wide(t)
        return torch.ones_like(t), self.sigma_max * t**self.rho

    def times(self, n: int) -> Tensor:
        """n + 1 times: linear in t from sigma_max to sigma_min, then 0."""
        n = valid.whole(n, "n", 1)
        end = (self.sigma_min / self.sigma_max) ** (1 / self.rho)
        ramp = torch.linspace(1, end, n, dtype=torch.float64)
        return torch.cat([ramp, ramp.new_zeros(1)])


def noise_times(
    schedule: Schedule, n: int, sigma_min: float = 0.02, sigma_max: float = 160.0
) -> Tensor:
    """n + 1 times at which sigma / alpha falls as in Karras et al. 2022 (eq. 5).

    The last is 0; the first as near to sigma_max as the schedule comes. Equal steps
    in t (`Schedule.times`) leave out the highest levels, and there is settled what
    concerns a whole sound, such as its loudness: a few such steps make sounds that
    vary too little. CPU float64. Raises ValueError for n < 1.
    """
    t = torch.linspace(0, 1, 10_001, dtype=torch.float64)
    alpha, sigma = schedule(t)
    ratio = sigma / alpha
    karras = Karras(sigma_min, min(sigma_max, ratio[-1].item()))
    wanted = karras(karras.times(n))[1]
    return torch.from_numpy(np.interp(wanted, ratio, t))


def _ramp(steps: int, start: float, end: float, power: int) -> Tensor:
    steps = valid.whole(steps, "steps", 1)
    valid.number(start, "beta_start", 0, 1, open_ends=True)
    valid.number(end, "beta_end", 0, 1, open_ends=True)
    roots = start ** (1 / power), end ** (1 / power)
    return torch.linspace(*roots, steps, dtype=torch.float64) ** power


def _wide(t: Tensor) -> Tensor:
    """float64, or float32 where the device has none (Apple's MPS)."""
    return t.to(torch.float32 if t.device.type == "mps" else torch.float64)
