"""Drawings that are computed: samplers on a curve, a wave in noise, sliding windows."""

import math

import torch

from ...exact import GaussianMixture
from ...process import diffuse
from ...samplers import ddim, dpmpp_2m, heun
from ...schedule import Cosine
from .kit import MIDDLE, WIDTH, Sheet


def solvers(denoiser=None, times=(0.75, 0.6, 0.3), x=-0.8):
    """One large step of three samplers, beside the exact curve of one number.

    denoiser: exact, of points with one coordinate; default: chapter 7's two humps.
    times: of the step before, the start and the end. x: where the step before begins.
    """
    if denoiser is None:
        humps = GaussianMixture([[-1.0], [0.6]], [0.25, 0.4], [0.3, 0.7])
        denoiser = humps.denoiser(Cosine())
    seen = Seen(denoiser, times, x)
    begin, goal, x0 = seen.curve[0], seen.curve[100], seen.x0
    asked = (begin, x0, "`x0`")
    panels = (
        ("`ddim` (Euler) asks once", seen.euler, [asked]),
        ("`heun` asks at both ends", seen.heun,
         [asked, (seen.euler, seen.x0_far, "`x0` at s")]),
        ("`dpmpp_2m` asks once, remembers", seen.twice,
         [(seen.came, seen.x0_prev, "`x0_prev`"), asked, (seen.twice, seen.D, "`D`")]),
    )  # fmt: skip
    sheet, y, said = Sheet(), 12, []
    heights = [u for _, u in (*seen.curve, seen.came, x0, seen.x0_prev, seen.x0_far)]
    for title, end, lines in panels:
        said.append(f"{title}; misses by {abs(end[1] - goal[1]):.2f}")
        sheet.words(8, y, said[-1])
        to = plane(
            (seen.came[0], 0), (min(heights), max(heights)), (14, 316, y + 16, 114)
        )
        for place in (begin, goal, x0):
            sheet.hair(to(place)[0], y + 12, y + 134)
        sheet.curve(map(to, seen.curve[::5]))
        for a, b, name in lines:
            sheet.line(to(a), to(b), kind="bridge")
            sheet.words(to(b)[0] + 7, to(b)[1], name)
        sheet.line(to(end), to(goal))
        sheet.arrow(to(begin), to(end), kind="told")
        for place in (begin, seen.euler)[: 1 + (end == seen.heun)]:
            sheet.dot(*to(place), "data", 4.5)
        y += 150
    _, t, s = times
    for place, time in ((begin, f"t = {t:g}"), (goal, f"s = {s:g}"), (x0, "t = 0")):
        sheet.words(to(place)[0], y, time, "middle")
        sheet.words(to(place)[0], y + 16, f"σ/α {place[0]:.2f}", "middle")
    remark = "Blue: the exact curve of x/α; dots: where a sampler asks."
    sheet.words(MIDDLE, y + 38, remark, "middle")
    sheet.words(MIDDLE, y + 54, "Dashed lines end in the guesses, at σ = 0.", "middle")
    return sheet.shown(
        f"One step of three samplers from t = {t:g} to s = {s:g}, beside the exact "
        f"curve, x/α over σ/α, each a straight arrow. {'. '.join(said)}. Euler goes "
        "along the line from the start to the guess x0. heun asks again at Euler's "
        "end, x0 at s, and takes the mean of both slopes. dpmpp_2m takes D, which lies "
        "beyond x0 as seen from x0_prev."
    )


class Seen:
    """Places on the plane of rho = sigma / alpha and u = x / alpha.

    There every step is a straight line, of slope eps, that points to a guess at rho = 0
    (with D as guess for 2M).
    """

    def __init__(self, denoiser, times, x):
        self.denoiser = denoiser
        walk = torch.tensor(times, dtype=torch.float64)
        before, t, s = walk
        last = torch.tensor([[x]], dtype=torch.float64)
        start, twice = dpmpp_2m(denoiser, last, walk)
        (euler,), (both,) = (
            ddim(denoiser, start, walk[1:]),
            heun(denoiser, start, walk[1:]),
        )
        fine = [torch.linspace(*ends, 101, dtype=t.dtype) for ends in ((t, s), (s, 0))]
        fine = torch.cat([fine[0], fine[1][1:]])
        path = [start, *dpmpp_2m(denoiser, start, fine)]
        self.curve = [self.place(*stop) for stop in zip(path, fine, strict=True)]
        self.euler, self.heun, self.twice = (
            self.place(end, s) for end in (euler, both, twice)
        )
        self.x0, self.x0_far = self.guess(start, t), self.guess(euler, s)
        self.x0_prev = self.guess(last, before)
        begin = self.curve[0]
        self.came = beyond(self.x0_prev, begin, 1.12)  # along the line of the last step
        self.D = beyond(begin, self.twice, begin[0] / (begin[0] - self.twice[0]))

    def place(self, x, t):
        alpha, sigma = self.denoiser.schedule(t)
        return (sigma / alpha).item(), (x / alpha).item()

    def guess(self, x, t):
        return 0.0, self.denoiser(x, t.view(1)).item()


def beyond(a: tuple, b: tuple, share: float) -> tuple:
    """On the line from a through b, so many times as far as b."""
    return tuple(p + share * (q - p) for p, q in zip(a, b, strict=True))


def plane(across: tuple, up: tuple, area: tuple):
    """A function from two numbers to a place within (left, right, top, height)."""
    left, right, top, height = area

    def place(point):
        share = (point[0] - across[0]) / (across[1] - across[0])
        rise = (point[1] - up[0]) / (up[1] - up[0])
        return left + share * (right - left), top + height * (1 - rise)

    return place


