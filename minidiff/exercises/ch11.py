"""Chapter 11, vocoders: the exercises' checks."""

import math
import warnings

import torch

from ..exact import GaussianMixture
from ..process import diffuse
from ..samplers import ddim, dpmpp_2m
from ..schedule import Cosine, noise_times
from .answers import letter, near, number
from .check import Choice, Number, Wrong, exercise, form


@exercise("ex-11-1", "predict", minutes=4, trains="a mel's numbers as loudness")
@form(Number(0, 30, 0.1, also=(1.12, 1.122, 2.72, 2.718, 100)))
def louder(answer):
    factor = number(answer)
    for wrong, hint in (
        (20, "That is how many decibels it grows by. And as a factor?"),
        (100, "Power grows a hundredfold; loudness is its root."),
        (10 ** (1 / 20), "1 is not a decibel here: it was divided by `spec.std`."),
        (math.e, "Mels are in decibels here, not in natural logarithms."),
        (10**0.5, "10 log10 is for power; an amplitude takes 20."),
        (2, "Adding to a logarithm multiplies, and not by 1 more."),
        (1, "The mel is all that `loudness` looks at, so it must grow."),
    ):
        if near(factor, wrong, 1e-2):
            raise Wrong(hint)
    if not near(factor, 10, 1e-2):
        raise Wrong("1 is `spec.std` decibels. Which factor of amplitude is that?")
    return "20 dB are a factor of 10, in every band and so in their root mean square."


@exercise("ex-11-2", "fill in", minutes=10, trains="the log-spectral distance")
def distance(answer):
    for bins, frames in ((33, 7), (5, 12)):
        a, b = 0.01 + torch.rand(2, bins, frames) * torch.linspace(0.1, 3, frames)
        before = torch.stack([a, b])
        got = torch.as_tensor(answer(a, b))
        if not torch.equal(torch.stack([a, b]), before):
            raise Wrong("You changed the magnitudes that were given.")
        if got.dim():
            raise Wrong(f"One number, please; yours has shape {tuple(got.shape)}.")
        log_spectral(got, a, b)
    silent = answer(torch.zeros(9, 4), torch.full((9, 4), 1e-5))
    if not near(silent, 0):
        raise Wrong("Below 1e-4 all is silence: clamp both before the logarithm.")
    if not near(answer(torch.zeros(9, 4), torch.ones(9, 4)), 80):
        raise Wrong("Silence counts as 1e-4, which is 80 dB below a magnitude of 1.")
    return "As far as two sounds are in level, frame by frame."


def log_spectral(got, a, b) -> None:
    """Whether that is their distance; no magnitude of a or b is small."""
    gap = 20 * (a.log10() - b.log10())
    wanted = gap.square().mean(0).sqrt().mean()
    for wrong, hint in (
        (wanted / 2, "10 log10 is for power; magnitudes take 20."),
        (wanted / 20, "Level is 20 log10 of a magnitude."),
        (wanted * math.log(10), "Decibels want the logarithm to base 10."),
        (gap.square().mean().sqrt(), "The root comes before the mean over frames."),
        (gap.abs().mean(), "Squares and a root over the bins, not |differences|."),
        (gap.square().mean(1).sqrt().mean(), "Bins and frames are swapped."),
        (gap.square().mean(), "A root is missing."),
        (gap.mean(), "Differences of both signs cancel: square them."),
        (gap.mean().abs(), "Differences of both signs cancel: square them."),
        (gap.square().sum(0).sqrt().mean(), "A sum over the bins; take their mean."),
        (
            20
            * ((a + 1e-4).log10() - (b + 1e-4).log10()).square().mean(0).sqrt().mean(),
            "Do not add 1e-4 to all: it shifts the quiet ones. `clamp(min=1e-4)`.",
        ),
    ):
        if near(got, wrong):
            raise Wrong(hint)
    if not near(got, wanted):
        raise Wrong("Decibels, square, mean over bins, root, mean over frames.")


@exercise("ex-11-3", "find the bug", minutes=10, trains="pieces of sound that fit")
def cropped(answer):
    for hop, count in ((5, 3), (4, 1), (3, 8)):
        fitting(answer, hop, count)
    return "Now every frame stands beside its own samples."


