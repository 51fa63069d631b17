"""Play melodies with a model of single notes."""

import math
import warnings
from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from .. import valid
from ..denoiser import Cond
from ..guidance import Guided
from ..process import per_item
from ..samplers import from_noise
from .tune import Note, ranged, timed

ATTACK, RELEASE = 0.004, 0.09  # seconds
SURE = 8 / 64  # of a note: its end, where the recordings were faded out
SHARES = 8  # steps of a morph
AT_ONCE = 16  # notes


class Between:
    """A denoiser between two conditions: x0_hat on the line from one to the other.

    share: (batch,), 0 as `cond` says, 1 as `other` says. One noise for both, so that
    what is between them is a sound of its own rather than two at once.
    """

    def __init__(self, denoiser, other: Cond, share: Float[Tensor, " batch"]):
        self.denoiser, self.schedule = denoiser, denoiser.schedule
        self.other, self.share = other, share

    def __call__(self, x: Tensor, t: float | Tensor, cond: Cond = None) -> Tensor:
        x0 = self.denoiser(x, t, cond)
        if not self.share.any():
            return x0
        return torch.lerp(x0, self.denoiser(x, t, self.other), per_item(self.share, x))


@torch.no_grad()
def render(
    model,
    melody: Sequence[tuple],
    tempo: float = 120,
    instrument: str | Sequence[str] | None = None,
    seed: int = 0,
    steps: int | None = None,
    vary: float = 1.0,
) -> Float[Tensor, "1 samples"]:
    """A melody, played by a model of notes: (1, samples) in [-1, 1].

    melody: as in `control.tune.timed`: pairs (pitch, beats), None rests; triples may
    overlap. tempo: beats a minute. instrument: one that the model knows; two, and the
    tune morphs from the first to the second; None, and one is drawn of those that reach
    all notes. All notes begin at one noise, so that they are of one voice. vary: what a
    player varies: loudness, moment and length of each note, a little; 0 is a machine.
    An empty melody is (1, 0), one of rests silence.

    Raises ValueError for what `timed` raises, less than a sample, an unknown
    instrument, notes that no instrument plays, a model that plays no notes, vary
    outside [0, 5]; warns, with the range, of notes that the instrument was not heard to
    play.
    """
    notes, seconds = timed(melody, tempo)
    seed, vary = valid.seed(seed), valid.number(vary, "vary", 0, 5)
    ways = instruments(model, notes, instrument, seed)
    rate = model.sample_rate
    total = round(seconds * rate)
    if not notes:
        return torch.zeros(1, total)
    if total == 0:
        raise ValueError("melody: it is shorter than a sample")
    share = [round(SHARES * n.start / seconds) / SHARES for n in notes]
    wanted = [
        (n.pitch, s if len(ways) == 2 else 0.0)
        for n, s in zip(notes, share, strict=True)
    ]
    kinds = sorted(set(wanted))
    longest = max(n.seconds for n in notes) + RELEASE
    sounds = struck(model, kinds, ways, longest, seed, steps)
    made = torch.zeros(total)
    played = humanly(notes, vary, seed)
    leads = [lead(wave, rate) for wave in sounds]
    for kind, (start, length, gain) in zip(wanted, played, strict=True):
        k = kinds.index(kind)
        early = min(start, leads[k])  # the first may have to begin in its midst
        sound = sounds[k, round((leads[k] - early) * rate) :]
        wave = gain * released(sound, early + length, rate)
        at = round((start - early) * rate)
        wave = wave[: len(made) - at]
        made[at : at + len(wave)] += wave
    end = min(round(RELEASE / 2 * rate), total)  # the last note is let go in time
    made[total - end :] *= torch.linspace(1, 0, end)
    return made[None] / max(1.0, made.abs().max().item() / 0.99)