def chain(schedule, times=(0, 0.25, 0.5, 0.75, 1)):
    """A plucked string that sinks in noise: one jump from x0 to each x_t."""
    n, w = 80, WIDTH / len(times)
    half, seconds = w / 2 - 8, torch.arange(80) / 80
    x0 = torch.sin(2 * torch.pi * 6 * seconds) * torch.exp(-3 * seconds)
    x0 = x0 / x0.square().mean().sqrt()
    eps = torch.randn(n, generator=torch.Generator().manual_seed(0))
    sheet, said, kind = Sheet(), [], type(schedule).__name__
    jump = sheet.box(MIDDLE, 4, "`x_t = alpha * x0 + sigma * eps`", w=WIDTH - 16)
    sheet.words(8, 150, f"`alpha`: how much signal ({kind})")
    sheet.words(8, 194, "`sigma`: how much noise")
    for k, t in enumerate(times):
        alpha, sigma = map(float, schedule(t))
        x, size = w * (k + 0.5), math.hypot(alpha, sigma)
        tile = sheet.box(x, 72, w=2 * half, h=60)
        x_t = (diffuse(x0, t, eps, schedule) / size).clamp(-3, 3)
        to = plane((0, n - 1), (-3, 3), (x - half + 2, x + half - 2, 74, 56))
        sheet.curve(map(to, enumerate(x_t.tolist())))
        sheet.words(x, 61, f"t = {t:g}" if k else "`x0`", "middle")
        ends = (x, jump.low), (x, 53)
        sheet.arrow(*(ends if k else ends[::-1]))
        if k < len(times) - 1:
            edge, y = tile.right
            sheet.arrow((edge, y), (edge + 16, y), kind="bridge")
        for y, level, colour in ((161, alpha, "data"), (205, sigma, "part")):
            sheet.bar(x - half, y, 2 * half, level / size, colour)
            sheet.words(x, y + 15, f"{level:.2f}", "middle")
        said.append(f"t = {t:g}: {alpha:.2f}, {sigma:.2f}")
    return sheet.shown(
        "A chain of noisy sounds, from a plucked string x0 to noise. Small steps lead "
        "from one to the next, and one jump, x_t = alpha * x0 + sigma * eps, to each. "
        f"alpha, how much signal, and sigma, how much noise, of {kind}: "
        f"{'; '.join(said)}."
    )


def windows(spec, count=7, bins=24):
    """How an STFT slides: windows over a wave, and beneath each a column of it."""
    size, hop, marked = spec.n_fft, spec.hop_length, count // 2
    first = -(-size // (2 * hop))  # the first frame whose window is whole
    start, n = first * hop - size // 2, size + (count - 1) * hop
    wave = low_then_high(start + n, size)
    levels = spec.stft(wave[None])[0, :bins, first : first + count].abs()
    levels = (levels / levels.max()).sqrt()
    long, step = (f"{1000 * m / spec.sample_rate:.0f} ms" for m in (size, hop))
    sheet, sides = Sheet(), (10, WIDTH - 10)
    sheet.words(8, 10, "A wave,")
    to, skip = plane((0, n), (-1, 1), (*sides, 26, 32)), max(1, n // 400)
    sheet.curve(to((skip * i, v)) for i, v in enumerate(wave[start::skip].tolist()))
    remark = f"windows of `n_fft` = {size} samples, every `hop_length` = {hop},"
    sheet.words(8, 78, remark)
    to = plane((0, n), (0, 1), (*sides, 94, 36))
    bell = [*torch.hann_window(size)[:: size // 32].tolist(), 0.0]
    for k in sorted(range(count), key=lambda k: k == marked):
        points = ((k * hop + size * i / 32, v) for i, v in enumerate(bell))
        sheet.curve(map(to, points), "data" if k == marked else "part")
    span(sheet, *(to((marked * hop + m, 0))[0] for m in (0, size)), 142, long)
    y, middles = 196, [to((k * hop + size / 2, 0))[0] for k in range(count)]
    wide, low = middles[1] - middles[0], y + 4 * bins
    for x, column in zip(middles, levels.T.tolist(), strict=True):
        for b, level in enumerate(column):
            sheet.cell(x - wide / 2, low - 4 * (b + 1), wide, 4, level)
        frame = dict(x=x - wide / 2, y=y, width=wide, height=low - y)
        sheet.add("rect", low, class_="hair", **frame)
    x = middles[marked]
    sheet.arrow((x, 162), (x, y - 2))
    sheet.words(x + 8, 178, "and of each its spectrum")
    span(sheet, x - wide / 2, x + wide / 2, low + 8, step)
    return sheet.shown(
        f"An STFT. {count} bell-shaped windows of n_fft = {size} samples, {long}, "
        f"slide over a wave, every hop_length = {hop} samples, {step}, and overlap. "
        "The spectrum of each is a column of the picture beneath. The wave changes "
        "from a low tone to a high one: so does the picture, and columns whose window "
        "holds both tones show both."
    )


def low_then_high(n: int, size: int) -> torch.Tensor:
    """A tone that swings 5 times in a window, and then one that swings 16 times."""
    turns = 2 * torch.pi * torch.arange(n).double() / size
    return torch.where(torch.arange(n) < 0.6 * n, (5 * turns).sin(), (16 * turns).sin())


def span(sheet: Sheet, left: float, right: float, y: float, words: str) -> None:
    """A line with arrows at both ends, and below it how long it is."""
    middle = (left + right) / 2
    for end in (left, right):
        sheet.arrow((middle, y), (end, y))
    sheet.words(middle, y + 12, words, "middle")
