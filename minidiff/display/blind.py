"""A blind test of what is made against what is recorded."""

import math

import torch
import torch.nn.functional as F

from .. import valid
from .clips import LOUDNESS, MP3_RATES, clip, level, mono, remark, row
from .shown import HERE, Shown, tag

MOVE = f"<script data-minidiff>\n{(HERE / 'blind.js').read_text()}</script>"


class Blind(Shown):
    """An output that brings its own script beside that of the other elements."""

    def _repr_html_(self):
        return super()._repr_html_() + MOVE


def blind(made, real, sample_rate: int, listen: str | None = None) -> Blind:
    """A blind test: of each pair, which is the recording?

    made, real: a wave each, or as many waves in the same order: pairs that say the same
    thing. What tells them apart should be the sound alone, so the two of a pair are
    equally long (the shorter is followed by silence) and equally loud; there are no
    pictures; and which of them is A is drawn when the page is opened. The score stands
    beside the chance that somebody who only guesses does as well. All of them, by name,
    are folded below. See `player` for the rest.
    """
    sample_rate = valid.choice(sample_rate, MP3_RATES, "sample_rate")
    made, real = (waves(side) for side in (made, real))
    if not made or len(made) != len(real):
        raise ValueError(
            "made and real must be pairs, one or more of each, "
            f"got {len(made)} and {len(real)}"
        )
    clips = []
    for k, pair in enumerate(zip(made, real, strict=True), 1):
        loudness, pair = alike(*pair, sample_rate)
        number = f" {k}" if len(made) > 1 else ""
        for wave, kind in zip(pair, ("made", "recorded"), strict=True):
            title = kind + number
            clips.append(clip(wave, sample_rate, title, "", loudness, picture=False)[0])
    hear = "".join(
        tag("button", f"▶ hear {letter}", type="button", data_hear=i)
        for i, letter in enumerate("AB")
    )
    answers = "".join(
        tag("button", f"{letter} is the recording", type="button", data_answer=i)
        for i, letter in enumerate("AB")
    )
    more = tag("button", "next pair", type="button", data_next=True, hidden=True)
    score = tag("output", "One is recorded, one is made.", aria_live="polite")
    test = tag("div", hear + answers + more + score, class_="md-controls", hidden=True)
    names = tag("summary", "All of them, by name: after the test")
    body = test + remark(listen) + tag("details", names + row(clips, None))
    seconds = max(map(len, made + real)) / sample_rate
    pairs = f"{len(made)} pair" + "s" * (len(made) > 1)
    text = f"<blind: {pairs} of up to {seconds:.2f} s>"
    return Blind(text, tag("md-blind", body, style="display:block"), moves=True)


def waves(side) -> list[torch.Tensor]:
    """The waves of one side: one, a list of them, or the rows of (n, samples)."""
    rows = isinstance(side, list | tuple) or getattr(side, "ndim", 1) == 2
    return [mono(wave) for wave in (side if rows else [side])]


def alike(a, b, sample_rate: int) -> tuple[float, list[torch.Tensor]]:
    """The loudness that both can have without a peak that clips; both, as long."""
    pair = [F.pad(w, (0, max(len(a), len(b)) - len(w))) for w in (a, b)]
    peaks = [level(w, sample_rate, -100).abs().max().clamp(min=1e-9) for w in pair]
    most = min(20 * math.log10(0.99 / peak) - 100 for peak in peaks)
    return min(LOUDNESS, most), pair