def fitting(answer, hop: int, count: int) -> None:
    """Pieces of `count` of eight frames."""
    wave, starts = torch.arange(8.0 * hop), set()
    mel = torch.stack([torch.arange(8.0) * hop, torch.ones(8)])
    for seed in range(400):  # the last frame may be the rarest: once in 8 * hop draws
        pieces = [
            answer(wave, mel, hop, count, torch.Generator().manual_seed(seed))
            for _ in range(2)
        ]
        (part, frames), (again, _) = pieces
        if part.shape == again.shape and not torch.equal(part, again):
            raise Wrong("Chance must come from `generator`: one seed, one piece.")
        if frames.shape != (2, count) or part.shape != (count * hop,):
            raise Wrong(f"{count} frames and {count * hop} samples, please.")
        if part[0] != frames[0, 0]:
            raise Wrong(
                f"Frame {frames[0, 0] / hop:.0f} belongs to sample "
                f"{frames[0, 0]:.0f}, but the piece begins at {part[0]:.0f}."
            )
        if not torch.equal(part.diff(), torch.ones(count * hop - 1)):
            raise Wrong("The samples must follow each other.")
        starts.add(part[0].item())
    known = {float(hop * k) for k in range(9 - count)}
    if len(starts) == 1 < len(known):
        raise Wrong("It fits, but it is always the same piece.")
    if starts != known:
        raise Wrong("Some pieces never come: the first and the last count too.")


@exercise("ex-11-4", "vary", minutes=8, trains="where the noise of a walk must end")
@form(Number(0.001, 0.02, 0.001, also=(1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 0.05)))
def end_of_noise(answer):
    smallest = number(answer)
    if not 0 < smallest < 1:
        raise Wrong("A noise level between 0 and 1, please.")
    loud, quiet = levels_after(smallest)
    said = f"At {smallest:g}: {loud:+.2f} dB at 0 dB, {quiet:+.2f} dB at -40 dB"
    if quiet < -1 / 3:
        raise Wrong(f"{said}. The last noise covers the pause: make it smaller.")
    if loud > 1 / 3 or quiet > 1 / 3:
        raise Wrong(f"{said}. Now the steps are too far apart: not so small.")
    return f"{said}. With a prior no place is quiet, and 0.02 is small enough."


def levels_after(smallest: float, steps: int = 24) -> tuple[float, float]:
    """By how many dB places of 0 and -40 dB are off, in the world of the chapter."""
    schedule, u = Cosine(), torch.tensor([1.0, 0.01]).double()
    world = GaussianMixture([[0.0, 0.0]], covs=u.square().diag()[None])
    times = noise_times(schedule, steps, smallest)
    *_, x = dpmpp_2m(world.denoiser(schedule), torch.ones(1, 2).double(), times)
    return tuple((20 * (x[0].abs() / u).log10()).tolist())


class Asked:
    """A denoiser that notes what it was asked, and for which condition."""

    schedule = Cosine()

    def __init__(self):
        self.calls = []

    def __call__(self, x, t, cond=None):
        self.calls.append((x.clone(), float(t.flatten()[0]), cond))
        return 0.5 * x


@exercise("ex-11-5", "extend", minutes=15, trains="a walk that begins half way")
def half_way(answer):
    for t, steps, size in ((0.4, 5, (50,)), (0.9, 1, (1, 20)), (0.05, 8, (7,))):
        x0, eps = torch.randn(2, 3, *size, dtype=torch.float64)
        from_there(answer, x0, eps, t, steps)
    return "The longer the walk, the more is new: t says how much to keep."


def from_there(answer, x0, eps, t: float, steps: int) -> None:
    """Whether the walk begins at time t and is what ddim makes of it."""
    cond, asked, begin = torch.tensor([1, 2, 0]), Asked(), t
    got = answer(asked, x0.clone(), eps.clone(), begin, steps, cond)
    if not asked.calls:
        raise Wrong("The denoiser was never asked.")
    first, t, _ = asked.calls[0]
    noised = diffuse(x0, begin, eps, Asked.schedule)
    if abs(t - 1) < 1e-6:
        raise Wrong("Your walk begins at time 1: then nothing of x0 is left.")
    if abs(t - begin) > 1e-6:
        raise Wrong(f"Your walk begins at t = {t:.2f}, and not at the given time.")
    if near(first, x0):
        raise Wrong("It begins with x0 itself: noise it to time t first.")
    if near(first, eps):
        raise Wrong("It begins with pure noise: x0 is lost.")
    if not near(first, noised):
        raise Wrong("At time t there must be alpha x0 + sigma eps: `md.diffuse`.")
    if any(c is None for *_, c in asked.calls):
        raise Wrong("The condition does not reach the denoiser.")
    if len(asked.calls) != steps:
        asks = len(asked.calls)
        raise Wrong(f"{steps} steps ask {steps} times, yours asked {asks} times.")
    times = torch.linspace(begin, 0, steps + 1, dtype=torch.float64)
    *_, wanted = ddim(Asked(), noised, times, cond=cond)
    if near([t for _, t, _ in asked.calls], times[:-1]) and not near(got, wanted):
        raise Wrong("The times are right, but it is not the last x of `md.ddim`.")
    if not near(got, wanted):
        raise Wrong("The times should fall evenly from t to 0; return the last x.")


@exercise("ex-11-6", "listen", minutes=4, trains="what an ear forgives in a waveform")
@form(Choice(("A", "B", "C", "D")))
def blurred(answer):
    said = letter(answer, "ABCD")
    if said == "A":
        raise Wrong("A is the talker as it was made. Compare the others with it.")
    if said in "BD":
        raise Wrong(f"{said} is moved or turned as a whole; its pulses are sharp.")
    return "Its phases are at random: the pulses of the voice are smeared."