def instruments(model, notes: list[Note], asked, seed: int) -> list[str]:
    """The one or two that play. Raises and warns as `render` says."""
    names = getattr(model, "conditions", {})
    if "pitch" not in names or len(getattr(model, "shape", ())) != 3:
        raise ValueError("model: it plays no notes; `notes` does")
    known = int(names["pitch"][0]), int(names["pitch"][-1])
    learned = model.asks.ranges["pitch"]
    if asked is None:
        reach = [n for n in model.labels if not ranged(notes, known, learned[n], n)]
        if not reach:
            low, high = (f([n.pitch for n in notes]) for f in (min, max))
            raise ValueError(
                f"instrument: none reaches from {low} to {high}: "
                + ", ".join(f"{n} {a} to {b}" for n, (a, b) in learned.items())
            )
        dice = torch.Generator().manual_seed(seed)
        return [reach[torch.randint(len(reach), (1,), generator=dice).item()]]
    ways = [asked] if isinstance(asked, str) else list(asked)
    if len(ways) not in (1, 2):
        raise ValueError(f"instrument: one or two, got {len(ways)}")
    for name in ways:
        valid.choice(name, model.labels, "instrument")
        if said := ranged(notes, known, learned[name], name):
            warnings.warn(said, stacklevel=4)  # past `render` and no_grad
    return ways


def struck(
    model,
    kinds: list[tuple[int, float]],
    ways: list[str],
    seconds: float,
    seed: int,
    steps: int | None,
) -> Float[Tensor, "n samples"]:
    """One sound for each (pitch, share of the second instrument), so long or longer."""
    frames = math.ceil(seconds * model.sample_rate / model.audible.hop_length)
    parts = []
    for i in range(0, len(kinds), AT_ONCE):
        x = drawn(model, kinds[i : i + AT_ONCE], ways, seed, steps)
        waves, lost = model.heard(held(x, max(frames, x.shape[-1])))
        if lost.any():
            pitch = kinds[i + lost.int().argmax().item()][0]
            raise ValueError(f"seed {seed}: of pitch {pitch} no sound is left")
        parts.append(waves)
    return torch.cat(parts)


def drawn(model, kinds, ways: list[str], seed: int, steps: int | None) -> Tensor:
    """x of each note, all from the same noise."""
    n, told = len(kinds), model.settings
    pitches = [pitch for pitch, _ in kinds]
    main = next(iter(model.conditions))
    device = next(model.denoiser.parameters()).device
    conds = []
    with warnings.catch_warnings(action="ignore"):  # `ranged` has said it
        for name in (ways[0], ways[-1]):
            dice = [torch.Generator().manual_seed(seed) for _ in kinds]
            asked = model.asks.read({main: name, "pitch": pitches}, n, dice)
            conds.append({key: c.to(device) for key, c in asked.items()})
    share = torch.tensor([s for _, s in kinds], device=device)
    between = tuple(told.get("between") or (0.0, math.inf))
    guided = Guided(model.denoiser, told["scale"], between=between)
    denoiser = Between(guided, conds[1], share)
    steps = told["steps"] if steps is None else steps
    shape, walk = (n, *model.shape), (told["sampler"], steps)
    return from_noise(denoiser, shape, *walk, conds[0], dice, device).cpu()


def held(
    mel: Float[Tensor, "n 1 bands m"], frames: int
) -> Float[Tensor, "n 1 bands k"]:
    """A note as a mel, of so many frames: it goes on as it went.

    The second half of what was learned is mirrored to and fro, and every band falls as
    fast as it fell there: a plucked string dies away, a blown one stays. Mels count in
    decibels, so a straight line is an exponential decay.
    """
    m = mel.shape[-1]
    end, start = m - round(SURE * m), m // 2
    if frames <= end:
        return mel[..., :frames]
    part = mel[..., start:end]
    place = torch.arange(end - start) - (end - start - 1) / 2
    slope = (part * place).sum(-1, keepdim=True) / place.square().sum()
    slope = slope.clamp(max=0)
    more = torch.arange(frames - end)
    period = 2 * (end - start)
    back = (more + 0.5) % period
    back = torch.where(back < period / 2, back, period - back)
    source = end - 1 - back.long()
    tail = mel[..., source] + slope * (end + more - source)
    return torch.cat([mel[..., :end], tail], dim=-1)


