"""Long sounds: a denoiser of any length from one that knows short windows."""

import torch
from jaxtyping import Float
from torch import Tensor

from .. import valid
from ..denoiser import Cond

JOINS = ("swap", "average", "fade", "hard", "follow")


class Windows:
    """A denoiser of long x from a denoiser of short ones, so that every sampler works.

    The last axis is time. Windows of `size` places, each `overlap` places into the one
    before, are denoised by themselves, all at the same noise level; where two overlap,
    `join` says whose answer counts (see `shares`). All of them look at the same x, so
    that in an overlap two windows go on from one noise. "average" is MultiDiffusion
    (Bar-Tal et al. 2023, eq. 5, with equal weights), "swap" the self-loop swap of SaFa
    (Dai et al. 2025), here of x0_hat, from which samplers make the next x place by
    place. Raises ValueError for an overlap beyond half a window, an unknown join, and x
    that is not a whole number of windows long (`length` says how long it may be).
    """

    def __init__(self, denoiser, size: int, overlap: int, join: str = "swap"):
        self.denoiser, self.schedule = denoiser, denoiser.schedule
        self.size = valid.whole(size, "size", 1)
        self.overlap = valid.whole(overlap, "overlap", 0, self.size // 2)
        self.shares = shares(join, self.overlap)

    def __call__(self, x: Tensor, t: float | Tensor, cond: Cond = None) -> Tensor:
        hop, frames = self.size - self.overlap, x.shape[-1]
        if frames < self.size or (frames - self.size) % hop:
            n = windows(frames, self.size, self.overlap)
            fits = length(n, self.size, self.overlap)
            raise ValueError(
                f"x: its last axis must hold whole windows of {self.size} that overlap "
                f"by {self.overlap}: {fits}, say, and not {frames}"
            )
        x0 = self.denoiser(x[..., : self.size], t, cond)
        parts = []
        for start in range(hop, frames - self.size + 1, hop):
            later = self.denoiser(x[..., start : start + self.size], t, cond)
            parts.append(x0[..., :hop])
            x0 = joined(x0[..., hop:], later, self.shares)
        return torch.cat([*parts, x0], dim=-1)


def shares(join: str, overlap: int) -> Float[Tensor, " overlap"]:
    """How much the later of two windows counts, place by place, from 0 to 1.

    swap: every other place is the earlier one's, the rest the later one's. average:
    half and half. fade: from 0 to 1 on a line. hard: 0, then 1 from the middle on.
    follow: 0 everywhere, the later one only hears what went before.
    """
    place = torch.arange(overlap)
    kinds = {
        "swap": place % 2,
        "average": torch.full((overlap,), 0.5),
        "fade": (place + 0.5) / max(1, overlap),
        "hard": place >= overlap / 2,
        "follow": torch.zeros(overlap),
    }
    return kinds[valid.choice(join, JOINS, "join")].float()


def joined(tail: Tensor, later: Tensor, share: Float[Tensor, " overlap"]) -> Tensor:
    """`later` whose first places are mixed with the end of the window before it."""
    share = share.to(later)
    mixed = (1 - share) * tail + share * later[..., : len(share)]
    return torch.cat([mixed, later[..., len(share) :]], dim=-1)


def windows(frames: int, size: int, overlap: int) -> int:
    """How many windows it takes to cover so many places."""
    return 1 + max(0, -(-(frames - size) // (size - overlap)))


def length(windows: int, size: int, overlap: int) -> int:
    """How many places so many windows cover."""
    return size + (windows - 1) * (size - overlap)


def laid(
    parts: Float[Tensor, "windows *size n"], overlap: int, fade: str = "amplitude"
) -> Float[Tensor, "*size long"]:
    """Sounds that know nothing of each other, laid one into the next; time comes last.

    fade: over the overlap, gains that sum to 1 ("amplitude"), or whose squares do
    ("power"), or a change from one place to the next ("hard"). Where the parts are
    independent and of equal power, the first loses 3 dB in the middle of the overlap,
    w^2 + (1 - w)^2 = 1/2 at w = 1/2; the others lose nothing. Raises ValueError for an
    unknown fade and an overlap beyond half a part.
    """
    valid.choice(fade, ("amplitude", "power", "hard"), "fade")
    overlap = valid.whole(overlap, "overlap", 0, parts.shape[-1] // 2)
    rise = shares("hard" if fade == "hard" else "fade", overlap).to(parts)
    if fade == "power":
        rise = (rise * torch.pi / 2).sin()
    fall = rise.flip(0)
    if fade == "hard":
        fall = 1 - rise
    hop = parts.shape[-1] - overlap
    made, now = [], parts[0]
    for later in parts[1:]:
        both = fall * now[..., hop:] + rise * later[..., :overlap]
        made.append(now[..., :hop])
        now = torch.cat([both, later[..., overlap:]], dim=-1)
    return torch.cat([*made, now], dim=-1)


class Continued:
    """A denoiser told how a window begins: continuation by inpainting.

    start: (batch, *size, known), the first places of x0. eps: noise of its shape. What
    is known is put into x, as noisy as the rest, before the net looks, and into its
    answer (replacement, as Song et al. 2021, appendix I.2, fill in pictures, there with
    fresh noise at every step, here with one). Cheap and, as chapter 16 shows, biased:
    the net never sees that both ends must meet.
    """

    def __init__(self, denoiser, start: Tensor, eps: Tensor):
        valid.same_shape(start, eps, "start and eps")
        self.denoiser, self.schedule = denoiser, denoiser.schedule
        self.start, self.eps = start, eps

    def __call__(self, x: Tensor, t: float | Tensor, cond: Cond = None) -> Tensor:
        alpha, sigma = self.schedule(t)
        shape = (-1, *[1] * (x.dim() - 1))
        alpha, sigma = (level.reshape(shape).to(x) for level in (alpha, sigma))
        known, start = self.start.shape[-1], self.start.to(x)
        noisy = alpha * start + sigma * self.eps.to(x)
        x = torch.cat([noisy, x[..., known:]], dim=-1)
        x0 = self.denoiser(x, t, cond)
        return torch.cat([start, x0[..., known:]], dim=-1)