@exercise("ex-11-7", "find the bug", minutes=6, trains="scores nobody measured")
def measured_only(answer):
    got = number(answer([0.9, 1e-5, 0.7, 1e-5]))
    if near(got, 0.4):
        raise Wrong("The two that were never measured still count as bad ones.")
    if near(got, (0.9 + 0.7 + 2) / 4):
        raise Wrong("Nor is a word without a score understood perfectly.")
    if not near(got, 0.8):
        raise Wrong("The mean of 0.9 and 0.7 is 0.8.")
    if not near(answer([0.1, -0.1, 0.6]), 0.2):
        raise Wrong("Low and negative scores were measured: keep them.")
    if not near(answer([0.0, 0.5]), 0.25):
        raise Wrong("A score of exactly 0 was measured as well: keep it.")
    try:
        with warnings.catch_warnings(action="ignore"):  # of numpy's nanmean
            none = number(answer([1e-5, 1e-5]))
    except (ArithmeticError, ValueError):  # of `statistics`, say
        raise Wrong(
            "Nothing is left, and a mean of none divides by 0: give NaN."
        ) from None
    if not math.isnan(none):
        raise Wrong("With no score left there is no mean: return NaN.")
    return "Nothing was said about the short words, and nothing is counted."


@exercise("ex-11-8", "find the bug", minutes=10, trains="a prior at both ends")
def prior_at_the_start(answer):
    u = torch.cat([torch.full((1, 2000), 0.5), torch.full((1, 2000), 0.001)], dim=1)
    asked, times = Asked(), Cosine().times(4)
    dice = torch.Generator().manual_seed(0)
    got = answer(asked, u, times, torch.tensor([1]), dice)
    first = asked.calls[0][0] if asked.calls else got
    loud, quiet = (half.std().item() for half in first.chunk(2, dim=1))
    if quiet > 0.5:
        if got[:, 2000:].std() < 0.01:
            raise Wrong(
                "Now the end is quiet, but on the way the denoiser was shown noise as "
                "loud as it never met in training."
            )
        raise Wrong("The walk still begins with noise that is equally loud everywhere.")
    if not (abs(loud / 0.5 - 1) < 0.1 and abs(quiet / 0.001 - 1) < 0.1):
        raise Wrong("The noise at the start must have loudness u, place by place.")
    if got[:, 2000:].std() < 0.01 * asked.calls[-1][0][:, 2000:].std():
        raise Wrong("The denoiser answers in the sound's own loudness: no u there.")
    if any(c is None for *_, c in asked.calls):
        raise Wrong("The condition does not reach the denoiser.")
    *_, end = ddim(Asked(), first, times)
    if len(asked.calls) != len(times) - 1 or not near(got, end, 1e-3):
        raise Wrong("The walk must be `md.ddim`, through all the times, to its end.")
    again = Asked()
    answer(again, u, times, torch.tensor([1]), torch.Generator().manual_seed(0))
    if not near(again.calls[0][0], first, 1e-6):
        raise Wrong("The noise does not come from `generator`.")
    return "Training and walk now begin with the same noise."


@exercise(
    "ex-11-9", "derive", minutes=20, trains="what a mean of magnitudes says of power"
)
def told_by_a_mean(answer):
    windows = torch.hann_window(512), torch.hann_window(64) * 3, torch.ones(256)
    for window in (w.double() for w in windows):
        power, n = window.square().sum(), len(window)
        for mean in (0.3, 5.0, 0.0):
            got, right = (
                number(answer(mean, window.clone())),
                mean / (torch.pi / 4 * power) ** 0.5,
            )
            if near(got, right):
                continue
            for wrong, hint in (
                (mean / power**0.5, "a mean of magnitudes is not their rms."),
                (
                    mean / (torch.pi / 2 * power) ** 0.5,
                    "real and imaginary part share the power, half each.",
                ),
                (
                    mean * (torch.pi / 4 / power) ** 0.5,
                    "the mean is below the rms, so u must be larger, not smaller.",
                ),
                (
                    mean / (torch.pi / 4 * n) ** 0.5,
                    "N counts for a window of ones; here it is the sum of w squared.",
                ),
                (
                    mean / (torch.pi / 4) ** 0.5 / window.sum(),
                    "samples of noise are independent: their powers add, so w squared.",
                ),
                (mean**2 / (torch.pi / 4 * power), "that is a power; take its root."),
            ):
                if near(got, wrong):
                    raise Wrong(f"Almost: {hint}")
            raise Wrong(
                f"For a mean of {mean:g} under a window of {n} samples u should be "
                f"{right:.4f}; yours is {number(got):.4f}."
            )
    return "That is the decibel by which the chapter's loudness of noise is too low."