def lead(wave: Float[Tensor, " n"], rate: int, most: float = 0.08) -> float:
    """How long before its time a slow note has to begin, so that it is heard in time.

    Until it is first within 9 dB of the loudest of its first quarter of a second.
    """
    hop = rate // 200
    level = wave[: rate // 4].unfold(0, 2 * hop, hop).square().mean(1)
    loud = (level >= level.max() / 8).int().argmax().item()
    return min(most, loud * hop / rate)


def released(wave: Float[Tensor, " n"], seconds: float, rate: int) -> Tensor:
    """A note that is let go after so many seconds, and dies away."""
    n, fade = round(seconds * rate), round(RELEASE * rate)
    wave = F.pad(wave, (0, max(0, n + fade - len(wave))))[: n + fade].clone()
    wave[n:] *= (torch.linspace(0, torch.pi, fade).cos() + 1) / 2
    rise = min(round(ATTACK * rate), len(wave))
    wave[:rise] *= torch.linspace(0, 1, rise)
    return wave


def humanly(notes: list[Note], vary: float, seed: int) -> list[tuple]:
    """(start, seconds, gain) of each note, as a player would: never quite the same.

    Each begins some 5 ms early or late, is 2 to 6 dB softer than it could be, on the
    beat louder than off it, and is let go a little before it ends.
    """
    dice = torch.Generator().manual_seed(seed + 1)
    chance = torch.randn(len(notes), 3, generator=dice).clamp(-2, 2).tolist()
    made = []
    for note, (a, b, c) in zip(notes, chance, strict=True):
        weak = 1.5 * (note.beat % 1 > 1e-6)
        start = max(0.0, note.start + 0.005 * vary * a)
        gain = 10 ** (-(4 * (vary > 0) + vary * (weak + 0.8 * b)) / 20)
        held_for = note.seconds * (1 - vary * 0.03 * (1 + c / 2))
        made.append((start, max(0.02, held_for), gain))
    return made


def drummed(
    model,
    pattern: Mapping[str, str],
    tempo: float = 120,
    bars: int = 1,
    seed: int = 0,
    steps: int | None = None,
) -> Float[Tensor, "1 samples"]:
    """A drum pattern, by a model of hits: (1, samples) in [-1, 1].

    pattern: for each drum a bar of four beats, {"kick": "x...x...", "snare": "..x."}:
    x is a hit, X a louder one, a dot none; however many, they are evenly spaced. All
    hits of a drum are of one noise. Raises ValueError for an unknown drum, a bar that
    is empty or holds other signs, and tempo and bars outside 1 to 1000.
    """
    beat = 60 / valid.number(tempo, "tempo", 1, 1000)
    bars, rate = valid.whole(bars, "bars", 1, 1000), model.sample_rate
    for name, hits in pattern.items():
        valid.choice(name, model.labels, "pattern")
        if not hits or set(hits) - set("xX."):
            raise ValueError(f"pattern: {name} is a bar of x, X and dots, got {hits!r}")
    total = round(4 * bars * beat * rate)
    made = torch.zeros(total + model.settings["samples"])
    for name, hits in pattern.items():
        wave = model.generate(name, seed=seed, steps=steps)[0]
        for k, hit in enumerate(hits * bars):
            if hit != ".":
                at = round(4 * beat * rate * k / len(hits))
                made[at : at + len(wave)] += wave * (1.0 if hit == "X" else 0.7)
    made = made[:total]
    return made[None] / max(1.0, made.abs().max().item() / 0.99)


def mixed(
    voices: Sequence[Float[Tensor, "1 _"]], gains: Sequence[float] | None = None
) -> Float[Tensor, "1 samples"]:
    """Several voices at once, as long as the longest; softer if it would be too loud.

    Raises ValueError for none, NaN, and another number of gains.
    """
    gains = [1.0] * len(voices) if gains is None else list(gains)
    if not voices or len(gains) != len(voices):
        raise ValueError(f"voices: {len(voices)}, and gains: {len(gains)}")
    for voice in voices:
        if not voice.isfinite().all():
            raise ValueError("voices: one holds NaN or infinite values")
    longest = max(v.shape[1] for v in voices)
    pairs = zip(voices, gains, strict=True)
    made = sum(g * F.pad(v, (0, longest - v.shape[1])) for v, g in pairs)
    return made / max(1.0, made.abs().max().item() / 0.99) if longest else made
